"""Voices: how somebody speaks and never speaks. Only what is surely theirs is judged."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry, Voice
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.reading import Reading

_CONTRACTION = re.compile(
    r"\b(?:\w+n't|(?:I|you|we|they|he|she|it|that|there|who|what|where|how|this)'(?:m|re|ve|ll|d|s)|(?:let|here)'s|gonna|wanna|gotta|ain't|cannot've|'tis|'twas|dunno)\b|(?<=\w)'(?:ll|ve|re|d)\b",
    re.IGNORECASE,
)
_OATHS = re.compile(
    r"\b(?:damn\w*|hell|bloody|bastards?|shit\w*|fuck\w*|bitch\w*|arse\w*|ass|crap|goddamn\w*|piss\w*|bugger\w*|bollocks)\b",
    re.IGNORECASE,
)
_I = re.compile(r"\b(?:I|I'm|I'll|I've|I'd|me|my|mine|myself)\b")
_QUOTED = re.compile(r"[\"'“‘]([^\"'”’]{1,60})[\"'”’]")
_NUMBER = re.compile(r"\d+|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\b")
_IN_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    voice: Voice
    entry: Entry
    pattern: re.Pattern[str] | None  # what may not occur
    most_words: int | None  # in a sentence


class Voices:
    def __init__(self, canon: Canon) -> None:
        self._rules = [
            rule
            for voice in canon.voices
            if (entry := canon.find(voice.who)) is not None and (rule := _rule(voice, entry)) is not None
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        if not self._rules:
            return
        for sentence in reading.sentences:
            speaker = reading.speaker(sentence)
            if speaker is None:
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            for rule in self._rules:
                if rule.entry.id == speaker.id:
                    for start, end in _breaches(rule, text):
                        yield Mark(
                            rule="voice",
                            canon_id=rule.voice.id,
                            start=sentence.start + start,
                            end=sentence.start + end,
                            canon=rule.voice.words,
                            confidence=0.85,
                        )
                        break


def _breaches(rule: _Rule, text: str) -> Iterator[tuple[int, int]]:
    if rule.pattern is not None:
        for found in rule.pattern.finditer(text):
            yield found.start(), found.end()
    if rule.most_words is not None and len(re.findall(r"[\w'-]+", text)) > rule.most_words:
        yield 0, len(text)


def _rule(voice: Voice, entry: Entry) -> _Rule | None:
    """What a check means, by its own name or else by the words of the rule; None for what only a reader can judge."""
    name = f"{voice.check} {'' if voice.arguments else voice.words}".lower().replace("_", " ").replace("-", " ")
    pattern: re.Pattern[str] | None = None
    most: int | None = None
    if "contraction" in name:
        pattern = (
            None
            if re.search(r"\b(?:uses|always|only|loves|full of)\b(?! no| never)", name)
            and "never" not in name
            and "no " not in name
            else _CONTRACTION
        )
    elif "question" in name and re.search(r"\b(?:no|never|not|without)\b", name):
        pattern = re.compile(r"\?")
    elif "exclamation" in name and re.search(r"\b(?:no|never|not|without)\b", name):
        pattern = re.compile("!")
    elif re.search(r"\b(?:swear\w*|curse\w*|oath\w*|profan\w*)\b", name) and re.search(
        r"\b(?:no|never|not|without)\b", name
    ):
        pattern = _OATHS
    elif re.search(r"first person|third person|never says i\b|says i\b", name):
        pattern = _I
    elif re.search(r"\b(?:max|most|sentences|longer|fewer|words)\b", name) and (count := _count(voice)) is not None:
        most = count
    elif re.search(r"\b(?:never|not|no|forbid\w*|avoid\w*)\b", name):
        pattern = _forbidden(voice)
    return (
        _Rule(voice=voice, entry=entry, pattern=pattern, most_words=most)
        if pattern is not None or most is not None
        else None
    )


def _count(voice: Voice) -> int | None:
    for text in (*voice.arguments, voice.words):
        if found := _NUMBER.search(text):
            return _IN_WORDS.get(found[0]) or int(found[0])
    return None


def _forbidden(voice: Voice) -> re.Pattern[str] | None:
    words: Sequence[str] = [one for one in voice.arguments if one] or _QUOTED.findall(voice.words)
    if not words:
        plain = re.search(r"\bnever says?\s+([a-z]+)\s*$", voice.words.strip(" ."), re.IGNORECASE)
        words = [plain[1]] if plain else []
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in words)})\b", re.IGNORECASE) if words else None
