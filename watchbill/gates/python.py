"""Python: every file compiles as the interpreter would read it, encoding cookie included."""

import warnings
from collections.abc import Iterator

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source


def look(source: Source) -> Iterator[Finding]:
    try:
        _compile(source.data)
    except SyntaxError as error:
        yield source.finding("syntax", error.lineno or 1, f"{error.msg}: Python cannot read this file")
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        yield source.finding("syntax", 0, f"Python cannot read this file: {type(error).__name__} {error}")


def _compile(data: bytes) -> None:
    """Compiled, not only parsed: `return` outside a function is found by the compiler. Nothing is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a SyntaxWarning is advice; where warnings are errors it would be raised
        compile(data, "<gate>", "exec", dont_inherit=True)


GATE = FileGate(name="python", suffixes=frozenset({".py", ".pyi"}), look=look)
