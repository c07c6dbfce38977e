"""A first call is weighed before its run begins: what no cap carries begins nowhere. Over the real SDKs, on a fake vendor."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.daemon.test_budgets import binding
from tests.unit.daemon.test_ways import begin
from tests.vendors import ANTHROPIC, CHAT, RESPONSES, FakeVendor, Heard, Use
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon import ticker
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.putting_down import put_down
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import RunTerms
from watchbill.daemon.weighing import Weigher
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, Transcript, dump
from watchbill.scheduling import planner
from watchbill.state import accounts, sessions, snapshot
from watchbill.state.engine import Connection

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

QUEUE = "docs/AI_TASK_QUEUE.md"
PROVIDER = """
[provider.{name}]
kind = "{kind}"
base_url = "{url}"
api_key = "file:{key}"
models = [{{ id = "{name}-1", price = {{ input = {price}, output = {price}, cache_write = {price} }} }}]
strengths = {{ "*" = {strength} }}
"""
LONG = "The well is deep. " * 2_000  # 36 kB


def writes_and_finishes(_vendor: str, _model: str, heard: Sequence[Heard]) -> Sequence[Use]:
    if any(each.tools for each in heard):
        return [Use("finish", {"done": True, "summary": "written"})]
    return [Use("write_file", {"path": "notes.md", "content": "# Notes\n"})]


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor(writes_and_finishes) as fake:
        yield fake


class Place:
    """Two providers that are paid by the token: a dear one that suits better, and a cheap one."""

    def __init__(
        self, root: Path, vendor: FakeVendor, *, budget: str, kind: str = ANTHROPIC, rules: str = LONG
    ) -> None:
        root.mkdir(exist_ok=True)
        self.key = root / "key"
        self.key.write_text("sk-canary")
        self.key.chmod(0o600)
        self.kind = kind
        self.url = vendor.anthropic_url if kind == ANTHROPIC else vendor.openai_url
        self.world = World(root=root, scripts={}, files={**FILES, "AGENTS.md": rules}, rate=1).make()
        self.cap(budget)

    def cap(self, budget: str, prices: tuple[int, int] = (50, 5)) -> None:
        dear, cheap = prices
        said = "".join(
            PROVIDER.format(name=name, kind=self.kind, url=self.url, key=self.key, price=price, strength=strength)
            for name, price, strength in (("dear", dear, 0.9), ("cheap", cheap, 0.7))
        )
        self.world.budget = f"{budget}\n{said}"


async def test_a_call_that_its_provider_can_never_pay_begins_with_who_can_and_no_run_is_begun_in_vain(
    tmp_path: Path, vendor: FakeVendor
) -> None:
    here = Place(tmp_path, vendor, budget="per_run_usd = 1.50").world
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "landed")]

    assert here.said("budget.refused") == []


async def test_what_nobody_can_pay_waits_for_a_person_before_anything_begins(
    tmp_path: Path, vendor: FakeVendor
) -> None:
    here = Place(tmp_path, vendor, budget="per_run_usd = 0.10").world
    async with here.service() as service:
        await settle(service)
        kept = await task_of(service, "one")
        assert await ends_of(service, "one") == []
        assert len(vendor.calls) == 0

    assert (kept.state, kept.attempts) == (TaskState.REVIEW, 0)
    assert "a call of dear dear-1 may take $2." in kept.note
    assert "the budget of a run has $0.10 in all" in kept.note
    assert "raise budget.per_run_usd to $0." in kept.note


async def test_a_long_queue_of_what_nobody_can_pay_is_put_aside_look_by_look(
    tmp_path: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "MOST_PLANS", 2)
    here = Place(tmp_path, vendor, budget="per_run_usd = 0.10").world
    names = [f"t{number}" for number in range(6)]
    here.queue.write_text("".join(f"- [ ] Write {name} [id:: {name}] [files:: {name}.md]\n" for name in names))
    async with here.service() as service:
        await settle(service)
        states = [(await task_of(service, name)).state for name in names]
        assert len(vendor.calls) == 0

    assert states == [TaskState.REVIEW] * 6


@pytest.mark.parametrize("kind", [ANTHROPIC, RESPONSES, CHAT])
async def test_what_was_weighed_is_never_more_than_the_ledger_is_asked_for_and_not_much_less(
    tmp_path: Path, vendor: FakeVendor, kind: str
) -> None:
    here = Place(tmp_path, vendor, budget="daily_usd = 3.00", kind=kind).world
    async with here.service() as service:
        await service.ticker.tick()
        weighed = {call.provider: call for call in service.ticker.weigher.known}
        await service.dispatcher.idle()
        (first, *_) = await service.parts.database.submit(accounts.calls)

    known = weighed[first.purpose.provider]
    assert 0.8 * first.bound.cost < known.cost <= first.bound.cost
    assert known.tokens <= first.bound.tokens_in + first.bound.tokens_out


async def test_it_waits_for_the_turn_of_a_window_with_too_little_left_and_begins_nothing_meanwhile(
    tmp_path: Path, vendor: FakeVendor
) -> None:
    place = Place(tmp_path, vendor, budget="daily_usd = 0.50")
    async with place.world.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "landed")]
        place.world.queue.write_text(
            f"{place.world.queue.read_text()}- [ ] More #write [id:: two] [files:: notes.md]\n"
        )
        plan = await service.ticker.tick()
        assert await ends_of(service, "two") == []

    assert binding(plan)[0] == "budget_day"


async def test_what_was_weighed_is_forgotten_once_its_repository_is_another(tmp_path: Path, vendor: FakeVendor) -> None:
    place = Place(tmp_path, vendor, budget="per_run_usd = 0.20")
    here = place.world
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        (here.path / "AGENTS.md").write_text("Be short.\n")
        here.commit("Shorten the rules")
        await service.control.retry(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_task_that_may_wait_is_weighed_at_the_price_of_a_batch(tmp_path: Path, vendor: FakeVendor) -> None:
    place = Place(tmp_path, vendor, budget="daily_usd = 0.80")
    async with place.world.service() as service:
        await service.ticker.tick()
        whole = {call.provider: call.cost for call in service.ticker.weigher.known}
        await service.dispatcher.drain(timedelta(0))
    here = Place(tmp_path / "other", vendor, budget="daily_usd = 0.80")
    here.world.budget += '\n[batch]\nproviders = ["dear"]\ntypes = ["write"]\n'
    async with here.world.service() as service:
        await service.ticker.tick()
        halved = {call.provider: call.cost for call in service.ticker.weigher.known}
        await service.dispatcher.drain(timedelta(0))

    assert halved["dear"] == pytest.approx(whole["dear"] / 2, rel=0.01)


async def test_work_that_was_answered_before_is_the_ledgers_to_judge(
    tmp_path: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Place(tmp_path, vendor, budget="per_run_usd = 1.50").world
    async with here.service() as service:
        run = await begin(service)
        stint = Stint(
            service.parts,
            run=run,
            task=await task_of(service, "one"),
            repo=service.repos[run.repo],
            terms=RunTerms(),
            stop=lambda: None,
        )
        await stint.open()
        await stint.remember(Told(text="Do it."), Reply(text="Yes."))
        await put_down(stint, End(state=RunState.DEFERRED, task_state=TaskState.QUEUED, why="so it was"))
        standing = service.ticker._orders.standing
        seen = await service.parts.database.submit(lambda conn: snapshot.load(conn, standing.bill, START))
        decided = planner.plan(seen, standing.bill, START)
        weigher, read = Weigher(service.parts, Briefer(service.parts.database)), sessions.get
        reads: list[TaskId] = []

        def counted(conn: Connection, task: TaskId) -> Session | None:
            reads.append(task)
            return read(conn, task)

        monkeypatch.setattr(sessions, "get", counted)
        for _ in range(3):
            await weigher.begin(standing, seen)
            assert not await weigher.look(decided, seen, standing, START)
            assert weigher.known == ()

    assert reads == ["one"]  # its words are read once, as long as they are these


async def test_what_was_told_and_never_answered_is_weighed_as_it_was_told(tmp_path: Path, vendor: FakeVendor) -> None:
    here = Place(tmp_path, vendor, budget="per_run_usd = 0.05", rules="Short.\n").world
    async with here.service() as service:
        await settle(service)
        await service.parts.database.submit(lambda conn: tell(conn, LONG * 3))
        await service.control.retry(TaskId("one"))
        await settle(service)
        assert "a call of dear dear-1 may take $5.9" in (await task_of(service, "one")).note


def tell(conn: Connection, text: str) -> None:
    sessions.get_or_open(conn, TaskId("one"), RepoName("repo"), START)
    said = json.dumps(dump(Transcript(entries=(Told(text=text),))))
    conn.execute("UPDATE sessions SET transcript = :said WHERE task = 'one'", {"said": said})


async def test_a_brief_that_cannot_be_made_keeps_no_other_task_from_beginning(
    tmp_path: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> NoReturn:
        raise ValueError("what a template")

    here = Place(tmp_path, vendor, budget="per_run_usd = 0.10").world
    async with here.service() as service:
        monkeypatch.setattr(Briefer, "made", fails)
        plan = await service.ticker.tick()
        await service.ticker.tick()
        await service.dispatcher.drain(timedelta(0))

    assert [start.task for start in plan.starts] == ["one"]
    assert [facts["error"] for facts in here.said("daemon.fault") if facts["where"] == "weighing of one"]


async def test_what_nobody_sells_is_not_weighed(tmp_path: Path, vendor: FakeVendor) -> None:
    place = Place(tmp_path, vendor, budget="per_run_usd = 0.10")
    said = place.world.budget
    place.world.budget = said.replace(", price = { input = 50, output = 50, cache_write = 50 }", "")
    async with place.world.service() as service:
        await settle(service)
        kept = await task_of(service, "one")

    assert "a call of cheap cheap-1 may take $0.2" in kept.note
    assert "dear" not in kept.note
