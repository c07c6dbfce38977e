"""CSV and TSV: quotation marks are closed, and every record has as many fields as the first."""

import csv
from collections.abc import Iterator
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

DELIMITERS = ",;\t|"
MOST_RAGGED = 0.1  # of the records; where more differ, the file is a list of lists, not a table
FIELD_CHARACTERS = 1 << 24  # the parser's own limit is 128 KiB a field


def look(source: Source) -> Iterator[Finding]:
    csv.field_size_limit(FIELD_CHARACTERS)
    reader = csv.reader(source.text.splitlines(keepends=True), delimiter=_delimiter(source), strict=True)
    sizes: list[tuple[int, int]] = []
    last = 0
    try:
        for record in reader:
            if record:
                sizes.append((last + 1, len(record)))
            last = reader.line_num
    except csv.Error as error:
        yield source.finding("syntax", last + 1, f"the record that begins here cannot be read: {error}")
        return
    yield from _ragged(source, sizes)


def _delimiter(source: Source) -> str:
    if PurePosixPath(source.path).suffix.lower() == ".tsv":
        return "\t"
    first = source.lines[0]
    return max(DELIMITERS, key=first.count)


def _ragged(source: Source, sizes: list[tuple[int, int]]) -> Iterator[Finding]:
    wanted = sizes[0][1] if sizes else 0
    odd = [(line, size) for line, size in sizes if size != wanted]
    if wanted < 2 or len(odd) > max(1, len(sizes) * MOST_RAGGED):  # noqa: PLR2004 - one field is no table
        return
    for line, size in odd:
        yield source.finding("columns", line, f"has {size} fields where the first record has {wanted}")


GATE = FileGate(name="csv", suffixes=frozenset({".csv", ".tsv"}), look=look)
