"""The judgement: every check over one text, and what of it is reported."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.contradictions import MAX_TEXT, Contradiction
from watchbill.gates.lore.english.language import tokens
from watchbill.gates.lore.known.notes import noted
from watchbill.gates.lore.known.slots import slots_of
from watchbill.gates.lore.persons.abilities import Abilities
from watchbill.gates.lore.persons.ages import Ages
from watchbill.gates.lore.persons.birth_order import BirthOrder
from watchbill.gates.lore.persons.bodies import Bodies
from watchbill.gates.lore.persons.callings import Callings
from watchbill.gates.lore.persons.deaths import Deaths
from watchbill.gates.lore.persons.halves import Halves
from watchbill.gates.lore.persons.hands import Hands
from watchbill.gates.lore.persons.kin_in_scene import KinInScene
from watchbill.gates.lore.persons.kinship import Kinship
from watchbill.gates.lore.persons.manners import Manners
from watchbill.gates.lore.persons.pairs import Pairs
from watchbill.gates.lore.persons.presence import Presence
from watchbill.gates.lore.persons.skin import Pictures, Scars
from watchbill.gates.lore.persons.traits import Traits
from watchbill.gates.lore.telling.knowledge import Secrets
from watchbill.gates.lore.telling.names import Names
from watchbill.gates.lore.telling.private_names import PrivateNames
from watchbill.gates.lore.telling.voices import Voices
from watchbill.gates.lore.telling.wording import Wording
from watchbill.gates.lore.texts.cast import Cast
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Passage, read
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.texts.standing import Standing, standing_of
from watchbill.gates.lore.world.claims import Claims
from watchbill.gates.lore.world.conditions import Conditions
from watchbill.gates.lore.world.dates import Dates
from watchbill.gates.lore.world.facts import absences, implied
from watchbill.gates.lore.world.game import Game
from watchbill.gates.lore.world.parts import Parts
from watchbill.gates.lore.world.sides import Sides
from watchbill.gates.lore.world.states import States
from watchbill.gates.lore.world.travel import Travel, unnamed_ends, unnamed_people
from watchbill.gates.lore.world.wants import Wants

LEAST = 0.65  # confidence that is reported: below it every second one was a false alarm
MAX_MARKS = 200  # of one file


class Judge:
    """A canon that is ready to judge texts."""

    def __init__(self, canon: Canon) -> None:
        things, fact_slots = implied(canon)
        whole = replace(canon, entries=tuple(noted(entry) for entry in canon.entries) + tuple(things))
        whole = replace(whole, entries=(*whole.entries, *unnamed_ends(whole), *unnamed_people(whole)))
        self.canon = whole
        slots = [*slots_of(whole), *fact_slots]
        self._cast = Cast(whole)
        self._checks = (
            Claims(slots), Kinship(whole, self._cast.family), KinInScene(whole, self._cast.family), Pairs(whole, self._cast.family), BirthOrder(whole, self._cast.family), Ages(whole), Traits(whole), Callings(whole), Abilities(whole), Bodies(whole), Halves(whole), Scars(whole),
            Hands(whole), Pictures(whole), States(whole), Conditions(whole), Parts(whole), Wants(whole), Presence(whole), Deaths(whole), Secrets(whole), Travel(whole), Sides(whole), Dates(whole),
            Names(whole, self._cast), PrivateNames(whole), Wording(whole.wording), Voices(whole), Manners(whole), Game(whole),
        )  # fmt: skip

    def check(
        self, path: str, text: str, standing: Standing | None = None, *, declared: frozenset[str] = frozenset()
    ) -> list[Contradiction]:
        """What in a text contradicts the canon, in the order of its lines. `declared` are variables that its game has beside."""
        passage = read(path, text[:MAX_TEXT])
        reading = Reading(passage, standing or standing_of(passage, self.canon), self._cast, declared)
        marks = [mark for mark in self._marks(reading) if mark.confidence >= LEAST]
        return [_contradiction(passage, mark) for mark in _apart(marks)[:MAX_MARKS]]

    def named_in(self, text: str) -> frozenset[str]:
        """The ids of the entries that a text names."""
        return frozenset(one.entry.id for one in self._cast.mentions(tokens(text)))

    def _marks(self, reading: Reading) -> Iterator[Mark]:
        for check in self._checks:
            yield from check.check(reading)
        yield from absences(self.canon, reading)


def _apart(marks: Iterable[Mark]) -> list[Mark]:
    """In order of place; of several on the same words for the same entry of the canon the surest."""
    kept: list[Mark] = []
    last: dict[str, int] = {}  # where in `kept` the last one of an entry is
    for mark in sorted(marks, key=lambda one: (one.start, one.rule)):
        place = last.get(mark.canon_id)
        if place is not None and mark.start < kept[place].end:
            kept[place] = max(kept[place], mark, key=lambda one: one.confidence)
        else:
            last[mark.canon_id] = len(kept)
            kept.append(mark)
    return kept


def _contradiction(passage: Passage, mark: Mark) -> Contradiction:
    return Contradiction(
        path=passage.path,
        line=bisect_right(passage.lines, mark.start),
        rule=mark.rule,
        canon_id=mark.canon_id,
        quote=mark.quote(passage),
        canon=mark.canon,
        confidence=mark.confidence,
    )
