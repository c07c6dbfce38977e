"""Families: who is what to whom, as the canon says it and as follows from it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.language import noun
from watchbill.gates.lore.english.people import GENDER, INVERSE, KIN, ONE_ONLY

# What a relation's relation is: a parent's sibling is an uncle or an aunt.
FOLLOWS = {
    ("sibling", "parent"): "parent",
    ("parent", "child"): "sibling",
    ("parent", "sibling"): "uncle",
    ("parent", "parent"): "grandparent",
    ("spouse", "sibling"): "in-law",
    ("spouse", "parent"): "in-law",
    ("sibling", "spouse"): "in-law",
    ("sibling", "child"): "niece",
    ("parent", "spouse"): "parent",
}


class Family:
    """The groups of relations between two people: (whose, other) → {"sibling"}."""

    def __init__(self, canon: Canon, gender_by_id: Mapping[str, str]) -> None:
        self._canon = canon
        self._gender_by_id = gender_by_id
        self.between: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.words: dict[tuple[str, str], str] = {}
        self.only: dict[tuple[str, str], tuple[str, str]] = {}  # (whose, "wife") → name, the canon's words
        for entry in canon.entries:
            for word, other, shown in stated(entry):
                self._learn(entry, word, other, shown)
        for _ in range(3):  # what follows, and what follows from that
            self._infer()

    def kin(self, whose: str, word: str) -> Entry | None:
        """Whom somebody's "mother" or "Papa" is; None unless it is one of the canon alone."""
        wanted, gender = group_of(word), GENDER.get(noun(word), "")
        found = self._of(whose, wanted, gender)
        if not found and wanted == "parent" and gender:  # a mother's husband is called father
            found = [two for one in self._of(whose, "parent", "") for two in self._of(one, "spouse", gender)]
        return self._canon.entry_by_id[found[0]] if len(set(found)) == 1 else None

    def _of(self, whose: str, wanted: str, gender: str) -> list[str]:
        return [
            other
            for (one, other), groups in self.between.items()
            if one == whose and wanted in groups and (not gender or self._gender_by_id.get(other, "") in (gender, ""))
        ]

    def _learn(self, entry: Entry, word: str, other: str, shown: str) -> None:
        group = group_of(word)
        if not group:
            return
        found = self._canon.find(other)
        if word == "spouse":
            for one in ("wife", "husband"):
                self.only[entry.id, one] = (found.name if found else other, shown)
        if word in ONE_ONLY:
            self.only[entry.id, ONE_ONLY[word]] = (found.name if found else other, shown)
        if found is not None:
            self._learn_back(entry, found, word, group, shown)
            self.between[entry.id, found.id].add(group)
            self.words[entry.id, found.id] = shown
            if INVERSE[group]:
                self.between[found.id, entry.id].add(INVERSE[group])
                self.words.setdefault((found.id, entry.id), f"{entry.name}: {shown}")

    def _learn_back(self, entry: Entry, other: Entry, word: str, group: str, shown: str) -> None:
        """Of whom an entry is the only husband, wife, father or mother."""
        gender = self._gender_by_id.get(entry.id, "")
        mine = {("spouse", "m"): "husband", ("spouse", "f"): "wife", ("child", "m"): "father", ("child", "f"): "mother", ("betrothed", ""): "fiance"}  # fmt: skip
        said = mine.get((group, gender if group != "betrothed" else ""))
        if said is not None and word not in ("widow", "widower"):
            self.only.setdefault((other.id, said), (entry.name, f"{entry.name}: {shown}"))

    def _infer(self) -> None:
        """What follows for two of whom the canon says nothing else."""
        known = {pair: set(groups) for pair, groups in self.between.items()}
        others: dict[str, list[str]] = defaultdict(list)
        for one, other in known:
            others[one].append(other)
        names = {entry.id: entry.name for entry in self._canon.entries}
        for (one, middle), groups in known.items():
            for other in others[middle]:
                if other == one or known.get((one, other)):
                    continue
                for first in groups:
                    for second in known[middle, other]:
                        if (group := FOLLOWS.get((first, second))) is not None:
                            self.between[one, other].add(group)
                            shown = f"{self.words[one, middle]}; {names[middle]}: {self.words[middle, other]}"
                            self.words.setdefault((one, other), f"{names[one]}: {shown}")


def group_of(word: str) -> str:
    """The group of a word for kin, also of several: "sons"; "" when it is none.

    >>> group_of("twin sister"), group_of("grandchildren"), group_of("boat")
    ('sibling', 'grandchild', '')
    """
    for one in (word, noun(word), word.replace("children", "child")):
        if one in KIN:
            return KIN[one]
    return ""


def stated(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Relations, and attributes that are one: "wife: Farah"."""
    for relation in entry.relations:
        yield relation.word, relation.other, relation.words
    for attribute in entry.attributes:
        if attribute.key in KIN:
            for value in attribute.values:
                if value.text[:1].isupper():
                    yield attribute.key, value.text, attribute.words


def called_kin(canon: Canon) -> dict[str, set[str]]:
    """By id, or by name where the canon has no entry, what somebody is to somebody else of the canon: "brother"."""
    found: dict[str, set[str]] = {}
    for entry in canon.entries:
        for relation in entry.relations:
            other = canon.find(relation.other)
            found.setdefault(other.id if other is not None else relation.other, set()).add(relation.word)
    return found


def called_by_name(called: Mapping[str, set[str]], parts: frozenset[str]) -> set[str]:
    """What kin somebody is to the canon's people who is none of them: "sister" of Dora Finch."""
    return {word for name, words in called.items() if parts <= set(name.split()) for word in words}
