"""Short names: what a place or a ship is called alone, where nothing else of the canon is called so."""

from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import number_of, tokens
from watchbill.gates.lore.english.lexicon import kinds_of
from watchbill.gates.lore.english.people import PERSONS, TITLES, TRADES

MONTHS_AND_DAYS = bag(
    "january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday"
)

# What a place may be called alone, where the canon has one such: "the palace" of the Palace of Herons.
_BUILT = bag(
    "palace castle keep mill temple abbey harbour lighthouse church school inn tavern tower boathouse chapel monastery fort cathedral priory manor foundry observatory museum library hospital prison workshop shipyard"
)


# What is called by its own name alone: "the Heron" of the Heron Hotel.
_HOUSES = bag("hotel club theatre theater cinema cafe restaurant saloon casino ballroom arms")


def place_alone(entry: Entry, canon: Canon) -> Iterator[tuple[str, ...]]:
    """ "The palace" of the Palace of Herons, "Ashgate" of Ashgate Keep, "the Heron" of the Heron Hotel."""
    words = [token.text for token in tokens(without_article(entry.name)) if token.is_word]
    if len(words) == 2 and words[1].lower() in _HOUSES and words[0].lower() not in TITLES | PERSONS | TRADES:
        if words[0][0].isupper() and sum(words[0] in one.name.split() for one in canon.entries) == 1:
            yield (words[0],)
        return
    if len(words) == 2 and words[1].lower() in _SETTLED and words[0][0].isupper() and not is_common(words[0]):
        if sum(words[0] in one.name.split() for one in canon.entries) == 1:
            yield (words[0],)
        return
    built = next((word for word in words if word.lower() in _BUILT), None)
    if built is None or len(words) < 2:
        return
    named = [one for one in canon.entries if built.lower() in one.name.lower().split()]
    if len(named) == 1:
        yield (built.lower(),)
    whole = tuple(token.text for token in tokens(without_article(entry.name)))
    if len(whole) > 2 and whole[-1] == built:
        yield whole[:-1]  # "Saint Oda's" of Saint Oda's Church
    first = words[0]
    is_own = sum(first in one.name.split() for one in canon.entries) == 1
    if (
        len(words) == 2
        and words[1] == built
        and built[0].isupper()
        and first[0].isupper()
        and is_own
        and not is_common(first)
    ):
        yield (first,)


# What a town or a pass may be called without: "Ostrey" of Ostrey City.
_SETTLED = bag("city town village pass")


_VESSELS = bag("ship boat vessel starship airship yacht barge")


def vessel_alone(entry: Entry, canon: Canon) -> Iterator[tuple[str, ...]]:
    """ "The Goose" of the Grey Goose, where nothing else is called so."""
    if not set(entry.kind.split()) & _VESSELS:
        return
    words = [token.text for token in tokens(without_article(entry.name)) if token.is_word]
    named = [one for one in canon.entries if words and words[-1] in one.name.split()]
    if len(words) == 2 and words[1][0].isupper() and len(named) == 1 and not is_common(words[1]):
        yield (words[1],)


def is_common(word: str) -> bool:
    lower = word.lower()
    return (
        number_of(lower) is not None
        or lower in MONTHS_AND_DAYS
        or lower in TRADES
        or lower in PERSONS
        or bool(kinds_of(lower))
        or lower in ("of", "the", "and", "owl", "i", "ii", "iii", "iv")
    )


def without_article(name: str) -> str:
    first, _, rest = name.strip().partition(" ")
    return rest if first.lower() in ("the", "a", "an") and rest else name
