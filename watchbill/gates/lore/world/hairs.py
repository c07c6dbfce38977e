"""Hairs: how long hair or a beard is said to be, where the canon has it cropped, or has none."""

from collections.abc import Sequence

from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, low_at, noun
from watchbill.gates.lore.known.slots import Slot
from watchbill.gates.lore.texts import phrases
from watchbill.gates.lore.texts.phrases import Phrase

Said = tuple[frozenset[str], int]  # a meaning, and the token that has it

_FALLING = bag("fell falling falls hung hanging out back stood tumbled blew tumbling")  # of who is bald none does
_THICK = bag("thick wet long wild tangled unruly shaggy curly damp flowing")
_LONG = bag("braid plait ponytail pigtail tress bun topknot dreadlock ringlet")  # of hair that is cropped there is none
_LONG_HAIR = frozenset(("long",))
_SOME, _BARE = frozenset(("some",)), frozenset(("none",))


def length_of(words: Sequence[Token], phrase: Phrase, slot: Slot, before: list[Said]) -> list[Said] | None:
    """What a noun for hair tells of its length; None where what stands around it tells more."""
    if all(meaning == _BARE for meaning, _ in slot.allowed):
        return _grown(words, phrase, slot, before)
    if noun(words[phrase.head].text) in _LONG:
        return before or [(_LONG_HAIR, phrase.head)]
    return None


def _grown(words: Sequence[Token], phrase: Phrase, slot: Slot, before: list[Said]) -> list[Said]:
    """The black curls of who is bald, and any beard of who is clean-shaven."""
    if "beard" in slot.heads:
        is_own = phrase.determiner >= 0 and words[phrase.determiner].lower in ("his", "'s")
        return [(_SOME, phrase.head)] if is_own else before
    after = low_at(words, phrase.head + 1)
    lead = words[phrase.first - 1].lower if phrase.first else ""
    is_hair = noun(words[phrase.head].text) in ("hair", *_LONG) and phrase.determiner >= 0
    is_thick = after in _FALLING or any(word.lower in _THICK for word in words[phrase.first : phrase.head])
    if is_hair and is_thick and lead not in ("no", "lost", "without", "where", "of"):
        return [(_SOME, phrase.head)] if words[phrase.determiner].lower in ("his", "her", "my", "'s", "the") else before
    return before or [(_SOME, place) for _, place in phrases.said_before(words, phrase, "colour")]
