"""Fewer calls for the same work, at the real command line: the identical request is sent once, whatever happens between."""

import pytest

from tests.acceptance.harness import DAEMON, QUEUE, Town
from tests.acceptance.player import Player
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

TASK = "- [ ] Mend the grammar [id:: {0}] [files:: {0}.md]\n"
PASSAGE = "It is late. {==He go home.==}\n"
MODEL = '{ id = "fake-1", one_shot = true, price = { input = 3, output = 15 } }'


@pytest.fixture(autouse=True)
def twins(town: Town, vendor: FakeVendor, player: Player) -> None:
    """Two tasks whose one request is the same."""
    player.steps = {"He go home.": [["He goes home."]]}
    for name in ("one", "two"):
        town.write(f"{name}.md", PASSAGE)
    town.write(QUEUE, TASK.format("one") + TASK.format("two"))
    town.commit()


def serve(town: Town, vendor: FakeVendor, *, at_once: int, repo: str = "") -> None:
    provider = town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1", f"concurrent = {at_once}")
    single = '{ id = "fake-1", price = { input = 3, output = 15 } }'
    assert single in provider
    daemon = DAEMON.replace("max_parallel = 1", f"max_parallel = {at_once}")
    town.configure(provider.replace(single, MODEL), repo=repo, daemon=daemon)


def test_twins_at_once_are_one_request_and_two_landed_tasks(town: Town, vendor: FakeVendor, player: Player) -> None:
    serve(town, vendor, at_once=2)
    player.hold()
    with town.serve() as daemon:
        daemon.wait("run.started", count=2)
        player.release()
        daemon.wait("task.landed", task="one")
        daemon.wait("task.landed", task="two")
        daemon.wait("call.saved", by="joined")
        costs, line = town.ask("cost"), town.look("status").out

    assert len(vendor.calls) == 1
    assert (
        town.show("watchbill/main", "one.md") == town.show("watchbill/main", "two.md") == "It is late. He goes home.\n"
    )
    assert (costs["savings"]["calls_made"], costs["savings"]["by"]["joined"]["calls_saved"]) == (1, 1)
    assert costs["savings"]["saved_micro_usd"] == costs["total"]["cost_micro_usd"] > 0
    assert "calls 1, saved 1 (1 under way for a twin;" in line


def test_a_killed_daemon_asks_nothing_twice(town: Town, vendor: FakeVendor) -> None:
    serve(town, vendor, at_once=1, repo='delivery = "patch"')
    daemon = town.start()
    daemon.wait("task.landed", task="one")
    daemon.kill()
    with town.serve() as daemon:
        daemon.wait("task.landed", task="two")

    assert len(vendor.calls) == 1
    assert town.ask("cost")["savings"]["by"]["deduped"]["calls_saved"] == 1
