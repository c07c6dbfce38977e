"""Judging by a model: of what it says contradicts the canon, only what can be looked up counts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.library import Library
from watchbill.gates.lore.waivers import JUDGED, Waiver, normal

CONFIDENCE = 0.7  # of a model's word whose quotes are there


def believed(library: Library, said: object, texts: Mapping[str, str], told: str) -> list[Contradiction]:
    """The contradictions whose quote stands in a text exactly, and whose canon is the canon's, unless they are waived.

    `said` is a list of objects with quote, canon, canon_id and why, as a model may have written it: whatever is otherwise is
    dropped. Of `canon` its words count, if the canon that it was `told` has them, else `canon_id`, if there is one of that id
    or an entry of that name.
    """
    words = dict(_told(library.judge.canon))
    kept = [one for one in library.waivers if one.rule == JUDGED]
    looked_up = [
        _looked_up(item, library.judge.canon, words, texts, told)
        for item in (said if isinstance(said, list) else [])
        if isinstance(item, Mapping)
    ]
    return [one for one in looked_up if one is not None and not _is_waived(one, kept)]


def beyond(library: Library, found: Iterable[Contradiction], texts: Mapping[str, str]) -> list[Contradiction]:
    """Those of a model's contradictions that the checks do not find at that line themselves."""
    own = (one for path, text in texts.items() for one in library.judge.check(path, text))
    known = {(one.path, one.line, one.canon_id) for one in own}
    return [one for one in found if (one.path, one.line, one.canon_id) not in known]


def _looked_up(
    item: Mapping[str, Any], canon: Canon, words: Mapping[str, str], texts: Mapping[str, str], told: str
) -> Contradiction | None:
    quote, name = str(item.get("quote", "")).strip(), str(item.get("canon_id", "")).strip()
    path = next((path for path, text in texts.items() if quote and quote in text), None)
    entry = None if name in words else canon.find(name)
    canon_id = name if entry is None else entry.id
    shown = _quoted(str(item.get("canon", "")), told) or words.get(canon_id, "")
    if path is None or not shown:
        return None
    line = texts[path].count("\n", 0, texts[path].index(quote)) + 1
    return Contradiction(
        path=path, line=line, rule=JUDGED, canon_id=canon_id, quote=quote, canon=shown, confidence=CONFIDENCE
    )


def _quoted(said: str, told: str) -> str:
    """What it said are the canon's words, if they are: white space, case and the marks of Markdown do not count.

    >>> _quoted("eyes: brown, always", "- **Eyes:** brown,\\n  always"), _quoted("eyes: green", "- **Eyes:** brown")
    ('eyes: brown, always', '')
    """
    return said.strip() if _folded(said) and _folded(said) in _folded(told) else ""


def _folded(text: str) -> str:
    return " ".join(text.translate(_MARKS).casefold().split())


_MARKS = str.maketrans(dict.fromkeys("*_`|#"))


def _is_waived(one: Contradiction, kept: Iterable[Waiver]) -> bool:
    """By its words alone, or part of them."""
    quote = normal(one.quote)
    return any(normal(waiver.quote) in quote or quote in normal(waiver.quote) for waiver in kept)


def _told(canon: Canon) -> Iterator[tuple[str, str]]:
    """Everything of the canon that has an id, in its own words."""
    for entry in canon.entries:
        traits, kin = (one.words for one in entry.attributes), (one.words for one in entry.relations)
        yield entry.id, "; ".join(dict.fromkeys((entry.name, *traits, *kin, *entry.notes)))
    yield from ((one.id, one.text) for one in canon.facts)
    yield from ((one.id, one.words) for one in canon.deaths)
    yield from ((one.id, one.words) for one in canon.knowledge)
    yield from ((one.id, one.words) for one in canon.ways)
    yield from ((one.id, one.words) for one in canon.timeline)
    yield from ((one.id, one.words) for one in canon.wording)
    yield from ((one.id, one.words) for one in canon.voices)
    yield from ((one.id, one.words) for one in canon.variables)
    yield from ((one.id, one.words) for one in canon.scenes)
