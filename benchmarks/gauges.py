"""Gauges for the soak: what a daemon holds at one moment, as numbers by name, and what of it grows."""

import json
import os
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.acceptance.harness import Town
from watchbill.operator.doors import SocketDoor
from watchbill.state.database import read_only

ASKED = ("/api/v1/state", "/api/v1/plan", "/metrics")
_TICK, _LAG = "watchbill_tick_seconds", "watchbill_event_loop_lag_seconds"

Gauges = dict[str, float]


def read(town: Town, pid: int, counts: Path) -> Gauges:
    """Every gauge by its name: sizes in MB, times in ms, the rest are counts."""
    return dict(
        [*_process(pid), *_inside(counts), *_store(town.state / "watchbill.db"), *_folders(town), *_asked(town)]
    )


def _process(pid: int) -> Iterator[tuple[str, float]]:
    root = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (root / "status").read_text().splitlines())
    yield "rss MB", int(status["VmRSS"].split()[0]) / 1000
    yield "threads", int(status["Threads"])
    rollup = dict(line.split(":", 1) for line in (root / "smaps_rollup").read_text().splitlines()[1:])
    yield "pss MB", int(rollup["Pss"].split()[0]) / 1000
    links = [_target(link) for link in (root / "fd").iterdir()]
    yield "fds", len(links)
    yield "sockets", sum(link.startswith("socket:") for link in links)
    times = (root / "stat").read_text().rpartition(")")[2].split()[11:15]
    yield "processor seconds", sum(map(int, times[:2])) / os.sysconf("SC_CLK_TCK")
    yield "processor seconds of children", sum(map(int, times[2:])) / os.sysconf("SC_CLK_TCK")
    yield "children", sum(_parent(each) == pid for each in Path("/proc").glob("[0-9]*/stat"))


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed just now
        return ""


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _inside(counts: Path) -> Iterator[tuple[str, float]]:
    """As benchmarks/inside.py wrote it last."""
    if counts.exists():
        looks = [json.loads(line) for line in counts.read_text().split("\n")[:-1]]
        if looks:
            yield "asyncio tasks", sum(looks[-1]["tasks"].values())
            yield "loop answers after ms", 1000 * looks[-1]["answers_after"]
        objects = [look["objects"] for look in looks if "objects" in look]
        if objects:
            yield "objects", objects[-1]


def _store(place: Path) -> Iterator[tuple[str, float]]:
    yield "database MB", place.stat().st_size / 1e6
    wal = place.with_name(f"{place.name}-wal")
    yield "wal MB", wal.stat().st_size / 1e6 if wal.exists() else 0
    with read_only(place) as conn:
        names = [row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        for name in names:
            yield f"rows of {name}", conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0]


def _folders(town: Town) -> Iterator[tuple[str, float]]:
    bare = town.state / "repos/town.git"
    yield "loose objects", sum(1 for folder in (bare / "objects").glob("??") for _ in folder.iterdir())
    yield "packs", sum(1 for _ in (bare / "objects/pack").glob("*.pack"))
    yield "loose refs", sum(place.is_file() for place in (bare / "refs").rglob("*"))
    packed = bare / "packed-refs"
    yield "packed refs", len(packed.read_text().splitlines()) if packed.exists() else 0
    yield "the clone's scratch", _inhabitants(bare / "watchbill")
    yield "owner's loose refs", sum(place.is_file() for place in (town.repo / ".git/refs").rglob("*"))
    yield "worktrees", sum(1 for _ in (town.state / "worktrees").glob("*/*"))
    for name in ("worktrees", "agents", "environments", "patches", "inbox", "logs"):
        yield f"files in {name}", _inhabitants(town.state / name)
    yield "temporary files", _inhabitants(town.home / "tmp")


def _inhabitants(folder: Path) -> int:
    return sum(len(files) + len(folders) for _, folders, files in os.walk(folder))


def _asked(town: Town) -> Iterator[tuple[str, float]]:
    door = SocketDoor(town.state / "control.sock")
    for path in ASKED:
        began = time.monotonic()
        answer = door.read(path, {})
        yield f"{path} ms", 1000 * (time.monotonic() - began)
        if path == "/metrics":
            told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
            yield "ticks", float(told[f"{_TICK}_count"])
            yield "tick seconds", float(told[f"{_TICK}_sum"])
            yield "loop lag ms", 1000 * float(told[_LAG])
            yield (
                "runs ended",
                sum(float(value) for name, value in told.items() if name.startswith("watchbill_runs_total")),
            )


def with_rates(looks: Sequence[Gauges]) -> list[Gauges]:
    """Each look but the first, with the mean of the ticks since the look before."""
    return [{**now, "tick ms": _mean_tick(before, now)} for before, now in pairwise(looks)]


def _mean_tick(before: Gauges, now: Gauges) -> float:
    ticks = now["ticks"] - before["ticks"]
    return 1000 * (now["tick seconds"] - before["tick seconds"]) / ticks if ticks else 0.0


def halves(looks: Sequence[Gauges]) -> Mapping[str, tuple[float, float]]:
    """Of each gauge its median in the second quarter of the time, and in the last: the first quarter warms up."""
    quarter = max(1, len(looks) // 4)
    early, late = looks[quarter : 2 * quarter], looks[-quarter:]
    return {name: (_median(early, name), _median(late, name)) for name in looks[-1]}


def _median(looks: Iterable[Gauges], name: str) -> float:
    return statistics.median(look.get(name, 0.0) for look in looks)


def of_run(looks: Sequence[Gauges], name: str) -> float:
    """How much of it each run added, from the end of the first quarter on."""
    first, last = looks[len(looks) // 4], looks[-1]
    runs = last["runs ended"] - first["runs ended"]
    return (last[name] - first.get(name, 0.0)) / runs if runs else 0.0


def kept(counts: Path) -> Mapping[str, tuple[int, int]]:
    """Objects by kind at the first look after a quarter of the time, and at the last."""
    looks: list[dict[str, Any]] = [json.loads(line) for line in counts.read_text().split("\n")[:-1]]
    kinds = [look["kinds"] for look in looks if "kinds" in look]
    first, last = kinds[len(kinds) // 4], kinds[-1]
    return {name: (first.get(name, 0), count) for name, count in last.items()}
