"""XML: well formed, and without entity declarations, which is what bombs and file thefts are made of."""

from collections.abc import Iterator
from xml.parsers import expat  # entity declarations are refused below, before any is expanded

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

SUFFIXES = frozenset({".xml", ".svg", ".xsd", ".xsl", ".xslt", ".xhtml", ".plist", ".rss", ".atom"})


class _EntityDeclared(Exception):
    """Stops the parser at the first entity declaration."""


def look(source: Source) -> Iterator[Finding]:
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(source.data, True)  # expat takes its "this is all" by position only
    except _EntityDeclared:
        yield source.finding("entity", parser.CurrentLineNumber, "declares an entity; write what it stands for instead")
    except expat.ExpatError as error:
        yield source.finding("syntax", error.lineno, expat.errors.messages[error.code])
    except (ValueError, LookupError) as error:
        yield source.finding("encoding", 1, f"its encoding cannot be read: {error}")


def _refuse(*_: object) -> None:
    raise _EntityDeclared


GATE = FileGate(name="xml", suffixes=SUFFIXES, look=look)
