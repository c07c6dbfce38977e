"""Tables: a repository more or less in the text of watchbill.toml, everything else byte for byte as it was. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.config.lines import Path, lines_of, tables_of

_REPO = "repo"
_RECURRING = "recurring"


class NoTable(Exception):
    """The repositories are not written as [[repo]] tables, each of its own."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A table with what stands over it as its comment, up to the next one."""

    path: Path
    start: int  # the first line, from 0
    end: int  # after the last one

    @property
    def is_of_repos(self) -> bool:
        return self.path[:1] == (_REPO,)


def with_repo(text: str, table: str) -> str:
    """The text with one more [[repo]], behind the others; at the end where there is none.

    >>> with_repo('[[repo]]\\nname = "a"\\n\\n# Free.\\n[web]\\n', '[[repo]]\\nname = "b"')
    '[[repo]]\\nname = "a"\\n\\n[[repo]]\\nname = "b"\\n\\n# Free.\\n[web]\\n'
    """
    lines, newline = _split(text)
    parts = list(_parts(lines))
    of_repos = [part for part in parts if part.is_of_repos]
    place = of_repos[-1].end if of_repos else len(lines)
    before, after = _without_blank_end(lines[:place]), lines[place:]
    middle = ([""] if before else []) + table.split("\n") + [""]
    return newline.join([*before, *middle, *(after if any(after) else [])])


def with_owner(text: str, line: str) -> str:
    """The text with `line` in each [[recurring]] that names no repository: while there was only one, it was that one's.

    >>> with_owner('[[recurring]]\\nname = "a"\\n', 'repo = "novel"')
    '[[recurring]]\\nrepo = "novel"\\nname = "a"\\n'
    """
    lines, newline = _split(text)
    whole = "\n".join(lines)
    named = lines_of(whole)
    headers = {path: at for at, path in tables_of(whole).items()}
    entries = [path for path in headers if path[:-1] == (_RECURRING,)]
    nobodys = {headers[path] for path in entries if (*path, _REPO) not in named}
    return newline.join(
        said for at, kept in enumerate(lines, 1) for said in ([kept, line] if at in nobodys else [kept])
    )


def without_repo(text: str, number: int) -> str:
    """The text without the [[repo]] of this number, from 0, and without its comments and the tables below it. Raises NoTable.

    >>> without_repo('[[repo]]\\nname = "a"\\n\\n[[repo]]\\nname = "b"\\n[repo.gates]\\n\\n[web]\\n', 1)
    '[[repo]]\\nname = "a"\\n\\n[web]\\n'
    """
    lines, newline = _split(text)
    gone = [part for part in _parts(lines) if part.path[:2] == (_REPO, number)]
    if not gone:
        raise NoTable
    kept = [line for at, line in enumerate(lines) if not any(part.start <= at < part.end for part in gone)]
    at_end = gone[-1].end == len(lines)
    return newline.join([*_without_blank_end(kept), ""] if at_end else kept)


def _split(text: str) -> tuple[list[str], str]:
    newline = "\r\n" if 0 < text.count("\n") == text.count("\r\n") else "\n"
    return text.split(newline), newline


def _without_blank_end(lines: list[str]) -> list[str]:
    kept = len(lines)
    while kept and not lines[kept - 1].strip():
        kept -= 1
    return lines[:kept]


def _parts(lines: list[str]) -> Iterator[_Part]:
    """Every table of the text in its order. Comments right above a header, with no empty line between, are the table's."""
    tables = tables_of("\n".join(lines))
    starts = [_head(lines, line - 1) for line in tables]
    for path, start, end in zip(tables.values(), starts, [*starts, len(lines)][1:], strict=True):
        yield _Part(path, start, end)


def _head(lines: list[str], header: int) -> int:
    start = header
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start
