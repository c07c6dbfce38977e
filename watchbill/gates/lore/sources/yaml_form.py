"""The canon's YAML form: plain mappings and lists to values. What cannot be read is told with its place; unknown keys are kept."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from watchbill.gates.lore import canon as values
from watchbill.gates.lore.positions import apart, position_in
from watchbill.gates.lore.sources.markdown_calendars import month_start
from watchbill.gates.lore.sources.yaml_entries import PAREN, entry_of, key_of
from watchbill.gates.lore.sources.yaml_fields import id_of, items_of, number_in, place_of, slug, span_of, text_of
from watchbill.gates.lore.sources.yaml_files import Plain, as_list
from watchbill.gates.lore.sources.yaml_habits import usual
from watchbill.gates.lore.texts.standing import date_of


def canon_of(raw: Mapping[str, Plain]) -> values.Canon:
    """The canon that a mapping states. It never refuses one: what has no meaning to the checks is passed over."""
    raw = usual(raw)
    position = raw.get("position")
    unit = str(position.get("unit", "chapter")) if isinstance(position, Mapping) else str(position or "chapter")
    entries = tuple(
        entry_of(one, is_place=key == "places") for key in ("entities", "places") for one in items_of(raw.get(key))
    )
    calendar = replace(_calendar(raw.get("calendar")), year=_year(raw))
    return values.Canon(
        unit=unit.strip().lower().rstrip("s"),
        calendar=calendar,
        narrator=next((text_of(raw[key]) for key in ("narrator", "pov", "told_by") if raw.get(key)), ""),
        entries=entries,
        facts=tuple(_fact(one) for one in items_of(raw.get("facts")) if text_of(one.get("text") or one.get("fact"))),
        deaths=tuple(_death(one) for one in items_of(raw.get("deaths"))),
        knowledge=tuple(one for item in items_of(raw.get("knowledge")) if (one := _knowledge(item)) is not None),
        ways=tuple(one for item in items_of(raw.get("travel_days")) for one in _way(item)),
        timeline=tuple(_moment(one, calendar.weekdays) for one in items_of(raw.get("timeline"))),
        wording=tuple(_wording(raw)),
        voices=tuple(_voice(one) for one in items_of(raw.get("voice_rules"))),
        variables=tuple(_variable(one) for one in items_of(raw.get("variables"))),
        scenes=tuple(_scene(one) for one in items_of(raw.get("scenes"))),
    )


def _fact(item: Mapping[str, Plain]) -> values.Fact:
    text = text_of(item.get("text") or item.get("fact"))
    stated, span = apart(text)
    own = span_of(item)
    return values.Fact(
        id=id_of(item, "text", "fact")[:60],
        about=text_of(item.get("about")),
        text=text if span.is_open else stated,
        span=own if span.is_open else span,
    )


def _death(item: Mapping[str, Plain]) -> values.Death:
    text = text_of(item.get("text"))
    who = text_of(item.get("who") or item.get("name") or text.split(" dies")[0].split(" died")[0])
    position = place_of(item)
    shown = text or text_of({key: value for key, value in item.items() if key != "id"})
    return values.Death(
        id=id_of(item, "who", "text"),
        who=who,
        position=position if position is not None else position_in(text),
        date=date_of(text_of(item.get("date")) or text),
        words=shown,
    )


def _knowledge(item: Mapping[str, Plain]) -> values.Knowledge | None:
    text = text_of(item.get("what") or item.get("text") or item.get("fact"))
    position = place_of(item)
    if position is None:
        position = position_in(text)
    if position is None or not text:
        return None
    return values.Knowledge(
        id=id_of(item, "what", "text")[:60],
        who=text_of(item.get("who")),
        what=apart(text)[0],
        position=position,
        words=f"{text_of(item.get('who')) or 'anybody'}: {text} ({position:g})",
    )


def _way(item: Mapping[str, Plain]) -> Iterator[values.Way]:
    ends = (text_of(item.get("from") or item.get("a")), text_of(item.get("to") or item.get("b")))
    if not all(ends):
        return
    distance = next(
        (
            (name, number_in(item[name]))
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
        else text_of(item.get("unit")) or " ".join(re.findall(r"[A-Za-z]+", text_of(item["distance"]))[:1])
    )
    days, hours = number_in(item.get("days")), number_in(item.get("hours"))
    yield values.Way(
        id=id_of(item) or f"{slug(ends[0])}_{slug(ends[1])}",
        ends=ends,
        days=days if days is not None else hours / 24 if hours is not None else None,
        distance=distance[1] if distance else None,
        unit={"km": "kilometre", "kilometers": "kilometre"}.get(unit, unit.rstrip("s")),
        words=text_of(item.get("text")) or text_of({key: value for key, value in item.items() if key != "id"}),
    )


def _moment(item: Mapping[str, Plain], weekdays: Sequence[str]) -> values.Moment:
    shown = text_of({key: value for key, value in item.items() if key != "id"})
    event = text_of(item.get("event") or item.get("what") or item.get("text"))
    named = re.search(rf"(?:\ba |\()?\b(?P<day>{'|'.join(map(re.escape, weekdays)) or '(?!)'})\b\)?", event)
    is_led = named is not None and not item.get("weekday") and named.start() < len("on a ")
    event = event.replace(named[0], "", 1).strip(" ,.;:()") if named is not None and is_led else event
    return values.Moment(
        id=id_of(item, "event", "text")[:60],
        position=place_of(item),
        date=date_of(text_of(item.get("date"))),
        weekday=text_of(item.get("weekday")) or (named["day"] if named is not None and is_led else ""),
        event=event,
        words=shown,
        place=text_of(item.get("place")),
        told=text_of(item.get("date")),
    )


def _wording(raw: Mapping[str, Plain]) -> Iterator[values.Words]:
    banned = raw.get("banned_words") or raw.get("banned")
    if isinstance(banned, list) and all(not isinstance(one, Mapping) for one in banned):
        banned = [{"id": f"banned_{slug(text_of(one))}", "words": [one]} for one in banned]
    for item in items_of(banned):
        words = tuple(
            text_of(one) for one in as_list(item.get("words") or item.get("word") or item.get("text")) if text_of(one)
        )
        yield values.Words(
            id=id_of(item) or "banned_words",
            rule="banned-word",
            never=words,
            use=text_of(item.get("use") or item.get("instead")),
            words=text_of(item.get("reason")) or f"banned: {', '.join(words)}",
        )
    for item in items_of(raw.get("units")):
        never = tuple(text_of(one) for one in as_list(item.get("never")))
        use = text_of(item.get("use"))
        yield values.Words(
            id=id_of(item) or "units", rule="unit", never=never, use=use, words=f"use {use}; never {', '.join(never)}"
        )
    for item in items_of(raw.get("spelling")):
        never = tuple(text_of(one) for one in as_list(item.get("not") or item.get("never")))
        use = text_of(item.get("use")) or text_of(item.get("text"))
        yield values.Words(
            id=id_of(item) or f"spelling_{slug(use)}",
            rule="spelling",
            never=never,
            use=use,
            words=f"use {use}, not {', '.join(never)}",
        )


def _voice(item: Mapping[str, Plain]) -> values.Voice:
    check, rule = item.get("check"), text_of(item.get("rule") or item.get("text"))
    arguments: list[str] = []
    name = ""
    if isinstance(check, Mapping):
        for key, value in check.items():
            name, arguments = str(key), [text_of(one) for one in as_list(value)]
    else:
        name, _, rest = text_of(check).partition(":")
        arguments = [one.strip(" '\"“”[]") for one in rest.split(",") if one.strip(" []")]
    for key in ("words", "never_says", "forbidden", "max_words"):
        arguments += [text_of(one) for one in as_list(item.get(key))]
    return values.Voice(
        id=id_of(item, "who"),
        who=text_of(item.get("who")),
        check=name.strip() or rule,
        arguments=tuple(arguments),
        words=rule or text_of(check),
    )


def _variable(item: Mapping[str, Plain]) -> values.Variable:
    told = {key_of(key): value for key, value in item.items()}
    kind = text_of(told.get("type")).lower()
    reach = text_of(told.get("range"))
    bounds = re.findall(r"-?\d+(?:\.\d+)?", reach.replace("..", " "))
    low, high = number_in(told.get("min")), number_in(told.get("max"))
    if len(bounds) == 2:
        low, high = float(bounds[0]), abs(float(bounds[1]))
    elif len(bounds) == 1 and reach.rstrip().endswith("+"):
        low = float(bounds[0])
    listed = next(
        (told[key] for key in ("values", "one of", "choices", "options", "allowed") if told.get(key)),
        "" if bounds else reach,
    )
    choices = as_list(listed) if isinstance(listed, list) else re.split(r",|\bor\b|\band\b|/|\|", text_of(listed))
    return values.Variable(
        id=id_of(item, "name"),
        name=text_of(item.get("name") or item.get("id")).strip("` ").lower(),
        type=kind or ("string" if len(choices) > 1 else ""),
        low=low,
        high=high,
        words=text_of({key: value for key, value in item.items() if key != "id"}),
        initial=text_of(next((told[key] for key in _INITIAL if key in told), "")),
        choices=tuple(text_of(one).strip(" \"'`").lower() for one in choices) if len(choices) > 1 else (),
    )


_INITIAL = ("initial", "initial value", "start", "starts", "starts at", "starts as", "begins at", "default", "value")


def _scene(item: Mapping[str, Plain]) -> values.SceneFacts:
    labels = frozenset(text_of(one).lower() for one in as_list(item.get("labels")))
    name = text_of(item.get("name") or item.get("id") or item.get("text"))
    return values.SceneFacts(
        id=id_of(item, "name", "text"),
        name=name,
        labels=labels,
        words=f"scene {name}: labels {', '.join(sorted(labels))}",
    )


def _year(raw: Mapping[str, Plain]) -> int | None:
    year = number_in(raw.get("year"))
    return int(year) if year is not None else None


def _calendar(value: Plain) -> values.Calendar:
    if not isinstance(value, Mapping):
        return values.Calendar(
            is_own=bool(value) and "gregorian" not in text_of(value).lower() and "own" in text_of(value).lower()
        )
    months: list[str] = []
    days: dict[str, int] = {}
    length = number_in(
        value.get("days_per_month")
        or value.get("days_in_month")
        or value.get("month_days")
        or value.get("month_length")
    )
    for one in (
        as_list(value.get("months"))
        if not isinstance(value.get("months"), Mapping)
        else [{"name": key, "days": count} for key, count in value["months"].items()]
    ):
        name = text_of(one.get("name")) if isinstance(one, Mapping) else PAREN.sub("", text_of(one))
        months.append(name)
        own = (
            number_in(one.get("days"))
            if isinstance(one, Mapping)
            else number_in(found[1])
            if (found := PAREN.search(text_of(one)))
            else None
        )
        if (count := own if own is not None else length) is not None:
            days[name.lower()] = int(count)
    weekdays = tuple(
        text_of(one) for one in as_list(value.get("weekdays") or value.get("days")) if not text_of(one).isdecimal()
    )
    kind = text_of(value.get("kind")).lower()
    is_own = kind not in ("gregorian", "julian", "") or (not kind and bool(months or weekdays))
    return values.Calendar(
        is_own=is_own,
        months=tuple(months),
        weekdays=weekdays,
        days_by_month=days,
        month_starts_on=text_of(value.get("month_starts_on") or value.get("months_start_on"))
        or month_start(text_of(value)),
        words=text_of(value),
        id=text_of(value.get("id")) or "calendar",
    )
