"""Things: what a statement of the canon is about, and where a text names it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import Token, low_at, lows, noun, tokens
from watchbill.gates.lore.known.deeds import Statement
from watchbill.gates.lore.texts.phrases import POSSESSIVES, owner_of, phrase_at
from watchbill.gates.lore.texts.reading import Reading

OF_BE = either(
    r"is|are|was|were|has|have|had|lies|lie|stands|cannot|can|joins?|stays?|remains?|does|do|stopped|stops|broke|burned|burnt|collapsed|froze|fell|sank"
)
_HELD = re.compile(
    r"\b(?:hold|holds|held|(?:has|have) (?:closed|blocked|shut|cut(?: off)?|flooded|destroyed|buried)|closes|blocks|floods) (?P<what>(?:the |[A-ZÀ-Þ])[\w' ]+?)(?: shut| closed| barred)?(?= and\b|[.,;]|$)"
    r"|\b(?:crosses|cross|passes|enters|uses) (?P<what2>(?:the |[A-ZÀ-Þ])[\w' ]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    stated: Statement
    kind: str
    entry: Entry | None
    head: str  # the noun it is called by: "bridge"
    names: frozenset[str]  # the words before it that single it out: "stepping"
    is_name: bool  # whether it is written with a capital: "the Heron"
    is_only: bool  # whether the canon has no other such thing
    is_apposed: bool = False  # whether the name stands behind what it is: "the moon Vesk"
    owner: Entry | None = None  # whose it is: "her car"
    is_way: bool = False  # whether the tail is where it leads: "the road to Hamm"
    tail: str = ""  # of "the Star of Karth"


def state_of(canon: Canon, stated: Statement, kind: str, heads: Counter[str]) -> State | None:
    """What a statement is about, as a text may name it."""
    name = _subject(stated)
    tail = re.search(rf"{re.escape(name)} (?P<how>of|to|from) (?:the )?(?:St\.? )?(?P<tail>[A-ZÀ-Þ]\w+)", stated.text)
    entry = canon.find(name) or stated.entry
    words = [word for word in tokens(name) if word.is_word]
    if not words:
        return None
    head = noun(words[-1].text)
    return State(
        stated=stated,
        kind=kind,
        entry=entry,
        head=head,
        names=frozenset(word.lower for word in words[:-1]) - {"the", "a", "'s"},
        is_name=words[-1].is_capital,
        is_only=heads[head] <= 1,
        is_apposed=words[-1].is_capital
        and len(words) > 1
        and not any(word.is_capital for word in words[1:-1])
        and words[-2].text.islower(),
        tail=tail["tail"].lower() if tail is not None else "",
        is_way=tail is not None and tail["how"] != "of",
    )


def belonging_of(canon: Canon, stated: Statement, kind: str) -> State | None:
    """What a person has, where the canon tells of its state: "car: in the garage", "Tomas's car is wrecked"."""
    found = _OF_THEIRS.match(stated.text)
    owner = stated.entry if found is None or not found["who"] else canon.find(found["who"])
    if found is None or owner is None or not is_somebody(owner):
        return None
    head = noun(found["what"] or found["key"])
    if head in _OF_THE_BODY:
        return None
    return State(
        stated=stated, kind=kind, entry=None, head=head, names=frozenset(), is_name=False, is_only=True, owner=owner
    )


_OF_THE_BODY = bag(
    "hand foot arm leg eye ear finger toe thumb wrist tooth nose tail wing paw hair beard moustache voice sight hearing head face back knee hip shoulder neck skin status job role home marriage mother father child son daughter brother sister wife husband"
)
_OF_THEIRS = re.compile(
    r"^(?:(?P<who>[A-ZÀ-Þ][\w' ]*?)'s (?:\w+ )?(?P<what>[a-z]+) (?:is|was|has|are)\b|(?:\w+ )?(?P<key>[a-z]+): )"
)


def is_somebody(entry: Entry) -> bool:
    """Whether an entry is no thing; a canon may leave out what kind its people are."""
    return entry.kind == "person" or (
        not entry.kind and not entry.is_place and not entry.name.lower().startswith("the ")
    )


def _subject(stated: Statement) -> str:
    """What a statement is about: what stands before its verb, without "over the Lomna"; else its entry's name."""
    if (held := _HELD.search(stated.text)) is not None:
        return held["what"] or held["what2"]
    before = OF_BE.split(stated.text, maxsplit=1)
    if (
        len(before) > 1
        and ":" not in before[0]
        and before[0].strip()
        and before[0].split()[0].lower() not in ("there", "it", "nobody", "no")
    ):
        return re.split(
            r"\b(?:over|across|of|in|at|on|to|between|from|by|near|under|beneath|behind|above|below|beside|outside|inside|with|for)\b",
            before[0],
            maxsplit=1,
        )[0].strip()
    return stated.entry.name if stated.entry is not None else ""


def named(reading: Reading, place: int, state: State) -> list[tuple[int, int]]:
    """Where a sentence names the thing, also as "the bridge" and "it" right after its name."""
    found = list(_called(reading, place, state))
    sentence = reading.sentences[place]
    if sentence.is_speech:
        return found
    before = [one for one in reading.beside(sentence.paragraph) if one < place][-2:]
    before = [one for one in before if reading.frames.is_narrated(reading.sentences[one])]
    if found or not any(True for one in before for _ in _called(reading, one, state)):
        return found
    words = sentence.tokens
    return found + [
        (at, at)
        for at in range(1, len(words))
        if words[at].lower == "it"
        and words[at - 1].lower in _REACHING
        and before[-1:]
        and any(_called(reading, before[-1], state))
    ]


_REACHING = bag("over across through into from in on by up down crossed inside to past")


def _called(reading: Reading, place: int, state: State) -> Iterator[tuple[int, int]]:
    """Where a sentence calls the thing by its name or by its own noun."""
    words = reading.sentences[place].tokens
    if state.owner is not None:
        yield from _owned(reading, place, state)
        return
    for one in reading.mentions[place] if state.entry is not None else ():
        is_another = one.last + 1 < len(words) and words[one.last + 1].lower == "of" and not one.form.is_title
        if one.entry is state.entry and not is_another:  # not "the lake of fire"
            yield one.first, one.last
    for at, word in enumerate(words):
        is_the = at > 0 and words[at - 1].lower == "the"
        after = low_at(words, at + 1)
        if is_the and state.is_name and noun(word.text) in state.names & _WATERS:
            yield at, at  # "the river" of the river Orr
        elif state.tail and word.lower == state.tail and state.head in _HEARD_AFAR:
            yield at, at + (after == "'s")  # "St Anne's" of the bell of St Anne's
        elif (
            noun(word.text) == state.head
            and after not in ("'s", "at")
            and (not state.is_way or _leads(reading, place, state))
        ):
            yield from _by_head(words, at, state)


def _owned(reading: Reading, place: int, state: State) -> Iterator[tuple[int, int]]:
    """ "Her car", "Tomas's car"."""
    words = reading.sentences[place].tokens
    for at, word in enumerate(words):
        if noun(word.text) != state.head or not at:
            continue
        phrase = phrase_at(words, at)
        if phrase.determiner >= 0 and words[phrase.determiner].lower in (*POSSESSIVES, "'s"):
            owner, _ = owner_of(reading, place, phrase)
            if owner is state.owner:
                yield phrase.first, at


def _leads(reading: Reading, place: int, state: State) -> bool:
    """Whether the paragraph names where a road leads."""
    return state.tail in reading.passage.in_paragraph(reading.sentences[place].paragraph).lower()


def _by_head(words: Sequence[Token], at: int, state: State) -> Iterator[tuple[int, int]]:
    """ "The long bridge", "the gates of Ilvaran", "out on Vesk"; not "the bridge", where the canon has the Long Bridge."""
    word, is_the = words[at], at > 0 and words[at - 1].lower == "the"
    if word.is_capital < state.is_name and not state.names:
        return
    if at + 1 < len(words) and words[at + 1].lower == "of":
        if at + 2 < len(words) and words[at + 2].lower in state.names | {state.tail}:
            yield at, at + 2
        return
    start = max(0, at - 2 * len(state.names))
    before = lows(words[start:at])
    if state.names and state.names <= {*before}:
        yield start + min(before.index(one) for one in state.names), at
    elif (word.is_capital and state.is_apposed and not is_the) or (
        is_the and word.is_capital >= state.is_name and (state.is_only or not state.names)
    ):
        yield at, at


_HEARD_AFAR = bag("bell clock carillon chime")
_WATERS = bag("river lake")
