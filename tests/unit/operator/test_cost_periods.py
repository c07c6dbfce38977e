"""`watchbill cost today`: periods as words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from watchbill.operator.cli import root
from watchbill.operator.cli.cost import command
from watchbill.operator.doors import Client
from watchbill.operator.faults import Exit

MONEY = {f"{name}_micro_usd": 0 for name in ("cost", "held", "unknown")}
TOTAL = {"name": "claude", "calls": 1, "tokens_in": 2, "tokens_out": 3, **MONEY}
SAVINGS: dict[str, Any] = {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What the API is asked, each time."""
    seen: list[dict[str, Any]] = []

    def get(_self: Client, path: str, **params: Any) -> dict[str, Any]:
        seen.append({"path": path, **params})
        at = datetime(2026, 11, 24, tzinfo=UTC).isoformat() if params.get("since") else None
        return {"rows": [dict(TOTAL)], "total": TOTAL, "since": at, "until": params["until"] and at, "savings": SAVINGS}

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Client, "get", get)
    monkeypatch.setattr("watchbill.operator.cli.cost.connect", lambda _options: Client(door=None))  # type: ignore[arg-type]
    monkeypatch.setattr("watchbill.operator.cli.show.savings", lambda _savings: "")
    return seen


def cost(*words: str, code: int = 0) -> str:
    said = CliRunner().invoke(root.group, ["cost", *words])
    assert said.exit_code == code, said.output
    return said.output


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ((), (None, None)),
        (("today",), ("today", None)),
        (("yesterday",), ("yesterday", "today")),
        (("month",), ("month", None)),
        (("7d",), ("7d", None)),
        (("36h",), ("36h", None)),
        (("--since", "today"), ("today", None)),
    ],
)
def test_a_period_is_a_word(asked: list[dict[str, Any]], words: tuple[str, ...], bounds: tuple[str, str]) -> None:
    cost(*words)

    assert [(each["since"], each["until"]) for each in asked] == [bounds]


@pytest.mark.parametrize("words", [("today", "--by", "type"), ("--by", "type", "today"), ("--by=type", "today")])
def test_it_may_stand_before_and_behind_options(asked: list[dict[str, Any]], words: tuple[str, ...]) -> None:
    cost(*words, "--csv")

    assert [(each["by"], each["since"]) for each in asked] == [("type", "today")]


def test_people_are_told_of_which_time_it_is(asked: list[dict[str, Any]]) -> None:
    assert "since 24 Nov" in cost("today")
    assert " until 24 Nov" in cost("yesterday")
    assert "since" not in cost()


def test_two_ways_to_say_when_are_refused(asked: list[dict[str, Any]]) -> None:
    assert "say today, or --since and --until, not both" in cost("today", "--since", "3d", code=Exit.USAGE)


@pytest.mark.parametrize(("said", "named"), [(("--by", "type"), "--by"), (("today",), "today"), (("--csv",), "--csv")])
def test_what_a_command_of_the_group_would_lose_is_refused(said: tuple[str, ...], named: str) -> None:
    assert f"{named} is of `watchbill cost` alone; forecast does not" in cost(*said, "forecast", code=Exit.USAGE)


def test_a_word_that_is_no_period_is_no_command(asked: list[dict[str, Any]]) -> None:
    assert "No such command '3y'" in cost("3y", code=Exit.USAGE)


def test_json_may_be_said_of_the_group(monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]]) -> None:
    monkeypatch.setattr("watchbill.operator.cli.burn.connect", lambda _options: Client(door=None))  # type: ignore[arg-type]
    monkeypatch.setattr(Client, "get", lambda _self, path: {"path": path})

    assert json.loads(cost("--json", "forecast")) == {"path": "/costs/forecast"}


def test_help_and_shells_name_the_words() -> None:
    assert " cost [today|yesterday|month|7d] [OPTIONS] [COMMAND]" in cost("--help")
    with command.make_context("cost", [], resilient_parsing=True) as ctx:
        assert [item.value for item in command.shell_complete(ctx, "t")] == ["today"]
        assert {"7d", "forecast"} <= {item.value for item in command.shell_complete(ctx, "")}
