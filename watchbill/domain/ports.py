"""Ports: what the parts need of the world and of each other. Production parts are built in daemon/bootstrap.py only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.effort import Effort
from watchbill.domain.findings import Finding
from watchbill.domain.ids import CallId, Commit, ProviderName
from watchbill.domain.outcomes import StintEnd, TurnEnd, WindowUse
from watchbill.domain.tasks import Task
from watchbill.domain.tools import ToolSpec
from watchbill.domain.transcript import Transcript


class Clock(Protocol):
    """The time. `now` is aware UTC; `monotonic` counts seconds and never jumps."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, span: timedelta) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcResult:
    code: int  # exit code; negative for a signal; 124 when it ran into its time-out
    stdout: str
    stderr: str
    timed_out: bool = False


class Proc(Protocol):
    """Start a program in its own process group, wait for it, kill the whole group at its deadline."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        timeout: timedelta,
        stdin: bytes = b"",
    ) -> ProcResult: ...


class Events(Protocol):
    """Record an event of the registry in domain/events.py: to the log and to the store."""

    def emit(self, name: str, **facts: object) -> None: ...


class Notifier(Protocol):
    """Tells somebody something, beside the daemon: whatever becomes of it, it ends within its deadline."""

    async def send(self, url: str, title: str, body: str) -> str:
        """ "" once the other side has taken it, else why not, in words without the address's secrets. Never raises for those."""
        ...


class Meter(Protocol):
    """Money before, during and after one request. Implemented by the ledger; called by the providers' transport."""

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        """Hold the bound in every window it counts in, and use the call's one token: from here on the socket may open, once.

        Raises OverBudget, and holds nothing, when it does not fit; AtRest when its account or model is on hold.
        """
        ...

    async def hold(self, purpose: Purpose, bound: Bound) -> CallId:
        """As reserve(), but the token stays unused: the request waits, and whoever sends it later marks it as sent."""
        ...

    async def named(self, call: CallId, request_id: str) -> None:
        """The vendor began to answer, and said what it calls the request: evidence, whatever becomes of the answer."""
        ...

    async def release(self, call: CallId, why: str) -> None:
        """It certainly was not sent: give the money back."""
        ...

    async def settle_free(self, call: CallId, why: str) -> None:
        """The vendor answered with a complete HTTP error: book 0."""
        ...

    async def settle(self, call: CallId, settlement: Settlement) -> None:
        """Book what it cost, where nothing else is stored with it: what an agent used is not ours to store."""
        ...

    async def lose(self, call: CallId, why: str) -> None:
        """Nobody can say what was billed: keep it charged at the bound."""
        ...

    async def note(self, provider: ProviderName, uses: Sequence[WindowUse]) -> None:
        """Keep what was told of its account's allowances while an agent works: others shall not begin on what is all but used up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """One request to a model: the transcript so far and the tools that it may call."""

    purpose: Purpose
    transcript: Transcript
    tools: tuple[ToolSpec, ...]
    max_tokens: int
    deadline: timedelta  # for the whole call, however slowly it drips
    effort: Effort | None = None  # how hard it is asked to think; None: nothing is said of it
    pause: timedelta = timedelta(
        0
    )  # the longest so far between two turns of this run: how long a prompt cache has to last


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    well: bool
    message: str
    models: tuple[str, ...] = field(default=())
    retires: Mapping[str, datetime] = field(default_factory=dict)  # of them, where the vendor tells


@runtime_checkable
class ModelProvider(Protocol):
    """A vendor that is asked for turns. Never raises for what a vendor can do wrong: that is a Setback."""

    name: ProviderName

    async def turn(self, request: TurnRequest) -> TurnEnd: ...
    async def probe(self) -> ProbeResult:
        """A request that costs nothing."""
        ...

    async def aclose(self) -> None: ...


class Workbench(Protocol):
    """A run's hands: the model's tools on its worktree. Each returns the text for the model; raises ToolRefused."""

    async def list_files(self, glob: str = "**") -> Sequence[str]: ...
    async def read_file(self, path: str) -> str: ...
    async def search(self, pattern: str, glob: str = "**") -> Sequence[str]: ...
    async def write_file(self, path: str, content: str) -> None: ...
    async def edit_file(self, path: str, old_text: str, new_text: str) -> None: ...
    async def check(self) -> Sequence[Finding]:
        """Every finding on the worktree as it is, debt included."""
        ...

    async def run_command(self, argv: Sequence[str], timeout: timedelta) -> ProcResult:
        """A configured command, in the sandbox, in the worktree. Raises Unsafe where there is no sandbox."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProgram:
    """An agent's program as its adapter wants it started."""

    argv: tuple[str, ...]  # absolute; the adapter's library adds its own arguments
    env: Mapping[str, str]  # all that it sees beside the usual; {home} in a value is its home
    files: Mapping[str, str] = field(default_factory=dict)  # in its home, by relative path
    readable: tuple[Path, ...] = ()  # folders that it needs beside the system's
    port: int | None = None  # the only one on loopback that it may reach; None: it has the machine's network
    offline: bool = False  # it reaches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    program: Path  # start this in place of the agent's own
    home: Path
    is_sandboxed: bool


class Confine(Protocol):
    """Prepare a program for one run. When the block ends nothing of it lives any more. Raises Unsafe without a sandbox."""

    def __call__(self, program: AgentProgram) -> AbstractAsyncContextManager[Confined]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StintRequest:
    """A whole stint, handed over."""

    task: Task
    purpose: Purpose
    worktree: Path
    confine: Confine
    brief: Callable[
        [], Awaitable[tuple[str, str]]
    ]  # what it is told, made when it is wanted: how to work, and the task
    tree: Callable[[], Awaitable[str]]  # its files as they are now, as a name; "" where they cannot be read
    effort: Effort | None = None  # how hard it is asked to think, where its program has such a setting
    stop: Callable[[], bool] = lambda: False  # whether it shall end at the next opportunity, its work being kept


@runtime_checkable
class AgentProvider(Protocol):
    """Somebody who is given a whole stint: local automation, or an agent program."""

    name: ProviderName

    async def stint(self, request: StintRequest, bench: Workbench) -> StintEnd: ...
    async def probe(self) -> ProbeResult: ...
    async def aclose(self) -> None: ...


Provider = ModelProvider | AgentProvider


class Tree(Protocol):
    """A tree of files to be checked: a commit's, or a worktree's. Paths are relative, with /, sorted."""

    def paths(self) -> Sequence[str]: ...
    def read(self, path: str) -> bytes:
        """The file's bytes. Raises KeyError when there is no such regular file."""
        ...


class Gate(Protocol):
    """A check before landing. Pure over the tree; never raises for what a file can contain."""

    name: str

    def applies(self, path: str) -> bool: ...
    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        """Findings in `paths` (all of which apply); it may read the rest of the tree."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What putting a change onto another commit gives."""

    commit: Commit | None  # None when it conflicts
    tree: str
    conflicts: tuple[str, ...] = field(default=())


class Vcs(Protocol):
    """One repository: our own bare clone, worktrees for runs, commits by plumbing, refs by compare-and-swap."""

    async def fetch(self) -> None: ...
    async def resolve(self, ref: str) -> Commit | None: ...
    async def tree_of(self, commit: Commit) -> str: ...
    async def read_tree(self, commit: Commit) -> Tree: ...
    async def is_ancestor(self, commit: Commit, of: Commit) -> bool: ...
    async def changed_paths(self, base: Commit, commit: Commit) -> Sequence[str]: ...
    async def diff(self, base: Commit, commit: Commit) -> str: ...
    async def open_worktree(self, name: str, commit: Commit) -> Path: ...
    async def drop_worktree(self, name: str) -> None: ...
    async def snapshot(self, name: str, parent: Commit, message: str) -> Commit:
        """Commit the worktree as it is onto parent, raw; the same commit again when nothing differs from parent."""
        ...

    async def squash(self, commit: Commit, parent: Commit, message: str) -> Commit: ...
    async def merge_onto(self, onto: Commit, commit: Commit, base: Commit, message: str) -> Merge: ...
    async def move_ref(self, ref: str, new: Commit | None, old: Commit | None) -> bool:
        """Compare-and-swap; old None means that it must not exist, new None deletes. False when somebody was faster."""
        ...

    async def publish(self, ref: str, commit: Commit) -> None:
        """Show the ref in the owner's repository. Raises GitError where it is checked out or was moved by others."""
        ...
