"""What every gate promises, tried on one: for the built-in ones and for whoever writes another.

from watchbill.gates.conformance import broken_promises

def test_my_gate_keeps_its_promises():
    assert not list(broken_promises(GATE, "data/a.mine", good=b"fine", bad=b"broken"))
"""

import time
from collections.abc import Iterator, Mapping, Sequence

from watchbill.domain.findings import Finding, Severity, split_debt
from watchbill.domain.ports import Gate, Tree
from watchbill.gates.apart import IN_PROCESS_BYTES
from watchbill.gates.source import FileGate, MemoryTree

BIG = 10 << 20  # bytes
SMALL = 1_000  # bytes that are read twice: it shall say the same
PATIENCE = 60.0  # seconds for all bombs together, on a busy machine
DEEP = 1_500  # brackets inside one another: beyond what recursion bears
SHAPES: Mapping[str, bytes] = {
    "empty": b"",
    "one line feed": b"\n",
    "NUL bytes": b"a\0b\n\0",
    "no UTF-8": b"\xff\xfe\x00a\n\xc3(",
    "a byte order mark": b"\xef\xbb\xbfa = 1\n",
    "other line ends": b"a\r\nb\rc\r\n",
    "brackets": b"(" * DEEP,
    "lists": b"[" * DEEP,
    "blocks": b"{" * DEEP,
    "elements": b"<a>" * DEEP,
    "quotes": b"\"'`" * DEEP,
    "steps": b"\n".join(b" " * depth + b"- a:" for depth in range(300)),
}


def broken_promises(
    gate: Gate, path: str, *, good: bytes, bad: bytes, beside: Mapping[str, bytes] | None = None
) -> Iterator[str]:
    """Each promise of the Gate port that it breaks, in words. `bad` is a file at `path` that it refuses, `good` one that it lets
    pass, `beside` what else such a tree needs. It looks in this process, so a gate that crashes Python shows here."""
    around = dict(beside or {})
    if not gate.applies(path):
        yield f"{gate.name} does not apply to {path}"
    yield from _judges(gate, path, around, good, bad)
    yield from _bombs(gate, path, around)
    yield from _leaves_out(gate, path, around, bad)


def _judges(gate: Gate, path: str, around: Mapping[str, bytes], good: bytes, bad: bytes) -> Iterator[str]:
    passing = [one for one in _look(gate, {**around, path: good}, path) if one.severity is Severity.ERROR]
    if passing:
        yield f"it refuses what it should let pass: {passing[0].message}"
    refused = _look(gate, {**around, path: bad}, path)
    if not any(one.severity is Severity.ERROR for one in refused):
        yield "it lets pass what it should refuse"
    yield from _named(gate, path, bad, refused)
    new, _ = split_debt(refused, _look(gate, {**around, path: b"\n\n" + bad}, path))
    if new:
        yield f"it blames a change for what the base has two lines above: {new[0].message}"


def _named(gate: Gate, path: str, data: bytes, found: Sequence[Finding]) -> Iterator[str]:
    last = data.count(b"\n") + 1
    for one in found:
        if one.gate != gate.name or one.path != path:
            yield f"a finding names {one.gate} and {one.path}, not {gate.name} and {path}"
        if not one.rule or not one.message:
            yield f"a finding has no rule or no message: {one}"
        if not 0 <= one.line <= last:
            yield f"a finding names line {one.line} of {last}"


def _bombs(gate: Gate, path: str, around: Mapping[str, bytes]) -> Iterator[str]:
    began = time.monotonic()
    # single files that are bigger are read in a process that can be killed
    big = IN_PROCESS_BYTES if isinstance(gate, FileGate) or getattr(gate, "isolated", False) else BIG
    for name, data in {**SHAPES, "one long line": b"a" * big}.items():
        try:
            found = _look(gate, {**around, path: data}, path)
            again = _look(gate, {**around, path: data}, path) if len(data) < SMALL else found
        except Exception as error:  # noqa: BLE001 - that is what is asked
            yield f"it raises {type(error).__name__} for {name}: {error}"
            continue
        if found != again:
            yield f"it says something else the second time for {name}"
        yield from _named(gate, path, data, found)
    if time.monotonic() - began > PATIENCE:
        yield f"it takes more than {PATIENCE} s for files that were made to be hard"


def _leaves_out(gate: Gate, path: str, around: Mapping[str, bytes], bad: bytes) -> Iterator[str]:
    files = {**around, path: bad}
    if list(gate.check(MemoryTree(files), [])):
        yield "it finds something although it was asked for no path"
    try:
        if list(gate.check(MemoryTree(around), [path])) and path not in around:
            yield "it finds something in a path that the tree does not have"
    except Exception as error:  # noqa: BLE001 - that is what is asked
        yield f"it raises {type(error).__name__} for a path that the tree does not have (a symbolic link is none)"
    elsewhere = [one.path for one in _look(gate, files, path) if one.path != path]
    if elsewhere:
        yield f"it was asked for {path} and speaks of {elsewhere[0]}"


def _look(gate: Gate, files: Mapping[str, bytes], path: str) -> list[Finding]:
    tree: Tree = MemoryTree(files)
    return list(gate.check(tree, [path]))
