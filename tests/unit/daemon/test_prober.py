"""Probes: at no cost, at their times, and what a sick provider's return comes to, without a human."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import World, ends_of, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.breakers import BreakerState, Sign
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.ports import ProbeResult
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Fail, finish, first
from watchbill.state import accounts, breakers, probes, troubles

pytestmark = pytest.mark.anyio

CLAUDE, GPT = ProviderName("claude"), ProviderName("gpt")
DONE = steps(WRITE, finish("done"))
CUT = Fail(kind=SetbackKind.NETWORK, message="reset by peer")
WELL = ProbeResult(well=True, message="2 models")
SICK = ProbeResult(well=False, message="no answer")


def world(tmp_path: Path, *, probe_every: str = "15m", **scripts: object) -> World:
    daemon = f'[health]\nprobe_every = "{probe_every}"'
    return World(root=tmp_path, scripts=scripts or {"claude": DONE}, daemon=daemon, rate=1).make()  # type: ignore[arg-type]


def answers(service: Service, name: ProviderName, *results: ProbeResult) -> list[int]:
    """Let the provider's probes find this, one after the other; the last one for ever. Counts them."""
    asked: list[int] = []

    def probe() -> ProbeResult:
        asked.append(1)
        return results[min(len(asked), len(results)) - 1]

    service.providers[name]._probe = probe  # type: ignore[union-attr]
    return asked


async def broken(service: Service, *, since: timedelta) -> None:
    at = service.parts.clock.now() - since
    for _ in range(3):
        await service.parts.database.submit(lambda conn: breakers.note(conn, CLAUDE, Sign.FAILED, at, why="529"))


async def state_of(service: Service, name: ProviderName = CLAUDE, model: str = "") -> BreakerState:
    return (await service.parts.database.submit(lambda conn: breakers.get(conn, name, model))).state


async def test_a_broken_provider_is_probed_at_its_time_tried_once_and_given_work_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        asked = answers(service, CLAUDE, WELL)
        await broken(service, since=timedelta(minutes=4))
        await settle(service)
        await service.prober.look()
        assert (await ends_of(service, "one"), asked) == ([], [])

        await broken(service, since=timedelta(0))  # what was under way changes nothing
        await service.parts.database.submit(lambda conn: conn.execute("UPDATE breakers SET retry_ms = 0"))
        await service.prober.look()
        assert (await state_of(service), len(asked)) == (BreakerState.HALF_OPEN, 1)
        await settle(service)

        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await state_of(service) is BreakerState.CLOSED
        assert len(await service.parts.database.submit(accounts.calls)) == 2  # the work's own: a probe costs nothing
    assert here.said("provider.breaker_half_open")
    assert here.said("provider.breaker_closed")


async def test_one_that_is_still_sick_waits_longer(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        answers(service, CLAUDE, SICK)
        await broken(service, since=timedelta(minutes=6))
        await service.prober.look()

        found = await service.parts.database.submit(lambda conn: breakers.get(conn, CLAUDE))
    assert (found.state, found.openings) == (BreakerState.OPEN, 2)
    assert here.said("provider.probed") == [{"provider": "claude", "well": False, "message": "no answer"}]


async def test_a_sick_providers_work_moves_on(tmp_path: Path) -> None:
    here = world(tmp_path, claude=steps(CUT), gpt=DONE)
    async with here.service() as service:
        await broken(service, since=timedelta(0))
        await settle(service)
        assert await ends_of(service, "one") == [("gpt", "landed")]


async def test_a_model_that_is_full_is_left_alone_and_another_of_its_provider_works(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.models = {"claude": ' }, { id = "other"'}
    async with here.service() as service:
        now = service.parts.clock.now()
        for _ in range(3):
            await service.parts.database.submit(
                lambda conn: breakers.note(conn, CLAUDE, Sign.FAILED, now, model="scripted-claude", why="529")
            )
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await state_of(service, model="scripted-claude") is BreakerState.OPEN
    assert [facts["model"] for facts in here.said("run.started")] == ["other"]


@pytest.mark.parametrize(("kind", "model"), [(SetbackKind.NETWORK, ""), (SetbackKind.OVERLOADED, "scripted-claude")])
async def test_failures_of_work_open_the_breaker_and_are_kept_with_their_age(
    tmp_path: Path, kind: SetbackKind, model: str
) -> None:
    here = world(tmp_path, claude=steps(first(*[Fail(kind=kind, message="so it was")] * 9)))
    async with here.service() as service:
        for _ in range(3):
            await service.ticker.tick()
            await service.dispatcher.idle()
            await service.parts.database.submit(lambda conn: conn.execute("DELETE FROM holds"))
        assert await state_of(service, model=model) is BreakerState.OPEN
        kept = await service.parts.database.submit(lambda conn: troubles.latest(conn, CLAUDE))
        assert (await task_of(service, "one")).attempts == 0
    assert [trouble.message for trouble in kept] == ["so it was"] * 3
    (told,) = here.said("provider.breaker_opened")
    assert (told["model"], told["why"]) == (model, "so it was")


async def test_one_of_whom_nothing_was_heard_is_probed_now_and_then(tmp_path: Path) -> None:
    here = world(tmp_path, probe_every="0.01s")
    async with here.service() as service:
        asked = answers(service, CLAUDE, WELL, SICK)
        await asyncio.sleep(0.02)
        await service.prober.look()
        await asyncio.sleep(0.02)
        await service.prober.look()
        found = await service.parts.database.submit(probes.all)
    assert (len(asked), found[CLAUDE].well) == (2, False)


async def test_one_that_answered_a_moment_ago_need_not_be_asked(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        asked = answers(service, CLAUDE, WELL)
        await settle(service)
        await service.prober.look()
    assert asked == []


async def test_a_person_may_ask_at_once_and_one_that_is_well_is_tried(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        answers(service, CLAUDE, WELL)
        await broken(service, since=timedelta(0))

        assert (await service.control.probe(CLAUDE)).well
        assert await state_of(service) is BreakerState.HALF_OPEN


async def test_a_probe_that_breaks_or_never_answers_finds_it_sick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchbill.daemon.prober.PROBE_TAKES", timedelta(milliseconds=20))
    here = world(tmp_path)
    async with here.service() as service:
        provider = service.providers[CLAUDE]

        async def never() -> ProbeResult:
            await asyncio.Event().wait()
            raise AssertionError

        async def breaks() -> ProbeResult:
            raise OSError("no such program")

        provider.probe = never  # type: ignore[method-assign]
        assert not (await service.prober.ask(CLAUDE)).well
        provider.probe = breaks  # type: ignore[method-assign]
        assert "no such program" in (await service.prober.ask(CLAUDE)).message


async def test_one_without_its_key_is_not_asked(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        known = service.orders.standing
        setups = {**known.setups, CLAUDE: replace(known.setups[CLAUDE], missing="no key")}
        service.orders.replace(replace(known, setups=setups))
        with pytest.raises(IllegalMove, match="no key"):
            await service.control.probe(CLAUDE)


async def test_a_model_that_retires_is_named_once_a_day(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        ends = service.parts.clock.now() + timedelta(days=9)
        listing = ProbeResult(well=True, message="", models=("scripted-claude",), retires={"scripted-claude": ends})
        answers(service, CLAUDE, listing)
        await service.prober.ask(CLAUDE)
        await service.prober.look()
        await service.prober.look()
    assert [(facts["model"], facts["at"].date()) for facts in here.said("provider.retiring")] == [
        ("scripted-claude", ends.date())
    ]


async def test_a_reset_by_hand_is_told_and_its_work_begins(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await broken(service, since=timedelta(0))
        await service.control.reset(CLAUDE, who="jo", why="they said so")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.said("provider.reset")[0]["who"] == "jo"


async def test_the_probers_loop_outlives_a_fault_and_wakes_at_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        looked = asyncio.Event()
        faults = [OSError("disk full")]

        async def look() -> None:
            if faults:
                raise faults.pop()
            looked.set()

        monkeypatch.setattr(service.prober, "look", look)
        loop = asyncio.create_task(service.prober.run())
        await here.hears("daemon.fault", where="probes")
        service.prober.wake()
        await asyncio.wait_for(looked.wait(), 60)
        assert "probes" in service.timers.names()
        loop.cancel()
