"""Shapes of what was done between two moments, how everything stands, and what is worth changing."""

from collections.abc import Mapping

from watchbill.operator.shapes.language import DATED, Shape, money
from watchbill.operator.shapes.runs import WHOLE_RUN

_WORK: dict[str, Shape] = {
    **dict.fromkeys(("ended", "in_vain", "called", "made", "taken", "merged", "landed", "setups", "uses"), "int"),
    **money("spent"),
    "flow_seconds": "num?",
    "setup_seconds": "num",
    "waited_seconds": "num",
    "idle_looks": "int",
}
_TEXT: dict[str, Shape] = {
    "words": "int",
    "lines": "int",
    "placeholders": "int",
    "target_words": "int?",
    "tasks_done": "int",
    "tasks": "int",
}
_SCENES: dict[str, Shape] = {
    "texts": [
        {
            **_TEXT,
            "repo": "str",
            "path": "str",
            "bytes": "int",
            "gained": "int?",
            "target_bytes": "int?",
            "target_said_by": "str",
            "complete": "num?",
        }
    ],
    "groups": [
        {
            "repo": "str",
            "group": "str",
            "tasks_done": "int",
            "tasks": "int",
            "complete": "num",
            "texts": ["str"],
            "words": "int",
            "target_words": "int?",
        }
    ],
    "words": "int",
    "gained": "int?",
    "placeholders": "int",
    "by_day": [{"day": "day", "words": "int"}],
}
_OF_A_TASK: dict[str, Shape] = {"task": "str", "title": "str", "repo": "str", "at": "time"}
_OF_A_RUN: dict[str, Shape] = {**_OF_A_TASK, "type": "str", "provider": "str", "run": "str"}
_PERIOD: dict[str, Shape] = {
    **DATED,
    "report": "int",
    "kind": "str",
    "name": "str",
    "zone": "str",
    "since": "time",
    "until": "time",
    "is_over": "bool",
    "work": "Work",
    "before": "Work",
    "landed": [{**_OF_A_RUN, "how": "str", "commit": "str?", **money("cost")}],
    "came_to_nothing": [{**_OF_A_RUN, "state": "str", "reason": "str"}],
    "taken_back": [{**_OF_A_TASK, "id": "str", "who": "str", "why": "str", "state": "str"}],
    "costs": {
        "*": [{"name": "str", "calls": "int", "tokens_in": "int", "tokens_out": "int", **money("cost")}],
    },
    "savings": "Savings",
    "budget": {"day": "BudgetWindow", "month": "BudgetWindow"},
    **money("month"),
    "counts": {"*": "int"},
    "needs_you": ["NeedsYou"],
    "health": "Wellbeing",
    "providers": [{"name": "str", "runs": "int", "landed": "int", "busy_hours": "num", **money("cost")}],
    "figures": "Figures",
    "scenes": "Scenes",
    "trend": [{"day": "day", **_WORK}],
    "recommendations": ["Recommendation"],
}

SHAPES: Mapping[str, Shape] = {
    "Reports": {
        **DATED,
        "folder": "str?",
        "reports": [{"name": "str", "folder": "str", "formats": ["str"], "bytes": "int", "written_at": "time"}],
    },
    "Work": _WORK,
    "Figures": {
        "since": "time",
        "until": "time",
        "baseline": "Work?",
        "baseline_on": "time?",
        "figures": [
            {
                **dict.fromkeys(("name", "title", "method", "words", "before"), "str"),
                "goal": "num",
                "share": "num?",
                "is_met": "bool?",
            }
        ],
    },
    "Scenes": _SCENES,
    "Period": _PERIOD,
    "SinceLast": {**_PERIOD, "who": "str"},
    "SceneProgress": {"report": "int", "day": "day", **_SCENES},
    "RunReport": {**WHOLE_RUN, "report": "int", "task_state": "str?"},
    "Standing": {
        "report": "int",
        "timestamp": "time",
        "health_score": "int",
        "health": "Wellbeing",
        "configuration": {"file": "str", "mode": "str", "api_key_configured": "bool"},
        "workers": {
            "*": {
                "exists": "bool",
                "status": "str",
                "note": "str",
                "score": "int",
                "hours": "str",
                "on_watch": "bool",
                "runs_24h": "int",
                "landed_24h": "int",
                "verified_24h": "int",
                "cost_24h_usd": "num",
            }
        },
        "task_queue": dict.fromkeys(
            ("total_pending", "in_progress", "needs_review", "completed", "failed", "total"), "int"
        ),
        "scene_completion": {"*": {**_TEXT, "estimated_complete": "int?"}},
        "task_groups": {"*": {"tasks_done": "int", "tasks": "int", "words": "int"}},
        "merge_conflicts": [
            {"branch": "str", "repo": "str", "against": "str", "has_conflicts": "bool", "paths": ["str"]}
        ],
        "recommendations": ["Recommendation"],
        "needs_you": ["NeedsYou"],
        "budget": {"day": "BudgetWindow", "month": "BudgetWindow"},
        "disk_used": "num",
    },
    "Written": "RunReport|Period|SceneProgress|Standing",
    "Told": {"who": "str", "until": "time"},
    "Recommendation": {"rule": "str", "evidence": "str", "run": "str"},
    "Recommendations": {**DATED, "recommendations": ["Recommendation"]},
}

# Of these, as people read them too: ?format=md, ?format=html.
READABLE = frozenset({"GET /reports/daily", "GET /reports/weekly", "GET /reports/since-last", "GET /reports/{name}"})

ANSWERS: Mapping[str, str] = {
    "GET /reports": "Reports",
    "GET /reports/daily": "Period",
    "GET /reports/weekly": "Period",
    "GET /reports/since-last": "SinceLast",
    "POST /reports/since-last": "Told",
    "GET /reports/figures": "Figures",
    "GET /reports/{name}": "Written",
    "GET /recommendations": "Recommendations",
}
