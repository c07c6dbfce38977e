"""What is stored of providers' health: breakers, troubles, probes and listed models, and the signs made of them."""

from datetime import timedelta

from store_makers import CLAUDE, GPT, NOW, begin, reserve

from watchbill.domain.breakers import RETURNS, Breaker, BreakerState, Sign
from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Setback, SetbackKind
from watchbill.domain.ports import ProbeResult
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.health import Probe, Signs
from watchbill.state import breakers, health, holds, ledger, probes, troubles
from watchbill.state.breakers import WHOLE
from watchbill.state.engine import Connection

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DATED = NOW + 9 * DAY
BILL = WatchBill(
    providers=(
        ProviderTerms(
            name=CLAUDE, kind="anthropic", models=(ModelTerms(id="big"), ModelTerms(id="old", retires_at=NOW))
        ),
        ProviderTerms(name=GPT, kind="openai"),
    )
)


def fail(conn: Connection, times: int, model: str = WHOLE) -> None:
    for _ in range(times):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, model=model, why="529")


def test_a_breaker_is_read_as_it_was_stored(conn: Connection) -> None:
    fail(conn, 2)
    moved = breakers.note(conn, CLAUDE, Sign.FAILED, NOW, why="full")

    assert moved is not None
    assert moved.breaker == breakers.get(conn, CLAUDE)
    assert breakers.all(conn) == {CLAUDE: {WHOLE: moved.breaker}}
    assert moved.breaker == Breaker(
        state=BreakerState.OPEN, failures=3, openings=1, retry_at=NOW + RETURNS[0], why="full", since=NOW
    )


def test_only_a_change_of_state_is_a_move(conn: Connection) -> None:
    assert breakers.note(conn, CLAUDE, Sign.FAILED, NOW) is None
    assert breakers.answered(conn, CLAUDE, "big", NOW) == []


def test_an_answer_of_a_model_closes_its_breaker_and_its_providers(conn: Connection) -> None:
    fail(conn, 3)
    fail(conn, 3, "big")
    fail(conn, 3, "old")

    moved = breakers.answered(conn, CLAUDE, "big", NOW)

    assert [(each.model, each.breaker) for each in moved] == [(WHOLE, Breaker()), ("big", Breaker())]
    assert list(breakers.all(conn)[CLAUDE]) == ["old"]


def test_a_person_resets_all_breakers_of_a_provider(conn: Connection) -> None:
    fail(conn, 3)
    fail(conn, 1, "big")

    assert breakers.reset(conn, CLAUDE) == [WHOLE, "big"]
    assert breakers.reset(conn, CLAUDE) == []
    assert breakers.all(conn) == {}


def test_the_latest_troubles_are_kept_and_our_own_doing_is_none(conn: Connection) -> None:
    for number in range(troubles.KEPT + 5):
        setback = Setback(kind=SetbackKind.NETWORK, message=f"cut {number}", until=NOW + HOUR)
        troubles.note(conn, CLAUDE, "big", setback, NOW)
    troubles.note(conn, CLAUDE, "big", Setback(kind=SetbackKind.OVER_BUDGET, message=""), NOW)
    troubles.note(conn, GPT, "", Setback(kind=SetbackKind.REFUSED, message="\ud800"), NOW)

    kept = troubles.latest(conn, CLAUDE)

    assert (len(kept), kept[0].message, kept[-1].message) == (troubles.KEPT, "cut 54", "cut 5")
    assert kept[0] == troubles.Trouble(
        provider=CLAUDE, model="big", kind="network", message="cut 54", at=NOW, until=NOW + HOUR
    )
    assert troubles.counts(conn, frozenset({SetbackKind.NETWORK}), NOW) == {CLAUDE: troubles.KEPT}
    assert troubles.counts(conn, frozenset({SetbackKind.NETWORK}), NOW + HOUR) == {}


def test_a_probe_replaces_the_one_before_and_keeps_a_list_that_was_not_told_anew(conn: Connection) -> None:
    listing = ProbeResult(well=True, message="2 models", models=("big", "old"), retires={"old": DATED})
    probes.note(conn, CLAUDE, listing, NOW - HOUR)
    probes.note(conn, CLAUDE, ProbeResult(well=False, message="401"), NOW)

    assert probes.all(conn) == {CLAUDE: Probe(well=False, message="401", at=NOW)}
    assert probes.listed(conn) == {CLAUDE: {"big": None, "old": DATED}}

    probes.note(conn, CLAUDE, ProbeResult(well=True, message="1 models", models=("new",)), NOW)
    assert probes.listed(conn) == {CLAUDE: {"new": None}}


def test_signs_come_from_all_rows_and_the_sooner_end_counts(conn: Connection) -> None:
    fail(conn, 1)
    fail(conn, 3, "big")
    holds.put(conn, CLAUDE, until=NOW + HOUR, kind="exhausted", why="weekly", now=NOW)
    troubles.note(conn, CLAUDE, "big", Setback(kind=SetbackKind.OVERLOADED, message=""), NOW)
    listing = ProbeResult(well=True, message="ok", models=("big", "old"), retires={"big": DATED, "old": DATED})
    probes.note(conn, CLAUDE, listing, NOW)
    call = reserve(conn, begin(conn))
    ledger.sent(conn, call)
    used = Usage(tokens_in=1, tokens_out=1)
    ledger.settle(conn, call, Settlement(cost=MicroUsd(1), usage=used, price_source="test"), NOW)

    found = health.signs(conn, BILL, NOW)

    assert found[GPT] == Signs()
    assert found[CLAUDE] == Signs(
        breaker=breakers.get(conn, CLAUDE),
        by_model={"big": breakers.get(conn, CLAUDE, "big")},
        models=("big", "old"),
        held=True,
        held_until=NOW + HOUR,
        held_why="exhausted since 2026-11-24 12:00 UTC: weekly",
        answers=1,
        answered_at=NOW,
        troubles=1,
        probe=Probe(well=True, message="ok", at=NOW),
        retires={"big": DATED, "old": NOW},
    )
