"""Batches in the store: an item's money is its call's, each is booked once, and a task waits no longer than its answer."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.stores import migrated
from tests.unit.state.store_makers import NOW, begin, bound, end, purpose, reserve, settlement
from watchbill.domain.batches import Accepted, Batch, BatchItem, BatchState, Encoded, ItemEnd, ItemState, Outcome
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import CallId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered, Setback, SetbackKind
from watchbill.domain.runs import Run
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, ToolCall
from watchbill.domain.windows import Window, WindowKind
from watchbill.state import batches, database, ledger, tasks
from watchbill.state.engine import Connection

DAY = Window(WindowKind.DAY, "2026-11-24")
REPLY = Reply(text="Well", tool_calls=(ToolCall(id="t", name="check", args={"deep": [1]}),), vendor="v", model="m")


def collect(conn: Connection, name: str = "a", *, cost: int = 100, digest: str = "d") -> BatchItem:
    """A task's request that waits, its run over."""
    run = begin(conn, name)
    item = collected_by(conn, run, cost=cost, digest=digest)
    end(conn, run, not_before=NOW + timedelta(days=1))
    return item


def collected_by(conn: Connection, run: Run, *, cost: int = 100, digest: str = "d") -> BatchItem:
    call = reserve(conn, run, cost, task=run.task)
    encoded = Encoded(kind="k", body='{"asked": 1}', bound=bound(cost))
    batches.collect(
        conn,
        call,
        purpose(run, task=run.task),
        encoded,
        digest=digest,
        custom_id=f"wb-{call}",
        max_tokens=20,
        now=NOW,
    )
    found = batches.of_transcript(conn, run.task, digest)
    assert found is not None
    return found


def sent(conn: Connection, *items: BatchItem) -> Batch:
    return batches.send(conn, batches.make(conn, items, NOW), NOW)


def answer(item: BatchItem, cost: int = 40) -> ItemEnd:
    answered = Answered(reply=REPLY, call=item.call, settlement=settlement(cost))
    return ItemEnd(custom_id=item.custom_id, outcome=Outcome.SUCCEEDED, answer=answered, saved=MicroUsd(cost))


def unserved(item: BatchItem, outcome: Outcome) -> ItemEnd:
    return ItemEnd(custom_id=item.custom_id, outcome=outcome, why="so it was")


def test_what_waits_outlives_a_crash(conn: Connection) -> None:
    collect(conn, "a")
    sent(conn, collect(conn, "b"))

    assert ledger.recover(conn, NOW) == ([], [])
    assert ledger.used(conn, DAY) == (0, 200)


def test_a_call_that_is_held_for_no_item_is_freed_after_a_crash(conn: Connection) -> None:
    call = reserve(conn, begin(conn))

    assert ledger.recover(conn, NOW) == ([call], [])


def test_a_batch_is_sent_once(conn: Connection) -> None:
    batch = batches.make(conn, [collect(conn)], NOW)
    batches.send(conn, batch, NOW)

    (open_batch,) = batches.open_batches(conn)
    assert open_batch.state is BatchState.SENT
    with pytest.raises(IllegalMove):
        batches.send(conn, batch, NOW)


def test_an_item_that_is_in_a_batch_joins_no_other(conn: Connection) -> None:
    item = collect(conn)
    batches.make(conn, [item], NOW)

    assert batches.waiting(conn) == []


def test_an_answer_is_booked_once_and_used_once(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)

    assert batches.settle(conn, item, answer(item), NOW)
    assert not batches.settle(conn, item, answer(item), NOW)
    assert ledger.used(conn, DAY) == (40, 0)
    assert batches.use(conn, item.call)
    assert not batches.use(conn, item.call)


def test_an_answer_is_read_back_as_it_was_said(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)
    batches.settle(conn, item, answer(item), NOW)

    found = batches.of_transcript(conn, TaskId("a"), "d")
    assert found is not None
    assert isinstance(found.answer, Answered)
    assert (found.answer.reply, found.answer.call, found.answer.settlement.cost) == (REPLY, item.call, 40)


def test_a_useless_answer_is_billed_and_read_back(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)
    cut = Setback(kind=SetbackKind.TRUNCATED, message="cut", call=item.call, settlement=settlement(70))
    batches.settle(conn, item, ItemEnd(custom_id=item.custom_id, outcome=Outcome.SUCCEEDED, answer=cut), NOW)

    found = batches.of_transcript(conn, TaskId("a"), "d")
    assert found is not None
    assert isinstance(found.answer, Setback)
    assert (found.answer.kind, found.answer.call) == (SetbackKind.TRUNCATED, item.call)
    assert ledger.used(conn, DAY) == (70, 0)


@pytest.mark.parametrize("outcome", [Outcome.ERRORED, Outcome.EXPIRED, Outcome.CANCELLED, Outcome.REFUSED])
def test_what_the_vendor_did_not_do_costs_nothing(conn: Connection, outcome: Outcome) -> None:
    item = collect(conn)
    sent(conn, item)
    batches.settle(conn, item, unserved(item, outcome), NOW)

    assert ledger.used(conn, DAY) == (0, 0)
    found = batches.of_transcript(conn, TaskId("a"), "d")
    assert found is not None
    assert found.state is ItemState.UNSERVED


def test_what_nobody_can_say_stays_charged_at_its_bound(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)
    batches.settle(conn, item, unserved(item, Outcome.UNKNOWN), NOW)

    assert ledger.used(conn, DAY) == (100, 0)


def test_an_answer_fits_the_transcript_that_it_continues_only(conn: Connection) -> None:
    collect(conn, digest="then")

    assert batches.of_transcript(conn, TaskId("a"), "now") is None


def test_what_never_left_is_as_if_it_had_never_been(conn: Connection) -> None:
    item = collect(conn)
    batches.give_back(conn, sent(conn, item), "no line", NOW)

    assert ledger.used(conn, DAY) == (0, 0)
    assert batches.of_transcript(conn, TaskId("a"), "d") is None
    assert batches.open_batches(conn) == []


def test_a_task_that_is_not_to_be_done_takes_its_request_back(conn: Connection) -> None:
    item = collect(conn)
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)

    assert [dropped.call for dropped in batches.drop_unwanted(conn, NOW)] == [item.call]
    assert ledger.used(conn, DAY) == (0, 0)


def test_a_task_waits_until_its_request_has_ended_and_is_told_once(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)
    assert batches.free_tasks(conn, NOW) == []

    batches.settle(conn, item, answer(item), NOW)
    assert batches.free_tasks(conn, NOW) == ["a"]
    assert batches.free_tasks(conn, NOW) == []
    task = tasks.get(conn, TaskId("a"))
    assert task is not None
    assert task.not_before is None


def test_a_request_that_ends_before_its_run_does_is_told_after_it(conn: Connection) -> None:
    run = begin(conn)
    item = collected_by(conn, run)
    sent(conn, item)
    batches.settle(conn, item, answer(item), NOW)
    assert batches.free_tasks(conn, NOW) == []

    end(conn, run, not_before=NOW + timedelta(days=1))
    assert batches.free_tasks(conn, NOW) == ["a"]


def test_a_batch_is_wanted_while_a_task_of_it_is(conn: Connection) -> None:
    batch = sent(conn, collect(conn, "a"), collect(conn, "b"))
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)
    assert batches.is_wanted(conn, batch)

    tasks.move(conn, TaskId("b"), TaskState.CANCELLED, now=NOW)
    assert not batches.is_wanted(conn, batch)


def test_the_vendors_id_is_stored_and_known(conn: Connection) -> None:
    batch = sent(conn, collect(conn))
    batches.store_handle(conn, batch, Accepted(vendor_id="msgbatch_1", handle="{}"), NOW)

    assert batches.vendor_ids(conn, batch.provider) == {"msgbatch_1"}
    (known,) = batches.open_batches(conn)
    assert known.state is BatchState.KNOWN


def test_a_batch_is_looked_at_again_when_it_was_put_off_to_and_a_refusal_is_remembered(conn: Connection) -> None:
    batch = sent(conn, collect(conn))
    batches.look_later(conn, batch, NOW + timedelta(hours=1), refused=True)
    batches.look_later(conn, batch, NOW + timedelta(hours=2))
    batches.note_withdrawal(conn, batch)

    (found,) = batches.open_batches(conn)
    assert (found.next_at, found.refused, found.withdrawn) == (NOW + timedelta(hours=2), True, True)


def test_counts_are_of_their_span_and_run(conn: Connection) -> None:
    item = collect(conn)
    sent(conn, item)
    batches.settle(conn, item, answer(item), NOW)

    counts = batches.counts(conn, since=NOW, run=item.purpose.run)
    assert (counts.batches, counts.requests, counts.succeeded, counts.saved) == (1, 1, 1, 40)
    assert batches.counts(conn, until=NOW).requests == 0


def test_a_settled_call_of_an_ordinary_turn_is_not_a_batchs(conn: Connection) -> None:
    assert not batches.use(conn, CallId("call-1"))


ENDS = st.sampled_from(["answered", *Outcome])


@examples(40, part=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    costs=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), ENDS), min_size=1, max_size=5),
    order=st.lists(st.integers(0, 4), max_size=12),
)
def test_whatever_ends_in_whatever_order_and_however_often_the_sums_are_those_of_the_calls(
    tmp_path_factory: pytest.TempPathFactory, costs: list[tuple[int, int, str]], order: list[int]
) -> None:
    path = migrated(tmp_path_factory.mktemp("store") / "watchbill.db")
    with database.direct(path) as conn:
        items = [collect(conn, f"t{place}", cost=held) for place, (held, _, _) in enumerate(costs)]
        batch = sent(conn, *items)
        spent, open_ones = 0, set(range(len(items)))
        for place in [*(each % len(items) for each in order), *range(len(items))]:
            held, cost, how = costs[place]
            item = items[place]
            its_end = answer(item, min(cost, held)) if how == "answered" else unserved(item, Outcome(how))
            if how == Outcome.SUCCEEDED:
                its_end = unserved(item, Outcome.ERRORED)
            assert batches.settle(conn, item, its_end, NOW) is (place in open_ones)
            if place in open_ones:
                spent += min(cost, held) if how == "answered" else held if how == Outcome.UNKNOWN else 0
            open_ones.discard(place)
            ledger.recover(conn, NOW)
            assert ledger.used(conn, DAY) == (spent, sum(costs[each][0] for each in open_ones))
        batches.end(conn, batch, NOW)
        assert batches.open_batches(conn) == []


def test_a_released_request_cannot_be_settled(conn: Connection) -> None:
    item = collect(conn)
    batches.drop_unwanted(conn, NOW)
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)
    batches.drop_unwanted(conn, NOW)

    with pytest.raises(IllegalMove):
        ledger.sent(conn, item.call)
