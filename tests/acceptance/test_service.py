"""The service as its owner runs it: start, stop, restart, refusals, and every question with and without a daemon."""

import re
import time
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.harness import KEY, QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor, Fault

pytestmark = pytest.mark.vendors

TEMPORARY, BAD_CONFIG, USAGE, UNREACHABLE = 75, 78, 2, 5
WELL = "- [ ] Dig the well [id:: well] [files:: well.md]\n"
BELL = "- [ ] Hang the bell [id:: bell] [files:: bell.md] [after:: well]\n"
DUG = [write("well.md", "Deep and cold.\n"), finish("The well is dug.")]
DIGGING = [write("well.md", f"{depth} feet deep.\n") for depth in range(1, 200)]


def add(town: Town, queue: str) -> None:
    """The owner saves a queue, and does not commit it."""
    town.write(QUEUE, f"# Work\n\n{queue}")


def since(moment: float, event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["ts"]).timestamp() - moment


def test_a_saved_queue_file_starts_a_run(town: Town, player: Player) -> None:
    player.steps = {"Dig the well": DUG}
    add(town, "nothing to do yet\n")
    with town.serve() as daemon:
        daemon.wait("daemon.tick_idle")
        saved = time.time()
        add(town, WELL)
        started = daemon.wait("run.started", task="well")
        landed = daemon.wait("task.landed", task="well")

    assert town.show("watchbill/main", "well.md") == "Deep and cold.\n"
    assert town.read(QUEUE).count("[x] Dig the well") == 1
    spans = f"saved → run began {since(saved, started):.2f} s, → landed {since(saved, landed):.2f} s"
    print(f"\n{spans}")  # noqa: T201 - a measurement, for whoever runs it with -s


def test_sigterm_drains_to_a_checkpoint_and_the_next_daemon_goes_on_from_it(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.1
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("run.tool", count=3)
        assert daemon.stop() == 0
    drained = town.ask("task", "show", "well")
    replies, marker = len(vendor.calls), town.read(QUEUE)
    player.steps, player.pace = {"Dig the well": [*DIGGING[:replies], finish()]}, 0.0
    with town.serve() as daemon:
        resumed = daemon.wait("session.resumed", task="well")
        daemon.wait("task.landed", task="well")
    whole = town.ask("task", "show", "well")

    assert (drained["state"], drained["attempts"]["counted"]) == ("queued", 0)
    assert drained["runs"][0]["state"] == "handed_off"
    assert drained["session"]["checkpoint"] == resumed["checkpoint"]
    assert "[ ] Dig the well" in marker
    assert [run["state"] for run in whole["runs"]] == ["landed", "handed_off"]
    assert town.show("watchbill/main", "well.md") == f"{replies} feet deep.\n"
    assert sum(said.role == "tool" for said in player.heard[replies]) == replies
    assert len(town.calls("well")) == len(vendor.calls) == replies + 1


def test_a_second_daemon_on_the_same_state_is_refused_by_the_holders_name(town: Town) -> None:
    with town.serve() as daemon:
        second = town.run("serve")
        once = town.run("once")

    for said in (second, once):
        assert said.code == TEMPORARY
        assert re.search(rf"\b{daemon.process.pid}\b", said.err), said.err


def test_a_wrong_configuration_is_told_by_line_and_stops_serve(town: Town) -> None:
    text = town.config.read_text().replace("max_parallel", "max_paralel")
    town.config.write_text(text)
    line = text[: text.index("max_paralel")].count("\n") + 1

    serve, once = town.run("serve"), town.run("once")

    assert (serve.code, once.code) == (BAD_CONFIG, USAGE)
    assert f"watchbill.toml:{line}: daemon.max_paralel" in serve.err
    assert "max_parallel" in serve.err


QUESTIONS: list[tuple[str, ...]] = [
    ("status",),
    ("plan", "--hours", "6"),
    ("why", "bell"),
    ("events", "--kind", "task.*"),
    ("cost",),
    ("cost", "--by", "task"),
    ("task", "list"),
    ("task", "show", "well"),
    ("run", "list"),
    ("run", "show", "run-1"),
    ("run", "show", "run-1", "--prompt"),
    ("config", "show"),
]


def test_every_question_is_answered_by_a_daemon_and_without_one(town: Town, player: Player) -> None:
    player.steps = {"Dig the well": DUG}
    add(town, WELL + BELL.replace("[after:: well]", "[provider:: nobody]"))
    with town.serve() as daemon:
        daemon.wait("task.landed", task="well")
        daemon.wait("task.waiting", task="bell")
        daemon.wait("report.written")
        by_daemon = {question: town.look(*question, "--json") for question in QUESTIONS}
        diff = town.look("run", "diff", "run-1")
        process = town.run("status", "--json")
    alone = {question: town.look(*question, "--json") for question in QUESTIONS}

    for question in QUESTIONS:
        assert by_daemon[question].code == alone[question].code == 0, (by_daemon[question], alone[question])
    for answers in (by_daemon, alone):
        assert answers["why", "bell"].json["binding"]["reason"] == "no_capable_provider"
        assert answers["cost",].json["total"]["calls"] == len(DUG)
        assert answers["task", "show", "well"].json["state"] == "landed"
        prompt = answers["run", "show", "run-1", "--prompt"].json["prompt"]
        assert "Dig the well" in prompt
        assert "You are one of several AI workers" in prompt
    assert diff.code == 0
    assert "+Deep and cold." in diff.out
    assert town.look("run", "diff", "run-1").code == UNREACHABLE
    assert process.json["counts"] == by_daemon["status",].json["counts"]


def test_people_cancel_and_retry_through_the_daemon_and_without_one(town: Town, player: Player) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.1
    add(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("run.turn")
        town.ask("task", "cancel", "well", "-m", "no water there")
        daemon.wait("run.ended", task="well", state="cancelled")
        player.steps, player.pace = {"Dig the well": [*DIGGING, *DUG], "Hang": DUG}, 0.0
        town.ask("task", "cancel", "bell")
        daemon.wait("queue.written", task="bell")
    shown = town.read(QUEUE)
    again = town.ask("task", "retry", "bell")
    gone = town.ask("task", "cancel", "bell")

    assert town.ask("task", "show", "well")["state"] == "cancelled"
    assert "[ ]" not in shown
    assert (again["state"], gone["state"]) == ("queued", "cancelled")


def test_a_retried_task_runs_anew(town: Town, player: Player) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.1
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("run.turn")
        town.ask("task", "cancel", "well")
        daemon.wait("run.ended", task="well", state="cancelled")
        replies = len(player.heard)
        player.steps, player.pace = {"Dig the well": [*DIGGING[:replies], finish()]}, 0.0
        town.ask("task", "retry", "well")
        daemon.wait("task.landed", task="well")

    assert "[x] Dig the well" in town.read(QUEUE)


def test_the_key_reaches_the_vendor_and_nothing_else(town: Town, player: Player, vendor: FakeVendor) -> None:
    denied = Fault(status=401, code="authentication_error", message=f"invalid x-api-key: {KEY}")
    player.steps = {"Dig the well": DUG, "Hang the bell": [denied]}
    add(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("task.landed", task="well")
        daemon.wait("provider.held", provider="claude")
        daemon.wait("report.written", count=2)
        said = [town.look(*question) for question in QUESTIONS]

    assert {entry.headers["authorization"] for entry in vendor.calls} == {f"Bearer {KEY}"}
    assert KEY not in daemon.text
    assert KEY not in "".join(f"{each.out}{each.err}" for each in said)
    files = [place for place in town.home.rglob("*") if place.is_file() and place != town.key]
    assert [place for place in files if KEY.encode() in place.read_bytes()] == []


def test_once_does_the_named_task_by_the_named_provider_whatever_the_hour(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": DUG}
    add(town, BELL.replace(" [after:: well]", "") + WELL)
    hours = str((datetime.now().astimezone().hour + 12) % 24)
    never = town.provider("gpt", "openai", vendor.openai_url, "fake-2", f'hours = "{hours}"')
    town.config.write_text(town.config.read_text().replace('"off"', '"strict"') + never)

    said = town.run("once", "--task", "well", "--provider", "gpt", "--json")

    assert (said.code, said.json["done"]) == (0, ["well"])
    assert {entry.vendor for entry in vendor.calls} == {"openai"}
    assert town.ask("task", "show", "bell")["runs"] == []


def test_once_says_when_what_it_started_was_not_done(town: Town, player: Player) -> None:
    player.steps = {"Dig the well": [finish(done=False)]}
    add(town, WELL)

    said = town.run("once")

    assert said.code == 1
    assert "not done: well" in said.out


def test_once_with_nothing_to_do_calls_nobody(town: Town, vendor: FakeVendor) -> None:
    add(town, "nothing to do yet\n")

    said = town.run("once")

    assert said.code == 0
    assert "nothing was due" in said.out
    assert vendor.journal == []
    assert town.ask("run", "list")["runs"] == []


def test_once_in_ci_without_restored_state_asks_no_paid_provider_until_told_that_nothing_was_spent(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": DUG}
    town.more_environ = {"CI": "true"}
    add(town, WELL)

    first, second = town.run("once"), town.run("once")
    asked = len(vendor.calls)
    begun = town.run("once", "--begin")

    assert (first.code, second.code, asked) == (0, 0, 0)
    assert "only free work is done" in second.err
    assert (begun.code, len(vendor.calls)) == (0, len(DUG))
