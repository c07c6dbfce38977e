"""Overrides: hours that a person gives to another provider for a while, who, until when and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import ProviderName


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Of these hours of the day one provider stands the watch alone, from `since` until `until`."""

    number: int
    provider: ProviderName
    hours: frozenset[int]  # 0 to 23, in the schedule's zone
    since: datetime
    until: datetime
    who: str
    why: str

    def binds(self, at: datetime, hour: int) -> bool:
        """`hour` is that of `at` in the schedule's zone."""
        return self.since <= at < self.until and hour in self.hours

    @property
    def said(self) -> str:
        return f"{self.provider} stands by hand until {self.until:%Y-%m-%d %H:%M} UTC ({self.who}: {self.why})"


def binding(overrides: Iterable[Override], at: datetime, hour: int) -> Override | None:
    """The one that counts then: where several bind, what was said last."""
    return max((each for each in overrides if each.binds(at, hour)), key=lambda each: each.number, default=None)
