"""Unmerged: a run's part in a conflict. It is warned of one to come, and settles one that nobody else could, or a person does."""

from collections.abc import Sequence
from dataclasses import replace

from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit
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
    handed = await stint.parts.database.submit(lambda conn: conflicts.handed(conn, stint.task.id))
    times = sum(one.rung is Rung.PROVIDER for one in handed)
    where = ", ".join(met.paths)
    if not stint.run.model or stint.has_next_step or not stint.repo.max_repairs:
        return stint.again(f"it does not merge with what landed meanwhile in {where}", RunState.REJECTED)
    if times < MOST_CONFLICTS:
        return met
    return await escalate(stint, met, f"what it changed and what landed meanwhile do not merge, tried {times} times")


async def escalate(stint: Stint, met: Conflicts, why: str) -> End:
    """A person makes one of both sides, which stand in the place of its own work, beside what the gates say of them."""
    await _lay_out(stint, met, Rung.REVIEW)
    stint.parts.events.emit("conflict.escalated", run=stint.run.id, task=stint.task.id, paths=met.paths)
    verdict = await stint.gate()
    return stint.review(f"{why}; both sides stand in {', '.join(met.paths)}", () if verdict is None else verdict.new)


async def refused(stint: Stint, findings: Sequence[Finding]) -> End | None:
    """What becomes of the one text that its provider made of both sides, where the gates refuse it or it keeps nothing of
    the change: a person makes it. None where no conflict was given to it."""
    vcs = stint.repo.vcs
    both = await vcs.resolve(_both_sides(stint))
    if both is None or not await vcs.is_ancestor(both, stint.tip):
        return None
    given = (await stint.parts.database.submit(lambda conn: conflicts.handed(conn, stint.task.id)))[-1]
    met = Conflicts(paths=given.paths, onto=given.onto, tree=await vcs.tree_of(both))
    what = "does not pass the checks" if findings else "keeps nothing of its change"
    return await escalate(stint, met, f"what it made of both its change and what landed meanwhile {what}")


async def give_back(stint: Stint, met: Conflicts, *entries: Entry) -> None:
    """Whoever works on it makes one of both sides."""
    commit = await _lay_out(stint, met, Rung.PROVIDER, *entries)
    await stint.repo.vcs.move_ref(_both_sides(stint), commit, await stint.repo.vcs.resolve(_both_sides(stint)))
    stint.parts.events.emit("conflict.handed_back", run=stint.run.id, task=stint.task.id, paths=met.paths)


def _both_sides(stint: Stint) -> str:
    """The ref of the last conflict that was given to its provider, as it was given."""
    return f"refs/watchbill/conflicts/{stint.task.id}"


async def _lay_out(stint: Stint, met: Conflicts, rung: Rung, *entries: Entry) -> Commit:
    """Begin anew on what landed, with both sides and the base between markers."""
    vcs = stint.repo.vcs
    commit = await vcs.commit_of_tree(met.tree, met.onto, f"checkpoint of {stint.run.id}")
    await vcs.move_ref(f"refs/watchbill/checkpoints/{stint.task.id}/{commit}", commit, None)
    session = replace(stint.session, transcript=stint.session.transcript.plus(*entries), checkpoint=commit)
    now = stint.parts.clock.now()

    def record(conn: Connection) -> tuple[Run, Session]:
        run = runs.rebase(conn, stint.run, met.onto)
        conflicts.tried(conn, stint.run, rung, worked=True, onto=met.onto, paths=met.paths, now=now)
        return run, sessions.save(conn, run, session, now=now)

    stint.run, stint.session = await stint.parts.database.submit(record)
    stint.base, stint.tip = met.onto, commit
    await vcs.reset_worktree(stint.run.id, commit)
    return commit


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
