"""Budgets in a living daemon: what waits once they are used up, what goes on, and when the rest does."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.daemon.test_ways import begin
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon.putting_down import put_down
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import RunTerms
from watchbill.domain.calls import Bound, CallState, Purpose, Settlement, Usage
from watchbill.domain.errors import StateError
from watchbill.domain.ids import CallId, ProviderName, TaskId
from watchbill.domain.money import usd
from watchbill.domain.outcomes import Answered, Setback, SetbackKind
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told
from watchbill.domain.windows import Caps, WindowKind
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.purse import AskAgain, Known, More
from watchbill.providers.scripted import Cut, Scene, Script, Step, finish, say, use
from watchbill.scheduling.decisions import Plan, Wait
from watchbill.state import accounts, counting, ledger, raises, shortage
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio

ONE_CALL = "0.1328"  # dollars: either of the task's two calls fits, and not the second one after the first
WRITE = say("", use("write_file", path="notes.md", content="# Notes\n"))
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


def steps(*row: Step) -> Script:
    def play(scene: Scene) -> Step:
        return row[min(scene.turn, len(row) - 1)]

    return play


def world(tmp_path: Path, script: Script, **more: object) -> World:
    return World(root=tmp_path, scripts={"claude": script}, **more).make()  # type: ignore[arg-type]


def binding(plan: Plan) -> tuple[str, datetime | None]:
    wait = next(decision for decision in plan.decisions if isinstance(decision, Wait))
    return wait.binding.reason.value, wait.binding.until


async def test_work_over_the_days_budget_waits_in_the_plan_and_its_task_stays_free_for_others(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f"daily_usd = {ONE_CALL}")
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        plan = await service.ticker.tick()

    assert (task.state, task.not_before) == (TaskState.QUEUED, None)
    assert binding(plan) == ("budget_day", MIDNIGHT)
    assert [facts["window"] for facts in here.said("budget.paused")] == ["day:2026-03-02"]


async def test_a_used_up_budget_is_remembered_by_the_next_daemon_and_told_once(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f"daily_usd = {ONE_CALL}")
    async with here.service() as service:
        await settle(service)
    async with here.service() as service:
        assert binding(await service.ticker.tick()) == ("budget_day", MIDNIGHT)

    assert len(here.said("budget.paused")) == 1
    assert len(here.said("run.started")) == 1


async def test_it_goes_on_by_itself_when_the_window_turns(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f"daily_usd = {ONE_CALL}", start=MIDNIGHT - 12 * HOUR)
    async with here.service() as service:
        await settle(service)
    assert here.said("budget.paused")
    here.start = MIDNIGHT + HOUR
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED

    assert [facts["window"] for facts in here.said("budget.resumed")] == ["day:2026-03-02"]


async def test_a_raise_lets_it_go_on_at_once_and_ends_by_itself(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f"daily_usd = {ONE_CALL}")
    async with here.service() as service:
        await settle(service)
        wish = More(
            kind=WindowKind.DAY, amount=usd("0.10"), until=service.parts.clock.now() + 3 * HOUR, who="ada", why="a show"
        )
        await service.control.money(wish)
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    here.start = START + 6 * HOUR
    async with here.service() as service:
        await service.ticker.tick()
        assert await service.parts.database.submit(lambda conn: raises.active(conn, here.start)) == []

    assert [(facts["of"], facts["who"], facts["why"]) for facts in here.said("budget.raised")] == [
        ("day", "ada", "a show")
    ]
    assert [facts["of"] for facts in here.said("budget.raise_ended")] == ["day"]


TOO_DEAR = "daily_usd = 0.06"  # not even one call fits


async def test_what_no_day_could_pay_goes_on_by_itself_after_a_raise(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=TOO_DEAR)
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        await service.control.money(
            More(kind=WindowKind.DAY, amount=usd("1"), until=MIDNIGHT, who="ada", why="the well matters")
        )
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert (await task_of(service, "one")).attempts == 0

    assert here.said("task.requeued")[-1]["why"] == shortage.GOES_ON


@pytest.mark.parametrize("cap", ["per_run_usd", "per_task_usd", "per_run_tokens", "daily_usd"])
async def test_what_no_call_fits_under_goes_on_by_itself_once_the_configuration_raises_that(
    tmp_path: Path, cap: str
) -> None:
    few, many = ("6000", "90000") if cap.endswith("tokens") else ("0.06", "1.0")
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f"{cap} = {few}")
    async with here.service() as service:
        await settle(service)
        await settle(service)
        kept = await task_of(service, "one")
        assert (kept.state, len(here.said("run.started"))) == (TaskState.REVIEW, 1)
    here.budget = f"{cap} = {many}"
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED

    assert f"raise budget.{cap} to " in kept.note or f"or budget.{cap} to " in kept.note
    assert kept.note.endswith("and it goes on")


async def test_what_no_day_could_pay_is_looked_at_again_on_a_new_day_and_begins_no_run_in_vain(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=TOO_DEAR, start=MIDNIGHT - HOUR)
    async with here.service() as service:
        await settle(service)
        await settle(service)
        assert len(here.said("run.started")) == 1
    here.start = MIDNIGHT + HOUR
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
    assert [facts["why"] for facts in here.said("task.requeued")][1:] == [shortage.GOES_ON]
    assert len(here.said("run.started")) == 1


async def test_what_a_person_took_up_meanwhile_is_not_taken_up_again(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=TOO_DEAR)
    async with here.service() as service:
        await settle(service)
        await service.control.cancel(TaskId("one"), "not worth it")
        gone = await service.parts.database.submit(lambda conn: shortage.go_on(conn, MIDNIGHT + HOUR, Caps()))
    assert gone == []


async def test_under_alert_only_the_task_itself_waits_for_the_turn(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget=f'daily_usd = {ONE_CALL}\non_cap = "alert"')
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).not_before is None  # others may take it
        assert binding(await service.ticker.tick()) == ("budget_day", MIDNIGHT)
        wish = More(kind=WindowKind.DAY, amount=usd("0.10"), until=MIDNIGHT, who="ada", why="a show")
        await service.control.money(wish)
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_alerts_are_told_once_a_window_whatever_restarts(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget="daily_usd = 0.5\nalert_at = [0.001, 0.008, 0.9]")
    async with here.service() as service:
        await settle(service)
        await service.ticker.tick()
    async with here.service() as service:
        await service.ticker.tick()

    assert [facts["window"] for facts in here.said("budget.alert")].count("day:2026-03-02") == 1


async def test_free_local_work_goes_on_when_everything_paid_waits(tmp_path: Path) -> None:
    queue = f"{FILES['docs/AI_TASK_QUEUE.md']}- [ ] Check it #validate [id:: two] [files:: README.md]\n"
    budget = f'daily_usd = {ONE_CALL}\non_cap = "everything"'
    here = world(tmp_path, steps(WRITE, finish("done")), budget=budget, files={**FILES, "docs/AI_TASK_QUEUE.md": queue})
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        assert await ends_of(service, "two") == [("local", "verified")]


async def test_what_an_unknown_call_cost_is_said_by_a_person_and_booked(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, Cut(), finish("done")))
    async with here.service() as service:
        await settle(service)
        calls = await service.parts.database.submit(accounts.calls)
        lost = next(call for call in calls if call.state is CallState.UNKNOWN)
        await service.control.money(Known(call=lost.id, cost=usd("0.01"), who="ada", why="the vendor's page"))
        after = await service.parts.database.submit(lambda conn: accounts.call(conn, lost.id))

    assert after is not None
    assert (after.state, after.note) == (CallState.SETTLED, "the vendor's page")
    said = here.said("cost.lowered")[0]
    assert (said["call"], said["cost"], said["before"]) == (lost.id, 10_000, lost.bound.cost)


_STOP = "INSERT INTO stopped_models (provider, model, call, at_ms) VALUES ('claude', 'scripted-claude', 'call-1', 0)"


async def test_a_model_that_cost_more_than_its_bound_is_alarmed_once_until_a_person_allows_it(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        await service.parts.database.submit(lambda conn: conn.execute(_STOP))
        here.queue.write_text(f"{here.queue.read_text()}- [ ] Another #write [id:: two] [files:: notes.md]\n")
        await settle(service)
        assert (await task_of(service, "two")).state is TaskState.QUEUED
        assert binding(await service.ticker.tick())[0] == "model_stopped"
        wish = AskAgain(
            provider=ProviderName("claude"), model="scripted-claude", who="ada", why="its price is right now"
        )
        await service.control.money(wish)
        with pytest.raises(NotFound, match="is not stopped"):
            await service.control.money(wish)
        assert len((await service.ticker.tick()).starts) == 1
        await service.dispatcher.idle()

    assert [facts["call"] for facts in here.said("cost.over_bound")] == ["call-1"]
    assert [facts["why"] for facts in here.said("provider.allowed")] == ["its price is right now"]


async def test_a_booking_over_the_bound_is_alarmed_at_once(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        run = await begin(service)
        task = await task_of(service, "one")
        stint = Stint(
            service.parts, run=run, task=task, repo=service.repos[task.repo], terms=RunTerms(), stop=lambda: None
        )
        await stint.open()
        purpose = Purpose(
            run=run.id, task=task.id, repo=task.repo, type=task.type, provider=run.provider, model=run.model
        )
        bound = Bound(cost=usd("0.01"), tokens_in=1, tokens_out=1, price_source="test")
        calls = [await service.parts.database.submit(partial(sent, purpose, bound)) for _ in range(2)]
        over = Settlement(cost=usd("0.02"), usage=Usage(), price_source="test")
        useless = Setback(kind=SetbackKind.REFUSED, message="no", call=calls[1], settlement=over)

        await stint.remember(Told(text="hm"), answered=Answered(reply=Reply(text="hm"), call=calls[0], settlement=over))
        first = [facts["call"] for facts in here.said("cost.over_bound")]
        await service.parts.database.submit(lambda conn: ledger.allow_again(conn, run.provider, run.model))
        await put_down(stint, End(state=RunState.FAILED, task_state=TaskState.QUEUED, why="no", setback=useless))

    assert (first, [facts["call"] for facts in here.said("cost.over_bound")]) == ([calls[0]], calls)


def sent(purpose: Purpose, bound: Bound, conn: Connection) -> CallId:
    call = ledger.reserve(conn, purpose, bound, Caps(), START, task_cap=None)
    ledger.sent(conn, call)
    return call


async def test_a_cap_that_a_reload_or_a_start_brings_counts_what_was_used_before(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    config = tmp_path / "watchbill.toml"
    async with here.service() as service:
        await settle(service)
        config.write_text(config.read_text().replace("[budget]", "[budget]\ndaily_runs = 9\ndaily_tokens = 9000000"))
        assert (await service.reloader.reload()).problems == ()
        reloaded = await service.parts.database.submit(partial(quotas_of_day, service.orders.standing.bill.caps))
    here.budget = "daily_runs = 9\nper_task_runs = 5"
    async with here.service() as service:
        started = await service.parts.database.submit(partial(quotas_of_day, service.orders.standing.bill.caps))

    assert reloaded["runs"] == started["runs"] == 1
    assert reloaded["tokens"] > 0


async def test_a_store_that_is_full_does_not_keep_a_reload_from_its_caps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise StateError("the disk is full")

    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        monkeypatch.setattr(counting, "count", full)
        assert (await service.reloader.reload()).problems == ()

    assert {"error": "the disk is full", "where": "what new caps count"} in here.said("daemon.fault")


def quotas_of_day(caps: Caps, conn: Connection) -> dict[str, int]:
    states = accounts.quota_states(conn, caps, START, [ProviderName("claude")])
    return {state.quota.unit: state.spent for state in states}


async def test_nothing_about_money_is_done_without_a_reason(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        with pytest.raises(BadQuestion, match="say why"):
            await service.control.money(More(kind=WindowKind.DAY, amount=usd("1"), until=MIDNIGHT, who="ada", why=" "))
        with pytest.raises(BadQuestion, match="is over"):
            await service.control.money(More(kind=WindowKind.DAY, amount=usd("1"), until=START, who="ada", why="late"))
