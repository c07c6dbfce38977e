"""I7 to I9: delivery. What lands was judged, lands once, and stays."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from watchbill.domain.findings import Verdict
from watchbill.domain.ids import Commit, RunId
from watchbill.domain.invariants.evidence import Delivered, Edit, Intent, TakenBack
from watchbill.domain.invariants.report import Violation, breach
from watchbill.domain.rides import Ride
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState


def is_judged(delivered: Sequence[Delivered], verdicts: Sequence[Verdict]) -> Iterator[Violation]:
    """I7: every commit that we deliver has a gate record for that exact tree, against what it lands on, with no new finding."""
    passed = {(verdict.tree, verdict.base) for verdict in verdicts if verdict.passes}
    for commit in delivered:
        if (commit.tree, commit.base_tree) not in passed:
            yield breach(
                "I7",
                "a delivered tree was not passed by the gates",
                commit=commit.commit,
                tree=commit.tree,
                onto=commit.base_tree,
            )


def is_landed_once(
    delivered: Sequence[Delivered],
    intents: Sequence[Intent],
    runs: Sequence[Run],
    tasks: Sequence[Task],
    *,
    rides: Sequence[Ride],
    taken_back: Sequence[TakenBack],
) -> Iterator[Violation]:
    """I8: at most one commit per accepted run, each with its intent; landed ⇔ the stored commit is an ancestor of its target.

    A rider is landed by a landed run of its lead, whose commit carries both. A commit that names no run takes one back.
    """
    yield from _unintended(delivered, intents, taken_back)
    yield from _repeated(delivered)
    yield from _not_taken_back(tasks, rides, taken_back)
    on_target = {intent.run for intent in intents if intent.on_target}
    undone = {undoing.run for undoing in taken_back if undoing.done}
    landed = {run.id for run in runs if run.state is RunState.LANDED}
    ended = {run.id for run in runs if run.state is not RunState.RUNNING}
    for run in sorted(landed - on_target - undone):  # what its owner took off the branch is undone, too
        yield breach("I8", "a run is landed and its commit is not on its target", run=run)
    for run in sorted(on_target & ended - landed):
        yield breach("I8", "a commit is on its target and its run is not landed", run=run)
    lead_by_run = {run.id: run.task for run in runs if run.id in landed & on_target}
    landed_tasks = {task for run, task in lead_by_run.items() if run not in undone}
    for ride in rides:
        if ride.landed_by is not None and lead_by_run.get(ride.landed_by) == ride.lead:
            landed_tasks |= {ride.task} if ride.landed_by not in undone else set()
        elif ride.landed_by is not None:
            yield breach("I8", "a rider is landed without a landed commit of its lead", task=ride.task, lead=ride.lead)
    for task in tasks:
        if task.state is TaskState.LANDED and task.id not in landed_tasks:
            yield breach("I8", "a task is landed without a landed commit", task=task.id)


def is_kept(edits: Sequence[Edit]) -> Iterator[Violation]:
    """I9: no accepted edit is lost: what tool calls left in a file is what the durable commit has."""
    for edit in edits:
        if edit.accepted != edit.found:
            yield breach("I9", "an accepted edit is not in the commit that carries it", run=edit.run, path=edit.path)


def _not_taken_back(
    tasks: Sequence[Task], rides: Sequence[Ride], taken_back: Sequence[TakenBack]
) -> Iterator[Violation]:
    for undoing in taken_back:
        if undoing.done and not undoing.on_target:
            yield breach("I8", "a landing is undone and its revert is not on its target", run=undoing.run)
        if undoing.finished and not undoing.done and undoing.revert is not None and undoing.on_target:
            yield breach("I8", "a revert is on its target and its landing is not undone", run=undoing.run)
    undone = {undoing.run for undoing in taken_back if undoing.done}
    tasks_of = {undoing.task for undoing in taken_back if undoing.done}
    tasks_of |= {ride.task for ride in rides if ride.landed_by in undone}
    for task in tasks:
        if task.state is TaskState.REVERTED and task.id not in tasks_of:
            yield breach("I8", "a task is reverted and nothing of it was undone", task=task.id)


def _unintended(
    delivered: Sequence[Delivered], intents: Sequence[Intent], taken_back: Sequence[TakenBack]
) -> Iterator[Violation]:
    intended: set[tuple[RunId | None, Commit | None]] = {(intent.run, intent.commit) for intent in intents}
    intended |= {(None, undoing.revert) for undoing in taken_back}
    for commit in delivered:
        if (commit.run, commit.commit) not in intended:
            yield breach(
                "I8",
                "a commit on a target has no stored intent",
                commit=commit.commit,
                run=commit.run,
                target=commit.target_ref,
            )


def _repeated(delivered: Sequence[Delivered]) -> Iterator[Violation]:
    commits_by_run: defaultdict[RunId | None, set[Commit]] = defaultdict(set)
    for commit in delivered:
        commits_by_run[commit.run].add(commit.commit)
    for run, commits in commits_by_run.items():
        if run is not None and len(commits) > 1:
            yield breach("I8", "a run has more than one commit on its targets", run=run, commits=sorted(commits))
