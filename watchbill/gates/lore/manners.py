"""Manners: who never raises their voice, swears, laughs, weeps or apologises, and does so in the narration's words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.deeds import Statement, statements, voices
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.people import SPEAKING
from watchbill.gates.lore.reading import Reading

# What a canon says, and the verbs that are against it.
_MANNERS = tuple(
    (re.compile(said, re.IGNORECASE), re.compile(f"(?:{done})", re.IGNORECASE))
    for said, done in (
        (
            r"\bnever (?:raises|lifts) (?:it\b|(?:his|her|its|their) voice)|\bnever (?:shouts|yells|speaks loudly)\b|\bnever above a (?:whisper|murmur)\b|\b(?:speaks|talks) only in (?:a )?(?:whispers?|murmurs?)\b|\bonly (?:ever )?whispers\b|\b(?:cannot|can't) (?:shout|raise (?:his|her) voice)\b",
            r"shouted|bellowed|roared|yelled|hollered|bawled|thundered|screamed|raised (?:his|her) voice|let (?:go|out) (?:a|an) (?:\w+ )?(?:bellow|roar|shout|yell|scream)|gave (?:a|an) (?:\w+ )?(?:bellow|roar|shout|yell)",
        ),
        (
            r"\bnever (?:swears|curses)\b|\b(?:does not|doesn't) (?:swear|curse)\b|\bno (?:swearing|oaths|bad language)\b",
            r"(?:swore|cursed)(?= (?:under|aloud|again|loudly|softly|quietly|once|twice|like|in (?:three|two|four|\w+ languages)|at)\b|[.,;!]| and )|let (?:fly|out|go) (?:an oath|a string of oaths|a curse|a stream of (?:oaths|curses))|said the (?:\w+est|worst|foulest) word",
        ),
        (r"\bnever laughs\b", r"laughed|chuckled|giggled|guffawed|burst out laughing"),
        (r"\bnever smiles\b", r"smiled|grinned|beamed"),
        (r"\bnever (?:cries|weeps)\b|\bnever sheds? (?:a tear|tears)\b", r"wept|sobbed|burst into tears"),
        (r"\bnever jokes\b|\bnever makes (?:a joke|jokes)\b", r"joked|cracked a joke|made a joke"),
        (r"\bnever apologi[sz]es\b|\b(?:does not|doesn't) apologi[sz]e\b|\bnever says (?:she|he)(?:'s| is) sorry\b", r"apologi[sz]ed"),
    )
)  # fmt: skip
_NOT_DONE = re.compile(
    r"\b(?:almost|nearly|could have|would have|might have|wanted to|as if|as though|if|had|never|not|n't|before|used to|until|when (?:he|she) was)\b[^.;]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    stated: Statement
    done: re.Pattern[str]


def is_manner(text: str) -> bool:
    """Whether a canon's words tell of a manner that is checked here."""
    return any(said.search(text) for said, _ in _MANNERS)


class Manners:
    def __init__(self, canon: Canon) -> None:
        told = [one for one in statements(canon) if one.entry is not None and not one.entry.is_place]
        told += voices(canon)
        self._manners = [
            _Manner(stated=one, done=done) for one in told for said, done in _MANNERS if said.search(one.text)
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._manners if one.stated.span.holds(reading.standing.position)]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not held or not frames.is_narrated(sentence):
                continue
            for manner in held:
                for found in manner.done.finditer(reading.passage.prose, sentence.start, sentence.end):
                    before = reading.passage.prose[sentence.start : found.start()]
                    if _NOT_DONE.search(before) or (not before[-1:].isspace() and before):
                        continue
                    doer = _doer(reading, place, found.start())
                    if doer is not None and manner.stated.entry is not None and doer.id == manner.stated.entry.id:
                        yield Mark(
                            rule="voice",
                            canon_id=manner.stated.id,
                            start=found.start(),
                            end=found.end(),
                            canon=manner.stated.words,
                            confidence=0.8,
                        )


def _doer(reading: Reading, place: int, start: int) -> Entry | None:
    """Who does what a verb says: named behind it where it tells who spoke, or else its subject with nobody between."""
    words = reading.sentences[place].tokens
    at = next(to for to, word in enumerate(words) if word.start >= start)
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
