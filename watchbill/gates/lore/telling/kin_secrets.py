"""Secrets on who is whose kin, told from either side: "his son", "my father Gideon"."""

from collections.abc import Sequence

from watchbill.gates.lore.english.language import Token, lows
from watchbill.gates.lore.known.family import group_of
from watchbill.gates.lore.telling.secrecy import UNSURE, Secret, mentioned, was_named
from watchbill.gates.lore.texts.reading import Reading


def is_kin_told(reading: Reading, place: int, secret: Secret) -> bool:
    """Whether a sentence calls one of the two the other's kin."""
    sentence = reading.sentences[place]
    if len(secret.kin) == 2 and _is_addressed(reading, place, secret):
        return True
    at = _kin_at(reading, place, secret) if len(secret.kin) == 2 else None
    if at is None or reading.frames.is_framed(sentence) or reading.frames.is_lie(sentence):
        return False
    meant = _meant(reading, place, secret)
    left = secret.kin - meant
    if len(left) == 1 and set(lows(sentence.tokens)) & {"his", "her", "your"} and was_named(reading, sentence, left):
        meant |= left
    speaker = reading.speaker(sentence) if sentence.is_speech else None
    others = {one for one in meant - secret.kin if not reading.canon.entry_by_id[one].is_place}
    return secret.kin <= meant and not others - ({speaker.id} if speaker is not None else set())


def _is_addressed(reading: Reading, place: int, secret: Secret) -> bool:
    """ "Yes, Mother," said Anna to Ines."""
    sentence = reading.sentences[place]
    speaker = reading.speaker(sentence)
    if speaker is None or speaker.id not in secret.kin or not was_named(reading, sentence, secret.kin):
        return False
    groups = {secret.line, _TURNED.get(secret.line, "")} - {""}
    words = sentence.tokens
    return any(
        group_of(word.lower) in groups
        and words[at - 1].text == ","
        and (at + 1 == len(words) or not words[at + 1].is_word)
        for at, word in enumerate(words)
        if at
    )


def _kin_at(reading: Reading, place: int, secret: Secret) -> int | None:
    """The token of "his son" or "her father", as a certain thing."""
    sentence = reading.sentences[place]
    words, frames, prose = sentence.tokens, reading.frames, reading.passage.prose
    groups = {secret.line, _TURNED.get(secret.line, "")} - {""}
    at = next((at for at, word in enumerate(words) if at and group_of(word.lower) in groups), None)
    if at is None or not _is_possessed(words, at) or prose[sentence.start : sentence.end].rstrip("\"')").endswith("?"):
        return None
    start, end = words[at].start, words[at].end
    is_unsure = UNSURE.search(prose, sentence.start, end) is not None
    return None if is_unsure or frames.is_negated(sentence, start, end) or frames.is_compared(sentence, start) else at


def _meant(reading: Reading, place: int, secret: Secret) -> set[str]:
    """Whom a sentence names or means, with the one in whose view it is told."""
    sentence = reading.sentences[place]
    found = mentioned(reading, place)
    for at, word in enumerate(sentence.tokens):
        if word.lower in ("my", "i", "his", "her", "him") and (meant := reading.meant(place, at)) is not None:
            found.add(meant.id)
    narrator = reading.narrator
    is_in_view = narrator is not None and not sentence.is_speech and narrator.id in secret.kin
    if narrator is not None and is_in_view and set(lows(sentence.tokens)) & {"his", "her", "my"}:
        found.add(narrator.id)
    return found


def _is_possessed(words: Sequence[Token], at: int) -> bool:
    before = set(lows(words[max(0, at - 3) : at]))
    after = lows(words[at + 1 : at + 2])
    return bool(before & {"his", "her", "my", "your", "'s", "their"}) or after == ["of"]


_TURNED = {
    "parent": "child",
    "child": "parent",
    "uncle": "niece",
    "niece": "uncle",
    "grandparent": "grandchild",
    "grandchild": "grandparent",
}
