"""Age, trade, home and birthplace, and the names that somebody's things have."""

from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon, Entry, bare
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, low_at, lows, noun, tokens
from watchbill.gates.lore.english.people import SAME_TRADE, TRADES
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.candidates import acts_at, is_possessive
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import phrase_at
from watchbill.gates.lore.texts.reading import Reading

_TRADE_KEYS = frozenset(("occupation", "job", "trade", "profession", "work", "role", "career"))
_BIRTH_KEYS = frozenset(
    (
        "born on",
        "born at",
        "birth place",
        "birthplace",
        "from",
        "origin",
        "hometown",
        "place of birth",
        "native of",
        "born in",
    )
)
_HOME_KEYS = frozenset(("home", "lives in", "lives", "residence", "address", "lives at"))
_NAMED_KINDS = bag(
    "weapon sword spear axe bow dagger knife ship boat vessel horse dog cat pony hound familiar steed car yacht owl"
)


class Traits:
    def __init__(self, canon: Canon) -> None:
        people = [entry for entry in canon.entries if not entry.is_place]
        self._canon = canon
        self._trades = {
            entry.id: found for entry in people if is_person(entry) and (found := _trades(entry)) is not None
        }
        self._births = {entry.id: found for entry in people if (found := _place_of(entry, _BIRTH_KEYS)) is not None}
        self._homes = {entry.id: found for entry in people if (found := _place_of(entry, _HOME_KEYS)) is not None}
        self._named = [one for entry in people for one in _named(entry)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in reading.meant_as_said:
            for mark in (
                *self._of_trade(reading, place),
                *self._of_tools(reading, place),
                *self._of_origin(reading, place),
                *self._of_names(reading, place),
            ):
                if (
                    not frames.is_negated(sentence, mark.start, mark.start)
                    and not frames.is_supposed(sentence, mark.start)
                    and not frames.is_compared(sentence, mark.start)
                ):
                    yield mark

    def _of_trade(self, reading: Reading, place: int) -> Iterator[Mark]:
        words = reading.sentences[place].tokens
        for at, word in enumerate(words):
            trade = noun(word.text)
            if trade not in TRADES or word.is_capital:
                continue
            entry, first = said_to_be(reading, place, at)
            known = self._trades.get(entry.id) if entry is not None else None
            if known is not None and entry is not None and not _is_same_trade(trade, known[0]):
                yield Mark.at(words[first].start, word.end, "attribute", entry.id, known[1], 0.75)

    def _of_tools(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "His patients", of who keeps a shop: what only somebody of another trade has."""
        words = reading.sentences[place].tokens
        for at in range(1, len(words)):
            trades = _TELLING.get(words[at].lower)
            if trades is None or words[at - 1].lower not in ("his", "her", "my", "'s"):
                continue
            own = words[at - 1].lower
            owner = reading.owner_before(place, at - 1) if own == "'s" else reading.meant(place, at - 1)
            known = self._trades.get(owner.id) if owner is not None else None
            if known is not None and owner is not None and known[0] & TRADES and not known[0] & trades:
                yield Mark.over(words, at - 1, at, "attribute", owner.id, known[1], 0.75)

    def _of_origin(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Born in Ghent", "a native of Ghent", "in Ghent, where she was born", "lives at Ghent"."""
        words = reading.sentences[place].tokens
        for at in range(1, len(words) - 1):
            known = self._births if words[at].lower in _BORN else self._homes if words[at].lower in _LIVING else None
            named = _place_told(words, at) if known is not None else None
            if known is None or named is None:
                continue
            is_bred = words[at + 1].lower == "and"  # "a Ghent man born and bred"
            subject = reading.subject(place, named if is_bred else at)
            stated = known.get(subject.id) if subject is not None else None
            first = max((one.first for one in reading.mentions[place] if one.first < at), default=-1)
            is_anothers = named > at and reading.others_between(place, first, at)
            if stated is None or subject is None or words[named].text in _MONTHS or is_anothers:
                continue
            said = {bare(word.text) for word in words[named : named + 4]}
            is_place = not is_bred or any(
                said & set(bare(one.name).split()) for one in self._canon.entries if one.is_place
            )
            if is_place and not said & stated[0] and not self._lies_in(stated[0], said):
                yield Mark.over(words, min(at, named), max(at, named), "attribute", subject.id, stated[1], 0.75)

    def _lies_in(self, stated: frozenset[str], said: set[str]) -> bool:
        """Whether the canon tells that the one place is a part of the other."""
        return any(
            {bare(word) for word in entry.name.split()} & stated
            and any(
                said & {bare(token.text) for token in tokens(one.words) if token.is_capital} for one in entry.attributes
            )
            for entry in self._canon.entries
            if entry.is_place
        )

    def _of_names(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "her spear, Mercy", "his boat, the Rusty Kettle", "her ship was called the Kestrel"."""
        words = reading.sentences[place].tokens
        for at, word in enumerate(words):
            for entry, nouns, name, shown in self._named:
                if noun(word.text) not in nouns or at + 2 >= len(words):
                    continue
                start = _name_after(words, at)
                phrase = phrase_at(words, at)
                if start is None or phrase.determiner < 0:
                    continue
                own = words[phrase.determiner].lower
                owner = (
                    reading.meant(place, phrase.determiner)
                    if own in ("his", "her", "my", "its")
                    else next(
                        (
                            one.entry
                            for one in reading.mentions[place]
                            if own == "'s" and one.last == phrase.determiner - 1
                        ),
                        None,
                    )
                )
                last = start
                while (
                    last + 1 < len(words)
                    and words[last + 1].is_capital
                    and words[last + 1].is_word
                    and words[last + 1].start <= words[last].end + 2
                ):
                    last += 1
                said = {bare(one.text) for one in words[start : last + 1]}
                if (
                    owner is not None
                    and owner.id == entry.id
                    and not said & name
                    and not any(one.first == start for one in reading.mentions[place])
                ):
                    yield Mark.over(words, phrase.first - (own == "'s"), last, "attribute", entry.id, shown, 0.8)


_SERVING = bag("worked works trained served serves living bread employed began started travelled lived")


def said_to_be(reading: Reading, place: int, at: int, *, is_quality: bool = False) -> tuple[Entry | None, int]:
    """Of whom a noun is said, and where that begins: "Tomas, a baker by trade,", "Tomas was a baker", "I'm a baker", "she worked as a baker",
    "Tomas the baker"; of a quality also "Tomas was Irish", "we Irish"."""
    words = reading.sentences[place].tokens
    phrase = phrase_at(words, at)
    if at + 1 < len(words) and (
        words[at + 1].lower in ("'s", "'") or (words[at + 1].is_word and words[at + 1].lower in ("of", "shop"))
    ):
        return None, at
    article = low_at(words, phrase.determiner)
    before = phrase.first - 1
    lead = low_at(words, before)
    if article == "'s" and phrase.determiner > 2 and words[phrase.determiner - 2].lower in ("the", "our"):
        article, before = "the", phrase.determiner - 3  # "Tomas, the village's baker,"
        lead = words[before].lower
    for mention in reading.mentions[place]:
        is_apposed = mention.last == before - 1 and lead == "," and article in ("a", "an", "the") and _closes(words, at)
        if is_apposed and not _in_list(words, at):
            return mention.entry, mention.first
        is_surnamed = mention.last == before and article == "the" and at == phrase.first + 1 and _goes_on(words, at)
        if is_surnamed and not is_possessive(words, mention.last):
            return mention.entry, mention.first
    is_bare = is_quality and not article and _closes(words, at)
    be = before - 1 if lead == "been" else before
    if (article in ("a", "an") or is_bare) and be >= 1 and words[be].lower in ("was", "is", "am", "'m", "had", "'s"):
        subject = reading.subject(place, be)
        at_once = words[be - 1].lower in ("he", "she", "i") or any(
            one.last == be - 1 for one in reading.mentions[place]
        )
        return (subject, phrase.first) if at_once else (None, at)
    if article in ("a", "an") and before >= 2 and lead == "as" and words[before - 1].lower in _SERVING:
        return reading.subject(place, before), phrase.first
    return None, at


def _goes_on(words: Sequence[Token], at: int) -> bool:
    """ "Tomas the baker", and not "Tomas the baker's boy": a verb, a mark or the end stands behind."""
    return at + 1 >= len(words) or not words[at + 1].is_word or acts_at(words, at + 1)


# What somebody of a trade has, and no other.
_TELLING = {
    "patients": bag("doctor physician surgeon nurse midwife healer dentist vet veterinarian apothecary medic paramedic herbalist pharmacist scientist"),
    "parishioners": bag("priest vicar minister bishop monk rabbi"), "congregation": bag("priest vicar minister bishop rabbi imam"),
    "pupils": bag("teacher schoolteacher schoolmaster professor scholar musician painter singer pianist violinist dancer artist sculptor"),
}  # fmt: skip
_BORN = bag("born raised native hails hailed comes grew grown reared")
_LIVING = bag("lived lives")


def _place_told(words: Sequence[Token], at: int) -> int | None:
    """Where the name begins of the place at which somebody is born, raised or living."""
    to = at + 1
    to += words[at].lower in ("grew", "grown") and words[to].lower == "up"
    if (
        words[at].lower == "born"
        and words[max(0, at - 4) : at]
        and any(word.lower == "where" for word in words[max(0, at - 4) : at])
    ):
        where = max(place for place in range(max(0, at - 4), at) if words[place].lower == "where")
        before = [
            place
            for place in range(max(1, where - 5), where)
            if words[place].is_capital
            and words[place].is_word
            and words[place - 1].lower in ("in", "at", "on", "from", "the")
        ]
        return before[0] if before else None
    if words[at].lower == "born" and lows(words[at + 1 : at + 3]) == ["and", "bred"]:
        return _place_before(words, at)
    joint = "of" if words[at].lower == "native" else "from" if words[at].lower in ("hails", "hailed", "comes") else ""
    if to >= len(words) or words[to].lower not in ((joint,) if joint else ("in", "at", "on")):
        return None
    to += 1
    to += to < len(words) and words[to].lower == "the"
    return to if to < len(words) and words[to].is_word and words[to].is_capital else None


def _place_before(words: Sequence[Token], at: int) -> int | None:
    """Where the name begins in "a Ghent man born and bred", "Ghent born and bred"."""
    last = at - 2 if noun(words[at - 1].text) in ("man", "woman", "girl", "boy", "lad", "lass") else at - 1
    first = last
    while first > 0 and words[first - 1].is_capital and words[first - 1].is_word and len(words[first - 1].text) > 1:
        first -= 1
    return first if last > 0 and words[last].is_capital and words[last].is_word else None


_MONTHS = bag(
    "January February March April May June July August September October November December Spring Summer Autumn Winter Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)


def _closes(words: Sequence[Token], at: int) -> bool:
    return (
        at + 1 >= len(words)
        or words[at + 1].text in ",.;)—!?"
        or words[at + 1].lower in ("by", "from", "with", "who", "in", "at")
    )


def _in_list(words: Sequence[Token], at: int) -> bool:
    """ "Tomas, a baker and two clerks came": several people, no apposition."""
    return any(word.lower == "and" for word in words[at : at + 3]) or any(
        word.text == "," and words[to + 1 : to + 2] and words[to + 1].lower == "and"
        for to, word in enumerate(words[at : at + 8], start=at)
    )


def _name_after(words: Sequence[Token], at: int) -> int | None:
    """Where the thing's name begins, if one is told."""
    to = at + 1
    if words[to].lower in ("was", "is") and to + 1 < len(words):
        to += 1
    if words[to].lower in ("called", "named"):
        to += 1
    elif words[to].text != "," or to != at + 1:
        return None
    else:
        to += 1
    if to < len(words) and words[to].lower == "the":
        to += 1
    if to < len(words) and words[to].is_word and words[to].is_capital and len(words[to].text) > 1:
        return to
    return None


def _trades(entry: Entry) -> tuple[frozenset[str], str] | None:
    found, shown = set(), ""
    for attribute in entry.attributes:
        if attribute.key in _TRADE_KEYS:
            for value in attribute.values:
                named = {noun(token.text) for token in tokens(value.text.replace("-", " "))} | {
                    noun(token.text) for token in tokens(value.text)
                }
                found |= named & TRADES or {bare(value.text)}
                shown = shown or attribute.words
    if not found:
        return None
    others = {
        noun(token.text)
        for text in (*entry.spoken_of, *entry.notes, *(one.words for one in entry.attributes))
        for token in tokens(text.replace("-", " "))
    }
    return frozenset(found | (others & TRADES)), shown


def _is_same_trade(trade: str, known: frozenset[str]) -> bool:
    if trade in known or (
        not known & TRADES
        and not any("-" in one or " " in one or one.endswith(("er", "or", "man", "ist", "ian")) for one in known)
    ):
        return True
    return any(trade in group and known & group for group in SAME_TRADE)


def _place_of(entry: Entry, keys: frozenset[str]) -> tuple[frozenset[str], str] | None:
    for attribute in entry.attributes:
        if attribute.key in keys and len(attribute.values) == 1:
            named = frozenset(bare(token.text) for token in tokens(attribute.values[0].text) if token.is_capital)
            if named:
                return named, attribute.words
    return None


def _named(entry: Entry) -> Iterator[tuple[Entry, frozenset[str], frozenset[str], str]]:
    """Things with names: "weapon: a spear called Widow", "boat: the Leaky Teapot"."""
    for attribute in entry.attributes:
        heads = {noun(word) for word in attribute.key.split()}
        for value in attribute.values:
            plain = value.text.replace("*", " ").replace("_", " ")
            words = tokens(plain)
            called = next((at for at, word in enumerate(words) if word.lower in ("named", "called")), 0)
            if not heads & _NAMED_KINDS and not called:
                continue
            heads |= {noun(words[called - 1].text)} if called else set()
            named = frozenset(bare(word.text) for word in words[called:] if word.is_capital and word.is_word)
            kinds = {noun(word.text) for word in words} & _NAMED_KINDS
            if named:
                yield entry, frozenset(heads | kinds), named, attribute.words
