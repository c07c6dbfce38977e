"""How a provider's turn or stint can end. Planned ends are values; the classes are those of the limits table in docs."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from watchbill.domain.calls import Settlement
from watchbill.domain.ids import CallId
from watchbill.domain.transcript import Reply


class Scope(StrEnum):
    """What a setback concerns."""

    ACCOUNT = "account"
    MODEL = "model"
    REQUEST = "request"


class LimitWindow(StrEnum):
    """The window of the limit that a setback tells of."""

    MINUTE = "minute"
    FIVE_HOURS = "5h"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    NONE = "none"  # no limit of any window
    UNKNOWN = "unknown"  # a limit whose window is not named


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowUse:
    """How far one window of an allowance is used, as a provider says."""

    window: LimitWindow
    used: float  # 1.0: all of it
    resets_at: datetime | None
    model: str = ""  # that it is for; all models where empty

    @property
    def is_closed(self) -> bool:
        return self.used >= 1.0


class SetbackKind(StrEnum):
    THROTTLED = "throttled"  # paced; seconds to about 15 minutes
    EXHAUSTED = "exhausted"  # an allowance is used up and returns by itself
    CREDIT_EXHAUSTED = "credit_exhausted"  # money: returns when a person acts or a money period turns
    AUTH_FAILED = "auth_failed"
    OVERLOADED = "overloaded"
    NETWORK = "network"  # between us and the provider: cut, reset, garbled, timed out
    MODEL_GONE = "model_gone"
    CONTEXT_TOO_LONG = "context_too_long"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    UNUSABLE = "unusable"  # answered in full, with nothing that work can be made of
    BAD_REQUEST = "bad_request"
    OVER_BUDGET = "over_budget"  # our own cap: nothing was sent
    UNPRICED = "unpriced"  # no price, so no bound, so nothing was sent
    MODEL_STOPPED = "model_stopped"  # a call to it cost more than its bound: nothing was sent until a person looked


COUNTS_AS_ATTEMPT = frozenset(
    {
        SetbackKind.CONTEXT_TOO_LONG,
        SetbackKind.REFUSED,
        SetbackKind.TRUNCATED,
        SetbackKind.UNUSABLE,
        SetbackKind.BAD_REQUEST,
    }
)
RETRY_SAME_PROVIDER = frozenset({SetbackKind.THROTTLED, SetbackKind.OVERLOADED, SetbackKind.NETWORK})
UNWELL = frozenset({SetbackKind.OVERLOADED, SetbackKind.NETWORK})  # trouble that passes: each run finds out by itself
HOLDS_ACCOUNT = frozenset(
    {SetbackKind.THROTTLED, SetbackKind.EXHAUSTED, SetbackKind.CREDIT_EXHAUSTED, SetbackKind.AUTH_FAILED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """A turn that brought no usable reply."""

    kind: SetbackKind
    message: str  # for people: what the provider said, without secrets
    scope: Scope = Scope.ACCOUNT
    until: datetime | None = None  # the earliest time *stated* for trying again
    limit: LimitWindow = LimitWindow.NONE  # of the limit that was met, where it is one
    resting: bool = False  # nothing was sent: the account or model rests already
    window: str = ""  # OVER_BUDGET: which window it did not fit into, for instance day:2026-11-24
    wanted: int = 0  # OVER_BUDGET: what the call would have taken of it at most
    never_fits: bool = False  # OVER_BUDGET: that is more than the window has when it is untouched
    # a terminal answer of no use (cut at its maximum, refused) is billed all the same: booked just as an Answered's is
    call: CallId | None = None
    settlement: Settlement | None = None

    @property
    def counts_as_attempt(self) -> bool:
        return self.kind in COUNTS_AS_ATTEMPT

    @property
    def holds_account(self) -> bool:
        return self.kind in HOLDS_ACCOUNT and self.scope is Scope.ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer as the vendor gave it, to be given again to the identical request. `key` says which."""

    key: str
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A turn that ended well: the reply, and what it cost, to be settled in the transaction that stores the reply."""

    reply: Reply
    call: CallId
    settlement: Settlement
    kept: Kept | None = None  # stored with them
    uses: tuple[WindowUse, ...] = ()  # of the account's allowances, as the answer tells


class SavedBy(StrEnum):
    """Why a call was not made."""

    DEDUPED = "deduped"  # the identical request had been answered before
    JOINED = "joined"  # it was under way at that moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """A turn without a call: the stored answer to the identical request. Counted in the transaction that stores the reply."""

    reply: Reply
    key: str
    call: CallId  # whose answer it is
    by: SavedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class StintDone:
    """An agent (or local automation) says that it is through; the diff and the gates have the last word."""

    summary: str
    verified: bool = False  # only for checks of our own: nothing had to change and the checks say so
    next_steps: tuple[str, ...] = field(default=())
    is_work: bool = False  # somebody who was asked for a change says so: without one it is not done


@dataclass(frozen=True, slots=True, kw_only=True)
class StintStopped:
    """An agent was told to stop, and did: what it has done so far stays in its worktree."""


TurnEnd = Answered | Spared | Setback
StintEnd = StintDone | StintStopped | Setback
