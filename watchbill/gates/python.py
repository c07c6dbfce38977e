"""Python: every file compiles as the interpreter would read it, encoding cookie included."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

ONE_AT_A_TIME = Lock()  # filters of warnings belong to the whole process, and gates run in threads


def look(source: Source) -> Iterator[Finding]:
    try:
        _compile(source.data)
    except SyntaxError as error:
        yield source.finding("syntax", error.lineno or 1, f"{error.msg}: Python cannot read this file")
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        yield source.finding("syntax", 0, f"Python cannot read this file: {type(error).__name__} {error}")


@contextmanager
def without_warnings() -> Iterator[None]:
    """A SyntaxWarning is advice: not printed, and not raised where warnings are errors."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _compile(data: bytes) -> None:
    """Compiled, not only parsed: `return` outside a function is found by the compiler. Nothing is run."""
    with without_warnings():
        compile(data, "<gate>", "exec", dont_inherit=True)


GATE = FileGate(name="python", suffixes=frozenset({".py", ".pyi"}), look=look)
