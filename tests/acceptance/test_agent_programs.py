"""Agent programs through the daemon as a process: an edit lands, money binds, and nothing survives a crash, a drain or a stop.

The small program is always here; Claude Code, Codex and Copilot where `make real` brings them.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs, trees, vendors
from tests.acceptance.harness import QUEUE, Town
from tests.programs import Program
from tests.vendors import FakeVendor, Use

pytestmark = [pytest.mark.vendors, pytest.mark.deep]  # `make real` runs them all

ENTRY = "- [ ] Write b.txt #write [id:: b] [files:: b.txt]\n"
NONCE = f"88{os.getpid()}.77"


class Play:
    """What the model wants next: each is asked once, the last again and again."""

    def __init__(self) -> None:
        self.script: list[vendors.Answer] = []
        self.heard = 0

    def __call__(self, _vendor: str, _model: str, heard: tuple[vendors.Heard, ...]) -> vendors.Answer:
        if programs.is_aside(heard):
            return ["A title"]
        self.heard += 1
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture
def play() -> Play:
    return Play()


@pytest.fixture
def fake(play: Play) -> Iterator[FakeVendor]:
    with FakeVendor(play) as vendor:
        yield vendor


@pytest.fixture
def town(program: Program, home: Path, fake: FakeVendor) -> Town:
    return make_town(home, program, fake)


def make_town(home: Path, program: Program, fake: FakeVendor, *, budget: str = "per_run_usd = 5.0") -> Town:
    made = Town(home)
    made.write("README.md", "# A town\n")
    made.write(QUEUE, ENTRY)
    made.commit("The beginning")
    url = fake.anthropic_url if program.speaks == "anthropic" else fake.openai_url
    sandbox = "" if not program.is_small and shutil.which("bwrap") else 'sandbox = "none"'
    more = f"[budget]\n{budget}\n"
    agent = f"agent = {{ {program.settings()} }}"
    made.configure(made.provider("agent", program.kind, url, program.model, agent), repo=sandbox, more=more)
    return made


def writes(town: Town, program: Program, name: str = "b.txt") -> list[Use]:
    return [program.hands.write(str(town.state / "worktrees" / "town" / "run-1" / name), "new\n")]


def test_an_edit_lands_and_each_call_is_booked(town: Town, program: Program, play: Play, fake: FakeVendor) -> None:
    play.script = [writes(town, program), ["Wrote it."]]

    said = town.run("once", "--json", timeout=programs.PATIENCE)

    assert said.code == 0, said.err[-3000:]
    assert said.json["done"] == ["b"]
    assert town.show("watchbill/main", "b.txt") == "new\n"
    assert town.task("b.txt")["state"] == "landed"
    calls = town.calls("b")
    assert len(calls) == len(fake.calls)
    assert {call["state"] for call in calls} == {"settled"}
    assert all(call["cost_usd"] > 0 for call in calls)


def test_an_edit_outside_of_its_files_does_not_land(town: Town, program: Program, play: Play) -> None:
    if not program.is_small and program.kind != "codex":
        pytest.skip("it is told before, and does not make it: see the conformance suite")
    play.script = [[program.hands.write("c.txt", "x\n")], ["Wrote it."]]

    said = town.run("once", "--json", timeout=programs.PATIENCE)

    assert said.code == 1
    task = town.task("b.txt")
    assert task["state"] == "review"
    assert "it also changed c.txt, which nobody has" in task["note"]
    town.git("rev-parse", "--verify", "--quiet", "watchbill/main", code=1)


def test_money_that_does_not_suffice_stops_it(home: Path, program: Program, play: Play, fake: FakeVendor) -> None:
    town = make_town(home, program, fake, budget="per_run_usd = 0.001")
    play.script = [["unused"]]

    said = town.run("once", "--json", timeout=programs.PATIENCE)

    assert said.code == 1
    assert fake.calls == []
    task = town.task("b.txt")
    assert task["state"] == "review"
    assert "raise budget.per_run" in task["note"]


def test_after_a_crash_nothing_of_it_is_left_and_the_work_goes_on(town: Town, program: Program, play: Play) -> None:
    if not program.is_small:
        pytest.skip("its tree is killed in the same way: once is enough")
    play.script = [writes(town, program), [program.hands.shell(f"setsid env -i sleep {NONCE} & sleep {NONCE}")]]
    daemon = town.start()
    try:
        _until(lambda: bool(trees._carrying(NONCE)))
    finally:
        daemon.kill()

    _until(lambda: not trees._carrying(NONCE))
    play.script = [[program.hands.write("b.txt", "new\n")], ["Wrote it."]]
    with town.serve() as again:
        again.wait("task.landed", seconds=programs.PATIENCE)

    assert town.show("watchbill/main", "b.txt") == "new\n"


def test_a_drain_keeps_what_it_did_and_leaves_no_process(town: Town, program: Program, play: Play) -> None:
    if not program.is_small:
        pytest.skip("its tree is killed in the same way: once is enough")
    play.script = [writes(town, program), [program.hands.shell(f"sleep {NONCE}")]]
    with town.serve() as daemon:
        _until(lambda: bool(trees._carrying(NONCE)))
        daemon.stop()

    assert trees._carrying(NONCE) == []
    (run,) = town.ask("run", "list", "--task", "b")["runs"]
    assert run["state"] == "handed_off"
    play.script = [["It is written already."]]
    with town.serve() as again:
        again.wait("task.landed", seconds=programs.PATIENCE)
    assert town.show("watchbill/main", "b.txt") == "new\n"


def _until(holds: object) -> None:
    latest = time.monotonic() + programs.PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < latest
        time.sleep(0.05)
