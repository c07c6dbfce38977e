"""INI: sections are closed, every other line is a key, and files that Python's tools read have no key twice."""

import configparser
from collections.abc import Iterator
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding, Severity
from watchbill.gates.source import FileGate, Source

# Python's configparser reads these, and refuses a section or key that is there twice, a key without a value or without a section;
# elsewhere a key that is there twice may mean a list.
READ_BY_PYTHON = frozenset({"setup.cfg", "tox.ini", "pytest.ini", "mypy.ini", "alembic.ini", ".coveragerc", ".flake8"})
NO_VALUE = "is no key with a value: write it as key = value, and indent a line that goes on"
PRELUDE = "[watchbill.prelude]\n"  # one line in front, for keys above the first section, as .editorconfig has them


def look(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, start=1):
        if line.startswith("[") and "]" not in line:
            yield source.finding("syntax", number, "the name of a section is not closed by ]")
    python = PurePosixPath(source.path).name.lower() in READ_BY_PYTHON
    severity = Severity.ERROR if python else Severity.WARNING
    try:
        configparser.RawConfigParser(strict=True, allow_no_value=not python).read_string(PRELUDE + source.text)
    except configparser.DuplicateSectionError as error:
        told = f"section [{error.section}] is there twice"
        yield source.finding("duplicate-section", _line(error.lineno), told, severity=severity)
    except configparser.DuplicateOptionError as error:
        told = f"key {error.option} is there twice in [{error.section}]"
        yield source.finding("duplicate-key", _line(error.lineno), told, severity=severity)
    except configparser.ParsingError as error:
        for number, _ in error.errors:
            yield source.finding("syntax", _line(number), NO_VALUE if python else "is no key, with or without a value")
    except AttributeError:  # the parser's own mistake, in Python 3.11 to 3.13
        told = "a line is indented below a key that has no value"
        yield source.finding("syntax", 0, told, severity=severity)
    if python and (number := _above_sections(source)):
        yield source.finding(
            "syntax", number, "stands above the first [section]: the programs that read this file refuse it"
        )


def _above_sections(source: Source) -> int:
    """The line of a key that belongs to no section; 0 where there is none."""
    for number, line in enumerate(source.lines, start=1):
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            return 0 if line.startswith("[") else number
    return 0


def _line(number: int | None) -> int:
    return (number or 1) - 1


GATE = FileGate(
    name="ini",
    suffixes=frozenset({".ini", ".cfg"}),
    names=frozenset({".editorconfig", ".coveragerc", ".flake8"}),
    look=look,
)
