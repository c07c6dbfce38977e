"""Trees made of dictionaries, and the findings of one gate in them."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from watchbill.domain.findings import Finding
from watchbill.domain.ports import Gate

Files = Mapping[str, str | bytes]


class DictTree:
    def __init__(self, files: Files) -> None:
        self.files = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path]


@pytest.fixture
def tree() -> Callable[[Files], DictTree]:
    return DictTree


@pytest.fixture
def found() -> Callable[..., list[tuple[str, int]]]:
    """Rule and line of each finding in one path (or in all that apply)."""

    def look(gate: Gate, files: Files, *paths: str) -> list[tuple[str, int]]:
        head = DictTree(files)
        applying = [path for path in head.paths() if gate.applies(path)]
        return [(finding.rule, finding.line) for finding in gate.check(head, paths or applying)]

    return look


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(rule: str, path: str = "a.txt", text: str = "", line: int = 1) -> Finding:
        return Finding(gate="g", rule=rule, path=path, line=line, message="", text=text)

    return make
