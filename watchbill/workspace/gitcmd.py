"""Git as a program: an argv, an environment that holds nothing of the machine's or the owner's, and bytes back."""

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.domain.errors import GitError
from watchbill.domain.ports import Clock
from watchbill.domain.whole import to_its_end
from watchbill.workspace.memory import BlobMemory, Memory
from watchbill.workspace.proc import OsProc, RawResult

NAME = "watchbill"
EMAIL = "watchbill@localhost"
LINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000
_PATIENCE = timedelta(minutes=5)  # a command on our own clone; a transfer says its own
_MOST_BYTES = 1 << 31  # of one command's output: whole trees pass through
_LISTING_BYTES = 32 << 20  # of a tree: about 300,000 files. A few objects can stand for 10^9
LARGEST_FILE = 256 << 20  # bytes; read whole by whoever checks it out or looks at it
_LARGEST_TREE = 16 << 30  # bytes, checked out: one object can stand for a thousand files
_REMEMBERED_BOMBS = 16
_LISTINGS = 3  # trees whose listing is kept: what a run began at, what it made, what it is put onto
SMALL = 64 << 10  # bytes of a blob that may be remembered: several parts ask for a run's files
_REMEMBERED_BYTES = 4 << 20
_SHOWN_CHARACTERS = 2000  # of stderr in an error


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree: its mode, its blob, and the blob's size in bytes (0 for a submodule)."""

    mode: int
    blob: str
    size: int

    @property
    def is_file(self) -> bool:
        return self.mode not in (LINK_MODE, SUBMODULE_MODE)


class TooMuch(GitError):
    """A command said, or a tree holds, more than anybody works on: a few objects can stand for more than fits a disk."""


class Git:
    """Git on one repository of ours. What it runs is named here and nowhere else."""

    def __init__(self, proc: OsProc, git_dir: Path, clock: Clock, *, configuration: Sequence[str] = ()) -> None:
        self.folder = git_dir
        self._proc = proc
        self._clock = clock
        settings = [word for setting in configuration for word in ("-c", setting)]
        self._entries: Memory[Mapping[str, Entry]] = Memory(_LISTINGS)
        self._bombs: Memory[str] = Memory(_REMEMBERED_BOMBS)  # why this commit's files cannot be listed
        self._blobs = BlobMemory(_REMEMBERED_BYTES, each=SMALL)
        self._command = (shutil.which("git") or "git", *settings, f"--git-dir={git_dir}")

    async def text(
        self, *argv: str, stdin: bytes = b"", index: Path | None = None, worktree: Path | None = None
    ) -> str:
        """What it says, stripped. Raises GitError when it fails."""
        result = await self.run(*argv, stdin=stdin, index=index, worktree=worktree)
        return result.stdout.decode(errors="surrogateescape").strip()

    async def run(
        self,
        *argv: str,
        stdin: bytes = b"",
        index: Path | None = None,
        worktree: Path | None = None,
        allowed: Collection[int] = (0,),
        patience: timedelta = _PATIENCE,
        cap: int | None = None,
    ) -> RawResult:
        """Its output. Raises GitError, with the command and what git said, for an exit code that is not allowed."""
        command = [*self._command, *argv]
        env = self._environment(index, worktree)
        running = self._proc.run_raw(
            command,
            cwd=worktree or Path("/"),
            env=env,
            timeout=patience,
            stdin=stdin,
            cap=_MOST_BYTES if cap is None else cap,
            ends_at_cap=True,
        )
        # a git that is killed leaves its lock behind; only transfers take long enough to be worth it
        result = await (running if patience > _PATIENCE else to_its_end(running))
        if result.code not in allowed or result.dropped:
            raise _failure(argv, result, patience, _MOST_BYTES if cap is None else cap)
        return result

    async def entries(self, commit: str) -> Mapping[str, Entry]:
        """Every file, link and submodule of a commit's tree, by path, given by its id. Names that are not UTF-8 carry
        surrogates (os.fsdecode)."""
        return await self._entries.ask(commit, lambda: self._list(commit))

    async def _list(self, commit: str) -> Mapping[str, Entry]:
        if bomb := self._bombs.get(commit):
            raise TooMuch(bomb)
        try:
            listing = await self.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit, cap=_LISTING_BYTES)
            entries = dict(_entry(line) for line in listing.stdout.split(b"\0") if line)
            _refuse_a_bomb(entries)
        except TooMuch as bomb:
            self._bombs.put(commit, str(bomb))  # it takes half a minute to find that out
            raise
        return entries

    def knows(self, commit: str, entries: Mapping[str, Entry]) -> None:
        """A commit that was made just now holds these."""
        self._entries.put(commit, dict(sorted(entries.items(), key=lambda item: os.fsencode(item[0]))))

    def knows_blob(self, name: str, content: bytes) -> None:
        """A blob that was written just now."""
        self._blobs.put(name, content)

    async def blobs(self, ids: Sequence[str]) -> list[bytes]:
        """The blobs' bytes, in the order asked for."""
        known = self._blobs.known(ids)
        if missing := [name for name in dict.fromkeys(ids) if name not in known]:
            listing = await self.run("cat-file", "--batch", "--buffer", stdin=_lines(missing))
            known |= self._read(listing.stdout, missing)
        return [known[name] for name in ids]

    def blobs_now(self, ids: Sequence[str]) -> list[bytes]:
        """The same for code that cannot wait: blocks for a few milliseconds."""
        known = self._blobs.known(ids)
        if missing := [name for name in dict.fromkeys(ids) if name not in known]:
            known |= self._read(self._cat_now(missing), missing)
        return [known[name] for name in ids]

    def _read(self, stream: bytes, ids: Sequence[str]) -> dict[str, bytes]:
        read = dict(zip(ids, _batch(stream, ids), strict=True))
        for name, content in read.items():
            self._blobs.put(name, content)
        return read

    def _cat_now(self, ids: Sequence[str]) -> bytes:
        command = [*self._command, "cat-file", "--batch", "--buffer"]
        try:
            done = subprocess.run(
                command,
                input=_lines(ids),
                env=self._environment(None, None),
                cwd="/",
                capture_output=True,
                check=True,
                timeout=_PATIENCE.total_seconds(),
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise GitError(f"git cat-file --batch failed: {error}") from error
        return done.stdout

    def _environment(self, index: Path | None, worktree: Path | None) -> dict[str, str]:
        moment = f"@{int(self._clock.now().timestamp())} +0000"
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _who(moment).items()}
        places = {"GIT_INDEX_FILE": index, "GIT_WORK_TREE": worktree}
        return {**clean_environment(), **who, **{key: str(path) for key, path in places.items() if path}}


def clean_environment() -> dict[str, str]:
    """What every git of ours sees: no configuration but the repository's, no prompt, no transport but local paths."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",  # git looks there for attributes and ignore rules
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_DEFAULT_REF_FORMAT": "files",  # ours is read as such
        "GIT_GRAFT_FILE": "/nonexistent",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_EDITOR": "/bin/false",
        "GIT_PAGER": "cat",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_PROTOCOL_FROM_USER": "0",
    }


def _who(moment: str) -> Mapping[str, str]:
    return {"NAME": NAME, "EMAIL": EMAIL, "DATE": moment}


def _failure(argv: Sequence[str], result: RawResult, patience: timedelta, cap: int) -> GitError:
    said = result.stderr.decode(errors="replace").strip()[-_SHOWN_CHARACTERS:]
    if result.timed_out:
        said = f"it was stopped after {patience}. {said}"
    if result.dropped:
        return TooMuch(f"git {' '.join(argv)} was stopped: it says more than {cap} bytes")
    return GitError(f"git {' '.join(argv)} failed ({result.code}): {said}")


def _refuse_a_bomb(entries: Mapping[str, Entry]) -> None:
    """Raises TooMuch for what would fill the disk or the memory, and is in no repository that people work on."""
    largest = max(entries.values(), key=lambda entry: entry.size, default=None)
    if largest is not None and largest.size > LARGEST_FILE:
        path = next(path for path, entry in entries.items() if entry is largest)
        raise TooMuch(f"{path!r} has {largest.size} bytes; files of up to {LARGEST_FILE} can be worked with")
    if (size := sum(entry.size for entry in entries.values())) > _LARGEST_TREE:
        raise TooMuch(f"its files have {size} bytes together; up to {_LARGEST_TREE} can be worked with")


def _lines(ids: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in ids).encode()


def _entry(line: bytes) -> tuple[str, Entry]:
    facts, _, path = line.partition(b"\t")
    mode, _, blob, size = facts.decode().split()
    return os.fsdecode(path), Entry(int(mode, 8), blob, 0 if size == "-" else int(size))


def _batch(stream: bytes, ids: Sequence[str]) -> Iterator[bytes]:
    at = 0
    for name in ids:
        end = stream.find(b"\n", at)
        header = stream[at:end].split()
        if len(header) != 3 or header[1] == b"missing":  # noqa: PLR2004 - id, kind, size
            raise GitError(f"our clone lacks the object {name}: it is damaged, or the owner's repository is incomplete")
        size = int(header[2])
        yield stream[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
