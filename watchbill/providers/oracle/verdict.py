"""A verdict: what a signal means for the account, the model, the request and the task."""

from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.outcomes import COUNTS_AS_ATTEMPT, RETRY_SAME_PROVIDER, LimitWindow, Scope, SetbackKind

SUCCESS = "Success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    kind: SetbackKind | None  # None: a finished answer
    scope: Scope
    window: LimitWindow
    resets_at: datetime | None  # the earliest time stated for trying again, before any grace
    account: str = ""  # as the signal names it
    model: str = ""  # as the signal names it
    rule: str  # which evidence decided
    message: str = ""  # what it says to people, in one line

    @property
    def word(self) -> str:
        """The class as docs/limits.md writes it."""
        return SUCCESS if self.kind is None else word_of(self.kind)

    @property
    def retry_same_provider(self) -> bool:
        return self.kind in RETRY_SAME_PROVIDER

    @property
    def counts_as_attempt(self) -> bool:
        return self.kind is None or self.kind in COUNTS_AS_ATTEMPT


def word_of(kind: SetbackKind) -> str:
    return "".join(part.capitalize() for part in kind.value.split("_"))
