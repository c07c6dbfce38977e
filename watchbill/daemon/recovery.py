"""Recovery at start: the last stop is assumed to have been a crash. Nothing lost, nothing done twice.

In this order: calls (never sent → released; sent → unknown, charged at the bound), then intents (git says whether a commit
is on its target; a stored result is landed, never asked for again), then runs of the dead holder (rescued).
"""

from collections.abc import Collection, Mapping

from watchbill.daemon.delivery import Deliverer
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName, RunId
from watchbill.domain.ports import Clock, Events
from watchbill.state import intents, ledger, runs, tasks
from watchbill.state.database import Database
from watchbill.state.intents import Intent

WHY = "its holder died"


async def recover(
    *,
    database: Database,
    clock: Clock,
    events: Events,
    repos: Mapping[RepoName, ManagedRepo],
    deliverer: Deliverer,
) -> None:
    """Put in order what the last holder of the state folder left."""
    released, lost = await database.submit(lambda conn: ledger.recover(conn, clock.now()))
    commits = await conclude_intents(database=database, events=events, repos=repos, deliverer=deliverer)
    rescued = await _rescue(database, clock)
    await _drop_worktrees(repos)
    events.emit("daemon.recovered", runs=rescued, calls=len(released) + len(lost), commits=commits)


async def conclude_intents(
    *,
    database: Database,
    events: Events,
    repos: Mapping[RepoName, ManagedRepo],
    deliverer: Deliverer,
    but: Collection[RunId] = (),
) -> int:
    """Decide what is pending, but for runs that are at it themselves. Returns how many commits are on their targets."""
    pending = [intent for intent in await database.submit(intents.pending) if intent.run not in but]
    return sum([await _conclude(database, events, repos, deliverer, intent) for intent in pending])


async def _conclude(
    database: Database,
    events: Events,
    repos: Mapping[RepoName, ManagedRepo],
    deliverer: Deliverer,
    intent: Intent,
) -> bool:
    repo = repos.get(intent.repo)
    if repo is None:
        return False  # no longer configured: the intent waits for it
    run = await database.submit(lambda conn: runs.get(conn, intent.run))
    task = await database.submit(lambda conn: tasks.get(conn, intent.task))
    assert run is not None, "an intent's run is never deleted: a foreign key holds it"
    assert task is not None, "an intent's task is never deleted: a foreign key holds it"
    try:
        return await deliverer.conclude(repo, task, run, intent)
    except GitError as error:  # the repository cannot be read now: the intent waits, and so does its run
        events.emit("daemon.fault", error=str(error), where=f"landing of {intent.run}")
        return False


async def _rescue(database: Database, clock: Clock) -> int:
    live = await database.submit(runs.live)
    return sum(await database.submit(lambda conn: [runs.rescue(conn, run, clock.now(), WHY) for run in live]))


async def _drop_worktrees(repos: Mapping[RepoName, ManagedRepo]) -> None:
    """No run lives now, so no worktree does."""
    for repo in repos.values():
        for name in await repo.vcs.worktree_names():
            await repo.vcs.drop_worktree(name)
