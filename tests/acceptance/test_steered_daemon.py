"""Steering as the owner does it: inboxes, pauses, the stop file and the modes, with a living daemon and without one."""

import time
from datetime import datetime
from typing import Any

import pytest

from tests.acceptance.harness import DAEMON, QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

WELL = "- [ ] Dig the well [id:: well] [files:: well.md]\n"
BELL = "- [ ] Hang the bell [id:: bell] [files:: bell.md]\n"
DUG = [write("well.md", "Deep.\n"), finish("The well is dug.")]
HUNG = [write("bell.md", "Loud.\n"), finish("The bell hangs.")]
DIGGING = [write("well.md", f"{depth} feet deep.\n") for depth in range(1, 200)]
REFUSED = 6


def queue(town: Town, text: str) -> None:
    town.write(QUEUE, f"# Work\n\n{text}")


def with_inbox(town: Town, vendor: FakeVendor, daemon: str = DAEMON) -> None:
    provider = town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1")
    town.configure(provider, repo='inbox = "docs/inbox"', daemon=daemon)


def since(moment: float, event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["ts"]).timestamp() - moment


def test_a_dropped_file_and_an_added_task_are_done_and_put_away(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    with_inbox(town, vendor)
    with town.serve() as daemon:
        idle = daemon.wait("daemon.tick_idle")
        town.write("docs/inbox/well.md", "---\nid: well\nfiles: well.md\n---\n# Dig the well\n\nTo the water.\n")
        taken = daemon.wait("inbox.taken", file="well.md")
        daemon.wait("inbox.put_away", task="well", to="done")
        added = town.run("task", "add", "Hang the bell", "--files", "bell.md", "--json").json
        daemon.wait("inbox.put_away", task=added["id"], to="done")
        town.write("docs/inbox/again.md", "---\nid: well\n---\n# Dig deeper\n")
        daemon.wait("inbox.refused", file="again.md")

    assert (
        idle["next"] is None or since(datetime.fromisoformat(idle["next"]).timestamp(), taken) < 0
    )  # it was noticed, not met with at the next look
    assert "To the water." in str(player.heard[0])
    assert town.show("watchbill/main", "well.md") == "Deep.\n"
    assert town.show("watchbill/main", "bell.md") == "Loud.\n"
    assert town.read("docs/inbox/done/well.md").startswith("---\nid: well\n")
    assert "it is task well already (landed)" in town.read("docs/inbox/refused/again.md")
    assert [path.name for path in (town.state / "inbox/done").iterdir()] == [f"{added['id']}.md"]


def test_a_task_added_without_a_daemon_is_seen_and_then_done_by_once(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Hang the bell": HUNG}
    said = town.run("--quiet", "task", "add", "Hang the bell", "--files", "bell.md", "--body", "Up there.")
    name = said.out.strip()
    (seen,) = town.ask("task", "list")["tasks"]

    done = town.run("once")

    assert seen["id"] == name
    assert (done.code, done.out) == (0, f"done: {name}\n")
    assert (town.state / "inbox/done" / f"{name}.md").exists()


def test_a_pause_holds_work_and_ends_by_itself(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": DUG}
    queue(town, WELL)
    before = town.run("pause", "--for", "1h", "-m", "budget talk", "--json").json
    with town.serve() as daemon:
        daemon.wait("task.waiting", task="well", reason="paused")
        why = town.ask("why", "well")
        status = town.ask("status")
        town.run("pause", "--for", "4s", "-m", "soon over")
        daemon.wait("pause.lapsed")
        daemon.wait("task.landed", task="well")

    assert status["pauses"] == [before]
    assert why["force"] == "watchbill resume"
    assert "budget talk" in why["summary"]
    assert len(vendor.calls) == 2


@pytest.mark.deep
def test_the_stop_file_is_heard_within_a_second(town: Town) -> None:
    """On a machine that does nothing else: on a busy one a second is nothing."""
    with town.serve() as daemon:
        daemon.wait("daemon.tick_idle")
        pulled = time.time()
        (town.state / "WATCHBILL_STOP").touch()
        halted = daemon.wait("daemon.halted")

    assert since(pulled, halted) < 1.0


def test_the_stop_file_stops_new_work_and_lets_work_reach_its_checkpoint(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING, "Hang the bell": HUNG}, 0.2
    queue(town, WELL + BELL)
    stop = town.state / "WATCHBILL_STOP"
    with town.serve() as daemon:
        daemon.wait("run.tool", count=2)
        stop.write_text("the disk is being moved\n")
        halted = daemon.wait("daemon.halted")
        daemon.wait("run.ended", state="handed_off")
        status = town.ask("status")
        calls = len(vendor.calls)
        time.sleep(1.5)
        assert len(vendor.calls) == calls
        stop.unlink()
        daemon.wait("daemon.unhalted")
        daemon.wait("run.started", count=2)

    assert halted["why"] == "the disk is being moved"
    (pause,) = status["pauses"]
    assert pause["lift"] == f"rm {stop}"


def test_once_honours_the_stop_file(town: Town, player: Player, vendor: FakeVendor) -> None:
    queue(town, WELL)
    town.state.mkdir(exist_ok=True)
    (town.state / "WATCHBILL_STOP").touch()

    done = town.run("once")

    assert (done.code, vendor.calls) == (0, [])
    assert "nothing starts: everything is paused by the file" in done.out


def test_now_breaks_off_a_call_under_way_and_the_work_goes_on_later(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": DUG}
    queue(town, WELL)
    player.hold()
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        while not player.heard:
            time.sleep(0.02)
        town.run("pause", "--now", "-m", "stop it")
        broken = town.ask("task", "show", "well")
        player.release()
        town.run("resume")
        daemon.wait("task.landed", task="well")

    assert (broken["state"], broken["attempts"]["counted"], broken["runs"][0]["state"]) == ("queued", 0, "handed_off")
    states = [call["state"] for call in town.calls("well")]
    assert sorted(states) == ["settled", "settled", "unknown"]


def test_by_hand_each_task_waits_for_its_release_or_for_once(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    with_inbox(town, vendor, DAEMON + 'mode = "manual"\n')
    queue(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("task.waiting", task="well", reason="not_released")
        assert town.ask("why", "well")["force"] == "watchbill task release well"
        town.run("task", "release", "well")
        daemon.wait("task.landed", task="well")
        assert town.ask("task", "show", "bell")["state"] == "queued"
    done = town.run("once", "--task", "bell")

    assert (done.code, done.out) == (0, "done: bell\n")


def test_a_few_a_day_each_on_a_branch_of_its_own(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    with_inbox(town, vendor, DAEMON + 'mode = "gradual"\ngradual_per_day = 1\n')
    queue(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("task.landed", task="well")
        daemon.wait("task.waiting", task="bell", reason="daily_quota")
        why = town.ask("why", "bell")
        daemon.wait("landing.published", ref="watchbill/well")

    assert town.show("watchbill/well", "well.md") == "Deep.\n"
    town.git("rev-parse", "--verify", "--quiet", "watchbill/main", code=1)
    assert why["force"] == "watchbill task release bell"
    assert why["binding"]["until"] is not None


@pytest.mark.parametrize("living", [True, False])
def test_tasks_are_held_bumped_and_edited(town: Town, player: Player, vendor: FakeVendor, living: bool) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    with_inbox(town, vendor, DAEMON + 'mode = "manual"\n')
    queue(town, WELL + BELL)
    with town.serve() as daemon:
        town.run("task", "add", "Paint it", "--files", "bell.md")
        taken = daemon.wait("inbox.taken")
        daemon.wait("task.waiting", task=taken["task"])
        if living:
            _steer(town, taken["task"])
    if not living:
        _steer(town, taken["task"])


def _steer(town: Town, added: str) -> None:
    assert "held" in town.run("task", "hold", "well", "--for", "2h", "-m", "not yet").out
    assert town.ask("why", "well")["binding"]["reason"] == "held"
    assert town.run("task", "release", "well").code == 0
    refused = town.run("task", "edit", "bell", "--priority", "1")
    assert (refused.code, f"bell is written in {QUEUE}:4 of town" in refused.err) == (REFUSED, True)
    assert town.run("task", "edit", added, "--priority", "0", "--after", "bell").code == 0
    assert town.run("task", "bump", "bell", "--provider", "claude").code == 0
    shown = town.ask("task", "show", added)
    assert (shown["priority"], shown["needs"]) == (0, ["bell"])
    assert town.ask("task", "show", "bell")["pinned_by_hand"] == "claude"
    graph = town.run("task", "graph").out.splitlines()
    assert graph[0].startswith("bell  Hang the bell")
    assert graph[1].startswith(f"└─ {added}")
