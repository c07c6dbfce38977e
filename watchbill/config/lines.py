"""Lines: on which line of a TOML text each key stands, so that a complaint can point at it."""

import re
import tomllib
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_BLANK = re.compile(r"[ \t]*")


def lines_of(text: str) -> dict[Path, int]:
    """The 1-based line of every key, table and array item of a TOML text that tomllib accepts.

    >>> lines_of('[a]\\nb = 1\\n[[c]]\\nd = [1,\\n2]')[("c", 0, "d", 1)]
    5
    """
    walk = _Walk(text=text)
    walk.document()
    return walk.lines


def tables_of(text: str) -> dict[int, Path]:
    """The path of every table that has a header, by the header's 1-based line, in their order.

    >>> tables_of('a = 1\\n[b]\\n[[c]]\\n[[c]]\\n[c.d]')
    {2: ('b',), 3: ('c', 0), 4: ('c', 1), 5: ('c', 1, 'd')}
    """
    walk = _Walk(text=text)
    walk.document()
    return walk.tables


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the text. It trusts that the text is valid TOML."""

    text: str
    at: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    tables: dict[int, Path] = field(default_factory=dict)  # those with a header, by its line
    counts: dict[Path, int] = field(default_factory=dict)  # how many items an array of tables has so far

    def document(self) -> None:
        table: Path = ()
        self._skip(_SPACE)
        while self.at < len(self.text):
            if self._peek("[["):
                table = self._table("[[", "]]")
            elif self._peek("["):
                table = self._table("[", "]")
            else:
                self._pair(table)
            self._skip(_SPACE)

    def _table(self, opens: str, closes: str) -> Path:
        start = self.at
        self.at += len(opens)
        keys = self._keys()
        self.at += len(closes)
        path: Path = ()
        for key in keys[:-1]:
            path = self._latest((*path, key))
        path = (*path, keys[-1])
        if opens == "[[":
            self.lines.setdefault(path, self._line(start))
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
        self.lines[path] = self._line(start)
        self.tables[self._line(start)] = path
        return path

    def _latest(self, path: Path) -> Path:
        return (*path, self.counts[path]) if path in self.counts else path

    def _pair(self, table: Path) -> None:
        line = self._line(self.at)
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_BLANK)
            keys.append(self._key())
            self._skip(_BLANK)
            if not self._peek("."):
                return keys
            self.at += 1

    def _key(self) -> str:
        quoted = _STRING.match(self.text, self.at)
        if not quoted:
            return self._take(_BARE_KEY)
        self.at = quoted.end()
        key: str = tomllib.loads(f"key = {quoted.group()}")["key"]
        return key

    def _value(self, path: Path) -> None:
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline(path)
        elif _STRING.match(self.text, self.at):
            self._take(_STRING)
        else:
            self._take(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while not self._ends("]"):
            self.lines[*path, index] = self._line(self.at)
            self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while not self._ends("}"):
            self._pair(path)

    def _ends(self, closes: str) -> bool:
        """Whether the array or inline table closes here; steps over commas, white space and comments."""
        self._skip(_SPACE)
        if self._peek(","):
            self.at += 1
            self._skip(_SPACE)
        if not self._peek(closes):
            return False
        self.at += 1
        return True

    def _peek(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found, "tomllib accepted the text"
        self.at = found.end()
        return found.group()

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1
