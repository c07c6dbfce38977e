"""Days, spans and ways as Markdown writes them, to the YAML form's fields."""

import re
from datetime import date

from watchbill.gates.lore.english.language import number_of
from watchbill.gates.lore.positions import apart
from watchbill.gates.lore.sources.drafts import Plain
from watchbill.gates.lore.sources.yaml_fields import slug

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DATE = re.compile(
    r"(?P<iso>\b\d{4}-\d{1,2}-\d{1,2}\b)|\b(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m>[A-ZÀ-Þ][a-z]+),?\s+(?P<y>\d{4})|\b(?P<m2>[A-ZÀ-Þ][a-z]+)\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{4})"
)
_SHORT_MONTH = re.compile(
    r"(?<=\d )\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?|\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?(?= \d)"
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?=,? \d|\.|$))\b"
)


def in_full(text: str) -> str:
    """Months and weekdays written out: "Mon 3 Sept" as "Monday 3 September"."""
    text = _SHORT_MONTH.sub(
        lambda found: next(one for one in _MONTHS if one.startswith(found[0].lower()[:3])).title(), text
    )
    return _WEEKDAY.sub(lambda found: weekday_in(found[0]) or found[0], text)


def day_of(text: str) -> str:
    """A date in ISO form, "" when the text has none."""
    found = _DATE.search(text)
    if found is None:
        return ""
    if found["iso"]:
        return found["iso"]
    month = (found["m"] or found["m2"]).lower()
    whole = next(
        (place for place, name in enumerate(_MONTHS, start=1) if len(month) > 2 and name.startswith(month)), None
    )
    if whole is None:
        return ""
    try:
        return date(int(found["y"] or found["y2"]), whole, int(found["d"] or found["d2"])).isoformat()
    except ValueError:
        return ""


def weekday_in(text: str) -> str:
    found = _WEEKDAY.search(text)
    return next((name for name in _WEEKDAYS if name.startswith(found[0])), "") if found else ""


def undated(text: str) -> str:
    """A text without its dates and weekdays."""
    return _WEEKDAY.sub("", _DATE.sub("", text))


def span(text: str) -> Plain:
    _, own = apart(text)
    return {
        key: f"{value:g}" for key, value in (("valid_from", own.first), ("valid_to", own.last)) if value is not None
    }


def way(start: str, end: str, amount: str, unit: str, text: str) -> Plain:
    number = number_of(amount.lower())
    unit = unit.lower().rstrip("s")
    found: Plain = {"id": f"{slug(start)}_{slug(end)}", "from": start, "to": end.strip(), "text": text}
    if unit == "minute":
        found["hours"] = f"{(number or 1) / 60:.2f}"
    elif unit in ("day", "week", "hour"):
        found["days" if unit != "hour" else "hours"] = str((number or 1) * (7 if unit == "week" else 1))
    else:
        unit = {"km": "kilometre"}.get(unit, unit)
        found |= {"distance": f"{number} {unit}", "unit": unit}
    return found
