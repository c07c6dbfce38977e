"""Knowledge: nobody says, knows or acts on something before they learn it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.canon import Canon, Entry, Knowledge
from watchbill.gates.lore.language import Token, stem, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.passages import Sentence
from watchbill.gates.lore.reading import Reading

_EMPTY = bag(
    "that the a an is was were are be been being of to in on at by for with from had has have did do does his her its their he she it they him them who what which "
    "whom whose how where when why about and or as not really actually secretly own this these those really been truth fact there true identity about secret whether into"
)
_KNOWS = bag(
    "knew know knows known knowing told tell tells said say says realised realized realises understood understands explained explains announced announces revealed reveals "
    "confessed admitted admits remembered remembers because certain aware thought thinks wrote reported reports warned warns repeated insisted recognised recognized believed "
    "learned learnt discovered found saw accused blamed thanked confronted shouted whispered declared remarked mentioned confided since proof proved already admitted recalled recounted"
)
_UNSURE = re.compile(
    r"\b(?:not (?:yet )?(?:know|known|realise|realize|understand|guess|see|learn|tell|aware|believe|suspect)|never (?:knew|guessed|suspected|learned|realised|realized|told|dreamed)|unaware|no idea|had yet to|not know|"
    r"didn't know|doesn't know|did not|does not|didn't|doesn't|nobody (?:knew|had told)|no one (?:knew|had told)|without knowing|ignorant|wonder\w*|suspect\w*|suspicion|guess\w*|fear(?:ed|s)?|feared|hop(?:ed|es)|ask(?:ed|s) "
    r"(?:if|whether|who|what|how)|whether|if|might|may|perhaps|maybe|would|could|should|dreamed|imagined|joked|rumou?rs?|half-guessed|doubt\w*|later|one day|soon|would learn|had not|hadn't|has not|hasn't|"
    r"until|somebody|someone|whoever|anybody|anyone|accus\w+ falsely|lied|lie|who)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    knowledge: Knowledge
    who: Entry | None
    stems: frozenset[str]  # of what is known; names as they are
    about: frozenset[str]  # ids of the entries that it names


class Secrets:
    def __init__(self, canon: Canon) -> None:
        self._secrets = [one for knowledge in canon.knowledge if (one := _secret(canon, knowledge)) is not None]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        if position is None:
            return
        kept = [one for one in self._secrets if position < one.knowledge.position]
        for place, sentence in enumerate(reading.sentences):
            for secret in kept:
                if _is_told(reading, place, secret) and _is_theirs(reading, place, sentence, secret):
                    yield Mark(
                        rule="knowledge",
                        canon_id=secret.knowledge.id,
                        start=sentence.start,
                        end=sentence.end,
                        canon=secret.knowledge.words,
                        confidence=0.8,
                    )


def _secret(canon: Canon, knowledge: Knowledge) -> _Secret | None:
    who = canon.find(knowledge.who) if knowledge.who else None
    if (
        knowledge.who
        and who is None
        and knowledge.who.lower() not in ("anyone", "anybody", "everyone", "nobody", "no one", "all", "reader")
    ):
        return None
    about: set[str] = set()
    kept: list[Token] = tokens(knowledge.what)
    for entry in canon.entries:
        for name in entry.spoken_of:
            if re.search(rf"\b{re.escape(name)}\b", knowledge.what) or any(
                word.is_capital and word.text == part
                for word in kept
                for part in entry.name.split()
                if part[0].isupper() and len(part) > 2
            ):
                about.add(entry.id)
    names = {
        part.lower()
        for entry in canon.entries
        if entry.id in about
        for name in entry.spoken_of
        for part in name.split()
    }
    stems = frozenset(
        stem(word.text)
        for word in kept
        if word.is_word and word.lower not in _EMPTY | names and word.lower != "'s" and len(word.text) > 2
    )
    about.discard(who.id if who else "")
    return (
        _Secret(knowledge=knowledge, who=who, stems=stems, about=frozenset(about)) if stems or len(about) > 1 else None
    )


def _is_told(reading: Reading, place: int, secret: _Secret) -> bool:
    """Whether a sentence says the secret itself, as a certain thing."""
    sentence = reading.sentences[place]
    frames = reading.frames
    if frames.is_framed(sentence) or frames.is_lie(sentence):
        return False
    text = reading.passage.prose[sentence.start : sentence.end]
    last = max((word.end for word in sentence.tokens if stem(word.text) in secret.stems), default=sentence.end)
    if text.rstrip("\"')").endswith("?") or _UNSURE.search(reading.passage.prose, sentence.start, last):
        return False
    found = {stem(word.text) for word in sentence.tokens}
    if found & secret.stems and any(word.lower in ("it", "they", "this", "that") for word in sentence.tokens):
        found |= _said_before(reading, place)
    missing = secret.stems - found
    if len(missing) > (1 if len(secret.stems) > 3 else 0):
        return False
    mentioned = {one.entry.id for one in reading.mentions[place]}
    if sentence.is_speech and (speaker := reading.speaker(sentence)) is not None:
        mentioned.add(speaker.id)
    unnamed = secret.about - mentioned
    return not unnamed or (
        len(unnamed) == 1
        and len(secret.stems) > 1
        and any(word.lower in ("he", "she", "his", "her", "him", "it") for word in sentence.tokens)
        and len(unnamed) < len(secret.about) + 1
        and _was_named(reading, sentence, unnamed)
    )


def _said_before(reading: Reading, place: int) -> set[str]:
    """What an "it" may mean: the words of the sentence before, in the same paragraph."""
    before = reading.sentences[place - 1] if place else None
    if before is None or before.paragraph != reading.sentences[place].paragraph:
        return set()
    return {stem(word.text) for word in before.tokens}


def _was_named(reading: Reading, sentence: Sentence, unnamed: frozenset[str]) -> bool:
    """Whether who is only a pronoun here was named in the paragraph."""
    return unnamed <= {
        one.entry.id for place in reading.in_paragraph(sentence.paragraph) for one in reading.mentions[place]
    }


def _is_theirs(reading: Reading, place: int, sentence: Sentence, secret: _Secret) -> bool:
    """Whether the one who must not know is the one who says or knows it."""
    if secret.who is None:
        return True
    if sentence.is_speech:
        speaker = reading.speaker(sentence)
        return speaker is not None and speaker.id == secret.who.id
    words = sentence.tokens
    for at, word in enumerate(words):
        if word.lower in _KNOWS:
            subject = reading.subject(place, at)
            if subject is not None and subject.id == secret.who.id:
                return True
    return False
