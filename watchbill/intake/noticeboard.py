"""The notice board: the one marked section of a repository's hand-off file that the daemon keeps. Pure text.

Everything outside the markers stays as it is, to the byte. A file whose markers are not exactly one pair is left alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

BEGIN = "<!-- watchbill: kept by the daemon, edits in here are replaced -->"
END = "<!-- watchbill: end -->"
_TITLE = 120  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    task: str
    title: str
    provider: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    task: str
    title: str
    priority: int
    note: str  # what the last run left, or why it waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    task: str
    title: str
    provider: str
    state: str
    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    title: str
    task: str
    answer: str  # "" while it is open


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is told. It holds no moment of looking, so that it changes only when something did."""

    counts: Sequence[tuple[str, int]]  # tasks by state
    running: Sequence[Running] = ()
    coming: Sequence[Next] = ()
    history: Sequence[Past] = ()  # the latest first
    questions: Sequence[Question] = ()


class Unusable(Exception):
    """The file's markers are not one pair."""


def put(text: str, board: Board) -> str:
    """The file with the board in its section; a file without one gets it at its end. Raises Unusable."""
    newline = "\r\n" if "\r\n" in text else "\n"
    section = newline.join((BEGIN, *_lines(board), END))
    begins, ends = _places(text, BEGIN), _places(text, END)
    if not begins and not ends:
        gap = "" if not text else newline if text.endswith("\n") else 2 * newline
        return f"{text}{gap}{section}{newline}"
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise Unusable(f"{len(begins)} times {BEGIN} and {len(ends)} times {END}: one pair is wanted, in this order")
    return f"{text[: begins[0]]}{section}{text[ends[0] + len(END) :]}"


def _places(text: str, marker: str) -> list[int]:
    """Where a marker stands alone on its line."""
    return [found.start() for found in re.finditer(rf"(?m)^{re.escape(marker)}(?=\r?$)", text)]


def _lines(board: Board) -> list[str]:
    return [
        "",
        "## Hand-off",
        "",
        "### Status",
        "",
        f"- tasks: {' · '.join(f'{state} {count}' for state, count in board.counts) or 'none'}",
        *(
            f"- {_named(one.task, one.title)} is in work on {one.provider} since {_at(one.since)}"
            for one in board.running
        ),
        "",
        "### Next tasks",
        "",
        *(
            _or_none(
                [f"- {_named(one.task, one.title)}, priority {one.priority}{_noted(one.note)}" for one in board.coming]
            )
        ),
        "",
        "### History",
        "",
        *(
            _or_none(
                [
                    f"- {_at(one.at)}: {_named(one.task, one.title)} on {one.provider}: {one.state}{_noted(one.why)}"
                    for one in board.history
                ]
            )
        ),
        "",
        "### Questions",
        "",
        *(_or_none([_question(one) for one in board.questions])),
        "",
    ]


def _or_none(lines: list[str]) -> list[str]:
    return lines or ["- none"]


def _question(one: Question) -> str:
    answer = f"answered: {_plain(one.answer)}" if one.answer else "open"
    return f"- {one.id} of {one.task}, {_plain(one.title)}: {answer}"


def _named(task: str, title: str) -> str:
    return f"{task} ({_plain(title)})"


def _noted(note: str) -> str:
    return f": {_plain(note)}" if note.strip() else ""


def _plain(text: str) -> str:
    """On one line, short, and with nothing that could be taken for a marker."""
    flat = " ".join(text.split()).replace("<!--", "<! --").replace("-->", "-- >")
    return flat if len(flat) <= _TITLE else f"{flat[: _TITLE - 1]}…"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
