"""Shapes of what is spent and may be: budgets, costs, prices, a vendor's export."""

from collections.abc import Mapping

from watchbill.operator.shapes.language import DATED, Shape, maybe_money, money

_WINDOW: dict[str, Shape] = {"window": "str", "turns_at": "time?", "share": "num?", **money("spent", "held")}
_TOTAL: dict[str, Shape] = {
    "calls": "int",
    "tokens_in": "int",
    "tokens_out": "int",
    **money("cost", "unknown", "held"),
}
_BY_HAND: dict[str, Shape] = {
    "raises": [{"of": "str", "until": "time", "since": "time", "who": "str", "why": "str", **money("amount")}],
    "overages": [{"provider": "str", "until": "time", "who": "str", "why": "str"}],
    "stopped": [{"provider": "str", "model": "str", "call": "str?", "why": "str"}],
}

SHAPES: Mapping[str, Shape] = {
    "BudgetWindow": {**_WINDOW, **maybe_money("cap", "left", "projected")},
    "Window": {**_WINDOW, **maybe_money("cap", "left"), "used_up": "bool"},
    "ByHand": _BY_HAND,
    "Total": _TOTAL,
    "Costs": {
        **DATED,
        "by": "str",
        "zone": "str",
        "since": "time?",
        "until": "time?",
        "rows": [{"name": "str", **_TOTAL}],
        "total": "Total",
        "savings": "Savings",
        "budget": {"day": "BudgetWindow", "month": "BudgetWindow"},
    },
    "Forecast": {
        **DATED,
        "zone": "str",
        "method": "str",
        "history_days": "num",
        "too_little_history": "bool",
        "words": "str",
        "windows": [
            {
                "window": "str",
                "kind": "str",
                "turns_at": "time?",
                **money("spent", "held"),
                **maybe_money("cap", "low", "likely", "high"),
                "crosses_at": "time?",
                "over": ["str"],
            }
        ],
        "over": ["str"],
    },
    "Prices": {
        **DATED,
        "per": "str",
        "rows": [{"provider": "str", "model": "str", "kind": "str", "priced": "bool", "source": "str?", "why": "str"}],
        "list": {"source": "str", "newest": "str?", "age_days": "int?"},
        "warnings": ["str"],
    },
    "Budgets": {
        **DATED,
        "zone": "str",
        "on_cap": "str",
        "windows": ["Window"],
        "quotas": [
            {
                "quota": "str",
                "unit": "str",
                "turns_at": "time?",
                "share": "num?",
                "used_up": "bool",
                "overage": "str?",
                "spent": "int",
                "held": "int",
                "cap": "int",
                "left": "int",
            }
        ],
        **_BY_HAND,
    },
    "Reconciled": {
        "applied": "bool",
        "days": [
            {
                "day": "day",
                "model": "str",
                "calls": "int",
                "vendor_calls": "int?",
                "tokens_in": "int",
                "vendor_tokens_in": "int?",
                "tokens_out": "int",
                "vendor_tokens_out": "int?",
                **money("booked", "unknown"),
                **maybe_money("vendor", "drift"),
            }
        ],
        "lowered": [{"call": "str", "why": "str", **money("bound", "cost")}],
        "kept": [{"call": "str", "why": "str", **money("bound")}],
        "differing": [{"request_id": "str", **money("booked", "vendor")}],
        "differing_count": "int",
        "unmatched": "int",
    },
}

ANSWERS: Mapping[str, str] = {
    "GET /budget": "Budgets",
    "GET /costs": "Costs",
    "GET /costs/forecast": "Forecast",
    "POST /costs/reconcile": "Reconciled",
    "GET /prices": "Prices",
    "POST /budget/raises": "Happened",
    "POST /budget/raises/end": "Happened",
    "POST /budget/overages/{provider}": "Happened",
    "POST /calls/{call}/lower": "Happened",
    "GET /budgets": "Budgets",
    "POST /budgets/raises": "Happened",
}
