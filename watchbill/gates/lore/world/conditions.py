"""Conditions: what a text lets happen although a thing is as the canon says: a boat that rocks where the river is dry."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import Token, low_at, lows, noun, stem, tokens
from watchbill.gates.lore.english.lexicon import kinds_of
from watchbill.gates.lore.known.affordances import CONDITIONS
from watchbill.gates.lore.known.deed_patterns import ANY, THING, Condition, Deed
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import acts
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world.states import CHANGED, is_verb, is_where_it_was
from watchbill.gates.lore.world.things import OF_BE, State, belonging_of, is_somebody, named, state_of

_NEAR = 12  # tokens from a verb to what it is done to
_STOPS = bag("as while when who because that which if but like than where")
_ADJECTIVES = bag("old new great little big upper lower long high first last royal main town city village king queen")
_PARTS = bag("door engine wheel lamp beam water window bell light")
_AROUND = 3  # paragraphs within which what stands beside a thing shows that one is there
_SKIPPED = bag("still just only also slowly again both all")
_WATER = bag(
    "sea ocean lake pond canal harbour bay tide fountain brook stream pool bath tub basin trough jug cistern lagoon estuary creek surf"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A condition of a thing, as the canon states it."""

    stated: Statement
    state: State | None  # of what; None: of everything
    condition: Condition
    unless: re.Pattern[str]
    sites: frozenset[str]  # proper names of where the thing is: "Tern Head"
    owners: frozenset[str]  # nouns of the statement besides the thing: whose it was, where it was


class Conditions:
    def __init__(self, canon: Canon) -> None:
        heads = Counter(noun(entry.name.split()[-1]) for entry in canon.entries if entry.name)
        self._held = [held for one in statements(canon) for held in _held(canon, one, heads)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        for held in self._held:
            if held.stated.span.holds(position) and not (position is None and not held.stated.span.is_open):
                yield from _contradicted(reading, held)


def _held(canon: Canon, stated: Statement, heads: Counter[str]) -> Iterator[_Held]:
    is_persons = stated.entry is not None and is_somebody(stated.entry)
    for condition in CONDITIONS:
        said = re.search(condition.said, stated.text, re.IGNORECASE)
        if said is None:
            continue
        owned = belonging_of(canon, stated, condition.said) if condition.is_owned or condition.things else None
        if owned is None and is_persons:
            continue
        state = (
            owned
            if owned is not None
            else None
            if condition.is_everywhere
            else state_of(canon, _clause(stated, said), condition.said, heads)
        )
        if not condition.is_everywhere and (state is None or not _may_be(state, condition)):
            continue
        thing = {state.head} if state is not None else set()
        yield _Held(
            stated=stated,
            state=state,
            condition=condition,
            unless=loose(condition.unless),
            sites=_sites(state, stated),
            owners=frozenset(noun(word.text) for word in tokens(stated.text) if len(word.text) > 3)
            - thing
            - _NO_OWNERS,
        )


def _clause(stated: Statement, said: re.Match[str]) -> Statement:
    """The statement from the clause on that says it: "the valley is under water" of "The dam has burst and the valley is under water"."""
    start = max(
        (
            one.end()
            for one in _JOINT.finditer(stated.text, 0, said.start())
            if OF_BE.search(stated.text, one.end(), said.end())
        ),
        default=0,
    )
    return replace(stated, text=stated.text[start:]) if start else stated


_JOINT = re.compile(r"[;,] (?:and )?|\band (?=the\b|[A-ZÀ-Þ])")
_NO_OWNERS = bag(
    "stolen missing gone lost vanished disappeared taken pawned been from with have after before since until that they"
)


def _sites(state: State | None, stated: Statement) -> frozenset[str]:
    attributes = state.entry.attributes if state is not None and state.entry is not None else ()
    texts = [value.text for attribute in attributes for value in attribute.values]
    return frozenset(
        found for text in (*texts, stated.text[4:]) for found in re.findall(r"\b[A-ZÀ-Þ]\w+(?: [A-ZÀ-Þ]\w+)+", text)
    )


def _may_be(state: State, condition: Condition) -> bool:
    """Whether a thing is one of those that a condition may befall; a house is known by its name alone."""
    words = [state.head, *state.names]
    if state.entry is not None:
        words += [*state.entry.kind.split(), *state.entry.name.lower().split()]
    is_house = (
        state.is_name
        and "house" in condition.things
        and (state.entry is None or state.entry.is_place or state.entry.kind == "thing")
    )
    return not condition.things or is_house or bool({noun(word) for word in words} & condition.things)


def _contradicted(reading: Reading, held: _Held) -> Iterator[Mark]:
    frames = reading.frames
    there: set[int] = set()
    for place, sentence in enumerate(reading.sentences):
        spans = named(reading, place, held.state) if held.state is not None else []
        if spans:
            there.add(sentence.paragraph)
        if not (
            frames.is_narrated(sentence)
            or (sentence.is_speech and held.stated.span.is_open and frames.is_meant(sentence))
        ):
            continue
        things = {at: span for span in spans for at in range(span[0], span[1] + 1)}
        for deed in held.condition.deeds:
            found = next(_done(sentence.tokens, deed, things), None)
            if found is None or not (
                THING in deed.subjects | deed.objects or _is_there(reading, sentence.paragraph, held, there)
            ):
                continue
            first, last = found
            if _is_excused(reading, sentence.paragraph, held) or frames.is_hedged(
                sentence, sentence.tokens[last].start
            ):
                continue
            start, end = sentence.tokens[first].start, sentence.tokens[last].end
            if (
                _leads_elsewhere(sentence.tokens, last, held)
                or frames.goes_back(sentence)
                or frames.is_compared(sentence, start)
                or frames.is_negated(sentence, start, end)
            ):
                continue
            yield Mark.at(start, end, "fact", held.stated.id, held.stated.words, 0.75)
            break


def _is_there(reading: Reading, paragraph: int, held: _Held, named_in: set[int]) -> bool:
    """Whether a paragraph stands where the thing is: it is named there, or what is found beside it, and no other place."""
    if held.condition.is_everywhere:
        stated = {one.entry.id for one in reading.cast.mentions(tokens(held.stated.text)) if one.entry.is_place}
        shown = _places(reading, range(paragraph - 1, paragraph + 1))
        return not stated or not shown or bool(shown & stated)
    if (
        paragraph in named_in
        or paragraph - 1 in named_in
        or any(site in reading.passage.in_paragraph(paragraph) for site in held.sites)
    ):
        return True
    where = held.condition.where | (held.state.names - _ADJECTIVES if held.state is not None else frozenset())
    return any(
        noun(word.text) in where and not kinds_of(word.lower)
        for beside in range(paragraph - _AROUND, paragraph + _AROUND + 1)
        for near in reading.in_paragraph(beside)
        for word in reading.sentences[near].tokens
    )


def _places(reading: Reading, paragraphs: Iterable[int]) -> set[str]:
    """The places that some narration names."""
    return {
        one.entry.id
        for paragraph in paragraphs
        for near in reading.beside(paragraph)
        for one in reading.mentions[near]
        if one.entry.is_place
    }


def _is_excused(reading: Reading, paragraph: int, held: _Held) -> bool:
    text = reading.passage.in_paragraph(paragraph)
    is_theirs = held.state is not None and held.state.owner is not None
    words = {noun(word.text) for near in reading.in_paragraph(paragraph) for word in reading.sentences[near].tokens}
    if held.condition.is_owned and not is_theirs and not words & held.owners:
        return True
    if (
        held.unless.search(text)
        or CHANGED.search(text)
        or (held.state is not None and is_where_it_was(text, held.state))
    ):
        return True
    if held.state is None or "river" not in held.condition.things:
        return False
    return bool(words & _WATER - {held.state.head, *held.state.names})


def _done(words: Sequence[Token], deed: Deed, things: dict[int, tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The tokens between which a sentence does a deed."""
    if deed.subjects:
        for at, word in enumerate(words):
            span = things.get(at) if THING in deed.subjects else None
            if span is None and ((word.is_capital and at) or noun(word.text) not in deed.subjects):
                continue
            first, last = span or (at, at)
            verb = _verb_behind(words, last, deed)
            end = verb if verb is None else _object(words, verb, deed, things)
            if end is not None:
                yield first, end
        return
    for at, word in enumerate(words):
        is_done = _is_done(words, at, deed) if deed.verbs else word.lower in deed.prepositions
        if is_done and (end := _object(words, at, deed, things)) is not None:
            yield at, end


def _is_done(words: Sequence[Token], at: int, deed: Deed) -> bool:
    """Whether a word is one of the verbs of a deed."""
    if ANY in deed.verbs:
        low, before = words[at].lower, low_at(words, at - 1)
        is_going_on = low.endswith("ing") and before in ("was", "were")
        return (acts(low) or is_going_on) and low not in _NO_PRESENCE and before not in _NOT_DOING
    is_going_on = at > 0 and words[at].lower.endswith("ing") and words[at - 1].lower in ("was", "were", "is", "are")
    return stem(words[at].text) in deed.verbs and (is_verb(words, at) or is_going_on)


_NOT_DOING = bag("to had not been the a never")
# What somebody does, or what is so, without being there.
_NO_PRESENCE = bag(
    "was were had did thought remembered knew wanted wished said told asked heard saw looked read kept hid lay hung stayed remained believed hoped "
    "meant dreamed forgot left lost locked shut closed sealed called needed found built put burned stored imagined spoke talked wrote learned"
)


def _verb_behind(words: Sequence[Token], last: int, deed: Deed) -> int | None:
    """The verb of a subject, right behind it or behind an adverb."""
    at = last + 1
    while at < len(words) and (words[at].lower == "'s" or noun(words[at].text) in _PARTS):
        at += 1  # "the lift doors", "the Heron's engines"
    if at + 2 < len(words) and words[at].lower in ("of", "from", "to"):  # "the street lamps of Karth"
        at += 2 + (words[at + 1].lower == "the")
        while at < len(words) and words[at].is_capital:
            at += 1
    if lows(words[at : at + 2]) == ["had", "just"]:
        at += 2
    while at < len(words) and at < last + 4 and (words[at].lower.endswith("ly") or words[at].lower in _SKIPPED):
        at += 1
    if (
        at + 1 < len(words)
        and words[at].lower in ("was", "were", "is", "are", "kept", "began", "went")
        and stem(words[at + 1].text) in deed.verbs
    ):
        at += words[at + 1].lower.endswith("ing")
    return at if at < len(words) and stem(words[at].text) in deed.verbs else None


def _is_anothers(words: Sequence[Token], at: int, things: dict[int, tuple[int, int]]) -> bool:
    """ "The bar of the Dolphin", "the train to Orrin", where the thing is another."""
    behind = words[at + 1 : at + 4]
    if not things or not behind or behind[0].lower != "of":
        return False
    name = next((to for to, word in enumerate(behind[1:], at + 2) if word.is_capital), None)
    return name is not None and name not in things


def _leads_elsewhere(words: Sequence[Token], last: int, held: _Held) -> bool:
    """ "Took the train to Orrin", where it is the line to Hamm that is closed."""
    behind = words[last + 1 : last + 3]
    is_led = len(behind) == 2 and behind[0].lower in ("to", "for", "from") and behind[1].is_capital
    return (
        held.condition.is_everywhere
        and is_led
        and any(word[0].isupper() for word in held.stated.text.split()[1:])
        and behind[1].text not in held.stated.text
    )


def _object(words: Sequence[Token], verb: int, deed: Deed, things: dict[int, tuple[int, int]]) -> int | None:
    """The last token of what a deed is done to, or of where it is done."""
    if not deed.objects and not deed.prepositions:
        return verb
    is_placed = not deed.prepositions or not deed.verbs
    for at in range(verb + 1, min(len(words), verb + 1 + _NEAR)):
        low = words[at].lower
        is_next = low in ("and", "but", "then", ",") and at + 1 < len(words) and acts(words[at + 1].lower)
        if words[at].text in ".;:" or low in _STOPS or is_next:
            return None
        if low in deed.prepositions:
            is_placed = True
            if not deed.objects:
                return at if at <= verb + 2 else None
            continue
        if not is_placed and deed.objects:
            continue
        if THING in deed.objects and at in things:
            return things[at][1]
        if noun(words[at].text) in deed.objects and not words[at].is_capital:
            return None if _is_anothers(words, at, things) else at
    return None
