"""Judging by a model: of what it says contradicts the canon, only what can be looked up counts."""

from collections.abc import Iterable, Iterator, Mapping

from watchbill.gates.lore import waivers
from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.library import Library

RULE = "judged"
CONFIDENCE = 0.7  # of a model's word whose quote is there


def believed(library: Library, said: object, texts: Mapping[str, str]) -> list[Contradiction]:
    """The contradictions whose quote stands in a text exactly, and whose id the canon has, unless they are waived.

    `said` is a list of objects with quote, canon_id and why, as a model may have written it: whatever is otherwise is dropped.
    The name or heading of an entry serves as its id: a canon in Markdown shows no other.
    """
    canon = library.judge.canon
    words = dict(_words_by_id(canon))
    found = [
        one
        for item in (said if isinstance(said, list) else [])
        if isinstance(item, Mapping) and (one := _looked_up(item, canon, words, texts)) is not None
    ]
    return waivers.split(found, library.waivers)[0]


def beyond(library: Library, found: Iterable[Contradiction], texts: Mapping[str, str]) -> list[Contradiction]:
    """Those of a model's contradictions that the checks do not find at that line themselves."""
    own = (one for path, text in texts.items() for one in library.judge.check(path, text))
    known = {(one.path, one.line, one.canon_id) for one in own}
    return [one for one in found if (one.path, one.line, one.canon_id) not in known]


def _looked_up(
    item: Mapping[str, object], canon: Canon, words: Mapping[str, str], texts: Mapping[str, str]
) -> Contradiction | None:
    quote, canon_id = str(item.get("quote", "")).strip(), str(item.get("canon_id", "")).strip()
    if canon_id not in words and (entry := canon.find(canon_id)) is not None:
        canon_id = entry.id
    path = next((path for path, text in texts.items() if quote and quote in text), None)
    if path is None or canon_id not in words:
        return None
    line = texts[path].count("\n", 0, texts[path].index(quote)) + 1
    return Contradiction(
        path=path, line=line, rule=RULE, canon_id=canon_id, quote=quote, canon=words[canon_id], confidence=CONFIDENCE
    )


def _words_by_id(canon: Canon) -> Iterator[tuple[str, str]]:
    """Everything of the canon that has an id, in its own words."""
    for entry in canon.entries:
        traits, kin = (one.words for one in entry.attributes), (one.words for one in entry.relations)
        yield entry.id, "; ".join((entry.name, *traits, *kin))
    yield from ((one.id, one.text) for one in canon.facts)
    yield from ((one.id, one.words) for one in canon.deaths)
    yield from ((one.id, one.words) for one in canon.knowledge)
    yield from ((one.id, one.words) for one in canon.ways)
    yield from ((one.id, one.words) for one in canon.timeline)
    yield from ((one.id, one.words) for one in canon.wording)
    yield from ((one.id, one.words) for one in canon.voices)
