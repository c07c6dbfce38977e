"""Names that only one speaker, or only some, use: in another's mouth, or in the narration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import noun
from watchbill.gates.lore.english.people import KIN
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.cast import Mention
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_NAME = re.compile(r"[A-ZÀ-Þ][\w.'-]*(?: [A-ZÀ-Þ][\w.'-]*)*")
_CALLED = re.compile(
    r"\b(?:calls?|called) (?:me|you|him|her|them|it)\b|\b(?:they|people|everybody|folk) calls?\b|\bname\b"
)
_TOLD_OF = either(r"call\w*|name\w*|nickname\w*|word|wrote|written|letter|carved|shouted|cried|whispered")
_NOBODY_KNOWS_WHO = bag(
    "friend enemy foe rival family relative kin lover people other man woman men women folk everybody everyone child children"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Users:
    """Who may say it."""

    ids: frozenset[str]
    group: str  # "drover" of "the drovers"; "" where they are named


class PrivateNames:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        self._users = {
            (entry.id, alias.only_by): _users(canon, entry, alias.only_by)
            for entry in canon.entries
            for alias in entry.aliases
            if alias.only_by
        }

    def check(self, reading: Reading) -> Iterator[Mark]:
        for place, _ in enumerate(reading.sentences if self._users else ()):
            for mention in reading.mentions[place]:
                users = self._users.get((mention.entry.id, mention.form.only_by))
                if users is None or _is_echo(reading, place, mention.form.words):
                    continue
                if _is_misused(reading, place, mention, users):
                    yield Mark.at(
                        mention.start,
                        mention.end,
                        "alias",
                        mention.entry.id,
                        f"{' '.join(mention.form.words)} (used by {mention.form.only_by} only)",
                        0.8,
                    )


def _users(canon: Canon, entry: Entry, only_by: str) -> _Users | None:
    """None where nobody can tell who they are: "her enemies"."""
    named = [found for name in _NAME.findall(only_by) if (found := canon.find(name)) is not None]
    words = [noun(word) for word in re.findall(r"[a-z][\w-]*", only_by)]
    kin = [
        found
        for relation in entry.relations
        if relation.word in words and (found := canon.find(relation.other)) is not None
    ]
    if named or kin or _NAME.search(only_by):
        return _Users(ids=frozenset(one.id for one in (*named, *kin)), group="")
    group = words[-1] if words else ""
    return None if not group or group in KIN or group in _NOBODY_KNOWS_WHO else _Users(ids=frozenset(), group=group)


def _is_echo(reading: Reading, place: int, words: tuple[str, ...]) -> bool:
    """Whether the name was just said by who may say it, and is only repeated."""
    paragraph = reading.sentences[place].paragraph
    before = [reading.passage.in_paragraph(paragraph - step) for step in (1, 2)]
    return any(" ".join(words) in text for text in before)


def _is_read_out(reading: Reading, place: int, mention: Mention) -> bool:
    """Whether it stands in italics among other words: a message that somebody reads to the others."""
    start, end = reading.passage.paragraphs[reading.sentences[place].paragraph]
    before, after = reading.passage.text[start : mention.start], reading.passage.text[mention.end : end]
    told = before.rpartition("*")[2] + after.partition("*")[0]
    return before.count("*") % 2 == 1 and "*" in after and any(letter.isalpha() for letter in told)


def _is_misused(reading: Reading, place: int, mention: Mention, users: _Users) -> bool:
    sentence = reading.sentences[place]
    everybody = {one.entry.id for mentions in reading.mentions for one in mentions}
    if reading.frames.is_framed(sentence) and everybody & users.ids:
        return False  # a letter, say, which they sign
    if sentence.is_speech:
        if _CALLED.search(reading.passage.in_paragraph(sentence.paragraph)) or _is_read_out(reading, place, mention):
            return False
        speaker = reading.speaker(sentence)
        if speaker is None:
            return not users.group and reading.has_other_speaker(sentence)
        return speaker.id not in users.ids and speaker.id != mention.entry.id and not _is_of(speaker, users.group)
    if users.group or (reading.narrator is not None and reading.narrator.id in users.ids):
        return False
    mentioned = {one.entry.id for one in reading.mentions[place]}
    text = reading.passage.prose[sentence.start : sentence.end]
    return not _TOLD_OF.search(text) and not mentioned & users.ids


def _is_of(speaker: Entry, group: str) -> bool:
    """Whether somebody is one of them, or nothing is told of what they are."""
    told = f"{speaker.kind} {' '.join((*(one.words for one in speaker.attributes), *speaker.notes))}"
    return bool(group) and (
        group in {noun(word) for word in re.findall(r"[a-z][\w-]*", told.lower())}
        or not (is_person(speaker) and speaker.attributes)
    )
