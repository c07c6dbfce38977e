"""Habits of YAML: what authors call the canon's keys, and how they write what stands under them, to the keys of CANON.

Text under a key is read as the same sentence in Markdown is. A canon in the usual keys stays as it is.
"""

import re
from collections.abc import Callable, Mapping

from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.positions import UNITS, position_in
from watchbill.gates.lore.sources import markdown_rules as rules
from watchbill.gates.lore.sources.drafts import Draft
from watchbill.gates.lore.sources.markdown_dates import way
from watchbill.gates.lore.sources.markdown_form import section_of
from watchbill.gates.lore.sources.markdown_words import list_of, worded
from watchbill.gates.lore.sources.outline import plain
from watchbill.gates.lore.sources.yaml_entries import key_of
from watchbill.gates.lore.sources.yaml_fields import items_of, number_in, slug, text_of
from watchbill.gates.lore.sources.yaml_files import Plain, as_list
from watchbill.gates.lore.sources.yaml_people import entities, places

_USUAL = bag(
    "world position calendar entities characters people persons creatures items ships objects places locations facts deaths knowledge travel_days travel distances timeline banned_words banned voice_rules voices units spelling variables scenes year"
)
# What a key of the whole canon means, where it has no usual name; else what the same heading means in Markdown.
_SECTION = tuple(
    (section, re.compile(pattern))
    for section, pattern in (
        ("voice_rules", r"\bvoices?\b|\bspeech\b|\bdialogue\b|\bhow .* (?:talks?|speaks?)\b"),
        ("banned_words", r"\b(?:banned|forbidden|taboo|avoid|never (?:say|write|use)|do not (?:say|write|use)|anachronisms?)\b"),
        ("spelling", r"\bspellings?\b"),
        ("units", r"\b(?:units?|measure\w*|currency|money)\b"),
        ("entities", r"\b(?:entities|npcs|factions|organi[sz]ations|roster|beasts)\b"),
        ("timeline", r"\bevents\b"),
    )
)  # fmt: skip
_OF_HEADING = {"people": "entities", "things": "entities", "places": "places", "travel": "travel_days", "timeline": "timeline", "knowledge": "knowledge", "deaths": "deaths",
               "words": "style", "variables": "variables", "scenes": "scenes", "facts": "facts", "calendar": "calendar"}  # fmt: skip
_FIELDS: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    section: tuple((field, re.compile(rf"^(?:{names})$")) for field, names in fields)
    for section, fields in {
        "facts": (("text", "statement|fact|text|what|description|rule|truth|is|note"), ("about", "about|subject|of|who|where|place|entity"), ("span", "chapters?|when|valid|holds|during|span|episodes?|scenes?")),
        "knowledge": (("what", "what|secret|fact|that|text|truth|knows|learns|learns that|knowledge"), ("who", "who|character|person|by|knower"), ("chapter", "chapters?|when|in|from|since|at|learn\\w* in|learns? (?:at|when|chapter)|known (?:from|since|in)|not before|until|revealed(?: in)?|chapter learned|position|episode|scene|first")),
        "deaths": (("who", "who|name|character|person"), ("chapter", "chapter|when|in|dies in|position|episode|scene|at"), ("text", "how|cause|text|note")),
        "timeline": (("event", "event|what|happens|text|description|summary"), ("date", "date|on|dated"), ("weekday", "weekday|day of (?:the )?week|dow"), ("chapter", "chapter|position|episode|scene|ch|ep"), ("place", "place|where|location")),
        "voice_rules": (("who", "who|character|speaker|person|name"), ("rule", "rule|text|voice|says|speaks|never|style|note")),
        "spelling": (("use", "use|write|right|correct|ours|preferred|spell|yes"), ("not", "not|never|avoid|wrong|no|instead of")),
        "units": (("use", "use|allowed|ok|yes|ours|write|used"), ("never", "never|forbidden|avoid|not|banned|no")),
        "banned_words": (("words", "words?|text|never|term|terms|banned"), ("use", "use|instead|say|write|replacement")),
    }.items()
}  # fmt: skip
_ROUTE = loose(r"^(?:from )?(?P<a>.+?)\s*(?:\bto\b|→|->|<->|–|—|\s-\s|↔|/|\band\b|\|)\s*(?P<b>.+)$")
_AMOUNT = loose(r"(?P<n>\d+(?:\.\d+)?|half an?|[a-z]+(?:-[a-z]+)?)[ -](?P<unit>days?|hours?|weeks?|miles?|leagues?|kilometres?|km|marks?)\b")  # fmt: skip
_UNIT_KEY = re.compile(rf"^(?:{'|'.join(UNITS)}|ch|ep)s?\W*\d+$|^\d+$")


def usual(raw: Mapping[str, Plain]) -> dict[str, Plain]:
    """A canon in the usual keys, whatever its author calls them."""
    made = Draft()
    for key, value in raw.items():
        _section(_meant(key), key, value, made)
    return made.raw


def _meant(key: str) -> str:
    words = key_of(key)
    if key in _USUAL:
        return key
    return next((section for section, pattern in _SECTION if pattern.search(words)), "") or _OF_HEADING.get(
        section_of(words), ""
    )


def _section(section: str, key: str, value: Plain, made: Draft) -> None:
    """One key's value, added to what the canon states."""
    if section in ("characters", "people", "persons", "creatures", "items", "ships", "objects"):
        section = "entities"
    section = {"locations": "places", "travel": "travel_days", "distances": "travel_days", "voices": "voice_rules", "banned": "banned_words"}.get(section, section)  # fmt: skip
    reader = _READERS.get(section)
    if section == "style":
        _style(value, made)
    elif reader is not None:
        reader(value, made)
    elif isinstance(value, Mapping) and not section:
        made.raw.setdefault(key, value)
        for inner, one in value.items():  # "setting: {year: 1911}", "book: {characters: …}"
            if (known := _meant(inner)) and known != "calendar":
                _section(known, inner, one, made)
    else:
        made.raw.setdefault(section or key, value)


def _style(value: Plain, made: Draft) -> None:
    """ "style: {banned: […], spelling: {…}}", or sentences of it."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            _section(_meant(key), key, one, made)
        return
    for one in as_list(value):
        _told("words", text_of(one), made)


def _told(section: str, text: str, made: Draft) -> bool:
    """What a sentence states, as it does in Markdown."""
    found = list(rules.of_lines(section, plain(text)))
    for key, item in found:
        made.add(key, item)
    return bool(found)


def _fields(section: str, item: Mapping[str, Plain]) -> dict[str, Plain]:
    """An item with its keys by their usual names; a key that is usual already wins."""
    found: dict[str, Plain] = {}
    for key, value in item.items():
        name = next((field for field, pattern in _FIELDS[section] if pattern.match(key_of(key))), key)
        if name == key or name not in item:
            found.setdefault(name, value)
    return found


def _facts(value: Plain, made: Draft) -> None:
    for item in items_of(value):
        found = _fields("facts", item)
        if found.keys() == {"text"} and _told("facts", text_of(found["text"]), made):
            continue
        bounds = re.findall(r"\d+", text_of(found.pop("span", "")))
        if bounds:
            found |= {"valid_from": bounds[0], "valid_to": bounds[-1]}
        made.add("facts", found)


def _knowledge(value: Plain, made: Draft) -> None:
    for item in items_of(value):
        found = _fields("knowledge", item)
        told = [] if "chapter" in found else list(rules.of_lines("knowledge", text_of(found.get("what"))))
        secrets = [one for key, one in told if key == "knowledge"]
        for one in secrets or [found]:
            made.add("knowledge", one)


def _deaths(value: Plain, made: Draft) -> None:
    for item in items_of(value):
        found = _fields("deaths", item)
        if "who" not in found and item.keys() == {"id", "text"}:  # "deaths: {Ines: chapter 4}"
            found = {
                "id": slug(text_of(item["id"])),
                "who": item["id"],
                "text": f"dies in {item['text']}",
                "chapter": item["text"],
            }
        made.add("deaths", found)


def _timeline(value: Plain, made: Draft) -> None:
    for one in items_of(value):
        key, text = text_of(one.get("id")), text_of(one.get("text"))
        is_by_chapter = bool(_UNIT_KEY.match(key.lower())) and "chapter" not in one
        item = {**one, "chapter": re.findall(r"\d+", key)[0]} if is_by_chapter else one
        if text and item.keys() <= {"id", "text", "chapter"}:
            where = f"Chapter {item['chapter']}: " if "chapter" in item else "" if position_in(text) else f"{key}: "
            if _told("timeline", f"{where}{text}", made):
                continue
        found = _fields("timeline", item)
        when = text_of(found.pop("when", ""))
        if when:
            found.setdefault("date" if position_in(when) is None and not when.isdecimal() else "chapter", when)
        day = text_of(found.pop("day", ""))
        if day:
            found.setdefault("weekday" if not re.search(r"\d", day) else "date", day)
        made.add("timeline", found)


def _ways(value: Plain, made: Draft) -> None:
    for item in items_of(value):
        ends = _ends(item)
        if ends is None and "from" not in item and "to" not in item and "text" in item:
            _way_told(text_of(item.get("id")), text_of(item["text"]), made)
        else:
            made.add("travel_days", _measured({**(ends or {}), **item}))


def _ends(item: Mapping[str, Plain]) -> dict[str, Plain] | None:
    """Where a way leads by "route: Hythe to Rye" or "between: [Hythe, Rye]"."""
    route = next(
        (item[key] for key in ("route", "journey", "way", "leg", "between", "places", "ends") if key in item), ""
    )
    if isinstance(route, list):
        return {"from": route[0], "to": route[1]} if len(route) == 2 else None
    found = _ROUTE.match(text_of(route))
    return {"from": found["a"], "to": found["b"]} if found else None


def _way_told(key: str, text: str, made: Draft) -> None:
    """ "Hythe to Rye: 3 days" as a key and its value, and as a sentence."""
    route, amount = _ROUTE.match(key), _AMOUNT.search(text)
    if route is not None and (amount is not None or number_in(text) is not None):
        count, unit = (amount["n"], amount["unit"]) if amount is not None else (f"{number_in(text):g}", "days")
        made.add("travel_days", way(route["a"], route["b"], count, unit, f"{key}: {text}"))
    else:
        _told("travel", text, made)


_NO_SPANS = bag("days hours distance miles km leagues marks league mile kilometres kilometers")


def _measured(item: Mapping[str, Plain]) -> dict[str, Plain]:
    """How long a way is, by whatever key: "time: 3 days", "duration: two weeks", "days_on_foot: 3"."""
    if _NO_SPANS & item.keys():
        return dict(item)
    for key, value in item.items():
        if key in ("from", "to", "id"):
            continue
        amount = _AMOUNT.search(text_of(value))
        if amount is not None:
            told = way(
                text_of(item.get("from") or item.get("a")),
                text_of(item.get("to") or item.get("b")),
                amount["n"],
                amount["unit"],
                text_of(dict(item)),
            )
            return {**told, **({"id": item["id"]} if item.get("id") else {})}
        unit = next((one for one in ("days", "hours", "miles", "leagues") if one in key), "")
        if unit and number_in(value) is not None:
            return {**item, unit: value}
    return dict(item)


def _voices(value: Plain, made: Draft) -> None:
    """ "voices: {ines: never swears}", a list of sentences, or items in the usual keys."""
    for item in items_of(value):
        found = _fields("voice_rules", item)
        key, text = text_of(item.get("id")), text_of(item.get("text"))
        if item.keys() <= {"id", "text"}:
            if not key and _told("words", text, made):
                continue
            found = {"id": slug(key), "who": key, "rule": text}
        rule = found.get("rule")
        for one in rule if isinstance(rule, list) else [rule]:
            made.add("voice_rules", {**found, "rule": one})


def _banned(value: Plain, made: Draft) -> None:
    if isinstance(value, Mapping) and not {"words", "word", "id"} & value.keys():
        for key, one in value.items():  # "banned: {okay: all right}", "banned: {modern: [okay, guys]}"
            words = as_list(one) if isinstance(one, list) else [key]
            made.add(
                "banned_words", {"id": slug(key), "words": words, "use": "" if isinstance(one, list) else text_of(one)}
            )
        return
    for item in items_of(value if isinstance(value, Mapping | list) else list_of(text_of(value))):
        found = _fields("banned_words", item)
        words = as_list(found.get("words"))
        made.add(
            "banned_words",
            {**found, "words": words, "id": found.get("id") or f"banned_{slug(text_of(words[0] if words else ''))}"},
        )


def _spelling(value: Plain, made: Draft) -> None:
    if isinstance(value, Mapping) and not any(
        pattern.match(key_of(key)) for key in value for _, pattern in _FIELDS["spelling"]
    ):
        for use, never in value.items():
            made.add("spelling", {"id": f"spelling_{slug(use)}", "use": use, "not": never})
        return
    for item in items_of(value):
        found = _fields("spelling", item)
        if "not" not in found:
            for one in worded(text_of(found.get("use") or item.get("text"))):
                made.add(*one)
            continue
        made.add("spelling", found)


def _units(value: Plain, made: Draft) -> None:
    if isinstance(value, list) and not any(isinstance(one, Mapping) for one in value):
        for one in value:
            _told("words", text_of(one), made)
        return
    for item in items_of(value):
        made.add("units", _fields("units", item))


def _variables(value: Plain, made: Draft) -> None:
    """ "variables: {trust: number 0 to 100}", or items in the usual keys."""
    for item in items_of(value):
        key, text = text_of(item.get("id")), text_of(item.get("text"))
        if not (item.keys() <= {"id", "text"} and _told("variables", f"{key}: {text}" if key else text, made)):
            made.add("variables", item)


def _scenes(value: Plain, made: Draft) -> None:
    """ "scenes: {quay: [start, ferry]}", or items in the usual keys."""
    if isinstance(value, Mapping) and all(isinstance(one, list) or one is None for one in value.values()):
        for name, labels in value.items():
            made.add("scenes", {"id": name, "name": name, "labels": as_list(labels)})
        return
    for item in items_of(value):
        made.add("scenes", item)


_READERS: Mapping[str, Callable[[Plain, Draft], None]] = {
    "entities": entities, "places": places, "facts": _facts, "knowledge": _knowledge, "deaths": _deaths, "timeline": _timeline, "travel_days": _ways,
    "voice_rules": _voices, "banned_words": _banned, "spelling": _spelling, "variables": _variables, "scenes": _scenes, "units": _units,
}  # fmt: skip
