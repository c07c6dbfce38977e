"""The recorder: every event goes to the log at once, and to the store with the next transaction."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Protocol, TextIO

from watchbill.domain import sound
from watchbill.domain.errors import StateError
from watchbill.domain.events import EVENT_BY_NAME
from watchbill.domain.ports import Clock
from watchbill.state import events
from watchbill.state.database import Database

_AT_ONCE = 500  # events in one transaction, so that many let others in between
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_WORDS = {number: word for word, number in _LEVELS.items()}


class Log(Protocol):
    def log(self, level: int, event: str, /, **facts: object) -> object: ...


class Recorder:
    """Implements the Events port. An unregistered name or a missing field is a bug of ours and raises at once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        log: Log,
        secrets: AbstractSet[str] = frozenset(),
    ) -> None:
        self._scrubber = Scrubber(secrets)
        self._database = database
        self._clock = clock
        self._log = log
        self.listeners: list[Callable[[str, Mapping[str, object], datetime], None]] = []
        self._unwritten: list[tuple[str, Mapping[str, object], datetime]] = []
        self.news = asyncio.Event()  # something happened since it was cleared
        self.written = asyncio.Event()  # set, and replaced, with each batch that the store has

    def emit(self, name: str, **facts: object) -> None:
        spec = EVENT_BY_NAME[name]
        missing = [field for field in spec.fields if field not in facts]
        if missing:
            raise KeyError(f"event {name} lacks {', '.join(missing)}")
        self._log.log(_LEVELS[spec.level], name, **facts)
        now = self._clock.now()
        self._unwritten.append((name, {key: self._scrub(value) for key, value in facts.items()}, now))
        self.news.set()
        for listen in self.listeners:
            listen(name, facts, now)

    def _scrub(self, fact: object) -> object:
        return self._scrubber.clean(sound.text(fact)) if isinstance(fact, str) else sound.value(fact)

    async def flush(self) -> None:
        """Write what was emitted since the last flush. Raises StateError, and keeps it for the next one."""
        while self._unwritten:
            await self._write(self._unwritten[:_AT_ONCE])

    async def _write(self, batch: Sequence[tuple[str, Mapping[str, object], datetime]]) -> None:
        del self._unwritten[: len(batch)]
        try:
            await self._database.submit(
                lambda conn: [events.append(conn, name, facts, moment) for name, facts, moment in batch], aside=True
            )
        except StateError:
            self._unwritten = [*batch, *self._unwritten]
            raise
        written, self.written = self.written, asyncio.Event()
        written.set()


def make_log(
    *, secrets: AbstractSet[str], level: str = "info", as_json: bool | None = None, stream: TextIO | None = None
) -> Log:
    """A logger for people on a terminal and JSON lines elsewhere. No secret value leaves it, not even in a traceback.

    `secrets` is looked at anew for every line: a reload adds to it.
    """
    out = stream or sys.stderr
    on_terminal = out.isatty() if as_json is None else not as_json
    scrubber = Scrubber(secrets)
    return _for_people(out, level, scrubber) if on_terminal else _Lines(out, _LEVELS[level], scrubber)


def _for_people(out: TextIO, level: str, scrubber: "Scrubber") -> Log:
    import structlog  # noqa: PLC0415 - rich and Pygments come with it: 5 MB, which a service would hold for nothing

    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(out),
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
            lambda _log, _method, line: scrubber.clean(str(line)),
        ],
    )
    return log


class _Lines:
    """A JSON object a line."""

    def __init__(self, out: TextIO, least: int, scrubber: "Scrubber") -> None:
        self._out = out
        self._least = least
        self._scrubber = scrubber

    def log(self, level: int, event: str, /, **facts: object) -> None:
        if level < self._least:
            return
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        said = {**facts, "event": event, "level": _WORDS[level], "ts": moment}
        self._out.write(self._scrubber.clean(json.dumps(said, default=str)) + "\n")
        self._out.flush()


class Scrubber:
    """Looks at the rendered line: whatever a library put there, the secret's own characters do not pass."""

    def __init__(self, secrets: AbstractSet[str]) -> None:
        self._secrets = secrets

    def clean(self, text: str) -> str:
        for secret in sorted(filter(None, self._secrets), key=len, reverse=True):
            for form in (secret, json.dumps(secret)[1:-1]):  # as it is, and as JSON has quotes, backslashes and accents
                text = text.replace(form, "[secret]")
        return text
