"""Workflows of the old orchestrator: each becomes a [[recurring]] entry, with what its file leaves open proposed."""

from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.config.imports.leaves import Document
from watchbill.config.imports.rules import (
    Convert,
    Outcome,
    Piece,
    Rule,
    Seen,
    Verdict,
    amount,
    claim,
    hours,
    name_for,
    place,
    text,
)
from watchbill.config.imports.targets import RECURRING, At
from watchbill.config.recurring import LONGEST_NAME

SECTION = "scheduling.workflow_coordination"
_SCENES = "**/scenes/*.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What a workflow does, by a word in its name. The old files leave it to scripts that are not theirs to give."""

    word: str
    type: str
    prompt: str
    find: Mapping[str, object]


_TRADES = (
    Trade(
        word="writer",
        type="write",
        prompt="Go on where {target} says that something is still to be written, in the voice of the scene.",
        find={"glob": _SCENES, "contains": r"\b(TODO|TBD|PLACEHOLDER)\b"},
    ),
    Trade(
        word="polish",
        type="polish",
        prompt="Polish the prose of {target}: one voice, no repetition, every choice and label as it was.",
        find={"glob": _SCENES, "changed": True},
    ),
    Trade(
        word="balanc",
        type="balance",
        prompt="Look at how {target} changes the stats, and balance what no player could reach or miss.",
        find={"glob": _SCENES, "contains": r"^\s*\*set\b", "at_least": 5, "changed": True},
    ),
    Trade(
        word="test",
        type="validate",
        prompt="Check that {target} can be read and played to its end.",
        find={"glob": _SCENES, "changed": True},
    ),
)


def names_of(document: Document) -> tuple[str, ...]:
    """Of the workflows of a file, in its order."""
    section = tuple(SECTION.split("."))
    return tuple(
        dict.fromkeys(str(leaf.path[2]) for leaf in document.leaves if leaf.path[:2] == section and leaf.path[2:])
    )


def _trade(name: str) -> Trade | None:
    return next((trade for trade in _TRADES if trade.word in name.lower()), None)


def _at(seen: Seen, key: str) -> At:
    return (RECURRING, name_for(seen.names[0], LONGEST_NAME), key)


def _to(key: str, convert: Convert) -> Rule:
    return lambda seen: place(_at(seen, key), seen.value, convert)


def _provider(key: str) -> Rule:
    def rule(seen: Seen) -> Outcome:
        berth = seen.berths.get(seen.value) if isinstance(seen.value, str) else None
        if berth is None or not berth.is_ready:
            return Outcome(verdict=Verdict.NONE, why="it names nobody who can work here; whoever suits best does it")
        return place(_at(seen, key), [berth.name] if key == "fallback" else berth.name, lambda name: name)

    return rule


def _offset(seen: Seen) -> Outcome:
    writer = next((name for name in seen.workflows if "writer" in name.lower()), "")
    after = f" after {name_for(writer, LONGEST_NAME)}" if writer and writer != seen.names[0] else ""
    return place(_at(seen, "offset"), seen.value, lambda value: f"{amount(value)}m{after}")


def _find(seen: Seen) -> Outcome:
    trade = _trade(seen.names[0])
    if not claim(seen.value):
        return Outcome(verdict=Verdict.DEFAULT, why="without `find` each occurrence is one task")
    if trade is None:
        return Outcome(verdict=Verdict.NONE, why="say in its `find` what work is: the file does not")
    at = _at(seen, "find")
    pieces = (
        Piece(at=at, value=dict(trade.find)),
        Piece(at=_at(seen, "prompt"), value=trade.prompt),
        Piece(at=_at(seen, "type"), value=trade.type),
    )
    why = "proposed, with type and prompt: the file does not say what work is"
    return Outcome(verdict=Verdict.IMPORTED, to=".".join(at), why=why, pieces=pieces)


RULES: Mapping[str, Rule] = {
    "*.frequency_hours": _to("every", hours),
    "*.preferred_provider": _provider("provider"),
    "*.fallback_provider": _provider("fallback"),
    "*.offset_from_writer_minutes": _offset,
    "*.work_detection": _find,
    "*.description": _to("prompt", text),
}


def whole(values: Mapping[At, object]) -> dict[At, object]:
    """The values with what an entry cannot be without: a fallback needs a provider, an entry a time and words."""
    kept = dict(values)
    for name in dict.fromkeys(at[1] for at in values if at[0] == RECURRING):
        fallback = kept.get((RECURRING, name, "fallback"))
        if isinstance(fallback, list) and (RECURRING, name, "provider") not in kept:
            kept[RECURRING, name, "provider"] = fallback[0]
            del kept[RECURRING, name, "fallback"]
        if not kept.keys() & {(RECURRING, name, "every"), (RECURRING, name, "offset")}:
            kept[RECURRING, name, "every"] = "24h"
    return kept
