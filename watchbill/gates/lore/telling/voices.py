"""Voices: how somebody speaks and never speaks. Only what is surely theirs is judged."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from watchbill.gates.lore.canon import Canon, Entry, Voice
from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.people import TITLES
from watchbill.gates.lore.known.deeds import Statement, statements, voices
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.reading import Reading

_CONTRACTION = loose(
    r"\b(?:\w+n't|(?:I|you|we|they|he|she|it|that|there|who|what|where|how|this)'(?:m|re|ve|ll|d|s)|(?:let|here)'s|gonna|wanna|gotta|ain't|cannot've|'tis|'twas|dunno)\b|(?<=\w)'(?:ll|ve|re|d)\b|(?<=[a-z])'s (?=(?:a|an|the|been|gone|got|not|never|coming|going|here|there|dead|shut|over|ready)\b)"
)
_OATHS = either(
    r"damn\w*|hell|bloody|bastards?|shit\w*|fuck\w*|bitch\w*|arse\w*|ass|crap|goddamn\w*|piss\w*|bugger\w*|bollocks|devil take|(?:what|who|where|why|how) the devil|to the devil|by god|god's (?:blood|wounds|bones|teeth|death|truth)|zounds|'?sblood|god rot|pox on|for (?:god|christ)'s sake"
)
_I = re.compile(r"\b(?:I|I'm|I'll|I've|I'd|me|my|mine|myself)\b")
_NEVER_TAIL = re.compile(r"\bnever\b(?P<what>.*)", re.IGNORECASE | re.DOTALL)
_NAMES = loose(
    r"\b(?:never|not|nor) (?:once )?(?:names?|mentions?|speaks? of|utters?|says? the name of|invokes?|calls? (?:on|upon)) (?:the |his |her )?(?P<what>[A-Za-z][\w'-]*)"
)
_PLAIN = loose(r"^\W*(?:says?|uses?|utters?|speaks?)?\W*(?:the words? |the name )?(?P<what>[a-z]+)\W*$")
# The other forms of a pronoun that somebody does not use.
_FORMS = {
    "you": "you your yours yourself yourselves you're you'll you've you'd", "thou": "thou thee thy thine thyself", "we": "we us our ours ourselves we're we'll we've",
    "i": "I I'm I'll I've I'd me my mine myself",
}  # fmt: skip
_STUTTERS = loose(
    r"\b(?:stutter\w*|stammer\w*)\b.*\b(?:every|each|always|all|whenever)\b|\b(?:always|every|never without)\b.*\b(?:stutter\w*|stammer\w*)\b"
)
_STUTTERED = loose(r"\b(\w{1,3})(?:-|\.\.\.|…) ?\1")
_UNSPELT = loose(r"\b(?:stutter|stammer)\w*\b.*\bnever (?:written|spel\w+|shown|rendered)\b")
_STAMMER = loose(r"\b([a-z]{1,2})-(?=\1)")
_QUOTED = re.compile(r"[\"'“‘]([^\"'”’]{1,60})[\"'”’]")
_TWICE = loose(
    r"\b(?:says?|repeats?) (?:everything|all|it all|things|every word)(?: \w+){0,3} twice\b|\brepeats (?:everything|himself|herself|itself|each thing)\b"
)
_FEW = 2  # words that need no repeating
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

_BY_SURNAME = loose(
    r"\bnever (?:uses?|says?|speaks?|calls? \w+(?: \w+)? by) (?:[\w']+ ){0,4}(?:christian|first|given|fore) ?-?names?\b|\b(?:calls?|addresses) (?:everyone|everybody|people|all|her \w+|his \w+|the \w+) (?:only )?by (?:the |their )?(?:surnames?|last names?)\b"
)


def by_surname(text: str) -> bool:
    """Whether it tells that somebody calls nobody by a given name."""
    return bool(_BY_SURNAME.search(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    voice: Voice
    entry: Entry
    pattern: re.Pattern[str] | None  # what may not occur
    most_words: int | None  # in a sentence


class Voices:
    def __init__(self, canon: Canon) -> None:
        self._rules = [
            replace(rule, voice=voice)
            for voice in canon.voices
            if (entry := canon.find(voice.who)) is not None
            for part in _parts(voice)
            if (rule := _rule(part, entry)) is not None
        ]

        self._stutters = {
            entry.id: voice
            for voice in canon.voices
            if _STUTTERS.search(voice.words) and (entry := canon.find(voice.who)) is not None
        }
        told = chain(statements(canon), voices(canon))
        self._twice = [one for one in told if one.entry is not None and _TWICE.search(one.text)]

        self._by_surname = [
            one for one in statements(canon) if one.entry is not None and is_person(one.entry) and by_surname(one.text)
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        yield from self._said_once(reading)
        yield from self._by_given_name(reading)
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
                        yield _mark(rule.voice, sentence.start + start, sentence.start + end, 0.85)
                        break

    def _by_given_name(self, reading: Reading) -> Iterator[Mark]:
        """Somebody's given name alone, in the mouth of one who uses surnames only."""
        position = reading.standing.position
        held = {one.entry.id: one for one in self._by_surname if one.entry is not None and one.span.holds(position)}
        for place, sentence in enumerate(reading.sentences if held else ()):
            speaker = reading.speaker(sentence)
            stated = held.get(speaker.id) if speaker is not None else None
            if stated is None or reading.frames.is_framed(sentence):
                continue
            for mention in reading.mentions[place]:
                given = [word.strip("\"'") for word in mention.entry.name.split() if word.lower() not in TITLES]
                is_given = len(given) > 1 and mention.form.words == (given[0],) and mention.first == mention.last
                if is_given and is_person(mention.entry):
                    yield _mark(stated, mention.start, mention.end)

    def _said_once(self, reading: Reading) -> Iterator[Mark]:
        """What somebody who says everything twice says once."""
        held = {
            one.entry.id: one
            for one in self._twice
            if one.entry is not None and one.span.holds(reading.standing.position)
        }
        said: dict[tuple[int, str], list[Sentence]] = {}
        for sentence in reading.sentences if held else ():
            speaker = reading.speaker(sentence)
            if speaker is not None and speaker.id in held and not reading.frames.is_framed(sentence):
                said.setdefault((sentence.paragraph, speaker.id), []).append(sentence)
        for (_, whose), sentences in said.items():
            text = " ".join(f"{reading.passage.prose[one.start : one.end]}." for one in sentences)
            if len(text.split()) > _FEW and not _is_repeated(text):
                yield _mark(held[whose], sentences[0].start, sentences[0].end)


def _mark(broken: Voice | Statement, start: int, end: int, sure: float = 0.8) -> Mark:
    return Mark.at(start, end, "voice", broken.id, broken.words, sure)


def _is_repeated(text: str) -> bool:
    """Whether some of its clauses is said twice running."""
    clauses = [" ".join(re.findall(r"[\w'-]+", part.lower())) for part in re.split(r"[.,;:!?—…]", text)]
    clauses = [one for one in clauses if one]
    return any(two.startswith(one) or one.endswith(two) for one, two in pairwise(clauses)) or any(
        clauses[at : at + 2] == clauses[at + 2 : at + 4] for at in range(len(clauses) - 3)
    )


def _breaches(rule: _Rule, text: str) -> Iterator[tuple[int, int]]:
    if rule.pattern is not None:
        said = text if rule.pattern is _STUTTERED else _STAMMER.sub(lambda lead: " " * len(lead[0]), text)
        for found in rule.pattern.finditer(said):
            yield found.start(), found.end()
    if rule.most_words is not None and len(re.findall(r"[\w'-]+", text)) > rule.most_words:
        yield 0, len(text)


def _parts(voice: Voice) -> list[Voice]:
    """A rule in words as one of each of its clauses: "no contractions; eight words at most"."""
    if voice.check != voice.words:
        return [voice]
    clauses = [one for one in re.split(r"[;.]\s+|\s\((?=\w)", voice.words.rstrip(")")) if one.strip()]
    return [replace(voice, check=one, words=one) for one in clauses]


def _rule(voice: Voice, entry: Entry) -> _Rule | None:
    """What a check means, by its own name or else by the words of the rule; None for what only a reader can judge."""
    if _STUTTERS.search(voice.words) or _UNSPELT.search(voice.words):
        is_unspelt = bool(_UNSPELT.search(voice.words))
        return _Rule(voice=voice, entry=entry, pattern=_STUTTERED, most_words=None) if is_unspelt else None
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
        if (named := _NAMES.search(voice.words)) is not None:
            pattern = loose(rf"{_OATHS.pattern}|\b{re.escape(named['what'])}\b")
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
    tail = _NEVER_TAIL.search(voice.words)
    said = tail["what"] if tail else voice.words
    words: Sequence[str] = (
        [one for one in voice.arguments if one] or _QUOTED.findall(said) or _QUOTED.findall(voice.words)
    )
    if not words:
        found = _NAMES.search(voice.words) or _PLAIN.search(said)
        words = [found["what"]] if found else []
    words = [
        form for word in words for form in _FORMS.get(word.lower(), word).split(" " if word.lower() in _FORMS else "\n")
    ]
    flags = 0 if "I" in words else re.IGNORECASE
    return re.compile(rf"\b(?:{'|'.join(re.escape(word) for word in words)})\b(?!')", flags) if words else None
