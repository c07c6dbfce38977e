"""What the sandbox adds to the start of a program, and what an environment saves that is there already."""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import Effort, Result, Section
from tests.clocks import FastClock
from watchbill.domain.errors import SetupFailed, Unsafe
from watchbill.domain.ids import Commit
from watchbill.workspace.environments import Environments, Setup
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Means, Sandbox, SandboxMode

PROGRAM = {Means.BUBBLEWRAP: "bwrap", Means.LANDLOCK: "no-such-program"}
PIP = (("python3", "-m", "venv", ".venv"), (".venv/bin/pip", "install", "--no-cache-dir", "-r", "requirements.txt"))
NPM = (("npm", "ci", "--no-audit", "--no-fund"),)
REQUIREMENTS = b"click==8.1.7\nMarkupSafe==2.1.5\nJinja2==3.1.4\npytest==8.3.3\n"
PACKAGE = b'{"name":"x","version":"1.0.0","dependencies":{"left-pad":"1.3.0","marked":"14.1.3","semver":"7.6.3"}}'


def measure(effort: Effort) -> Iterator[Result | str]:
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        place = Path(folder)
        yield from _starts(place, blocks=effort.of(1, 5), count=effort.of(20, 60))
        yield from _environments(place)


def _starts(place: Path, *, blocks: int, count: int) -> Iterator[Result | str]:
    sandboxes = {"nothing": Sandbox(mode=SandboxMode.NONE)} | dict(_working())
    spans = {name: [_block(sandbox, place, count) for _ in range(blocks)] for name, sandbox in sandboxes.items()}
    bare = statistics.median(span for block in spans["nothing"] for span in block)
    yield Result(what="a program that ends at once, without a sandbox, median", unit="ms", samples=[bare])
    for name in sandboxes:
        if name == "nothing":
            continue
        medians = [statistics.median(block) for block in spans[name]]
        yield Result(what=f"the same in {name}, median", unit="ms", samples=medians)
        yield Result(
            what=f"added by {name}, p95 of {count}",
            unit="ms",
            samples=[statistics.quantiles(block, n=20)[-1] - bare for block in spans[name]],
            aim=25.0,
            bound_by="Three small programs (a shell, the sandbox, a shell that sets limits), or the start of one Python.",
        )
        yield Result(what=f"in {name} by without", unit="x", samples=[median / bare for median in medians])


def _working() -> Iterator[tuple[str, Sandbox]]:
    for means, program in PROGRAM.items():
        sandbox = Sandbox(program=program)
        try:
            if sandbox.means() is means:
                yield str(means), sandbox
        except Unsafe:
            continue


def _block(sandbox: Sandbox, place: Path, count: int) -> list[float]:
    """Milliseconds of each start, from the argv to the end, the wrapping included."""
    tree = place / "tree"
    tree.mkdir(exist_ok=True)
    proc = OsProc()

    async def starts() -> list[float]:
        spans = []
        for _ in range(count + 1):  # the first one warms up
            begun = time.perf_counter()
            argv = sandbox.wrap(["true"], tree)
            done = await proc.run(argv, cwd=tree, env=sandbox.env(), timeout=timedelta(seconds=20))
            spans.append((time.perf_counter() - begun) * 1000)
            assert done.code == 0, done
        return spans[1:]

    return asyncio.run(starts())


def _environments(place: Path) -> Iterator[Result | str]:
    commands, files = PIP, {"requirements.txt": REQUIREMENTS}
    if lock := _npm_lock(place):
        commands, files = (*PIP, *NPM), {**files, "package.json": PACKAGE, "package-lock.json": lock}
    what = "venv, pip install of 4 packages" + (", npm ci of 3" if lock else "")
    try:
        first, second = asyncio.run(_twice(place / "environments", commands, files))
    except (SetupFailed, Unsafe) as why:
        yield f"not measured, since set-up needs the network: {str(why)[-300:]}"
        return
    yield Result(what=f"first set-up: {what}", unit="s", samples=[first])
    yield Result(what="the second run's set-up", unit="s", samples=[second])
    yield Result(what="the second by the first", unit="%", samples=[100 * second / first], aim=10.0)


def _npm_lock(place: Path) -> bytes | None:
    """None without npm, or without a way to its registry."""
    npm, folder = shutil.which("npm"), place / "npm"
    if npm is None or shutil.which("npm", path="/usr/bin:/bin") is None:  # the sandbox has the system's only
        return None
    folder.mkdir()
    (folder / "package.json").write_bytes(PACKAGE)
    argv = [npm, "install", "--package-lock-only", "--no-audit"]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = asyncio.run(OsProc().run(argv, cwd=folder, env=env, timeout=timedelta(minutes=2)))
    return (folder / "package-lock.json").read_bytes() if done.code == 0 else None


async def _twice(root: Path, commands: tuple[tuple[str, ...], ...], files: Mapping[str, bytes]) -> tuple[float, float]:
    """Seconds until it is ready, the first and the second time."""
    made = Environments(
        root=root,
        setup=Setup(commands=commands),
        sandbox=Sandbox(),
        proc=OsProc(),
        clock=FastClock(start=datetime(2026, 3, 2, tzinfo=UTC), rate=1),
        events=_Silent(),
        repo="bench",
    )
    spans = []
    for _ in range(2):
        begun = time.perf_counter()
        async with made.ready(Commit("bench"), _Tree(files).of):
            spans.append(time.perf_counter() - begun)
    return spans[0], spans[1]


class _Silent:
    def emit(self, name: str, **facts: object) -> None:
        """Nobody listens."""


class _Tree:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    async def of(self, _commit: Commit) -> "_Tree":
        return self

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        return self._files[path]


SECTION = Section(
    name="sandbox",
    title="The sandbox, and set-up",
    how="`true`, started by the daemon's own port: bare, in bubblewrap with a filter of system calls and limits, and in a "
    "Landlock cell with its two keepers. Then a repository's environment, made by real set-up commands with the network in the "
    "sandbox, and asked for again.",
    measure=measure,
)
