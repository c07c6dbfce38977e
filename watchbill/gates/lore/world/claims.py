"""Claims: what a text says in words of a class, held against the canon's slots."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import Token, low_at, noun, number_of, stem
from watchbill.gates.lore.english.lexicon import STATES, meanings
from watchbill.gates.lore.known.slots import Slot
from watchbill.gates.lore.texts import phrases
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.phrases import Phrase
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world import hairs

_WITH_HEAD = {
    "eyed": "eye",
    "haired": "hair",
    "bearded": "beard",
    "legged": "leg",
    "skinned": "skin",
    "armed": "arm",
    "storeyed": "storey",
    "masted": "mast",
    "fingered": "finger",
}
_APPOSED_TO = bag("with who which whose of in on and his her its the whom as")
_PREPOSITIONS = bag(
    "on across down along over under above below through beneath near at by of from in behind round around"
)

_ZERO, _SOME = frozenset(("0",)), frozenset(("some",))

Said = tuple[frozenset[str], int]  # a meaning, and the token that has it


class Claims:
    def __init__(self, slots: Sequence[Slot]) -> None:
        self._by_head: dict[str, list[Slot]] = defaultdict(list)
        self._by_stem: dict[str, list[Slot]] = defaultdict(list)  # "limping on her right leg"
        self._of_self: dict[str, list[Slot]] = defaultdict(list)
        for slot in slots:
            for head in slot.heads:
                self._by_head[head].append(slot)
                if slot.kind == "side" and slot.parts:
                    self._by_stem[stem(head)].append(slot)
            if not slot.heads:
                self._of_self[slot.entry.id].append(slot)

    def check(self, reading: Reading) -> Iterator[Mark]:
        for place, sentence in reading.meant_as_said:
            yield from self._of_nouns(reading, place, sentence)
            yield from self._of_entries(reading, place, sentence)

    def _of_nouns(self, reading: Reading, place: int, sentence: Sentence) -> Iterator[Mark]:
        words = sentence.tokens
        for at, word in enumerate(words):
            if not word.is_word:
                continue
            lead, _, ending = word.lower.rpartition("-")
            if ending in _WITH_HEAD:
                yield from self._compound(reading, place, at, lead, _WITH_HEAD[ending])
                continue
            slots = self._by_head.get(self._stood_for(words, at)) or self._by_stem.get(stem(word.text))
            if not slots:
                continue
            phrase = phrases.phrase_at(words, at)
            owner, sure = phrases.owner_of(reading, place, phrase)
            for slot in slots:
                if owner is None and slot.kind == "side" and slot.parts:
                    owner, sure = self._by_part(reading, place, at)
                if owner is None and (told := _told_there(reading, place, phrase, slot)):
                    yield from _judged(reading, sentence, slot, told, phrase, 0.7)
                    continue
                if (
                    slot.is_anyones
                    and phrase.determiner >= 0
                    and words[phrase.determiner].lower in ("all", "both", "the", "its")
                ):
                    yield from _judged(reading, sentence, slot, _said(words, phrase, slot), phrase, 0.75)
                elif owner is not None and slot.entry.id == owner.id:
                    yield from _judged(reading, sentence, slot, _said(words, phrase, slot), phrase, sure)

    def _stood_for(self, words: Sequence[Token], at: int) -> str:
        """The noun that a word is, or that "ones" stands for: "her odd eyes met the captain's blue ones"."""
        if words[at].lower != "ones":
            return noun(words[at].text)
        return next((noun(one.text) for one in reversed(words[:at]) if noun(one.text) in self._by_head), "")

    def _by_part(self, reading: Reading, place: int, at: int) -> tuple[Entry | None, float]:
        """ "The ring on her left hand": whose the hand is."""
        words = reading.sentences[place].tokens
        for to in range(at + 1, min(len(words) - 1, at + 8)):
            if not meanings(words[to + 1].text, "side"):
                continue
            if words[to].lower in ("his", "her", "my", "its"):
                return reading.meant(place, to), 0.8
            named = next((one for one in reading.mentions[place] if one.last == to - 1), None)
            if words[to].lower in ("'s", "'") and named is not None:
                return named.entry, 0.85
        return None, 0

    def _compound(self, reading: Reading, place: int, at: int, value: str, head: str) -> Iterator[Mark]:
        """ "green-eyed Ines", "Ines was green-eyed", "Ines, green-eyed and tired"."""
        words = reading.sentences[place].tokens
        owner = next(
            (
                one.entry
                for one in reading.mentions[place]
                if at < one.first <= at + 2 and (one.first == at + 1 or words[at + 1].text == ",")
            ),
            None,
        )
        if owner is None:
            before = low_at(words, at - 1)
            if (
                before in phrases.BE
                or before == ","
                or (before in ("a", "an", "the") and at > 1 and words[at - 2].lower in (*phrases.BE, ","))
            ):
                owner = reading.subject(place, at)
        if owner is None:
            return
        for slot in self._by_head.get(head, ()):
            meaning = meanings(value, slot.kind) if slot.kind not in ("number", "ordinal") else frozenset()
            if slot.entry.id == owner.id and meaning:
                yield from _judged(
                    reading, reading.sentences[place], slot, [(meaning, at)], Phrase(at, at, -1, at), 0.85
                )

    def _of_entries(self, reading: Reading, place: int, sentence: Sentence) -> Iterator[Mark]:
        """What is said of an entry itself: "the north gate stood open", "Malik was a short man"."""
        words = sentence.tokens
        for entry, first, last in _subjects(reading, place):
            for slot in self._of_self.get(entry.id, ()):
                said = phrases.said_after(words, last, slot.kind)
                said += _apposed(words, last, slot.kind)
                if slot.kind not in STATES or entry.kind != "person":
                    said += phrases.said_before(words, phrases.phrase_at(words, first), slot.kind)
                if slot.kind in ("number", "ordinal"):
                    continue
                yield from _judged(reading, sentence, slot, said, Phrase(first, last, -1, last), 0.85)


def _subjects(reading: Reading, place: int) -> Iterator[tuple[Entry, int, int]]:
    words = reading.sentences[place].tokens
    for mention in reading.mentions[place]:
        if not (mention.last + 1 < len(words) and words[mention.last + 1].lower in ("'s", "'")):
            yield mention.entry, mention.first, mention.last
    for at, word in enumerate(words[:-1]):
        if (
            word.lower in ("he", "she", "it", "i")
            and words[at + 1].lower in phrases.BE
            and (entry := reading.meant(place, at)) is not None
        ):
            yield entry, at, at


def _apposed(words: Sequence[Token], last: int, kind: str) -> list[Said]:
    """ "Kip, a grey cat with a torn ear, slept": what stands between the name and the next comma."""
    if last + 2 >= len(words) or words[last + 1].text not in ",(":
        return []
    found = []
    for at in range(last + 2, min(len(words), last + 8)):
        word = words[at]
        if word.text in ",;.)—" or word.lower in _APPOSED_TO:
            break
        if meaning := (meanings(word.text, kind) if kind not in ("number", "ordinal") else frozenset()):
            found.append((meaning, at))
    return found


def _said(words: Sequence[Token], phrase: Phrase, slot: Slot) -> list[Said]:
    if slot.kind == "side" and slot.qualities:
        has_quality = any(
            slot.qualities & frozenset(kinds)
            for kinds in ([words[at].lower] for at in range(phrase.first, phrase.head))
        )
        return phrases.said_before(words, phrase, "side") if has_quality else []
    if slot.kind == "side":
        return _side_after(words, phrase, slot)
    before = phrases.said_before(words, phrase, slot.kind)
    if slot.kind == "number":
        if _is_none_of(slot):
            return (
                [(_SOME, phrase.head)]
                if not before and phrase.determiner >= 0 and words[phrase.determiner].lower != "no"
                else before
            )
        if (
            words[phrase.head].is_capital
            and phrase.head + 1 < len(words)
            and (numbered := number_of(words[phrase.head + 1].text)) is not None
        ):
            return [(frozenset((str(numbered),)), phrase.head + 1)]  # "on Deck 4"
        is_definite = phrase.determiner >= 0 and words[phrase.determiner].lower not in ("a", "an", "some", "any", "no")
        has = phrase.first > 0 and words[phrase.first - 1].lower in (*phrases.HAVING, *phrases.BE)
        return before if is_definite or has else []
    if slot.kind == "length" and (told := hairs.length_of(words, phrase, slot, before)) is not None:
        return told
    if slot.kind == "ordinal":
        return before or _ordinal_after(words, phrase.head)
    if noun(words[phrase.head].text) == "head":  # "her fair head": a head that is white with snow has no other hair
        return before
    said = [
        *_of_it(words, phrase, slot.kind),
        *before,
        *phrases.said_after(words, phrase.head, slot.kind),
        *_beside(words, phrase, slot.kind),
        *_of_a_kind(words, phrase, slot.kind),
    ]
    if "eye" in slot.heads and slot.kind == "colour":
        return [(_DARK_EYES if words[at].lower == "dark" else meaning, at) for meaning, at in said]
    return said


def _of_a_kind(words: Sequence[Token], phrase: Phrase, kind: str) -> list[Said]:
    """ "She had eyes of the palest green"."""
    if (
        kind != "colour"
        or phrase.determiner >= 0
        or phrase.head + 1 >= len(words)
        or words[phrase.head + 1].lower != "of"
    ):
        return []
    for at in range(phrase.head + 2, min(len(words), phrase.head + 6)):
        if meaning := meanings(words[at].text, kind):
            is_last = (
                at + 1 >= len(words) or not words[at + 1].is_word or words[at + 1].lower in ("and", "that", "which")
            )
            return [(meaning, at)] if is_last else []
    return []


_DARK_EYES = frozenset(("black", "brown"))


def _of_it(words: Sequence[Token], phrase: Phrase, kind: str) -> list[Said]:
    """ "the startling green of her eyes"."""
    first = phrase.first
    if phrase.determiner < 0 or first < 2 or words[first - 1].lower != "of" or kind != "colour":
        return []
    meaning = meanings(words[first - 2].text, kind)
    return [(meaning, first - 2)] if meaning else []


def _beside(words: Sequence[Token], phrase: Phrase, kind: str) -> list[Said]:
    """ "Her eyes, dark brown in the lamplight, met his": what follows the noun between commas."""
    if phrase.determiner < 0 or phrase.head + 2 >= len(words) or words[phrase.head + 1].text != ",":
        return []
    found: list[Said] = []
    for at in range(phrase.head + 2, min(len(words), phrase.head + 6)):
        meaning = meanings(words[at].text, kind)
        if meaning:
            found.append((meaning, at))
        elif found or words[at].text in ",.;" or words[at].lower in ("his", "her", "the", "a", "an", "and", "one"):
            break
    return found


def _ordinal_after(words: Sequence[Token], head: int) -> list[Said]:
    """ "her apartment was on the second floor": what the predicate counts."""
    if head + 1 >= len(words) or words[head + 1].lower not in phrases.BE:
        return []
    for at in range(head + 2, min(len(words) - 1, head + 6)):
        low = words[at].lower
        is_ordinal = low.endswith(("st", "nd", "rd", "th")) and words[at + 1].lower in _LEVELS
        if is_ordinal and (counted := number_of(low)) is not None:
            return [(frozenset((str(counted),)), at)]
    return []


_LEVELS = frozenset(("floor", "storey", "story", "deck", "level", "row", "street", "avenue"))


def _side_after(words: Sequence[Token], phrase: Phrase, slot: Slot) -> list[Said]:
    """ "the scar on her right cheek": the side of the part that the canon names."""
    for at in range(phrase.head + 1, min(len(words) - 1, phrase.head + 9)):
        if words[at].text in ".;:" or words[at].lower in ("and", "but"):
            break
        if meaning := meanings(words[at].text, "side"):
            if noun(words[at + 1].text) in slot.parts and any(
                one.lower in _PREPOSITIONS for one in words[phrase.head + 1 : at]
            ):
                return [(meaning, at + 1)]
            break
    return []


def _judged(
    reading: Reading, sentence: Sentence, slot: Slot, said: Sequence[Said], phrase: Phrase, sure: float
) -> Iterator[Mark]:
    """The mark, if all that is said differs from all that the canon allows there."""
    words = sentence.tokens
    position = reading.standing.position
    if len(said) > 1 and slot.kind == "colour":  # "dark brown": dark says nothing more
        said = [one for one in said if words[one[1]].lower not in ("dark", "fair")] or said
    if not said or _is_allowed(slot, said, position, words, phrase):
        return
    places = [place for _, place in said]
    first = min(phrase.first, *places)
    start = words[first - 1 if first and words[first].lower in ("'s", "'") else first].start
    end = words[max(phrase.head, *places)].end
    frames = reading.frames
    if slot.kind == "length" and _SHORN.search(reading.passage.in_paragraph(sentence.paragraph)):
        return
    is_owned = phrase.determiner >= 0 and words[phrase.determiner].lower in _OWNED
    is_taken_for_granted = is_owned and max(places) < phrase.head  # "he did not lift those green eyes"
    if not is_taken_for_granted and frames.is_supposed(sentence, words[min(places)].start):
        return
    if slot.heads and frames.changed_before(sentence, words[phrase.head].lower):
        return
    if (
        frames.says_changed(sentence, start, end)
        and slot.kind not in ("number", "compass", "side")
        and slot.kind not in STATES
    ):
        return
    negated = any(frames.is_negated(sentence, words[place].start, words[place].end) for place in places)
    if (negated and not is_taken_for_granted) or frames.is_compared(sentence, words[min(places)].start):
        return
    yield Mark.at(
        start,
        end,
        "fact" if slot.id != slot.entry.id else "place" if slot.entry.is_place else "attribute",
        slot.id,
        slot.words,
        sure,
    )


_OWNED = frozenset((*phrases.POSSESSIVES, "'s", "those", "these"))
_SHORN = either(r"not there|gone|missed|cut off|no longer|forgot\w*|used to|shorn|wig")


def _told_there(reading: Reading, place: int, phrase: Phrase, slot: Slot) -> list[Said]:
    """What is counted of a place by standing there."""
    if slot.kind == "number" and phrases.is_counted_there(reading, place, phrase, slot.entry):
        return phrases.said_before(reading.sentences[place].tokens, phrase, "number")
    is_none = _is_none_of(slot) and phrases.is_of_here(reading, place, phrase, slot.entry)
    return [(_SOME, phrase.head)] if is_none else []


def _is_none_of(slot: Slot) -> bool:
    """Whether the canon says that there are none."""
    return slot.kind == "number" and all(meaning == _ZERO for meaning, _ in slot.allowed)


def _is_allowed(
    slot: Slot, said: Sequence[Said], position: float | None, words: Sequence[Token], phrase: Phrase
) -> bool:
    allowed = slot.at(position)
    if slot.partner and position is not None:
        return _is_allowed_of_pair(slot, said, position, words, phrase)
    held = any(meaning & other for meaning, _ in said for other in allowed or [one for one, _ in slot.allowed])
    return held if allowed else not held  # else it holds at other times only


def _is_allowed_of_pair(
    slot: Slot, said: Sequence[Said], position: float, words: Sequence[Token], phrase: Phrase
) -> bool:
    """One of two has another value from some position on: then no single value is right for both."""
    span = slot.allowed[-1][1]
    if span.holds(position):
        known = [meaning for meaning, other in slot.allowed if other.first is None or other.first <= position]
        is_both = words[phrase.head].lower.endswith("s") and len({tuple(sorted(meaning)) for meaning, _ in said}) == 1
        is_told_apart = any(word.lower in ("one", "other", "mismatched", "odd") for word in words)
        if is_both and not is_told_apart and len(known) > 1:
            return False
        return any(meaning & other for meaning, _ in said for other in known)
    return any(meaning & other for meaning, _ in said for other in slot.at(position))
