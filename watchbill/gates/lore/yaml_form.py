"""The canon's YAML form: plain mappings and lists to values. What cannot be read is told with its place; unknown keys are kept."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import yaml

from watchbill.domain.errors import ConfigError
from watchbill.gates.lore import canon as values
from watchbill.gates.lore.language import british
from watchbill.gates.lore.positions import Span, apart, position_in, spans
from watchbill.gates.lore.standing import date_of

MAX_BYTES = 2_000_000  # a canon is written by people
MAX_NODES = 200_000  # after aliases are followed: a bomb of them has billions

Plain = Any
_ONLY_BY = re.compile(
    r"\(?\s*(?:used|said|spoken|called so)?\s*(?:only\s+by|by)\s+(?P<a>[^()]+?)(?:\s+(?:only|alone))?\s*\)?$|\(\s*(?:only\s+)?(?P<b>[^()]+?)\s+only(?:\s+calls\s+\w+\s+(?:that|so|this))?\s*\)$",
    re.IGNORECASE,
)
_PAREN = re.compile(r"\s*\(([^()]*)\)\s*$")


def load(text: str, path: str) -> Mapping[str, Plain]:
    """One file's mapping. Raises ConfigError with the line where it is no YAML, too big, or no mapping."""
    if len(text) > MAX_BYTES:
        raise ConfigError(
            f"{path}: a canon of more than {MAX_BYTES // 1_000_000} MB cannot be read; split what is text off"
        )
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return {}
        _bounded(node, path)
        loaded = _Loader(text).construct(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            f"{path}:{mark.line + 1 if mark else 1}: {error.problem or error.context}; mend the YAML"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, Mapping):
        raise ConfigError(
            f"{path}: a canon is a mapping with keys like entities and facts; this is a {type(loaded).__name__}"
        )
    return loaded


class _Loader:
    """Builds plain values of strings, so that `no`, `1_000` and a date stay what their author wrote."""

    def __init__(self, text: str) -> None:
        self._text = text

    def construct(self, node: yaml.Node) -> Plain:
        if isinstance(node, yaml.MappingNode):
            return {str(self.construct(key)): self.construct(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.construct(one) for one in node.value]
        assert isinstance(node, yaml.ScalarNode)
        return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _bounded(root: yaml.Node, path: str) -> None:
    count, nodes = 0, [(root, 0)]
    while nodes:
        node, depth = nodes.pop()
        count += 1
        if count > MAX_NODES or depth > 50:  # noqa: PLR2004 - nobody nests a world deeper
            raise ConfigError(
                f"{path}: has more than {MAX_NODES} values or 50 levels once its aliases are followed; write it out"
            )
        if isinstance(node, yaml.MappingNode):
            nodes += [(one, depth + 1) for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            nodes += [(one, depth + 1) for one in node.value]


def merged(files: Iterable[Mapping[str, Plain]]) -> dict[str, Plain]:
    """Several files as one: lists and mappings are joined, of single values the first counts."""
    whole: dict[str, Plain] = {}
    for one in files:
        for key, value in one.items():
            known = whole.get(key)
            if isinstance(known, list) and isinstance(value, list):
                whole[key] = [*known, *value]
            elif isinstance(known, Mapping) and isinstance(value, Mapping):
                whole[key] = {**value, **known}
            elif known is None:
                whole[key] = value
            elif isinstance(value, list) or isinstance(known, list):
                whole[key] = [*_list(known), *_list(value)]
    return whole


def canon_of(raw: Mapping[str, Plain]) -> values.Canon:
    """The canon that a mapping states. It never refuses one: what has no meaning to the checks is passed over."""
    position = raw.get("position")
    unit = str(position.get("unit", "chapter")) if isinstance(position, Mapping) else str(position or "chapter")
    people = [
        (one, False)
        for key in ("entities", "characters", "people", "persons", "creatures", "items", "ships", "objects")
        for one in _entries(raw.get(key))
    ]
    places = [(one, True) for key in ("places", "locations") for one in _entries(raw.get(key))]
    entries = tuple(_entry(one, is_place=is_place) for one, is_place in (*people, *places))
    return values.Canon(
        unit=unit.strip().lower().rstrip("s"),
        calendar=_calendar(raw.get("calendar")),
        entries=entries,
        facts=tuple(_fact(one) for one in _entries(raw.get("facts")) if _text(one.get("text") or one.get("fact"))),
        deaths=tuple(_death(one) for one in _entries(raw.get("deaths"))),
        knowledge=tuple(one for item in _entries(raw.get("knowledge")) if (one := _knowledge(item)) is not None),
        ways=tuple(
            one
            for key in ("travel_days", "travel", "distances")
            for item in _entries(raw.get(key))
            for one in _way(item)
        ),
        timeline=tuple(_moment(one) for one in _entries(raw.get("timeline"))),
        wording=tuple(_wording(raw)),
        voices=tuple(_voice(one) for one in _entries(raw.get("voice_rules") or raw.get("voices"))),
        variables=tuple(_variable(one) for one in _entries(raw.get("variables"))),
        scenes=tuple(_scene(one) for one in _entries(raw.get("scenes"))),
    )


def _list(value: Plain) -> list[Plain]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _entries(value: Plain) -> list[dict[str, Plain]]:
    """A list of mappings, also where it is written as a mapping by id, or as bare texts."""
    if isinstance(value, Mapping):
        if {"name", "words", "use", "never", "who"} & value.keys():
            return [dict(value)]
        value = [
            {"id": key, **one} if isinstance(one, Mapping) else {"id": key, "text": _text(one)}
            for key, one in value.items()
        ]
    return [
        dict(one) if isinstance(one, Mapping) else {"text": _text(one)} for one in _list(value) if one not in (None, "")
    ]


def _text(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return str(value).strip()


def _number(value: Plain) -> float | None:
    found = re.search(r"-?\d+(?:\.\d+)?", _text(value).replace(",", "").replace("_", ""))
    return float(found[0]) if found else None


def _position(item: Mapping[str, Plain]) -> float | None:
    for key in (
        "chapter",
        "episode",
        "scene",
        "position",
        "from",
        "at",
        "learned_in",
        "learns_in",
        "since",
        "part",
        "act",
    ):
        if (found := _number(item.get(key))) is not None:
            return found
    return None


def slug(name: str) -> str:
    """An id made of a name.

    >>> slug("The Long Quay"), slug("Ines Corvo")
    ('long_quay', 'ines_corvo')
    """
    return values.bare(name).replace(" ", "_").replace("'", "").replace("-", "_")


def _id(item: Mapping[str, Plain], *names: str) -> str:
    said = _text(item.get("id"))
    return said or next((slug(_text(item.get(name))) for name in names if item.get(name)), "")


def _span(item: Mapping[str, Plain]) -> Span:
    first = next(
        (
            found
            for key in ("valid_from", "from", "since", "from_chapter", "from_episode", "from_scene")
            if (found := _number(item.get(key))) is not None
        ),
        None,
    )
    last = next(
        (
            found
            for key in ("valid_to", "to", "until", "to_chapter", "until_chapter", "until_episode", "until_scene")
            if (found := _number(item.get(key))) is not None
        ),
        None,
    )
    return Span(first, last)


def _entry(item: Mapping[str, Plain], *, is_place: bool) -> values.Entry:
    name = _text(item.get("name") or item.get("id") or item.get("text"))
    known = {
        "id",
        "name",
        "aliases",
        "alias",
        "kind",
        "type",
        "attributes",
        "relations",
        "relationships",
        "notes",
        "note",
        "description",
        "text",
    }
    attributes = item.get("attributes")
    stated = (
        dict(attributes)
        if isinstance(attributes, Mapping)
        else {f"trait {place}": one for place, one in enumerate(_list(attributes))}
    )
    stated |= {key: value for key, value in item.items() if key not in known}
    kind = _text(item.get("kind") or item.get("type")).lower()
    return values.Entry(
        id=_id(item, "name", "text"),
        name=name,
        kind=kind,
        aliases=tuple(_alias(_text(one)) for key in ("aliases", "alias") for one in _list(item.get(key)) if _text(one)),
        attributes=tuple(_attribute(key, value) for key, value in stated.items() if value is not None),
        relations=tuple(_relations(item.get("relations") or item.get("relationships"))),
        notes=tuple(
            _text(one) for key in ("notes", "note", "description") for one in _list(item.get(key)) if _text(one)
        ),
        is_place=is_place or kind in ("place", "location", "city", "town", "village", "region"),
    )


def _alias(text: str) -> values.Alias:
    found = _PAREN.search(text)
    if found is None:
        return values.Alias(text=text.strip("\"'“”"))
    only = _ONLY_BY.search(found[0].strip())
    who = (only["a"] or only["b"]).strip() if only else ""
    who = re.sub(r"^(?:used\s+)?(?:only\s+)?(?:by\s+)?(?:only\s+)?", "", who, flags=re.IGNORECASE)
    return values.Alias(
        text=text[: found.start()].strip("\"'“” "), only_by=re.sub(r"\s+(?:only|alone)$", "", who, flags=re.IGNORECASE)
    )


def key_of(key: str) -> str:
    """An attribute's key as words: lower case, British, without underscores.

    >>> key_of("Eye_Color")
    'eye colour'
    """
    return " ".join(british(word) for word in re.sub(r"[_\-\s]+", " ", key).strip().lower().split())


def _attribute(key: str, value: Plain) -> values.Attribute:
    words = _text(value)
    if isinstance(value, Mapping) and "value" in value:
        span = _span(value)
        stated = [
            values.Value(text=text, span=span if found.is_open else found)
            for text, found in spans(_text(value["value"]))
        ]
        words = _text(value["value"])
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        stated = [
            values.Value(
                text=_text(one.get("value")) if isinstance(one, Mapping) else _text(one),
                span=_span(one) if isinstance(one, Mapping) else Span(),
            )
            for one in value
        ]
        words = "; ".join(_text(one) for one in value)
    else:
        stated = [values.Value(text=text, span=span) for text, span in spans(words)]
    return values.Attribute(key=key_of(key), values=tuple(stated), words=f"{key}: {words}")


def _relations(value: Plain) -> Iterator[values.Relation]:
    if isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping) and (one.get("to") or one.get("who") or one.get("with") or one.get("name")):
                word = _text(one.get("kind") or one.get("type") or one.get("relation") or one.get("word"))
                other = _text(one.get("to") or one.get("who") or one.get("with") or one.get("name"))
                yield values.Relation(
                    word=key_of(word),
                    other=other,
                    words=f"{word}: {other}",
                    span=_span({k: v for k, v in one.items() if k != "to"}),
                )
            elif isinstance(one, Mapping):
                yield from _relations(one)
        return
    if not isinstance(value, Mapping):
        return
    for key, others in value.items():
        for other in _list(others):
            for text in re.split(r",|;|\band\b", _text(other)):
                name, span = apart(text.strip())
                if name:
                    yield values.Relation(
                        word=key_of(key), other=_PAREN.sub("", name), words=f"{key}: {text.strip()}", span=span
                    )


def _fact(item: Mapping[str, Plain]) -> values.Fact:
    text = _text(item.get("text") or item.get("fact"))
    stated, span = apart(text)
    own = _span(item)
    return values.Fact(
        id=_id(item, "text", "fact")[:60],
        about=_text(item.get("about")),
        text=text if span.is_open else stated,
        span=own if span.is_open else span,
    )


def _death(item: Mapping[str, Plain]) -> values.Death:
    text = _text(item.get("text"))
    who = _text(item.get("who") or item.get("name") or text.split(" dies")[0].split(" died")[0])
    position = _position(item)
    shown = _text({key: value for key, value in item.items() if key not in ("id", "text")}) if not text else text
    return values.Death(
        id=_id(item, "who", "text"),
        who=who,
        position=position if position is not None else position_in(text),
        date=date_of(_text(item.get("date")) or text),
        words=shown,
    )


def _knowledge(item: Mapping[str, Plain]) -> values.Knowledge | None:
    text = _text(item.get("what") or item.get("text") or item.get("fact"))
    position = _position(item)
    if position is None:
        position = position_in(text)
    if position is None or not text:
        return None
    return values.Knowledge(
        id=_id(item, "what", "text")[:60],
        who=_text(item.get("who")),
        what=apart(text)[0],
        position=position,
        words=f"{_text(item.get('who')) or 'anybody'}: {text} ({position:g})",
    )


def _way(item: Mapping[str, Plain]) -> Iterator[values.Way]:
    ends = (_text(item.get("from") or item.get("a")), _text(item.get("to") or item.get("b")))
    if not all(ends):
        return
    distance = next(
        (
            (name, _number(item[name]))
            for name in ("miles", "km", "kilometres", "kilometers", "leagues", "marks", "league", "mile", "distance")
            if name in item
        ),
        None,
    )
    unit = (
        ""
        if distance is None
        else distance[0]
        if distance[0] != "distance"
        else _text(item.get("unit")) or " ".join(re.findall(r"[A-Za-z]+", _text(item["distance"]))[:1])
    )
    days, hours = _number(item.get("days")), _number(item.get("hours"))
    yield values.Way(
        id=_id(item) or f"{slug(ends[0])}_{slug(ends[1])}",
        ends=ends,
        days=days if days is not None else hours / 24 if hours is not None else None,
        distance=distance[1] if distance else None,
        unit={"km": "kilometre", "kilometers": "kilometre"}.get(unit, unit.rstrip("s")),
        words=_text(item.get("text")) or _text({key: value for key, value in item.items() if key != "id"}),
    )


def _moment(item: Mapping[str, Plain]) -> values.Moment:
    shown = _text({key: value for key, value in item.items() if key not in ("id",)})
    event = _text(item.get("event") or item.get("what") or item.get("text"))
    return values.Moment(
        id=_id(item, "event", "text")[:60],
        position=_position(item),
        date=date_of(_text(item.get("date"))),
        weekday=_text(item.get("weekday")),
        event=event,
        words=shown,
        place=_text(item.get("place")),
    )


def _wording(raw: Mapping[str, Plain]) -> Iterator[values.Words]:
    banned = raw.get("banned_words") or raw.get("banned")
    if isinstance(banned, list) and all(not isinstance(one, Mapping) for one in banned):
        banned = [{"id": f"banned_{slug(_text(one))}", "words": [one]} for one in banned]
    for item in _entries(banned):
        words = tuple(
            _text(one) for one in _list(item.get("words") or item.get("word") or item.get("text")) if _text(one)
        )
        yield values.Words(
            id=_id(item) or "banned_words",
            rule="banned-word",
            never=words,
            use=_text(item.get("use") or item.get("instead")),
            words=_text(item.get("reason")) or f"banned: {', '.join(words)}",
        )
    for item in _entries(raw.get("units")):
        never = tuple(_text(one) for one in _list(item.get("never")))
        use = _text(item.get("use"))
        yield values.Words(
            id=_id(item) or "units", rule="unit", never=never, use=use, words=f"use {use}; never {', '.join(never)}"
        )
    for item in _entries(raw.get("spelling")):
        never = tuple(_text(one) for one in _list(item.get("not") or item.get("never")))
        use = _text(item.get("use")) or _text(item.get("text"))
        yield values.Words(
            id=_id(item) or f"spelling_{slug(use)}",
            rule="spelling",
            never=never,
            use=use,
            words=f"use {use}, not {', '.join(never)}",
        )


def _voice(item: Mapping[str, Plain]) -> values.Voice:
    check, rule = item.get("check"), _text(item.get("rule") or item.get("text"))
    arguments: list[str] = []
    name = ""
    if isinstance(check, Mapping):
        for key, value in check.items():
            name, arguments = str(key), [_text(one) for one in _list(value)]
    else:
        name, _, rest = _text(check).partition(":")
        arguments = [one.strip(" '\"“”") for one in rest.split(",") if one.strip()]
    for key in ("words", "never_says", "forbidden", "max_words"):
        arguments += [_text(one) for one in _list(item.get(key))]
    return values.Voice(
        id=_id(item, "who"),
        who=_text(item.get("who")),
        check=name.strip() or rule,
        arguments=tuple(arguments),
        words=rule or _text(check),
    )


def _variable(item: Mapping[str, Plain]) -> values.Variable:
    kind = _text(item.get("type")).lower()
    bounds = re.findall(r"-?\d+(?:\.\d+)?", _text(item.get("range")).replace("..", " "))
    low, high = _number(item.get("min")), _number(item.get("max"))
    if len(bounds) == 2:  # noqa: PLR2004 - "0-100", whose dash is no minus
        low, high = float(bounds[0]), abs(float(bounds[1]))
    shown = _text({key: value for key, value in item.items() if key != "id"})
    return values.Variable(
        id=_id(item, "name"),
        name=_text(item.get("name") or item.get("id")).lower(),
        type=kind,
        low=low,
        high=high,
        words=shown,
    )


def _scene(item: Mapping[str, Plain]) -> values.SceneFacts:
    labels = frozenset(_text(one).lower() for one in _list(item.get("labels")))
    name = _text(item.get("name") or item.get("id") or item.get("text"))
    return values.SceneFacts(
        id=_id(item, "name", "text"),
        name=name,
        labels=labels,
        words=f"scene {name}: labels {', '.join(sorted(labels))}",
    )


def _calendar(value: Plain) -> values.Calendar:
    if not isinstance(value, Mapping):
        return values.Calendar(
            is_own=bool(value) and "gregorian" not in _text(value).lower() and "own" in _text(value).lower()
        )
    months: list[str] = []
    days: dict[str, int] = {}
    length = _number(
        value.get("days_per_month")
        or value.get("days_in_month")
        or value.get("month_days")
        or value.get("month_length")
    )
    for one in (
        _list(value.get("months"))
        if not isinstance(value.get("months"), Mapping)
        else [{"name": key, "days": count} for key, count in value["months"].items()]
    ):
        name = _text(one.get("name")) if isinstance(one, Mapping) else _PAREN.sub("", _text(one))
        months.append(name)
        own = (
            _number(one.get("days"))
            if isinstance(one, Mapping)
            else _number(found[1])
            if (found := _PAREN.search(_text(one)))
            else None
        )
        if (count := own if own is not None else length) is not None:
            days[name.lower()] = int(count)
    weekdays = tuple(
        _text(one) for one in _list(value.get("weekdays") or value.get("days")) if not _text(one).isdecimal()
    )
    kind = _text(value.get("kind")).lower()
    is_own = kind not in ("gregorian", "julian", "") or (not kind and bool(months or weekdays))
    return values.Calendar(
        is_own=is_own,
        months=tuple(months),
        weekdays=weekdays,
        days_by_month=days,
        words=_text(value),
        id=_text(value.get("id")) or "calendar",
    )
