"""Catching up: work that is taken up again goes on upon what others landed in its task's files meanwhile."""

from collections.abc import Sequence
from dataclasses import replace

from watchbill.daemon import collecting, unmerged
from watchbill.daemon.delivery import Conflicts
from watchbill.daemon.resolving import Resolver, Sides
from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.claims import covers
from watchbill.domain.ids import Commit
from watchbill.domain.reviews import ReviewState
from watchbill.domain.transcript import Reply, Transcript
from watchbill.state import batches, runs
from watchbill.state.engine import Connection


async def catch_up(stint: Stint) -> None:
    """Bring the worktree up to what landed since the work was put down, and tell whoever goes on with it.

    Nothing is done where none of its files changed, or while an answer is awaited that was asked of them as they were.
    Where the two do not merge, both sides stand there. Raises LeaseLost, and GitError.
    """
    if await _is_awaited(stint):
        return
    since, newest = await _span(stint)
    paths = await _overtaken(stint, since, newest)
    if not paths:
        return
    if stint.session.checkpoint is None or await _put_upon(stint, newest):
        handoff = stint.session.handoff
        steps = dict.fromkeys((brief.overtaken(paths), *handoff.next_steps))
        stint.note(replace(handoff, next_steps=tuple(steps)))
    if not any(isinstance(entry, Reply) for entry in stint.session.transcript.entries):
        stint.session = replace(stint.session, transcript=Transcript())  # its brief shows the files as they were
    stint.parts.events.emit(
        "session.caught_up", session=stint.session.id, task=stint.task.id, run=stint.run.id, paths=paths
    )


async def _is_awaited(stint: Stint) -> bool:
    """Whether a tool's result, a review, or a batch's answer is still to come."""
    session, task = stint.session, stint.task.id
    if session.transcript.open_calls or (session.review and session.review.state is not ReviewState.CHANGES):
        return True
    digest = collecting.digest_of(session.transcript)
    return await stint.parts.database.submit(lambda conn: batches.of_transcript(conn, task, digest)) is not None


async def _span(stint: Stint) -> tuple[Commit, Commit]:
    """Where the work began that is taken up, and what there is now: without a checkpoint the run begins there already."""
    if stint.session.checkpoint is not None:
        return stint.base, await stint.repo.start_point()
    return await stint.parts.database.submit(lambda conn: _began(conn, stint)), stint.base


def _began(conn: Connection, stint: Stint) -> Commit:
    """The base of the task's run before this one."""
    before = [run for run in runs.of_task(conn, stint.task.id) if run.id != stint.run.id]
    return next((run.base for run in reversed(before) if run.base is not None), stint.base)


async def _overtaken(stint: Stint, since: Commit, newest: Commit) -> Sequence[str]:
    if since == newest or not (stint.session.transcript.entries or stint.session.checkpoint):
        return ()
    return [path for path in await stint.repo.vcs.changed_paths(since, newest) if covers(stint.task.reach, path)]


async def _put_upon(stint: Stint, newest: Commit) -> bool:
    """What was done so far, upon the newest state. False where it does not merge: then both sides stand there, and the hand-off says so."""
    parts, sides = stint.parts, Sides(onto=newest, commit=stint.tip, base=stint.base)
    resolver = Resolver(database=parts.database, clock=parts.clock, events=parts.events)
    merged = await resolver.merge(stint.repo, stint.run, sides, f"checkpoint of {stint.run.id}")
    if merged.commit is None:
        await unmerged.lay_before(stint, Conflicts(paths=merged.conflicts, onto=newest, tree=merged.tree))
        return False
    await unmerged.put_upon(stint, newest, replace(stint.session, checkpoint=merged.commit), lambda _conn: None)
    return True
