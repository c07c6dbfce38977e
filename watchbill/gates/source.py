"""One file under a gate's eyes: its bytes, its lines, and findings that quote them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Tree

UNCHECKED = "not-checked"
QUOTE_LIMIT = 300  # characters of a line that a finding carries; minified files have one line of megabytes


@dataclass(frozen=True, kw_only=True)
class Source:
    gate: str
    path: str
    data: bytes

    @cached_property
    def text(self) -> str:
        """Decoded as UTF-8 without its byte order mark; what is not UTF-8 is replaced."""
        return self.data.decode("utf-8", errors="replace").removeprefix("\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """Split at line feeds only: str.splitlines also splits at form feeds and U+2028, which shifts line numbers."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    @property
    def folders(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts[:-1]

    def finding(self, rule: str, line: int, message: str, *, severity: Severity = Severity.ERROR) -> Finding:
        line = min(max(line, 0), len(self.lines))
        quoted = self.lines[line - 1].strip()[:QUOTE_LIMIT] if line else ""
        return Finding(
            gate=self.gate, rule=rule, path=self.path, line=line, message=message, text=quoted, severity=severity
        )


@dataclass(slots=True, kw_only=True)  # not frozen: the Gate port has a plain attribute `name`
class FileGate:
    """A gate that looks at one file at a time, chosen by its suffix."""

    name: str
    suffixes: frozenset[str]  # lower case, with the dot
    look: Callable[[Source], Iterable[Finding]]
    names: frozenset[str] = frozenset()  # files of these names too, lower case
    linear: bool = False  # its time grows with the file only, whatever stands there: no file is too big for it
    isolated: bool = False  # its parser is no safe one, or a slow one: it looks in a process that can be killed
    lacks: Callable[[], str] = lambda: ""  # what has to be installed before it can look; "" when nothing is missing

    def applies(self, path: str) -> bool:
        name = PurePosixPath(path.lower())
        return name.suffix in self.suffixes or name.name in self.names

    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        missing = self.lacks()
        look = self.look if not missing else lambda source: [unchecked(source, missing)]
        return [
            finding
            for path in paths
            if self.applies(path) and (source := open_source(self.name, tree, path)) is not None
            for finding in look(source)
        ]


class MemoryTree:
    """A tree of files that are in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        return self._files[path]


def unchecked(source: Source, why: str) -> Finding:
    """Said instead of a judgement, so that nobody takes a file for checked that was not."""
    return source.finding(UNCHECKED, 0, f"was not checked: {why}", severity=Severity.WARNING)


def open_source(gate: str, tree: Tree, path: str) -> Source | None:
    """The file, or None when the tree has no such regular file (a deleted path has nothing to check)."""
    try:
        return Source(gate=gate, path=path, data=tree.read(path))
    except KeyError:
        return None
