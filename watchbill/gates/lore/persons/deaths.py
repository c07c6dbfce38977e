"""The dead: nobody speaks or acts after their death, and nobody is dead before it."""

import re
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon, Death
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import Token, lows
from watchbill.gates.lore.english.people import SPEAKING, TITLES
from watchbill.gates.lore.persons.living import NOT_DOING, is_main, signs, speaks
from watchbill.gates.lore.texts.cast import Mention
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.texts.standing import days_at

_BODY = either(
    r"body|corpse|coffin|grave|graveside|tomb|bier|shroud\w*|buried|funeral|ashes|urn|remains|(?:the|his|her|a) wake\b(?! of)|memorial|headstone|gravestone|mourn\w*|autopsy|morgue|pall|dead|ghost\w*|spirit|"
    r"voice in (?:her|his) head|undead|revenant|resurrect\w*|zombie|(?:his|her|the) widow\b(?! [A-ZÀ-Þ])|(?:the|his|her|my|their) late|epitaph|churchyard|cemetery|headstone|(?:his|her|the|last) will|inherit\w*|legacy|in memory|namesake|named after|flashback"
)
_DEAD = loose(
    r"\b(?:is|was|were|lay|lies|found|being|been) (?:\w+ ){0,2}dead\b|\bdead\b(?= (?:these|for|now|and))|'s (?:grave|funeral|tomb|coffin|corpse|body|killer|murder|ghost)\b|\bthe late\b|\bafter [\w ]{2,30}'s death\b"
)


# Where the dead are seen, heard and missed.
_MISSED = either(
    r"for a moment|in every|everywhere|still saw|again and again|in (?:his|her|my|your|their) (?:head|mind|ear|ears|heart|bones|name)|in sleep|(?<!as he was )(?<!as she was )(?:every|each) (?:night|evening|morning)|behind (?:his|her|my) eyes|mantelpiece|gilt|propped|pennies|according to|witness\w*|inquest|feet first|grief|from beyond|the frame|on the wall"
)
_HEARSAY = either(
    r"they say|people say|folk say|some say|says? that|heard|rumou?r\w*|believe\w*|think\w*|thought|swear\w*|mad|wandering|wits|grave|stone|heaven|ghost\w*|spirit\w*|medium|know"
)
_LONG_AGO = loose(r"before the (?:story|book|series|start)|backstory|prologue|long ago|years ago")


class Deaths:
    def __init__(self, canon: Canon) -> None:
        self._deaths = {entry.id: death for death in canon.deaths if (entry := canon.find(death.who)) is not None}

    def check(self, reading: Reading) -> Iterator[Mark]:
        for place, sentence in enumerate(reading.sentences):
            if sentence.is_speech:
                yield from self._as_told(reading, place)
                continue
            for mention in reading.mentions[place]:
                death = self._deaths.get(mention.entry.id)
                if death is not None and is_dead(death, reading):
                    yield from _alive(reading, place, mention, death)
                elif death is not None and is_living(death, reading):
                    yield from _dead(reading, place, mention, death)
            yield from self._by_pronoun(reading, place)

    def _as_told(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Tomas is coming to dinner": what somebody says of one who is dead, as of somebody who lives."""
        sentence = reading.sentences[place]
        for mention in reading.mentions[place]:
            death = self._deaths.get(mention.entry.id)
            if death is None or not is_dead(death, reading) or reading.frames.is_lie(sentence):
                continue
            found = _reported(sentence.tokens, mention)
            if (
                found is not None
                and not _is_elsewhere(reading, place, mention.end)
                and not _HEARSAY.search(reading.passage.in_paragraph(sentence.paragraph))
            ):
                yield _mark(reading, place, *found, death, 0.7)

    def _by_pronoun(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "he said", where he is one of the dead: only speech, since a pronoun may mean anybody."""
        words = reading.sentences[place].tokens
        for at, word in enumerate(words[:3]):
            if word.lower not in ("he", "she") or at + 1 >= len(words) or words[at + 1].lower not in SPEAKING:
                continue
            entry = reading.meant(place, at)
            death = self._deaths.get(entry.id) if entry is not None else None
            if (
                death is not None
                and entry is not None
                and is_dead(death, reading)
                and not _is_elsewhere(reading, place, words[at + 1].end)
                and _speaks_beside(reading, place)
            ):
                yield _mark(reading, place, at, at + 1, death, 0.7)


def is_dead(death: Death, reading: Reading) -> bool:
    """Whether the text stands after the death."""
    standing = reading.standing
    if death.date is not None and standing.day is not None:
        return standing.day > death.date
    if death.position is not None and standing.position is not None:
        return standing.position > death.position
    if death.date is not None:
        first, _ = days_at(reading.canon, standing)
        return first is not None and first > death.date
    return death.position is None and bool(_LONG_AGO.search(death.words))


def is_living(death: Death, reading: Reading) -> bool:
    standing = reading.standing
    if death.date is not None and standing.day is not None:
        return standing.day < death.date
    if death.position is not None and standing.position is not None:
        return standing.position < death.position
    _, last = days_at(reading.canon, standing)
    return death.date is not None and last is not None and last < death.date


def _alive(reading: Reading, place: int, mention: Mention, death: Death) -> Iterator[Mark]:
    words = reading.sentences[place].tokens
    if _is_elsewhere(reading, place, mention.end):
        return
    if len(mention.form.words) == 1 and mention.form.words[0].lower() in TITLES:
        return  # another may hold the office by now
    said = speaks(words, mention) if _speaks_beside(reading, place) else None
    if said is not None:
        yield _mark(reading, place, *said, death, 0.9)
        return
    for first, last in signs(words, mention):
        yield _mark(reading, place, first, last, death, 0.8)
        return


def _mark(reading: Reading, place: int, first: int, last: int, death: Death, sure: float) -> Mark:
    words = reading.sentences[place].tokens
    return Mark.over(words, first, last, "death", death.id, death.words, sure)


def _is_elsewhere(reading: Reading, place: int, until: int) -> bool:
    """In a dream, a memory, a guess, on a picture, or as a body."""
    sentence = reading.sentences[place]
    text = reading.passage.prose[sentence.start : sentence.end]
    frames = reading.frames
    if frames.is_framed(sentence) or frames.is_hedged(sentence, until) or _BODY.search(text) or _MISSED.search(text):
        return True
    if frames.is_compared(sentence, until) or text.startswith("Once,"):
        return True
    if _is_retold(reading, place) or _is_haunted(reading, sentence.paragraph):
        return True
    around = reading.passage.in_paragraph(sentence.paragraph)
    return bool(
        re.search(
            r"\b(?:had (?:always|once|often)|remember\w*|years ago|years before|in those days|ghost|spirit|recording|photograph|portrait|footage|memory of|letter from|flashback|tape|reel|gramophone|letter lay|in the letter|actors?|actress|on (?:the )?stage|bearers|hearse|told the (?:children|boys?|girls?|others|child) (?:about|of|how)|according to|inquest|witness(?:es)?|that (?:summer|winter|autumn|spring|day|night) (?:long|years)|apparition|vision|wraith|(?<!\b[Ii]t )(?:was|were|lay|is) (?:flat|empty|cold|bare)(?: and \w+)? (?:there|where|beneath|under)|nothing there|no one there|nobody there|(?:the|an) empty (?:chair|bed|saddle|yard|room|place|bench|doorway|road))\b",
            around,
            re.IGNORECASE,
        )
    )


def _is_haunted(reading: Reading, paragraph: int) -> bool:
    """Whether a text near by knows that who is seen is dead, or not there, or another: "it is not a ghost"."""
    return any(_NOT_ALIVE.search(reading.passage.in_paragraph(near)) for near in range(paragraph - 2, paragraph + 5))


_NOT_ALIVE = either(
    r"(?:'s|is|are|'re) dead|dead (?:man|woman|men)|the dead|ghosts?|corpse|apparition|dream\w*|impostor|imposter|the living"
)


def _is_retold(reading: Reading, place: int) -> bool:
    """Whether a sentence before, in the paragraph, went back to another time: "The last time she saw him he had stood there."."""
    sentence = reading.sentences[place]
    start, _ = reading.passage.paragraphs[sentence.paragraph]
    before = reading.passage.prose[start : sentence.start]
    return bool(reading.frames.goes_back(sentence) or (_HAD.search(before) and _OF_THEM.search(before)))


_HAD = re.compile(
    r"\b(?:he|she|[A-ZÀ-Þ]\w+) had (?:\w+ly |always |never |once |often )?(?!been\b|to\b|a\b|the\b|no\b|his\b|her\b)\w+"
)
_OF_THEM = either(r"he|him|his|she|her")


def _speaks_beside(reading: Reading, place: int) -> bool:
    """Whether speech stands right before or behind this narration."""
    sentence = reading.sentences[place]
    prose = reading.passage.prose
    return any(
        not prose[speech.end : sentence.start].strip("\" '") or not prose[sentence.end : speech.start].strip("\" '")
        for speech in reading.speeches_in(sentence.paragraph)
    )


_NO_DEATH = bag("father mother brother wife husband son daughter dog and with tired asleep")


def _dead(reading: Reading, place: int, mention: Mention, death: Death) -> Iterator[Mark]:
    """Said to be dead while the canon still has them alive."""
    sentence = reading.sentences[place]
    if reading.frames.is_framed(sentence) or reading.frames.is_hedged(sentence) or reading.frames.is_doubted(sentence):
        return
    words = sentence.tokens
    text = reading.passage.prose[mention.start : min(sentence.end, mention.end + 40)]
    found = _DEAD.search(text)
    if found is None or found.start() > mention.end - mention.start + 2:
        return
    if any(word.lower in _NO_DEATH for word in words[mention.last + 1 : mention.last + 4]):
        return
    yield Mark.at(mention.start, mention.start + found.end(), "death", death.id, death.words, 0.75)


_WANTED = bag("you to us me it's he's she's")


def _reported(words: Sequence[Token], mention: Mention) -> tuple[int, int] | None:
    """How speech tells that somebody lives: "Tomas is waiting for you", "I saw Tomas this morning", "Tomas sends his love"."""
    first, after = mention.first, lows(words[mention.last + 1 : mention.last + 5])
    before = lows(words[max(0, first - 2) : first])
    if before[-1:] and before[-1] in _SEEN and before[:-1] and before[0] in ("i", "we") and {*after[:3]} & _JUST_NOW:
        return first - 1, mention.last + 1
    if not is_main(words, first) or len(after) < 2:
        return None
    is_doing = (
        after[0] in ("is", "'s")
        and after[1].endswith("ing")
        and after[1] not in NOT_DOING - {"coming", "going", "waiting"}
    )
    is_sending = after[0] == "sends" and after[1] in ("his", "her", "you", "word")
    is_wanting = after[0] in ("wants", "needs", "says") and after[1] in _WANTED
    return (first, mention.last + 2) if is_doing or is_sending or is_wanting else None


_SEEN = bag("saw met passed")
_JUST_NOW = bag("this today just yesterday")
