"""Python: every file compiles as the interpreter would read it, encoding cookie included; newer spellings pass too."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import decode_source
from platform import python_version
from threading import Lock

from watchbill.domain.findings import Finding
from watchbill.gates.newer_python import NotPython, older
from watchbill.gates.source import FileGate, Source

ONE_AT_A_TIME = Lock()  # filters of warnings belong to the whole process, and gates run in threads
READER = f"Python {python_version()}"
UNREADABLE = (ValueError, OverflowError, RecursionError, MemoryError)


def look(source: Source) -> Iterator[Finding]:
    try:
        _compile(source.data)
    except SyntaxError as error:
        if not _is_newer(source.data):
            yield source.finding("syntax", error.lineno or 1, f"{error.msg}: {READER} cannot read this file")
    except UNREADABLE as error:
        why = f"{READER} cannot read this file: {type(error).__name__} {error}"
        yield source.finding("syntax", _line_of_nul(source.data), why)


def _line_of_nul(data: bytes) -> int:
    """Of the first one, which interpreters before 3.11.4 do not name; 0 where there is none."""
    before, nul, _ = data.partition(b"\0")
    return before.count(b"\n") + 1 if nul else 0


@contextmanager
def without_warnings() -> Iterator[None]:
    """A SyntaxWarning is advice: not printed, and not raised where warnings are errors."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _compile(code: bytes | str) -> None:
    """Compiled, not only parsed: `return` outside a function is found by the compiler. Nothing is run."""
    with without_warnings():
        compile(code, "<gate>", "exec", dont_inherit=True)


def _is_newer(data: bytes) -> bool:
    """Whether only the interpreter is too old: a repository may ask for a newer one than runs us."""
    try:
        _compile(older(decode_source(data)))
    except (SyntaxError, NotPython, *UNREADABLE):
        return False
    return True


GATE = FileGate(name="python", suffixes=frozenset({".py", ".pyi"}), look=look)
