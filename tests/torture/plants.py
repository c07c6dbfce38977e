"""Planted bugs, by name: what the checker has to catch. Each is a small lie in one place, installed in a forked child."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from scenario import APPROVED, Journaling, append

from watchbill.daemon import recovery, service, stacking
from watchbill.daemon.delivery import Deliverer
from watchbill.daemon.stacking import Finished, Stacker
from watchbill.daemon.stint import Stint
from watchbill.daemon.undoing import Undoer
from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.findings import Verdict
from watchbill.domain.ids import CallId, Commit, TaskId, Token
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import Task
from watchbill.domain.transcript import Entry, Reply, Transcript
from watchbill.domain.undoings import Undoing
from watchbill.domain.windows import Window, WindowKind
from watchbill.scheduling import claimed
from watchbill.state import claims, intents, ledger, rides, sessions, snapshot, verdicts
from watchbill.state.engine import Connection
from watchbill.state.storemeter import StoreMeter
from watchbill.workspace import swap
from watchbill.workspace.owner import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A bug, the invariant that it breaks, and at which points the daemon has to die for it to show ("none": at none)."""

    breaks: str
    apply: Callable[[], None]
    dies_at: str = "none"


def settle_at_half_price() -> None:
    settle = ledger.settle

    def half(conn: Connection, call: CallId, settlement: Settlement, now: datetime, **more: str) -> bool:
        return settle(conn, call, replace(settlement, cost=MicroUsd(settlement.cost // 2)), now, **more)

    ledger.settle = half


def send_before_reserving() -> None:
    """The vendor is asked first and the money held after it."""
    reserve = StoreMeter.reserve

    async def late(meter: StoreMeter, purpose: Purpose, bound: Bound) -> CallId:
        world = Journaling.latest.world
        line = {"provider": purpose.provider, "model": purpose.model, "call": None, "billed": 1, "digest": ""}
        append(world.journal, line)
        Journaling.latest.points.reach("between sending and reserving")
        return await reserve(meter, purpose, bound)

    StoreMeter.reserve = late
    Journaling.bills = False


def give_back_what_was_sent() -> None:
    """Recovery takes a call that was under way for one that was never sent."""

    def recover(conn: Connection, now: datetime) -> tuple[list[CallId], list[CallId]]:
        every = ledger._in_state(conn, "held") + ledger._in_state(conn, "sent")
        for call in every:
            ledger.release(conn, call, "the daemon died", now)
        return every, []

    ledger.recover = recover


def resend_on_recovery() -> None:
    """Recovery sends the request of a call that was under way once more, on the same row."""
    recover = recovery.recover

    async def resend(**parts: object) -> None:
        world = Journaling.latest.world
        under_way = await parts["database"].submit(lambda conn: ledger._in_state(conn, "sent"))
        for call in under_way:
            line = {"provider": "claude", "model": "m", "call": call, "billed": 0, "digest": ""}
            append(world.journal, line)
        await recover(**parts)

    service.recover = resend


def forget_the_month() -> None:
    """A call does not count in the month's window."""
    windows_of = ledger.windows_of

    def fewer(*args: object, **more: object) -> dict[Window, MicroUsd | None]:
        return {w: cap for w, cap in windows_of(*args, **more).items() if w.kind is not WindowKind.MONTH}

    ledger.windows_of = fewer


def land_without_intent() -> None:
    intents.store = lambda *_, **__: None
    intents.finish = lambda *_, **__: None


def land_twice() -> None:
    """Recovery does not ask git whether the commit is on its target: the work is done and landed again."""

    async def forget(self: Deliverer, _repo: object, _task: object, _run: object, intent: intents.Intent) -> bool:
        await self._database.submit(lambda conn: intents.finish(conn, intent, landed=False, now=self._clock.now()))
        return False

    Deliverer.conclude = forget


def bear_an_old_token() -> None:
    trailers = stacking.trailers

    def older(message: str, *, token: Token, **names: object) -> str:
        return trailers(message, token=Token(token - 1), **names)

    stacking.trailers = older


def check_no_claims() -> None:
    claimed.overlaps = lambda _one, _other: False
    claims.any_overlap = lambda _some, _others: None


def take_another_trees_verdict() -> None:
    """Landing is content with what the gates said of the run's own tree, whatever was merged into it since."""

    async def latest(self: Stacker, _repo: object, work: Finished, *_rest: object, **_more: object) -> Verdict:
        stored = await self._database.submit(lambda conn: verdicts.of_run(conn, work.run.id))
        return stored[-1]

    Stacker._verdict = latest


def ask_again_for_a_stored_answer() -> None:
    """Whoever goes on with a session drops its last answer."""
    get = sessions.get

    def shorter(conn: Connection, task: TaskId) -> Session | None:
        session = get(conn, task)
        if session is None:
            return None
        return replace(session, transcript=_without_last_reply(session.transcript))

    async def opened(stint: Stint) -> object:
        sessions.get = shorter
        try:
            return await take_up(stint)
        finally:
            sessions.get = get

    take_up = Stint.open
    Stint.open = opened


def _without_last_reply(transcript: Transcript) -> Transcript:
    replies = [place for place, entry in enumerate(transcript.entries) if isinstance(entry, Reply)]
    return replace(transcript, entries=transcript.entries[: replies[-1]]) if replies else transcript


def keep_no_checkpoint() -> None:
    """Tool results are stored without the worktree that they left behind, but for what a person will look at."""
    checkpoint = Stint.checkpoint

    async def careless(stint: Stint, *entries: Entry) -> None:
        keep = checkpoint if stint.task.id == APPROVED else Stint.remember
        await keep(stint, *entries)

    Stint.checkpoint = careless


def write_the_queue_blindly() -> None:
    def blindly(path: Path, _expected: bytes, new: bytes) -> bool:
        path.write_bytes(new)
        return True

    swap.compare_and_swap = blindly


def ignore_what_is_needed() -> None:
    load = snapshot.load

    def met(*args: object) -> object:
        seen = load(*args)
        return replace(seen, tasks=tuple(replace(task, needs=()) for task in seen.tasks))

    snapshot.load = met


def move_the_owners_branch() -> None:
    """What landed is put onto the owner's own branch as well."""
    publish = Owner.publish

    async def too_far(owner: Owner, ref: str, commit: Commit) -> None:
        await publish(owner, ref, commit)
        (owner._source / ".git" / "refs" / "heads" / "main").write_text(f"{commit}\n")

    Owner.publish = too_far


def land_riders_as_they_get_on() -> None:
    """A rider counts as landed from the begin of its lead's run."""
    board = rides.board

    def early(conn: Connection, run: Run, wanted: Sequence[Task], now: datetime) -> tuple[Task, ...]:
        aboard = board(conn, run, wanted, now)
        rides.land(conn, run, note="landed", now=now)
        return aboard

    rides.board = early


def take_back_in_rows_only() -> None:
    """The rows say that it is undone, and the branch was never moved."""

    async def only_say(self: Undoer, _repo: object, pending: Undoing, *_refs: object) -> bool:
        await self._done(pending)
        return True

    Undoer._swap = only_say


PLANTS: Mapping[str, Plant] = {
    "take_back_in_rows_only": Plant(breaks="I8", apply=take_back_in_rows_only),
    "settle_at_half_price": Plant(breaks="I2", apply=settle_at_half_price),
    "send_before_reserving": Plant(breaks="I1", apply=send_before_reserving, dies_at="between sending"),
    "give_back_what_was_sent": Plant(breaks="I2", apply=give_back_what_was_sent, dies_at="after request"),
    "resend_on_recovery": Plant(breaks="I4", apply=resend_on_recovery, dies_at="after request"),
    "forget_the_month": Plant(breaks="I3", apply=forget_the_month),
    "land_without_intent": Plant(breaks="I8", apply=land_without_intent),
    "land_twice": Plant(breaks="I8", apply=land_twice, dies_at="before COMMIT .*update intents"),
    "bear_an_old_token": Plant(breaks="I10", apply=bear_an_old_token),
    "check_no_claims": Plant(breaks="I10", apply=check_no_claims),
    "take_another_trees_verdict": Plant(breaks="I7", apply=take_another_trees_verdict),
    "ask_again_for_a_stored_answer": Plant(
        breaks="I13",
        apply=ask_again_for_a_stored_answer,
        dies_at="before request for alpha #[^1]",
    ),
    "keep_no_checkpoint": Plant(breaks="I9", apply=keep_no_checkpoint, dies_at="before request for beta"),
    "write_the_queue_blindly": Plant(breaks="I12", apply=write_the_queue_blindly),
    "ignore_what_is_needed": Plant(breaks="I11", apply=ignore_what_is_needed),
    "land_riders_as_they_get_on": Plant(
        breaks="I8", apply=land_riders_as_they_get_on, dies_at="before request for theta"
    ),
    "move_the_owners_branch": Plant(breaks="I16", apply=move_the_owners_branch),
}
