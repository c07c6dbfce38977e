"""The conformance suite itself: a gate that breaks a promise is told which."""

import pytest

from watchbill.domain.findings import Finding
from watchbill.gates import conformance
from watchbill.gates.source import FileGate


def finding(source, **more):
    return Finding(
        **{"gate": "mine", "rule": "r", "path": source.path, "line": 1, "message": "m", "text": "bad"} | more
    )


def gate_of(look, **more):
    return FileGate(name="mine", suffixes=frozenset({".x"}), look=look, **more)


def honest(source):
    if b"bad" in source.data:
        yield finding(source, line=source.data[: source.data.index(b"bad")].count(b"\n") + 1)


class Counting:
    def __init__(self):
        self.times = 0

    def __call__(self, source):
        self.times += 1
        yield from (finding(source, message=f"m {self.times}") for _ in range(b"bad" in source.data or not source.data))


class Everywhere(FileGate):
    def check(self, tree, paths):
        return [Finding(gate="mine", rule="r", path="b.x", line=0, message="m")]


def raising(source):
    if b"\0" in source.data:
        raise ValueError("a NUL")
    return honest(source)


class Reading(FileGate):
    def check(self, tree, paths):
        return [one for path in paths for one in honest(type("S", (), {"path": path, "data": tree.read(path)}))]


def promises(gate, path="a.x"):
    return list(conformance.broken_promises(gate, path, good=b"good", bad=b"bad\n"))


def test_an_honest_gate_breaks_none() -> None:
    assert promises(gate_of(honest)) == []


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        (gate_of(lambda source: [finding(source)]), "it refuses what it should let pass: m"),
        (gate_of(lambda source: []), "it lets pass what it should refuse"),
        (gate_of(lambda source: [finding(source, gate="g", path="p")]), "a finding names g and p, not mine and a.x"),
        (gate_of(lambda source: [finding(source, rule="")]), "a finding has no rule or no message"),
        (gate_of(lambda source: [finding(source, line=99)]), "a finding names line 99 of 2"),
        (
            gate_of(lambda source: [finding(source, text=str(len(source.data)))]),
            "it blames a change for what the base has two lines above: m",
        ),
        (gate_of(raising), "it raises ValueError for NUL bytes: a NUL"),
        (gate_of(Counting()), "it says something else the second time for empty"),
        (Everywhere(name="mine", suffixes=frozenset({".x"}), look=honest), "although it was asked for no path"),
        (Everywhere(name="mine", suffixes=frozenset({".x"}), look=honest), "a path that the tree does not have"),
        (Everywhere(name="mine", suffixes=frozenset({".x"}), look=honest), "it was asked for a.x and speaks of b.x"),
        (Reading(name="mine", suffixes=frozenset({".x"}), look=honest), "it raises KeyError for a path"),
        (gate_of(honest, names=frozenset()), "mine does not apply to a.y"),
    ],
)
def test_each_broken_promise_is_told(gate, told) -> None:
    path = "a.y" if "a.y" in told else "a.x"

    assert [words for words in promises(gate, path) if told in words]


def test_a_gate_that_takes_long_is_told(monkeypatch) -> None:
    monkeypatch.setattr(conformance, "PATIENCE", -1.0)

    assert any("takes more than" in words for words in promises(gate_of(honest)))
