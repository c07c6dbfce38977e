"""Tables of Markdown that are rules: ways, dates, secrets, spans, words. Told by what their columns are called, wherever they stand."""

import re
from collections.abc import Callable, Iterator, Sequence

from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.english.language import number_of
from watchbill.gates.lore.positions import NUMBER_WORDS, UNITS
from watchbill.gates.lore.sources.drafts import Plain
from watchbill.gates.lore.sources.markdown_dates import day_of, way, weekday_in
from watchbill.gates.lore.sources.markdown_rules import ATTRIBUTE_KEYS
from watchbill.gates.lore.sources.markdown_words import replaced
from watchbill.gates.lore.sources.yaml_entries import key_of
from watchbill.gates.lore.sources.yaml_fields import slug

Rows = Sequence[tuple[str, ...]]
Stated = tuple[str, Plain]

# What a column holds, by its heading: the first that fits.
_ROLES = tuple(
    (role, re.compile(pattern))
    for role, pattern in (
        ("dies", r"\b(?:dies|died|death|killed)\b"),
        ("who", r"^(?:who|whom)\b"),
        ("never", r"\b(?:don't|do not|never|avoid|not|banned|wrong|forbidden|instead of|no)\b"),
        ("use", r"\b(?:say|use|write|right|correct|instead|spell|spelling|preferred|yes|ours)\b"),
        ("learned", r"\b(?:learns?|finds? out|discovers?|is told|told|reveal\w*|reali[sz]es?)\b"),
        ("weekday", r"\bweekdays?\b|\bdays? of (?:the )?week\b"),
        ("date", r"\b(?:dates?|days?)\b(?!s? (?:on|by|at))"),
        ("amount", r"\b(?:how (?:long|far)|days|hours|distance|time|length|takes|journey|miles|leagues|km|kilometres|by (?:foot|horse|cart|boat|sea|road))\b"),
        ("first", r"\b(?:from|since|starts?|begins?|first|starting)\b"),
        ("last", r"\b(?:to|until|till|through|ends?|last|up to)\b"),
        ("position", rf"\b(?:{'|'.join(UNITS)})s?\b|^(?:ch|ep|sc|no|#)\b\.?|^when$|^where in\b"),
        ("who", r"\b(?:who|characters?|names?|person|people|whom)\b"),
        ("place", r"\b(?:places?|where|location)\b"),
    )
)  # fmt: skip
_MEASURE = re.compile(
    r"(?P<n>\d+(?:\.\d+)?|[A-Za-z]+(?:-[a-z]+)?)\s*(?:whole |full |long |short )?(?P<unit>days?|hours?|minutes?|weeks?|miles?|leagues?|kilometres?|km|marks?)?\b"
)
_UNITS_OF_WAYS = ("days", "hours", "minutes", "weeks", "miles", "leagues", "kilometres", "km")


def stated(rows: Rows, section: str = "") -> list[Stated]:
    """What a table states when its columns, or else its section, tell what it is; [] when neither does."""
    if len(rows) < 2:
        return []
    roles = roles_of(rows)
    reader = _reader(roles, " ".join(rows[0]).lower()) or (_routes if _is_routes(rows) else _OF_SECTION.get(section))
    return [] if reader is None else list(reader(roles, rows))


def roles_of(rows: Rows) -> list[str]:
    """What each column holds; "" is anything else. A heading alone may deceive: "From" is a place, or a chapter."""
    roles = []
    for place, head in enumerate(rows[0]):
        low = head.strip().lower()
        role = next((name for name, pattern in _ROLES if pattern.search(low)), "")
        cells = [row[place] for row in rows[1:] if place < len(row) and row[place].strip(" -–—")]
        is_counted = bool(cells) and all(_position(cell) for cell in cells)
        is_unit = any(unit in low for unit in UNITS)
        if role in ("first", "last") and not (is_counted or is_unit):
            role = "start" if role == "first" else "end"
        elif role == "position" and cells and not is_counted and low in ("when", "no", "#"):
            role = "date"
        elif role == "learned" and not is_counted:
            role = ""
        elif role == "date" and cells and not any(char.isdigit() for cell in cells for char in cell):
            role = "weekday" if "day" in low else "date"
        roles.append(role)
    return roles


def _position(cell: str) -> str:
    """A chapter's number out of a cell that holds nothing else, "" else."""
    found = re.fullmatch(
        rf"\W*(?:{'|'.join(UNITS)}|ch|ep|sc)?\.?s?\s*(\d+(?:\.\d+)?|[a-z]+)\W*(?:on(?:wards?)?)?", cell.strip().lower()
    )
    word = found[1] if found else ""
    return word if word[:1].isdigit() else str(NUMBER_WORDS.get(word, "")) if word else ""


def of_entities(rows: Rows) -> str:
    """Of what a table's rows are, where each is somebody or some place with their traits: "people", "places" or ""."""
    if len(rows) < 2 or len(rows[0]) < 2 or stated(rows):
        return ""
    roles, heads = roles_of(rows), [cell.strip().lower() for cell in rows[0]]
    kind = {"who": "people", "place": "places"}.get(roles[0], "")
    is_told = len(heads) > 2 or kind == "places" or key_of(heads[1]) in ATTRIBUTE_KEYS
    return kind if is_told and not set(roles[1:]) & {"position", "date", "first", "last", "learned", "amount"} else ""


_ROUTE = loose(r"^(?:from )?(?P<a>[^→>]+?)\s*(?:\bto\b|→|->|–|—|\s-\s|↔|\band\b)\s*(?P<b>.+)$")


def _is_routes(rows: Rows) -> bool:
    """A way in each first cell, "Carrow to Leeds", and how long it is in another."""
    is_called = bool(re.search(r"\b(?:route|journey|way|trip|leg|between|distance)\b", rows[0][0].lower()))
    return is_called and len(rows[0]) > 1 and all(_ROUTE.match(row[0]) for row in rows[1:] if row[0])


def _routes(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    apart = [("from", "to", *rows[0][1:])]
    apart += [(found["a"], found["b"], *row[1:]) for row in rows[1:] if (found := _ROUTE.match(row[0])) is not None]
    yield from _ways(["start", "end", *roles[1:]], apart)


def _reader(roles: Sequence[str], heads: str) -> "Callable[[Sequence[str], Rows], Iterator[Stated]] | None":
    known = set(roles)
    if len(roles) > 2 and {"start", "end"} <= known:
        return _ways
    if "never" in known and len(roles) < 4 and ("use" in known or len(roles) == 1):
        return _words
    is_secret = bool(re.search(r"\b(?:secrets?|learns?|knows?|finds? out|discovers?|reveal\w*|told)\b", heads))
    if len(roles) > 2 and ("learned" in known or (is_secret and {"who", "position"} <= known)):
        return _secrets
    if "dies" in known and len(roles) < 5 and (roles[0] == "who" or roles[0] == ""):
        return _deaths
    if "position" in known and known & {"date", "weekday"} and not known & {"who"}:
        return _moments
    if {"first", "last"} <= known or ("first" in known and len(roles) == 2):
        return _spans
    return None


def _ways(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    start, end = roles.index("start"), roles.index("end")
    rest = [place for place in range(len(roles)) if place not in (start, end)]
    for row in rows[1:]:
        for place in rest:
            cell = row[place] if place < len(row) else ""
            unit = next((one for one in _UNITS_OF_WAYS if one in rows[0][place].lower()), "days")
            half = re.match(r"half an? (?P<unit>day|hour)", cell, re.IGNORECASE)
            if half is not None:
                hours = "12" if half["unit"].lower() == "day" else "0.5"
                yield "travel_days", {**way(row[start], row[end], "1", "hour", " | ".join(row)), "hours": hours}
                break
            measure = next((one for one in _MEASURE.finditer(cell) if _is_amount(one)), None)
            if measure is not None:
                yield "travel_days", way(row[start], row[end], measure["n"], measure["unit"] or unit, " | ".join(row))
                break


def _is_amount(found: re.Match[str]) -> bool:
    """ "13 days", "a whole day"."""
    return number_of(found["n"].lower()) is not None or (found["n"].lower() in ("a", "an") and bool(found["unit"]))


def matrix(rows: Rows) -> Iterator[Stated]:
    """Ways as a table with places on both sides."""
    for row in rows[1:]:
        for column, cell in enumerate(row[1:], start=1):
            measure = _MEASURE.search(cell)
            if measure and measure["unit"] and column < len(rows[0]) and rows[0][column] != row[0]:
                text = f"{row[0]} | {rows[0][column]} | {cell}"
                yield "travel_days", way(row[0], rows[0][column], measure["n"], measure["unit"], text)


def _words(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    never = roles.index("never")
    use = roles.index("use") if "use" in roles else -1
    for row in rows[1:]:
        if never < len(row) and row[never].strip():
            yield from replaced(row[never], row[use] if 0 <= use < len(row) else "")


def _spelt(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    """Words to write, with what not to write beside them."""
    if "never" in roles and len(roles) > 1:
        at = roles.index("never")
        yield from (
            pair
            for row in rows[1:]
            if at < len(row) and row[at].strip()
            for pair in replaced(row[at], row[1 - at if at < 2 else 0])
        )


def _secrets(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    when = roles.index("learned") if "learned" in roles else _first(roles, "position", "first", "last")
    who = roles.index("who") if "who" in roles else 0
    what = next((place for place in range(len(roles)) if place not in (when, who)), None)
    if when is None or what is None:
        return
    for row in rows[1:]:
        if when < len(row) and what < len(row) and (chapter := _position(row[when])):
            yield "knowledge", {"id": slug(row[what])[:40], "who": row[who], "what": row[what], "chapter": chapter}


def _moments(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    for row in rows[1:]:
        found: Plain = {}
        for head, role, value in zip(rows[0], roles, row, strict=False):
            if head.strip().lower() == "id":
                found["id"] = value
            elif role in ("position", "first"):
                found["chapter"] = value
            elif role == "weekday":
                found["weekday"] = value
            elif role == "date":
                found["date"] = day_of(value) or value
                if weekday := weekday_in(value):
                    found["weekday"] = weekday
            elif role == "place":
                found["place"] = value
            elif value:
                found["event"] = f"{found['event']}; {value}" if "event" in found else value
        found.setdefault("id", slug(str(found.get("event") or found.get("date", "")))[:40])
        yield "timeline", found


def _spans(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    """What is so from one chapter to another."""
    ends = {"first": "valid_from", "last": "valid_to"}
    for row in rows[1:]:
        text = ": ".join(cell for cell, role in zip(row, roles, strict=False) if role not in ends and cell)
        span = {
            ends[role]: at for cell, role in zip(row, roles, strict=False) if role in ends and (at := _position(cell))
        }
        if text:
            yield "facts", {"id": slug(text)[:40], "text": f"{text.rstrip('.')}.", **span}


def _deaths(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    when = _first(roles, "position", "dies", "first", "date")
    for row in rows[1:]:
        found: Plain = {"id": slug(row[0]), "who": row[0], "text": " | ".join(row)}
        if when is not None and when < len(row) and (chapter := _position(row[when])):
            found["chapter"] = chapter
        if day := day_of(" ".join(row)):
            found["date"] = day
        yield "deaths", found


def _named(section: str) -> Callable[[Sequence[str], Rows], Iterator[Stated]]:
    def read(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
        _ = roles
        heads = ["name", *(head.strip().lower() for head in rows[0][1:])]
        for row in rows[1:]:
            cells = {key: value for key, value in zip(heads, row, strict=False) if value}
            yield section, {"id": slug(row[0]), **cells}

    return read


def _facts(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    _ = roles
    for row in rows[1:]:
        yield "facts", {"id": slug(" ".join(row))[:40], "text": " ".join(cell for cell in row if cell)}


def _travelled(roles: Sequence[str], rows: Rows) -> Iterator[Stated]:
    _ = roles
    yield from matrix(rows)


def _first(roles: Sequence[str], *wanted: str) -> int | None:
    return next((roles.index(role) for role in wanted if role in roles), None)


_OF_SECTION = {
    "travel": _travelled, "timeline": _moments, "knowledge": _secrets, "deaths": _deaths, "words": _spelt,
    "variables": _named("variables"), "scenes": _named("scenes"), "facts": _facts, "calendar": _facts,
}  # fmt: skip
