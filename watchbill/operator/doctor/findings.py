"""Findings of the doctor: a verdict on one thing, what was seen, and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"  # it works, or the rest does
    FAIL = "fail"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What --fix may do by itself: it loses nothing, and doing it twice is as once."""

    words: str  # what will be done, said before it is
    mend: Callable[[], None]  # raises OSError
    needs_rest: bool = True  # only while no daemon holds the state folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    verdict: Verdict
    words: str
    subject: str = ""  # which of several
    mend: str = ""  # what a person does about it
    fix: Fix | None = None


def ok(words: str, *, subject: str = "") -> Found:
    return Found(verdict=Verdict.OK, words=words, subject=subject)


def warn(words: str, mend: str, *, subject: str = "", fix: Fix | None = None) -> Found:
    return Found(verdict=Verdict.WARN, words=words, subject=subject, mend=mend, fix=fix)


def fail(words: str, mend: str, *, subject: str = "") -> Found:
    return Found(verdict=Verdict.FAIL, words=words, subject=subject, mend=mend)


def unchecked(words: str, mend: str = "", *, subject: str = "") -> Found:
    return Found(verdict=Verdict.UNCHECKED, words=words, subject=subject, mend=mend)
