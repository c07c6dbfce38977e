"""The sieve: the one filter syntax of every list, on pages, in the API and on the command line. Pure.

    state:ready type:polish provider:claude repo:novel age:>2d "salt market" -file:lore/

Terms are joined by "and"; a comma in a value means "or"; a minus before a term means "not"; other words are looked for in ids,
titles and files, case does not count. Quotes keep a word whole.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from watchbill.config.problems import did_you_mean
from watchbill.domain.events import EVENT_BY_NAME
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import BadQuestion
from watchbill.scheduling.decisions import Reason

HELP = 'state:ready type:polish provider:claude repo:novel age:>2d priority:<=2 file:lore/ reason:budget* text "two words" -not'
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AMOUNT = re.compile(r"(<=|>=|<|>|)(\d{1,9})([mhdw]?)")
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "": operator.eq,
}
_TERM = re.compile(r'(-?)(?:([a-z]+):)?("[^"]*"|[^\s"]*)(?:\s+|$)')
_LONGEST = 500  # characters: a person types it
_MANY = timedelta(days=36_500)

OF_TASKS = ("state", "type", "provider", "repo", "reason", "age", "priority", "file")
OF_RUNS = ("state", "type", "provider", "repo", "task", "model", "age")
OF_EVENTS = ("kind", "level", "task", "run", "provider", "repo", "age")

SPOKEN = ("all", "open", "done", "blocked", "ready", "held")  # what people call a task's state beside the stored word
_KNOWN: Mapping[tuple[str, ...], Mapping[str, Collection[str]]] = {  # keys whose words are all known
    OF_TASKS: {"state": (*TaskState, *SPOKEN), "reason": tuple(Reason)},
    OF_RUNS: {"state": tuple(RunState)},
    OF_EVENTS: {"kind": tuple(EVENT_BY_NAME), "level": ("debug", "info", "warning", "error")},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a list's row says to a filter. Under a key it may go by several names: a task is queued and ready."""

    names: Mapping[str, frozenset[str]]
    age: timedelta = timedelta()
    priority: int = 0
    files: tuple[str, ...] = ()
    text: str = ""


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    text: str  # as it was written
    tests: tuple[Test, ...]
    names_states: bool  # else a list shows those states that it shows by itself

    def lets_through(self, subject: Subject) -> bool:
        return all(test(subject) for test in self.tests)


def parse(text: str, keys: tuple[str, ...]) -> Sieve:
    """A filter of a list that knows these keys. Raises BadQuestion, which names the term and what may stand there."""
    if len(text) > _LONGEST:
        raise BadQuestion(f"a filter has at most {_LONGEST} characters")
    terms = list(_terms(text))
    for _, key, value in terms:
        if key and key not in keys:
            raise BadQuestion(f"this filter has no key {key!r}: there are {', '.join(keys)}. Quote it to look for it")
        if known := _KNOWN.get(keys, {}).get(key):
            check_known(key, value, known)
    return Sieve(
        text=text.strip(),
        tests=tuple(_negated(_test(key, value)) if negated else _test(key, value) for negated, key, value in terms),
        names_states=any(key == "state" for _, key, _ in terms),
    )


def check_known(key: str, value: str, known: Collection[str]) -> None:
    """Raises BadQuestion for a word that nothing is ever called, lest a misspelt one find nothing for ever."""
    for pattern in filter(None, value.split(",")):
        if not any(fnmatchcase(word, pattern.casefold()) for word in known):
            guess = did_you_mean(pattern, known) or f"There are {', '.join(known)}"
            raise BadQuestion(f"{key}:{pattern} fits nothing, ever. {guess}")


def _terms(text: str) -> Iterator[tuple[bool, str, str]]:
    """Whether it is negated, its key ("" for a plain word), its value."""
    place, text = 0, text.strip()
    while place < len(text):
        found = _TERM.match(text, place)
        if found is None:
            raise BadQuestion(f"the filter cannot be read from {text[place:]!r} on: a quotation mark has no second one")
        minus, key, value = found.groups()
        value = value.strip('"')
        if not value:
            raise BadQuestion(f"the filter says {found.group().strip()!r} and nothing after it: write {HELP}")
        yield bool(minus), key or "", value
        place = found.end()


def _negated(test: Test) -> Test:
    return lambda subject: not test(subject)


def _test(key: str, value: str) -> Test:
    if key == "":
        return lambda subject: value.casefold() in subject.text.casefold()
    if key == "age":
        return _age(value)
    if key == "priority":
        return _priority(value)
    if key == "file":
        wanted = value.casefold()
        return lambda subject: any(wanted in file.casefold() for file in subject.files)
    patterns = [pattern.casefold() for pattern in value.split(",") if pattern]
    return lambda subject: any(
        fnmatchcase(name.casefold(), pattern) for name in subject.names.get(key, ()) for pattern in patterns
    )


def _age(value: str) -> Test:
    sign, amount, unit = _amount("age", value, "age:>2d, age:<3h")
    if not unit:
        raise BadQuestion(f"age:{value} has no unit: write age:>2d, age:<3h")
    limit = min(_MANY, timedelta(**{_UNITS[unit]: min(amount, _MANY.days)}))
    if not sign:  # "2d" is a day long
        return lambda subject: limit <= subject.age < limit + timedelta(**{_UNITS[unit]: 1})
    return lambda subject: _SIGNS[sign](subject.age.total_seconds(), limit.total_seconds())


def _priority(value: str) -> Test:
    sign, amount, unit = _amount("priority", value, "priority:1, priority:<=2")
    if unit:
        raise BadQuestion(f"priority:{value} is a number: write priority:1, priority:<=2")
    return lambda subject: _SIGNS[sign](subject.priority, amount)


def _amount(key: str, value: str, example: str) -> tuple[str, int, str]:
    found = _AMOUNT.fullmatch(value)
    if found is None:
        raise BadQuestion(f"{key}:{value} is no amount: write {example}")
    sign, amount, unit = found.groups()
    return sign, int(amount), unit
