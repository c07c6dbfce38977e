"""Who is who: ids that stay the same while a human edits the queue around them, and the entries themselves a little."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import chain

from watchbill.domain.ids import RepoName, TaskId
from watchbill.intake.entries import Entry, Mark

CLOSE = 0.7  # how like two titles must be to be one task's; 1 is equal
CLEARLY = 0.1  # by how much the best must lead the second
MAX_COMPARISONS = 2_000  # titles compared in one reading; beyond it, entries are what their text says
_COMPARED = 200  # characters of a title that are compared

# An id is part of a branch's name and of a path, so it is what git and every file system take.
_GOOD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """An entry as it was when the queue was last read or written; kept with its task."""

    id: TaskId
    path: str
    heading: str
    title: str
    order: int
    stated: str = ""  # the id that it states itself, usable or not
    mark: Mark  # what the marker said last
    ours: bool  # whether we wrote that marker; else a human did
    writing: Mark | None = (
        None  # stored before we write that marker, so that a crash after the write is no human's word
    )
    wrote: tuple[
        Mark, ...
    ] = ()  # every marker that we ever wrote there: an older version of the file may show it again
    commented: bool = False  # whether our comment line stood under it
    gone: bool = False  # deleted by a human; known still, for the day it comes back
    twin: int = 0  # which it is of several with the same path, heading and title
    not_before: datetime | None = None  # as the entry states it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What became of what. No `known`: the entry is new. No `entry`: the known one is gone."""

    known: KnownEntry | None
    entry: Entry | None


def stated_id(entry: Entry) -> str:
    """The id that the entry states, whether it is usable or not; "" when it states none."""
    return next((item.value for item in entry.values("id") if item.value), entry.explicit_id)


def is_usable(id_: str) -> bool:
    """Whether an id can be part of a branch's and a file's name."""
    return _GOOD_ID.fullmatch(id_) is not None and ".." not in id_ and not id_.endswith((".", ".lock"))


def fresh_id(repo: RepoName, entry: Entry, taken: Collection[str]) -> TaskId:
    """An id for a new entry: the one that it states when that is usable and free, else its title's slug and a short hash.

    `taken` holds ids with folded case: some file systems do not tell `A` from `a`.
    """
    stated = stated_id(entry)
    if is_usable(stated) and stated.casefold() not in taken:
        return TaskId(stated)
    stem = slug(entry.title)
    ordinal = 0
    while (made := f"{stem}-{_digest(repo, entry, ordinal)}") in taken:
        ordinal += 1
    return TaskId(made)


def match(known: Sequence[KnownEntry], entries: Sequence[Entry]) -> list[Pair]:
    """Pair what was known with what is written now: every known entry and every entry comes back exactly once.

    By stated id; then by the same place and title, the same heading and title, the same title; at last by a title that is
    clearly the closest, under the same heading or between the same neighbours. Twins pair in their order. Two that state
    different ids are two, however alike. One that is gone comes back by its id or by its very heading and title only.
    """
    pairing = _Pairing(known, entries)
    pairing.by_key(lambda one: one.id, lambda entry: stated_id(entry) or None)
    pairing.by_key(
        lambda one: (one.path, one.heading, one.title), lambda entry: (entry.path, entry.heading, entry.title)
    )
    pairing.by_key(lambda one: (one.heading, one.title), lambda entry: (entry.heading, entry.title))
    pairing.forget_gone()
    pairing.by_key(lambda one: one.title, lambda entry: entry.title)
    pairing.by_closeness()
    return pairing.pairs()


def names_of(entries: Iterable[Entry]) -> tuple[set[str], set[str]]:
    """(ids, titles): match() pairs these entries with none of those gone that has neither, so nobody need know them."""
    ids, titles = set[str](), set[str]()
    for entry in entries:
        ids.add(stated_id(entry))
        titles.add(entry.title)
    return ids, titles


class _Pairing:
    def __init__(self, known: Sequence[KnownEntry], entries: Sequence[Entry]) -> None:
        self._known = sorted(known, key=lambda one: (one.gone, one.path, one.order))
        self._entries = entries
        self._forgotten = 0  # so many at the end of known are not to be paired any more
        self._entry_of: dict[int, int] = {}  # known's place → entry's place
        self._known_of: dict[int, int] = {}

    def by_key(
        self, known_key: Callable[[KnownEntry], Hashable], entry_key: Callable[[Entry], Hashable | None]
    ) -> None:
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place in reversed(self._free_known()):
            waiting[known_key(self._known[place])].append(place)
        for place in self._free_entries():
            key = entry_key(self._entries[place])
            olds = [] if key is None else waiting.get(key, [])
            old = next((old for old in reversed(olds) if self._may_be(old, place)), None)
            if old is not None:
                olds.remove(old)
                self._pair(old, place)

    def _may_be(self, old: int, new: int) -> bool:
        """Whether they could be one task at all, by the ids that they state."""
        before, now = self._known[old], stated_id(self._entries[new])
        return not before.stated or not now or now in (before.stated, before.id)

    def forget_gone(self) -> None:
        self._forgotten = sum(one.gone for one in self._known)

    def by_closeness(self) -> None:
        likeness = dict(self._likeness())
        best_of_known = _clear_bests(((old, new), score) for (old, new), score in likeness.items())
        best_of_entry = _clear_bests(((new, old), score) for (old, new), score in likeness.items())
        for old, new in best_of_known.items():
            if best_of_entry.get(new) == old:
                self._pair(old, new)

    def pairs(self) -> list[Pair]:
        found = [
            Pair(known=self._known[self._known_of[place]] if place in self._known_of else None, entry=entry)
            for place, entry in enumerate(self._entries)
        ]
        self._forgotten = 0
        return found + [Pair(known=self._known[place], entry=None) for place in self._free_known()]

    def _likeness(self) -> Iterator[tuple[tuple[int, int], float]]:
        left = MAX_COMPARISONS
        for new, olds in self._candidates():
            for old in olds:
                if left == 0:
                    return
                left -= 1
                if self._may_be(old, new):
                    yield (old, new), _alike(self._known[old].title, self._entries[new].title)

    def _candidates(self) -> Iterator[tuple[int, Iterator[int]]]:
        """For each unpaired entry the unpaired known ones under its heading, and those between its neighbours."""
        by_place: defaultdict[Hashable, list[int]] = defaultdict(list)
        for old, neighbour in self._unpaired(len(self._known) - self._forgotten, self._entry_of):
            one = self._known[old]
            by_place["under", one.path, one.heading].append(old)
            by_place["after", one.path, self._entry_of.get(neighbour)].append(old)
        for new, neighbour in self._unpaired(len(self._entries), self._known_of):
            entry = self._entries[new]
            places = ("under", entry.path, entry.heading), ("after", entry.path, None if neighbour < 0 else neighbour)
            yield new, chain.from_iterable(by_place.get(place, ()) for place in places)

    @staticmethod
    def _unpaired(count: int, paired: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Each unpaired place with the nearest paired one before it, -1 where there is none."""
        neighbour = -1
        for place in range(count):
            if place in paired:
                neighbour = place
            else:
                yield place, neighbour

    def _free_known(self) -> list[int]:
        return [place for place in range(len(self._known) - self._forgotten) if place not in self._entry_of]

    def _free_entries(self) -> list[int]:
        return [place for place in range(len(self._entries)) if place not in self._known_of]

    def _pair(self, old: int, new: int) -> None:
        self._entry_of[old] = new
        self._known_of[new] = old


def _clear_bests(scores: Iterable[tuple[tuple[int, int], float]]) -> dict[int, int]:
    """For each first the second that it is closest to, if that one is close enough and leads clearly."""
    by_first: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for (first, second), score in scores:
        by_first[first].append((score, second))
    bests: dict[int, int] = {}
    for first, found in by_first.items():
        found.sort(reverse=True)
        leads = len(found) == 1 or found[0][0] - found[1][0] >= CLEARLY
        if found[0][0] >= CLOSE and leads:
            bests[first] = found[0][1]
    return bests


def _alike(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one[:_COMPARED].casefold(), other[:_COMPARED].casefold(), autojunk=False)
    if matcher.quick_ratio() < CLOSE:
        return 0.0
    return matcher.ratio()


def slug(title: str) -> str:
    """The title's first words as part of an id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain[:200])
    made = ""
    for word in words:
        if len(made) + len(word) > 32:  # noqa: PLR2004  # short enough to be read in a branch's name
            break
        made = f"{made}-{word}" if made else word
    return made or "task"


def _digest(repo: RepoName, entry: Entry, ordinal: int) -> str:
    said = "\0".join((repo, entry.path, entry.heading, entry.title, str(ordinal)))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:8]
