"""TOML: every file reads."""

import re
import tomllib
from collections.abc import Iterator

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

PLACE = re.compile(r"\(at line (\d+), column \d+\)$")  # tomllib says the place only in its message


def look(source: Source) -> Iterator[Finding]:
    try:
        tomllib.loads(source.data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield source.finding("encoding", 0, "not UTF-8: TOML has no other encoding")
    except tomllib.TOMLDecodeError as error:
        yield source.finding("syntax", _line(source, str(error)), str(error))
    except (ValueError, RecursionError) as error:
        yield source.finding("syntax", 0, f"cannot be read: {error}")


def _line(source: Source, message: str) -> int:
    place = PLACE.search(message)
    return int(place.group(1)) if place else len(source.text.rstrip("\n").split("\n"))


GATE = FileGate(name="toml", suffixes=frozenset({".toml"}), look=look)
