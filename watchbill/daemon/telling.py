"""Telling people: the journal is read, what is news goes to the outbox, and from there to each target by itself.

A target that hangs or fails is a process that is killed, and a row that is tried again: nobody's work waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from watchbill.config.notifying import NotifySetup, Target
from watchbill.daemon.standing import Orders
from watchbill.daemon.timers import Timers
from watchbill.domain.ids import TaskId
from watchbill.domain.notices import HEARD, Notice, notice_of, settled_by
from watchbill.domain.ports import Clock, Events, Notifier
from watchbill.operator import messenger
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import digest
from watchbill.scheduling import telling
from watchbill.scheduling.telling import Terms
from watchbill.state import events as journal
from watchbill.state import notices, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.state.events import Event
from watchbill.state.notices import Delivery

AGAIN = timedelta(minutes=1)  # until the next look after one that failed
_ROWS = 1000  # of the journal in one transaction
_LAST = 5.0  # seconds that a message under way has at the daemon's end
_KILLED = "the daemon ended while it was being sent: whether it arrived is not known, so it is sent again"


class Teller:
    """Owns the outbox. Whatever happens elsewhere only wakes it."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        events: Events,
        orders: Orders,
        timers: Timers,
        notifier: Notifier,
        flush: Callable[[], Awaitable[None]],
        outlook: Callable[[], Outlook],
    ) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._orders = orders
        self._timers = timers
        self._notifier = notifier
        self._flush = flush  # puts what was said until now into the journal
        self._outlook = outlook
        self._woken = asyncio.Event()
        self._unaddressed: Mapping[str, str] = {}

    def hear(self, name: str, _facts: Mapping[str, object], _at: datetime) -> None:
        """A listener of the recorder's."""
        if name in HEARD:
            self.wake()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Tell what there is to tell, for ever."""
        said = ""
        while True:
            self._woken.clear()
            try:
                again = await self.look()
                said = ""
            except Exception as fault:  # noqa: BLE001 - a full disk, perhaps: what is in the journal is told later
                if said != (said := repr(fault)):
                    self._events.emit("daemon.fault", error=said, where="notices")
                self._woken.clear()  # a fault is what it hears: its own would make it look again at once, and for ever
                again = self._clock.now() + AGAIN
            if again is not None:
                self._timers.wake_at("notices", again, self.wake)
            await self._woken.wait()

    async def recover(self) -> None:
        """What was under way when the last holder was killed is sent again: at least once, and perhaps twice."""
        now = self._clock.now()
        for number, target in await self._database.submit(lambda conn: notices.take_up(conn, _KILLED, now)):
            self._events.emit("notify.put_off", notice=number, target=target, why=_KILLED, next=now)

    async def look(self) -> datetime | None:
        """Read the journal, tell what is due; when to look again, None for when something happens."""
        setup = self._setup()
        if not setup.targets:
            await self._database.submit(notices.stop)
            return None
        await self._flush()
        names = [target.name for target in setup.targets]
        await self._database.submit(lambda conn: notices.forget(conn, names, self._clock.now()))
        while await self._database.submit(lambda conn: _read(conn, setup.terms, self._clock.now())):
            pass
        await self._database.submit(lambda conn: self._release(conn, setup.terms, names))
        await asyncio.gather(*(self._deliver(target, setup.page) for target in setup.targets))
        return await self._database.submit(lambda conn: _next(conn, setup.terms, self._clock.now()))

    def _setup(self) -> NotifySetup:
        """What is in force; a reference that cannot be read any more, or again, is told once."""
        setup = self._orders.standing.notify
        for target, why in setup.missing.items():
            if self._unaddressed.get(target) != why:
                self._events.emit("notify.unaddressed", target=target, why=why)
        self._unaddressed = setup.missing
        return setup

    def _release(self, conn: Connection, terms: Terms, targets: Sequence[str]) -> None:
        """Hand what is due to the targets; what quiet hours held as one, with the digest where that is due too."""
        now = self._clock.now()
        due = notices.due(conn, now)
        held = [one for one in due if one.is_held]
        for one in due:
            if not one.is_held:
                notices.tell(conn, one.number, targets, now)
        since = notices.reading(conn, now).digested
        at = telling.digest_due(terms, since=since, now=now)
        if at is not None:
            held = notices.held(conn)
            daily = digest.digest(conn, self._outlook(), at, since=since, held=[one.notice for one in held])
            self._tell_at_once(conn, daily, targets)
            notices.digested(conn, at)
            notices.fold(conn, held, now)
        elif len(held) == 1:
            notices.tell(conn, held[0].number, targets, now)
        elif held:
            self._tell_at_once(conn, digest.together([one.notice for one in held], now), targets)
            notices.fold(conn, held, now)

    def _tell_at_once(self, conn: Connection, notice: Notice, targets: Sequence[str]) -> None:
        now = self._clock.now()
        notices.tell(conn, notices.put(conn, notice, telling.Due(at=now), now).number, targets, now)

    async def _deliver(self, target: Target, page: str) -> None:
        """Everything that is due for it, one after another, until one fails."""
        while True:
            delivery = await self._database.submit(lambda conn: notices.begin(conn, target.name, self._clock.now()))
            if delivery is None or not await self._sent(delivery, target, page):
                return

    async def _sent(self, delivery: Delivery, target: Target, page: str) -> bool:
        title, body = messenger.words(delivery.notice, page)
        sending = asyncio.create_task(self._carry(delivery, target, title, body))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:  # the daemon ends; a message that is all but out is not left in doubt
            await asyncio.wait({sending}, timeout=_LAST)
            sending.cancel()
            await asyncio.wait({sending})
            raise

    async def _carry(self, delivery: Delivery, target: Target, title: str, body: str) -> bool:
        why = await self._notifier.send(target.url.get_secret_value(), title, body)
        now = self._clock.now()
        if not why:
            await self._database.submit(lambda conn: notices.sent(conn, delivery, now))
            self._events.emit("notify.sent", notice=delivery.number, target=target.name, title=delivery.notice.title)
            return True
        again = telling.again_at(self._orders.standing.notify.terms, delivery.notice, delivery.tries, now)
        if again - delivery.told_at > telling.GIVE_UP:
            await self._database.submit(lambda conn: notices.fail(conn, delivery, why, now))
            self._events.emit("notify.failed", notice=delivery.number, target=target.name, why=why)
            return False
        await self._database.submit(lambda conn: notices.put_off(conn, delivery, why, again))
        if delivery.tries == 1:  # the tries after it are in `notify list`
            self._events.emit("notify.put_off", notice=delivery.number, target=target.name, why=why, next=again)
        return False


def _read(conn: Connection, terms: Terms, now: datetime) -> bool:
    """One part of the journal, from where reading ended; whether there may be more of it."""
    found = journal.since(conn, notices.reading(conn, now).event, limit=_ROWS)
    for event in found:
        if event.name in HEARD:
            _note(conn, event, terms, now)
    if found:
        notices.read_to(conn, found[-1].id)
    return len(found) == _ROWS


def _note(conn: Connection, event: Event, terms: Terms, now: datetime) -> None:
    if subject := settled_by(event.name, event.facts):
        notices.drop(conn, subject)
    notice = _notice(conn, event) if terms.wants(event.name) else None
    if notice is None:
        return
    waiting, told = notices.waiting(conn, notice.subject), notices.told(conn, notice.subject)
    notices.drop(conn, notice.subject)
    if not telling.is_news(notice, next(reversed([*told]), "")):
        return  # what went before was not told, and it is over
    new = notice if waiting is None else telling.merged(waiting.notice, notice)
    notices.put(conn, new, telling.due(terms, new, told, now), now)


def _notice(conn: Connection, event: Event) -> Notice | None:
    try:
        return notice_of(event.name, event.facts, event.at, _title(conn, event))
    except (KeyError, TypeError, ValueError):  # another version of ours wrote it, with other facts
        return None


def _title(conn: Connection, event: Event) -> str:
    task = tasks.get(conn, TaskId(event.facts["task"])) if event.facts.get("task") else None
    return "" if task is None else task.title


def _next(conn: Connection, terms: Terms, now: datetime) -> datetime | None:
    moments = (notices.next_moment(conn), telling.next_digest(terms, now))
    return min((moment for moment in moments if moment is not None), default=None)
