"""Results: what was measured, against what it was aimed at, and how that is printed."""

import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Better(StrEnum):
    LESS = "≤"
    MORE = "≥"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measured number. `samples` are repetitions in the same run, at least one."""

    what: str
    unit: str
    samples: Sequence[float]
    aim: float | None = None
    better: Better = Better.LESS
    bound_by: str = ""  # what makes it that long, from profiles; printed where the aim is missed

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def ratio(self) -> float | None:
        """How many times better than the aim: 1 or more meets it. None without an aim."""
        if self.aim is None:
            return None
        if self.better is Better.MORE:
            return self.median / self.aim
        return self.aim / self.median if self.median else float("inf")

    @property
    def meets(self) -> bool:
        return self.ratio is None or self.ratio >= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to measure: quick shows that everything works, full is for numbers that are published."""

    quick: bool

    def of(self, quick: int, full: int) -> int:
        return quick if self.quick else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    name: str
    title: str
    how: str  # what is measured and how, for readers
    measure: Callable[[Effort], Iterator[Result | str]]  # a text is a note for the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    section: Section
    results: Sequence[Result]
    notes: Sequence[str] = ()


def number(value: float) -> str:
    """Three figures that count.

    >>> number(0.01234), number(3.14159), number(41.26), number(12345.6)
    ('0.0123', '3.14', '41.3', '12,346')
    """
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def line(result: Result) -> tuple[str, str, str, str, str]:
    """What, aim, median, span of the repetitions, ratio to the aim."""
    aim = "" if result.aim is None else f"{result.better} {number(result.aim)} {result.unit}"
    span = f"{number(min(result.samples))} to {number(max(result.samples))} ({len(result.samples)})"
    return result.what, aim, f"{number(result.median)} {result.unit}", span, _to_the_aim(result)


def _to_the_aim(result: Result) -> str:
    if result.ratio is None:
        return ""
    times = "exactly" if math.isinf(result.ratio) else f"{number(result.ratio)}x"
    return times if result.meets else f"{times} missed"


HEAD = """# How fast watchbill is, and how it keeps money

Written by `make bench`, which measures everything on one machine, other programs side by side with watchbill. Each number
is the median of its repetitions; *to the aim* is how many times better than its aim it is: 1x meets it, less misses it, and
why it is missed stands below the table. What other programs are compared on is said with each table.
"""


def document(done: Sequence[Measured], *, date: str, machine: str, before: str = "") -> str:
    """docs/benchmarks.md; of the document `before`, every section stays as it is that was not measured now."""
    sections = dict(_sections(before))
    for one in done:
        sections[one.section.title] = "\n".join(_section(one, f"Measured on {date}: {machine}."))
    return "\n".join([HEAD, *(f"{text.rstrip()}\n" for text in sections.values())])


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Title and text of each section, in their order."""
    for part in re.split("^(?=## )", text, flags=re.MULTILINE)[1:]:
        yield part.partition("\n")[0].removeprefix("## "), part


def _section(one: Measured, when: str) -> Iterator[str]:
    yield f"## {one.section.title}"
    yield ""
    yield one.section.how
    yield ""
    yield when
    yield ""
    yield "| measured | aim | median | least to most (repetitions) | to the aim |"
    yield "|---|---|---|---|---|"
    yield from (f"| {' | '.join(line(result))} |" for result in one.results)
    yield from (text for note in one.notes for text in ("", note))
    yield from (text for result in one.results if not result.meets for text in ("", _short(result)))


def _short(result: Result) -> str:
    return f"Short of its aim: **{result.what}**, {line(result)[2]}, aim {line(result)[1]}. {result.bound_by}"
