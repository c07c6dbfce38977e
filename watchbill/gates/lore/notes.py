"""Notes: what a sentence about an entry states, as attributes. "Drives a blue Saab. Married to Farah, two daughters." """

import re
from collections.abc import Iterator
from dataclasses import replace

from watchbill.gates.lore.canon import Attribute, Entry, Relation, Value
from watchbill.gates.lore.language import noun, number_at, tokens
from watchbill.gates.lore.lexicon import meanings
from watchbill.gates.lore.people import KIN, PERSONS, TRADES
from watchbill.gates.lore.positions import Span, apart

_SENTENCE = re.compile(r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bSt)(?<=[A-Za-z0-9\")])[.;](?:\s+|$)")
_AGE = re.compile(
    r"\b[Aa]ged? (?P<a>\d{1,3})\b|^(?P<b>\d{1,3})(?: years old)?$|, (?P<c>\d{1,3})(?=,|$)|\b(?P<d>\d{1,3}) years old\b"
)
_PLACED = re.compile(
    r"\b(?P<how>[Ll]ives (?:in|at|on)|[Bb]orn in|[Cc]omes from|[Hh]ails from|[Ff]rom|[Nn]ative of) (?P<where>(?:the )?[A-Z][\w' -]*)"
)
_KINDS = ("colour", "material", "shape")
_PARTS = {"eyed": "eyes", "haired": "hair", "bearded": "beard"}
_STATES = {"divorced": "marital status", "bachelor": "marital status", "unmarried": "marital status", "widowed": "marital status", "widow": "marital status", "widower": "marital status",
           "married": "marital status", "bald": "hair", "tall": "height", "short": "height", "towering": "height"}  # fmt: skip
_RELATED = re.compile(
    r"\b(?P<word>(?i:"
    + "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
    + r"))(?:\s+(?:of|to)|\s*:)\s+(?P<other>(?:[A-Z][\w.'-]*\s?)+)"
)
_WHOSE = re.compile(
    r"\b(?P<other>(?:[A-Z][\w.-]*\s?)+)'s? (?:\w+ )?(?P<word>"
    + "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
    + r")\b"
)
_MARRIED = re.compile(r"\b[Mm]arried to (?P<other>(?:[A-Z][\w.'-]*\s?)+)")
_FEET = re.compile(r"\b(?P<feet>[3-8])'\s?(?P<inches>\d{1,2})\"?")
_TALL, _SMALL = 73, 64  # inches from, and up to, which nobody is called the other


def noted(entry: Entry) -> Entry:
    """The entry with what its notes state added to its attributes and relations."""
    found: list[Attribute] = []
    relations: list[Relation] = []
    for note in entry.notes:
        for sentence in _SENTENCE.split(note):
            words, span = apart(sentence)
            if words and not is_of_another(words):
                found += _attributes(words, span, sentence)
                relations += _relations(words, span, sentence)
    for attribute in entry.attributes:
        for value in attribute.values:
            found += _height(value.text, value.span, attribute.words)
    known = {attribute.key for attribute in entry.attributes}
    return replace(
        entry,
        attributes=(*entry.attributes, *(one for one in found if one.key not in known)),
        relations=(*entry.relations, *relations),
    )


def is_of_another(note: str) -> bool:
    """Whether a sentence about somebody speaks of somebody else: "Her mother has green eyes"."""
    first = [word.strip(",.") for word in note.lower().split()[:3]]
    rest = note.lower().split()[1:6]
    is_owned = bool(first) and (
        first[0] in ("his", "her", "their", "its") or (first[0].endswith("'s") and any(word in _DOES for word in rest))
    )
    return is_owned and any(word in KIN or word in PERSONS for word in first[1:])


_DOES = frozenset("has is was had can cannot never does lives died wears likes hates".split())


def _attributes(text: str, span: Span, shown: str) -> Iterator[Attribute]:
    words = tokens(text)
    yield from _height(text, span, shown)
    if age := _AGE.search(text):
        yield Attribute(key="age", values=(Value(text=next(one for one in age.groups() if one)),), words=shown)
    if placed := _PLACED.search(text):
        yield Attribute(
            key="home" if placed["how"].lower().startswith("lives") else "birthplace",
            values=(Value(text=placed["where"], span=span),),
            words=shown,
        )
    if len(words) == 1:
        yield from (
            Attribute(key=kind, values=(Value(text=text, span=span),), words=shown)
            for kind in _KINDS
            if meanings(text, kind)
        )
    if any(word.lower in ("not", "never", "no") for word in words[:3]):
        return
    for at, word in enumerate(words):
        stem, _, ending = word.lower.rpartition("-")
        if ending in _PARTS:
            yield Attribute(key=_PARTS[ending], values=(Value(text=stem, span=span),), words=shown)
        if word.lower in _STATES:
            yield Attribute(key=_STATES[word.lower], values=(Value(text=word.lower, span=span),), words=shown)
        if any(meanings(word.text, kind) for kind in _KINDS):
            head = next(
                (
                    other
                    for other in words[at + 1 : at + 3]
                    if other.is_word
                    and not any(meanings(other.text, kind) for kind in _KINDS)
                    and other.lower not in ("and", "or")
                ),
                None,
            )
            is_near = head is not None and "," not in text[word.end : head.start]
            if (
                head is not None
                and is_near
                and head.lower not in ("with", "in", "on", "of", "when", "from", "at", "who")
            ):
                yield Attribute(key=head.lower, values=(Value(text=word.text, span=span),), words=shown)
            elif (
                at
                and words[at - 1].lower in ("is", "are")
                and at > 1
                and words[at - 2].is_word
                and words[at - 2].text[0].islower()
            ):
                yield Attribute(key=words[at - 2].lower, values=(Value(text=word.text, span=span),), words=shown)
        found = number_at(words, at)
        after = words[at + found[1]] if found and at + found[1] < len(words) else None
        if (
            found
            and after is not None
            and after.is_word
            and after.lower not in ("year", "years", "in", "and", "of", "or", "to", "days", "day", "miles", "km")
            and word.lower not in ("a", "one", "first")
        ):
            yield Attribute(
                key=f"{noun(after.text)}s" if noun(after.text) != "child" else "children",
                values=(Value(text=str(found[0]), span=span),),
                words=shown,
            )
    if len(words) <= 2 and words and noun(words[0].text) in TRADES:  # noqa: PLR2004 - "Journalist."
        yield Attribute(key="occupation", values=(Value(text=noun(words[0].text), span=span),), words=shown)


def _height(text: str, span: Span, shown: str) -> Iterator[Attribute]:
    """Feet and inches as a word, where nobody would call it the other."""
    if (feet := _FEET.search(text)) is not None:
        inches = int(feet["feet"]) * 12 + int(feet["inches"])
        word = "tall" if inches >= _TALL else "short" if inches <= _SMALL else ""
        if word:
            yield Attribute(key="stature", values=(Value(text=word, span=span),), words=shown)


def _relations(text: str, span: Span, shown: str) -> Iterator[Relation]:
    """What others are to the entry: of "Victor's daughter" Victor is a parent, of "Sister of Amina" she is a sibling."""
    for found in (*_RELATED.finditer(text), *_WHOSE.finditer(text)):
        word, other = found["word"].lower(), found["other"].strip()
        is_other = found.re is _RELATED and ":" in found[0]
        turned = word if is_other else _turned(word)
        if turned:
            yield Relation(word=turned, other=other, words=shown, span=span)
    if (found := _MARRIED.search(text)) is not None:
        yield Relation(word="spouse", other=found["other"].strip(), words=shown, span=span)


def _turned(word: str) -> str:
    """What the other one is, whose word this one is."""
    group = KIN[word]
    return {"sibling": "sibling", "child": "parent", "parent": "child", "spouse": "spouse", "niece": "uncle", "uncle": "niece", "cousin": "cousin", "grandparent": "grandchild",
            "grandchild": "grandparent", "betrothed": "betrothed", "mentor": "pupil", "pupil": "mentor"}.get(group, "")  # fmt: skip
