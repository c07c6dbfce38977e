"""People, places and things of a YAML canon by whatever their authors call their fields: names, kin, deaths, voices, sentences."""

import re
from collections.abc import Mapping

from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.people import KIN
from watchbill.gates.lore.positions import position_in
from watchbill.gates.lore.sources.drafts import Draft
from watchbill.gates.lore.sources.markdown_entities import EntityReader
from watchbill.gates.lore.sources.outline import Item, plain
from watchbill.gates.lore.sources.yaml_entries import key_of
from watchbill.gates.lore.sources.yaml_fields import items_of, number_in, slug, text_of
from watchbill.gates.lore.sources.yaml_files import Plain, as_list

_NAME = frozenset(("full name", "known name", "title"))
_ALSO = frozenset(("also", "aka", "also known as", "also called", "nickname", "nicknames", "known as", "goes by", "other names", "called"))  # fmt: skip
_TOLD = bag(
    "look looks appearance description desc about bio biography summary background details remarks facts notes note history habits quirks abilities skills weaknesses rules traits features"
)
_STATED = frozenset(
    ["traits", "details", "physical", "appearance", "features", "looks", "properties", "body", "profile", "basics"]
)
_RELATED = frozenset(["family", "kin", "relatives", "ties", "connections"])
_SAID = frozenset(("voice", "speech", "dialogue", "speaks", "voice rule", "voice rules", "speaking style", "way of speaking", "diction"))  # fmt: skip
_DIES = frozenset(("dies", "died", "death", "dies in", "died in", "killed", "killed in", "dead from", "dead since", "dead after", "fate", "status"))  # fmt: skip
_BORN = frozenset(("dob", "birth date", "birthdate", "date of birth", "birthday", "birth"))
_NOT = frozenset(("never", "cannot", "can't", "does not", "doesn't", "will not", "won't"))
_NOBODY = loose(r"(?:none|no|nobody|unknown|dead|only child|yes|\d+|one|two|three|four|five|six)\b")


def entities(value: Plain, made: Draft, section: str = "entities") -> None:
    for item in items_of(value):
        made.add(section, _entity(item, made, is_place=section == "places"))


def places(value: Plain, made: Draft) -> None:
    entities(value, made, "places")


def _entity(item: Mapping[str, Plain], made: Draft, *, is_place: bool) -> dict[str, Plain]:
    """Somebody or something: names, relations, deaths, voices and sentences by whatever they are called."""
    name = text_of(item.get("name")) or next((text_of(item[key]) for key in item if key_of(key) in _NAME), "")
    name = name or text_of(item.get("id")) or text_of(item.get("text"))
    entry: dict[str, Plain] = {
        "id": text_of(item.get("id")) or slug(name),
        "name": name,
        "kind": text_of(item.get("kind") or item.get("type")).lower(),
        "aliases": [*as_list(item.get("aliases")), *as_list(item.get("alias"))],
        "attributes": {},
        "relations": item.get("relations") or item.get("relationships") or {},
        "notes": [],
    }
    own = EntityReader(
        {**entry, "aliases": [], "attributes": {}, "relations": {}, "notes": []}, made, is_place=is_place
    )
    known = {"id", "name", "kind", "type", "aliases", "alias", "relations", "relationships"}
    for key, value in item.items():
        if key not in known and value is not None:
            _field(key_of(key), key, value, entry, own, made)
    read = own.entry
    entry["aliases"] += read["aliases"]
    entry["attributes"] = {**read["attributes"], **entry["attributes"]}
    if isinstance(entry["relations"], Mapping):
        entry["relations"] = {**read["relations"], **entry["relations"]}
    return {key: value for key, value in entry.items() if value}


def _field(name: str, key: str, value: Plain, entry: dict[str, Plain], own: EntityReader, made: Draft) -> None:
    if name in _NAME:
        return
    if name in _ALSO:
        entry["aliases"] += as_list(value)
    elif name == "attributes" or (name in _STATED and isinstance(value, Mapping)):
        _stated(value, entry, own, made)
    elif name in _TOLD or (name in _RELATED and not isinstance(value, Mapping)):
        for one in as_list(value):
            own.line(Item(plain(text_of(one)), 0))
            entry["notes"].append(text_of(one))
    elif name in _NOT and isinstance(value, list):
        entry["notes"] += [f"{name} {text_of(one)}" for one in value]
    elif not (name in _DIES and _dies(name, text_of(value), entry, made)) and not _related(name, value, entry):
        _trait(name, key, value, entry, made)


def _related(name: str, value: Plain, entry: dict[str, Plain]) -> bool:
    """A relation among somebody's traits: "mother: Ines", "family: {mother: Ines}"."""
    if not isinstance(entry["relations"], Mapping):
        return False
    if name in _RELATED:
        entry["relations"] = {**value, **entry["relations"]}
    elif name in KIN and not _NOBODY.match(text_of(value)):
        entry["relations"] = {**entry["relations"], name: value}
    else:
        return False
    return True


def _trait(name: str, key: str, value: Plain, entry: dict[str, Plain], made: Draft) -> None:
    if name in _SAID:
        for one in as_list(value):
            made.add("voice_rules", {"id": entry["id"], "who": entry["id"], "rule": text_of(one)})
    entry["attributes"]["born" if name in _BORN else key] = value


def _stated(value: Plain, entry: dict[str, Plain], own: EntityReader, made: Draft) -> None:
    if not isinstance(value, Mapping):
        _field("notes", "notes", value, entry, own, made)
        return
    for key, one in value.items():
        if key_of(key) in _SAID | _DIES | _NOT and one is not None:
            _field(key_of(key), key, one, entry, own, made)
        else:
            entry["attributes"][key] = one


def _dies(name: str, text: str, entry: Mapping[str, Plain], made: Draft) -> bool:
    """A death among somebody's traits; False where it tells of none."""
    if name in ("fate", "status") and not re.search(
        r"\b(?:dead|dies|died|killed|murdered|drowned)\b", text, re.IGNORECASE
    ):
        return False
    position = number_in(text) if re.fullmatch(r"\d+", text) else position_in(text)
    found: dict[str, Plain] = {"id": entry["id"], "who": entry["id"], "text": f"{name}: {text}", "date": text}
    made.add("deaths", found if position is None else {**found, "chapter": f"{position:g}"})
    return True
