"""Models: which ones a vendor has retired, when, and what stands in their place today."""

import re
from collections.abc import Mapping
from datetime import date

# What a configuration gets whose own models are all gone; one of each vendor, in the middle of its prices.
CURRENT: Mapping[str, str] = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol"}

# Dates as the vendors announced them (platform.claude.com/docs/en/about-claude/model-deprecations and
# developers.openai.com/api/docs/deprecations, read in November 2026).
_RETIRED: Mapping[date, str] = {
    date(2024, 12, 6): "gpt-4-vision",
    date(2025, 6, 6): "gpt-4-32k",
    date(2025, 7, 21): "claude-2 claude-2.0 claude-2.1 claude-3-sonnet",
    date(2025, 7, 28): "o1-preview",
    date(2025, 10, 27): "o1-mini",
    date(2025, 10, 28): "claude-3-5-sonnet",
    date(2026, 1, 5): "claude-3-opus",
    date(2026, 2, 17): "chatgpt-4o",
    date(2026, 2, 19): "claude-3-7-sonnet claude-3-5-haiku",
    date(2026, 4, 20): "claude-3-haiku",
    date(2026, 6, 15): "claude-sonnet-4 claude-sonnet-4-0 claude-opus-4 claude-opus-4-0",
    date(2026, 8, 5): "claude-opus-4-1",
    date(2026, 10, 23): "gpt-3.5-turbo gpt-4 gpt-4-turbo gpt-4.1-nano o1 o1-pro o3-mini o4-mini",
    date(2026, 11, 30): "claude-sonnet-4-5",
    date(2026, 12, 11): "gpt-5 gpt-5-mini gpt-5-nano gpt-5-pro o3 o3-pro",
    date(2027, 1, 14): "gpt-4o gpt-4o-mini gpt-4.1 gpt-4.1-mini",
    date(2027, 1, 22): "claude-opus-4-5",
    date(2027, 4, 1): "gpt-5.1 gpt-5.4-nano",
}
_DATE_BY_FAMILY: Mapping[str, date] = {family: day for day, families in _RETIRED.items() for family in families.split()}
_SNAPSHOT = re.compile(r"-(?:latest|preview|\d{4}|\d{8}|\d{4}-\d{2}-\d{2}|\d{4}-preview)$")


def retires_on(model: str) -> date | None:
    """The day from which the vendor refuses it, whether past or to come; None when none is known.

    >>> retires_on("claude-sonnet-4-20250514"), retires_on("gpt-4"), retires_on("claude-sonnet-5-5")
    (datetime.date(2026, 6, 15), datetime.date(2026, 10, 23), None)
    """
    return _DATE_BY_FAMILY.get(model) or _DATE_BY_FAMILY.get(_SNAPSHOT.sub("", model))
