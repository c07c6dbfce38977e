"""Manners: who never raises their voice, drinks, prays, rides or sees, and does so in other words than the canon's."""

from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.people import SPEAKING
from watchbill.gates.lore.known.deeds import Statement, statements, voices
from watchbill.gates.lore.known.habits import Contrary, habits_in
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_NOT_DONE = loose(
    r"\b(?:almost|nearly|could have|would have|might have|wanted to|as if|as though|if|never|not|n't|neither|nor|nobody|without|before (?:he|she|they|[A-ZÀ-Þ])|used to|until|when (?:he|she) was)\b[^.;]*$"
)
_EARLIER = loose(r"\b(?:had(?! to\b| got (?:him|her)self\b)|once|before)\b[^.;]*$")
# Of somebody who has been so all along: then what they did years ago is against it, too.
_LIFELONG = either(
    r"born|(?:from|since) birth|cannot|can't|never (?:has|had|learned|learnt|been|ridden|seen)|has never"
)
_BETWEEN = bag(", was is were had to have and stood himself herself who always still even being barely just only")
_OWNING = ("his", "her", "my", "'s", "'")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    stated: Statement
    contrary: Contrary
    is_lifelong: bool


def is_manner(text: str) -> bool:
    """Whether a canon's words tell of a manner that is checked here."""
    return any(True for _ in habits_in(text))


class Manners:
    def __init__(self, canon: Canon) -> None:
        told = [one for one in statements(canon) if one.entry is not None and not one.entry.is_place]
        told += voices(canon)
        self._manners = [
            _Manner(
                stated=one, contrary=contrary, is_lifelong=one.span.is_open and _LIFELONG.search(one.text) is not None
            )
            for one in told
            for contrary in habits_in(one.text)
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._manners if one.stated.holds(reading.standing.position)]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not held or frames.is_unreal(sentence) or frames.is_lie(sentence):
                continue
            for manner in held:
                if not frames.is_framed(sentence, but_memory=manner.is_lifelong):
                    yield from _shown(reading, place, manner)


def _shown(reading: Reading, place: int, manner: _Manner) -> Iterator[Mark]:
    sentence, prose, contrary = reading.sentences[place], reading.passage.prose, manner.contrary
    if contrary.unless is not None and contrary.unless.search(prose, sentence.start, sentence.end):
        return
    for pattern, whose in ((contrary.does, _doer), (contrary.has, _owner)):
        for found in pattern.finditer(prose, sentence.start, sentence.end) if pattern is not None else ():
            before = prose[sentence.start : found.start()]
            is_earlier = not manner.is_lifelong and _EARLIER.search(before)
            if _NOT_DONE.search(before) or is_earlier or reading.frames.is_supposed(sentence, found.start()):
                continue
            entry = whose(reading, place, found.start())
            if contrary.rule == "attribute" and whose is _doer and not _is_close(reading, place, found.start()):
                continue
            if entry is not None and manner.stated.entry is not None and entry.id == manner.stated.entry.id:
                yield Mark.at(found.start(), found.end(), contrary.rule, manner.stated.id, manner.stated.words, 0.8)


def _is_close(reading: Reading, place: int, start: int) -> bool:
    """Whether the words follow upon "he" or a name, with no other subject between: not "he waded in; the water came up to his waist"."""
    words = reading.sentences[place].tokens
    at = next(to for to, word in enumerate(words) if word.end > start)
    while at and (words[at - 1].lower in _BETWEEN or words[at - 1].lower.endswith("ly")):
        at -= 1
    return (
        at == 0
        or words[at - 1].lower in ("he", "she", "i")
        or any(one.last == at - 1 for one in reading.mentions[place])
    )


def _owner(reading: Reading, place: int, start: int) -> Entry | None:
    """Whose it is, by what stands right before it: "his breath", "Piet's breath"."""
    words = reading.sentences[place].tokens
    at = next(to for to, word in enumerate(words) if word.end > start)
    for to in range(at - 1, max(-1, at - 4), -1):
        if words[to].lower in _OWNING:
            own = words[to].lower
            return reading.owner_before(place, to) if own.startswith("'") else reading.meant(place, to)
        if not words[to].is_word:
            break
    subject = reading.subject(place, at)
    return subject if at and words[at - 1].lower in ("a", "an") else None


def _doer(reading: Reading, place: int, start: int) -> Entry | None:
    """Who does what a verb says: named behind it where it tells who spoke, or else its subject with nobody between."""
    words = reading.sentences[place].tokens
    at = next(to for to, word in enumerate(words) if word.end > start)
    behind = next((one for one in reading.mentions[place] if one.first in (at + 1, at + 2)), None)
    if at == 0 and words[at].lower in SPEAKING | {"bellowed", "roared", "yelled", "bawled", "thundered", "screamed"}:
        return behind.entry if behind is not None else None
    subject = reading.subject(place, at)
    nearest = max((one.at for one in reading.people_in(place) if one.at < at), default=-1)
    is_somebody_else = any(one.at == nearest and one.entry is not subject for one in reading.people_in(place))
    pronoun = max((to for to in range(at) if words[to].lower in ("he", "she")), default=-1)
    is_relative = any(word.lower in ("who", "whom", "whose") for word in words[:at]) or any(
        word.lower in ("that", "which") for word in words[max(0, at - 3) : at]
    )
    return None if (is_somebody_else and pronoun < nearest) or is_relative else subject
