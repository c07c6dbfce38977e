"""Lines of Markdown that are rules: dates, ways, secrets, words, voices. Each to the mapping that the YAML form has for it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.language import number_of
from watchbill.gates.lore.outline import Node
from watchbill.gates.lore.people import KIN
from watchbill.gates.lore.positions import UNITS, apart, position_in
from watchbill.gates.lore.yaml_fields import slug

Plain = dict[str, Any]
ATTRIBUTE_KEYS = frozenset(
    (
        "eyes eye eye colour|hair|hair colour|age|height|born|birthday|birthplace|occupation|job|role|trade|home|from|handedness|hand|scar|weapon|ship|boat|beard|species|gender|pronouns|"
        "kind|type|id|aliases|alias|voice|speech|death|build|skin|leg|arm|fur|coat|colour|door|roof|ring|drink|deck|lamps|gravity|airlocks|lives in|drives|partner|fear|siblings|children"
    )
    .replace("eyes eye eye colour", "eyes|eye|eye colour")
    .split("|")
) | frozenset(KIN)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DATE = re.compile(
    r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)|\b(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>[A-Z][a-z]+),?\s+(?P<y>\d{4})|\b(?P<m2>[A-Z][a-z]+)\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{4})"
)
_WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_VOICE = re.compile(
    r"\b(?:contractions?|exclamation|question(?:s| marks?)?|swears?|curses?|profanity|first person|third person|sentences of|words (?:or fewer|at most)|at most \w+ words|short sentences|never says?)\b",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"^(?:from\s+)?(?P<a>.+?)\s*(?:\bto\b|→|->|–|—|<->|↔|\band\b)\s*(?P<b>[^:=]+?)\s*(?::|=|\bis\b|\btakes\b|,|–|—|\()\s*(?:about\s+)?(?P<n>[\w-]+)\s+(?P<unit>days?|hours?|weeks?|miles?|leagues?|kilometres?|km|marks?)\b",
    re.IGNORECASE,
)
_LEARNS = re.compile(
    r"^(?P<who>.+?)\s+(?:only\s+)?(?:learns?|finds? out|discovers?|realises?|realizes?|knows?|is told|learned|hears?)\s+(?:only\s+)?(?P<when>(?:in|from|at|after|by|since)\s+\w+\.?\s+\w+)\s*,?\s*(?:on,?\s*)?(?P<what>(?:that|who|what|how|why|where|of|about)\b.*)$"
    r"|^(?P<who2>.+?)\s+(?:learns?|finds? out|discovers?|realises?|realizes?|knows?)\s+(?P<what2>(?:that|who|what|how|why|where|of|about)\b.*?)[\s,(]+(?P<when2>(?:in|from|at|after|only in|not before|since)\s+\w+\.?\s+\w+)\)?\.?$",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"^(?:until|before)\s+(?P<when>\w+\.?\s+\w+),?\s+(?P<who>.+?)\s+(?:does not|doesn't|do not|must not|cannot|may not)\s+know\s+(?P<what>.*)$|^(?P<who2>.+?)\s+(?:does not|doesn't|do not|must not)\s+know\s+(?P<what2>.*?)\s+(?:until|before)\s+(?P<when2>\w+\.?\s+\w+)\.?$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:^|[;,]\s*|:\s*)[\"']?(?P<use>[\w -]+?)[\"']?\s*(?:,\s*(?:not|never)|\(not|\(never|—\s*not|;\s*never)\s+(?P<never>[^);]+)",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"^(?:never(?: write| use| say)?|banned(?: words?)?|forbidden(?: words?)?|avoid|do not (?:use|write)|don't (?:use|write)|words to avoid|no)\s*:?\s+(?P<words>.+)$",
    re.IGNORECASE,
)
_UNITS = re.compile(r"(?P<use>.*?)[.;,]\s*(?:but\s+)?never\s+(?P<never>.+)$", re.IGNORECASE)
_MEASURES = bag(
    "mile kilometre metre foot yard inch league mark stride dollar euro pound gallon litre pint ounce gram kilogram kilo hour minute second credit shilling fathom acre hectare fahrenheit celsius"
)


def is_list(node: Node) -> bool:
    return any(item.is_bullet and len(item.text.split()) > 3 for item in node.items)


def is_voice(text: str) -> bool:
    """Whether a sentence on how somebody speaks can be checked."""
    return bool(_VOICE.search(text)) and bool(
        re.search(
            r"\b(?:never|no|not|without|avoids?|at most|sentences?|short|speaks?|doesn't|in)\b", text, re.IGNORECASE
        )
    )


def day_of(text: str) -> str:
    """A date in ISO form, "" when the text has none."""
    found = _DATE.search(text)
    if found is None:
        return ""
    if found["iso"]:
        return found["iso"]
    month = (found["m"] or found["m2"]).lower()
    if month not in _MONTHS:
        return ""
    try:
        return date(
            int(found["y"] or found["y2"]), _MONTHS.index(month) + 1, int(found["d"] or found["d2"])
        ).isoformat()
    except ValueError:
        return ""


def span(text: str) -> Plain:
    _, own = apart(text)
    return {
        key: f"{value:g}" for key, value in (("valid_from", own.first), ("valid_to", own.last)) if value is not None
    }


def way(start: str, end: str, amount: str, unit: str, text: str) -> Plain:
    number = number_of(amount)
    unit = unit.lower().rstrip("s")
    found: Plain = {"id": f"{slug(start)}_{slug(end)}", "from": start, "to": end.strip(), "text": text}
    if unit in ("day", "week", "hour"):
        found["days" if unit != "hour" else "hours"] = str((number or 1) * (7 if unit == "week" else 1))
    else:
        unit = {"km": "kilometre"}.get(unit, unit)
        found |= {"distance": f"{number} {unit}", "unit": unit}
    return found


def of_table(section: str, rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, Plain]]:
    if len(rows) < 2:
        return
    head = [cell.strip().lower() for cell in rows[0]]
    is_dated = section in ("calendar", "facts") and bool({"day", "date"} & set(head)) and bool(set(UNITS) & set(head))
    if section == "timeline" or is_dated:
        for row in rows[1:]:
            yield "timeline", _moment(head, row)
    elif section == "travel":
        yield from _ways(head, rows)
    elif section in ("deaths", "knowledge", "variables", "scenes"):
        for row in rows[1:]:
            cells = dict(zip(head, row, strict=False))
            yield (
                section,
                {"id": slug(row[0]), **{_column(section, key): value for key, value in cells.items() if value}},
            )
    elif section == "words":
        yield from _spelt(head, rows)
    else:
        for row in rows[1:]:
            yield "facts", {"id": slug(" ".join(row))[:40], "text": " ".join(cell for cell in row if cell)}


def _spelt(head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, Plain]]:
    """A table of spellings: what to write, and what not."""
    if len(head) < 2 or not any(word in head[1] for word in ("not", "never", "avoid", "instead of", "wrong")):
        return
    for row in rows[1:]:
        never = _list_of(row[1]) if len(row) > 1 else []
        if never:
            yield "spelling", {"id": slug(row[0]), "use": row[0], "not": never}


def _column(section: str, head: str) -> str:
    if re.search(r"chapter|episode|scene|when|learn", head) and section != "scenes":
        return "chapter"
    if re.search(r"who|character|name", head):
        return "who" if section not in ("variables", "scenes") else "name"
    return {"what": "what", "secret": "what", "fact": "what"}.get(head, head)


def _moment(head: Sequence[str], row: Sequence[str]) -> Plain:
    found: Plain = {}
    for key, value in zip(head, row, strict=False):
        if re.search(r"chapter|episode|scene|^ch|^ep|^#", key):
            found["chapter"] = value
        elif "weekday" in key:
            found["weekday"] = value
        elif "date" in key or "day" in key:
            found["date"] = day_of(value) or value
            if weekday := _WEEKDAY.search(value):
                found["weekday"] = weekday[0]
        elif "place" in key or "where" in key:
            found["place"] = value
        elif key == "id":
            found["id"] = value
        elif value:
            found["event"] = f"{found['event']}; {value}" if "event" in found else value
    found.setdefault("id", slug(str(found.get("event", "")))[:40])
    return found


def _ways(head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, Plain]]:
    if (
        len(head) > 2
        and head[0] in ("from", "a", "start", "place", "between")
        and (head[1] in ("to", "b", "end", "and") or "to" in head[1].split())
    ):
        for row in rows[1:]:
            measure = re.search(
                r"(?P<n>[\w-]+)\s*(?P<unit>days?|hours?|weeks?|miles?|leagues?|kilometres?|km)?", row[2]
            )
            unit = (measure["unit"] if measure else "") or next(
                (one for one in ("days", "hours", "miles", "leagues", "kilometres", "km") if one in head[2]), "days"
            )
            if measure and number_of(measure["n"]) is not None:
                yield "travel_days", way(row[0], row[1], measure["n"], unit, " | ".join(row))
        return
    for row in rows[1:]:
        for column, cell in enumerate(row[1:], start=1):
            measure = re.search(r"(?P<n>\d+)\s*(?P<unit>days?|hours?|weeks?|miles?|leagues?|kilometres?|km)", cell)
            if measure and column < len(rows[0]) and rows[0][column] != row[0]:
                yield (
                    "travel_days",
                    way(
                        row[0], rows[0][column], measure["n"], measure["unit"], f"{row[0]} | {rows[0][column]} | {cell}"
                    ),
                )


def of_line(section: str, text: str) -> Iterator[tuple[str, Plain]]:
    """What one line states; the section says what to expect, and a line that plainly is something else is that."""
    text = text.strip()
    if section == "timeline":
        yield from _dated(text)
    elif section == "calendar":
        yield from _calendar(text)
    elif (known := _known(text)) is not None:
        yield "knowledge", known
    elif (found := _WAY.match(text)) is not None and (section == "travel" or number_of(found["n"]) is not None):
        yield "travel_days", way(found["a"].strip(), found["b"].strip(), found["n"], found["unit"], text)
    elif section == "deaths":
        position = position_in(text)
        who = re.split(r"\s*(?::|–|—|\bdies\b|\bdied\b|\bis\b|\bwas\b|\(|,)", text)[0]
        yield (
            "deaths",
            {
                "id": slug(who),
                "who": who,
                "text": text,
                **({"chapter": f"{position:g}"} if position is not None else {}),
                **({"date": day_of(text)} if day_of(text) else {}),
            },
        )
    elif section == "words":
        yield from _worded(text)
    elif section in ("facts", "knowledge"):
        yield from _voiced(text) if is_voice(text) else _fact(text)
    elif section == "variables":
        yield from _variable(text)
    elif section == "scenes":
        name, _, labels = text.partition(":")
        yield (
            "scenes",
            {
                "id": slug(name),
                "name": name.strip("` "),
                "labels": [one.strip("` ") for one in re.sub(r"^\s*labels?:?", "", labels).split(",") if one.strip()],
            },
        )


def _fact(text: str) -> Iterator[tuple[str, Plain]]:
    words, _ = apart(text)
    yield "facts", {"id": slug(words)[:40], "text": text if not span(text) else f"{words.rstrip('.')}.", **span(text)}


def _dated(text: str) -> Iterator[tuple[str, Plain]]:
    position, weekday = position_in(text), _WEEKDAY.search(text)
    event = re.sub(r"^\W*(?:ch(?:apter|\.)?|ep(?:isode|\.)?|scene)\s*\w+\s*[:–—-]*\s*", "", text, flags=re.IGNORECASE)
    event = _WEEKDAY.sub("", _DATE.sub("", event)).strip(" ,:–—-.()")
    found: Plain = {"id": slug(event)[:40], "event": event}
    if position is not None:
        found["chapter"] = f"{position:g}"
    if day := day_of(text):
        found["date"] = day
    if weekday:
        found["weekday"] = weekday[0]
    if position is not None or day:
        yield "timeline", found


def _calendar(text: str) -> Iterator[tuple[str, Plain]]:
    key, _, value = text.partition(":")
    names = [one.strip(" .") for one in re.split(r",|;", value) if one.strip(" .")]
    low = key.lower()
    if "weekday" in low or low.startswith("days of the week"):
        yield "calendar", {"weekdays": names}
    elif low.startswith("months") and names and not names[0].isdecimal():
        yield "calendar", {"months": names}
    elif ("days" in low or "length" in low) and (found := re.search(r"\d+", value)):
        yield "calendar", {"days_per_month": found[0]}
    elif re.search(r"gregorian", text, re.IGNORECASE):
        yield "calendar", {"kind": "gregorian"}


def _known(text: str) -> Plain | None:
    if found := _UNTIL.match(text):
        who, what, when = (
            found["who"] or found["who2"],
            found["what"] or found["what2"],
            found["when"] or found["when2"],
        )
        position = position_in(when)
    elif found := _LEARNS.match(text):
        who, what, when = (
            found["who"] or found["who2"],
            found["what"] or found["what2"],
            found["when"] or found["when2"],
        )
        position = position_in(when)
        if position is not None and when.lower().startswith("after"):
            position += 1
    else:
        return None
    if position is None:
        return None
    return {
        "id": slug(what)[:40],
        "who": re.sub(r"^(?:the|only)\s+", "", who.strip(), flags=re.IGNORECASE),
        "what": what.rstrip("."),
        "chapter": f"{position:g}",
    }


def _list_of(text: str) -> list[str]:
    return [one.strip(" .\"'") for one in re.split(r",|\bor\b|\band\b|/|;", text) if one.strip(" .\"'")]


def _worded(text: str) -> Iterator[tuple[str, Plain]]:
    """Spellings, banned words, units and voices: whichever the line is."""
    key, colon, rest = text.partition(":")
    if is_voice(text) and not text.lower().startswith(("never", "banned", "forbidden")):
        yield from _voiced(text)
    elif (found := _UNITS.match(text)) and {_singular(one) for one in _list_of(found["never"])} & _MEASURES:
        use = re.sub(
            r"^(?:units|distances?|money|measures?|lengths?|distances? in)\s*:?\s*(?:in\s+)?",
            "",
            found["use"],
            flags=re.IGNORECASE,
        )
        yield (
            "units",
            {
                "id": "units",
                "use": [_singular(one) for one in _list_of(use)],
                "never": [_singular(one) for one in _list_of(found["never"])],
            },
        )
    elif found := _NEVER.match(text):
        words = _list_of(found["words"])
        yield "banned_words", {"id": slug(words[0]) if words else "banned", "words": words}
    elif colon and re.search(r"banned|forbidden|avoid|never", key, re.IGNORECASE):
        yield "banned_words", {"id": slug(rest)[:30], "words": _list_of(rest)}
    else:
        body = rest if colon and len(key.split()) <= 2 else text
        for one in _NOT.finditer(
            re.sub(r"^\s*(?:write|use|spell|say)\s+", "", body.strip(), flags=re.IGNORECASE).replace('"', "")
        ):
            use = re.sub(r"^(?:write|use|spell|say)\s+", "", one["use"].strip(), flags=re.IGNORECASE)
            yield "spelling", {"id": f"spelling_{slug(use)}", "use": use, "not": _list_of(one["never"])}


def _singular(word: str) -> str:
    return {"feet": "foot", "inches": "inch"}.get(
        word.lower(), word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    )


def _voiced(text: str) -> Iterator[tuple[str, Plain]]:
    who = re.split(
        r"\s+(?:never|always|speaks?|doesn't|does not|says|avoids?|uses?|only|must|'s)\b|:|\s+[–—-]\s+", text
    )[0].strip()
    if who and who[0].isupper():
        yield "voice_rules", {"id": slug(who), "who": who, "rule": text}


def _variable(text: str) -> Iterator[tuple[str, Plain]]:
    name, _, rest = text.partition(":")
    found = re.match(r"`?([A-Za-z_]\w*)`?", name.strip())
    if found is None:
        return
    item: Plain = {"id": found[1], "name": found[1]}
    kind = re.search(r"\b(number|percent|boolean|string|text|true/false)\b", text, re.IGNORECASE)
    bounds = re.search(r"(-?\d+)\s*(?:-|–|to|\.\.)\s*(-?\d+)", rest or text)
    if kind:
        item["type"] = {"true/false": "boolean", "text": "string"}.get(kind[1].lower(), kind[1].lower())
    if bounds:
        item |= {"min": bounds[1], "max": bounds[2], "type": item.get("type", "number")}
    yield "variables", item
