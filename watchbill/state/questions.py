"""Questions in the store: asked once within a session, settled once, and what the questions file shows of each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from watchbill.domain.ids import ProviderName, QuestionId, RepoName, SessionId, TaskId
from watchbill.domain.questions import AlreadySettled, Asked, Question, QuestionState, Shown
from watchbill.domain.runs import Run
from watchbill.domain.tasks import TaskState
from watchbill.state import columns, leases, tasks
from watchbill.state.engine import Connection, Row

_ASK = """
INSERT INTO questions (number, task, repo, session, run, provider, digest, title, issue, options, recommendation, waits,
                       asked_ms)
SELECT 1 + max(coalesce((SELECT max(number) FROM questions), 0), :above), :task, :repo, :session, :run, :provider, :digest,
       :title, :issue, :options, :recommendation, :waits, :now
WHERE true ON CONFLICT (session, digest) DO NOTHING
"""


def ask(
    conn: Connection, run: Run, asked: Iterable[Asked], *, waits: bool, above: int, now: datetime
) -> tuple[Question, ...]:
    """The questions as they stand, those that were not asked before in this session now written down.

    A new one's number is higher than every other and than `above`. Raises LeaseLost when the run does not hold its task.
    """
    leases.check(conn, run)
    return tuple(_ask(conn, run, one, waits=waits, above=above, now=now) for one in asked)


def _ask(conn: Connection, run: Run, asked: Asked, *, waits: bool, above: int, now: datetime) -> Question:
    conn.execute(
        _ASK,
        {
            "above": above,
            "task": run.task,
            "repo": run.repo,
            "session": run.session,
            "run": run.id,
            "provider": run.provider,
            "digest": asked.digest,
            "title": asked.title,
            "issue": asked.issue,
            "options": columns.array(asked.options),
            "recommendation": asked.recommendation,
            "waits": waits,
            "now": columns.ms(now),
        },
    )
    (found,) = known(conn, run.session, [asked])
    return found


_KNOWN = "SELECT * FROM questions WHERE session = :session AND digest = :digest"


def known(conn: Connection, session: SessionId, asked: Iterable[Asked]) -> tuple[Question, ...]:
    """Those of them that were asked in this session before."""
    rows = (conn.execute(_KNOWN, {"session": session, "digest": one.digest}).fetchone() for one in asked)
    return tuple(_question(row) for row in rows if row is not None)


_GET = "SELECT * FROM questions WHERE id = :id"


def get(conn: Connection, id_: QuestionId) -> Question | None:
    row = conn.execute(_GET, {"id": id_}).fetchone()
    return None if row is None else _question(row)


_LISTING = """
SELECT * FROM questions WHERE (:task IS NULL OR task = :task) AND (:repo IS NULL OR repo = :repo)
  AND (:state IS NULL OR state = :state)
ORDER BY number
"""


def listing(
    conn: Connection, *, task: TaskId | None = None, repo: RepoName | None = None, state: QuestionState | None = None
) -> list[Question]:
    """The oldest first."""
    return [_question(row) for row in conn.execute(_LISTING, {"task": task, "repo": repo, "state": state})]


_UNSETTLED = "SELECT EXISTS (SELECT 1 FROM questions WHERE repo = :repo AND (state = 'open' OR shown <> 'resolved'))"


def concern(conn: Connection, repo: RepoName) -> list[Question]:
    """All of a repository's, when its file has to be looked at; none when nothing in it can matter."""
    return listing(conn, repo=repo) if conn.execute(_UNSETTLED, {"repo": repo}).fetchone()[0] else []


_SETTLE = """
UPDATE questions SET state = :state, answer = :answer, how = :how, settled_ms = :now
WHERE id = :id AND state = 'open' RETURNING *
"""


def answer(conn: Connection, id_: QuestionId, said: str, *, how: str, now: datetime) -> Question:
    """Settle it. The task that waited for it goes back into the queue. Raises AlreadySettled."""
    return _settle(conn, id_, QuestionState.ANSWERED, said, how=how, now=now)


def withdraw(conn: Connection, id_: QuestionId, *, how: str, now: datetime) -> Question:
    """It is asked no more. A task that waited for it stays in review, saying why. Raises AlreadySettled."""
    return _settle(conn, id_, QuestionState.WITHDRAWN, "", how=how, now=now)


def _settle(conn: Connection, id_: QuestionId, state: QuestionState, said: str, *, how: str, now: datetime) -> Question:
    facts = {"id": id_, "state": state, "answer": said, "how": how, "now": columns.ms(now)}
    row = conn.execute(_SETTLE, facts).fetchone()
    if row is None:
        before = get(conn, id_)
        standing = f"it is {before.state}, {before.how}" if before else "there is none of that id"
        raise AlreadySettled(f"cannot settle {id_}: {standing}")
    settled = _question(row)
    task = tasks.get(conn, settled.task)
    if settled.waits and task is not None and task.state is TaskState.REVIEW and not holding(conn, task.id):
        if state is QuestionState.ANSWERED:
            tasks.move(conn, task.id, TaskState.QUEUED, now=now, note=f"{id_} was {how}")
        else:
            tasks.annotate(conn, task.id, f"{id_}, for which it waited, {how}; go on without: watchbill task retry")
    return settled


def holding(conn: Connection, task_id: TaskId) -> list[Question]:
    """The questions that a task waits for."""
    return [question for question in listing(conn, task=task_id, state=QuestionState.OPEN) if question.waits]


_SHOW = "UPDATE questions SET shown = :shown WHERE id = :id"


def mark_shown(conn: Connection, questions: Sequence[Question]) -> None:
    """The file shows them as they stand."""
    for question in questions:
        shown = Shown.OPEN if question.state is QuestionState.OPEN else Shown.RESOLVED
        conn.execute(_SHOW, {"id": question.id, "shown": shown})


def _question(row: Row) -> Question:
    return Question(
        id=QuestionId(row["id"]),
        task=TaskId(row["task"]),
        repo=RepoName(row["repo"]),
        session=SessionId(row["session"]),
        provider=ProviderName(row["provider"]),
        asked=Asked(
            title=row["title"],
            issue=row["issue"],
            options=columns.strings(row["options"]),
            recommendation=row["recommendation"],
        ),
        waits=bool(row["waits"]),
        state=QuestionState(row["state"]),
        asked_at=columns.moment(row["asked_ms"]),
        answer=row["answer"],
        how=row["how"],
        settled_at=columns.moment_or_none(row["settled_ms"]),
        shown=Shown(row["shown"]),
    )
