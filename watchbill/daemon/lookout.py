"""The lookout: what a repository shows of its owner and of what tasks wait for, written down for whoever plans."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from watchbill.daemon.queues import places
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.claims import absent
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.ports import Clock
from watchbill.domain.tasks import Task, TaskState
from watchbill.state import sightings, tasks
from watchbill.state.database import Database
from watchbill.state.sightings import Sighting


class Lookout:
    """Looks where something is queued; elsewhere only whose files a repository has is known."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._last_by_repo: dict[RepoName, Sighting] = {}

    async def look(self, repo: ManagedRepo) -> None:
        """Store what is to be seen now, where it differs from what was. Raises GitError when the repository is gone."""
        open_tasks = await self._database.submit(lambda conn: tasks.open_tasks(conn, repo.name))
        queued = [task for task in open_tasks if task.state is TaskState.QUEUED]
        seen = Sighting(
            repo=repo.name,
            ground=await repo.vcs.ground(),
            editing=await self._editing(repo, queued),
            absent=await self._absent(repo, [task for task in queued if task.artefacts]),
        )
        if self._last_by_repo.get(repo.name) != seen:
            await self._database.submit(lambda conn: sightings.put(conn, seen))
            self._last_by_repo[repo.name] = seen

    async def _editing(self, repo: ManagedRepo, queued: Sequence[Task]) -> Mapping[str, datetime]:
        """Files that queued tasks would write and a person has under their hands, and until when that counts."""
        patterns = {pattern for task in queued for pattern in task.reach}
        if not patterns:
            return {}
        queues = (path.relative_to(repo.path).as_posix() for path in places(repo))
        ours = {repo.questions, *([repo.handoff.path] if repo.handoff else []), *queues}
        ages = await repo.vcs.edited(patterns, within=repo.human_editing, but=ours)
        now = self._clock.now().replace(microsecond=0)
        return {path: now + repo.human_editing - age for path, age in ages.items()}

    async def _absent(self, repo: ManagedRepo, waiting: Sequence[Task]) -> Mapping[TaskId, tuple[str, ...]]:
        """What tasks need to exist where their work would begin, and does not."""
        if not waiting:
            return {}
        paths = (await repo.vcs.read_tree(await repo.start_point())).paths()
        missing = {task.id: absent(task.artefacts, paths) for task in waiting}
        return {task: patterns for task, patterns in missing.items() if patterns}
