"""XML: well formed, every prefix bound, and without entity declarations, which is what bombs and file thefts are made of."""

import re
from collections.abc import Iterator
from xml.parsers import expat  # entity declarations are refused below, before any is expanded

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

SUFFIXES = frozenset(
    {
        ".xml",
        ".svg",
        ".xsd",
        ".xsl",
        ".xslt",
        ".xhtml",
        ".plist",
        ".rss",
        ".atom",
        ".wsdl",
        ".kml",
        ".gpx",
        ".xlf",
        ".xliff",
    }
    | {".opf", ".ncx", ".resx", ".xaml", ".csproj", ".fsproj", ".vbproj", ".vcxproj", ".props", ".targets", ".nuspec"}
    | {".storyboard", ".xib"}
)
DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)""")
BINARY_PLIST = b"bplist0"  # is no XML, and readers of property lists take it


class _EntityDeclared(Exception):
    """Stops the parser at the first entity declaration."""


def look(source: Source) -> Iterator[Finding]:
    if source.data.startswith(BINARY_PLIST):
        return
    try:
        yield from _read(source, source.data, None)
    except (ValueError, LookupError) as error:
        try:
            text = source.data.decode(_declared(source.data))
        except (ValueError, LookupError):
            yield source.finding("encoding", 1, f"its encoding cannot be read: {error}")
        else:
            yield from _read(source, text.encode(), "utf-8")


def _declared(data: bytes) -> str:
    """Python knows encodings of several bytes a character, which expat does not."""
    declared = DECLARED.match(data)
    return declared[1].decode() if declared else "utf-8"


def _read(source: Source, data: bytes, encoding: str | None) -> Iterator[Finding]:
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)  # expat takes its "this is all" by position only
    except _EntityDeclared:
        yield source.finding("entity", parser.CurrentLineNumber, "declares an entity; write what it stands for instead")
    except expat.ExpatError as error:
        yield source.finding("syntax", error.lineno, expat.errors.messages[error.code])


def _refuse(*_: object) -> None:
    raise _EntityDeclared


GATE = FileGate(name="xml", suffixes=SUFFIXES, look=look)
