"""Values as people state them: spans, amounts, moments, levels. Each raises ValueError worded for the queue's author."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Autonomy, Delivery

_SPAN = re.compile(
    r"(\d{1,4}(?:[.,]\d{1,2})?)\s{0,3}(minutes?|mins?|hours?|hrs?|days?|weeks?|m|h|d|w)\b", re.IGNORECASE
)
_MINUTES: Mapping[str, int] = {"m": 1, "h": 60, "d": 8 * 60, "w": 5 * 8 * 60}  # a day and a week of work
_LEVEL = re.compile(r"\b(high|medium|low)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\$?\s{0,3}(\d{1,7}(?:[.,]\d{1,6})?)\s{0,3}(?:\$|usd)?", re.IGNORECASE)
_DIGIT = re.compile(r"p?([0-9])", re.IGNORECASE)
_PRIORITY_BY_WORD: Mapping[str, int] = {
    "critical": 0,
    "urgent": 0,
    "highest": 0,
    "high": 2,
    "medium": 5,
    "normal": 5,
    "low": 8,
    "lowest": 9,
}


def effort(text: str) -> timedelta:
    """
    >>> effort("1.5 hours"), effort("1h 30m")
    (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=5400))
    """
    found = _SPAN.findall(text[:200])
    if not found:
        raise ValueError(f"{_quote(text)} is no span of time: write for instance 30 minutes or 1.5 hours")
    minutes = sum(float(number.replace(",", ".")) * _MINUTES[unit[0].lower()] for number, unit in found)
    return timedelta(minutes=minutes)


def autonomy(text: str) -> Autonomy:
    """
    >>> autonomy("HIGH (good for autonomous work)")
    <Autonomy.HIGH: 'high'>
    """
    found = _LEVEL.search(text[:200])
    if not found:
        raise ValueError(f"{_quote(text)} is no level of autonomy: write HIGH, MEDIUM or LOW")
    return Autonomy(found[1].lower())


def amount(text: str) -> MicroUsd:
    """
    >>> amount("$0.30"), amount("0,30 USD")
    (300000, 300000)
    """
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{_quote(text)} is no amount of dollars: write for instance 0.30")
    return usd(found[1].replace(",", "."))


def priority(text: str) -> int:
    """
    >>> priority("P1"), priority("high"), priority("3")
    (1, 2, 3)
    """
    word = text.strip(" *`").split(" ", 1)[0].casefold()
    if found := _DIGIT.fullmatch(word):
        return int(found[1])
    if word in _PRIORITY_BY_WORD:
        return _PRIORITY_BY_WORD[word]
    raise ValueError(f"{_quote(text)} is no priority: write 0 (most urgent) to 9")


def delivery(text: str) -> Delivery:
    word = text.strip(" *`").casefold()
    if word not in set(Delivery):
        raise ValueError(f"{_quote(text)} is no way of delivery: write {', '.join(Delivery)}")
    return Delivery(word)


def on_question(text: str) -> OnQuestion:
    word = text.strip(" *`").casefold()
    if word not in set(OnQuestion):
        raise ValueError(f"{_quote(text)} is nothing to do about a question: write {' or '.join(OnQuestion)}")
    return OnQuestion(word)


def provider(text: str) -> str:
    word = text.strip(" *`").casefold()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", word):
        raise ValueError(f"{_quote(text)} is no provider's name: write it as in the configuration")
    return word


def moment(zone: tzinfo) -> Callable[[str], datetime]:
    """A reader of moments: a bare date is its first instant in `zone`, a bare time of day counts there too."""

    def read(text: str) -> datetime:
        try:
            said = datetime.fromisoformat(text.strip(" *`"))
            return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{_quote(text)} is no moment: write 2026-12-01 or 2026-12-01T07:00") from error

    return read


def _quote(text: str) -> str:
    return repr(text[:60])
