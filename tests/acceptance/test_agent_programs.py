"""Agent programs through the daemon as a process: an edit lands, money binds, and nothing survives a crash, a drain or a stop.

The small program is always here; Claude Code, Codex and Copilot where `make real` brings them.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import trees, vendors
from tests.acceptance.harness import PATIENCE, QUEUE, Town
from tests.conformance.test_agents import COPILOT, FAKE, HANDS, MODEL_BY_KIND, SPEAKS
from tests.vendors import FakeVendor, Use
from watchbill.config.agents import MODULE_BY_KIND

pytestmark = pytest.mark.vendors

ENTRY = "- [ ] Write b.txt #write [id:: b] [files:: b.txt]\n"
NONCE = f"88{os.getpid()}.77"


class Play:
    """What the model wants next: each is asked once, the last again and again."""

    def __init__(self) -> None:
        self.script: list[vendors.Answer] = []
        self.heard = 0

    def __call__(self, *_: object) -> vendors.Answer:
        self.heard += 1
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@pytest.fixture
def play() -> Play:
    return Play()


@pytest.fixture
def fake(play: Play) -> Iterator[FakeVendor]:
    with FakeVendor(play) as vendor:
        yield vendor


@pytest.fixture(params=list(MODEL_BY_KIND))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if find_spec(MODULE_BY_KIND[name]) is None or (name == "copilot" and COPILOT not in os.environ):
        pytest.skip(f"{name} is not here: `make real` brings it, in an environment of its own")
    return name


@pytest.fixture
def home(kind: str, tmp_path: Path) -> Iterator[Path]:
    if kind == "acp":
        yield tmp_path
        return
    place = Path.home() / ".cache" / "watchbill-real" / f"town-{os.getpid()}-{kind}"
    place.mkdir(parents=True)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def town(kind: str, home: Path, fake: FakeVendor) -> Town:
    return make_town(home, kind, fake)


def make_town(home: Path, kind: str, fake: FakeVendor, *, budget: str = "per_run_usd = 5.0") -> Town:
    made = Town(home)
    made.write("README.md", "# A town\n")
    made.write(QUEUE, ENTRY)
    made.commit("The beginning")
    url = fake.anthropic_url if SPEAKS[kind] == "anthropic" else fake.openai_url
    agent = {
        "acp": f'command = ["{sys.executable}", "{FAKE}"], speaks = "anthropic", '
        f'env = {{ GATEWAY = "{{gateway}}", TOKEN = "{{token}}", MODEL = "{MODEL_BY_KIND[kind]}" }}',
        "copilot": f'command = ["{os.environ.get(COPILOT)}"], speaks = "openai"',
    }.get(kind, "")
    sandbox = "" if kind != "acp" and shutil.which("bwrap") else 'sandbox = "none"'
    more = f"[budget]\n{budget}\n"
    made.configure(
        made.provider("agent", kind, url, MODEL_BY_KIND[kind], f"agent = {{ {agent} }}"), repo=sandbox, more=more
    )
    return made


def writes(town: Town, kind: str, name: str = "b.txt") -> list[Use]:
    return [HANDS[kind].write(str(town.state / "worktrees" / "town" / "run-1" / name), "new\n")]


def test_an_edit_lands_and_each_call_is_booked(town: Town, kind: str, play: Play, fake: FakeVendor) -> None:
    play.script = [writes(town, kind), ["Wrote it."]]

    said = town.run("once", "--json")

    assert said.code == 0, said.err[-3000:]
    assert said.json == {"started": ["b"], "done": ["b"]}
    assert town.show("watchbill/main", "b.txt") == "new\n"
    assert town.task("b.txt")["state"] == "landed"
    calls = town.calls("b")
    assert len(calls) == len(fake.calls)
    assert {call["state"] for call in calls} == {"settled"}
    assert all(call["cost_usd"] > 0 for call in calls)


def test_an_edit_outside_of_its_files_does_not_land(town: Town, kind: str, play: Play) -> None:
    if kind not in ("acp", "codex"):
        pytest.skip("it is told before, and does not make it: see the conformance suite")
    play.script = [[HANDS[kind].write("c.txt", "x\n")], ["Wrote it."]]

    said = town.run("once", "--json")

    assert said.code == 1
    task = town.task("b.txt")
    assert task["state"] == "review"
    assert "it also changed c.txt, which nobody has" in task["note"]
    town.git("rev-parse", "--verify", "--quiet", "watchbill/main", code=1)


def test_money_that_does_not_suffice_stops_it(home: Path, kind: str, play: Play, fake: FakeVendor) -> None:
    town = make_town(home, kind, fake, budget="per_run_usd = 0.001")
    play.script = [["unused"]]

    said = town.run("once", "--json")

    assert said.code == 1
    assert fake.calls == []
    task = town.task("b.txt")
    assert task["state"] == "review"
    assert "raise budget.per_run" in task["note"]


def test_after_a_crash_nothing_of_it_is_left_and_the_work_goes_on(town: Town, kind: str, play: Play) -> None:
    if kind != "acp":
        pytest.skip("its tree is killed in the same way: once is enough")
    play.script = [writes(town, kind), [HANDS[kind].shell(f"setsid env -i sleep {NONCE} & sleep {NONCE}")]]
    daemon = town.start()
    _until(lambda: bool(trees._carrying(NONCE)))

    daemon.stop(signal.SIGKILL)
    _until(lambda: not trees._carrying(NONCE))
    play.script = [[HANDS[kind].write("b.txt", "new\n")], ["Wrote it."]]
    with town.serve() as again:
        again.wait("task.landed")

    assert town.show("watchbill/main", "b.txt") == "new\n"


def test_a_drain_keeps_what_it_did_and_leaves_no_process(town: Town, kind: str, play: Play) -> None:
    if kind != "acp":
        pytest.skip("its tree is killed in the same way: once is enough")
    play.script = [writes(town, kind), [HANDS[kind].shell(f"sleep {NONCE}")]]
    with town.serve() as daemon:
        _until(lambda: bool(trees._carrying(NONCE)))
        daemon.stop()

    assert trees._carrying(NONCE) == []
    (run,) = town.ask("run", "list", "--task", "b")["runs"]
    assert run["state"] == "handed_off"
    play.script = [["It is written already."]]
    with town.serve() as again:
        again.wait("task.landed")
    assert town.show("watchbill/main", "b.txt") == "new\n"


def _until(holds: object) -> None:
    latest = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < latest
        time.sleep(0.05)
