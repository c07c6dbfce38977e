"""Environments: what a repository's set-up commands install, made once for the same commands and lock files and kept.

One repository has them; what its programs can read there they cannot write, so no change spoils it for the next.

    <root>/<key>/tree       the lock files and what the commands made beside them; programs find it at this very path
    <root>/<key>/made.json  written last: without it the folder is half made, and made anew
    <root>/<key>.lock       held shared by who uses it, alone by who makes or removes it
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from watchbill.domain import claims
from watchbill.domain.errors import SetupFailed
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Clock, Events, Proc, ProcResult, Tree
from watchbill.workspace import nobody, room
from watchbill.workspace.removal import remove
from watchbill.workspace.sandbox import Sandbox

LOCK_FILES = (
    "**/requirements*.txt",
    "**/constraints*.txt",
    "**/*.lock",
    "**/pylock*.toml",
    "**/package.json",
    "**/package-lock.json",
    "**/npm-shrinkwrap.json",
    "**/pnpm-lock.yaml",
    "**/Cargo.toml",
    "**/go.mod",
    "**/go.sum",
    "**/Gemfile",
)
KEPT = 4  # environments of a repository: its branches' lock files go back and forth between a few
KEPT_BYTES = 8 << 30  # of a repository; the newest is kept, however large
UNUSED = timedelta(days=30)
FAILED_FOR = timedelta(minutes=10)  # a failed set-up is not tried again before: it may have taken long, and cost others
_SCRATCH = ".watchbill-scratch"
_TAIL = 3000  # characters of what a failed command said last
_LOOK_AGAIN = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a repository's environment is made."""

    commands: tuple[tuple[str, ...], ...]
    files: tuple[str, ...] = LOCK_FILES  # globs of what the commands may read
    timeout: timedelta = field(default=timedelta(minutes=20))  # of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was made, to be used at this place and not written."""

    tree: Path
    products: tuple[str, ...]  # relative paths of what the commands made

    def furnish(self, sandbox: Sandbox) -> Sandbox:
        """The sandbox with its programs first on the PATH."""
        bins = [self.tree / name / folder for name in self.products for folder in ("bin", ".bin")]
        path = ":".join([*(str(folder) for folder in bins if folder.is_dir()), sandbox.env()["PATH"]])
        return replace(sandbox, readable=(*sandbox.readable, self.tree), variables={**sandbox.variables, "PATH": path})

    @contextmanager
    def linked(self, worktree: Path) -> Iterator[None]:
        """While the block lasts, its products stand in the worktree where that has nothing of the name."""
        made = [pair for name in self.products if (pair := _linked(worktree, name, self.tree / name))]
        try:
            yield
        finally:
            for link, to in made:
                if link.is_symlink() and link.readlink() == to:
                    link.unlink()


def _linked(worktree: Path, name: str, to: Path) -> tuple[Path, Path] | None:
    """None where something stands there, or the folder for it does not, or is reached through a link."""
    place = worktree / name
    if os.path.realpath(place.parent) != os.path.join(os.path.realpath(worktree), *Path(name).parts[:-1]):  # noqa: PTH118
        return None
    try:
        place.symlink_to(to)
    except OSError:
        return None
    return place, to


class Environments:
    """The environments of one repository."""

    def __init__(
        self, *, root: Path, setup: Setup, sandbox: Sandbox, proc: Proc, clock: Clock, events: Events, repo: str
    ) -> None:
        self._root = root.absolute()
        self._setup = setup
        self._sandbox = sandbox
        self._proc = proc
        self._clock = clock
        self._events = events
        self._repo = repo
        self._last: tuple[Commit, Mapping[str, bytes]] | None = None  # the newest commit's lock files

    @asynccontextmanager
    async def ready(self, commit: Commit, read_tree: Callable[[Commit], Awaitable[Tree]]) -> AsyncIterator[Environment]:
        """The environment for this commit's lock files, made first where it is not there; whoever comes meanwhile waits.

        It stays for as long as the block lasts. Raises SetupFailed, and Unsafe where there is no sandbox.
        """
        began = self._clock.monotonic()
        if self._last is None or self._last[0] != commit:
            tree = await read_tree(commit)
            self._last = commit, await asyncio.to_thread(_matching, tree, self._setup.files)
        files = self._last[1]
        key = key_of(self._setup.commands, files, _programs(self._setup.commands))
        place = self._root / key
        await asyncio.to_thread(self._root.mkdir, mode=0o755, parents=True, exist_ok=True)
        with _opened(self._root / f"{key}.lock") as lock:
            await _take(lock, fcntl.LOCK_SH)
            if (found := _made(place)) is not None:
                seconds = round(self._clock.monotonic() - began, 3)
                self._events.emit("setup.reused", repo=self._repo, environment=key, seconds=seconds)
            else:
                await _take(lock, fcntl.LOCK_EX)
                if _made(place) is None:
                    await self._make(place, files)
                await _take(lock, fcntl.LOCK_SH)
                found = _made(place)
                assert found is not None, "nobody removes what is held"
                await asyncio.to_thread(self._prune, but=key)
            os.utime(place / "made.json", times=(self._clock.now().timestamp(),) * 2)
            yield found

    async def _make(self, place: Path, files: Mapping[str, bytes]) -> None:
        now = self._clock.now()
        if (failure := _failure(place)) and now - failure[0] < FAILED_FOR:
            raise SetupFailed(failure[1])
        await asyncio.to_thread(remove, place)
        tree = place / "tree"
        await asyncio.to_thread(_write_files, tree, files)
        began = self._clock.monotonic()
        try:
            for argv in self._setup.commands:
                await self._run(argv, tree)
        except SetupFailed as failed:
            _write(place / "failed.json", {"at": now.isoformat(), "why": str(failed)})
            self._events.emit("setup.failed", repo=self._repo, why=str(failed))
            raise
        size = await asyncio.to_thread(_close, tree)
        _write(place / "made.json", {"products": sorted(_products(tree, files)), "bytes": size})
        seconds = round(self._clock.monotonic() - began, 1)
        self._events.emit("setup.made", repo=self._repo, environment=place.name, seconds=seconds, bytes=size)

    async def _run(self, argv: Sequence[str], tree: Path) -> None:
        """With the network and without secrets. What it needs only meanwhile lies on the disk, not in memory.

        Raises SetupFailed where it does not end well.
        """
        own = {"HOME": str(tree / _SCRATCH), "TMPDIR": str(tree / _SCRATCH)}
        sandbox = replace(self._sandbox, variables={**self._sandbox.variables, **own})
        wrapped = await asyncio.to_thread(sandbox.wrap, argv, tree, online=True)
        running = self._proc.run(wrapped, cwd=tree, env=sandbox.env(), timeout=self._setup.timeout)
        result = await room.kept(running, tree)
        if result.code != 0:
            raise SetupFailed(_words(argv, result, self._setup.timeout))

    def _prune(self, but: str) -> None:
        """Remove what is too much, the longest unused first; what somebody uses stays."""
        now, held, size = self._clock.now().timestamp(), 0, 0
        for used, name, weight in sorted(self._kept(), reverse=True):
            held, size = held + 1, size + weight
            too_much = held > KEPT or size > KEPT_BYTES or now - used > UNUSED.total_seconds()
            if too_much and name != but and _remove(self._root, name):
                held, size = held - 1, size - weight

    def _kept(self) -> Iterator[tuple[float, str, int]]:
        """When each was used last, its name, and its bytes. Half-made ones were never used."""
        for place in self._root.iterdir():
            if place.is_dir():
                made = place / "made.json"
                with suppress(OSError):
                    used = made.stat().st_mtime if made.exists() else 0.0
                    yield used, place.name, _read(made).get("bytes", 0) if made.exists() else 0


def _matching(tree: Tree, globs: Sequence[str]) -> Mapping[str, bytes]:
    return {path: tree.read(path) for path in tree.paths() if claims.covers(globs, path)}


def key_of(
    commands: Sequence[Sequence[str]], files: Mapping[str, bytes], programs: Mapping[str, Sequence[object]]
) -> str:
    """Names an environment by all that it is made from: commands, lock files, and the programs that the commands begin with."""
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    machine = os.uname()
    said = [list(map(list, commands)), digests, programs, machine.sysname, machine.machine]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]


def _programs(commands: Sequence[Sequence[str]]) -> dict[str, Sequence[object]]:
    """Which file each is, so that another interpreter makes another environment."""
    found = {argv[0]: shutil.which(argv[0], path=os.defpath) for argv in commands if "/" not in argv[0]}
    return {name: _mark(Path(place).resolve()) for name, place in found.items() if place}


def _mark(program: Path) -> Sequence[object]:
    seen = program.stat()
    return [str(program), seen.st_size, seen.st_mtime_ns]


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _take(descriptor: int, how: int) -> None:
    """Without a thread, which would wait in the kernel for as long as somebody else's set-up takes."""
    while not _taken(descriptor, how):  # noqa: ASYNC110 - another process may hold it
        await asyncio.sleep(_LOOK_AGAIN)


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(root: Path, name: str) -> bool:
    """False where somebody uses it."""
    with _opened(root / f"{name}.lock") as lock:
        if not _taken(lock, fcntl.LOCK_EX):
            return False
        remove(root / name)
        return True


def _made(place: Path) -> Environment | None:
    with suppress(OSError, ValueError, KeyError):
        return Environment(tree=place / "tree", products=tuple(_read(place / "made.json")["products"]))
    return None


def _failure(place: Path) -> tuple[datetime, str] | None:
    with suppress(OSError, ValueError, KeyError):
        said = _read(place / "failed.json")
        return datetime.fromisoformat(said["at"]), said["why"]
    return None


def _read(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return said


def _write(path: Path, said: Mapping[str, object]) -> None:
    half = path.with_suffix(".half")
    half.write_text(json.dumps(said), encoding="utf-8")
    half.replace(path)


def _write_files(tree: Path, files: Mapping[str, bytes]) -> None:
    (tree / _SCRATCH).mkdir(parents=True)
    for path, content in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _close(tree: Path) -> int:
    """Make it the daemon's own again where that is root, readable by who may not write it; its size in bytes."""
    remove(tree / _SCRATCH)
    given_away, size = nobody.is_to_be(), 0
    for folder, _, names in os.walk(tree):
        for place in (Path(folder), *(Path(folder, name) for name in names)):
            seen = place.lstat()
            size += seen.st_blocks * 512
            if given_away:
                os.chown(place, 0, 0, follow_symlinks=False)
            if given_away and not place.is_symlink():
                place.chmod(seen.st_mode & 0o755 | 0o444 | (seen.st_mode & 0o100 and 0o111))
    os.sync()  # before it is said to be made: a power cut must not leave half of it
    return size


def _products(tree: Path, files: Mapping[str, bytes]) -> Iterator[str]:
    """What is there beside the files that were, each as high up as it can be told from them."""
    given = {parent for path in files for parent in Path(path).parents} | {Path()}
    for folder in given:
        for place in (tree / folder).iterdir():
            name = folder / place.name
            if name not in given and str(name) not in files:
                yield str(name)


def _words(argv: Sequence[str], result: ProcResult, timeout: timedelta) -> str:
    how = f"did not end within {timeout}" if result.timed_out else f"ended with exit code {result.code}"
    said = "\n".join(part.rstrip() for part in (result.stdout, result.stderr) if part.strip())[-_TAIL:]
    return f"the set-up command {' '.join(argv)} {how}\n{said}".rstrip()
