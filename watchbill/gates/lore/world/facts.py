"""Facts in sentences: what "The bridge is down." or "There are no horses in the town." lets a text say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry, Fact, bare
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import Token, lows, noun, number_at, stem, tokens
from watchbill.gates.lore.english.lexicon import CLASSES, STATES, meanings
from watchbill.gates.lore.known.slots import Slot
from watchbill.gates.lore.positions import Span
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world.wants import stood_at

_VERBS = bag(
    "is are was were has have had carries carry holds contains runs run flows flow stands lies cannot can never does do owns own keeps boasts consists faces opens burns"
)
_NONE = loose(
    r"^(?:there (?:is|are|was|were) no|no)\s+(?:longer\s+any\s+)?(?P<what>[a-z][\w-]*(?:\s+[a-z][\w-]*)?)\b"
    r"|^(?:the )?[\w' -]+? (?:has|have) no (?:more )?(?P<what5>bread|meat|flour|sugar|salt|coffee|tea|milk|butter|cheese|wine|beer|ale|rum|whisky|tobacco|coal|paraffin|gunpowder|ammunition|medicine)\b"
)
_NO_MORE = loose(
    r"^(?:the )?last (?P<what>[\w-]+) (?:died|was killed|vanished|left)|^(?P<what2>[\w-]+)s? (?:are|is) (?:long )?extinct|^(?P<what3>[\w-]+) do(?:es)? not exist"
    r"|^(?:all (?:of )?)?(?:the )?(?P<what4>[a-z]+s) (?:are|have) (?:all )?(?:dead|gone|died|vanished|fled|flown|died out|been (?:eaten|killed|slaughtered|driven off))\b"
)
_NEVER = loose(r"^it never (?P<what>[a-z]+?)s?\b")
_ATTRIBUTIVE = frozenset(("colour", "material", "compass", *STATES))
_EVERYWHERE = frozenset(("world", "sky", "planet", "realm", "land", "kingdom", "night sky", "heavens", "earth"))
_KINDS_OF = {
    "person": "man woman boy girl child farmer soldier human villager hunter", "human": "man woman boy girl child person farmer soldier hunter",
    "alcohol": "wine beer ale whisky whiskey gin rum vodka brandy cider mead champagne", "horse": "horse mare stallion pony foal gelding",
    "gun": "gun pistol rifle musket revolver", "meat": "beef pork ham bacon steak chicken lamb",
    "window": "window pane windowpane casement", "traffic": "car cab taxi bus lorry truck tram van motorbike",
    "electricity": "electricity lightbulb", "dog": "dog hound puppy terrier spaniel", "cat": "cat kitten tomcat",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Something that the world does not have."""

    id: str
    nouns: frozenset[str]
    is_verb: bool
    span: Span
    words: str


def subject_of(fact: Fact) -> tuple[list[Token], int] | None:
    """A fact's words, and where its verb stands; None when it has no such form."""
    words = tokens(fact.text.rstrip(". "))
    for at, word in enumerate(words):
        if word.lower in _VERBS and at:
            return words, at
    return None


def implied(canon: Canon) -> tuple[list[Entry], list[Slot]]:
    """The things that facts speak of, as entries of their own where the canon has none, with their slots."""
    entries: dict[str, Entry] = {}
    slots: list[Slot] = []
    for fact in canon.facts:
        parsed = subject_of(fact)
        if parsed is None or absent_of(fact) is not None:
            continue
        words, verb = parsed
        name = fact.text[: words[verb].start].strip()
        if (
            verb > 7
            or not name
            or words[0].lower
            in bag(
                "there it he she they this that these those nobody no only when if every all each nothing before after until then"
            )
        ):
            continue
        entry = canon.find(name) or entries.get(bare(name)) or Entry(id=f"about {fact.id}", name=name, kind="thing")
        found = list(_slots(fact, entry, words, verb))
        if found and canon.find(name) is None:
            entries[bare(name)] = entry
        slots += found
    return list(entries.values()), slots


_AUXILIARIES = bag("cannot never does do can")


def _slots(fact: Fact, entry: Entry, words: list[Token], verb: int) -> Iterator[Slot]:
    rest = words[verb + 1 :]
    if (
        any(word.lower in ("not", "never", "no", "n't", "neither") for word in rest[:3])
        or words[verb].lower in _AUXILIARIES
    ):
        return
    for place in range(len(rest)):
        found = number_at(rest, place)
        after = place + found[1] if found else 0
        if (
            found
            and after < len(rest)
            and rest[after].is_word
            and rest[after].lower
            not in ("past", "years", "hundred", "percent", "o'clock", "of", "days", "hours", "minutes")
        ):
            head = (
                rest[after + 1]
                if after + 1 < len(rest) and word_kind(rest[after]) and rest[after + 1].is_word
                else rest[after]
            )
            counted = (noun(head.text),)
            yield Slot(
                entry=entry,
                heads=counted,
                kind="number",
                allowed=((frozenset((str(found[0]),)), fact.span),),
                id=fact.id,
                words=fact.text,
                is_anyones=bare(entry.name) in _EVERYWHERE,
            )
            break
    for kind in CLASSES:
        if kind not in _ATTRIBUTIVE:
            continue
        for place, word in enumerate(rest[:8]):
            meaning = meanings(word.text, kind)
            if not meaning or (word.is_capital and place):
                continue
            heads: tuple[str, ...] = (
                _head_after(rest, place)
                if words[verb].lower in ("has", "have", "had")
                and word.lower not in ("stopped", "collapsed", "burned", "gone", "closed", "frozen", "fallen")
                else _head_after(rest, place)
                if place + 1 < len(rest) and rest[place + 1].is_word and rest[place + 1].lower not in _AFTER_STATE
                else ()
            )
            yield Slot(
                entry=entry, heads=heads, kind=kind, allowed=((meaning, fact.span),), id=fact.id, words=fact.text
            )
            break


_AFTER_STATE = bag(
    "away off up down out at in on at by with of to from for and or but until since again now here there because after before under over all every each during when while the"
)


def word_kind(word: Token) -> bool:
    return any(meanings(word.text, kind) for kind in _ATTRIBUTIVE)


def _head_after(rest: list[Token], place: int) -> tuple[str, ...]:
    following = [word for word in rest[place + 1 : place + 3] if word.is_word and not word_kind(word)]
    return (noun(following[0].text),) if following else ()


_NO_THINGS = bag(
    "in on at of is are has have can may who left here anywhere within lives exist remain remains live ever"
)


def absent_of(fact: Fact) -> Absent | None:
    text = fact.text.strip()
    for pattern, is_verb in ((_NONE, False), (_NO_MORE, False), (_NEVER, True)):
        found = pattern.match(text)
        if found is None:
            continue
        phrase = next(one for one in found.groupdict().values() if one)
        words = [word for word in phrase.lower().split() if word not in _NO_THINGS]
        if (
            not words
            or text.lower().startswith("no one")
            or (
                pattern is _NONE
                and text.lower().startswith("no ")
                and not re.search(r"\b(?:exist|live|remain|in the|on the|has ever)", text)
            )
        ):
            return None
        what = noun(words[-1]) if len(words) == 1 or words[0] in ("road", "motor", "wheeled") else ""
        if not what:
            return None
        return Absent(
            id=fact.id,
            nouns=frozenset((what, *_KINDS_OF.get(what, "").split())),
            is_verb=is_verb,
            span=fact.span,
            words=fact.text,
        )
    return None


def absences(canon: Canon, reading: Reading) -> Iterator[Mark]:
    """What a text shows although the world has none."""
    wanted = [
        one
        for fact in canon.facts
        if (one := absent_of(fact)) is not None and one.span.holds(reading.standing.position)
    ]
    if not wanted:
        return
    frames = reading.frames
    for place, sentence in enumerate(reading.sentences):
        if sentence.is_speech or frames.is_framed(sentence) or frames.is_hedged(sentence):
            continue
        if _TALES.search(reading.passage.in_paragraph(sentence.paragraph)):
            continue
        words = sentence.tokens
        for at, word in enumerate(words):
            for one in wanted:
                known = (
                    stem(word.text) in {stem(each) for each in one.nouns}
                    if one.is_verb
                    else noun(word.text) in one.nouns
                )
                if (
                    known
                    and (not word.is_capital or not at)
                    and _is_where(reading, place, one)
                    and not _is_only_said(words, at)
                    and not frames.is_negated(sentence, word.start, word.end)
                    and not frames.is_compared(sentence, word.start)
                ):
                    yield Mark.at(word.start, word.end, "fact", one.id, one.words, 0.75)


_TALES = either(r"tales|swears? to|tell of|told of|legends?|rumou?rs?|stories")


def _is_where(reading: Reading, place: int, one: Absent) -> bool:
    """Whether the text is at the place that has none of it, where the canon names a place."""
    places = {mention.entry.id for mention in reading.cast.mentions(tokens(one.words)) if mention.entry.is_place}
    here = {mention.entry.id for mention in reading.mentions[place]}
    return not places or bool(places & (here or stood_at(reading, place)))


_NOT_ITSELF = bag(
    "painted carved tin word sign named called toy wooden stuffed stories picture statue shaped old bones skull of-arms embroidered brass stone extinct drowned sunken wrecked abandoned rusted dead last"
)


def _is_only_said(words: tuple[Token, ...], at: int) -> bool:
    """A word for it is not it: a painted dragon, a dragon of tin, the sign of the dragon."""
    around = set(lows(words[max(0, at - 4) : at + 4]))
    return bool(around & _NOT_ITSELF)
