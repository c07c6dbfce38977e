"""Work that may wait: collected, sent once, found again, settled singly, taken up by whoever goes on. Over the real SDKs."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from tests.batchvendor import BatchVendor, Made
from tests.clocks import FastClock
from tests.vendors import ANTHROPIC, RESPONSES, Heard, Stop, Use, bad_request
from tests.worlds import FILES, START, World, ends_of, task_of
from watchbill.daemon.service import Service
from watchbill.domain.batches import BatchCounts
from watchbill.domain.calls import Call, CallState
from watchbill.domain.ids import TaskId
from watchbill.domain.pauses import Scope
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Window, WindowKind
from watchbill.state import accounts, batches, ledger, pauses, tasks

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

MODELS = {ANTHROPIC: "claude-sonnet-5-5", RESPONSES: "gpt-6.1-sol"}
QUEUE = "docs/AI_TASK_QUEUE.md"
PROVIDER = """
[provider.vendor]
kind = "{kind}"
base_url = "{url}"
api_key = "file:{key}"
models = [{{ id = "{model}", price = {{ input = 3, output = 15, cache_write = 3 }} }}]
concurrent = 4

[batch]
providers = ["vendor"]
window = "10m"
{batch}
"""


class LeapClock(FastClock):
    """Real time, which a test moves on."""

    def leap(self, span: timedelta) -> None:
        self._start += span


def writes_and_finishes(_vendor: str, _model: str, heard: Sequence[Heard]) -> Sequence[Use]:
    if any(each.tools for each in heard):
        return [Use("finish", {"done": True, "summary": "written"})]
    return [Use("write_file", {"path": "notes.md", "content": "# Notes\n"})]


class Place:
    """A world whose one model provider is a real one, at the fake vendor's address."""

    def __init__(
        self,
        root: Path,
        vendor: BatchVendor,
        kind: str,
        *,
        batch: str = 'types = ["write"]',
        queue: str = "",
        budget: str = "",
    ) -> None:
        self.clock = LeapClock(start=START, rate=1)
        self.vendor = vendor
        vendor.now = self.clock.now
        key = root / "key"
        key.write_text("sk-canary")
        key.chmod(0o600)
        said = PROVIDER.format(kind=kind, url=vendor.url_for(kind), key=key, model=MODELS[kind], batch=batch)
        files = {**FILES, QUEUE: queue or FILES[QUEUE]}
        self.world = World(root=root, scripts={}, files=files, clock=self.clock, budget=f"{budget}\n{said}").make()

    @asynccontextmanager
    async def service(self) -> AsyncIterator[Service]:
        async with self.world.service() as service:
            yield service

    async def work(self, service: Service) -> None:
        """Let everything run that can, then look at the batches."""
        for _ in range(4):
            await service.ticker.tick()
            await service.dispatcher.idle()
        await service.batches.look()

    async def go_on(self, service: Service, span: timedelta = timedelta(minutes=16)) -> None:
        self.clock.leap(span)
        await service.batches.look()


async def calls_of(service: Service) -> list[Call]:
    return await service.parts.database.submit(accounts.calls)


async def counts_of(service: Service) -> BatchCounts:
    return await service.parts.database.submit(batches.counts)


async def held_of(service: Service) -> int:
    return (await service.parts.database.submit(lambda conn: ledger.used(conn, Window(WindowKind.DAY, "2026-03-02"))))[
        1
    ]


@pytest.fixture(params=[ANTHROPIC, RESPONSES])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def vendor() -> Iterator[BatchVendor]:
    with BatchVendor(writes_and_finishes) as fake:
        yield fake


async def test_each_turn_of_a_task_that_may_wait_goes_in_a_batch_and_its_work_lands(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        for _ in range(2):  # a turn for the file, one for the end
            await place.work(service)
            await place.go_on(service)
            vendor.finish()
            await place.go_on(service)
        await place.work(service)
        calls, counts = await calls_of(service), await counts_of(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert [end for _, end in await ends_of(service, "one")] == ["deferred", "deferred", "landed"]
        assert [call.state for call in calls] == [CallState.SETTLED, CallState.SETTLED]
        assert vendor.creates == 2
        assert (counts.batches, counts.requests, counts.succeeded, counts.waiting) == (2, 2, 2, 0)
        paid = sum(call.settlement.cost for call in calls if call.settlement)
        assert 0 <= paid - counts.saved <= len(calls)  # half, each rounded up
    assert place.world.show("notes.md") == "# Notes\n"


async def test_what_waits_holds_half_the_money_and_no_lease(tmp_path: Path, vendor: BatchVendor, kind: str) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        (call,) = await calls_of(service)

        assert call.state is CallState.HELD
        assert await held_of(service) == call.bound.cost
        assert call.bound.cost == (call.bound.tokens_in * 3 + call.bound.tokens_out * 15) // 2 + (
            (call.bound.tokens_in * 3 + call.bound.tokens_out * 15) % 2
        )
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        assert service.dispatcher.running == ()
        assert vendor.creates == 0  # its window is open
    assert place.world.said("batch.collected")


async def test_a_batch_that_was_sent_is_found_again_after_a_crash(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        vendor.forget_answers = True  # it takes the batch, and nobody hears its id
        await place.go_on(service)
        vendor.forget_answers = False
        assert place.world.said("batch.doubtful")
    async with place.service() as service:
        (call,) = await calls_of(service)
        assert call.state is CallState.SENT
        vendor.finish()
        await place.go_on(service)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.SETTLED
    assert vendor.creates == 1
    assert place.world.said("batch.found")


async def test_a_batch_that_is_nowhere_leaves_its_calls_charged_at_their_bounds(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        vendor.forget_answers = True
        await place.go_on(service)
        vendor.batches.clear()  # the line was cut before it arrived
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.UNKNOWN
        assert await held_of(service) == 0
        assert (await task_of(service, "one")).not_before is None  # it goes on in the ordinary way
    assert place.world.said("cost.unknown")


async def test_each_request_of_a_batch_is_settled_as_it_ended(tmp_path: Path, vendor: BatchVendor, kind: str) -> None:
    names = ("one", "two", "three", "four")
    queue = "# Queue\n\n## PRIORITY 1\n" + "".join(
        f"\n- [ ] Do {name} #write [id:: {name}]\n  - **Files:** `{name}.md`\n" for name in names
    )

    served = count()

    def decide(vendor: str, model: str, heard: Sequence[Heard]) -> object:
        return bad_request() if next(served) == 1 else writes_and_finishes(vendor, model, heard)

    vendor.decide = decide  # type: ignore[assignment]
    place = Place(tmp_path, vendor, kind, queue=queue)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.finish(expired=1, cancelled=1)
        await place.go_on(service)
        calls = await calls_of(service)
        costs = [call.settlement.cost for call in calls if call.settlement]
        assert [call.state for call in calls] == [CallState.SETTLED] * 4
        assert [cost > 0 for cost in sorted(costs)] == [False, False, False, True]
        assert vendor.creates == 1
        freed = await service.parts.database.submit(lambda conn: [tasks.get(conn, TaskId(name)) for name in names])
        assert all(task is not None and task.not_before is None for task in freed)
    (ended,) = place.world.said("batch.ended")
    assert ended["outcomes"] == {"succeeded": 1, "errored": 1, "expired": 1, "cancelled": 1}


async def test_what_expired_is_asked_for_in_the_ordinary_way(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.finish(expired=1)
        await place.go_on(service)
        await place.work(service)
    assert ("POST", "/v1/messages") in vendor.journal
    assert vendor.creates == 1


async def test_a_cancelled_task_takes_its_request_back_before_it_is_sent(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await service.parts.database.submit(
            lambda conn: tasks.move(conn, TaskId("one"), TaskState.CANCELLED, now=place.clock.now())
        )
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.RELEASED
        assert await held_of(service) == 0
    assert vendor.creates == 0


async def test_a_batch_that_nobody_waits_for_is_withdrawn_and_its_answer_not_used(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        await service.parts.database.submit(
            lambda conn: tasks.move(conn, TaskId("one"), TaskState.CANCELLED, now=place.clock.now())
        )
        await place.go_on(service)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.settlement is not None
        assert call.settlement.cost == 0
        assert (await task_of(service, "one")).state is TaskState.CANCELLED
    assert place.world.said("batch.withdrawn")


@pytest.mark.parametrize("status", [400, 404, 429])
async def test_a_batch_that_is_refused_costs_nothing_and_its_tasks_go_the_ordinary_way(
    tmp_path: Path, vendor: BatchVendor, kind: str, status: int
) -> None:
    vendor.refuse = status, "invalid_request_error"
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.settlement is not None
        assert call.settlement.cost == 0
        assert (await task_of(service, "one")).not_before is None
    assert place.world.said("batch.refused")


async def test_a_vendors_own_error_is_no_proof_that_it_has_no_batch(tmp_path: Path, vendor: BatchVendor) -> None:
    vendor.refuse = 529, "overloaded_error"
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.SENT
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert (call.state, call.settlement and call.settlement.cost) == (CallState.SETTLED, 0)


async def test_an_answer_that_was_cut_at_its_maximum_is_billed_and_counts_as_an_attempt(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    vendor.decide = lambda _vendor, _model, _heard: Stop(reason="max_tokens")
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.finish()
        await place.go_on(service)
        await service.ticker.tick()
        await service.dispatcher.idle()
        calls = await calls_of(service)
        assert calls[0].settlement is not None
        assert calls[0].settlement.cost > 0
        assert (await task_of(service, "one")).attempts == 1


async def test_a_vendor_that_cannot_be_asked_is_asked_again(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.answers_badly = 500
        await place.go_on(service)
        vendor.answers_badly = 0
        vendor.finish()
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.SETTLED
    assert place.world.said("batch.trouble")


async def test_a_tasks_own_word_goes_before_its_types(tmp_path: Path, vendor: BatchVendor) -> None:
    queue = FILES[QUEUE].replace("[id:: one]", "[id:: one] [batch:: yes]")
    place = Place(tmp_path, vendor, ANTHROPIC, batch="", queue=queue)
    async with place.service() as service:
        await place.work(service)
        assert (await counts_of(service)).waiting == 1


async def test_a_task_that_may_not_wait_is_asked_for_at_once(tmp_path: Path, vendor: BatchVendor) -> None:
    queue = FILES[QUEUE].replace("[id:: one]", "[id:: one] [batch:: no]")
    place = Place(tmp_path, vendor, ANTHROPIC, queue=queue)
    async with place.service() as service:
        await place.work(service)
        assert (await counts_of(service)).waiting == 0
    assert ("POST", "/v1/messages") in vendor.journal


async def test_as_many_as_may_share_a_batch_go_at_once(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC, batch='types = ["write"]\nmost = 1')
    async with place.service() as service:
        await place.work(service)
    assert vendor.creates == 1


@pytest.mark.parametrize(("scope", "name"), [(Scope.ALL, ""), (Scope.PROVIDER, "vendor")])
async def test_no_batch_is_sent_while_a_person_stops_it(
    tmp_path: Path, vendor: BatchVendor, scope: Scope, name: str
) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        submit = service.parts.database.submit
        await submit(lambda conn: pauses.put(conn, scope, name, until=None, why="", now=place.clock.now()))
        await place.go_on(service)
        assert vendor.creates == 0
        await submit(lambda conn: pauses.lift(conn, scope, name))
        await place.go_on(service)
        assert vendor.creates == 1


async def test_no_batch_is_sent_while_the_brake_is_pulled(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        service.folder.stop_file.touch()
        await place.go_on(service)
    assert vendor.creates == 0


async def test_a_vendor_that_is_not_there_leaves_the_requests_to_be_collected_anew(tmp_path: Path, kind: str) -> None:
    with BatchVendor(writes_and_finishes) as gone:
        place = Place(tmp_path, gone, kind)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.RELEASED
        await place.work(service)
        assert [each.state for each in await calls_of(service)] == [CallState.RELEASED, CallState.HELD]


async def test_an_answer_that_makes_no_sense_stays_charged_at_its_bound_and_stops_nobody(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.finish()
        for made in vendor.batches.values():
            for result in made.results.values():
                body = result["message"] if kind == ANTHROPIC else result["response"]["body"]
                body["stop_reason"] = body["status"] = None
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.UNKNOWN


async def test_a_request_that_its_batch_does_not_name_is_unknown(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.finish(missing=1)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.UNKNOWN


async def test_what_its_vendor_never_says_is_charged_at_its_bound_after_two_days(
    tmp_path: Path, vendor: BatchVendor
) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        await place.go_on(service)
        vendor.answers_badly = 500
        await place.go_on(service, timedelta(hours=49))
        (call,) = await calls_of(service)
        assert call.state is CallState.UNKNOWN


async def test_a_model_that_was_stopped_meanwhile_gets_no_batch(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        (call,) = await calls_of(service)
        stop = "INSERT INTO stopped_models (provider, model, call, at_ms) VALUES ('vendor', :model, :call, 0)"
        await service.parts.database.submit(
            lambda conn: conn.execute(stop, {"model": call.purpose.model, "call": call.id}) and None
        )
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.RELEASED
    assert vendor.creates == 0


async def test_another_batch_of_the_same_size_is_not_taken_for_ours(
    tmp_path: Path, vendor: BatchVendor, kind: str
) -> None:
    place = Place(tmp_path, vendor, kind)
    async with place.service() as service:
        await place.work(service)
        vendor.forget_answers = True
        await place.go_on(service)
        (made,) = vendor.batches.values()
        others = Made(id="batch_9", vendor=kind, requests={"theirs": {}}, created_at=made.created_at, input_file="gone")
        vendor.batches = {"batch_9": others}
        await place.go_on(service)
        vendor.finish(cancelled=1)
        await place.go_on(service)
        (call,) = await calls_of(service)
        assert call.state is CallState.UNKNOWN


async def test_one_tick_by_hand_sends_what_is_due(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
    place.clock.leap(timedelta(minutes=11))
    async with place.world.built() as service:
        await service.once()
    assert vendor.creates == 1


async def test_who_begins_while_the_answer_is_waited_for_waits_on_and_asks_nothing(
    tmp_path: Path, vendor: BatchVendor
) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC)
    async with place.service() as service:
        await place.work(service)
        hurry = "UPDATE tasks SET not_before_ms = NULL"
        await service.parts.database.submit(lambda conn: conn.execute(hurry) and None)
        await place.work(service)
        assert [end for _, end in await ends_of(service, "one")] == ["deferred", "deferred"]
        assert len(await calls_of(service)) == 1
    assert ("POST", "/v1/messages") not in vendor.journal


async def test_what_is_too_dear_even_in_a_batch_is_not_sent_at_all(tmp_path: Path, vendor: BatchVendor) -> None:
    place = Place(tmp_path, vendor, ANTHROPIC, budget="daily_usd = 0.01")
    async with place.service() as service:
        await place.work(service)
        assert await calls_of(service) == []
    assert vendor.journal == []
