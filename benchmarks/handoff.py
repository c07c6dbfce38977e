"""Hand-offs: puzzles of several steps that are killed, limited or given to another vendor at a random call, and gone on with."""

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks import puzzles
from benchmarks.puzzles import Puzzle
from benchmarks.results import Better, Effort, Result, Section
from tests import vendors
from tests.acceptance.harness import QUEUE, Daemon, Town
from tests.vendors import ANTHROPIC, CHAT, RESPONSES, Answer, FakeVendor, Heard, Use
from watchbill.operator.doors import SocketDoor
from watchbill.operator.faults import AnswerLate, DaemonUnreachable

SEED = 20261130
PROVIDERS: Mapping[str, str] = {"ann": ANTHROPIC, "otto": RESPONSES, "abe": ANTHROPIC, "olga": CHAT}  # kind by name
PATIENCE = 900.0  # seconds
LOOK_EVERY = 0.3  # seconds
LIMIT = 1  # seconds until a limited account may be asked again
OVER = ("landed", "failed", "review", "cancelled")


class Blow(StrEnum):
    KILLED = "killed"  # the daemon, in the middle of a call
    LIMITED = "limited"  # the account
    CHANGED = "its vendor changed"


@dataclass(slots=True, kw_only=True)
class World:
    """A vendor's side, and what is to happen to whom at which call."""

    blows: Mapping[str, tuple[Blow, int]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)  # requests by puzzle
    pid: int = 0
    town: Town | None = None
    happened: dict[str, Blow] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)  # tool calls by puzzle and words, as the vendor made them
    lock: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, vendor: str, _model: str, heard: tuple[Heard, ...]) -> Answer:
        name = puzzles.asked_of(heard)
        with self.lock:
            self.heard[name] += 1
            blow, at = self.blows.get(name, (None, 0))
            if blow is None or name in self.happened or self.heard[name] < at:
                return self._play(name, heard)
            self.happened[name] = blow
        match blow:
            case Blow.KILLED:
                os.kill(self.pid, signal.SIGKILL)
                return vendors.reset()
            case Blow.LIMITED:
                return vendors.throttled(LIMIT)
            case _:
                self._hand_over(name, vendor)
                return self._play(name, heard)

    def _play(self, name: str, heard: Sequence[Heard]) -> Sequence[Use]:
        made = puzzles.play(name, heard)
        self.asked.update(f"{name} {use.tool} {json.dumps(dict(use.args))}" for use in made)
        return made

    def _hand_over(self, name: str, vendor: str) -> None:
        """To a provider of another shape, while its answer is under way."""
        assert self.town is not None, "it serves one"
        to = next(other for other, kind in PROVIDERS.items() if kind != vendor)
        body = {"to": to, "who": "bench", "why": "its vendor changes"}
        SocketDoor(self.town.state / "control.sock").write(f"/api/v1/sessions/{name}/handoff", body)


@dataclass(slots=True, kw_only=True)
class Outcome:
    answers: dict[str, str] = field(default_factory=dict)  # what landed, by puzzle
    runs: Counter[str] = field(default_factory=Counter)  # by puzzle
    tools: int = 0
    repeated: int = 0  # the same tool with the same words, asked for in one puzzle
    tokens: int = 0
    happened: dict[str, Blow] = field(default_factory=dict)


def measure(effort: Effort) -> Iterator[Result | str]:
    games = puzzles.make(effort.of(4, 60), SEED)
    calm = _played(games, {})
    rough = _played(games, _blows(games))
    passed = {game.name for game in games if rough.answers.get(game.name) == calm.answers.get(game.name) == game.answer}
    yield (
        f"{len(games)} puzzles, {len(calm.answers)} landed uninterrupted; "
        f"{_by_blow(rough, passed)}; runs for each puzzle {sum(rough.runs.values()) / len(games):.2f}."
    )
    yield Result(
        what="pass as the uninterrupted do",
        unit="%",
        samples=[100 * len(passed) / len(games)],
        aim=95.0,
        better=Better.MORE,
    )
    again = rough.repeated - calm.repeated
    yield Result(what="repeated tool calls", unit="%", samples=[100 * max(0, again) / rough.tools], aim=10.0)
    wasted = 100 * (rough.tokens - calm.tokens) / calm.tokens
    yield Result(what="more tokens than uninterrupted", unit="%", samples=[max(0.0, wasted)])


def _by_blow(rough: Outcome, passed: set[str]) -> str:
    met = Counter(rough.happened.values())
    well = Counter(blow for name, blow in rough.happened.items() if name in passed)
    return ", ".join(f"{blow} {well[blow]} of {met[blow]}" for blow in Blow)


def _blows(games: Sequence[Puzzle]) -> dict[str, tuple[Blow, int]]:
    """Each puzzle meets one, at a random call of its."""
    chance = random.Random(SEED)
    kinds = list(Blow)
    return {game.name: (kinds[number % len(kinds)], chance.randint(1, game.calls)) for number, game in enumerate(games)}


def _played(games: Sequence[Puzzle], blows: Mapping[str, tuple[Blow, int]]) -> Outcome:
    world = World(blows=blows)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchbill-bench-")))
        vendor = stack.enter_context(FakeVendor(world.decide))
        world.town = town = _town(folder, vendor, games)
        daemon = town.start()
        try:
            daemon = _until_over(town, world, daemon, len(games))
            landed, outcome = _outcome(town, games)
            daemon.stop()  # the last branches are shown then
        finally:
            daemon.kill()
        outcome.answers = {game.name: town.show("watchbill/main", game.out) for game in games if game.name in landed}
        outcome.tokens = sum(entry.tokens_in + entry.tokens_out for entry in vendor.calls)
        outcome.happened = world.happened
        outcome.tools, outcome.repeated = world.asked.total(), world.asked.total() - len(world.asked)
    return outcome


def _town(folder: Path, vendor: FakeVendor, games: Sequence[Puzzle]) -> Town:
    town = Town(folder)
    for game in games:
        for path, text in game.clues().items():
            town.write(path, text)
    town.commit("The clues")
    town.write(QUEUE, "# Puzzles\n\n" + "".join(game.entry for game in games))
    providers = "".join(
        town.provider(name, kind, vendor.url_for(kind), f"fake-{place}")
        for place, (name, kind) in enumerate(PROVIDERS.items(), 1)
    )
    daemon = f'[daemon]\nstate_dir = "state"\nslot_policy = "off"\ntick_min = "1s"\nmax_parallel = {len(PROVIDERS)}\n'
    more = "[saving]\nanswers = false\n[budget]\ndaily_usd = 100\nper_run_usd = 5\n"
    town.configure(providers, daemon=daemon, more=more)
    return town


def _until_over(town: Town, world: World, daemon: Daemon, count: int) -> Daemon:
    """Start it again whenever it was killed, until every puzzle has its end."""
    end = time.monotonic() + PATIENCE
    world.pid = daemon.process.pid
    while time.monotonic() < end:
        if daemon.process.poll() is not None:
            daemon = town.start()
            world.pid = daemon.process.pid
        if sum(task["state"] in OVER for task in _asked(town, "/tasks", state=OVER).get("tasks", ())) == count:
            return daemon
        time.sleep(LOOK_EVERY)
    raise TimeoutError(f"not every puzzle came to its end within {PATIENCE} s")


def _asked(town: Town, path: str, **params: object) -> dict[str, Any]:
    """The daemon's answer; nothing while there is none."""
    try:
        answer = SocketDoor(town.state / "control.sock").read(f"/api/v1{path}", dict(params))
    except (DaemonUnreachable, AnswerLate):
        return {}
    found: dict[str, Any] = json.loads(answer.text)
    return found


def _outcome(town: Town, games: Sequence[Puzzle]) -> tuple[set[str], Outcome]:
    """Which ones landed, and what each session tells of its work."""
    outcome = Outcome()
    landed = {task["id"] for task in _asked(town, "/tasks", state=("landed",))["tasks"]}
    for game in games:
        session = _asked(town, f"/sessions/{game.name}")
        outcome.runs[game.name] = len(session["runs"])
    return landed, outcome


SECTION = Section(
    name="handoff",
    title="Hand-offs",
    how="Sixty seeded puzzles: clues that name the next one, an answer that grows in a file, checks before it lands. The player is "
    "a vendor on loopback in three wire shapes (Anthropic Messages, OpenAI Responses, OpenAI Chat; four accounts), whose next "
    "action is a function of the transcript and of what its tools read, and of nothing else. Each puzzle meets one blow at a "
    "random call: the daemon is killed with SIGKILL in the middle of it and started again, the account is limited, or the "
    "session is handed to a vendor of another shape while the answer is under way. Four puzzles run at once, so a kill meets up to four. "
    "A puzzle passes when it lands with the same bytes as uninterrupted. Repeated are tool calls that the vendor makes with the "
    "same words for one puzzle, beyond those of the uninterrupted; tokens are all that the vendor bills.",
    measure=measure,
)
