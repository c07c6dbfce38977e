"""CSV and TSV: quotation marks are closed, and every record has as many fields as the first.

A quotation mark in a field may be doubled or stand behind a backslash, and in TSV it may mean itself: one reading that takes the
file is enough.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

DELIMITERS = ",;\t|"
QUOTED = re.compile(r'"(?:[^"]|"")*"')
MOST_RAGGED = 3  # one record of so many may differ; where more do, the file is a list of lists, not a table
FIELD_CHARACTERS = 1 << 24  # the parser's own limit is 128 KiB a field

Dialect = Mapping[str, Any]  # what differs from the usual one
Sizes = list[tuple[int, int]]  # line and number of fields of each record


class _Unreadable(Exception):
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def look(source: Source) -> Iterator[Finding]:
    csv.field_size_limit(FIELD_CHARACTERS)
    is_tsv = PurePosixPath(source.path).suffix.lower() == ".tsv"
    delimiter = "\t" if is_tsv else _delimiter(source)
    faults = []
    for dialect in _dialects(source, is_tsv=is_tsv):
        try:
            sizes = _sizes(source, delimiter, dialect)
        except _Unreadable as error:
            faults.append(error)
        else:
            yield from _ragged(source, sizes)
            return
    told = f"the record that begins here cannot be read: {faults[0]}; double the quotation marks inside a quoted field"
    yield source.finding("syntax", faults[0].line, told)


def _dialects(source: Source, *, is_tsv: bool) -> Iterator[Dialect]:
    yield {}
    if is_tsv:
        yield {"quoting": csv.QUOTE_NONE}
    elif '\\"' in source.text:
        yield {"doublequote": False, "escapechar": "\\"}


def _sizes(source: Source, delimiter: str, dialect: Dialect) -> Sizes:
    """Of what is no comment. Raises _Unreadable."""
    # split at line ends only, as spreadsheets do: str.splitlines also splits at form feeds and U+2028
    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True, **dialect)
    sizes: Sizes = []
    last = 0
    try:
        for record in reader:
            if record and not (len(record) == 1 and record[0].startswith("#")):
                sizes.append((last + 1, len(record)))
            last = reader.line_num
    except csv.Error as error:
        raise _Unreadable(last + 1, str(error)) from error
    return sizes


def _delimiter(source: Source) -> str:
    return max(DELIMITERS, key=QUOTED.sub("", source.lines[0]).count)


def _ragged(source: Source, sizes: Sizes) -> Iterator[Finding]:
    wanted = sizes[0][1] if sizes else 0
    odd = [(line, size) for line, size in sizes if size != wanted]
    if wanted < 2 or len(odd) > max(1, len(sizes) // MOST_RAGGED):  # noqa: PLR2004 - one field is no table
        return
    for line, size in odd:
        yield source.finding("columns", line, f"has {size} fields where the first record has {wanted}")


GATE = FileGate(name="csv", suffixes=frozenset({".csv", ".tsv"}), look=look)
