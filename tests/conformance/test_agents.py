"""One suite that every agent passes: a small program over the real protocol, and the big ones where `make real` brings them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests import programs, vendors
from tests.meters import MIDNIGHT, MemoryMeter, StillClock, purpose
from tests.programs import Hands, Program
from tests.vendors import FakeVendor, Stop, Use
from watchbill.daemon.gatehouse import Gatehouse
from watchbill.domain import claims
from watchbill.domain.calls import CallState
from watchbill.domain.errors import PathRefused
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.outcomes import SetbackKind, StintDone, StintEnd, StintStopped
from watchbill.domain.ports import AgentProvider, StintRequest
from watchbill.domain.tasks import Task
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import AgentSetup, ProviderSetup
from watchbill.workspace.confinement import Quarters
from watchbill.workspace.sandbox import Sandbox, SandboxMode

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

# inside a sandbox everybody, its first process aside; outside of one only the program itself. Copilot lets no kill pass
DEATH = '[ "$(cat /proc/1/comm)" = bwrap ] && perl -e \'kill 9, -1\'; perl -e "kill 9, $PPID"'
FOREVER = "tail -f /dev/null"


class Files:
    """The run's own hands, as far as an agent may ask for them."""

    def __init__(self, root: Path, claimed: tuple[str, ...]) -> None:
        self.root = root
        self.claimed = claimed

    async def read_file(self, path: str) -> str:
        return (self.root / path).read_text()

    async def write_file(self, path: str, content: str) -> None:
        if not claims.covers(self.claimed, path):
            raise PathRefused(f"{path} is not one of the files of this task")
        (self.root / path).write_text(content)


@dataclass
class Bench:
    """An agent on a worktree, what it spends, and how its vendor answers."""

    program: Program
    provider: AgentProvider
    meter: MemoryMeter
    fake: FakeVendor
    quarters: Quarters
    worktree: Path
    heard: list[tuple[vendors.Heard, ...]] = field(default_factory=list)
    stop: bool = False
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(mode=SandboxMode.NONE))

    @property
    def hands(self) -> Hands:
        return self.program.hands

    def path(self, name: str) -> str:
        """Claude wants whole paths."""
        return str(self.worktree / name)

    async def stint(self, *, claimed: tuple[str, ...] = ("b.txt",)) -> StintEnd:
        task = Task(id=TaskId("t"), repo=RepoName("novel"), title="x", type=TaskType("write"), claims=claimed)
        request = StintRequest(
            task=task,
            purpose=replace(purpose(), model=self.program.model),
            worktree=self.worktree,
            confine=partial(self.quarters.confined, run=RunId("run-1"), worktree=self.worktree, sandbox=self.sandbox),
            brief=_brief,
            tree=self.tree,
            stop=lambda: self.stop,
        )
        async with asyncio.timeout(programs.PATIENCE):
            return await self.provider.stint(request, Files(self.worktree, claimed))  # type: ignore[arg-type]

    async def tree(self) -> str:
        return str({path.name: path.read_bytes() for path in self.worktree.iterdir() if path.is_file()})

    @property
    def asked(self) -> list[tuple[vendors.Heard, ...]]:
        """The requests of its work; one that it makes beside that may be on the wire before or with the first of them."""
        return [heard for heard in self.heard if not programs.is_aside(heard)]

    @property
    def told(self) -> str:
        """Everything that its model was told of tools."""
        return "\n".join(each.text for each in self.heard[-1] if each.role == "tool")


async def _brief() -> tuple[str, str]:
    return "You write.", "Write b.txt."


@asynccontextmanager
async def bench(
    program: Program,
    home: Path,
    *answers: Callable[[Bench], vendors.Answer],
    left: int = 10_000_000_000,
    url: str = "",
    **agent: timedelta,
) -> AsyncIterator[Bench]:
    meter, clock, waiting = MemoryMeter(left), StillClock(), list(answers)
    gatehouse = Gatehouse(meter=meter, clock=clock, is_held=_never)
    worktree = home / "worktree"
    worktree.mkdir()
    (worktree / "a.txt").write_text("hello\n")

    def decide(_vendor: str, _model: str, heard: tuple[vendors.Heard, ...]) -> vendors.Answer:
        if len(answers) > 1 and programs.is_aside(heard):
            return ["A title"]
        made.heard.append(heard)
        return (waiting.pop(0) if len(waiting) > 1 else waiting[0])(made)

    with FakeVendor(decide) as fake:
        setup = ProviderSetup(
            name=ProviderName("agent"),
            kind=program.kind,
            clock=clock,
            meter=meter,
            api_key="sk-secret-canary",
            base_url=url or (fake.anthropic_url if program.speaks == "anthropic" else fake.openai_url),
            agent=AgentSetup(
                gate=gatehouse,
                models=(program.model,),
                command=program.command,
                speaks=program.speaks,
                env=program.env,
                readable=program.readable,
                **agent,
            ),
        )
        provider = load_factory(program.kind)(setup)
        assert isinstance(provider, AgentProvider)
        quarters = Quarters(root=home / "agents", grace=timedelta(seconds=1))
        made = Bench(program, provider, meter, fake, quarters, worktree)
        if not program.is_small and shutil.which("bwrap"):
            made.sandbox = Sandbox()
        try:
            yield made
        finally:
            await provider.aclose()
            await gatehouse.aclose()
            assert await quarters.clear() == 0, "something outlived its stint"


async def _never(_window: str) -> bool:
    return False


def said(*answer: str | Use) -> Callable[[Bench], vendors.Answer]:
    return lambda _: list(answer)


def wrong(fault: vendors.Answer) -> Callable[[Bench], vendors.Answer]:
    return lambda _: fault


def writes(name: str, text: str = "new\n") -> Callable[[Bench], vendors.Answer]:
    return lambda b: [b.hands.write(b.path(name), text)]


def runs(line: str) -> Callable[[Bench], vendors.Answer]:
    return lambda b: [b.hands.shell(line)]


def needs_a_shell(b: Bench) -> None:
    if b.program.kind == "acp" and not b.program.is_small:
        pytest.skip("its shell is tried with the programs that have an adapter of their own")
    if b.sandbox.mode is SandboxMode.NONE and b.program.kind in ("claude-code", "copilot"):
        pytest.skip("without bubblewrap it has no shell")


async def test_done_is_a_result_without_an_error_and_each_call_is_booked(program: Program, home: Path) -> None:
    async with bench(program, home, writes("b.txt"), said("All done.")) as b:
        end = await b.stint()

        assert end == StintDone(summary="All done.", is_work=True)
        assert (b.worktree / "b.txt").read_text() == "new\n"
        assert set(b.meter.states) == {CallState.SETTLED}
        assert len(b.meter.calls) == len(b.fake.calls) >= 2


async def test_the_key_is_the_daemons_alone(program: Program, home: Path) -> None:
    async with bench(program, home, runs("env; cat /proc/$PPID/environ"), said("All done.")) as b:
        needs_a_shell(b)
        await b.stint()

        assert "sk-secret-canary" not in str(b.heard)
        assert all("sk-secret-canary" in str(entry.headers) for entry in b.fake.calls)


async def test_a_policys_refusal_is_typed(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(Stop(reason="refusal"))) as b:
        end = await b.stint()

    assert end.kind is SetbackKind.REFUSED
    assert set(b.meter.states) == {CallState.SETTLED}


async def test_a_budget_that_is_used_up_stops_it_before_anything_is_sent(program: Program, home: Path) -> None:
    async with bench(program, home, said("unused"), left=1) as b:
        end = await b.stint()

    assert (end.kind, end.window) == (SetbackKind.OVER_BUDGET, "day:2026-11-24")
    assert b.fake.calls == []
    assert not b.meter.calls


async def test_a_limit_is_the_vendors_typed_answer_with_its_time(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(vendors.throttled(1))) as b:
        end = await b.stint()

    assert (end.kind, end.until) == (SetbackKind.THROTTLED, MIDNIGHT + timedelta(seconds=1))
    assert set(b.meter.states) == {CallState.SETTLED}


async def test_an_account_without_money_is_asked_once(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(vendors.no_credit())) as b:
        end = await b.stint()

    assert end.kind is SetbackKind.CREDIT_EXHAUSTED
    assert len(b.asked) <= 1 <= len(b.heard) <= 2  # the first refusal may be of what it asks beside its work


async def test_a_login_that_is_refused_is_asked_once(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(vendors.unauthorized())) as b:
        end = await b.stint()

    assert end.kind is SetbackKind.AUTH_FAILED
    assert len(b.asked) <= 1 <= len(b.heard) <= 2  # the first refusal may be of what it asks beside its work


async def test_cut_answers_stay_charged_and_are_a_network_setback(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(vendors.cut())) as b:
        end = await b.stint()

    assert end.kind is SetbackKind.NETWORK
    assert set(b.meter.states) == {CallState.UNKNOWN}
    assert len(b.meter.calls) <= 4


async def test_a_program_that_is_gone_without_a_result_is_not_done(program: Program, home: Path) -> None:
    async with bench(program, home, writes("b.txt"), runs(DEATH)) as b:
        needs_a_shell(b)
        if b.sandbox.mode is SandboxMode.NONE and program.kind == "codex":
            pytest.skip("without bubblewrap it has a sandbox of its own, out of which no command kills it")
        end = await b.stint()

    assert end.kind is SetbackKind.UNUSABLE


async def test_silence_ends_it(program: Program, home: Path) -> None:
    silence = timedelta(seconds=0.4 if program.is_small else 8)  # codex hears of a command every ten seconds
    async with bench(program, home, runs(FOREVER), silence=silence) as b:
        needs_a_shell(b)
        end = await b.stint()

    assert end.kind is SetbackKind.UNUSABLE
    assert "nothing for" in end.message


async def test_going_in_a_circle_ends_it(program: Program, home: Path) -> None:
    async with bench(program, home, writes("b.txt")) as b:
        end = await b.stint()

    assert end.kind is SetbackKind.UNUSABLE
    assert end.message.startswith("no progress: it does again and again what it did before")


async def test_being_busy_with_nothing_ends_it(program: Program, home: Path) -> None:
    standstill = timedelta(seconds=0.4 if program.is_small else 12)
    busy = (lambda b: [Use("chatter", {})]) if program.is_small else runs(FOREVER)
    async with bench(program, home, busy, standstill=standstill) as b:
        needs_a_shell(b)
        end = await b.stint()

    assert end.kind is SetbackKind.UNUSABLE
    assert end.message.startswith("no progress: it did nothing new")


async def test_its_time_ends_it_however_busy_it_is(program: Program, home: Path) -> None:
    whole = timedelta(seconds=0.6 if program.is_small else 12)
    async with bench(program, home, runs(FOREVER), stint_timeout=whole) as b:
        needs_a_shell(b)
        end = await b.stint()

    assert end.kind is SetbackKind.TRUNCATED


async def test_told_to_stop_it_stops_and_its_work_stays(program: Program, home: Path) -> None:
    async with bench(program, home, writes("b.txt"), runs(FOREVER)) as b:
        needs_a_shell(b)
        working = asyncio.create_task(b.stint())
        async with asyncio.timeout(programs.PATIENCE):
            while len(b.heard) < 2:
                await asyncio.sleep(0.05)
        b.stop = True
        end = await working

        assert end == StintStopped()
        assert (b.worktree / "b.txt").exists()


async def test_broken_off_it_leaves_no_call_open(program: Program, home: Path) -> None:
    async with bench(program, home, wrong(vendors.stall())) as b:
        working = asyncio.create_task(b.stint())
        async with asyncio.timeout(programs.PATIENCE):
            await b.meter.any_sent.wait()
        working.cancel()
        await asyncio.wait({working})

        assert working.cancelled()
        assert set(b.meter.states) == {CallState.UNKNOWN}


async def test_a_file_that_is_not_its_own_is_refused_with_the_reason(program: Program, home: Path) -> None:
    if program.kind == "codex":
        pytest.skip("it asks for no single permission: the gates judge what it leaves")
    ask = (lambda b: [Use("ask", {"path": "c.txt", "text": "x"})]) if program.is_small else writes("c.txt")
    async with bench(program, home, ask, said("I may not.")) as b:
        await b.stint()

        assert "c.txt is not one of the files of this task" in b.told or not program.is_told_why
        assert not (b.worktree / "c.txt").exists()


async def test_its_probe_costs_nothing(program: Program, home: Path) -> None:
    async with bench(program, home, said("unused")) as b:
        probe = await b.provider.probe()

    assert probe.well
    assert not b.meter.calls
