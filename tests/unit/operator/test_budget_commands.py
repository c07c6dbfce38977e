"""Budgets by hand, on the command line, over the store itself."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from click.testing import Result

from tests.stores import migrated
from tests.unit.operator.operator_makers import begin, put, spend, state_in, watchbill
from watchbill.domain.billing import Allowance, Billing, Tariff
from watchbill.domain.calls import Bound, Purpose
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import usd
from watchbill.domain.windows import Caps
from watchbill.operator.faults import Exit
from watchbill.state import database, events, holds, ledger, shortage
from watchbill.state.folder import StateFolder

CONFIG = """
[daemon]
state_dir = "state"

[budget]
daily_usd = 1.00
daily_runs = 9
per_type_usd = { write = 0.5 }
per_provider_monthly_usd = { claude = 20 }

[[repo]]
name = "novel"
path = "."

[provider.claude]
kind = "scripted"
models = [{ id = "claude-1" }]

[provider.copilot]
kind = "scripted"
billing = "credits"
allowance = { credits = 7000, overage = "ask" }
models = [{ id = "m" }]

[provider.plan]
kind = "scripted"
billing = "subscription"
allowance = { runs = 40 }
models = [{ id = "m" }]
"""

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    return state_in(tmp_path, monkeypatch, CONFIG)


@pytest.fixture
def run(folder: StateFolder) -> Run:
    with database.direct(migrated(folder.db)) as conn:
        put(conn, "a")
        spend(conn, begin(conn, "a", at=datetime.now(UTC)), "0.25")
    return watchbill


def asked(run: Run, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def lost_call(folder: StateFolder) -> str:
    with database.direct(folder.db) as conn:
        wanted = Purpose(
            run=conn.execute("SELECT id FROM runs").fetchone()["id"],
            task=conn.execute("SELECT id FROM tasks").fetchone()["id"],
            repo=conn.execute("SELECT repo FROM tasks").fetchone()["repo"],
            type=TaskType("write"),
            provider=ProviderName("claude"),
            model="claude-1",
        )
        bound = Bound(cost=usd("0.10"), tokens_in=1, tokens_out=1, price_source="test")
        call = ledger.reserve(conn, wanted, bound, Caps(), datetime.now(UTC), task_cap=None)
        ledger.sent(conn, call)
        ledger.lose(conn, call, "cut", datetime.now(UTC))
    return call


def lost_credits(folder: StateFolder) -> str:
    """A call that copilot's credits pay for, worth $0.40 at the most."""
    with database.direct(folder.db) as conn:
        put(conn, "c")
        run = begin(conn, "c", provider=ProviderName("copilot"), at=datetime.now(UTC))
        plan = Tariff(billing=Billing.CREDITS, allowance=Allowance(credits=usd(70)))
        wanted = Purpose(
            run=run.id, task=run.task, repo=run.repo, type=TaskType("write"), provider=run.provider, model="m"
        )
        bound = Bound(cost=usd("0.40"), tokens_in=1, tokens_out=1, price_source="test")
        call = ledger.reserve(conn, wanted, bound, Caps(tariffs={"copilot": plan}), datetime.now(UTC), task_cap=None)
        ledger.sent(conn, call)
        ledger.lose(conn, call, "cut", datetime.now(UTC))
    return call


def test_a_raise_is_taken_back_by_hand(run: Run, folder: StateFolder) -> None:
    run("budget", "raise", "500", "--for", "2h", "-m", "meant 5")
    run("budget", "raise", "1", "--month", "--for", "2h", "-m", "a show")

    said = run("budget", "end", "-m", "meant 5").stdout

    assert said == "day has $500.00 less again\n"
    assert [one["of"] for one in asked(run, "budget")["raises"]] == ["month"]
    assert told(folder, "budget.raise_ended") == [
        {"of": "day", "amount_micro_usd": 500_000_000, "who": ANY, "why": "meant 5"}
    ]
    assert asked(run, "budget", "end", "--month", "-m", "over")["of"] == "month"
    assert "nothing raises day now" in run("budget", "end", "-m", "x", code=Exit.USAGE).output
    assert "Missing option '-m'" in run("budget", "end", code=Exit.USAGE).output


def test_an_unknown_call_of_credits_is_lowered_to_what_it_was_worth(run: Run, folder: StateFolder) -> None:
    call = lost_credits(folder)
    left = [row["left"] for row in asked(run, "budget")["quotas"] if row["unit"] == "credits"]

    run("cost", "lower", call, "0.41", "-m", "the bill", code=Exit.USAGE)
    said = run("cost", "lower", call, "0.05", "-m", "the bill").stdout

    assert (left, said) == ([69_600_000], f"{call} is booked at $0.05 instead of $0.40\n")
    assert [row["left"] for row in asked(run, "budget")["quotas"] if row["unit"] == "credits"] == [69_950_000]


def told(folder: StateFolder, name: str) -> list[dict[str, Any]]:
    with database.direct(folder.db) as conn:
        return [dict(event.facts) for event in events.since(conn, 0, name)]


def test_budget_shows_every_cap_and_allowance(run: Run) -> None:
    answer = asked(run, "budget")
    said = run("budget").stdout

    left = {row["window"].partition(":")[0]: row["left_usd"] for row in answer["windows"]}
    assert (left["day"], left["month"], left["type"]) == (0.75, 99.75, 0.25)
    assert [(row["quota"].rpartition(":")[0], row["left"]) for row in answer["quotas"]] == [
        ("credits:plan-month:copilot", 70_000_000),
        ("runs:day", 9),
        ("runs:plan-month:plan", 40),
    ]
    assert "$0.75" in said
    assert "$70.00" in said


def test_a_used_up_window_is_called_so(run: Run, folder: StateFolder) -> None:
    now = datetime.now(UTC)
    day = next(row["window"] for row in asked(run, "budget")["windows"] if row["window"].startswith("day"))
    with database.direct(folder.db) as conn:
        shortage.mark(conn, day, wanted=900_000, until=now + timedelta(days=1), now=now)

    assert [row["window"] for row in asked(run, "budget")["windows"] if row["used_up"]] == [day]
    assert "used up" in run("budget").stdout


@pytest.mark.parametrize(
    ("words", "of"),
    [
        ((), "day"),
        (("--month",), "month"),
        (("--type", "write"), "type write"),
        (("--month", "--provider", "claude"), "provider-month claude"),
    ],
)
def test_a_raise_counts_at_once_and_says_who_and_why(run: Run, folder: StateFolder, words: tuple[str, ...], of: str):
    done = asked(run, "budget", "raise", "2.50", *words, "--for", "2h", "-m", "a show")

    assert (done["of"], done["amount_micro_usd"], done["why"]) == (of, 2_500_000, "a show")
    answer = asked(run, "budget")
    assert [(one["of"], one["amount_usd"], one["why"]) for one in answer["raises"]] == [(of, 2.5, "a show")]
    (window,) = [row for row in answer["windows"] if row["window"].startswith(of.replace(" ", ":"))]
    assert window["cap_usd"] in (3.5, 102.5, 3.0, 22.5)
    assert [event["why"] for event in told(folder, "budget.raised")] == ["a show"]
    assert f"raised: {of} by $2.50" in run("budget").stdout
    assert f"raised   {of} by $2.50" in run("status").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1", "-m", "x"), "say how long"),
        (("1", "--for", "2h"), "Missing option '-m'"),
        (("-1", "--for", "2h", "-m", "x"), "No such option"),
        (("0", "--for", "2h", "-m", "x"), "by more than nothing"),
        (("1e30", "--for", "2h", "-m", "x"), "is not an amount of dollars"),
        (("1", "--repo", "novel", "--for", "2h", "-m", "x"), "repo novel has no cap in dollars"),
        (("NaN", "--for", "2h", "-m", "x"), "is not an amount of dollars"),
        (("one", "--for", "2h", "-m", "x"), "is not an amount of dollars"),
        (("1", "--until", "9999-12-31", "-m", "x"), "ends within a year"),
        (("1", "--repo", "novel", "--type", "write", "--for", "2h", "-m", "x"), "say one of"),
    ],
)
def test_a_raise_that_cannot_be_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    assert said in run("budget", "raise", *words, code=Exit.USAGE).output


def test_money_beyond_credits_is_allowed_for_a_while_to_who_asks(run: Run, folder: StateFolder) -> None:
    assert (
        "may cost money beyond its credits" in run("budget", "overage", "copilot", "--for", "2h", "-m", "a show").stdout
    )

    assert [one["provider"] for one in asked(run, "budget")["overages"]] == ["copilot"]
    assert "beyond its credits: copilot" in run("budget").stdout
    assert "copilot beyond its credits" in run("status").stdout
    assert "does not ask" in run("budget", "overage", "claude", "--for", "2h", "-m", "x", code=Exit.USAGE).output
    assert "no provider is called" in run("budget", "overage", "x", "--for", "2h", "-m", "x", code=Exit.USAGE).output


def test_status_shows_what_is_left_of_allowances(run: Run) -> None:
    said = {one["name"]: one["allowance"] for one in asked(run, "status")["providers"]}

    assert said == {
        "claude": "",
        "copilot": "credits worth 70.00 of 70.00 USD left this month",
        "plan": "40 of 40 runs left this month",
    }


def test_a_stopped_model_is_shown_with_the_way_out_and_allowed_again(run: Run, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        conn.execute("INSERT INTO stopped_models SELECT 'claude', 'claude-1', id, 0 FROM calls")
    way_out = "watchbill provider allow claude claude-1 -m WHY"
    assert way_out in run("budget").stdout
    assert way_out in [one["command"] for one in asked(run, "status")["needs_you"]]

    said = run("provider", "allow", "claude", "claude-1", "-m", "looked at its price").stdout

    assert said == "claude-1 of claude may be asked again\n"
    assert asked(run, "budget")["stopped"] == []
    assert [event["why"] for event in told(folder, "provider.allowed")] == ["looked at its price"]
    again = run("provider", "allow", "claude", "claude-1", "-m", "x", "--json", code=Exit.FAILED)
    assert "is not stopped" in again.output


def test_an_unknown_call_is_booked_at_what_a_person_says(run: Run, folder: StateFolder) -> None:
    call = lost_call(folder)

    assert (
        run("cost", "lower", call, "0.03", "-m", "the bill").stdout == f"{call} is booked at $0.03 instead of $0.10\n"
    )

    assert asked(run, "cost")["total"]["cost_usd"] == 0.28
    assert [event["cost"] for event in told(folder, "cost.lowered")] == [30_000]
    again = run("cost", "lower", call, "0.03", "-m", "x", code=Exit.REFUSED).output
    assert "only unknown calls are open" in again
    assert "watchbill run show RUN" in again


def test_what_is_not_known_or_more_than_the_bound_is_not_booked(run: Run, folder: StateFolder) -> None:
    call = lost_call(folder)

    assert "charged at its bound of $0.10" in run("cost", "lower", call, "0.11", "-m", "x", code=Exit.USAGE).output
    assert "there is no call" in run("cost", "lower", "call-99", "0", "-m", "x", code=Exit.FAILED).output
    assert asked(run, "cost", "lower", call, "0", "-m", "x")["cost"] == 0


def test_a_held_account_is_shown_with_the_way_out_and_freed_by_a_person(run: Run, folder: StateFolder) -> None:
    now = datetime.now(UTC)
    with database.direct(folder.db) as conn:
        holds.put(conn, ProviderName("claude"), until=None, kind="auth_failed", why="bad key", now=now)
        holds.put(conn, ProviderName("claude"), model="claude-1", until=now, kind="exhausted", why="weekly", now=now)
    needs = [one for one in asked(run, "status")["needs_you"] if one["kind"] == "held"]
    assert [one["command"] for one in needs] == ["mend what it names, then: watchbill provider reset claude -m WHY"]

    said = run("provider", "reset", "claude", "-m", "a new key").stdout

    assert said.startswith("claude is given work again\n  hold lifted: claude: auth_failed since ")
    assert [one for one in asked(run, "status")["needs_you"] if one["kind"] == "held"] == []
    assert [event["why"] for event in told(folder, "provider.reset")] == ["a new key"]
    again = run("provider", "reset", "claude", "-m", "x", "--json", code=Exit.FAILED)
    assert "nothing keeps work from claude" in again.output
