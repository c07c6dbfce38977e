"""Attention: the one list of what needs a person, each with the command that settles it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchbill.domain.questions import QuestionState
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import FAILED
from watchbill.operator.doors import Plain
from watchbill.operator.queries.look import Look
from watchbill.scheduling import health
from watchbill.state import columns, holds, ledger, questions, tasks, undoings, validations
from watchbill.state.engine import Connection

_RECENT = timedelta(hours=24)
_COMMAND_BY_STATE = {
    TaskState.REVIEW: ("review", "watchbill review show {0}"),
    TaskState.PROPOSED: ("proposed", "watchbill task accept {0}"),
    TaskState.FAILED: ("failed", "watchbill task retry {0}"),
}


def needs_you(conn: Connection, seen: Look) -> Iterator[Plain]:
    asked = questions.listing(conn, state=QuestionState.OPEN)
    for question in asked:
        why = "its task waits" if question.waits else "its task goes on by its own recommendation"
        yield _item("question", question.asked.title, why, f"watchbill question show {question.id}", task=question.task)
    waiting = {question.task for question in asked if question.waits}
    waiting |= seen.approved  # decided: it lands by itself
    for state, (of_state, command) in _COMMAND_BY_STATE.items():
        for task in seen.snapshot.tasks:
            if task.state is state and not (state is TaskState.REVIEW and task.id in waiting):
                kind = "quarantined" if task.id in seen.snapshot.quarantined else of_state
                yield _item(kind, task.title, task.note, command.format(task.id), task=task.id)
    outlook = seen.outlook
    for hold in holds.all(conn):
        is_over = hold.until is not None and hold.until <= outlook.now
        if hold.until is None or (is_over and hold.ends(auto_resume=outlook.bill.auto_resume) is None):
            first = "" if is_over else "mend what it names, then: "
            mend = f"{first}watchbill provider reset {hold.provider} -m WHY"
            yield _item("held", hold.of, hold.said, mend)
    for row in ledger.stopped(conn):
        yield _item(
            "stopped",
            f"{row.model} of {row.provider}",
            row.why,
            f"watchbill provider allow {row.provider} {row.model} -m WHY",
        )
    yield from _stranded(conn, seen)
    yield from _parted(seen)
    yield from _unshown(seen)
    yield from _broken(conn, seen)
    yield from _not_taken_back(conn, seen.outlook.now - _RECENT)
    yield from _retiring(seen)
    yield from _unreadable(conn)
    yield from _unwritten(conn)
    yield from _refused(conn, seen.outlook.now - _RECENT)


def _stranded(conn: Connection, seen: Look) -> Iterator[Plain]:
    """Who waits for a task that was taken out or taken back: unless a person acts that is for ever."""
    known = {task.id for task in seen.snapshot.tasks} | seen.snapshot.done
    for task in seen.snapshot.tasks:
        for need in task.needs if task.state is TaskState.QUEUED else ():
            lost = tasks.get(conn, need) if need not in known else None
            if lost is not None:
                why = f"it waits for {need}, which is {lost.state}: queue that again, or take the need away"
                yield _item("stranded", task.title, why, f"watchbill task retry {need}", task=task.id)


def _parted(seen: Look) -> Iterator[Plain]:
    """Work goes on without the target's news, and what is done that way only gets harder to merge."""
    for terms in seen.outlook.bill.repos:
        paths = seen.outlook.parted_repos.get(terms.name)
        if paths:
            why = f"{terms.integration} does not merge with {terms.target} in {', '.join(paths)}; work goes on without your commits"
            yield _item("parted", terms.name, why, f"git merge {terms.integration}")


def _unshown(seen: Look) -> Iterator[Plain]:
    """What landed and its owner cannot see."""
    known = {terms.name for terms in seen.outlook.bill.repos}
    for (repo, ref), why in seen.outlook.unshown.items():
        if repo in known:
            yield _item(
                "unshown",
                f"{ref.removeprefix('refs/heads/')} of {repo}",
                why,
                "watchbill events --kind landing.put_off",
            )


def _broken(conn: Connection, seen: Look) -> Iterator[Plain]:
    """What breaks a repository's line and is not ours to revert."""
    known = {terms.name for terms in seen.outlook.bill.repos}
    for found in validations.blamed(conn):
        if found.blame is not None and found.repo in known:
            mend = (
                f"git show {found.blame.commit[:12]}" if found.blame.commit else "watchbill events --kind head.broken"
            )
            yield _item("broken", found.repo, found.blame.why, mend)


def _not_taken_back(conn: Connection, since: datetime) -> Iterator[Plain]:
    """Roll-backs that people asked for of late, and that could not be done: whoever asked may not have been there then.
    Of one run the last counts: what was taken back after all is settled."""
    for one in undoings.in_states(conn, FAILED):
        recent = one.ended_at is not None and one.ended_at >= since
        if recent and not one.is_of_gates and undoings.of_run(conn, one.wish.run)[-1].id == one.id:
            yield _item("rollback", one.wish.run, one.said, f"watchbill run diff {one.wish.run}", task=one.wish.task)


def _retiring(seen: Look) -> Iterator[Plain]:
    """Models whose work has to go elsewhere soon."""
    now = seen.outlook.now
    for name, signs in seen.signs.items():
        for model, at in health.retiring(signs.retires, now):
            said = health.retirement(model, at, now)
            yield _item("retiring", f"{model} of {name}", said, f"watchbill provider models {name}")


_REFUSED = """
SELECT facts ->> 'box' AS box, facts ->> 'file' AS file, facts ->> 'why' AS why
FROM events WHERE name = 'inbox.refused' AND at_ms >= :since ORDER BY number DESC LIMIT 20
"""


def _refused(conn: Connection, since: datetime) -> Iterator[Plain]:
    """What the inbox refused of late: nobody who dropped a file looks into its folder again."""
    for row in conn.execute(_REFUSED, {"since": columns.ms(since)}):
        yield _item("refused", row["file"], row["why"], "watchbill events --kind inbox.refused")


# The last reading of each file: an older one's complaints may be mended.
_UNREADABLE = """
SELECT facts ->> 'repo' AS repo, facts ->> 'path' AS path, facts ->> 'unreadable' AS lines, name, max(number)
FROM events WHERE name IN ('queue.read', 'questions.read') GROUP BY 1, 2
"""


def _unreadable(conn: Connection) -> Iterator[Plain]:
    for row in conn.execute(_UNREADABLE):
        if row["lines"]:
            is_queue = row["name"] == "queue.read"
            why = f"{row['lines']} of its lines could not be read" + (
                ", or wait for what never comes" if is_queue else ""
            )
            mend = "watchbill task import --check" if is_queue else "watchbill events --kind questions.unreadable"
            yield _item(row["name"].removesuffix(".read"), f"{row['repo']}: {row['path']}", why, mend)


# The last writing of each queue file: what was put off until then shows in it now.
_UNWRITTEN = """
SELECT facts ->> 'repo' AS repo, facts ->> 'path' AS path, facts ->> 'why' AS why, name, max(number)
FROM events WHERE name IN ('queue.written', 'queue.write_put_off') GROUP BY 1, 2
"""


def _unwritten(conn: Connection) -> Iterator[Plain]:
    for row in conn.execute(_UNWRITTEN):
        if row["name"] == "queue.write_put_off":
            why = f"its markers cannot be written: {row['why']}"
            yield _item("queue", f"{row['repo']}: {row['path']}", why, "watchbill events --kind queue.write_put_off")


def _item(kind: str, title: str, why: str, command: str, *, task: str | None = None) -> Plain:
    return {"kind": kind, "task": task, "title": title, "why": why, "command": command}
