"""Evidence: what the checker looks at, as one frozen value. What is None was not collected, and is reported as such."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from watchbill.domain.calls import Call
from watchbill.domain.findings import Verdict
from watchbill.domain.ids import CallId, Commit, ProviderName, RepoName, RunId, SessionId, TaskId, Token
from watchbill.domain.money import MicroUsd
from watchbill.domain.rides import Ride
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Delivery, Task
from watchbill.domain.windows import Caps


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as the vendor's journal has it."""

    seq: int  # its place in that journal
    provider: ProviderName
    model: str
    billed: MicroUsd
    answered: bool  # a complete answer went out
    call: CallId | None = None  # when the journal says so
    request_id: str = ""  # the vendor's own id
    digest: str = ""  # of the body: equal for equal questions


class EntryKind(StrEnum):
    RESERVE = "reserve"
    RELEASE = "release"
    SETTLE = "settle"
    LOSE = "lose"  # nobody can say what was billed: the charge stays
    LOWER = "lower"  # evidence came later


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    seq: int
    call: CallId
    kind: EntryKind
    change: MicroUsd  # of what the call is charged


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Entries in the order of their writing, and those that an earlier look at the same ledger saw."""

    entries: tuple[LedgerEntry, ...]
    earlier: tuple[LedgerEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the ledger itself says when it is asked: the total, by dimension and key, and by budget window."""

    total: MicroUsd
    by: Mapping[str, Mapping[str, MicroUsd]]  # by["provider"]["claude"]
    by_window: Mapping[str, MicroUsd]  # settled and held


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One holding of a task's lease, in the order of taking."""

    task: TaskId
    run: RunId
    token: Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    repo: RepoName
    task: TaskId
    run: RunId
    pattern: str
    since: datetime
    until: datetime | None = None  # None: still held


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A stored intention to deliver one exact commit, and what git says of it."""

    run: RunId
    task: TaskId
    commit: Commit
    tree: str
    target_ref: str
    delivery: Delivery
    finished: bool
    landed: bool  # as stored; False while unfinished
    on_target: bool  # the commit is an ancestor of the target's tip, or its patch is written


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A landing that was to be undone, and what git says of its revert."""

    run: RunId
    task: TaskId
    revert: Commit | None  # None: nothing had to be put onto a branch, or not yet
    finished: bool
    done: bool  # as stored; False while unfinished
    on_target: bool  # the revert is an ancestor of the target's tip; True where there is none to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A commit of ours as it stands on a target."""

    commit: Commit
    tree: str
    base_tree: str  # its first parent's
    target_ref: str
    run: RunId | None  # None: it names no run
    token: Token | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file as accepted tool calls left it, and as the durable commit that should carry it has it."""

    run: RunId
    path: str
    accepted: bytes | None  # None: deleted
    found: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUp:
    """A session as it was last stored, and as the next run took it up."""

    session: SessionId
    run: RunId
    stored: str  # checkpoint and transcript, in one word
    taken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    repo: RepoName
    path: str
    line: int
    task: TaskId
    marker: str  # as it stands in the file
    due: str  # as the task's state wants it shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A repository's queue files as they stand, and what they said besides markers and our comments, before and after."""

    entries: tuple[QueueEntry, ...]
    text_before: Mapping[str, str] = field(default_factory=dict)  # by place, for instance game:docs/QUEUE.md
    text_after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One daemon's time on a state folder."""

    folder: str
    pid: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who may work when, and what the log says about runs outside of it."""

    hours: Mapping[ProviderName, frozenset[int]]  # a provider that is missing stands every watch
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    licences: Mapping[RunId, str] = field(default_factory=dict)  # the policy that let a run begin outside, as logged
    strict: bool = False  # then calls, too, stay inside the watch
    grace: timedelta = timedelta(minutes=1)  # to come to a checkpoint at the watch's end


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """The owner's side of one repository."""

    head: str  # the branch that is checked out, and its commit
    index: str
    stash: tuple[str, ...]
    refs: Mapping[str, str]
    files: Mapping[str, str]  # content's digest by path


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSide:
    repo: RepoName
    before: UserState
    after: UserState
    may_edit: tuple[str, ...] = ()  # queue, questions and hand-off files: paths or globs
    may_move: tuple[str, ...] = ("refs/heads/watchbill/",)  # beginnings of refs that are ours to publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Canaries, and every text in which none may stand: log, database, prompts, commits."""

    canaries: tuple[str, ...]
    texts: Mapping[str, str]  # by place


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The state when nothing moves any more: faults have stopped, the daemon found nothing left to do."""

    runnable: tuple[TaskId, ...]  # tasks that plan() would still start
    live_leases: tuple[TaskId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """The lines that the three programs printed."""

    integrity_check: tuple[str, ...]
    foreign_key_check: tuple[str, ...]
    fsck: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    calls: tuple[Call, ...] | None = None
    windows: Mapping[CallId, frozenset[str]] | None = None  # in which each call is counted, as stored
    caps: Caps | None = None
    ledger: Ledger | None = None
    sums: Sums | None = None
    requests: tuple[HttpRequest, ...] | None = None
    unmetered: frozenset[ProviderName] = frozenset()  # billed as allowances with a soft bound
    tasks: tuple[Task, ...] | None = None
    runs: tuple[Run, ...] | None = None
    rides: tuple[Ride, ...] | None = None
    leases: tuple[Lease, ...] | None = None
    claims: tuple[Claim, ...] | None = None
    intents: tuple[Intent, ...] | None = None
    taken_back: tuple[TakenBack, ...] | None = None
    delivered: tuple[Delivered, ...] | None = None
    verdicts: tuple[Verdict, ...] | None = None
    edits: tuple[Edit, ...] | None = None
    take_ups: tuple[TakeUp, ...] | None = None
    queue: Queue | None = None
    tenures: tuple[Tenure, ...] | None = None
    rota: Rota | None = None
    user_sides: tuple[UserSide, ...] | None = None
    secrets: Secrets | None = None
    rest: Rest | None = None
    integrity: Integrity | None = None
