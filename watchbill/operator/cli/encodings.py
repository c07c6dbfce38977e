"""Encodings: what a terminal or a pipe cannot hold is printed as its number, and not an error."""

import codecs
import io
import sys

_ESCAPED = "watchbill.escaped"


def let_through() -> None:
    """On stdout and stderr of whatever encoding; that of the environment stays, which others read by it."""
    codecs.register_error(_ESCAPED, _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """As JSON writes it, so that JSON stays JSON."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end
