"""Registries of words: events and tools are named once, and say what they carry."""

import re

from watchbill.domain.errors import OverBudget
from watchbill.domain.events import EVENT_BY_NAME, EVENTS
from watchbill.domain.tools import TOOL_BY_NAME, TOOLS


def test_event_is_registered_once_under_a_dotted_name() -> None:
    assert len(EVENT_BY_NAME) == len(EVENTS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", spec.name) for spec in EVENTS)


def test_event_has_a_known_level_and_a_sentence_of_help() -> None:
    assert {spec.level for spec in EVENTS} <= {"debug", "info", "warning", "error"}
    assert all(spec.help.endswith(".") for spec in EVENTS)


def test_event_has_distinct_fields_that_can_be_keywords_beside_its_name() -> None:
    for spec in EVENTS:
        assert len(set(spec.fields)) == len(spec.fields)
        assert all(field.isidentifier() for field in spec.fields)
        assert not {"name", "event", "level", "ts"} & set(spec.fields)


def test_tool_takes_an_object_of_declared_arguments_and_nothing_else() -> None:
    assert len(TOOL_BY_NAME) == len(TOOLS)
    for tool in TOOLS:
        assert tool.schema["type"] == "object"
        assert tool.schema["additionalProperties"] is False
        assert set(tool.schema["required"]) <= set(tool.schema["properties"])


def test_budget_refusal_says_window_left_and_wanted() -> None:
    error = OverBudget("day:2026-11-24", left=5, wanted=9)

    assert str(error) == "budget day:2026-11-24 has $0.000005 left, the call may cost $0.000009"
    assert (error.window, error.left, error.wanted) == ("day:2026-11-24", 5, 9)
