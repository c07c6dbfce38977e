"""Stored answers: who may have one, how long they stay, and what a saved call leaves behind."""

from datetime import timedelta

import pytest

from tests.unit.state.store_makers import NOW, begin, end, savepoint, sent, settlement
from watchbill.domain.calls import Usage
from watchbill.domain.ids import CallId, TaskId
from watchbill.domain.outcomes import Kept, SavedBy, Spared
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, ToolCall
from watchbill.state import answers, ledger, savings, tasks
from watchbill.state.answers import Keeping
from watchbill.state.engine import Connection, Error
from watchbill.state.savings import Lever

KEY, OTHER_KEY = "1" * 64, "2" * 64
REPLY = Reply(text="Well.", tool_calls=(ToolCall(id="c", name="check", args={}),), vendor="v", model="m", native="{}")
KEEPING = Keeping(age=timedelta(days=1), size=10_000)


def answer(conn: Connection, run: Run, key: str = KEY, *, keeping: Keeping = KEEPING, text: str = "Well.") -> CallId:
    """A settled call with its answer kept."""
    call = sent(conn, run)
    ledger.settle(conn, call, settlement(), NOW)
    reply = REPLY if text == REPLY.text else Reply(text=text)
    answers.store(conn, call, Kept(key=key, reply=reply), keeping, NOW)
    return call


def found(conn: Connection, task: str = "b", key: str = KEY, *, later: timedelta = timedelta(0)) -> Reply | None:
    answer = answers.find(conn, key, TaskId(task), KEEPING, NOW + later)
    return None if answer is None else answer.reply


def spared(call: CallId, key: str = KEY) -> Spared:
    return Spared(reply=REPLY, key=key, call=call, by=SavedBy.DEDUPED)


def test_another_task_is_given_the_answer_as_it_was(conn: Connection) -> None:
    answer(conn, begin(conn))

    assert found(conn) == REPLY
    assert found(conn, key=OTHER_KEY) is None


def test_no_task_is_given_its_own_answer(conn: Connection) -> None:
    answer(conn, begin(conn))

    assert found(conn, "a") is None


def test_a_task_that_had_an_answer_of_its_own_is_not_given_anothers(conn: Connection) -> None:
    answer(conn, begin(conn, "a"))
    answer(conn, begin(conn, "b"))

    assert found(conn, "a") is None


def test_a_task_is_given_the_same_answer_once(conn: Connection) -> None:
    call = answer(conn, begin(conn))
    answers.take(conn, begin(conn, "b"), spared(call), NOW)

    assert found(conn, "b") is None
    assert found(conn, "c") == REPLY


@pytest.mark.parametrize("state", [RunState.REJECTED, RunState.FAILED])
def test_an_answer_whose_work_was_refused_is_given_to_nobody(conn: Connection, state: RunState) -> None:
    run = begin(conn)
    answer(conn, run)
    end(conn, run, state)

    assert found(conn) is None


def test_what_was_said_before_a_refusal_in_the_same_work_is_given_to_nobody(conn: Connection) -> None:
    first = begin(conn)
    answer(conn, first)
    end(conn, first, RunState.HANDED_OFF)
    assert found(conn) == REPLY

    end(conn, begin(conn), RunState.REJECTED)
    assert found(conn) is None


@pytest.mark.parametrize("state", [RunState.LOST, RunState.DEFERRED])
def test_an_answer_of_a_run_that_was_cut_off_is_as_good_as_any(conn: Connection, state: RunState) -> None:
    run = begin(conn)
    answer(conn, run)
    end(conn, run, state)

    assert found(conn) == REPLY


def test_work_that_was_begun_anew_gives_no_answers(conn: Connection) -> None:
    run = begin(conn)
    answer(conn, run)
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED)
    assert found(conn) == REPLY

    tasks.reopen(conn, TaskId("a"), now=NOW)
    assert found(conn) is None


def test_an_answer_is_too_old_after_its_time(conn: Connection) -> None:
    answer(conn, begin(conn))

    assert found(conn, later=timedelta(days=1) - timedelta(seconds=1)) == REPLY
    assert found(conn, later=timedelta(days=1)) is None


def test_the_oldest_answers_go_when_all_are_too_big(conn: Connection) -> None:
    tight = Keeping(age=timedelta(days=1), size=1_000)
    run = begin(conn)
    answer(conn, run, KEY, keeping=tight, text="a" * 500)
    answer(conn, run, OTHER_KEY, keeping=tight, text="b" * 500)

    assert found(conn, key=KEY) is None
    assert found(conn, key=OTHER_KEY) == Reply(text="b" * 500)


def test_the_newest_answer_is_given(conn: Connection) -> None:
    answer(conn, begin(conn, "a"), text="old")
    answer(conn, begin(conn, "c"), text="new")

    assert found(conn) == Reply(text="new")


def test_a_saved_call_makes_no_row_in_the_ledger_and_is_counted(conn: Connection) -> None:
    call = answer(conn, begin(conn))
    ledger_rows = conn.execute("SELECT count(*) FROM ledger").fetchone()[0]
    saved = answers.take(conn, begin(conn, "b"), spared(call), NOW)

    assert (saved.tokens, saved.cost) == (10, 40)
    assert conn.execute("SELECT count(*) FROM ledger").fetchone()[0] == ledger_rows
    assert conn.execute("SELECT count(*) FROM calls").fetchone()[0] == 1
    assert savings.savings(conn).by == {"deduped": Lever(calls=1, tokens=10, cost=saved.cost)}


def test_only_a_settled_call_of_another_task_saves_one(conn: Connection) -> None:
    run = begin(conn)
    own, open_call = answer(conn, run), sent(conn, run)

    for call, of in ((own, run), (open_call, begin(conn, "b"))):
        with pytest.raises(Error, match="only a settled call of another task"), savepoint(conn):
            answers.take(conn, of, spared(call), NOW)


def test_savings_are_those_of_the_time_that_is_asked_for(conn: Connection) -> None:
    call = answer(conn, begin(conn))
    answers.take(conn, begin(conn, "b"), spared(call), NOW)

    assert savings.savings(conn, since=NOW, until=NOW + timedelta(hours=1)).saved.calls == 1
    later = savings.savings(conn, since=NOW + timedelta(hours=1))
    assert (later.made, later.saved.calls, later.hit_rate) == (0, 0, None)


def test_the_hit_rate_is_the_share_of_the_input_that_was_read_from_caches(conn: Connection) -> None:
    run = begin(conn)
    for read in (0, 900):
        usage = Usage(tokens_in=1_000, tokens_out=1, cache_read=read)
        ledger.settle(conn, sent(conn, run), settlement(usage=usage), NOW)

    assert savings.savings(conn).hit_rate == 0.45
