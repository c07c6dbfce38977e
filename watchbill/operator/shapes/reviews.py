"""Shapes of what gates say and what people decide."""

from collections.abc import Mapping

from watchbill.operator.shapes.language import CHANGE, CONFLICT, DATED, Shape, money

_REVIEW: dict[str, Shape] = {
    "task": "str",
    "repo": "str",
    "type": "str",
    "title": "str",
    "state": "str",
    "asked_by": {"kind": "str", "what": "str"},
    "why": "str",
    "tree": "str?",
    "files": "int",
    "added": "int",
    "removed": "int",
    "attempts": "int",
    **money("cost"),
}

SHAPES: Mapping[str, Shape] = {
    "Finding": {
        "gate": "str",
        "rule": "str",
        "path": "str",
        "line": "int",
        "message": "str",
        "text": "str",
        "severity": "str",
    },
    "Verdict": {
        "tree": "str",
        "base": "str?",
        "passes": "bool",
        "gates": ["str"],
        "new": ["Finding"],
        "debt": ["Finding"],
    },
    "Reviews": {**DATED, "count": "int", "reviews": [_REVIEW]},
    "Review": {
        **DATED,
        **_REVIEW,
        "base": "str?",
        "commit": "str?",
        "changes": [CHANGE],
        "verdict": "Verdict?",
        "conflicts": [CONFLICT],
        "from": {
            "source": "str",
            "requirements": "str",
            "success": "str",
            "runs": [
                {
                    "id": "str",
                    "provider": "str",
                    "model": "str",
                    "state": "str",
                    "reason": "str",
                    **money("cost"),
                }
            ],
            "summary": "str",
            "decisions": ["str"],
            "findings": ["str"],
            "riders": [{"task": "str", "title": "str"}],
        },
        "settles": "bool",
        "approving": ["str"],
    },
    "ReviewFiles": {"task": "str", "tree": "str?", "files": {"*": "str?"}},
}

ANSWERS: Mapping[str, str] = {
    "GET /reviews": "Reviews",
    "GET /reviews/{task}": "Review",
    "GET /reviews/{task}/files": "ReviewFiles",
    "POST /reviews/{task}/approve": "Task",
    "POST /reviews/{task}/reject": "Task",
    "POST /reviews/{task}/edit": "Task",
}
