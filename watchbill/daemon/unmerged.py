"""Unmerged: a run's part in a conflict. It is warned of one to come, and settles one that nobody else could, or a person does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.domain import brief, deletions
from watchbill.domain.deletions import Deletion
from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Entry, Told
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


async def escalate(stint: Stint, met: Conflicts, why: str, *, deleted: Sequence[Deletion] | None = None) -> End:
    """A person makes one of both sides, which stand in the place of its own work, beside what the gates say of them.

    `deleted`: what was told of deletions before; else it is asked of git.
    """
    deleted = await _deletions(stint, met) if deleted is None else deleted
    await _lay_out(stint, met, Rung.REVIEW, deleted)
    stint.parts.events.emit("conflict.escalated", run=stint.run.id, task=stint.task.id, paths=met.paths)
    verdict = await stint.gate()
    marked = [path for path in met.paths if path not in {one.path for one in deleted}]
    where = [*([f"both sides stand in {', '.join(marked)}"] if marked else []), *(one.told for one in deleted)]
    return stint.review("; ".join((why, *where)), () if verdict is None else verdict.new)


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
    why = f"what it made of both its change and what landed meanwhile {what}"
    return await escalate(stint, met, why, deleted=given.deletions)


async def give_back(stint: Stint, met: Conflicts, *entries: Entry) -> None:
    """Whoever works on it is told, and makes one of both sides."""
    deleted = await _deletions(stint, met)
    await _give(stint, met, deleted, *entries, Told(text=brief.conflict(met.paths, deletions=deleted).text))


async def _give(stint: Stint, met: Conflicts, deleted: Sequence[Deletion], *entries: Entry) -> None:
    commit = await _lay_out(stint, met, Rung.PROVIDER, deleted, *entries)
    await stint.repo.vcs.move_ref(_both_sides(stint), commit, await stint.repo.vcs.resolve(_both_sides(stint)))
    stint.parts.events.emit("conflict.handed_back", run=stint.run.id, task=stint.task.id, paths=met.paths)


def _both_sides(stint: Stint) -> str:
    """The ref of the last conflict that was given to its provider, as it was given."""
    return f"refs/watchbill/conflicts/{stint.task.id}"


async def _deletions(stint: Stint, met: Conflicts) -> Sequence[Deletion]:
    """Which of the files that do not merge one side deleted, and what stands against that."""
    vcs = stint.repo.vcs
    base, landed, mine = [await vcs.read_tree(commit) for commit in (stint.base, met.onto, stint.tip)]
    there = [frozenset(tree.paths()) for tree in (base, landed, mine)]
    found = []
    for path in met.paths:
        by_landed = path not in there[1]
        if path in there[0] and by_landed is (path in there[2]):
            other = stint.tip if by_landed else met.onto
            text = base.read(path).decode(errors="replace")
            change = await vcs.diff(stint.base, other, [path])
            found.append(Deletion(path=path, by_landed=by_landed, base=text, change=change))
    return tuple(deletions.shortened(found))


async def _lay_out(stint: Stint, met: Conflicts, rung: Rung, deleted: Sequence[Deletion], *entries: Entry) -> Commit:
    """Begin anew on what landed, with both sides and the base between markers."""
    commit = await stint.repo.vcs.commit_of_tree(met.tree, met.onto, f"checkpoint of {stint.run.id}")
    session = replace(stint.session, transcript=stint.session.transcript.plus(*entries), checkpoint=commit)
    now = stint.parts.clock.now()
    tried = partial(
        conflicts.tried,
        run=stint.run,
        rung=rung,
        worked=True,
        onto=met.onto,
        paths=met.paths,
        deletions=deleted,
        now=now,
    )
    await put_upon(stint, met.onto, session, tried)
    return commit


async def put_upon(stint: Stint, onto: Commit, session: Session, also: Callable[[Connection], None]) -> None:
    """The work goes on from the session's checkpoint, which stands on `onto`. Raises LeaseLost."""
    commit = session.checkpoint
    assert commit is not None, "there is work to be put upon it"
    await stint.repo.vcs.move_ref(f"refs/watchbill/checkpoints/{stint.task.id}/{commit}", commit, None)
    now = stint.parts.clock.now()

    def record(conn: Connection) -> tuple[Run, Session]:
        run = runs.rebase(conn, stint.run, onto)
        also(conn)
        return run, sessions.save(conn, run, session, now=now)

    stint.run, stint.session = await stint.parts.database.submit(record)
    stint.base, stint.tip = onto, commit
    await stint.repo.vcs.reset_worktree(stint.run.id, commit)


async def lay_before(stint: Stint, met: Conflicts, *entries: Entry) -> None:
    """Whoever takes the work up next makes one of both sides: the hand-off says so."""
    deleted = await _deletions(stint, met)
    stint.note(replace(stint.session.handoff, next_steps=(brief.conflict(met.paths, deletions=deleted).text,)))
    await _give(stint, met, deleted, *entries)


async def hand_back(stint: Stint, met: Conflicts, *entries: Entry) -> End:
    """The conflict is the next run's to settle, on what landed."""
    await lay_before(stint, met, *entries)
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
