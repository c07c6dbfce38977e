"""Reviews as answers: everything that a person needs to decide, and what deciding does."""

from collections.abc import Iterator, Mapping, Sequence

from watchbill.domain.findings import FOR_A_HUMAN, Severity, Verdict
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.questions import QuestionState
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Autonomy, Delivery, Task, TaskState, origin_of
from watchbill.domain.windows import Window, WindowKind
from watchbill.operator import plain
from watchbill.operator.deciding import Landing, Work, settles
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import conflicts
from watchbill.operator.queries import tasks as task_answers
from watchbill.scheduling.bill import RepoTerms
from watchbill.state import approvals, ledger, questions, rides, runs, sessions, tasks, verdicts
from watchbill.state.engine import Connection


def waiting(conn: Connection) -> list[TaskId]:
    """Those that a person decides about, in the order of their queues; not those that wait for an answer."""
    asked = questions.listing(conn, state=QuestionState.OPEN)
    answers = {question.task for question in asked if question.waits}
    return [task.id for task in tasks.in_state(conn, TaskState.REVIEW) if task.id not in answers]


def line(conn: Connection, outlook: Outlook, name: TaskId, work: Work | None) -> Plain:
    """One review in a list."""
    task = task_answers.get(conn, name)
    past = runs.of_task(conn, name)
    verdict = _verdict(conn, past, work)
    spent, _ = ledger.used(conn, Window(WindowKind.TASK, name))
    is_approved = any(one.task == name for one in approvals.given(conn))
    return {
        "task": task.id,
        "repo": task.repo,
        "type": task.type,
        "title": task.title,
        "state": "approved" if is_approved else task.state,
        "asked_by": _asked_by(task, verdict, _terms(outlook, task), has_work=work is not None),
        "why": task.note,
        "tree": None if work is None else work.tree,
        "files": 0 if work is None else len(work.changes),
        "added": 0 if work is None else sum(one.added or 0 for one in work.changes),
        "removed": 0 if work is None else sum(one.removed or 0 for one in work.changes),
        "attempts": len(past),
        **plain.money("cost", spent),
    }


def card(conn: Connection, outlook: Outlook, name: TaskId, work: Work | None) -> Plain:
    """One review whole."""
    task = task_answers.get(conn, name)
    past = runs.of_task(conn, name)
    verdict = _verdict(conn, past, work)
    session = sessions.get(conn, name)
    riders = rides.aboard(conn, name, outlook.now)
    changes = [] if work is None else work.changes
    return {
        "generated_at": plain.stamp(outlook.now),
        **line(conn, outlook, name, work),
        "base": None if work is None else work.base,
        "commit": None if work is None else work.commit,
        "changes": [{"path": one.path, "added": one.added, "removed": one.removed} for one in changes],
        "verdict": None if verdict is None else plain.verdict(verdict),
        "conflicts": [each for run in past for each in conflicts.of_run(conn, run.id)],
        "from": {
            "source": origin_of(task),
            "requirements": task.requirements,
            "success": task.success,
            "runs": [_run(conn, run) for run in past],
            "summary": "" if session is None else session.handoff.summary,
            "decisions": [] if session is None else list(session.handoff.decisions),
            "findings": [] if session is None else list(session.handoff.findings),
            "riders": [{"task": rider.id, "title": rider.title} for rider in riders],
        },
        "settles": work is None and settles(task, past),
        "approving": list(_approving(task, past, _terms(outlook, task), work, verdict)),
    }


def rollback(conn: Connection, found: Landing, terms: RepoTerms | None) -> Plain:
    """What taking back a landing does."""
    wish = found.wish
    task = tasks.get(conn, wish.task)
    since = _built_on(conn, found)
    return {
        "run": wish.run,
        "task": wish.task,
        "title": "" if task is None else task.title,
        "commit": wish.commit,
        "target": wish.target_ref.removeprefix("refs/heads/"),
        "delivery": wish.delivery,
        "retry": wish.retry,
        "tasks": [wish.task, *found.riders],
        "changes": [{"path": one.path, "added": one.added, "removed": one.removed} for one in found.changes],
        "needed_by": since,
        "effect": list(_effect(found, terms, since)),
    }


def _built_on(conn: Connection, found: Landing) -> list[TaskId]:
    """Tasks that needed it and are done."""
    gone = {found.wish.task, *found.riders}
    return [task.id for task in tasks.all_tasks(conn) if task.state is TaskState.LANDED and gone & set(task.needs)]


def _effect(found: Landing, terms: RepoTerms | None, since: Sequence[TaskId]) -> Iterator[str]:
    wish = found.wish
    files = _files(len(found.changes))
    target = terms.target if terms is not None else "the target"
    if wish.delivery is Delivery.PATCH:
        yield "puts nothing onto any branch: it was a patch; where you applied it, git apply -R takes it back"
    else:
        yield f"adds a commit to {wish.target_ref.removeprefix('refs/heads/')} that takes back {wish.commit[:10]} ({files}), if the gates pass without it"
        if found.on_target and wish.delivery is not Delivery.LAND:
            yield f"{target} has it already: it is gone from there when you merge that branch again"
    word = "queued again and told why" if wish.retry else "reverted, and not tried again"
    yield f"{', '.join((wish.task, *found.riders))}: {word}"
    if since:
        yield f"{', '.join(since)} needed it and stays"


def _terms(outlook: Outlook, task: Task) -> RepoTerms | None:
    return next((terms for terms in outlook.bill.repos if terms.name == task.repo), None)


def _verdict(conn: Connection, past: Sequence[Run], work: Work | None) -> Verdict | None:
    """What the gates said of just this tree, else what they said last."""
    every = [verdict for run in past for verdict in verdicts.of_run(conn, run.id)]
    of_tree = [verdict for verdict in every if work is not None and verdict.tree == work.tree]
    known = of_tree or every
    return known[-1] if known else None


def _asked_by(task: Task, verdict: Verdict | None, terms: RepoTerms | None, *, has_work: bool) -> Mapping[str, str]:
    """Who wants a person to look: the autonomy, a path or command that is for people, or the work itself."""
    blocking = [one for one in (verdict.new if verdict else ()) if one.severity is Severity.ERROR]
    kept = [one for one in blocking if one.rule in FOR_A_HUMAN]
    if kept:
        first = kept[0]
        return {"kind": first.rule, "what": first.path or first.gate}
    autonomy = task.autonomy or (terms.autonomy if terms else None)
    if autonomy is Autonomy.LOW and has_work and not blocking:
        return {"kind": "autonomy", "what": "LOW"}
    return {"kind": "escalation", "what": task.note.partition("\n")[0]}


def _run(conn: Connection, run: Run) -> Plain:
    spent, _ = ledger.used(conn, Window(WindowKind.RUN, RunId(run.id)))
    return {
        "id": run.id,
        "provider": run.provider,
        "model": run.model,
        "state": run.state,
        "reason": run.reason,
        **plain.money("cost", spent),
    }


def _approving(
    task: Task, past: Sequence[Run], terms: RepoTerms | None, work: Work | None, verdict: Verdict | None
) -> Iterator[str]:
    """What approving does, line by line."""
    if work is None:
        if settles(task, past):
            yield "counts the check as done: nothing lands, and what comes after it may go on"
        else:
            yield "nothing: nothing was changed. Reject it with words, or cancel it"
        return
    if terms is None:
        yield f"nothing while {task.repo} is not in the configuration"
        return
    yield f"{_lands(task, terms)}: {_files(len(work.changes))}, one commit"
    yield "the gates look again at the exact tree; no provider is asked and nothing is paid"
    if work.overtaken:
        yield (
            f"the same lines of {', '.join(work.overtaken)} were changed meanwhile where it lands: what no finer merge settles "
            "comes back to you with both sides, and nothing lands"
        )
    waived = [one for one in (verdict.new if verdict else ()) if one.rule in FOR_A_HUMAN]
    for one in waived:
        yield f"waives {one.rule} of {one.path or one.gate}"
    rest = [one for one in (verdict.new if verdict else ()) if one.severity is Severity.ERROR and one not in waived]
    if rest:
        those = (
            "1 finding that no approval waives keeps"
            if len(rest) == 1
            else f"{len(rest)} findings that no approval waives keep"
        )
        yield f"{those} it from landing: edit it, or reject it"


def _lands(task: Task, terms: RepoTerms) -> str:
    match terms.delivery_of(task.delivery):
        case Delivery.INTEGRATION:
            return f"lands on {terms.integration}; {terms.target} is touched when you promote or merge that"
        case Delivery.LAND:
            return f"lands on {terms.target} itself"
        case Delivery.BRANCH:
            return f"makes the branch watchbill/{task.id}, for you to merge"
        case Delivery.PATCH:
            return f"writes {task.id}.patch into the state folder, for you to apply"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
