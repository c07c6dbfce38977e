"""Shapes of providers, their health and their models."""

from collections.abc import Mapping

from watchbill.operator.shapes.language import DATED, JUDGED, Shape, money

_PROVIDER: dict[str, Shape] = {
    "name": "str",
    "kind": "str",
    "billing": "str",
    "allowance": "str",
    "hours": "str",
    "on_watch": "bool",
    "runs_24h": "int",
    "landed_24h": "int",
    "verified_24h": "int",
    "state": "str",
    "note": "str",
    "until": "time?",
    **JUDGED,
    "breaker": "Breaker",
    "broken_models": {"*": "Breaker"},
    "probe": "Probe?",
    "retiring": [{"model": "str", "at": "time", "said": "str"}],
    "last_error": "Trouble?",
    **money("cost_24h"),
}

SHAPES: Mapping[str, Shape] = {
    "Deduction": {"points": "int", "against": "str", "why": "str"},
    "Breaker": {"state": "str", "failures": "int", "retry_at": "time?", "since": "time?", "why": "str"},
    "Probe": {"well": "bool", "message": "str", "at": "time"},
    "Trouble": {"kind": "str", "model": "str?", "message": "str", "at": "time", "until": "time?"},
    "Against": {"tasks": "int", "first": "str", "reason": "str", "detail": "str", "until": "time?"},
    "Provider": _PROVIDER,
    "Providers": {**DATED, "providers": ["Provider"]},
    "Model": {
        "provider": "str",
        "model": "str",
        "uses": ["str"],
        "state": "str",
        "listed": "bool?",
        "retires_at": "time?",
        "retiring": "str",
    },
    "Models": {**DATED, "models": ["Model"]},
    "WholeProvider": {
        **DATED,
        **_PROVIDER,
        "running": ["str"],
        "concurrent": "int",
        "strengths": {"*": "num"},
        "only_types": "Words?",
        "models": ["Model"],
        "errors": ["Trouble"],
        "queue": {"starts": ["str"], "elsewhere": ["str"], "declined": ["Against"], "waiting": ["Against"]},
    },
    "Probed": {"provider": "str", "well": "bool", "message": "str", "models": ["str"], "retires": {"*": "time?"}},
    "Reset": {"provider": "str", "models": ["str"], "holds": ["str"], "who": "str", "why": "str"},
}

ANSWERS: Mapping[str, str] = {
    "GET /providers": "Providers",
    "GET /providers/{provider}": "WholeProvider",
    "POST /providers/{provider}/probe": "Probed",
    "POST /providers/{provider}/reset": "Reset",
    "GET /models": "Models",
    "POST /providers/{provider}/allow/{model}": "Happened",
}
