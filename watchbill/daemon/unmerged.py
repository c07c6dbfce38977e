"""Unmerged: a run's part in a conflict. It is warned of one to come, and settles one that nobody else could, or a person does."""

from dataclasses import replace

from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Entry
from watchbill.state import conflicts, runs, sessions
from watchbill.state.conflicts import Rung
from watchbill.state.engine import Connection

MOST_CONFLICTS = 2  # how often the providers of a task are given a conflict; then a person looks


async def land(stint: Stint) -> Landed | End | Conflicts:
    """Deliver what passed. Conflicts that its own provider is to settle come back: see give_back() and hand_back()."""
    ended = await stint.land()
    return await _next_rung(stint, ended) if isinstance(ended, Conflicts) else ended


async def _next_rung(stint: Stint, met: Conflicts) -> End | Conflicts:
    """The ladder's upper steps: its own provider, where that can resolve anything, a few times; then a person."""
    times = await stint.parts.database.submit(lambda conn: conflicts.times_asked(conn, stint.task.id))
    where = ", ".join(met.paths)
    if not stint.run.model or stint.has_next_step or not stint.repo.max_repairs:
        return stint.again(f"it does not merge with what landed meanwhile in {where}", RunState.REJECTED)
    if times < MOST_CONFLICTS:
        return met
    await stint.parts.database.submit(lambda conn: _tried(conn, stint, met, Rung.REVIEW))
    stint.parts.events.emit("conflict.escalated", run=stint.run.id, task=stint.task.id, paths=met.paths)
    return stint.review(f"what it changed in {where} and what landed meanwhile do not merge, tried {times} times")


async def give_back(stint: Stint, met: Conflicts, *entries: Entry) -> None:
    """Begin anew on what landed, with both sides and the base between markers: whoever works on it makes one of them."""
    vcs = stint.repo.vcs
    commit = await vcs.commit_of_tree(met.tree, met.onto, f"checkpoint of {stint.run.id}")
    await vcs.move_ref(f"refs/watchbill/checkpoints/{stint.task.id}/{commit}", commit, None)
    session = replace(stint.session, transcript=stint.session.transcript.plus(*entries), checkpoint=commit)
    now = stint.parts.clock.now()

    def record(conn: Connection) -> tuple[Run, Session]:
        run = runs.rebase(conn, stint.run, met.onto)
        _tried(conn, stint, met, Rung.PROVIDER)
        return run, sessions.save(conn, run, session, now=now)

    stint.run, stint.session = await stint.parts.database.submit(record)
    stint.base, stint.tip = met.onto, commit
    await vcs.reset_worktree(stint.run.id, commit)
    stint.parts.events.emit("conflict.handed_back", run=stint.run.id, task=stint.task.id, paths=met.paths)


async def hand_back(stint: Stint, met: Conflicts, *entries: Entry) -> End:
    """The conflict is the next run's to settle, on what landed."""
    await give_back(stint, met, *entries)
    stint.note(replace(stint.session.handoff, next_steps=(brief.conflict(met.paths).text,)))
    why = f"it does not merge with what landed meanwhile in {', '.join(met.paths)}: both sides stand there now"
    return End(state=RunState.HANDED_OFF, task_state=TaskState.QUEUED, why=why)


class Warnings:
    """What a run would not merge with as things stand, for its model; each is told once."""

    def __init__(self, stint: Stint) -> None:
        self._stint = stint
        self._told: set[tuple[str, tuple[str, ...]]] = set()

    async def news(self) -> str:
        """ "" when all was told."""
        stint = self._stint
        seen = await stint.parts.database.submit(conflicts.predicted)
        news = [one for one in seen if one.run == stint.run.id and (one.other, one.paths) not in self._told]
        self._told |= {(one.other, one.paths) for one in news}
        diffs = [await stint.repo.vcs.diff(stint.base, one.commit, one.paths) for one in news]
        told = (brief.collision(one.other, one.paths, diff) for one, diff in zip(news, diffs, strict=True))
        return "\n".join(one.text for one in told)


def _tried(conn: Connection, stint: Stint, met: Conflicts, rung: Rung) -> None:
    now = stint.parts.clock.now()
    conflicts.tried(conn, stint.run, rung, worked=True, onto=met.onto, paths=met.paths, now=now)
