"""Notes: what a sentence about an entry states, as attributes. "Drives a blue Saab. Married to Farah, two daughters." """

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from watchbill.gates.lore.canon import Attribute, Entry, Relation, Value
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import NUMBERS, Token, lows, noun, number_at, number_of, tokens
from watchbill.gates.lore.english.lexicon import meanings
from watchbill.gates.lore.english.people import KIN, PERSONS, TRADES
from watchbill.gates.lore.positions import Span, spans

_SENTENCE = re.compile(r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bSt)(?<=[A-Za-z0-9\")])[.;](?:\s+|$)")
_AGE = re.compile(
    r"\b[Aa]ged? (?P<a>\d{1,3})\b|^(?P<b>\d{1,3})(?: years old)?(?=$|, )|, (?P<c>\d{1,3})(?=,|$)|\b(?P<d>\d{1,3}) years old\b"
)
_PLACED = re.compile(
    r"\b(?P<how>[Ll]ives (?:in|at|on)|[Bb]orn in|[Cc]omes from|[Hh]ails from|[Ff]rom|[Nn]ative of) (?P<where>(?:the )?[A-ZÀ-Þ][\w' -]*)"
)
_KINDS = ("colour", "material", "shape", "compass")
_PARTS = {"eyed": "eyes", "haired": "hair", "bearded": "beard"}
_STATES = (
    dict.fromkeys(("divorced", "bachelor", "unmarried", "widowed", "widow", "widower", "married"), "marital status")
    | dict.fromkeys(("tall", "short", "towering"), "height")
    | dict.fromkeys(("fat", "stout", "plump", "portly", "thin", "slender", "gaunt", "skinny"), "build")
    | dict.fromkeys(("bald", "blond", "blonde", "brunette", "redhead", "redheaded"), "hair")
)
_FEW = re.compile(  # of a building or a town: "one door", "it has no walls"
    r"^(?:(?:[Ii]t|[Tt]he [a-z]+) has (?P<none>no)|(?:(?:[Ii]t|[Tt]he [a-z]+) has )?(?:[Oo]nly )?[Oo]ne) (?P<what>doors?|gates?|windows?|entrances?|bells?|towers?|walls?|bridges?|chimneys?|stairs?|staircases?)$"
)
_LACKING = {"beardless": "beard", "hatless": "hat"}
_SIDED = re.compile(
    r"\b(?P<what>[a-z]+) (?:in|on|over|across|under|below|above|behind|beneath|through|round|around|down|by|of|near) (?:(?:his|her|its|the|their) )?(?P<side>left|right) (?P<part>[a-z]+)"
    r"|\b(?P<mark>scar|tattoo|birthmark|burn|mole|ring|limp)\b[\w ]*?\b(?P<side2>left|right) (?P<part2>[a-z]+)"
)
_HURT = re.compile(r"\b(?P<how>lame|wooden|blind|bad|glass|prosthetic|artificial) (?P<side>left|right) (?P<part>\w+)")
_WHICH = re.compile(r"\b(?P<how>glass|wooden|false|prosthetic|artificial|blind|lame) (?P<part>eye|leg|arm|hand|foot|ear) \((?:the )?(?P<side>left|right)(?: one)?\)")  # fmt: skip
_RELATED = re.compile(
    r"\b(?P<word>(?i:"
    + "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
    + r"))(?:\s+(?:of|to)|\s*:)\s+(?P<other>(?:[A-ZÀ-Þ][\w.'-]*\s?)+)"
)
_WHOSE = re.compile(
    r"\b(?P<other>(?:[A-ZÀ-Þ][\w.-]*\s?)+)'s? (?:\w+ )?(?P<word>"
    + "|".join(sorted(map(re.escape, KIN), key=len, reverse=True))
    + r")\b"
)
_MARRIED = re.compile(r"\b[Mm]arried to (?P<other>(?:[A-ZÀ-Þ][\w.'-]*\s?)+)")
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS)})"
_FEET = loose(
    rf"\b(?P<feet>[3-8]|three|four|five|six|seven)(?:'|[\s-](?:foot|feet|ft\.?)(?![\w]))[\s-]?(?P<inches>{_NUMBER})?\"?"
)
_METRES = re.compile(r"\b(?P<metres>[12])[.,](?P<cm>\d\d) ?m\b|\b(?P<cm2>1\d\d|2[0-3]\d) ?(?:cm|centimetres)\b")
_TALL, _SMALL = 73, 64  # inches from, and up to, which nobody is called the other


def noted(entry: Entry) -> Entry:
    """The entry with what its notes state added to its attributes and relations."""
    found: list[Attribute] = []
    relations: list[Relation] = []
    for note in entry.notes:
        for sentence in _SENTENCE.split(note):
            for words, span in spans(sentence):
                if not is_of_another(words):
                    found += _attributes(words, span, sentence)
                    relations += _relations(words, span, sentence)
    for attribute in entry.attributes:
        for value in attribute.values:
            found += _height(value.text, value.span, attribute.words)
    known = {attribute.key for attribute in entry.attributes}
    return replace(
        entry,
        attributes=(*entry.attributes, *(one for one in _joined(found) if one.key not in known)),
        relations=(*entry.relations, *relations),
    )


def _joined(found: Iterable[Attribute]) -> Iterator[Attribute]:
    """What one sentence says of one thing at several times, as one: "a red cap up to chapter 4, a blue one from chapter 5"."""
    joined: dict[tuple[str, str], Attribute] = {}
    last = ""
    for one in found:
        last = last if one.key == "one" else one.key
        key = (last, one.words)
        known = joined.get(key)
        values = (*known.values, *one.values) if known else one.values
        joined[key] = replace(one, key=last, values=values)
    return (one for one in joined.values() if one.key)


def is_of_another(note: str) -> bool:
    """Whether a sentence about somebody speaks of somebody else: "Her mother has green eyes"."""
    if _SELF.match(note):
        return False
    first = [word.strip(",.") for word in note.lower().split()[:3]]
    rest = note.lower().split()[1:6]
    is_owned = bool(first) and (
        first[0] in ("his", "her", "their", "its") or (first[0].endswith("'s") and any(word in _DOES for word in rest))
    )
    return is_owned and any(word in KIN or word in PERSONS for word in first[1:])


_SELF = re.compile(
    rf"^(?:[Hh]is|[Hh]er|[Tt]heir) (?:\w+ )?(?:{'|'.join(sorted(map(re.escape, KIN), key=len, reverse=True))})(?:,|$)"
)  # "her grandson, 12"
_DOES = bag("has is was had can cannot never does lives died wears likes hates")


def _attributes(text: str, span: Span, shown: str) -> Iterator[Attribute]:
    words = tokens(text)
    yield from _height(text, span, shown)
    if age := _AGE.search(text):
        yield Attribute(key="age", values=(Value(text=next(one for one in age.groups() if one)),), words=shown)
    yield from _of_body(text, span, shown)
    if few := _FEW.match(text):
        count = Value(text="none" if few["none"] else "one", span=span)
        yield Attribute(key=f"{noun(few['what'])}s", values=(count,), words=shown)
    if placed := _PLACED.search(text):
        yield Attribute(
            key="home" if placed["how"].lower().startswith("lives") else "birthplace",
            values=(Value(text=placed["where"], span=span),),
            words=shown,
        )
    for part in (one.strip() for one in text.split(",")):  # "granite, four pillars"
        if part.isalpha():
            yield from (
                Attribute(key=kind, values=(Value(text=part, span=span),), words=shown)
                for kind in _KINDS
                if meanings(part, kind)
            )
    if any(word.lower in ("not", "never", "no") for word in words[:3]):
        return
    for at, word in enumerate(words):
        for key, value in (*_of_word(word), *_of_quality(text, words, at), *_of_number(words, at)):
            yield Attribute(key=key, values=(Value(text=value, span=span),), words=shown)
    if len(words) <= 2 and words and noun(words[0].text) in TRADES:
        yield Attribute(key="occupation", values=(Value(text=noun(words[0].text), span=span),), words=shown)


def _of_body(text: str, span: Span, shown: str) -> Iterator[Attribute]:
    """An age in words, a scar over the right eye, a lame left foot."""
    if told := _age_among(part.strip() for part in text.split(",")):
        yield Attribute(key="age", values=(Value(text=told),), words=shown)
    if sided := _SIDED.search(text):
        value = f"{sided['side'] or sided['side2']} {sided['part'] or sided['part2']}"
        yield Attribute(key=sided["what"] or sided["mark"], values=(Value(text=value, span=span),), words=shown)
    if hurt := _HURT.search(_WHICH.sub(r"\g<how> \g<side> \g<part>", text)):
        yield Attribute(key=hurt["part"], values=(Value(text=hurt[0], span=span),), words=shown)


def _age_among(parts: Iterable[str]) -> str:
    """A number in words that stands alone among what is told of somebody: "Hewin's elder son, twenty"."""
    numbers = ((part, number_of(part)) for part in parts if part.replace("-", "").isalpha())
    return next((str(number) for _, number in numbers if number is not None and number > 4), "")


def _of_word(word: Token) -> Iterator[tuple[str, str]]:
    """ "red-haired", "divorced"."""
    lead, _, ending = word.lower.rpartition("-")
    if ending in _PARTS:
        yield _PARTS[ending], lead
    if word.lower in _LACKING:
        yield _LACKING[word.lower], "none"
    if word.lower in _STATES:
        yield _STATES[word.lower], word.lower


def _of_quality(text: str, words: Sequence[Token], at: int) -> Iterator[tuple[str, str]]:
    """ "a blue Saab", "the lamp is green"."""
    word = words[at]
    if not _is_quality(word):
        return
    following = (one for one in words[at + 1 : at + 3] if one.is_word and not _is_quality(one))
    head = next((one for one in following if one.lower not in ("and", "or")), None)
    if head is not None and "," not in text[word.end : head.start] and head.lower not in _PARTICLES:
        yield head.lower, word.text
    elif at > 1 and words[at - 1].lower in ("is", "are") and words[at - 2].text[0].islower():
        yield words[at - 2].lower, word.text


_LOST = bag("missing lost lacks lacking without gone")


def _of_number(words: Sequence[Token], at: int) -> Iterator[tuple[str, str]]:
    """ "two daughters", "212 steps"."""
    found = number_at(words, at)
    after = words[at + found[1]] if found and at + found[1] < len(words) else None
    if found is None or after is None or not after.is_word or words[at].lower in ("a", "one", "first"):
        return
    is_lost = set(lows(words[max(0, at - 3) : at + 5])) & _LOST
    if after.lower not in _UNCOUNTED and not is_lost:
        yield "children" if noun(after.text) == "child" else f"{noun(after.text)}s", str(found[0])


def _is_quality(word: Token) -> bool:
    return any(meanings(word.text, kind) for kind in _KINDS)


_PARTICLES = bag("with in on of when from at who")
_UNCOUNTED = bag("year years in and of or to days day miles km")


def _height(text: str, span: Span, shown: str) -> Iterator[Attribute]:
    """Feet and inches as a word, where nobody would call it the other."""
    inches = _inches(text)
    if inches is not None:
        word = "tall" if inches >= _TALL else "short" if inches <= _SMALL else ""
        if word:
            yield Attribute(key="stature", values=(Value(text=word, span=span),), words=shown)


def _inches(text: str) -> int | None:
    """
    >>> _inches("six foot four"), _inches("5'2"), _inches("1.60 m")
    (76, 62, 62)
    """
    if (feet := _FEET.search(text)) is not None:
        return (number_of(feet["feet"]) or 0) * 12 + (number_of(feet["inches"] or "0") or 0)
    if (metres := _METRES.search(text)) is not None:
        return int(int(metres["cm2"] or f"{metres['metres']}{metres['cm']}") / 2.54)
    return None


def _relations(text: str, span: Span, shown: str) -> Iterator[Relation]:
    """What others are to the entry: of "Victor's daughter" Victor is a parent, of "Sister of Amina" she is a sibling."""
    for found in (*_RELATED.finditer(text), *_WHOSE.finditer(text)):
        word, other = found["word"].lower(), found["other"].strip()
        is_other = found.re is _RELATED and ":" in found[0]
        turned = word if is_other else _turned(word)
        if turned:
            yield Relation(word=turned, other=other, words=shown, span=span)
    if (married := _MARRIED.search(text)) is not None:
        yield Relation(word="spouse", other=married["other"].strip(), words=shown, span=span)


def _turned(word: str) -> str:
    """What the other one is, whose word this one is."""
    group = KIN[word]
    return {"sibling": "sibling", "child": "parent", "parent": "child", "spouse": "spouse", "niece": "uncle", "uncle": "niece", "cousin": "cousin", "grandparent": "grandchild",
            "grandchild": "grandparent", "betrothed": "betrothed", "mentor": "pupil", "pupil": "mentor"}.get(group, "")  # fmt: skip
