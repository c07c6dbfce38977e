"""Genders: the words of a text or a note that tell whether somebody is a man or a woman."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.language import Token, lows, tokens
from watchbill.gates.lore.people import PERSONS

_OWNING = bag("his her he she him hers married to")


def gender_told(words: Sequence[Token], place: int) -> str:
    """By the first pronoun behind a name, where nobody else is named between."""
    for at in range(place + 1, len(words)):
        word = words[at]
        if word.lower in ("he", "his", "himself", "she", "herself", "hers"):
            return "m" if word.lower.startswith("h") and word.lower not in ("herself", "hers") else "f"
        is_called = word.is_capital and words[at - 1].lower not in ("the", "of", "at", "in", "to", "from")
        if is_called or word.lower in ("her", "him") or word.lower in PERSONS:
            return ""
    return ""


def what_one_is(text: str) -> list[str]:
    """The words before an "of" that say what somebody is: "the Queen's younger brother", "daughter of a miller"."""
    words = lows(tokens(text.split(",", maxsplit=1)[0]))
    words = words[words.index("'s") + 1 :] if "'s" in words[:4] else words
    words = list(takewhile(lambda word: word not in ("of", "to", "with", "by", "for"), words))
    return [part for word in words[:4] for part in word.split("-")[:1] if part not in _OWNING]


def first_pronoun(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word in ("he", "she", "his", "her", "him", "hers"):
            yield word
            return
