"""Deciding: what people do with work that waits for review and with what landed. The same with a daemon and without one.

A decision is about what was shown: it names the tree, and is refused where that is no longer what there is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from watchbill.domain.approvals import Approval
from watchbill.domain.claims import covers
from watchbill.domain.errors import GitError, IllegalMove
from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.lore import CONTINUITY
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.undoings import FAILED, Undoing, Wish
from watchbill.operator.faults import BadQuestion, NotFound, NotShown
from watchbill.operator.reading import Read
from watchbill.state import approvals, intents, questions, rides, runs, sessions, tasks, undoings
from watchbill.state.engine import Connection

if TYPE_CHECKING:  # git is asked for reviews only, and every command pays for what it imports
    from watchbill.workspace.history import Counts
    from watchbill.workspace.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a task's runs left to be decided about."""

    base: Commit
    commit: Commit
    tree: str
    changes: Sequence["Counts"]
    overtaken: tuple[str, ...] = ()  # the paths whose same lines were changed where it is to land


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person makes of the shown work: files in their new form (None: deleted), or a patch onto it."""

    files: Mapping[str, bytes | None]
    patch: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What a run put onto a branch, and what taking it back would do."""

    wish: Wish
    changes: Sequence["Counts"]
    on_target: bool  # the owner's target has it already
    riders: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Reads and writes rows, and makes commits in our own clone; nothing here lands anything."""

    submit: Read
    vcs: Callable[[RepoName], "Repository"]
    now: Callable[[], datetime]
    emit: Callable[..., None]
    lands: str = "it lands by itself"  # what comes of an approval, for people

    async def work(self, name: TaskId) -> Work | None:
        """What waits to be decided about; None where nothing was changed. Raises NotFound and IllegalMove."""
        task, base, commit = await self.submit(lambda conn: _under(conn, name))
        if base is None or commit is None or base == commit:
            return None
        vcs = self.vcs(task.repo)
        changes = await vcs.counts(base, commit)
        if not changes:
            return None
        return Work(base=base, commit=commit, tree=await vcs.tree_of(commit), changes=changes)

    async def foreseen(self, name: TaskId) -> Work | None:
        """The same, and whether it still merges with what there is now."""
        work = await self.work(name)
        if work is None:
            return None
        vcs = self.vcs(await self._repo(name))
        tips = [tip for ref in (vcs.integration_ref, vcs.target_ref) if (tip := await vcs.resolve(ref)) is not None]
        paths = {path for tip in tips for path in await vcs.collisions(tip, work.commit, work.base)}
        return replace(work, overtaken=tuple(sorted(paths)))

    async def diff(self, name: TaskId) -> str:
        work = await self.work(name)
        return "" if work is None else await self.vcs(await self._repo(name)).diff(work.base, work.commit)

    async def files(self, name: TaskId) -> Mapping[str, bytes | None]:
        """The changed files as they are after it; None where it deletes one."""
        work = await self.work(name)
        if work is None:
            return {}
        tree = await self.vcs(await self._repo(name)).read_tree(work.commit)
        there = set(tree.paths())
        return {one.path: tree.read(one.path) if one.path in there else None for one in work.changes}

    async def approve(self, name: TaskId, tree: str, *, who: str, said: str) -> Task:
        """This exact tree lands, in a run that asks no provider. Raises NotShown where it is no longer the one there is.

        A check that told what it found changes nothing: no tree was shown, and the task is done as it is.
        """
        found = await self.work(name)
        if found is None and not tree:
            return await self._settle(name, who, said)
        work = self._shown(found, name, tree)
        approval = Approval(task=name, tree=work.tree, who=who, said=said, given_at=self.now())
        task = await self.submit(lambda conn: _approve(conn, approval, self.lands))
        self.emit("task.approved", task=name, who=who, tree=work.tree, edited=False)
        return task

    async def _settle(self, name: TaskId, who: str, said: str) -> Task:
        task, run = await self.submit(lambda conn: _settle(conn, name, who, said, self.now()))
        self.emit("task.verified", task=name, run=run)
        return task

    async def reject(self, name: TaskId, *, who: str, why: str) -> Task:
        """Queued again, anew; its next run is told these words."""
        if not why.strip():
            raise BadQuestion("say what to do instead: -m WORDS; the next attempt is told them")
        task = await self.submit(lambda conn: _reject(conn, name, who, why.strip(), self.now()))
        self.emit("task.rejected", task=name, who=who, why=why.strip())
        return task

    async def amend(self, name: TaskId, tree: str, change: Change, *, who: str, said: str) -> Task:
        """The shown work with a person's changes in it is approved; the gates see it before it lands. Raises NotShown."""
        work = self._shown(await self.work(name), name, tree)
        vcs = self.vcs(await self._repo(name))
        message = f"Edited by {who} before it lands\n"
        if change.patch:
            try:
                commit = await vcs.patched(work.commit, change.patch, message)
            except GitError as error:
                said_by_git = str(error).partition("error: ")[2] or error
                raise BadQuestion(
                    f"the patch does not fit {name} ({said_by_git}); make it upon what watchbill review show {name} --diff shows"
                ) from error
        else:
            commit = await vcs.with_edits(work.commit, change.files, message)
        edited = await vcs.tree_of(commit)
        if edited == work.tree:
            raise BadQuestion(f"nothing was changed in it; watchbill review approve {name} lands it as it is")
        if not await vcs.changed_paths(work.base, commit):
            raise BadQuestion(f"nothing would be left of it; watchbill task cancel {name} drops it")
        await self._refuse_strays(name, work, await vcs.changed_paths(work.commit, commit))
        await vcs.move_ref(f"refs/watchbill/checkpoints/{name}/{commit}", commit, None)
        approval = Approval(task=name, tree=edited, who=who, said=said, edited=True, given_at=self.now())
        task = await self.submit(lambda conn: _amend(conn, approval, work.commit, commit, self.lands))
        self.emit("task.approved", task=name, who=who, tree=edited, edited=True)
        return task

    async def _refuse_strays(self, name: TaskId, work: Work, edited: Sequence[str]) -> None:
        """Files that no gate would let pass: nobody holds them for the task, and the work did not change them either."""
        task = await self.submit(lambda conn: tasks.get(conn, name))
        assert task is not None, "its work was looked at just now"
        known = {one.path for one in work.changes}
        strays = [path for path in edited if path not in known and not covers(task.reach, path)]
        if strays:
            raise BadQuestion(
                f"{', '.join(strays)} is not among the files of {name} ({', '.join(task.reach)}): "
                f"let that be another task's, or commit it yourself once this one has landed"
            )

    async def landing(self, run: RunId, *, who: str = "", why: str = "", retry: bool = False) -> Landing:
        """What taking back a run's landing would do. Raises NotFound, and IllegalMove where it landed nothing or is undone."""
        wish, riders = await self.submit(lambda conn: _wish(conn, run, who=who, why=why, retry=retry))
        vcs = self.vcs(wish.repo)
        target = await vcs.resolve(vcs.target_ref)
        parent = await vcs.resolve(f"{wish.commit}^1")
        if parent is None:
            raise GitError(f"{wish.commit} is the first commit of its history: there is nothing to go back to")
        return Landing(
            wish=wish,
            changes=await vcs.counts(parent, wish.commit),
            on_target=target is not None and await vcs.has(target, wish.commit),
            riders=riders,
        )

    async def want_back(self, run: RunId, *, who: str, why: str, retry: bool) -> Undoing:
        """Stored; whoever lands carries it out."""
        wish, _ = await self.submit(lambda conn: _wish(conn, run, who=who, why=why, retry=retry))
        return await self.submit(lambda conn: undoings.want(conn, wish, self.now()))

    async def _repo(self, name: TaskId) -> RepoName:
        task = await self.submit(lambda conn: tasks.get(conn, name))
        assert task is not None, "its work was looked at just now"
        return task.repo

    def _shown(self, work: Work | None, name: TaskId, tree: str) -> Work:
        if work is None:
            raise NotShown(f"{name} is not what was shown any more: it changes nothing now")
        if work.tree != tree:
            raise NotShown(
                f"{name} is not what was shown any more: that was tree {tree[:12]}, now it is {work.tree[:12]}"
            )
        return work


def _under(conn: Connection, name: TaskId) -> tuple[Task, Commit | None, Commit | None]:
    """The task, where its work began, and where it is."""
    task = tasks.get(conn, name)
    if task is None:
        raise NotFound(f"there is no task {name!r}", hint="watchbill review list")
    if task.state is not TaskState.REVIEW:
        raise IllegalMove(f"{name} does not wait for review: it is {task.state}")
    waits_for = questions.holding(conn, name)
    if waits_for:
        first = waits_for[0].id
        raise IllegalMove(f'{name} waits for the answer to {first}, not for review: watchbill answer {first} "…"')
    session = sessions.get(conn, name)
    base = next((run.base for run in reversed(runs.of_task(conn, name)) if run.base is not None), None)
    return task, base, None if session is None else session.checkpoint


def settles(task: Task, past: Sequence[Run]) -> bool:
    """Whether a person's word is all that is missing: a check looked and told what it found. Of a model that only says that
    it is done nobody can approve anything."""
    last = next(iter(past[-1:]), None)
    return last is not None and last.state is RunState.REVIEW and (task.type == CONTINUITY or not last.model)


def _settle(conn: Connection, name: TaskId, who: str, said: str, now: datetime) -> tuple[Task, RunId]:
    task, _, _ = _under(conn, name)
    past = runs.of_task(conn, name)
    if not settles(task, past):
        raise IllegalMove(
            f"cannot land {name}: nothing was changed. Reject it with words (watchbill review reject {name} -m WORDS) or cancel it"
        )
    note = f"nothing was changed, and it is settled by {who}{f': {said}' if said else ''}"
    return tasks.move(conn, name, TaskState.VERIFIED, now=now, note=note), past[-1].id


def _approve(conn: Connection, approval: Approval, lands: str) -> Task:
    approvals.give(conn, approval)
    return _annotated(conn, approval, lands)


def _annotated(conn: Connection, approval: Approval, lands: str) -> Task:
    what = "edited and approved" if approval.edited else "approved"
    words = f": {approval.said}" if approval.said else ""
    tasks.annotate(conn, approval.task, f"{what} by {approval.who}{words}; {lands}")
    task = tasks.get(conn, approval.task)
    assert task is not None, "it was just approved"
    return task


def _reject(conn: Connection, name: TaskId, who: str, why: str, now: datetime) -> Task:
    before, _, _ = _under(conn, name)
    session = sessions.get(conn, name)
    note = f"rejected by {who}: {why}"
    task = tasks.reopen(conn, name, now=now, note=note)
    old = session.handoff if session is not None else HandOff()
    told = replace(
        old, goal=before.title, why=f"a person looked at the result and rejected it. Do it so: {why}", done=()
    )
    sessions.begin_anew(conn, task, told, now)
    return task


def _amend(conn: Connection, approval: Approval, shown: Commit, commit: Commit, lands: str) -> Task:
    task, _, now_there = _under(conn, approval.task)
    if now_there != shown:
        raise NotShown(f"{task.id} was changed in this very moment: look at it again")
    approvals.give(conn, approval)
    session = sessions.get(conn, task.id)
    assert session is not None, "it has a checkpoint"
    handoff = replace(session.handoff, summary=f"{session.handoff.summary}\nThen {approval.who} edited it.".strip())
    sessions.begin_anew(conn, task, handoff, approval.given_at, checkpoint=commit)
    return _annotated(conn, approval, lands)


def _wish(conn: Connection, name: RunId, *, who: str, why: str, retry: bool) -> tuple[Wish, tuple[TaskId, ...]]:
    run = _run(conn, name)
    landed = intents.of_run(conn, run.id)
    if landed is None:
        raise IllegalMove(f"{run.id} landed nothing: it is {run.state}")
    known = undoings.of_run(conn, run.id)
    if known and known[-1].state not in FAILED:
        raise IllegalMove(f"{run.id} is undone already: {known[-1].id} is {known[-1].state}")
    wish = Wish(
        run=run.id,
        task=run.task,
        repo=landed.repo,
        commit=landed.commit,
        target_ref=landed.target_ref,
        delivery=landed.delivery,
        who=who or "somebody",
        why=why or "asked for by hand",
        retry=retry,
    )
    return wish, tuple(ride.task for ride in rides.of_run(conn, run.id) if ride.landed_by == run.id)


def _run(conn: Connection, name: RunId) -> Run:
    run = runs.get(conn, name)
    if run is None:
        raise NotFound(f"there is no run {name!r}", hint="watchbill run list")
    return run
