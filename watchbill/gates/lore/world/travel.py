"""Travel: nobody gets from one place to another faster than the canon's ways allow, and distances are what they are."""

import re
from collections import Counter
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry, Way
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.durations import Kind, lapses, most_days
from watchbill.gates.lore.english.language import noun, number_at
from watchbill.gates.lore.english.lexicon import kinds_of
from watchbill.gates.lore.known.almanac import Almanac
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world.journeys import Journeys, Leg

_STATED = loose(
    r"\b(?:is|are|lies|lay|was|takes|take|it's)\b|\bjourney\b|\b(?:ride|walk|sail|march|drive|travel)\b(?= (?:from|to|between))"
)
_LASTS = loose(r"\b(?:takes?|took|is|was|'s) (?:\w+ ){0,3}?(?:an?|one|two|three|four|five|six|half|\d+)\b")
_MOVES = either(
    r"left|leav\w+|rode|ride|rides|sail\w*|walk\w*|drove|drive\w*|flew|fly|flies|march\w*|travel\w*|reach\w*|arriv\w*|came|come|comes|got|went|go|goes|set out|set off|docked|docks|raised|sighted|put in|out of|landed|crossed|poled|rowed|stood (?:off|in|out)|brought (?:them|us|him|her|it|the \w+) (?:in|to|up|home|back|down)|breakfasted|lunched|dined|supped|moored|anchored|stepped (?:off|down)|dropped anchor|rode in|rolled in|tied up|made fast|"
    r"hurried|journey\w*|was in|were in|was at|were at|stood in|back in|made it|did it|made the|took (?:us|them|him|her|me|the)|ran|from"
)
_REMARKABLE = either(
    r"portal|teleport\w*|magic\w*|record|impossibl\w*|miracle|as the crow flies|shortcut|short cut|by (?:air|plane|rail|train)|dragonback|flew|flown|flying|(?:it (?:was|is)|they) (?:said|say)|the story (?:goes|went)|gate spell|no one had ever|telephon\w*|wired|telegraph\w*|pigeon"
)
_SENT = either(
    r"by (?:letter|message|wire|post)|(?:could|can) (?:just |still )?(?:see|hear|smell|make out)|(?:a|the|his|her|their|'s) (?:\w+ )?(?:letters?|messages?|news|words?|telegrams?)(?= (?:\w+ ){0,3}(?:left|leaves|reached|reaches|came|comes|arrived|arrives|got|went|was|had|has|is|ran|travel\w+|from|to)\b)|(?:sent|sends|had) (?:\w+ )?(?:letters?|messages?|word|news)"
)
_IF_ALL_IS_WELL = loose(
    r"\b(?:is|are|takes|it's)\b[^?]*, (?:if|unless|provided) [^,?]*$"
)  # "three days, if the snow holds"
# "I have sailed it in two days": what somebody once did, and not on the way that is told.
_ONCE = loose(
    r"\b(?:have|has|'ve) (?:\w+ly |often |once |always )?(?:sailed|ridden|walked|done|made|driven|run|rowed|flown|crossed|gone|travelled)\b|\bused to\b|\bonce\b|\bcan (?:do|make|ride|sail|walk)\b"
)
_DEPARTS = loose(
    r"\b(?:sets?|starts?|started|setting) (?:out|off)\b|\b(?:departs?|departed|leaves?|left|harness\w*|saddle[sd]?|weighed anchor|cast off|rides? out|rode out|puts? to sea|climbs? into the \w+)\b"
)
_LEAVES = re.compile(
    r"\b(?:left|leaves|pulled out of|pulls out of|out of|sailed from|set (?:out|off) from|cast off from|rode out of|departed)\s+(?:the )?[A-ZÀ-Þ]"
)
# What makes an arrival "by noon" another day's than the setting out, or another teller's.
_TAKES_TIME = either(r"had left|had set|days?|nights?|weeks?|months?|later|next|story|stories|told")
_ELSEWHERE = re.compile(r"\b(?:left|leaves?|from) (?:the|a|an|his|her|their|its|[A-ZÀ-Þ])\b")
_FAR = 2  # days, from which nobody gets there and back within one
_HOURS_A_DAY = 6  # who travels "two days" is on the way at least so long


def unnamed_ends(canon: Canon) -> list[Entry]:
    """The ends of ways that the canon names nowhere else, as places."""
    names = dict.fromkeys(
        end.strip() for way in canon.ways for end in way.ends if end.strip() and canon.find(end) is None
    )
    return [Entry(id=f"about {name}", name=name, is_place=True) for name in names]


def unnamed_people(canon: Canon) -> list[Entry]:
    """Who dies, or learns something, and has no entry of their own."""
    names = dict.fromkeys(
        name
        for name in (
            *(one.who for one in canon.deaths),
            *(one.who for one in canon.knowledge),
            *(one.who for one in canon.voices),
        )
        if name[:1].isupper() and canon.find(name) is None
    )
    return [Entry(id=f"about {name}", name=name, kind="person") for name in names]


class Travel:
    def __init__(self, canon: Canon) -> None:
        self._way_by_ends: dict[frozenset[str], list[Way]] = {}
        for way in canon.ways:
            ends = [entry.id for end in way.ends if (entry := canon.find(end)) is not None]
            if len(set(ends)) == 2:
                self._way_by_ends.setdefault(frozenset(ends), []).append(way)
        self._almanac = Almanac(canon)
        self._places = {one for ends in self._way_by_ends for one in ends}
        self._known = frozenset(entry.id for entry in canon.entries if entry.is_place) | self._places
        self._words_by_id = {
            entry.id: " ".join((*entry.notes, *(one.words for one in entry.attributes))) for entry in canon.entries
        }
        self._name_by_id = {entry.id: entry.name for entry in canon.entries}
        self._place_by_word = _words_alone(canon, self._known)

    def check(self, reading: Reading) -> Iterator[Mark]:
        if not self._way_by_ends:
            return
        journeys = Journeys(reading, self._known, self._place_by_word, self._almanac)
        for leg in journeys.legs():
            yield from self._of_leg(reading, leg)
        for place in range(len(reading.sentences)):
            yield from self._of_sentence(reading, place)

    def _of_leg(self, reading: Reading, leg: Leg) -> Iterator[Mark]:
        """Somebody at one end, and sooner than any way allows at the other."""
        nearest = self._shortest(leg.start.place, leg.end.place)
        first, last = (reading.sentences[one.sentence] for one in (leg.start, leg.end))
        start, end = min(first.start, last.start), max(first.end, last.end)
        if nearest is None:
            return
        way, days = nearest
        if any(
            found[0].lower() not in way.words.lower()
            for found in _REMARKABLE.finditer(reading.passage.prose, start, end)
        ):
            return
        if _is_too_fast(leg.days, days):
            yield Mark.at(last.start, last.end, "travel", way.id, way.words, 0.8)

    def _shortest(self, one: str, other: str) -> tuple[Way, float] | None:
        """The least that the canon lets a way take; where it tells none, what the ways of both to a third place leave."""
        if one not in self._places or other not in self._places:
            return self._nearest(one, other)
        direct = [(way, way.days) for way in self._way_by_ends.get(frozenset((one, other)), ()) if way.days is not None]
        if direct:
            return min(direct, key=lambda found: found[1])
        left = [
            (far[0], far[1] - near[1])
            for third in self._places - {one, other}
            if frozenset((one, third)) in self._way_by_ends and frozenset((other, third)) in self._way_by_ends
            for near, far in [
                sorted(
                    (self._shortest(one, third), self._shortest(other, third)),
                    key=lambda found: found[1] if found else 0,
                )
            ]
            if near is not None and far is not None
        ]
        return max(left, key=lambda found: found[1], default=None)

    def _nearest(self, near: str, end: str) -> tuple[Way, float] | None:
        """The least that any way to an end takes, from a place that is no end of a way itself, nor at that one."""
        if near in self._places or self._name_by_id.get(end, "-") in self._words_by_id.get(near, ""):
            return None
        ways = [
            (way, way.days) for ends, found in self._way_by_ends.items() if end in ends for way in found if way.days
        ]
        nearest = min(ways, key=lambda found: found[1], default=None)
        return nearest if nearest is not None and nearest[1] >= _FAR else None

    def _of_sentence(self, reading: Reading, place: int) -> Iterator[Mark]:
        sentence = reading.sentences[place]
        frames = reading.frames
        if (
            frames.is_framed(sentence)
            or (
                frames.is_hedged(sentence)
                and not _IF_ALL_IS_WELL.search(reading.passage.prose[sentence.start : sentence.end])
            )
            or frames.is_lie(sentence)
        ):
            return
        visited = self._visited(reading, place)
        text = reading.passage.prose[sentence.start : sentence.end]
        if _REMARKABLE.search(text) or _SENT.search(text) or (sentence.is_speech and _ONCE.search(text)):
            return
        if len(visited) == 1 and not sentence.is_speech:
            yield from self._from_home(reading, place, next(iter(visited)), text)
        if len(visited) != 2:
            return
        for way in self._way_by_ends.get(frozenset(visited), ()):
            if way.days is not None:
                yield from self._of_days(reading, place, way, text)
            if way.distance is not None:
                yield from _of_distance(reading, place, way)

    def _visited(self, reading: Reading, place: int) -> set[str]:
        """The places of the canon's ways that this sentence names, or this one and the one before it."""
        here = self._visited_here(reading, place)
        before = place - 1
        if len(here) == 1 and before >= 0 and reading.sentences[before].paragraph == reading.sentences[place].paragraph:
            here |= self._visited_here(reading, before)
        if len(here) == 1 and not reading.sentences[place].is_speech:
            here |= self._left_before(reading, place)
        return here

    def _left_before(self, reading: Reading, place: int) -> set[str]:
        """From where the paragraph has set out, where it names no other place since."""
        paragraph = reading.sentences[place].paragraph
        for before in range(place - 1, -1, -1):
            sentence = reading.sentences[before]
            if sentence.paragraph != paragraph:
                return set()
            named = {one.entry.id for one in reading.mentions[before]} & self._places
            if sentence.is_speech or not named:
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            if _TAKES_TIME.search(reading.passage.prose, sentence.start, reading.sentences[place].start):
                return set()
            is_left = bool(_LEAVES.search(text)) and not reading.frames.is_hedged(sentence)
            return named if is_left and len(named) == 1 and not reading.frames.is_framed(sentence) else set()
        return set()

    def _of_days(self, reading: Reading, place: int, way: Way, text: str) -> Iterator[Mark]:
        sentence = reading.sentences[place]
        words = sentence.tokens
        found = lapses(words, text, sentence.start)
        days = most_days(found)
        if days is None or way.days is None:
            return
        is_counted = len(found) == 1 and found[0].kind is Kind.COUNTED and bool(_STATED.search(text))
        is_both_here = len(self._visited_here(reading, place)) == 2
        is_fast = _is_too_fast(days, way.days) and (
            (sentence.is_speech and bool(_MOVES.search(text)))
            or (is_counted and is_both_here and bool(_LASTS.search(text)))
        )
        is_stated = is_counted and days >= 1 and days != way.days and is_both_here
        if is_fast or (is_stated and not _MOVES.search(text.replace("from", ""))):
            yield Mark.at(sentence.start, sentence.end, "travel", way.id, way.words, 0.8)

    def _from_home(self, reading: Reading, place: int, end: str, text: str) -> Iterator[Mark]:
        """Set out and there within a sentence that does not say from where: then from where the canon's ways begin."""
        ways = [
            way for ends, found in self._way_by_ends.items() if end in ends for way in found if way.days is not None
        ]
        departs = _DEPARTS.search(text)
        if not ways or departs is None or _ELSEWHERE.search(text) or self._stands_at(reading, end):
            return
        sentence = reading.sentences[place]
        arrived = next((one.start for one in reading.mentions[place] if one.entry.id == end), -1)
        days = most_days(lapses(sentence.tokens, text, sentence.start))
        nearest = min(ways, key=lambda way: way.days or 0)
        if days is None or nearest.days is None or arrived < sentence.start + departs.end() or nearest.days < 2:
            return
        if _is_too_fast(days, nearest.days):
            yield Mark.at(sentence.start + departs.start(), sentence.end, "travel", nearest.id, nearest.words, 0.7)

    def _stands_at(self, reading: Reading, end: str) -> bool:
        """Whether the text, or its chapter, stands where the way ends, or nothing tells where it stands."""
        position = reading.standing.position
        named = {reading.standing.place} if reading.standing.place else set()
        named |= {one.place for one in reading.canon.timeline if one.position == position and one.place}
        stands = {entry.id for name in named if (entry := reading.canon.find(name)) is not None}
        return not stands or end in stands

    def _visited_here(self, reading: Reading, place: int) -> set[str]:
        return {
            one
            for one, _, _ in Journeys(reading, frozenset(self._places), self._place_by_word, self._almanac).named_in(
                place
            )
        }


# What a place may be called by alone, "the cay", where only one end of the ways is such.
_KINDS = bag("cay bay isle island abbey castle fort keep priory manor port ford harbour village city town farm mill lighthouse cape pass lake camp mine ranch mission monastery convent station gate ferry point rock landing crossing halt junction dock outpost colony base falls springs wells court hall lodge grange")  # fmt: skip


def _words_alone(canon: Canon, places: frozenset[str]) -> dict[str, str]:
    """What an end of a way may be called by alone where nothing else is called so: "the cay", "Halden" of Halden Station."""
    kinds = Counter(_kind(entry) for entry in canon.entries)
    firsts = Counter(
        word for entry in canon.entries for word in {one for name in entry.spoken_of for one in name.split()}
    )
    found: dict[str, str] = {}
    for entry in canon.entries:
        words = [word for word in entry.name.split() if word.lower() != "the"]
        if entry.id not in places or len(words) < 2:
            continue
        if kinds[_kind(entry)] == 1:
            found[f"the {words[-1]}"] = entry.id  # "the Oak" of the Hollow Oak
        if _kind(entry) in _KINDS and kinds[_kind(entry)] == 1:
            found |= {f"the {_kind(entry)}": entry.id, f"the {_kind(entry).title()}": entry.id}
        if entry.name.islower() and len(words) == 2 and all(firsts[word] == 1 for word in words):
            found |= {f"the {word}": entry.id for word in words}  # "the desalination plant" of the desalination works
        if words[1].lower() in _KINDS and firsts[words[0]] == 1 and words[0][0].isupper() and not kinds_of(words[0]):
            found[words[0]] = entry.id
    return found


def _kind(entry: Entry) -> str:
    return entry.name.split()[-1].lower() if entry.name and len(entry.name.split()) > 1 else ""


def _is_too_fast(told: float, days: float) -> bool:
    """Whether so many days are too short for a way.

    >>> _is_too_fast(1.0, 2), _is_too_fast(1.0, 1), _is_too_fast(2.0, 2), _is_too_fast(0.25, 2)
    (True, False, False, True)
    """
    if told < 1:
        return told * 24 < days * _HOURS_A_DAY
    return told <= days * 0.8


def _of_distance(reading: Reading, place: int, way: Way) -> Iterator[Mark]:
    words = reading.sentences[place].tokens
    for at in range(len(words)):
        found = number_at(words, at)
        if found is None or at + found[1] >= len(words):
            continue
        to = at + found[1]
        unit = {"km": "kilometre"}.get(words[to].lower, noun(words[to].text))
        if (
            unit == way.unit
            and way.distance
            and abs(found[0] - way.distance) > 0.15 * way.distance
            and number_at(words, max(0, at - 1)) in (None, found)
        ):
            yield Mark.over(words, at, to, "travel", way.id, way.words, 0.8)
            return
