"""How old a text says that somebody is: "aged nine", "not yet forty", "in her sixties", "she'll be nine in May"."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import NUMBERS, Token, low_at, lows, noun, number_at, number_of
from watchbill.gates.lore.english.people import PERSONS
from watchbill.gates.lore.texts.phrases import BE

OLDEST = 999
_SEEMING = bag("felt feels looked looks seemed seems acted sounded")
_NEARLY = bag("nearly almost approaching nearing pushing rising")
_OVER = bag("past over above beyond")
_UNDER = bag("under below")
_ONLY = bag("only just barely scarcely already now still about-to")
_WHENCE = bag("at in on last this when if come")  # "turned twelve at midsummer"
_ENDS = bag(". , ; now that and this but ! ? — – :")
_SOON = either(
    r"come|next|in (?:a (?:week|month|day)|(?:spring|summer|autumn|winter|january|february|march|april|may|june|july|august|september|october|november|december))|on \w+day|at (?:christmas|easter|michaelmas|midsummer)"
    r"|this (?:spring|summer|autumn|winter|month|week|\w+day)|tomorrow|before the (?:month|year) is out"
)
_DECADES = {f"{word[:-1]}ies": value for word, value in NUMBERS.items() if word.endswith("ty")}
_PARTS = {"early": (0, 3), "mid": (3, 6), "late": (6, 9), "middle": (3, 6)}


@dataclass(frozen=True, slots=True)
class Years:
    low: int
    high: int
    first: int  # tokens
    last: int
    of_noun: bool = False  # "a girl of ten": whoever is called so
    is_ahead: bool = False  # "she'll be nine in May"


def years_at(words: Sequence[Token], at: int, text: str) -> Years | None:
    """The age that the words at a token tell; None when they tell none. `text` is the whole sentence."""
    if words[at].lower in _DECADES:
        return _in_decade(words, at)
    whole = number_of(words[at].lower.removesuffix("-year-old")) if words[at].lower.endswith("-year-old") else None
    if whole is not None:
        return Years(whole, whole, at, at, of_noun=at > 0 and words[at - 1].lower in ("a", "the"))
    if at + 1 < len(words) and words[at + 1].lower == "year" and words[at].lower.endswith("th"):
        return _in_nth_year(words, at)
    found = number_at(words, at)
    if found is None or _continues_number(words, at) or not 0 < found[0] <= OLDEST:
        return None
    return _counted(words, at, found[0], at + found[1] - 1, text)


def _continues_number(words: Sequence[Token], at: int) -> bool:
    return bool(at) and number_at(list(words[at - 1 : at + 1]), 0) is not None and words[at - 1].lower not in BE


def _counted(words: Sequence[Token], at: int, years: int, last: int, text: str) -> Years | None:
    low, high, first = _bounds(words, at, years)
    if at and words[at - 1].lower in _SEEMING:
        return None  # "felt a hundred years old"
    before = lows(words[max(0, first - 3) : first])
    after = lows(words[last + 1 : last + 5])
    end = _spelt_out(after, last)
    if end is not None:
        return Years(low, high, first, end)
    lead = before[-1] if before else ""
    ends = (
        not after
        or after[0] in _ENDS
        or after[:1] == ["years"]
        or (lead in ("turned", "was", "is") and after[0] in _WHENCE)
    )
    if lead == "be" and before[-2:-1] and before[-2].endswith(("will", "'ll", "to", "would")) and _SOON.search(text):
        return Years(years - 1, years - 1, first, last, is_ahead=True)
    if lead == "aged" or before[-2:] in (["age", "of"], ["age", "at"]) or before[-2:] == ["at", "age"]:
        return Years(low, high, first, last)
    if after[:1] == ["years"] or not ends:
        return None
    return _plain(words, first, last, (low, high), number_word=number_at(words, at) is not None)


def _plain(
    words: Sequence[Token], first: int, last: int, bounds: tuple[int, int], *, number_word: bool
) -> Years | None:
    """A number that is an age by where it stands: "was forty.", "at forty, she", ", 41,", "a girl of ten"."""
    lead = low_at(words, first - 1)
    after = words[last + 1].text if last + 1 < len(words) else ""
    told = Years(*bounds, first, last)
    is_bounded = bounds[0] != bounds[1]
    if lead in ("was", "is", "turned", "am", "'m", "'s") and number_word:
        return None if first > 1 and words[first - 2].lower in ("it", "this", "that", "there") else told
    if lead == "at" and after == "," and (first == 1 or words[first - 2].text == ","):
        return told
    if lead == "," and after == "," and (words[first].text.isdecimal() or (is_bounded and number_word)):
        return told
    if lead == "of" and first > 1 and noun(words[first - 2].text) in PERSONS:
        return Years(*bounds, first - 2, last, of_noun=True)
    return None


def _bounds(words: Sequence[Token], at: int, years: int) -> tuple[int, int, int]:
    """From how many years to how many, and the token at which that is told to begin."""
    before = lows(words[max(0, at - 3) : at])
    if before[-2:] in (["not", "yet"], ["not", "quite"], ["n't", "yet"]):
        return 0, years - 1, at - 2
    if before[-1:] and before[-1] in _NEARLY:
        return max(0, years - 3), years - 1, at - 1
    if before[-1:] and before[-1] in _OVER:
        return years, OLDEST, at - 1
    if before[-1:] and before[-1] in _UNDER:
        return 0, years - 1, at - 1
    if before[-1:] and before[-1] in _ONLY:
        return years, years, at - 1
    return years, years, at


def _spelt_out(after: Sequence[str], last: int) -> int | None:
    """The last token of "… years old", "… years of age"."""
    if list(after[:2]) in (["years", "old"], ["year", "old"]):
        return last + 2
    return last + 3 if list(after[:3]) == ["years", "of", "age"] else None


def _in_decade(words: Sequence[Token], at: int) -> Years | None:
    """ "In her late forties"."""
    lead = lows(words[max(0, at - 3) : at])
    part = lead[-1] if lead and lead[-1] in _PARTS else ""
    owner = lead[-2:-1] if part else lead[-1:]
    if owner not in (["his"], ["her"], ["my"], ["your"]):
        return None
    low, high = _PARTS.get(part, (0, 9))
    decade = _DECADES[words[at].lower]
    return Years(decade + low, decade + high, at - 1 - bool(part), at)


def _in_nth_year(words: Sequence[Token], at: int) -> Years | None:
    """ "In his seventieth year": sixty-nine of them are over."""
    number = number_of(words[at].text)
    if number is None or number < 10 or at < 1 or words[at - 1].lower not in ("his", "her", "my"):
        return None
    return Years(number - 1, number - 1, at - 1, at + 1)
