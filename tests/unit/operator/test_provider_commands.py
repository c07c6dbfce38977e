"""watchbill provider, over the store itself and over a daemon's answers."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from operator_makers import CLAUDE, GPT, NOW, ScriptedCommands, begin, call, outlook, put, state_in, watchbill

from tests.stores import migrated
from watchbill.domain.breakers import Sign
from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.outcomes import LimitWindow, Setback, SetbackKind, WindowUse
from watchbill.domain.ports import ProbeResult
from watchbill.operator import deeds, inside
from watchbill.operator.cli import root
from watchbill.operator.doors import Client
from watchbill.operator.faults import BadQuestion, Exit, NotFound
from watchbill.operator.queries import providers
from watchbill.state import allowances, breakers, database, events, holds, ledger, probes, troubles
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

CONFIG = """
[daemon]
state_dir = "state"

[[repo]]
name = "novel"
path = "."

[provider.claude]
kind = "scripted"
models = [{ id = "big" }, { id = "old", retires = 2020-01-15 }]

[provider.gpt]
kind = "scripted"
models = [{ id = "m" }]
"""
MINUTE = timedelta(minutes=1)
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    return state_in(tmp_path, monkeypatch, CONFIG)


@pytest.fixture
def run(folder: StateFolder) -> Run:
    now = datetime.now(UTC)
    with database.direct(migrated(folder.db)) as conn:
        for _ in range(3):
            breakers.note(conn, CLAUDE, Sign.FAILED, now, why="HTTP 529\nmore")
        setback = Setback(kind=SetbackKind.OVERLOADED, message="HTTP 529\nmore")
        troubles.note(conn, CLAUDE, "big", setback, now - 12 * MINUTE)
        breakers.note(conn, CLAUDE, Sign.FAILED, now, model="big", why="full")
        probes.note(conn, CLAUDE, ProbeResult(well=False, message="no answer"), now - 3 * MINUTE)
    return watchbill


def asked(run: Run, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def test_a_list_says_how_each_stands_why_and_when_it_is_tried_again(run: Run) -> None:
    said = run("provider", "list").output

    assert "broken" in said
    assert re.search(r"it failed 3 times in a row by \S+ \S+ \S+: HTTP 529; tried again", said)
    (claude, gpt) = asked(run, "provider", "list")["providers"]
    assert (claude["state"], claude["health"], gpt["state"], gpt["score"]) == ("broken", "critical", "ready", 100)


def test_show_names_each_deduction_and_gives_every_error_its_age_and_next_try(run: Run) -> None:
    said = run("provider", "show", "claude").output

    assert "open, probed" in said
    assert "closed, 1 failure: full" in said
    assert "sick 3m" in said
    assert "ago: no answer" in said
    assert re.search(r"-60  it failed 3 times in a row by \S+ \S+ \S+: HTTP 529", said)
    assert "-15  old was to retire on 2020-01-15" in said
    assert "overloaded 12m" in said
    assert "ago: HTTP 529; tried again" in said
    whole = asked(run, "provider", "show", "claude")
    assert [model["model"] for model in whole["models"]] == ["big", "old"]
    assert whole["errors"][0]["kind"] == "overloaded"


def test_one_that_is_in_order_has_little_to_tell(run: Run) -> None:
    said = run("provider", "show", "gpt").output

    assert "100 of 100, healthy" in said
    assert "last probe" not in said


def test_why_of_a_provider_tells_what_it_begins_and_what_keeps_the_rest_from_it(run: Run, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        put(conn, "a", "b", provider="claude")
        put(conn, "c")
        put(conn, "d", needs=(TaskId("c"),))

    assert "works on nothing" in run("why", "gpt").output
    gpt, claude = run("why", "gpt").output.splitlines(), run("why", "claude").output.splitlines()

    assert "  ✓ begins now: c" in gpt
    assert any(line.startswith("  ✗ 2 tasks not_pinned: ") and line.endswith(" (first: a)") for line in gpt)
    assert any(line.startswith("    1 task waiting for something else, deps_unmet: ") for line in gpt)
    assert gpt[-1] == "→ all about it: watchbill provider show gpt"
    assert any(line.startswith("  ✗ ") and "HTTP 529" in line for line in claude)
    assert asked(run, "why", "gpt")["queue"] == asked(run, "provider", "show", "gpt")["queue"]
    assert "  ✓ begins now: c" in run("provider", "show", "gpt").output


def test_why_of_nobody_says_that_no_task_is_called_so(run: Run) -> None:
    assert "no task" in run("why", "gptt", code=Exit.FAILED).output
    assert "the queue has nothing that could begin" in run("why", "gpt").output


def test_models_say_what_they_are_for_and_when_they_end(run: Run, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        listing = ProbeResult(well=True, message="", models=("big-20260101",))
        probes.note(conn, CLAUDE, listing, datetime.now(UTC))

    assert "old was to retire on 2020-01-15" in run("provider", "models").output
    found = {model["model"]: model["listed"] for model in asked(run, "provider", "models")["models"]}
    assert found == {"big": True, "old": False, "m": None}
    (only,) = asked(run, "provider", "models", "gpt")["models"]
    assert (only["provider"], only["state"], only["retires_at"]) == ("gpt", "ready", None)


def test_a_reset_gives_it_work_again_and_is_told(run: Run, folder: StateFolder) -> None:
    said = run("provider", "reset", "claude", "-m", "they are back").output

    assert said == "claude is given work again\n  breaker closed: all\n  breaker closed: big\n"

    with database.direct(folder.db) as conn:
        assert breakers.all(conn) == {}
        (told,) = [event for event in events.since(conn, 0) if event.name == "provider.reset"]
    assert (told.facts["models"], told.facts["why"]) == (["all", "big"], "they are back")
    run("provider", "reset", "claude", "-m", "again", code=Exit.FAILED)
    with database.direct(folder.db) as conn:
        holds.put(conn, GPT, until=None, kind="auth_failed", why="401", now=datetime.now(UTC))
    (lifted,) = asked(run, "provider", "reset", "gpt", "-m", "new key")["holds"]
    assert lifted.startswith("gpt: auth_failed since ")


def test_a_reset_lets_work_begin_where_an_allowance_was_all_but_used_up(run: Run, folder: StateFolder) -> None:
    now = datetime.now(UTC)
    with database.direct(folder.db) as conn:
        allowances.note(
            conn, GPT, [WindowUse(window=LimitWindow.WEEK, used=0.95, resets_at=now + timedelta(days=2))], now
        )
    assert asked(run, "provider", "show", "gpt")["state"] == "held"

    assert asked(run, "provider", "reset", "gpt", "-m", "a bigger plan")["holds"] == [
        "95% of its week allowance is used"
    ]
    assert asked(run, "provider", "show", "gpt")["state"] == "ready"


def test_an_account_that_waits_for_a_person_says_so_and_its_model_is_no_more_ready(
    run: Run, folder: StateFolder
) -> None:
    with database.direct(folder.db) as conn:
        holds.put(conn, GPT, model="m", until=None, kind="model_gone", why="no such model", now=datetime.now(UTC))

    said = run("provider", "show", "gpt").output

    assert "waits for you: watchbill provider reset gpt -m WHY" in said
    assert "-40  m rests: model_gone since " in said
    found = asked(run, "provider", "show", "gpt")
    assert (found["state"], found["until"], found["models"][0]["state"]) == ("held", None, "held")


def test_only_a_daemon_probes(run: Run) -> None:
    assert "doctor --online" in CliRunner().invoke(root.group, ["provider", "probe", "claude"]).output
    run("provider", "probe", "claude", code=Exit.UNREACHABLE)


@pytest.mark.parametrize(("well", "code", "word"), [(True, Exit.OK, "well"), (False, Exit.CONDITION_FALSE, "not well")])
def test_a_probe_tells_and_its_exit_code_says_it_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, *, well: bool, code: int, word: str
) -> None:
    monkeypatch.setattr(Client, "post", lambda _self, _path: {"well": well, "message": "2 models"})

    assert run("provider", "probe", "claude", code=code).output == f"claude is {word}: 2 models\n"
    assert json.loads(run("provider", "probe", "claude", "--json", code=code).output)["well"] is well


def test_an_unknown_provider_is_named(run: Run) -> None:
    result = run("provider", "show", "claud", code=Exit.FAILED)

    assert "no provider is called 'claud'; there are claude, gpt" in result.stderr


def test_colours_are_off_where_nobody_wants_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[" not in run("provider", "list").output


# --- the API


def over(conn: Connection, method: str, path: str, said: dict[str, Any] | None = None) -> tuple[ScriptedCommands, Any]:
    commands = ScriptedCommands()
    answer = inside.ask(conn, commands, outlook, method=method, path=f"/api/v1{path}", said=said)
    return commands, json.loads(answer.text)


def test_the_api_probes_and_resets(conn: Connection) -> None:
    commands, answer = over(conn, "POST", "/providers/claude/probe")
    assert (commands.asked, answer["retires"]) == ([("probe", "claude")], {"m": "2026-11-24T12:30:00Z"})

    commands, answer = over(conn, "POST", "/providers/claude/reset", {"who": "jo", "why": "back"})
    assert (commands.asked, answer["who"]) == ([("reset", "claude", "jo", "back")], "jo")


def test_the_api_tells_models_and_one_provider(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a", GPT)

    _, listed = over(conn, "GET", "/models")
    _, one = over(conn, "GET", "/providers/gpt")

    assert [model["model"] for model in listed["models"]] == ["claude-1", "gpt-1"]
    assert (one["running"], one["state"]) == ([run.id], "busy")


@pytest.mark.parametrize(
    ("why", "fault"), [(" ", BadQuestion), ("all is well", NotFound)], ids=["no reason", "nothing to reset"]
)
def test_what_cannot_be_reset_says_why(conn: Connection, why: str, fault: type[WatchbillError]) -> None:
    with pytest.raises(fault):
        deeds.reset(conn, CLAUDE, who="jo", why=why)


def test_a_provider_on_trial_and_a_model_that_is_stopped(conn: Connection) -> None:
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW)
    breakers.note(conn, CLAUDE, Sign.PROBED_WELL, NOW)
    put(conn, "a")
    run = begin(conn, "a", GPT)
    conn.execute("INSERT INTO stopped_models VALUES ('gpt', 'gpt-1', :call, 0)", {"call": call(conn, run, "0.01")})

    claude, gpt, _ = providers.listing(conn, outlook())["providers"]
    (model,) = providers.models(conn, outlook(), "gpt")["models"]

    assert (claude["state"], gpt["state"]) == ("half_open", "busy")
    assert model["state"] == "stopped"
    assert ledger.stopped(conn)[0].provider == run.provider == ProviderName("gpt")
