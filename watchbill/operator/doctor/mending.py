"""Mending: what --fix does by itself, each step said before it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchbill.domain.errors import StateError
from watchbill.operator.doctor.checks import Entry
from watchbill.operator.doctor.findings import Fix
from watchbill.state.folder import StateFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    words: str
    why_not: str = ""  # empty when it was done


def mend(entries: Sequence[Entry], folder: StateFolder, say: Callable[[str], None]) -> list[Mended]:
    """Do every fix. Those that must not meet a daemon are done under the state folder's lock, or not at all."""
    fixes = [entry.found.fix for entry in entries if entry.found.fix is not None]
    now = [_try(fix, say) for fix in fixes if not fix.needs_rest]
    later = [fix for fix in fixes if fix.needs_rest]
    if not later:
        return now
    try:
        with folder.lock():
            return [*now, *(_try(fix, say) for fix in later)]
    except StateError as error:
        return [*now, *(Mended(words=fix.words, why_not=str(error)) for fix in later)]


def _try(fix: Fix, say: Callable[[str], None]) -> Mended:
    say(fix.words)
    try:
        fix.mend()
    except OSError as error:
        return Mended(words=fix.words, why_not=error.strerror or str(error))
    return Mended(words=fix.words)
