"""Sides: what lies on which bank, and so what must be crossed to get from one place to another."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import tokens
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_EDGE = loose(r"\b(?P<side>[\w-]+)(?: (?:river)?)? ?(?:bank|side|shore)\b")
_KEY = re.compile(r"\b(?:bank|side|shore)\b")
_NO_SIDE = bag("the a its other far near opposite this that same river in on of by their our")
_WATER = r"(?:water|brook|river|stream|bridge|ferry|boat|lake|creek|canal|ford|sea|sound|strait)"
_MINE = r"(?:this same|this|our own|our|our same|the same)"
# Words by which two places lie on one side, and from where: the two that are named, where the text stands, or somebody's home.
_SAME = loose(
    rf"\bno (?:\w+ )?{_WATER}s? (?:to (?:cross|take|wait for)|between)\b|\bwithout (?:(?:ever )?(?:having to )?cross(?:ing)?\b(?: (?:any|the|a|so much as a))? (?:\w+ )?{_WATER}|(?:a|any|the need of a) (?:boat|bridge|ferry))\b"
    rf"|\b(?:need(?:s|ed)?|took|takes|take|wants?|wanted) no (?:boat|bridge|ferry)\b|\bn(?:ever|ot|o)? (?:have|need|having|needing) to cross (?:the |any )?{_WATER}\b"
    r"|\b(?:up)?on the same (?:bank|side|shore)(?: of the \w+)?\b(?! as)"
)
_HERE = loose(rf"\bon {_MINE} (?:bank|side of (?:the )?(?:{_WATER}|[A-ZÀ-Þ]\w+)|shore)\b")
_OWN = loose(
    r"\b(?:up|down|along|further|on) (?:on )?(?:their|his|her|its|my) own (?:bank|side|shore)\b|\b(?:up|down|along) (?:their|his|her|my) (?:own )?bank\b"
)
_BESIDE = loose(
    r"\bnext door (?:but one )?(?:to|from)\b|\b(?:two|three|four|five|six|a few|a couple of|some) doors (?:\w+ )?from\b|\b(?:across|over) the (?:street|road|alley|lane) from\b"
    r"|\b(?:on|in) the same (?:street|block|row|corner|square) as\b|\b(?:one|two|three|a|a few|half a) (?:blocks?|streets?) (?:away )?from\b|\bback to back with\b"
)
_COMPASS = ("north", "south", "east", "west")
_BUILT = loose(
    r"\b(?:the|its) (?:house|hall|inn|building|place|walls?|town|village|mill|tower|fort|church|school|court|abbey|palace|castle|temple|station|it) (?:had been |was |were |is )?(?:built|stood|stands|lay|lies|sat|rose|raised|set) (?:up)?on the (?P<side>north|south|east|west)(?:ern)? (?:bank|side|shore)\b"
)
_LYING = re.compile(  # "above the north shore, Hythe lay"
    r"\b(?:[Oo]n|[Uu]nder|[Uu]pon|[Aa]bove) the (?P<side>north|south|east|west)(?:ern)? (?:bank|shore)(?=,? (?:the )?[A-ZÀ-Þ][\w' ]+? (?:stood|stands|lay|lies|rose|sat)\b)"
)
_HOMES = ("home", "lives in", "lives at", "lives", "house", "residence")


class Sides:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        self._side_by_id = {
            entry.id: found for entry in canon.entries if entry.is_place and (found := _side_of(entry)) is not None
        }
        self._home_by_id = {
            entry.id: home.id
            for entry in canon.entries
            if not entry.is_place and (home := self._home(entry)) is not None
        }

    def check(self, reading: Reading) -> Iterator[Mark]:
        has_two = len({side for side, _ in self._side_by_id.values()}) > 1
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences if self._side_by_id else ()):
            if frames.is_framed(sentence) or frames.is_lie(sentence):
                continue
            yield from self._built(reading, place)
            if not has_two:
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            for pattern, starts in (
                (_SAME, self._named),
                (_HERE, self._here),
                (_OWN, self._homes_near),
                (_BESIDE, self._two_named),
            ):
                found = pattern.search(text)
                if found is None or _is_unsaid(reading, place, sentence.start + found.start()):
                    continue
                wrong = self._apart(reading, place, starts(reading, place))
                if wrong is not None:
                    yield Mark.at(
                        sentence.start + found.start(),
                        sentence.start + found.end(),
                        "place",
                        wrong.id,
                        self._side_by_id[wrong.id][1],
                        0.75,
                    )
                    break

    def _built(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "It stood on the western bank", of the one place that the paragraph has named."""
        sentence = reading.sentences[place]
        found = _BUILT.search(reading.passage.prose, sentence.start, sentence.end) or _LYING.search(
            reading.passage.prose, sentence.start, sentence.end
        )
        if found is None or sentence.is_speech or _is_unsaid(reading, place, found.start()):
            return
        near = [one for one in reading.beside(sentence.paragraph) if one <= place]
        named = {
            one.entry.id: one.entry for at in near for one in reading.mentions[at] if one.entry.id in self._side_by_id
        }
        if len(named) != 1:
            return
        entry = next(iter(named.values()))
        side, words = self._side_by_id[entry.id]
        if side.removesuffix("ern") in _COMPASS and side.removesuffix("ern") != found["side"].lower():
            yield Mark.at(found.start(), found.end(), "place", entry.id, words, 0.7)

    def _apart(self, reading: Reading, place: int, starts: list[str]) -> Entry | None:
        """The place that the words are about, where it lies on another side than what they start from."""
        for end in self._places_near(reading, place):
            sides = {self._side_by_id[start][0] for start in starts if start != end}
            if sides and self._side_by_id[end][0] not in sides:
                return self._canon.entry_by_id[end]
        return None

    def _places_near(self, reading: Reading, place: int) -> list[str]:
        """The places with a side that a sentence names, or else the ones before it do."""
        for earlier in range(place, max(-1, place - 3), -1):
            here = [one.entry.id for one in reading.mentions[earlier] if one.entry.id in self._side_by_id]
            if here:
                return list(dict.fromkeys(here))
        return []

    def _named(self, reading: Reading, place: int) -> list[str]:
        """From the other place named, or else from the homes of those who go."""
        ends = self._places_near(reading, place)
        return ends if len(ends) > 1 else self._homes_near(reading, place)

    def _two_named(self, reading: Reading, place: int) -> list[str]:
        """Both places that one sentence names."""
        ends = [one.entry.id for one in reading.mentions[place] if one.entry.id in self._side_by_id]
        return ends if len(set(ends)) == 2 else []

    def _here(self, reading: Reading, place: int) -> list[str]:
        """From where the text stands, as it or the timeline says."""
        _ = place
        stands = self._canon.find(reading.standing.place) if reading.standing.place else None
        position = reading.standing.position
        if stands is None and position is not None:
            named = {one.place for one in self._canon.timeline if one.position == position and one.place}
            stands = self._canon.find(named.pop()) if len(named) == 1 else None
        return [stands.id] if stands is not None and stands.id in self._side_by_id else []

    def _homes_near(self, reading: Reading, place: int) -> list[str]:
        """The homes of those whom a sentence names, or the one before it in its paragraph, or else the narrator's."""
        for earlier in (place, place - 1):
            if earlier < 0 or reading.sentences[earlier].paragraph != reading.sentences[place].paragraph:
                continue
            people = [one.entry.id for one in reading.mentions[earlier] if one.entry.id in self._home_by_id]
            if people:
                return list(dict.fromkeys(self._home_by_id[one] for one in people))
        narrator = reading.narrator
        return [self._home_by_id[narrator.id]] if narrator is not None and narrator.id in self._home_by_id else []

    def _home(self, person: Entry) -> Entry | None:
        """Where somebody lives: what the canon says, or the one place that is called by their name."""
        for attribute in person.attributes:
            if attribute.key in _HOMES and len(attribute.values) == 1:
                stated = self._canon.find(attribute.values[0].text)
                return stated if stated is not None and stated.id in self._side_by_id else None
        own = {token.lower for token in tokens(person.name) if len(token.text) > 2 and token.is_capital}
        owned = [
            entry
            for entry in self._canon.entries
            if entry.id in self._side_by_id
            and own & {_owner(token.lower) for token in tokens(entry.name) if token.is_capital}
        ]
        return owned[0] if len(owned) == 1 else None


def _is_unsaid(reading: Reading, place: int, start: int) -> bool:
    """Whether the words at start are asked, supposed or denied."""
    sentence, frames = reading.sentences[place], reading.frames
    return frames.is_conditional(sentence, start) or frames.is_negated(sentence, start, start)


def _owner(word: str) -> str:
    """ "Tansys" of "the Tansys' nest"."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _side_of(entry: Entry) -> tuple[str, str] | None:
    """On which side a place lies, and the canon's words for it."""
    for attribute in entry.attributes:
        if _KEY.search(attribute.key) and len(attribute.values) == 1 and attribute.values[0].span.is_open:
            side = attribute.values[0].text.lower().removeprefix("on ").removeprefix("the ").split()
            if side and side[0] not in _NO_SIDE:
                return side[0], f"{entry.name}: {attribute.words}"
    lying = ("place", "location", "where", "lies", "stands")
    for text in (*entry.notes, *(one.words for one in entry.attributes if one.key in lying)):
        found = _EDGE.search(text)
        if found is not None and found["side"].lower() not in _NO_SIDE:
            return found["side"].lower(), f"{entry.name}: {text}"
    return None
