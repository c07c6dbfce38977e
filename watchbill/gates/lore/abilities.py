"""What somebody cannot or never does: swim, read, drink rum, touch iron. And what is missing of a body."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.language import Token, noun, stem, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.notes import is_of_another
from watchbill.gates.lore.people import SPEAKING
from watchbill.gates.lore.phrases import acts
from watchbill.gates.lore.positions import Span, apart
from watchbill.gates.lore.reading import Reading

_DRINKS = "alcohol wine beer ale whisky whiskey gin rum vodka brandy cider mead champagne cocktail lager stout sherry port pint bourbon absinthe sake"
_SMOKES = "cigarette cigar pipe cheroot cigarillo tobacco"
_MEAT = "meat beef pork ham bacon steak chicken lamb sausage burger duck goose turkey venison mutton veal kebab salami stew-of-beef"
_FOODS = {
    "shellfish": "shellfish shrimp prawn crab lobster oyster mussel clam scallop crayfish langoustine", "nut": "nut peanut almond walnut hazelnut cashew pistachio pecan",
    "peanut": "peanut", "fish": "fish salmon cod herring trout tuna mackerel", "dairy": "milk cheese butter cream yoghurt", "milk": "milk cheese cream",
    "egg": "egg omelette", "strawberry": "strawberry", "gluten": "bread cake pasta", "wheat": "bread cake pasta", "meat": _MEAT, "honey": "honey", "alcohol": _DRINKS,
    "liquor": _DRINKS, "tobacco": _SMOKES, "coffee": "coffee espresso", "sugar": "sugar sweet",
}  # fmt: skip
_EAT = "eat bite chew swallow devour gobble finish wolf munch nibble tast"
_DRINK = "drink sip swallow gulp drain swig down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Deeds that somebody does not do."""

    entry: Entry | None  # None: whoever `who` names
    who: str  # a noun, singular
    verbs: frozenset[str]  # stems
    objects: frozenset[str]  # nouns, one of which must follow; none: the verb is enough
    unless: frozenset[str]  # words that show it was done another way
    span: Span
    id: str
    words: str


_DEEDS = (  # what a canon says, the stems of the verbs, the nouns after it, what excuses it
    (r"\b(?:non-?smoker|(?:never|not|n't) smokes?|no smoking)\b", "light smoke puff roll drag stub", _SMOKES, "for another's"),
    (r"\b(?:teetotal\w*|abstains|(?:never|not|n't) (?:drinks?|touch(?:es)? alcohol)(?: alcohol)?)(?=\s*(?:$|[.,;]))", _DRINK + " pour-herself", _DRINKS, "water tea"),
    (r"\b(?:vegetarian|(?:never|not|n't) eats? meat)\b", _EAT + " cut", _MEAT, "mock vegetarian soya fake"),
    (r"\bvegan\b", _EAT + " cut", _MEAT + " cheese egg milk butter cream", "mock vegan soya fake"),
    (r"^blind\b|\b(?:is|was|been|born|went|totally|completely) blind\b|: blind\b", "read watch stare glanc peer gaz study squint", "", "finger fingers fingertips braille touch aloud-to blindly blind sightless unseeing"),
    (r"\b(?:is|was|been|born|completely|stone)?\s*deaf\b(?! in)", "hear overhear", "", "nothing vibration"),
    (r"\billiterate\b|\b(?:cannot|can't|never learned to|unable to) read\b", "read", "", "lips face faces sky weather palm palms signs"),
    (r"\bwheelchair\b|\bparalysed\b|\bparalyzed\b|\b(?:cannot|can't) walk\b", "walk stride run sprint pace jump march stroll jog dash tiptoe", "", "wheel wheels wheelchair chair pushes rolled"),
    (r"\b(?:cannot|can't|never learned to|unable to) swim\b", "swim", "", ""),
    (r"\b(?:cannot|can't|no longer|unable to) fly\b", "fly", "", "plane aeroplane airship ticket flag"),
)  # fmt: skip
_MUTE = re.compile(
    r"\b(?:is |was |born |been )?(?:mute|cannot speak|can't speak|never speaks|does not speak|speechless|sworn to silence|vow of silence)\b",
    re.IGNORECASE,
)
_ALLERGIC = re.compile(r"\ballerg(?:ic to|y to|y:|ies:|y)\s*:?\s*(?P<what>[\w ,]+)", re.IGNORECASE)
_GENERIC = re.compile(
    r"\b(?:cannot|can not|can't|never|does not|doesn't|do not|don't|unable to|refuses to|will not|won't)\s+(?:\w+ly\s+)?(?P<verb>[a-z]+)(?:\s+(?P<object>[^.;,()]+))?",
    re.IGNORECASE,
)
_NO_DEEDS = bag(
    "be have been is was get know like love want need trust forgive forget believe understand think feel speak talk say swear smile laugh cry lie use call calls ask asks answer smoke smokes"
)
_MISSING = re.compile(r"\b(?:missing|lost|amputated|gone|severed|no)\b", re.IGNORECASE)
_PARTS = bag("hand arm leg foot eye ear finger tooth thumb toe wing tail horn antler nose paw")
_HANDED = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_TOOLS = bag("pen quill brush pencil chalk scalpel needle")
_SKILLED = frozenset(
    stem(word) for word in ["write", "sign", "draw", "scribble", "pen", "sketch", "paint", "scrawl", "jot"]
)


class Abilities:
    def __init__(self, canon: Canon) -> None:
        self._nevers = list(_nevers(canon))
        self._mute = [
            (entry, span, words)
            for entry, words, text, span in _statements(canon)
            if entry is not None and _MUTE.search(text)
        ]
        self._missing = [one for entry in canon.entries for one in _missing(entry)]
        self._handed = [one for entry in canon.entries for one in _handed(entry)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        yield from self._speaking(reading)
        position = reading.standing.position
        for place, sentence in enumerate(reading.sentences):
            frames = reading.frames
            if (
                frames.is_framed(sentence)
                or frames.is_unreal(sentence)
                or frames.is_lie(sentence)
                or sentence.is_speech
            ):
                continue
            words = sentence.tokens
            for never in self._nevers:
                if (
                    never.span.holds(position)
                    and (at := _done(reading, place, never)) is not None
                    and not frames.is_hedged(sentence, words[at[1]].start)
                ):
                    yield _mark(reading, place, never.id, never.words, *at, 0.8)
            for entry, parts, span, shown in self._missing:
                if span.holds(position) and (at := _whole(reading, place, entry, parts)) is not None:
                    yield _mark(reading, place, entry.id, shown, *at, 0.8)
            for entry, side, shown in self._handed:
                if (at := _other_hand(reading, place, entry, side, words)) is not None:
                    yield _mark(reading, place, entry.id, shown, *at, 0.8)

    def _speaking(self, reading: Reading) -> Iterator[Mark]:
        for entry, span, shown in self._mute:
            if not span.holds(reading.standing.position):
                continue
            for place, sentence in enumerate(reading.sentences):
                if sentence.is_speech or reading.frames.is_framed(sentence):
                    continue
                words = sentence.tokens
                for mention in reading.mentions[place]:
                    verb = next(
                        (
                            at
                            for at in (mention.first - 1, mention.last + 1)
                            if 0 <= at < len(words)
                            and words[at].lower
                            in SPEAKING - {"called", "went", "began", "continued", "signed", "thought"}
                        ),
                        None,
                    )
                    beside = bool(reading.speeches_in(sentence.paragraph))
                    if (
                        mention.entry.id == entry.id
                        and verb is not None
                        and beside
                        and not {"signed", "wrote", "signing", "hands", "mouthed"} & {word.lower for word in words}
                    ):
                        yield _mark(
                            reading, place, entry.id, shown, min(verb, mention.first), max(verb, mention.last), 0.85
                        )


def _mark(reading: Reading, place: int, canon_id: str, shown: str, first: int, last: int, sure: float) -> Mark:
    words = reading.sentences[place].tokens
    return Mark(
        rule="ability", canon_id=canon_id, start=words[first].start, end=words[last].end, canon=shown, confidence=sure
    )


def _statements(canon: Canon) -> Iterator[tuple[Entry | None, str, str, Span]]:
    """Every statement of what somebody is or does: the entry, the canon's words, the text, its span."""
    for entry in canon.entries:
        for attribute in entry.attributes:
            for value in attribute.values:
                yield (
                    entry,
                    attribute.words,
                    f"{value.text} {attribute.key}"
                    if value.text.lower() in ("never", "no", "does not")
                    else value.text
                    if any(word in value.text.lower() for word in ("never", "cannot", "can't", "not "))
                    else f"{attribute.key}: {value.text}",
                    value.span,
                )
        for note in entry.notes:
            if is_of_another(note):
                continue
            stated, span = apart(note)
            yield entry, note, stated, span
    for fact in canon.facts:
        yield canon.find(fact.about) if fact.about else None, fact.text, fact.text, fact.span


def _nevers(canon: Canon) -> Iterator[Never]:
    for entry, shown, text, span in _statements(canon):
        subject = entry
        canon_id = entry.id if entry is not None else ""
        who = ""
        fact = next((one for one in canon.facts if one.text == text), None)
        if fact is not None:
            canon_id = fact.id
            who = (
                noun(tokens(fact.text)[1 if fact.text.lower().startswith(("the ", "a ")) else 0].text)
                if fact.text
                else ""
            )
            subject = canon.find(_before_verb(fact.text)) or None
        known = False
        if subject is not None:
            for pattern, verbs, objects, unless in _DEEDS:
                if re.search(pattern, text, re.IGNORECASE):
                    known = True
                    yield Never(
                        entry=subject,
                        who="",
                        verbs=_stems(verbs),
                        objects=_nouns(objects),
                        unless=frozenset(unless.split()),
                        span=span,
                        id=canon_id,
                        words=shown,
                    )
            if allergic := _ALLERGIC.search(text):
                foods = " ".join(
                    _FOODS.get(noun(word), word)
                    for word in re.split(r"[ ,]+", allergic["what"])
                    if word not in ("and", "or", "")
                )
                yield Never(
                    entry=subject,
                    who="",
                    verbs=_stems(f"{_EAT} {_DRINK}"),
                    objects=_nouns(foods),
                    unless=frozenset(("ill", "swelled", "swelling", "epipen", "hives")),
                    span=span,
                    id=canon_id,
                    words=shown,
                )
        found = _GENERIC.search(text)
        if found and not known and found["verb"].lower() not in _NO_DEEDS and not _MUTE.search(text):
            said = found["object"] or ""
            named = _object_nouns(_before_and(text[: found.start()]) if said.strip() in ("it", "them") else said)
            if named or subject is not None:
                yield Never(
                    entry=subject,
                    who="" if subject else who,
                    verbs=frozenset((stem(found["verb"]),)),
                    objects=named,
                    unless=frozenset(),
                    span=span,
                    id=canon_id,
                    words=shown,
                )


def _before_and(text: str) -> str:
    """What "it" means in "hates coffee and never drinks it": the last words before the "and"."""
    return re.split(r"\b(?:and|but|so)\b|,", text.strip())[0].strip()


def _before_verb(text: str) -> str:
    return re.split(r"\b(?:cannot|can not|can't|never|does|do|is|are|has|have)\b", text, maxsplit=1)[0].strip()


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


def _nouns(words: str) -> frozenset[str]:
    return frozenset(noun(word) for word in words.split())


def _object_nouns(text: str) -> frozenset[str]:
    """The nouns of an object. "rum or wine" is either; of other phrases the last word counts, before "in", "on" and the like."""
    if text.lower().startswith(
        ("to ", "that ", "without ", "until ", "unless ", "before ", "for ", "with ", "in ", "at ", "on ", "after ")
    ):
        return frozenset()
    kept = re.split(
        r"\b(?:in|on|at|with|without|for|to|from|during|after|before|when|while|until|unless|by|of)\b", text, maxsplit=1
    )[0]
    nouns = [noun(part.split()[-1]) for part in re.split(r"\bor\b|\band\b|,", kept) if part.split()]
    return frozenset(word for one in nouns for word in (_FOODS.get(one, one)).split())


def _done(reading: Reading, place: int, never: Never) -> tuple[int, int] | None:
    """The tokens between which somebody does what they never do."""
    words = reading.sentences[place].tokens
    if never.unless & {word.lower for word in words}:
        return None
    for at, word in enumerate(words):
        if (
            not at
            or stem(word.text) not in never.verbs
            or not (acts(word.lower) or word.lower in ("light", "drink", "eat"))
            or words[at - 1].lower in ("to", "not", "a", "the", "had", "been", "was", "were")
        ):
            continue
        last = at
        if never.objects:
            found = next(
                (to for to in range(at + 1, min(len(words), at + 9)) if noun(words[to].text) in never.objects), None
            )
            found = (
                found
                if found is not None
                else next(
                    (
                        to
                        for to in range(max(0, at - 9), at)
                        if noun(words[to].text) in never.objects and "piano" in never.objects
                    ),
                    None,
                )
            )
            if found is None or any(words[to].text in ".;" for to in range(at, found)):
                continue
            last = max(at, found)
        first = _doer(reading, place, at, never)
        if first is not None:
            return first, last
    return None


def _doer(reading: Reading, place: int, verb: int, never: Never) -> int | None:
    """Where the doer stands, if it is who never does it."""
    words = reading.sentences[place].tokens
    if never.entry is not None:
        subject = reading.subject(place, verb)
        if subject is None or subject.id != never.entry.id:
            return None
        return max(
            (one.first for one in reading.mentions[place] if one.last < verb and one.entry.id == never.entry.id),
            default=verb,
        )
    for at in range(max(0, verb - 4), verb):
        if noun(words[at].text) == noun(never.who) and never.who:
            return at
    return None


def _missing(entry: Entry) -> Iterator[tuple[Entry, tuple[str, str], Span, str]]:
    """Of whom, (side, part), when, in which words of the canon."""
    stated = [
        (f"{attribute.key} {value.text}", value.span, attribute.words)
        for attribute in entry.attributes
        for value in attribute.values
    ]
    stated += [(*apart(note), note) for note in entry.notes]
    for text, span, shown in stated:
        if not _MISSING.search(text):
            continue
        words = [token.lower for token in tokens(text)]
        part = next((noun(word) for word in words if noun(word) in _PARTS), "")
        side = next((word for word in words if word in ("left", "right")), "")
        if part:
            yield entry, (side, part), span, shown


def _whole(reading: Reading, place: int, entry: Entry, parts: tuple[str, str]) -> tuple[int, int] | None:
    """ "in both hands", "with his right hand": the use of what is not there."""
    side, part = parts
    words = reading.sentences[place].tokens
    for at, word in enumerate(words):
        if noun(word.text) != part or at < 1:
            continue
        near = [one.lower for one in words[max(0, at - 4) : at]]
        is_both = "both" in near and word.lower != part
        is_it = (
            bool(side)
            and side in near[-1:]
            and part not in ("finger", "toe")
            and not any(one in ("stump", "missing", "of", "lost", "empty", "pinned") for one in near)
        )
        after = {one.lower for one in words[at + 1 : at + 5]}
        is_told_so = bool(after & {"gone", "missing", "lost", "severed", "off", "not", "no", "nothing"})
        if is_told_so or not (is_both or is_it):
            continue
        first = max(0, at - 4) + (near.index("both") if is_both else near.index(side))
        owner = next(
            (reading.meant(place, to) for to in range(max(0, at - 4), at) if words[to].lower in ("his", "her", "its")),
            None,
        ) or reading.subject(place, first)
        if owner is not None and owner.id == entry.id:
            return first, at
    return None


def _handed(entry: Entry) -> Iterator[tuple[Entry, str, str]]:
    stated = [(one.key, value.text, one.words) for one in entry.attributes for value in one.values]
    stated += [("", note, note) for note in entry.notes if not is_of_another(note)]
    for key, value, shown in stated:
        text = f"{key} {value}".lower().replace("-", " ")
        if "handed" in text or key in ("hand", "dominant hand", "writing hand", "sword hand"):
            side = _HANDED.search(text)
            if side and "ambidextrous" not in text:
                yield entry, side[1].lower(), shown


def _other_hand(
    reading: Reading, place: int, entry: Entry, side: str, words: Sequence[Token]
) -> tuple[int, int] | None:
    other = "right" if side == "left" else "left"
    for at, word in enumerate(words):
        if (
            word.lower == f"{other}-handed"
            and (subject := reading.subject(place, at)) is not None
            and subject.id == entry.id
        ):
            return at, at
        if word.lower != other or at < 2 or at + 1 >= len(words) or words[at + 1].lower != "hand":
            continue
        if words[at - 2].lower in ("with", "in") and words[at - 1].lower in ("his", "her", "the", "its", "my"):
            verbs = [
                to for to in range(max(0, at - 12), at) if acts(words[to].lower) or words[to].lower.endswith("ing")
            ]
            subject = reading.subject(place, at)
            is_skilled = bool(verbs) and (
                stem(words[verbs[-1]].text) in _SKILLED or bool(_TOOLS & {word.lower for word in words[verbs[-1] : at]})
            )
            if is_skilled and subject is not None and subject.id == entry.id:
                return verbs[-1], at + 1
    return None
