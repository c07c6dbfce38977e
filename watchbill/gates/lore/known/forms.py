"""Forms: how a text may call whomever and whatever the canon names: in full, for short, by a title."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import tokens
from watchbill.gates.lore.english.people import GENDER_BY_NAME, PERSONS, TITLES, TRADES
from watchbill.gates.lore.known.short_names import (
    MONTHS_AND_DAYS,
    is_common,
    place_alone,
    vessel_alone,
    without_article,
)

THINGS = bag(
    "place ship boat vessel location city town village building region country river item object weapon artifact artefact organisation organization faction thing concept event sword vehicle station starship airship"
)
_MINDS = bag("mind ai intelligence person robot android")  # "a ship's mind" speaks, whatever it is the mind of
_PRONOUNS = bag("he she it they this that there who what nobody everyone")


@dataclass(frozen=True, slots=True)
class Form:
    words: tuple[str, ...]  # as written, without an article
    entry: Entry
    is_title: bool  # it is written with capitals, so only a capital is a mention
    only_by: str = ""


def is_person(entry: Entry) -> bool:
    """Whether it can speak, act and die. What is of no known kind may."""
    kinds = set(re.findall(r"[a-z]+", entry.kind.lower()))
    return not entry.is_place and (not kinds & THINGS or bool(kinds & _MINDS))


def forms_of(canon: Canon) -> Iterator[Form]:
    counted = Counter(word for entry in canon.entries if entry.kind != "thing" for word in set(parts_of(entry.name)))
    for entry in canon.entries:
        seen: set[tuple[str, ...]] = set()
        for form in (*_whole(entry), *_shorter(entry, canon, counted)):
            is_pronoun = len(form.words) == 1 and form.words[0].lower() in _PRONOUNS
            if form.words and form.words not in seen and not is_pronoun:
                seen.add(form.words)
                yield form


def _whole(entry: Entry) -> Iterator[Form]:
    """Its names as they are written, without titles, and without what kind of thing it is."""
    for name, only_by in [(entry.name, ""), *((alias.text, alias.only_by) for alias in entry.aliases)]:
        words = tuple(token.text for token in tokens(without_article(name)))
        yield Form(words, entry, any(word[0].isupper() for word in words), only_by)
        if only_by or len(words) < 2:
            continue
        if words[0].lower() in _GENERIC and words[1][0].isupper():
            yield Form(words[1:], entry, True)  # "the Arrow" of the river Arrow
        untitled = _untitled(words)
        if len(untitled) > 1:
            yield Form(untitled, entry, True)


def _shorter(entry: Entry, canon: Canon, counted: Mapping[str, int]) -> Iterator[Form]:
    """What a person is called for short: a title with the last name, a part of the name that is nobody else's."""
    if entry.is_place:
        yield from (Form(words, entry, words[0][0].isupper()) for words in place_alone(entry, canon))
    if not is_person(entry) or entry.name.lower().startswith("the "):
        if not entry.is_place:
            yield from (Form(words, entry, True) for words in vessel_alone(entry, canon))
        return
    for words in _titled(entry, canon):
        yield Form(words, entry, True)
    for alias in entry.aliases:  # "Voss" of "Lieutenant Voss"
        named = alias.text.split()
        is_ranked = len(named) == 2 and named[0].lower() in _RANKS and not alias.only_by
        is_alone = is_ranked and not any(
            named[1] in name.split() for one in canon.entries if one is not entry for name in one.spoken_of
        )
        if is_alone and named[1] in parts_of(named[1]):
            yield Form((named[1],), entry, True)
    for part in parts_of(entry.name):
        if counted[part] == 1 or _is_surname_of_rank(part, entry, canon):
            yield Form((part,), entry, True)


def _is_surname_of_rank(part: str, entry: Entry, canon: Canon) -> bool:
    """ "Halse" of Captain Halse, whose daughter is Ida Halse: nobody else is called by a rank and that name alone."""
    ranked = [one for one in canon.entries if part in one.name.split() and one.name.split()[0].lower() in _RANKS]
    return ranked == [entry] and len(entry.name.split()) == 2


_GENERIC = bag("river lake mount castle city town village island isle forest planet ship station port")


def parts_of(name: str) -> list[str]:
    """The words of a person's name that may stand alone."""
    words = [token.text for token in tokens(name.split(" of ", maxsplit=1)[0])]
    return [
        word
        for word in words
        if len(word) > 1
        and word[0].isupper()
        and word.lower() not in TITLES
        and (not is_common(word) or (len(words) > 1 and word == words[0] and is_given(word)))
    ]


def is_given(word: str) -> bool:
    """Whether a word is a given name too, and of no month, trade or kin: Pearl, Amber, Hazel."""
    low = word.lower()
    return low in GENDER_BY_NAME and low not in MONTHS_AND_DAYS | TRADES | PERSONS | TITLES


_RANKS = bag(
    "king queen duke duchess count countess baron baroness prince princess emperor empress captain commander colonel major general admiral lieutenant sergeant inspector detective "
    "superintendent constable director magistrate judge mayor president senator professor doctor dr abbot abbess bishop chief"
)


def _titled(entry: Entry, canon: Canon) -> Iterator[tuple[str, ...]]:
    """ "Captain Wray" of Captain Isolde Wray, and "the Duke" where there is only one."""
    words = [token.text for token in tokens(entry.name) if token.is_word]
    titles = [word for word in words[:2] if word.lower() in TITLES and word[0].isupper()]
    if not titles or len(words) < 2:
        return
    if len(words) > 2:
        yield (titles[-1], words[-1])
    same = [one for one in canon.entries if titles[-1] in one.name.split()]
    if titles[-1].lower() in _RANKS and len(same) == 1:
        yield (titles[-1],)


def _untitled(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(word for word in words if word != ".")
    while len(kept) > 1 and kept[0].lower() in TITLES:
        kept = kept[1:]
    return kept
