"""Slots: what the canon says in a word of a class, ready to be held against a text: whose, of what, which class, which words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from watchbill.gates.lore.canon import Attribute, Canon, Entry, Value
from watchbill.gates.lore.english.bags import bag, row
from watchbill.gates.lore.english.language import lows, noun, number_at, tokens
from watchbill.gates.lore.english.lexicon import CLASSES, STATES, kinds_of, meanings
from watchbill.gates.lore.positions import Span

_HAIR = row(
    "hair curl braid plait ponytail lock tress bun fringe ringlet mane strand wisp pigtail bob topknot dreadlock head"
)
_MOUNTS = ("horse", "mount", "steed", "mare", "stallion", "gelding", "pony", "colt", "cob")
_HOUNDS = ("dog", "hound", "puppy", "terrier", "spaniel", "collie", "mastiff", "greyhound", "wolfhound", "bitch")
_GARMENTS = row("dress gown skirt coat jacket frock robe shirt blouse cloak suit trousers")
# What an attribute's key names, and by which nouns a text names the same.
_HEADS = {
    "eye": ("eye", "iris", "gaze"),
    "hair": _HAIR,
    "fur": ("fur", "coat", "pelt"),
    "horse": _MOUNTS,
    "mount": _MOUNTS,
    "steed": _MOUNTS,
    "dog": _HOUNDS,
    "hound": _HOUNDS,
    "clothes": _GARMENTS,
    "clothing": _GARMENTS,
    "dress": _GARMENTS,
    "attire": _GARMENTS,
    "garb": _GARMENTS,
    "coat": ("coat", "fur", "pelt"),
    "head": _HAIR,
    "clothe": _GARMENTS,
    "beard": ("beard",),
    "moustache": ("moustache",),
    "spectacles": ("spectacles", "glasses"),
    "glasses": ("glasses", "spectacles"),
    "storey": ("storey", "floor"),
    "floor": ("floor", "storey"),
}
_SELF = {
    "height": ("height", "size", "stature"),
    "build": ("build", "figure", "body type"),
    "marriage": ("marital status", "marriage", "status"),
    "sex": ("sex", "gender"),
}
_OWN_COLOUR = row(
    "colour coat fur colouring pelt plumage feathers"
)  # of an animal: the animal itself is said to be grey
_NOT_A_HEAD = bag(
    "colour color type kind style material shape number of count the a an and direction side position location trait made look appearance description distinguishing feature features note notes status"
)
_COUNTED = bag("sibling brother sister child son daughter")
_SKIPPED = bag(
    "age born birthday birth date home residence birthplace occupation job trade role profession gender pronouns voice speech personality fear afraid skill likes dislikes goal motto kind spouse wife husband"
)
_ANIMALS = bag("cat dog horse fox owl raven wolf bear mare stallion pony bird dragon falcon hawk rat mouse")
_LOST = bag("missing lost gone amputated severed")  # counts what is no longer there
_LEADING = bag("one single only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    entry: Entry
    heads: tuple[str, ...]  # singular nouns; none: the entry itself
    kind: str  # a class of the lexicon, or "number"
    allowed: tuple[tuple[frozenset[str], Span], ...]
    id: str
    words: str
    parts: frozenset[str] = field(default=frozenset())  # of the body, where a side is told: "cheek"
    partner: str = ""  # "one": the value is of one of a pair
    qualities: frozenset[str] = field(default=frozenset())  # words that single the thing out: the wooden leg
    is_anyones: bool = False  # of the world itself: "the two moons" belong to nobody

    def at(self, position: float | None) -> list[frozenset[str]]:
        return [meaning for meaning, span in self.allowed if span.holds(position)]


def slots_of(canon: Canon) -> list[Slot]:
    return [slot for entry in canon.entries for attribute in entry.attributes for slot in _slots(entry, attribute)]


def _slots(entry: Entry, attribute: Attribute) -> Iterator[Slot]:
    if set(attribute.key.split()) & _SKIPPED:
        return
    heads = heads_of(attribute)
    for kind in CLASSES:
        allowed = _allowed(attribute, kind)
        if not allowed or _is_beside_the_point(attribute, kind):
            continue
        both = _one_of_a_pair(attribute, kind)
        if kind == "side":
            yield from _sided(entry, attribute, heads)
        elif kind == "compass" and attribute.key in _LYING and (edges := _edges(attribute)):
            yield _slot(entry, attribute, edges, kind, allowed)
        elif attribute.key in _SELF.get(kind, ()) or (kind in ("height", "build", "marriage", "sex") and not heads):
            yield _slot(entry, attribute, (), kind, allowed)
        elif heads:
            own = _own_heads(attribute, kind) if kind in ("colour", "material") else ()
            yield _slot(entry, attribute, (*heads, *own), kind, allowed, partner="one" if both else "")
        else:
            yield _slot(entry, attribute, (), kind, allowed)
        if kind == "colour" and attribute.key in _OWN_COLOUR and is_animal(entry):
            yield _slot(entry, attribute, (), kind, allowed)
            yield _slot(entry, attribute, ("scale", "hide", "fur", "coat", "pelt", "feather", "plumage"), kind, allowed)
    yield from _counted(entry, attribute, heads)


_LYING = bag("stands lies location position situated where site situation setting")
_EDGES = bag("bank shore side coast end edge hill slope cliff")


def _edges(attribute: Attribute) -> tuple[str, ...]:
    """The bank of "stands: on the west bank of the Orr"."""
    words = [noun(word.text) for value in attribute.values for word in tokens(value.text)]
    return tuple(word for word in words if word in _EDGES)


def _allowed(attribute: Attribute, kind: str) -> list[tuple[frozenset[str], Span]]:
    """What the values say in words of a class. Of "black, in a plait; cropped from chapter 7" the black holds on."""
    allowed: list[tuple[frozenset[str], Span]] = []
    last: list[frozenset[str]] = []
    for value in attribute.values:
        last = _meanings(value, kind) or last
        allowed += [(meaning, value.span) for meaning in last]
    return allowed


def _own_heads(attribute: Attribute, kind: str) -> tuple[str, ...]:
    """The nouns that a value gives its words to: the Corolla of "car: a white Corolla"."""
    found = []
    for value in attribute.values:
        words = tokens(value.text)
        for word, after in pairwise(words):
            if (
                meanings(word.text, kind)
                and after.is_word
                and not kinds_of(after.lower)
                and after.lower
                not in ("and", "or", "with", "until", "from", "in", "on", "of", "but", "at", "to", "since")
            ):
                found.append(noun(after.text))
    return tuple(found)


def is_animal(entry: Entry) -> bool:
    return bool(
        {noun(word) for word in f"{entry.kind} {' '.join(entry.notes)}".lower().replace(".", " ").split()} & _ANIMALS
    )


def _meanings(value: Value, kind: str) -> list[frozenset[str]]:
    words = tokens(value.text)
    found = []
    for place, word in enumerate(words):
        meaning = meanings(word.text, kind)
        if (
            meaning
            and not _is_negated(value.text, word.start)
            and not (kind == "colour" and _is_name(value.text, word.text, place))
        ):
            found.append(meaning)
    return found


def _is_name(text: str, word: str, place: int) -> bool:
    """A colour in a proper name is none: "the Green Dragon"."""
    return place > 0 and word[0].isupper() and any(other[0].isupper() for other in text.split() if other != word)


def _is_negated(text: str, at: int) -> bool:
    return any(word in text[:at].lower().split() for word in ("not", "never", "no", "without"))


def heads_of(attribute: Attribute) -> tuple[str, ...]:
    """The nouns that an attribute is about: of its key, else of its value ("left ear missing")."""
    words = [
        noun(word)
        for word in attribute.key.split()
        if word not in _NOT_A_HEAD and not any(meanings(word, kind) for kind in ("side", "compass", "colour", *STATES))
    ]
    if not words:
        return ()
    head = words[-1]
    return _HEADS.get(head, (head,))


def _is_beside_the_point(attribute: Attribute, kind: str) -> bool:
    """A word that belongs to another class than its key speaks of: "colour: copper" is no material."""
    key = attribute.key
    if kind == "material":
        return "colour" in key or any(
            word in key for word in ("eye", "hair", "beard", "skin", "fur", "coat", "moustache")
        )
    if kind == "length":
        return not any(word in key for word in ("hair", "beard", "head"))
    if kind == "build":
        return not any(word in key for word in _SELF["build"])
    if kind in ("height", "years", "wealth", "element"):
        return kind != "height" or not any(word in key for word in ("height", "build", "stature"))
    if kind == "species":
        return "species" not in key and "breed" not in key
    if kind == "colour":
        return "material" in key or key in ("name", "nickname")
    return False


def _one_of_a_pair(attribute: Attribute, kind: str) -> bool:
    return kind == "colour" and any(value.text.lower().split()[:1] == ["one"] for value in attribute.values)


def _slot(
    entry: Entry,
    attribute: Attribute,
    heads: tuple[str, ...],
    kind: str,
    allowed: Sequence[tuple[frozenset[str], Span]],
    *,
    parts: frozenset[str] = frozenset(),
    partner: str = "",
) -> Slot:
    return Slot(
        entry=entry,
        heads=heads,
        kind=kind,
        allowed=tuple(allowed),
        id=entry.id,
        words=attribute.words,
        parts=parts,
        partner=partner,
    )


_BODY = bag(
    "eye cheek hand arm leg foot ear shoulder knee brow eyebrow temple wrist ankle thigh palm hip thumb forearm bank temple jaw side"
)


MARKS = bag(
    "scar tattoo limp birthmark burn mole ring bruise patch nick notch stud earring wart freckle dimple brand weal welt pearl bracelet band tear torn scratch cut bite"
)


def _sided(entry: Entry, attribute: Attribute, heads: tuple[str, ...]) -> Iterator[Slot]:
    """ "scar: on her left cheek": the scar's side; "left ear missing": the missing one's."""
    if "hand" in attribute.key.split() or "handed" in attribute.key or "handedness" in attribute.key:
        return
    for value in attribute.values:
        words = lows(tokens(value.text))
        heads = tuple(noun(word) for word in words if noun(word) in MARKS) or heads
        heads = (*heads, *(_pictured(words) if set(heads) & {"tattoo", "mark", "brand", "birthmark"} else ()))
        for place, word in enumerate(words):
            if word in ("left", "right"):
                part = next((noun(one) for one in words[place + 1 : place + 3] if noun(one) in _BODY), "")
                wanted = tuple(head for head in heads if head not in _BODY) or heads
                others = frozenset(
                    one
                    for one in words
                    if meanings(one, "material")
                    or one
                    in ("missing", "prosthetic", "artificial", "mechanical", "bionic", "glass", "blind", "lame", "bad")
                )
                if part and part in heads and others:
                    yield Slot(
                        entry=entry,
                        heads=(part,),
                        kind="side",
                        allowed=((frozenset((word,)), value.span),),
                        id=entry.id,
                        words=attribute.words,
                        qualities=others,
                    )
                if part and wanted and part not in wanted:
                    yield _slot(
                        entry, attribute, wanted, "side", [(frozenset((word,)), value.span)], parts=frozenset((part,))
                    )


def _pictured(words: Sequence[str]) -> tuple[str, ...]:
    """What a tattoo shows: "a swallow, on her left shoulder"."""
    place = next((at for at, word in enumerate(words) if word in ("on", "over", "across", "behind", "under", "at")), 0)
    named = [noun(word) for word in words[:place] if word.isalpha()]
    return tuple(named[-1:])


_HOW_MANY = ("number", "count", "how many")


def _counted(entry: Entry, attribute: Attribute, heads: tuple[str, ...]) -> Iterator[Slot]:
    """ "windows: 3", "siblings: one sister", "two daughters"."""
    for value in attribute.values:
        words = tokens(value.text)
        if not words or set(lows(words)) & _LOST:
            continue
        start = number_at(words, 0)
        if value.text.lower().strip(". ") in ("none", "no", "0", "zero"):
            start = (0, len(words))
        if start is None or (start[1] < len(words) and words[start[1]].text in "./-:"):
            continue
        amount, taken = start
        named = tuple(noun(word.text) for word in words[taken : taken + 1] if word.is_word)
        nouns = named if named and (named[0] in _COUNTED or not heads) else heads
        if (
            words[0].lower in _LEADING
            and not (named and named[0] in _COUNTED)
            and words[0].lower == "one"
            and heads[:1] == ("eye",)
        ):
            continue
        if words[0].lower.endswith(("st", "nd", "rd", "th")) and words[0].lower not in ("north", "south"):
            yield Slot(
                entry=entry,
                heads=heads,
                kind="ordinal",
                allowed=((frozenset((str(amount),)), value.span),),
                id=entry.id,
                words=attribute.words,
            )
            continue
        is_of_itself = not heads and attribute.key in _HOW_MANY  # "the Stepping Stones": seven of them
        if is_of_itself or (nouns and not set(nouns) & {"age", "year", "height"}):
            yield Slot(
                entry=entry,
                heads=() if is_of_itself else nouns,
                kind="number",
                allowed=((frozenset((str(amount),)), value.span),),
                id=entry.id,
                words=attribute.words,
            )
