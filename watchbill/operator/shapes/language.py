"""The language of shapes, and what answers of several subjects have in common.

A word is a type: str, int, num, bool, any, time (RFC 3339), day (2026-11-24), or another shape by its name; `|` between names: one
of them; `?` at the end of a single one: or null. `[x]` is a list, `{"*": x}` maps any name to x, and of the keys in braces none is missing.
"""

Shape = str | list["Shape"] | dict[str, "Shape"]


def money(*names: str) -> dict[str, Shape]:
    return {f"{name}_{unit}": kind for name in names for unit, kind in (("micro_usd", "int"), ("usd", "num"))}


def maybe_money(*names: str) -> dict[str, Shape]:
    return {key: f"{kind}?" for key, kind in money(*names).items()}


DATED: dict[str, Shape] = {"generated_at": "time"}
ISSUE: dict[str, Shape] = {"issue_id": "str", "issue_identifier": "str"}
CHANGE: Shape = {"path": "str", "added": "int?", "removed": "int?"}
CONFLICT: dict[str, Shape] = {
    "rung": "str",
    "worked": "bool",
    "onto": "str",
    "paths": ["str"],
    "deletions": [{"path": "str", "told": "str", "base": "str", "change": "str"}],
    "at": "time",
}
JUDGED: dict[str, Shape] = {"score": "int", "health": "str", "deductions": ["Deduction"]}
