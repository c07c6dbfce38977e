"""Shapes of hours, plans and reasons."""

from collections.abc import Mapping

from watchbill.operator.shapes.language import DATED, Shape, maybe_money, money

_SPAN: dict[str, Shape] = {"from": "time", "to": "time", "why": "str"}
_REJECTION: dict[str, Shape] = {"reason": "str", "detail": "str", "until": "time?"}

SHAPES: Mapping[str, Shape] = {
    "Rejection": _REJECTION,
    "Expected": {"runs": "int", "words": "str", **maybe_money("p50", "p90", "most")},
    "Why": {
        **DATED,
        "task": "Task?",
        "recurring": "Recurring?",
        "summary": "str",
        "checks": [{"name": "str", "passes": "bool", "words": "str"}],
        "candidates": [
            {
                "provider": "str",
                "model": "str",
                "step": "str?",
                "eligible": "bool",
                "score": {"fit": "num", "cost": "num", "health": "num", "load": "num", "total": "num"},
                "rejections": ["Rejection"],
                **maybe_money("estimate"),
                "expected": "Expected",
            }
        ],
        "binding": "Rejection?",
        "earliest": "Earliest?",
        "force": "str",
    },
    "Earliest": {"at": "time?", "provider": "str"},
    "Plan": {
        **DATED,
        "from": "time",
        "until": "time",
        "supposing": ["str"],
        "running": [{"run": "str", "task": "str", "provider": "str"}],
        "starts": [
            {
                "at": "time",
                "ends": "time",
                "task": "str",
                "title": "str",
                "repo": "str",
                "provider": "str",
                "model": "str",
                "why": "str",
                "riders": ["str"],
                **maybe_money("estimate", "sum"),
                "expected": "Expected",
            }
        ],
        "occurrences": [{"at": "time", "entry": "str", "repo": "str"}],
        "not_scheduled": [{"task": "str", "title": "str", "repo": "str", **_REJECTION}],
    },
    "Schedule": {
        **DATED,
        "zone": "str",
        "policy": "str",
        "always": ["str"],
        "turns": [{"from": "time", "to": "time", "owners": ["str"]}],
        "overrides": ["Override"],
    },
    "Override": {
        "number": "int",
        "provider": "str",
        "hours": "str",
        "since": "time",
        "until": "time",
        "who": "str",
        "why": "str",
    },
    "Strip": {
        **DATED,
        "zone": "str",
        "policy": "str",
        "begin": "time",
        "end": "time",
        "rows": [
            {
                "provider": "str",
                "always": "bool",
                "watches": [_SPAN],
                "stints": [{**_SPAN, "doing": "str", "task": "str", "title": "str", "run": "str?"}],
                "outs": [{**_SPAN, "kind": "str"}],
            }
        ],
        "silent": [_SPAN],
        "overrides": ["Override"],
    },
    "Week": {
        **DATED,
        "zone": "str",
        "policy": "str",
        "weeks": "num",
        "now": ["int"],
        "providers": [
            {
                "provider": "str",
                "always": "bool",
                "hours": ["int"],
                "busy": [{"day": "int", "hour": "int", "minutes": "num"}],
                "changed": [{"day": "int", "hour": "int", "said": "str"}],
            }
        ],
    },
    "WhatIf": {
        **DATED,
        "until": "time",
        "supposing": ["str"],
        "as_is": "PlanSums",
        "would_be": "PlanSums",
        "changes": [{"task": "str", "title": "str", "before": "SupposedStart?", "after": "SupposedStart?"}],
        "starts": ["SupposedStart"],
        "not_scheduled": [{"task": "str", "title": "str", **_REJECTION}],
    },
    "PlanSums": {"starts": "int", "tasks": "int", "not_scheduled": "int", **money("cost")},
    "SupposedStart": {
        "at": "time",
        "task": "str",
        "title": "str",
        "provider": "str",
        "model": "str",
        "why": "str",
        **money("estimate", "sum"),
    },
}

ANSWERS: Mapping[str, str] = {
    "GET /tasks/{task}/why": "Why",
    "GET /schedule": "Schedule",
    "GET /schedule/strip": "Strip",
    "GET /schedule/week": "Week",
    "GET /schedule/what-if": "WhatIf",
    "GET /plan": "Plan",
    "POST /schedule/overrides": "Happened",
    "POST /schedule/overrides/clear": "Happened",
}
