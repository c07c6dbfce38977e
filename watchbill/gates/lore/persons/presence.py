"""Presence: who is away and yet there, who sleeps by day and yet is wide awake at noon."""

from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.language import noun
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.persons.bodies import PART
from watchbill.gates.lore.persons.living import signs, speaks
from watchbill.gates.lore.texts.cast import Mention
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_AWAY = loose(
    r"^(?:(?:status|whereabouts|location|place|home|where(?: \w+)?|state|standing|now|residence|absence|presence|notes?|remarks?|away|condition|from): |(?:[A-ZÀ-Þ][\w']+ )+|(?:s?he|they) )?(?:(?:is|was|goes|gone|has gone|has been|sent) )?(?:away|abroad|absent|overseas|at sea|in (?:prison|gaol|jail|hospital|exile|hiding|the south|the north)|in a (?:coma|trance)|comatose|unconscious|arrested|imprisoned|jailed|gaoled|interned|deported|exiled|banished|kidnapped|abducted|missing(?=\s*(?:$|[,;.]))|not (?:there|here|in \w+))\b"
)
_FAR = either(
    r"letters?|wrote|writes|postcard|card|telephon\w*|phon\w*|radio|telegram|wire|cable|screen|portrait|empty|chair|absence|away|returned?|came back|come back|home again|hologram|message|prison|cells?|bars|gaolers?|jailers?|warders?|dungeon|visit\w*|hospital|ward|ship|thought of|missed|remember\w*"
)
_CROWD = either(r"everybody|everyone|(?:the|both|all) (?:crowd|teams?|girls|boys|class|crew|company|guests)")
_BY_DAY = either(
    r"sleeps (?:all|by|through the|during the) day|asleep (?:all|by) day|nocturnal|(?:never|not|n't) (?:wakes?|rises?|stirs?|awake|gets? up|up) (?:before|until|till) (?:noon|dusk|dark|evening|nightfall|sunset)"
)
_DAY = either(
    r"noon|midday|middle of the day|broad daylight|in the morning|of the morning|mid-?morning|breakfast|sunrise|sun was (?:high|hot)|afternoon"
)
_BY_NIGHT = loose(
    r"\b(?:speaks?|talks?|sings?|(?:is )?heard) only (?:at|by|after|in the) (?:night|dark|nightfall|sunset|darkness)\b|\bonly (?:ever )?(?:speaks?|talks?) (?:at|by|after|in the) (?:night|dark|nightfall|sunset)\b"
    r"|\b(?:silent|mute|dumb|never speaks|does not speak|says nothing) (?:by day|in daylight|before (?:dark|dusk|nightfall|sunset)|while the sun is up|until (?:dark|dusk|nightfall|sunset))\b"
)
_SUN = either(
    r"noon|midday|broad daylight|in the sunlight|in the sunshine|mid-?morning|the (?:\w+ )?sun (?:was|stood|beat|blazed) (?:high|hot|overhead|down|at its)|(?:blazing|burning|noonday|hot|bright) sun|under the sun"
)
_LATER = loose(
    r"\b(?:until|till|by|at|after) (?:\w+ )?(?:night|dark|dusk|nightfall|sunset|midnight)\b|\bthat (?:night|evening)\b|\b(?:midnight|moonlight|moon|stars)\b"
)
_AWAKE = either(r"wide awake|broad awake|bright and awake|up and about|bright-eyed")


def is_away(stated: Statement) -> bool:
    """Whether it tells that somebody is away, and for which chapters."""
    key = stated.text.partition(": ")[0]
    is_part = any(noun(word) in PART for word in key.split())  # "front tooth: missing"
    return bool(_AWAY.search(stated.text)) and not stated.span.is_open and not is_part


def is_by_night(text: str) -> bool:
    """Whether it tells that somebody speaks at night alone."""
    return bool(_BY_NIGHT.search(text))


class Presence:
    def __init__(self, canon: Canon) -> None:
        every = [one for one in statements(canon) if one.entry is not None and is_person(one.entry)]
        self._away = [one for one in every if is_away(one)]
        self._by_day = [one for one in every if _BY_DAY.search(one.text)]
        self._by_night = [one for one in every if is_by_night(one.text)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        away = [one for one in self._away if position is not None and one.span.holds(position)]
        by_day = [one for one in self._by_day if one.span.holds(position)]
        frames = reading.frames
        yield from self._spoken_by_day(reading)
        for place, sentence in enumerate(reading.sentences):
            if not (away or by_day) or not frames.is_narrated(sentence):
                continue
            for one in away:
                yield from _there(reading, place, one)
            for one in by_day:
                yield from _awake(reading, place, one)

    def _spoken_by_day(self, reading: Reading) -> Iterator[Mark]:
        """Who speaks only at night, and does so where the paragraph has the sun up."""
        held = {
            one.entry.id: one
            for one in self._by_night
            if one.entry is not None and one.span.surely(reading.standing.position)
        }
        for sentence in reading.sentences if held else ():
            speaker = reading.speaker(sentence)
            if speaker is None or speaker.id not in held or reading.frames.is_framed(sentence):
                continue
            around = reading.passage.in_paragraph(sentence.paragraph)
            if _SUN.search(around) and not _LATER.search(around):
                yield Mark.at(sentence.start, sentence.end, "voice", held[speaker.id].id, held[speaker.id].words, 0.75)


def _there(reading: Reading, place: int, stated: Statement) -> Iterator[Mark]:
    """Who is away speaks or acts before somebody who is not."""
    sentence = reading.sentences[place]
    if reading.narrator is stated.entry or _FAR.search(reading.passage.in_paragraph(sentence.paragraph)):
        return
    others = {
        one.entry.id
        for paragraph in range(sentence.paragraph - 1, sentence.paragraph + 2)
        for near in reading.in_paragraph(paragraph)
        for one in reading.people_in(near)
        if one.entry is not None and one.entry is not stated.entry and is_person(one.entry)
    }
    is_crowd = _CROWD.search(reading.passage.in_paragraph(sentence.paragraph)) is not None
    for mention in reading.mentions[place]:
        if (
            mention.entry is not stated.entry
            or not (others or is_crowd)
            or reading.frames.is_hedged(sentence, mention.end)
        ):
            continue
        shown = _does(reading, place, mention)
        if shown is not None:
            yield _mark(reading, place, stated, *shown)


def _does(reading: Reading, place: int, mention: Mention) -> tuple[int, int] | None:
    """The tokens by which somebody is shown to be there."""
    words = reading.sentences[place].tokens
    said = speaks(words, mention) if reading.speeches_in(reading.sentences[place].paragraph) else None
    return said or next(signs(words, mention), None)


def _awake(reading: Reading, place: int, stated: Statement) -> Iterator[Mark]:
    sentence = reading.sentences[place]
    start, end = reading.passage.paragraphs[sentence.paragraph]
    awake = _AWAKE.search(reading.passage.prose, sentence.start, sentence.end)
    if awake is None or not _DAY.search(reading.passage.prose, start, end):
        return
    words = sentence.tokens
    at = next(to for to, word in enumerate(words) if word.end > awake.start())
    subject = reading.subject(place, at)
    if subject is stated.entry and not reading.frames.is_hedged(sentence, awake.start()):
        last = max(to for to, word in enumerate(words) if word.start < awake.end())
        yield _mark(reading, place, stated, at, last)


def _mark(reading: Reading, place: int, stated: Statement, first: int, last: int) -> Mark:
    words = reading.sentences[place].tokens
    return Mark.over(words, first, last, "fact", stated.id, stated.words, 0.75)
