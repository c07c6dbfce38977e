"""Positions in a story: chapters, episodes or scenes, and the spans over which a fact holds, ends included."""

import re
from dataclasses import dataclass

from watchbill.gates.lore.english.bags import either, loose

UNITS = ("chapter", "episode", "scene", "part", "act", "book", "song", "canto")
UNIT = r"(?:chapters?|chaps?\.?|chs?\.?|episodes?|eps?\.?|scenes?|scs?\.?|parts?|acts?|books?|songs?|cantos?)"
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth")  # fmt: skip
_NTH = rf"(?P<nth>{'|'.join(_ORDINALS)}|\d{{1,3}}(?:st|nd|rd|th))"
_NTH_UNIT = loose(rf"\b(?:the\s+)?{_NTH}\s+(?P<unit>chapter|episode|song|canto)\b")
_NTH_ALONE = loose(
    rf"\b(?P<before>(?:in|from|to|until|till|before|after|since|through) the {_NTH})\b(?=\s*(?:[.,;:)]|$))"
)
WORD_OR_DIGITS = rf"(?:\d{{1,4}}|{'|'.join(NUMBER_WORDS)})\b"
_AT = rf"(?:the\s+(?:end|start|beginning)\s+of\s+)?(?:{UNIT}\s*)?"
_RANGE = loose(
    rf"\b(?:from\s+|in\s+|between\s+|during\s+)?{UNIT}\s*({WORD_OR_DIGITS})\s*(?:[-–—]|to|until|through|and)\s*(?:{UNIT}\s*)?({WORD_OR_DIGITS})"
    rf"|\bfrom\s+{_AT}({WORD_OR_DIGITS})\s*(?:to|until|till|through|[-–—])\s*{_AT}({WORD_OR_DIGITS})"
)
_UNTIL = loose(
    rf"\b(?:until|till|up to|through|to)\s+(?:and including\s+)?(?:the\s+(?:end|last page|close)\s+of\s+)?{UNIT}\s*({WORD_OR_DIGITS})"
)
_BEFORE = loose(rf"\bbefore\s+{UNIT}\s*({WORD_OR_DIGITS})")
_AFTER = loose(rf"\bafter\s+{UNIT}\s*({WORD_OR_DIGITS})")
_FROM = loose(
    rf"\b(?:from|since|as of|starting in|starting with|beginning in|beginning with)\s+(?:the\s+start\s+of\s+)?{UNIT}\s*({WORD_OR_DIGITS})(?:\s*(?:on|onwards?|and after))?"
)
_UNTIL_IT = loose(rf"\b(?:until|till)\s+(?=\w+\s+\w+)[^.;()]*?\bin\s+{UNIT}\s*({WORD_OR_DIGITS})")
_AFTER_IT = loose(
    rf"\b(?:after|since|following)\s+(?=\w+\s+\w+)[^.;()]*\((?:[^()]*?\b)?{UNIT}\s*({WORD_OR_DIGITS})[^()]*\)"
)
_ONLY = loose(rf"\b(?:only\s+)?in\s+{UNIT}\s*({WORD_OR_DIGITS})")
_BECOMES = either(
    r"dye[sd]|cropp?ed|cuts?|shave[sd]|shaven|paint(?:ed|s)|quits?|g[ai]ve(?:s|n)? up|stop(?:s|ped)|sw(?:orn|ore|ears) off|lost|loses|br(?:oke|oken|eaks)|blinded|goes blind|went blind|becomes?|became|turn(?:s|ed)|"
    r"burn(?:s|ed|t) down|destroyed|collapse[sd]|learn(?:s|ed|t)"
)
_ANY = loose(rf"\b{UNIT}\s*({WORD_OR_DIGITS})")
_LOOSE = re.compile(r"[\s,;:()\[\]–—-]+$|^[\s,;:()\[\]–—-]+")
_JOINTS = loose(r"\s*(?:;|\bthen\b|\bafterwards?\b)\s*,?\s*")


@dataclass(frozen=True, slots=True)
class Span:
    first: float | None = None
    last: float | None = None

    @property
    def is_open(self) -> bool:
        return self.first is None and self.last is None

    def surely(self, position: float | None) -> bool:
        """Whether a fact of this span holds there; at an unknown position only what always holds does."""
        return self.is_open if position is None else self.holds(position)

    def holds(self, position: float | None) -> bool:
        """Whether a fact of this span holds there; at an unknown position it might."""
        if position is None:
            return True
        return (self.first is None or self.first <= position) and (self.last is None or position <= self.last)


def number(text: str) -> float:
    """A position's number, in digits, in words, as an ordinal, or in Roman figures.

    >>> number("7"), number("Seven"), number("Fifth"), number("IX")
    (7.0, 7.0, 5.0, 9.0)
    """
    word = text.strip().lower()
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    if word in _ORDINALS:
        return float(_ORDINALS.index(word) + 1)
    if _ROMAN.fullmatch(word):
        figures = [_FIGURES[one] for one in word]
        return float(sum(-one if one < after else one for one, after in zip(figures, [*figures[1:], 0], strict=True)))
    return float(word)


_ROMAN = re.compile(r"(?=[ivxl])x{0,4}l?x{0,3}(?:ix|iv|v?i{0,3})")
_FIGURES = {"i": 1, "v": 5, "x": 10, "l": 50}


def position_in(text: str) -> float | None:
    """The first position that a text names, for instance of "Died in chapter 7".

    >>> position_in("Died in ch. 7, at the quay"), position_in("Died young")
    (7.0, None)
    """
    found = _ANY.search(counted(text))
    return number(found[1]) if found else None


def counted(text: str) -> str:
    """Ordinals behind their unit, as the patterns here read them.

    >>> counted("dies in the third song")
    'dies in song 3'
    """
    return _NTH_UNIT.sub(lambda found: f"{found['unit']} {_nth(found['nth'])}", text)


def with_units(text: str) -> str:
    """Ordinals that leave out the unit, where another names it.

    >>> with_units("cracked in the second song; mended in the fifth")
    'cracked in the second song; mended in the fifth song'
    """
    named = _NTH_UNIT.search(text)
    return _NTH_ALONE.sub(rf"\g<before> {named['unit']}", text) if named else text


def _nth(word: str) -> int:
    return int(re.sub(r"\D", "", word)) if word[0].isdigit() else _ORDINALS.index(word.lower()) + 1


def spans(text: str, *, keep_bare: bool = False) -> list[tuple[str, Span]]:
    """The parts of a value with the spans over which they hold; with `keep_bare` also a span that says nothing of what.

    >>> spans("brown until chapter 4; grey from chapter 5")
    [('brown', Span(first=None, last=4.0)), ('grey', Span(first=5.0, last=None))]
    >>> spans("brown (ch. 2-4)")
    [('brown', Span(first=2.0, last=4.0))]
    >>> spans("a red cap up to chapter 4, a blue one from chapter 5")
    [('a red cap', Span(first=None, last=4.0)), ('a blue one', Span(first=5.0, last=None))]
    """
    text = counted(text)
    parts = (
        [one for part in _JOINTS.split(text) if part.strip() for one in _clauses(part)] if _ANY.search(text) else [text]
    )
    found = [apart(part) for part in parts]
    return [
        (words, _closed(span, found[place + 1 :]))
        for place, (words, span) in enumerate(found)
        if words or (keep_bare and not span.is_open)
    ]


def _clauses(part: str) -> list[str]:
    """Parted at commas where each clause has a position of its own."""
    clauses: list[str] = []
    for bit in part.split(","):
        is_whole = bool(clauses) and bool(_ANY.search(clauses[-1])) and bool(_ANY.search(bit))
        if clauses and not is_whole:
            clauses[-1] += f",{bit}"
        else:
            clauses.append(bit)
    return clauses if all(apart(clause)[0] for clause in clauses) else [part]


def apart(text: str) -> tuple[str, Span]:
    """A text without its words on validity, and what they say."""
    text = counted(text)
    since = _AFTER_IT.search(text)
    return (" ".join(text[: since.start()].split()), Span(number(since[1]), None)) if since else _parted(text)


def _parted(text: str) -> tuple[str, Span]:
    first = last = None
    for pattern in (_RANGE, _UNTIL, _UNTIL_IT, _BEFORE, _AFTER, _AFTER_IT, _FROM, _ONLY):
        found = pattern.search(text)
        if found is None:
            continue
        numbers = [number(one) for one in found.groups() if one]
        if pattern is _RANGE:
            first, last = numbers
        elif pattern is _UNTIL:
            last = numbers[0]
        elif pattern in (_BEFORE, _UNTIL_IT):
            last = numbers[0] - 1
        elif pattern in (_AFTER, _AFTER_IT):
            first = numbers[0] + 1
        elif pattern is _FROM:
            first = numbers[0]
        elif first is None and (last is None or numbers[0] <= last):
            first = numbers[0]
            if last is None:
                last = None if _BECOMES.search(text) and "only" not in text.lower() else first
        text = text[: found.start()] + " " + text[found.end() :]
    text = re.sub(r"\(\s*[,;]?\s*\)", " ", text)
    words = " ".join(_LOOSE.sub("", text).split())
    return f"{words})" if words.count("(") > words.count(")") else words, Span(first, last)


def _closed(span: Span, later: list[tuple[str, Span]]) -> Span:
    """A part that says nothing of its end ends where the next one begins.

    >>> spans("brown; grey from chapter 5")[0][1]
    Span(first=None, last=4.0)
    """
    if span.last is None and later and later[0][1].first is not None and (span.first or 0) < later[0][1].first:
        return Span(span.first, later[0][1].first - 1)
    return span
