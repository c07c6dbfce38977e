"""Who is in a sentence: the canon's people, and others by whom a pronoun may be meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, is_past, is_present, lows, noun
from watchbill.gates.lore.english.people import GENDER, GENDER_BY_NAME, PERSONS, TITLES
from watchbill.gates.lore.known.family import group_of
from watchbill.gates.lore.known.roles import OFFICES
from watchbill.gates.lore.texts.cast import Cast, Mention

DETERMINERS = bag("a an the another some one this that these those no every each his her their our my your")
_NOT_NAMES = bag(
    "I I'm I'd I'll I've God Christ Lord Sir Madam Miss Ma'am O OK North South East West Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February "
    "March April May June July August September October November December Christmas Easter Lent Michaelmas Martinmas Candlemas Lammas Mass Matins Lauds Prime Terce "
    "Tierce Sext Nones Vespers Compline Evensong English French Spanish Latin Greek Dutch Bible Heaven Hell"
)
_NOBODY = bag("he she it they i we you that this there nobody what who all nothing everything something one then")
_NO_NAME_AFTER = bag("the of at in to from on a an")
_SHIPS = bag("ship boat vessel starship airship yacht barge")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody in a sentence: one of the canon, or another."""

    entry: Entry | None
    gender: str  # "p": several, whom "she" does not mean
    at: int  # place among the tokens


def somebody(words: Sequence[Token], mentions: Sequence[Mention], cast: Cast) -> Iterator[Candidate]:
    taken = {at for mention in mentions for at in range(mention.first, mention.last + 1)}
    for mention in mentions:
        yield Candidate(mention.entry, cast.gender_by_id[mention.entry.id], mention.first)
    for at, word in enumerate(words):
        if at in taken or (at + 1 in taken and word.lower in TITLES) or _is_likened(words, at):
            continue
        if _is_called(words, at, cast):
            yield Candidate(None, "p" if _is_of_many(word) else GENDER.get(noun(word.text), ""), at)
        elif at and _is_named(words, at):
            yield Candidate(None, GENDER.get(words[at - 1].lower) or GENDER_BY_NAME.get(word.lower, ""), at)
        elif not at and _is_named_first(words):
            yield Candidate(None, GENDER_BY_NAME.get(word.lower, ""), at)


def _is_likened(words: Sequence[Token], at: int) -> bool:
    """ "Like a man hauling a net", "as another man would": who is only a likeness is not there."""
    before = lows(words[max(0, at - 4) : at])
    return any(
        one in ("like", "as", "than") and after in ("a", "an", "any", "another", "some", "other", "no")
        for one, after in pairwise(before)
    )


def _is_called(words: Sequence[Token], at: int, cast: Cast) -> bool:
    """ "the carters", "an old man"; "Papa", and "the fool" where the canon has one."""
    word = words[at]
    if word.is_capital and group_of(word.lower) and not (at + 1 < len(words) and words[at + 1].is_capital):
        return True
    before = lows(words[max(0, at - 2) : at])
    if word.lower in cast.roles and before[-1:] == ["the"]:
        return True
    return (
        bool(before)
        and (noun(word.text) in PERSONS or _is_by_form(words, at))
        and (_is_of_many(word) or bool(set(before) & {*DETERMINERS, "'s"}))
    )


_AGENTS = ("man", "woman", "keeper", "master", "mistress", "wright", "monger", "smith", "maker", "ist", "eer")


def _is_by_form(words: Sequence[Token], at: int) -> bool:
    """ "The commander met them": one of an office, or who is called by what they do, and does something."""
    low = noun(words[at].text)
    if low in OFFICES:
        return True
    return (
        low.endswith(_AGENTS) and len(low) > 5 and words[at - 1].lower in ("the", "a", "an") and acts_at(words, at + 1)
    )


def _is_of_many(word: Token) -> bool:
    return word.lower != noun(word.text)


def _is_named(words: Sequence[Token], at: int) -> bool:
    """A capital within a sentence, that is no second name and stands behind no "the"."""
    word, before = words[at], words[at - 1]
    is_second = before.is_capital and before.is_word and before.end == word.start - 1 and at > 1
    return (
        word.is_capital
        and word.is_word
        and len(word.text) > 1
        and word.text not in _NOT_NAMES
        and not is_second
        and before.text not in "\"'.!?:…"
        and before.lower not in _NO_NAME_AFTER
    )


def _is_named_first(words: Sequence[Token]) -> bool:
    """ "Mary sat down": a capital that only a verb behind it tells from a sentence's first word."""
    return (
        words[0].is_capital
        and len(words) > 1
        and (is_past(words[1].text) or words[1].lower == "'s")
        and words[0].lower not in _NOBODY
    )


def fitting(candidates: Sequence[Candidate], gender: str) -> list[Candidate]:
    """Whom a pronoun of a gender may mean."""
    if gender == "f":  # ships are she
        return [
            one
            for one in candidates
            if one.gender in ("f", "")
            or (one.entry is not None and one.gender == "n" and set(one.entry.kind.split()) & _SHIPS)
        ]
    if gender == "n":
        return [
            one
            for one in candidates
            if one.gender in ("n", "") or (one.entry is not None and one.entry.kind not in ("", "person"))
        ]
    return [one for one in candidates if one.gender in (gender, "")]


def is_possessive(words: Sequence[Token], last: int) -> bool:
    return last + 1 < len(words) and words[last + 1].lower in ("'s", "'")


def acts_at(words: Sequence[Token], at: int) -> bool:
    at += at < len(words) and words[at].lower.endswith("ly")
    return at < len(words) and (
        is_past(words[at].lower) or is_present(words[at].lower) or words[at].lower in ("was", "had", "is")
    )
