"""Sessions in the store: what was said comes back as it was said."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from store_makers import COMMIT, NOW, begin, end

from tests.examples import examples
from watchbill.domain.errors import LeaseLost
from watchbill.domain.ids import SessionId, TaskId
from watchbill.domain.sessions import HandOff, Session
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.state import sessions
from watchbill.state.engine import Connection

A = TaskId("a")
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
entries = st.one_of(
    st.builds(Told, text=words),
    st.builds(
        Reply,
        text=words,
        tool_calls=st.lists(
            st.builds(ToolCall, id=words, name=words, args=st.dictionaries(words, words | st.integers(), max_size=2)),
            max_size=2,
        ).map(tuple),
        vendor=words,
        model=words,
        native=words,
    ),
    st.builds(ToolResult, id=words, name=words, content=words, refused=st.booleans()),
)
transcripts = st.builds(Transcript, system=words, entries=st.lists(entries, max_size=5).map(tuple))


def opened(conn: Connection) -> Session:
    found = sessions.get(conn, A)
    assert found is not None
    return found


@given(transcript=transcripts, summary=words, steps=st.lists(words, max_size=3))
@examples(60, part=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_session_comes_back_as_it_was_saved(conn: Connection, transcript, summary, steps):
    conn.execute("SAVEPOINT example")
    run = begin(conn)
    session = replace(
        opened(conn),
        transcript=transcript,
        checkpoint=COMMIT,
        handoff=HandOff(summary=summary, next_steps=tuple(steps), findings=("f",), why="w"),
        repairs=2,
    )

    saved = sessions.save(conn, run, session, NOW)

    assert saved == replace(session, version=session.version + 1) == sessions.get(conn, A)
    conn.execute("ROLLBACK TO example")


def test_a_task_that_never_ran_has_no_session(conn: Connection):
    assert sessions.get(conn, A) is None


def test_each_save_is_a_new_version(conn: Connection):
    run = begin(conn)

    versions = [sessions.save(conn, run, opened(conn), NOW).version for _ in range(3)]

    assert versions == [1, 2, 3]


def test_only_the_holder_saves(conn: Connection):
    run = begin(conn)
    session = opened(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        sessions.save(conn, run, session, NOW)


@pytest.mark.parametrize("other", [SessionId("session-9"), None])
def test_only_the_open_session_is_saved(conn: Connection, other):
    run = begin(conn)
    session = opened(conn)
    if other is None:
        sessions.close(conn, A, NOW)

    with pytest.raises(LeaseLost, match="not the open session"):
        sessions.save(conn, run, replace(session, id=other or session.id), NOW)
