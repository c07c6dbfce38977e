"""Notifying between its keys: what each key alone cannot show, and the plain values that they become."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from watchbill.config.keys import KeyMissing
from watchbill.config.lines import Path
from watchbill.config.notify import Notify, parse_clock, parse_hours
from watchbill.config.problems import did_you_mean
from watchbill.config.settings import Settings
from watchbill.domain.notices import TOLD
from watchbill.scheduling.telling import Terms

Complaint = tuple[Path, str, str]  # where, what is wrong, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address. Its name is where it stands: the reference, with the line's number where there are several."""

    name: str
    url: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySetup:
    terms: Terms
    targets: tuple[Target, ...]
    missing: Mapping[str, str] = field(default_factory=dict)  # references without an address, and why
    page: str = ""  # where links lead to

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(target.url.get_secret_value() for target in self.targets)


def checks(notify: Notify) -> Iterator[Complaint]:
    """A pattern that matches nothing would stay silent for ever, and so would a target that is there twice be told twice."""
    for field_ in ("events", "urgent"):
        for place, pattern in enumerate(getattr(notify, field_)):
            if not any(fnmatchcase(name, pattern) for name in TOLD):
                guess = did_you_mean(pattern, TOLD) or f"Known: {', '.join(sorted(TOLD))}."
                yield ("notify", field_, place), "matches nothing that people are told of", guess
    for place, target in enumerate(notify.targets):
        if target in notify.targets[:place]:
            yield ("notify", "targets", place), "is there twice", ""


def setup_of(settings: Settings, environ: Mapping[str, str]) -> NotifySetup:
    """Who is told what, with the addresses that could be read."""
    notify = settings.notify
    read = {str(ref): ref.read_lines(environ) for ref in notify.targets}
    return NotifySetup(
        terms=_terms(notify, settings.daemon.zone),
        targets=tuple(
            Target(name=name if len(urls) == 1 else f"{name}#{line}", url=url)
            for name, urls in read.items()
            if not isinstance(urls, KeyMissing)
            for line, url in enumerate(urls, 1)
        ),
        missing={name: urls.why for name, urls in read.items() if isinstance(urls, KeyMissing)},
        page=(notify.page or (settings.web.listen and f"http://{settings.web.listen}") or "").rstrip("/"),
    )


def _terms(notify: Notify, zone: ZoneInfo) -> Terms:
    return Terms(
        events=notify.events,
        urgent=notify.urgent,
        quiet=parse_hours(notify.quiet_hours) if notify.quiet_hours else None,
        digest=parse_clock(notify.digest) if notify.digest else None,
        zone=zone,
    )
