"""Kinship: what a text says that two people are to each other, and how many of a kind somebody has."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry, bare
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import low_at, lows, noun, number_of, tokens
from watchbill.gates.lore.english.people import BLOOD, KIN, ONE_ONLY
from watchbill.gates.lore.known.family import Family
from watchbill.gates.lore.known.notes import is_of_another
from watchbill.gates.lore.positions import apart
from watchbill.gates.lore.texts.candidates import acts_at, is_possessive
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.phrases import BE, POSSESSIVES, phrase_at
from watchbill.gates.lore.texts.reading import Reading

_FORMER = bag("late former first second ex ex-wife ex-husband dead step adopted foster future half in-law own eldest")

_NOT_FORMER = bag("step adopted foster in-law half future")
_NEVER_MARRIED = loose(r"\bnever (?:been )?married\b|\blifelong bachelor\b")
_SAME_PARENTS = loose(
    r"\bwe (?:two |both |do |all )?(?:share|have|had|shared) (?:(?:a|one|the same) (?:father and (?:a )?mother|mother and (?:a )?father)|the same parents|both parents|our parents)\b"
)


class Kinship:
    def __init__(self, canon: Canon, family: Family) -> None:
        self._family = family
        self._none = [
            (entry, nouns, attribute_words) for entry in canon.entries for nouns, attribute_words in none_of(entry)
        ]
        self._once = [(entry, nouns, shown) for entry in canon.entries for nouns, shown in _once(entry)]
        self._has_sibling = {entry.id: shown for entry in canon.entries if (shown := _sibling_words(entry))}

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not frames.is_meant(sentence):
                yield from self._taken_for_granted(reading, place)
                continue
            yield from self._sharing(reading, sentence)
            for at in range(len(sentence.tokens)):
                yield from self._at(reading, place, at)

    def _taken_for_granted(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "I ask my wife, if she wakes": whom a condition behind it takes for granted."""
        sentence, frames = reading.sentences[place], reading.frames
        if frames.is_framed(sentence) or frames.is_lie(sentence):
            return
        for at, word in enumerate(sentence.tokens):
            first = phrase_at(sentence.tokens, at).determiner if noun(word.lower) in KIN else -1
            if first < 0 or _FORMER & set(lows(sentence.tokens[first:at])):
                continue
            owner = self._owner(reading, place, first)
            if owner is not None and not (
                frames.is_conditional(sentence, word.start)
                or frames.is_negated(sentence, word.start, word.end)
                or frames.is_compared(sentence, word.start)
            ):
                yield from self._missing(reading, place, owner, at, first)

    def _at(self, reading: Reading, place: int, at: int) -> Iterator[Mark]:
        sentence, frames = reading.sentences[place], reading.frames
        words, word = sentence.tokens, sentence.tokens[at]
        kin = word.lower.removeprefix("ex-").removesuffix("'ll")
        if kin not in KIN and noun(kin) not in KIN:
            if kin == "only" and at + 1 < len(words) and words[at + 1].lower == "child":
                yield from self._only_child(reading, place, at)
            return
        if (
            frames.is_negated(sentence, word.start, word.end)
            or frames.is_compared(sentence, word.start)
            or frames.is_supposed(sentence, word.start)
        ):
            return
        phrase = phrase_at(words, at)
        before = set(lows(words[max(0, at - 3) : at]))
        owner = (
            self._owner(reading, place, phrase.determiner) if phrase.determiner >= 0 and not word.is_capital else None
        )
        if owner is None:
            yield from self._had(reading, place, at, phrase.first)
            return
        if before & _FORMER or word.lower.startswith("ex-"):
            if before.isdisjoint(_NOT_FORMER):
                yield from self._missing(reading, place, owner, at, phrase.determiner, is_former=True)
            return
        yield from self._named(reading, place, owner, at, phrase.determiner, kin)
        yield from self._missing(reading, place, owner, at, phrase.determiner)
        if frames.is_narrated(sentence) or sentence.is_speech:
            yield from self._living(reading, place, owner, at, phrase.determiner)

    def _sharing(self, reading: Reading, sentence: Sentence) -> Iterator[Mark]:
        """ "We have the same parents", from an only child."""
        found = _SAME_PARENTS.search(reading.passage.prose, sentence.start, sentence.end)
        if (
            found is None
            or reading.frames.is_negated(sentence, found.start(), found.end())
            or reading.frames.is_compared(sentence, found.start())
        ):
            return
        speaker = reading.speaker(sentence)
        shown = next((one[2] for one in self._none if one[0] is speaker and {"brother", "sister"} <= one[1]), None)
        if speaker is not None and shown is not None:
            yield Mark.at(found.start(), found.end(), "relation", speaker.id, shown, 0.8)

    def _owner(self, reading: Reading, place: int, determiner: int) -> Entry | None:
        word = reading.sentences[place].tokens[determiner].lower
        if word in POSSESSIVES:
            return reading.meant(place, determiner)
        if word in ("'s", "'"):
            return reading.owner_before(place, determiner)
        return None

    def _named(self, reading: Reading, place: int, owner: Entry, at: int, first: int, kin: str) -> Iterator[Mark]:
        """ "her husband Tomas", "her mother, Dr Okafor", "Maren, Osric's sister", "Osric is my father"."""
        words = reading.sentences[place].tokens
        after = at + 2 if at + 1 < len(words) and words[at + 1].text == "," else at + 1
        named = next(
            (
                one
                for one in reading.mentions[place]
                if one.first in (after, after + 1, after + 2)
                and all(word.is_capital or word.text == "." for word in words[after : one.first])
            ),
            None,
        )
        if named is None:
            start = next(
                (
                    one.last
                    for one in reading.mentions[place]
                    if one.last + 1 < first
                    and (words[one.last + 1].text == "," or words[one.last + 1].lower in BE)
                    and first - one.last <= 4
                ),
                None,
            )
            named = (
                next((one for one in reading.mentions[place] if one.last == start), None) if start is not None else None
            )
            owner_start = next((one.first for one in reading.mentions[place] if one.last == first - 1), first)
            if named is not None and named.last != owner_start - 2:
                named = None
        said_of = self._said_of(reading, place, first, at) if named is None else None
        if said_of is not None:
            yield from self._judged(reading, place, owner, said_of, kin, first, at)
        if named is not None:
            yield from self._judged(
                reading, place, owner, named.entry, kin, min(first, named.first), max(at, named.last)
            )
            return
        to = at + 2 if at + 1 < len(words) and words[at + 1].text == "," else at + 1
        to += to < len(words) and words[to].lower in ("old", "young", "poor", "dear", "little")
        stranger = words[to] if to < len(words) else None
        known = self._family.only.get((owner.id, ONE_ONLY.get(kin, "")))
        if (
            known
            and stranger is not None
            and stranger.is_word
            and stranger.is_capital
            and len(stranger.text) > 2
            and not _is_named(known[0], stranger.text)
            and stranger.lower not in ("i", "and", "but")
        ):
            last = to
            while last + 1 < len(words) and words[last + 1].is_word and words[last + 1].is_capital:
                last += 1
            if words[at + 1].text != "," or last + 1 >= len(words) or words[last + 1].text in ",.;!?":
                yield _mark(reading, place, owner.id, known[1], first, last, 0.8)

    def _said_of(self, reading: Reading, place: int, first: int, at: int) -> Entry | None:
        """ "He was her brother": who he is."""
        words = reading.sentences[place].tokens
        be = first - 2 if words[first].lower in ("'s", "'") else first - 1
        ends = at + 1 >= len(words) or not words[at + 1].is_word
        if not ends or be < 1 or words[be].lower not in BE or words[be - 1].lower not in ("he", "she"):
            return None
        return reading.meant(place, be - 1)

    def _judged(
        self, reading: Reading, place: int, owner: Entry, other: Entry, kin: str, first: int, last: int
    ) -> Iterator[Mark]:
        known = self._family.between.get((owner.id, other.id))
        group = KIN[kin if kin in KIN else noun(kin)]
        only = self._family.only.get((owner.id, ONE_ONLY.get(kin, "")))
        if not known and only is not None and owner.id != other.id and not _is_named(only[0], other.name.split()[0]):
            yield _mark(reading, place, owner.id, only[1], first, last, 0.8)
        if (
            not known
            or owner.id == other.id
            or group in known
            or not (known & (BLOOD | {"in-law", "betrothed"}) or group == "spouse")  # a friend may be a cousin too
            or group not in BLOOD | {"betrothed", "mentor"}
            or (known <= {"betrothed"} and group == "spouse")  # they may have married since
        ):
            return
        yield _mark(reading, place, other.id, self._family.words[owner.id, other.id], first, last, 0.85)

    def _missing(
        self, reading: Reading, place: int, owner: Entry, at: int, first: int, *, is_former: bool = False
    ) -> Iterator[Mark]:
        """ "her brother" of somebody who has none; a former husband of who never had any."""
        words = reading.sentences[place].tokens
        for entry, nouns, shown in self._none:
            if (
                entry.id == owner.id
                and noun(words[at].lower.removeprefix("ex-")) in nouns
                and (not is_former or _NEVER_MARRIED.search(shown))
                and not any(one.first in (at + 1, at + 2) and not one.entry.is_place for one in reading.mentions[place])
            ):
                yield _mark(reading, place, entry.id, shown, first, at, 0.75)

    def _had(self, reading: Reading, place: int, at: int, first: int) -> Iterator[Mark]:
        """ "He has a younger brother", "I've reared four daughters", of who has none."""
        words = reading.sentences[place].tokens
        verb = next((to for to in (first - 1, first - 2) if to > 0 and words[to].lower in _HAS), None)
        is_one = verb is not None and any(
            word.lower in ("a", "an", "two", "three", "four", "five", "six", "seven") for word in words[verb + 1 : at]
        )
        low = set(lows(words))
        if verb is None or not is_one or low & _ONCE_ONLY or _FORMER & set(lows(words[first:at])):
            return
        subject = reading.subject(place, verb)
        if subject is not None and not reading.others_between(place, -1, verb):
            yield from self._missing(reading, place, subject, at, verb)

    def _living(self, reading: Reading, place: int, owner: Entry, at: int, first: int) -> Iterator[Mark]:
        """A widow's husband who comes in, an orphan's mother whom she kisses."""
        words = reading.sentences[place].tokens
        after = low_at(words, at + 1)
        before = set(lows(words[max(0, first - 3) : first]))
        is_owner = is_possessive(words, at)
        is_there = (
            (acts_at(words, at + 1) and after not in _WERE)
            or before & _HANDLED
            or after == "is"
            or words[at].lower.endswith("'ll")
        )
        for entry, nouns, shown in self._once:
            kin = noun(words[at].lower.removesuffix("'ll"))
            kin = _CALLED.get(kin, kin)
            if entry.id == owner.id and kin in nouns and is_there and not is_owner:
                yield _mark(reading, place, entry.id, shown, first, at, 0.75)

    def _only_child(self, reading: Reading, place: int, at: int) -> Iterator[Mark]:
        words = reading.sentences[place].tokens
        subject = reading.subject(place, at)
        if (
            subject is not None
            and subject.id in self._has_sibling
            and any(word.lower in BE for word in words[max(0, at - 3) : at])
        ):
            yield _mark(reading, place, subject.id, self._has_sibling[subject.id], at, at + 1, 0.85)


def _mark(reading: Reading, place: int, canon_id: str, shown: str, first: int, last: int, sure: float) -> Mark:
    words = reading.sentences[place].tokens
    return Mark.over(words, first, last, "relation", canon_id, shown, sure)


def _is_named(known: str, word: str) -> bool:
    return bare(word) in bare(known).split()


_WERE = bag("was were had is has left built made bought taught gave used died")  # of the dead, too
_CALLED = {"mum": "mother", "mam": "mother", "mama": "mother", "mom": "mother", "dad": "father", "daddy": "father"}
_HAS = bag("has have 've had got reared raised bore borne buried")
_ONCE_ONLY = bag("once dead died drowned killed lost never no not n't law heart")
_HANDLED = bag("kissed embraced hugged woke telephoned phoned met thanked fed helped married")
_ONCE = (  # whom somebody had once
    (loose(r"\bwidow\b|\bwidowed\b"), frozenset(("husband",))),
    (loose(r"\bwidower\b|\bwidowed\b"), frozenset(("wife",))),
    (loose(r"\borphan(?:ed)?\b"), frozenset(("mother", "father", "parent"))),
)


def _once(entry: Entry) -> Iterator[tuple[frozenset[str], str]]:
    told = [
        (f"{one.key} {value.text}", one.words) for one in entry.attributes for value in one.values if value.span.is_open
    ]
    told += [(note, note) for note in entry.notes if not is_of_another(note) and apart(note)[1].is_open]
    yield from (
        (frozenset((one.word,)), one.words)
        for one in entry.relations
        if one.span.is_open and one.other.lower() in ("dead", "deceased", "late")
    )
    for text, shown in told:
        yield from (
            (nouns, shown)
            for pattern, nouns in _ONCE
            if pattern.search(text) and not re.search(r"\bof\b|\bremarr", text)
        )


_GROUPS = {
    "siblings": ("brother", "sister", "sibling", "twin"), "children": ("son", "daughter", "child"), "brothers": ("brother",), "sisters": ("sister",),
    "brother": ("brother",), "sister": ("sister",), "sons": ("son",), "daughters": ("daughter",), "wife": ("wife",), "husband": ("husband",), "fiance": ("fiance", "fiancé"),
    "spouse": ("wife", "husband"), "sibling": ("brother", "sister"), "partner": ("wife", "husband"),
}  # fmt: skip


_COUNTERPART = {"daughter": "son", "son": "daughter", "brother": "sister", "sister": "brother"}
# What says by itself that somebody has none of a kind.
_SAYS_NONE = (
    (either(r"unmarried|bachelor|spinster|never married"), _GROUPS["spouse"]),
    (loose(r"\bno children\b|\bchildless\b"), _GROUPS["children"]),
    (loose(r"\bno (?:brothers or sisters|sisters or brothers|siblings)\b"), _GROUPS["siblings"]),
    (
        loose(
            r"^(?:an? |the |his |her |their )?only child\b|\ban only child\b|\b(?:son|daughter|child) of [^,;]+, (?:his|her|their) only child\b"
        ),
        _GROUPS["siblings"],
    ),
    (loose(r"\bno brothers?\b"), _GROUPS["brother"]),
    (loose(r"\bno sisters?\b"), _GROUPS["sister"]),
)


def none_of(entry: Entry) -> Iterator[tuple[frozenset[str], str]]:
    told = [(value.text, one.words) for one in entry.attributes for value in one.values if value.span.is_open]
    told += [(note, note) for note in entry.notes if not is_of_another(note) and apart(note)[1].is_open]
    for text, shown in told:
        yield from ((frozenset(nouns), shown) for pattern, nouns in _SAYS_NONE if pattern.search(text))
    yield from _stated_none(entry)


def _stated_none(entry: Entry) -> Iterator[tuple[frozenset[str], str]]:
    stated = [
        (attribute.key, value.text, attribute.words) for attribute in entry.attributes for value in attribute.values
    ]
    stated += [(relation.word, relation.other, relation.words) for relation in entry.relations]
    for key, value, shown in stated:
        if key in _GROUPS and re.fullmatch(r"(?:none|no|0|zero|nobody)\.?", value.strip(), re.IGNORECASE):
            yield frozenset(_GROUPS[key]), shown
        if (
            key in ("children", "siblings")
            and (told := re.search(r"\b(daughter|son|brother|sister)s?\b", value))
            and not re.search(r"\band\b|,", value)
        ):
            yield frozenset((_COUNTERPART[told[1]],)), shown
        if re.search(r"\bonly child\b", f"{key} {value}", re.IGNORECASE):
            yield frozenset(_GROUPS["siblings"]), shown


def _sibling_words(entry: Entry) -> str:
    for attribute in entry.attributes:
        if attribute.key in ("siblings", "brothers", "sisters") and any(
            (number_of(word.text) or 0) > 0 for value in attribute.values for word in tokens(value.text)[:1]
        ):
            return attribute.words
    for attribute in entry.attributes:
        named = attribute.values and attribute.values[0].text[:1].isupper()
        if KIN.get(attribute.key) == "sibling" and named:
            return attribute.words
    return next((relation.words for relation in entry.relations if KIN.get(relation.word) == "sibling"), "")
