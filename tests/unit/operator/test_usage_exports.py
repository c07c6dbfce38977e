"""watchbill cost reconcile: what an export says of the ledger, and what it lowers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from operator_makers import begin, call, put, spend

from tests.stores import migrated
from watchbill.domain.money import MicroUsd
from watchbill.operator.cli import reconcile
from watchbill.operator.cli import root as cli
from watchbill.operator.faults import Exit
from watchbill.state import accounts, database, events, ledger
from watchbill.state.folder import StateFolder

CONFIG = """\
[[repo]]
name = "novel"
path = "."

[provider.claude]
kind = "anthropic"
api_key = "env:NOVEL_KEY"
models = [{ id = "claude-1", price = { input = 3, output = 15 } }]

[provider.local]
kind = "local"
"""
NOON = (datetime.now(UTC) - timedelta(days=3)).replace(hour=12, minute=0)
DAY = NOON.date().isoformat()
NAMES = "day,model,tokens_in,tokens_out,cost_usd,call,request_id\n"

Watchbill = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "watchbill.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHBILL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NOVEL_KEY", "sk-canary")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def folder(here: Path) -> StateFolder:
    """call-1 is settled with 1,200 tokens in and 300 out; call-2, bounded at $0.10, was cut."""
    folder = StateFolder(here / "state")
    folder.make()
    migrated(folder.db)
    with database.direct(folder.db) as conn:
        put(conn, "a")
        run = begin(conn, "a", at=NOON)
        spend(conn, run, "0.02", NOON)
        lost = call(conn, run, "0.05", NOON)
        ledger.sent(conn, lost)
        ledger.lose(conn, lost, "the stream was cut", NOON + timedelta(minutes=1))
    return folder


@pytest.fixture
def watchbill(here: Path) -> Watchbill:
    def run(text: str, *words: str, code: int = 0, provider: str = "claude") -> Result:
        (here / "export.csv").write_text(text)
        said = ["cost", "reconcile", "export.csv", "--provider", provider, *words]
        result = CliRunner().invoke(cli.group, said, prog_name="watchbill")
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result

    return run


def spent(folder: StateFolder) -> MicroUsd:
    with database.direct(folder.db) as conn:
        return MicroUsd(sum(row.cost for row in accounts.totals(conn, accounts.By.RUN)))


def test_drift_and_proof_are_shown_and_nothing_is_changed(watchbill: Watchbill, folder: StateFolder) -> None:
    said = watchbill(f"{NAMES}{DAY},claude-1-20250929,1200,300,0.021,,\n").output

    assert "export.csv, sha256 " in said
    assert "watchbill's own CSV" in said
    assert f"{DAY}  claude-1" in said
    assert "$0.001" in said  # of drift
    assert "call-2 can be lowered from $0.10 to $0.00" in said
    assert "1 unknown calls would cost $0.10 less, 0 stay; book it with --apply" in said
    assert spent(folder) == 120_000


def test_what_is_proven_is_booked_with_its_evidence_and_once(watchbill: Watchbill, folder: StateFolder) -> None:
    text = f"{NAMES}{DAY},claude-1,1300,310,,,\n"

    said = watchbill(text, "--apply").output

    assert (
        "call-2 is lowered from $0.10 to $0.00075" in said
    )  # 100 in at 6, the price of cache writes, and 10 out at 15 dollars a million
    assert spent(folder) == 20_000 + 750
    again = watchbill(text, "--apply").output
    assert "0 unknown calls cost $0.00 less, 0 stay" in again
    assert spent(folder) == 20_000 + 750
    with database.direct(folder.db) as conn:
        (event,) = [event for event in events.since(conn, 0) if event.name == "cost.lowered"]
        lowered = accounts.calls(conn)[1]
    assert (event.facts["call"], event.facts["before"], event.facts["cost"]) == ("call-2", 100_000, 750)
    assert event.facts["who"]
    assert "100 tokens in and 10 out are left for it (export.csv, sha256 " in lowered.note
    assert lowered.settlement is not None
    assert lowered.settlement.price_source.startswith("evidence: export.csv")


def test_a_fresh_file_may_be_an_old_export(watchbill: Watchbill, folder: StateFolder, here: Path) -> None:
    said = watchbill(f"{NAMES}{DAY},claude-1,1200,300,,,\n", "--taken", f"{DAY}T12:30").output

    assert "call-2 stays at $0.10: it is not old enough: the export was taken" in said


def test_when_the_file_was_written_is_when_it_was_taken(watchbill: Watchbill, folder: StateFolder, here: Path) -> None:
    text = f"{NAMES}{DAY},claude-1,1200,300,,,\n"
    answer = json.loads(watchbill(text, "--json").output)

    assert datetime.fromisoformat(answer["taken_at"]).timestamp() == pytest.approx(
        (here / "export.csv").stat().st_mtime
    )
    assert (answer["shape"], answer["apply"], answer["lowered"][0]["call"]) == ("watchbill's own CSV", False, "call-2")


def test_named_requests_are_booked_at_their_price(watchbill: Watchbill, folder: StateFolder) -> None:
    text = f"{NAMES}{DAY},claude-1,1200,300,0.02,call-1,\n{DAY},claude-1,50,5,0.0123,call-2,req_2\n{DAY},claude-1,1,1,1,,req_9\n"

    answer = json.loads(watchbill(text, "--apply", "--json").output)

    assert [(each["call"], each["cost_micro_usd"]) for each in answer["lowered"]] == [("call-2", 12_300)]
    assert (answer["unmatched"], answer["kept"]) == (1, [])
    assert spent(folder) == 32_300


def test_requests_that_differ_from_what_was_booked_are_listed(
    watchbill: Watchbill, folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchbill(f"{NAMES}{DAY},claude-1,50,5,0.0123,call-2,req_2\n", "--apply")
    text = f"{NAMES}{DAY},claude-1,50,5,0.5,,req_2\n{DAY},claude-1,1,1,1,,x\n"

    said = watchbill(text).output
    monkeypatch.setattr(reconcile, "_SHOWN", 0)
    cut = watchbill(text).output

    assert "req_2: booked at $0.01, the export says $0.50" in said
    assert "1 of its requests are of no call of ours" in said
    assert "… and 1 more requests differ" in cut


def test_a_list_of_requests_says_nothing_of_the_rest_of_their_day(watchbill: Watchbill, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        conn.execute(
            "UPDATE calls SET reserved_ms = reserved_ms - 172800000 WHERE state = 'unknown'"
        )  # a day on which nothing is settled
    day = (NOON - timedelta(days=2)).date().isoformat()

    answer = json.loads(watchbill(f"{NAMES}{day},claude-1,1,1,0.0001,call-9,\n", "--apply", "--json").output)

    assert (answer["days"], answer["lowered"], answer["unmatched"]) == ([], [], 1)


def test_a_cut_call_is_found_by_the_id_that_the_vendor_gave_its_answer(
    watchbill: Watchbill, folder: StateFolder
) -> None:
    with database.direct(folder.db) as conn:
        conn.execute("UPDATE calls SET request_id = 'req_cut' WHERE id = 'call-2'")

    answer = json.loads(watchbill(f"{NAMES}{DAY},claude-1,50,5,0.0123,,req_cut\n", "--apply", "--json").output)

    assert [(each["call"], each["cost_micro_usd"]) for each in answer["lowered"]] == [("call-2", 12_300)]
    assert (answer["unmatched"], spent(folder)) == (0, 32_300)


def test_a_large_export_comes_in_parts(
    watchbill: Watchbill, folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_CHUNK", 2)
    lines = "".join(f"{DAY},claude-1,1,1,0.001,,req_{number}\n" for number in range(7))

    result = watchbill(f"{NAMES}{lines}", "--json")
    answer = json.loads(result.stdout)

    assert answer["unmatched"] == 7
    assert "reconciling" in result.stderr


def test_a_model_without_a_price_proves_nothing_by_tokens(
    watchbill: Watchbill, folder: StateFolder, here: Path
) -> None:
    (here / "watchbill.toml").write_text(CONFIG.replace(", price = { input = 3, output = 15 }", ""))

    assert "the export does not lower it" in watchbill(f"{NAMES}{DAY},claude-1,1300,310,,,\n").output


def test_money_alone_limits_a_call_to_what_its_day_was_billed(watchbill: Watchbill, folder: StateFolder) -> None:
    said = watchbill(f"day,model,cost_usd\n{DAY},claude-1,0.07\n").output

    assert "call-2 can be lowered from $0.10 to $0.07: its model was billed no more on that day altogether" in said


def test_an_empty_export_says_nothing(watchbill: Watchbill, folder: StateFolder) -> None:
    assert "0 unknown calls would cost $0.00 less, 0 stay" in watchbill("[]").output


@pytest.mark.parametrize("text", ["hello", "{"])
def test_a_file_that_is_no_export_is_refused(watchbill: Watchbill, folder: StateFolder, text: str) -> None:
    assert "export.csv is no usage export" in watchbill(text, code=Exit.USAGE).stderr


def test_a_provider_that_sells_nothing_is_refused(watchbill: Watchbill, folder: StateFolder) -> None:
    said = watchbill("[]", provider="local", code=Exit.USAGE).stderr

    assert "nothing is bought of 'local'; providers with models are: claude" in said


def test_bytes_that_are_no_text_are_refused(folder: StateFolder, here: Path) -> None:
    (here / "export.csv").write_bytes(b"\xff\xfe\x00")
    words: list[Any] = ["cost", "reconcile", "export.csv", "--provider", "claude"]

    assert CliRunner().invoke(cli.group, words, prog_name="watchbill").exit_code == Exit.USAGE
