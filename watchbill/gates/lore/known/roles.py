"""Roles: who is meant by "the fool" or "the dog" where the canon has one alone."""

import re
from collections import defaultdict

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import lows, noun, number_of, tokens
from watchbill.gates.lore.english.people import KIN, PERSONS

_KEYS = bag("trade occupation job profession role office post rank title species animal breed work position")
OFFICES = bag(
    "prior prioress commodore captain marshal governor commander colonel major admiral lieutenant sergeant inspector superintendent magistrate president senator "
    "chancellor warden ensign chairman director deacon curate dean provost mate bosun boatswain gunner purser quartermaster helmsman steward carter ostler reeve bailiff "
    "sacrist almoner cellarer infirmarian chamberlain porter novice alewife drover wheelwright stationmaster postmaster postmistress housekeeper governess foreman overseer "
    "skipper keeper caretaker signalman lighthouse-keeper ferrymaster shipmaster harbourmaster chamberlain factor page surgeon doctor pilot engineer navigator cook queen king duke prince princess emperor regent knight conductor headmaster headmistress matron verger organist ringer chandler"
)
_NO_ROLES = bag("person man woman boy girl child friend other animal place thing one back house")
_BEASTS = bag(
    "dog cat horse mare pony bird owl falcon gyrfalcon hawk raven crow parrot toad frog mole badger fox vixen otter mouse rat hare rabbit hedgehog "
    "goat donkey mule wolf bear goose duck drake dragon squirrel stoat weasel beaver heron fool jester champion heir spymistress cox coach"
)


def roles_of(canon: Canon) -> dict[str, Entry]:
    """By noun, where one entry alone has it: "fool", "dog", "abbot"."""
    owners: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in canon.entries:
        for role in _of(entry, canon):
            owners[role][entry.id] = entry
    return {
        role: next(iter(entries.values()))
        for role, entries in owners.items()
        if len(entries) == 1 and role not in _NO_ROLES
    }


def _of(entry: Entry, canon: Canon) -> set[str]:
    if entry.is_place:
        return set()
    found = {noun(word) for word in entry.kind.split()}
    for attribute in entry.attributes:
        if set(attribute.key.split()) & _KEYS:
            for value in attribute.values:
                held = re.split(r",|;|\b(?:of|at|in|to|for|on|aboard|and|under|with)\b", value.text, maxsplit=1)[0]
                found |= {noun(word.text) for word in tokens(held)[-1:]}
    for note in entry.notes:
        words = lows(tokens(note.split(",")[0]))
        if "'s" in words[:3]:  # "the Queen's white gyrfalcon"
            found.add(noun(words[-1]))
    words = entry.name.split()
    found |= {word.lower() for word in words[:1]}  # "Abbot Tancred"
    found |= {words[-1].lower()} if "the" in words[1:] else set()  # "Odo the Carter"
    found |= {noun(word) for word in _called_by_others(entry, canon)}
    return {word for word in found if word in _BEASTS or word in OFFICES or (word in PERSONS and word not in KIN)}


def _called_by_others(entry: Entry, canon: Canon) -> set[str]:
    """ "first_mate: cyprian" of the captain: what he is aboard."""
    return {
        relation.word.replace("_", " ").split()[-1]
        for other in canon.entries
        for relation in other.relations
        if relation.word and relation.other == entry.id
    }


YOUNG = {"girl": "f", "boy": "m", "lad": "m", "lass": "f"}


def is_young(entry: Entry) -> bool:
    """Whether the canon tells that somebody is a child, or nearly: "age: eleven", "cabin girl"."""
    told = [(one.key, value.text) for one in entry.attributes for value in one.values]
    return any(key == "age" and 4 < (number_of(text) or 0) < 18 for key, text in told) or any(
        set(text.lower().split()) & YOUNG.keys() for _, text in told
    )
