"""Tasks in the store: kept as given, moved by the table only."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from store_makers import CLAUDE, COMMIT, GPT, NOW, SITE, begin, end, put, task

from tests.examples import examples
from watchbill.domain.errors import IllegalMove, StateError
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.machine import sources_of
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TRANSITIONS, Autonomy, Delivery, Source, Task, TaskState
from watchbill.state import intents, sessions, tasks
from watchbill.state.engine import Connection
from watchbill.state.intents import Intent

A = TaskId("a")

moments = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
whole_tasks = st.builds(
    Task,
    id=st.just(A),
    repo=words.filter(bool),
    title=words,
    type=words.filter(bool),
    state=st.sampled_from(TaskState),
    priority=st.integers(0, 9),
    autonomy=st.none() | st.sampled_from(Autonomy),
    order=st.integers(-5, 10**6),
    claims=st.lists(words, max_size=3).map(tuple),
    needs=st.lists(words, max_size=3).map(tuple),
    provider=st.none() | words.filter(bool),
    requirements=words,
    success=words,
    body=words,
    effort=st.none() | st.integers(0, 10**6).map(lambda minutes: timedelta(minutes=minutes)),
    max_cost=st.none() | st.integers(0, 10**12),
    delivery=st.none() | st.sampled_from(Delivery),
    source=st.none() | st.builds(Source, path=words, line=st.integers(1, 10**6)),
    extra=st.dictionaries(words, words, max_size=3),
    attempts=st.integers(0, 9),
    not_before=st.none() | moments,
    tried=st.lists(words, max_size=3).map(tuple),
    note=words,
    created_at=moments,
)


@given(given_task=whole_tasks)
@examples(100, part=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_task_comes_back_as_it_was_given(conn: Connection, given_task: Task):
    conn.execute("DELETE FROM tasks")

    tasks.insert(conn, given_task, NOW)

    assert tasks.get(conn, A) == given_task


def test_a_task_without_a_birthday_gets_one(conn: Connection):
    put(conn, "a")

    assert tasks.get(conn, A) == replace(task("a"), created_at=NOW)


def test_an_id_is_stored_once(conn: Connection):
    put(conn, "a")

    with pytest.raises(StateError, match="already one"):
        put(conn, "a")


def test_there_is_no_task_of_an_unknown_id(conn: Connection):
    assert tasks.get(conn, A) is None


def test_open_tasks_are_those_that_may_still_become_something(conn: Connection):
    for state in TaskState:
        put(conn, state, state=state)

    closed = {TaskState.LANDED, TaskState.VERIFIED, TaskState.CANCELLED, TaskState.REVERTED}
    assert {found.state for found in tasks.open_tasks(conn)} == set(TaskState) - closed
    assert len(tasks.all_tasks(conn)) == len(TaskState)
    assert tasks.done_ids(conn) == {"landed", "verified"}


def test_tasks_can_be_asked_for_by_repository_and_come_in_the_queues_order(conn: Connection):
    put(conn, "x", repo=RepoName("other"))
    put(conn, "second", order=2)
    put(conn, "first", order=1)

    assert [found.id for found in tasks.open_tasks(conn, SITE)] == ["first", "second"]
    assert [found.id for found in tasks.all_tasks(conn, RepoName("other"))] == ["x"]


@pytest.mark.parametrize("target", TaskState)
@pytest.mark.parametrize("source", TaskState)
def test_a_task_moves_exactly_as_the_table_says(conn: Connection, source: TaskState, target: TaskState):
    put(conn, "a", state=source)

    if source in sources_of(TRANSITIONS, target):
        assert tasks.move(conn, A, target, now=NOW, note="so").state is target
    else:
        with pytest.raises(IllegalMove, match=f"it is {source}"):
            tasks.move(conn, A, target, now=NOW)


def test_a_move_says_why_and_until_when(conn: Connection):
    put(conn, "a", state=TaskState.RUNNING)

    moved = tasks.move(conn, A, TaskState.QUEUED, now=NOW, note="held", not_before=NOW + timedelta(hours=1))

    assert (moved.note, moved.not_before) == ("held", NOW + timedelta(hours=1))
    assert tasks.get(conn, A) == moved
    assert tasks.move(conn, A, TaskState.RUNNING, now=NOW).not_before is None


def test_a_task_that_is_not_there_does_not_move(conn: Connection):
    with pytest.raises(IllegalMove, match="none of that id"):
        tasks.move(conn, A, TaskState.CANCELLED, now=NOW)


def test_what_is_being_landed_right_now_is_not_cancelled(conn: Connection):
    run = begin(conn)
    intent = Intent(
        run=run.id,
        task=run.task,
        repo=SITE,
        commit=COMMIT,
        tree="t",
        target_ref="refs/heads/main",
        old=None,
        delivery=Delivery.LAND,
    )
    intents.store(conn, run, intent, NOW)

    with pytest.raises(IllegalMove, match="while its commit is being landed"):
        tasks.move(conn, A, TaskState.CANCELLED, now=NOW)

    intents.finish(conn, intent, landed=False, now=NOW)
    assert tasks.move(conn, A, TaskState.CANCELLED, now=NOW).state is TaskState.CANCELLED


def test_rewriting_takes_the_queues_words_and_leaves_where_the_task_stands(conn: Connection):
    standing = {
        "state": TaskState.RUNNING,
        "attempts": 2,
        "tried": (CLAUDE,),
        "note": "works",
        "created_at": NOW,
    }
    put(conn, "a", **standing)
    new = task("a", title="Better", priority=1, claims=("b.md",), needs=(TaskId("z"),), provider=GPT, extra={"k": "v"})
    new = replace(new, not_before=NOW + timedelta(days=1))

    tasks.rewrite(conn, new, NOW)

    assert tasks.get(conn, A) == replace(new, **standing)


def test_what_says_nothing_new_of_its_moment_keeps_the_one_that_it_has(conn: Connection):
    later = NOW + timedelta(days=1)
    put(conn, "a", not_before=later)

    tasks.rewrite(conn, task("a", title="Better"), NOW, keeps_moment=True)

    assert tasks.get(conn, A) == task("a", title="Better", not_before=later, created_at=NOW)


def test_what_is_not_there_cannot_be_rewritten(conn: Connection):
    with pytest.raises(StateError, match="none of that id"):
        tasks.rewrite(conn, task("a"), NOW)


def test_reopening_gives_back_every_attempt(conn: Connection):
    put(conn, "a", state=TaskState.FAILED, attempts=4, tried=(CLAUDE, GPT), note="used up")

    reopened = tasks.reopen(conn, A, now=NOW, note="once more")

    assert (reopened.state, reopened.attempts, reopened.tried, reopened.note) == (TaskState.QUEUED, 0, (), "once more")
    assert tasks.get(conn, A) == reopened


def test_what_is_reopened_after_it_was_done_begins_a_new_session(conn: Connection):
    run = begin(conn)
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED)

    tasks.reopen(conn, A, now=NOW)

    assert sessions.get(conn, A) is None
    assert begin(conn).session != run.session


def test_what_is_reopened_after_it_failed_keeps_its_session(conn: Connection):
    run = begin(conn)
    end(conn, run, RunState.FAILED, task_state=TaskState.FAILED)

    tasks.reopen(conn, A, now=NOW)

    assert begin(conn).session == run.session


def test_what_is_not_there_or_works_is_not_reopened(conn: Connection):
    with pytest.raises(IllegalMove):
        tasks.reopen(conn, A, now=NOW)

    put(conn, "a")
    with pytest.raises(IllegalMove):
        tasks.reopen(conn, A, now=NOW)


def test_a_proposed_task_that_is_accepted_becomes_work(conn: Connection):
    put(conn, "a", state=TaskState.PROPOSED)

    accepted = tasks.accept(conn, A, now=NOW, note="do it")

    assert (accepted.state, accepted.accepted, accepted.note) == (TaskState.QUEUED, False, "do it")
    assert tasks.get(conn, A) == accepted


def test_what_was_reviewed_and_accepted_may_land_until_it_is_reopened(conn: Connection):
    put(conn, "a", state=TaskState.REVIEW)

    accepted = tasks.accept(conn, A, now=NOW)

    assert (accepted.state, accepted.accepted) == (TaskState.QUEUED, True)
    assert tasks.get(conn, A) == accepted
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)
    assert not tasks.reopen(conn, A, now=NOW).accepted


def test_what_is_not_there_is_not_accepted(conn: Connection):
    with pytest.raises(IllegalMove):
        tasks.accept(conn, A, now=NOW)


def test_released_and_bumped_tasks_keep_it_until_they_are_reopened(conn: Connection):
    put(conn, "a")

    tasks.release(conn, A)
    bumped = tasks.bump(conn, A, pin=GPT, now=NOW)

    assert (bumped.released, bumped.pin, bumped.bumped_at) == (True, GPT, NOW)
    assert tasks.bump(conn, A, pin=None, now=NOW).pin == GPT
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)
    again = tasks.reopen(conn, A, now=NOW)
    assert (again.released, again.bumped_at) == (False, None)


def test_what_the_queue_says_anew_leaves_a_persons_word_alone(conn: Connection):
    put(conn, "a")
    tasks.bump(conn, tasks.release(conn, A).id, pin=GPT, now=NOW)

    tasks.rewrite(conn, task("a", title="Otherwise"), NOW)

    after = tasks.get(conn, A)
    assert after is not None
    assert (after.title, after.released, after.pin, after.bumped_at) == ("Otherwise", True, GPT, NOW)


def test_what_is_over_is_neither_released_nor_bumped(conn: Connection):
    put(conn, "a")
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)

    with pytest.raises(IllegalMove, match="cannot release task a: it is cancelled"):
        tasks.release(conn, A)
    with pytest.raises(IllegalMove, match="cannot bring task a forward: it is cancelled"):
        tasks.bump(conn, A, pin=None, now=NOW)


@pytest.mark.parametrize("deed", [tasks.reopen, tasks.accept])
def test_a_task_in_work_is_not_queued_under_its_runs_hands(conn: Connection, deed: Callable[..., Task]) -> None:
    tasks.insert(conn, task("a"), NOW)
    tasks.move(conn, TaskId("a"), TaskState.RUNNING, now=NOW)

    with pytest.raises(IllegalMove, match="a is in work: wait for its end, or stop it first: watchbill task cancel a"):
        deed(conn, TaskId("a"), now=NOW)
    assert tasks.get(conn, TaskId("a")).state is TaskState.RUNNING  # type: ignore[union-attr]


def test_what_the_queue_says_anew_does_not_change_since_when_a_task_is_over(conn: Connection) -> None:
    put(conn, "a")
    end(conn, begin(conn, "a"), RunState.LANDED, task_state=TaskState.LANDED)
    landed = conn.execute("SELECT changed_ms FROM tasks").fetchone()[0]

    moved = replace(task("a"), source=Source(path="queue.md", line=7))
    tasks.rewrite(conn, moved, NOW + timedelta(days=5))

    assert conn.execute("SELECT source_line, changed_ms FROM tasks").fetchone()[:] == (7, landed)
