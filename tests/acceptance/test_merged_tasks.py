"""Small tasks on one file at the real command line: one run, one conversation and one commit; or each alone, where that fails."""

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

NAMES = ("one", "two", "three")
ENTRY = "- [ ] Fix line {0} #fix [id:: {0}] [files:: lines.json]\n"
ALL = "3 tasks (their type: fix)"


@pytest.fixture(autouse=True)
def lines(town: Town) -> None:
    town.write("lines.json", '{"lines": 0}\n')
    town.write(QUEUE, "".join(map(ENTRY.format, NAMES)))
    town.commit()


def test_three_small_tasks_on_one_file_are_one_run_and_one_commit(
    town: Town, vendor: FakeVendor, player: Player
) -> None:
    player.steps = {ALL: [write("lines.json", '{"lines": 3}\n'), finish()]}
    plan = town.ask("plan")["starts"]
    player.hold()
    with town.serve() as daemon:
        daemon.wait("task.waiting", task="two", reason="rides")
        waiting, running = town.look("why", "two").out, town.look("status").out
        player.release()
        for name in NAMES:
            daemon.wait("task.landed", task=name)
            daemon.wait("queue.written", task=name, marker="done")
        run, task = town.ask("run", "show", "run-1"), town.ask("task", "show", "two")
        status, closed = town.look("status").out, town.look("why", "two").out
        savings, listed = town.ask("cost")["savings"], town.look("task", "list", "--all").out

    assert [(start["task"], start["riders"]) for start in plan] == [("one", ["three", "two"])]
    assert "rides with one (running): one run does both" in waiting
    assert "no start is to be expected" not in waiting
    assert "Fix line one and 2 more" in running
    assert len(vendor.calls) == 2
    assert town.git("rev-list", "--count", "main..watchbill/main").strip() == "1"
    assert town.git("log", "-1", "--format=%(trailers:key=Task-Id,valueonly)", "watchbill/main").split() == [
        "one",
        "three",
        "two",
    ]
    assert town.read(QUEUE).count("- [x]") == 3
    assert [(rider["task"], rider["landed"]) for rider in run["riders"]] == [("three", True), ("two", True)]
    assert (task["rides"][0]["lead"], task["runs"], task["landed"]["commit"]) == ("one", [], run["commit"])
    assert (savings["merged"]["runs_saved"], savings["calls_saved"]) == (2, 0)
    assert "runs saved by merging 2" in status
    assert "with one" in closed
    assert "with one" in listed


def test_what_fails_together_is_done_each_by_itself(town: Town, vendor: FakeVendor, player: Player) -> None:
    alone = {f"Title: Fix line {name}": [write("lines.json", f'{{"lines": "{name}"}}\n'), finish()] for name in NAMES}
    player.steps = {ALL: [write("lines.json", "{,}\n"), finish()], **alone}
    town.configure(town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1"), repo="max_repairs = 0")
    with town.serve() as daemon:
        for name in NAMES:
            daemon.wait("task.landed", task=name)
            daemon.wait("queue.written", task=name, marker="done")
        runs = town.ask("run", "list")["runs"]
        savings = town.ask("cost")["savings"]

    assert sorted((run["task"], run["state"]) for run in runs) == [
        ("one", "landed"),
        ("one", "rejected"),
        ("three", "landed"),
        ("two", "landed"),
    ]
    assert town.git("rev-list", "--count", "main..watchbill/main").strip() == "3"
    assert savings["merged"]["runs_saved"] == 0
