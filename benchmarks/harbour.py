"""A harbour for the benchmark of landings: files, seeded changes good and bad, people who push, and a clock of its own."""

import asyncio
import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PROSE = ("tide", "harbour", "lamp", "rope", "watch", "gull", "storm", "chart", "anchor", "deck", "keel", "bell")
LABELS = 12  # names that new passages get: two changes that choose one name break a scene that merges well
BAD = 0.1  # of all changes: they break the file's grammar
PUSH_EVERY = timedelta(minutes=25)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One task: its files, and what its change is made from."""

    name: str
    files: tuple[str, ...]
    seed: int
    is_bad: bool
    takes: timedelta


def files() -> dict[str, str]:
    """Scenes and modules, the same each time."""
    rng = random.Random(7)
    scenes = {f"scenes/scene{number:02}.txt": _scene(rng) for number in range(24)}
    modules = {f"src/module{number:02}.py": _module(rng) for number in range(16)}
    tables = {f"data/table{number:02}.json": _table(rng) for number in range(8)}
    return {**scenes, **modules, **tables}


def jobs(count: int, seed: int) -> list[Job]:
    """Some files are wanted far more often than others, as in every repository."""
    rng = random.Random(seed)
    paths = sorted(files())
    rng.shuffle(paths)
    weights = [1 / (place + 8) for place in range(len(paths))]
    made = []
    for number in range(count):
        wanted = 1 if rng.random() < 0.75 else 2
        chosen = dict.fromkeys(rng.choices(paths, weights, k=wanted))
        takes = timedelta(minutes=rng.choice((4, 6, 8, 12, 20, 30)))
        is_bad = rng.random() < BAD
        made.append(
            Job(name=f"t{number:04}", files=tuple(chosen), seed=rng.getrandbits(32), is_bad=is_bad, takes=takes)
        )
    return made


def changed(path: str, text: str, *, seed: int, is_bad: bool = False, adds: bool = True) -> str:
    """The text with a few lines of it rewritten, and something added, by somebody who has read it as it is."""
    rng = random.Random(f"{seed} {path}")
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2, 3))):
        _rewrite(path, lines, rng)
    if adds and rng.random() < 0.4:
        _add(path, lines, rng)
    if is_bad:
        lines.insert(rng.randrange(len(lines)), "*goto nowhere_at_all" if path.endswith(".txt") else "def broken(:")
    return "\n".join(lines) + "\n"


def is_red(path: str, text: str) -> bool:
    """Whether a file is broken, as somebody sees who knows nothing of our gates."""
    try:
        if path.endswith(".py"):
            compile(text, path, "exec")
        elif path.endswith(".json"):
            json.loads(text)
        else:
            labels = [line for line in text.splitlines() if line.startswith("*label ")]
            return "nowhere" in text or "<<<<<<<" in text or len(labels) != len(set(labels))
    except (ValueError, SyntaxError):
        return True
    return False


def _scene(rng: random.Random) -> str:
    lines = []
    for number in range(6):
        lines += [f"*label part_{number}", *(_sentence(rng) for _ in range(5)), "*page_break"]
    return "\n".join([*lines, "*finish"]) + "\n"


def _module(rng: random.Random) -> str:
    return "\n".join(f"def step_{number}():\n    return {rng.randrange(1000)}\n" for number in range(12)) + "\n"


def _table(rng: random.Random) -> str:
    rows = [f'  "row_{number}": {rng.randrange(1000)},' for number in range(30)]
    return "\n".join(["{", *rows, '  "end": 0', "}"]) + "\n"


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(PROSE) for _ in range(8)).capitalize() + "."


def _rewrite(path: str, lines: list[str], rng: random.Random) -> None:
    fit = {".txt": _is_sentence, ".py": _is_return, ".json": _is_row}["." + path.rpartition(".")[2]]
    place = rng.choice([place for place, line in enumerate(lines) if fit(line)])
    if path.endswith(".txt"):
        lines[place] = _sentence(rng)
    elif path.endswith(".py"):
        lines[place] = f"    return {rng.randrange(10_000)}"
    else:
        lines[place] = f"{lines[place].partition(':')[0]}: {rng.randrange(10_000)},"


def _add(path: str, lines: list[str], rng: random.Random) -> None:
    if path.endswith(".txt"):
        free = [name for name in (f"aside_{number}" for number in range(LABELS)) if f"*label {name}" not in lines]
        if free:
            places = [place for place, line in enumerate(lines) if line.startswith("*label part_")]
            place = rng.choice(places)
            lines[place:place] = [f"*label {rng.choice(free)}", _sentence(rng), "*page_break"]
    elif path.endswith(".py"):
        lines += ["", f"def more_{rng.getrandbits(32)}():", f"    return {rng.randrange(1000)}"]
    else:
        lines.insert(-2, f'  "more_{rng.getrandbits(32)}": {rng.randrange(1000)},')


def _is_sentence(line: str) -> bool:
    return line.endswith(".")


def _is_return(line: str) -> bool:
    return line.startswith("    return")


def _is_row(line: str) -> bool:
    return ": " in line and line.endswith(",")


@dataclass(slots=True)
class Tides:
    """A clock that stands still while anybody works, and then goes on to the next moment that somebody waits for."""

    start: datetime
    _passed: timedelta = timedelta(0)
    _waiting: list[tuple[timedelta, int, str, asyncio.Future[None]]] = field(default_factory=list)
    _count: int = 0

    def now(self) -> datetime:
        return self.start + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    def boot(self) -> float:
        return self.monotonic()

    def real(self, span: timedelta) -> timedelta:
        return span

    async def sleep(self, span: timedelta) -> None:
        task = asyncio.current_task()
        self._count += 1
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._waiting, (self._passed + span, self._count, "" if task is None else task.get_name(), ended)
        )
        await ended

    def is_waiting(self, names: Sequence[str]) -> bool:
        """Whether each of these asyncio tasks waits for a moment."""
        waiting = {name for _, _, name, ended in self._waiting if not ended.done()}
        return waiting.issuperset(names)

    def go_on(self) -> None:
        """To the next moment that somebody waits for."""
        while self._waiting:
            at, _, _, ended = heapq.heappop(self._waiting)
            if not ended.done():
                self._passed = max(self._passed, at)
                ended.set_result(None)
                return
