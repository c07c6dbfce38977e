"""Looking apart: gates whose parser may crash, hang or take a long time read files in a process that can be killed.

Run as a program it reads one JSON object a line (gate, path, data in base64) and answers each with a line of findings, in order. So
whoever started it knows which file it died of.
"""

import base64
import json
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Gate, Tree
from watchbill.gates import plugins
from watchbill.gates.source import FileGate, MemoryTree

IN_PROCESS_BYTES = (
    64 << 10
)  # a bigger file is read apart by every gate of single files: one parser takes a second for 300 KB
MOST_BYTES = 8 << 20  # nobody reads more
MOST_FINDINGS = 20  # of one file by one gate
ANSWER_BYTES = (
    400_000  # after these it stops, and is asked for the rest: what starts programs keeps only so much of their words
)
SECONDS = 30
MEMORY_BYTES = 3 << 30
HARD = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file for one gate."""

    gate: str
    path: str
    data: bytes


def goes_apart(gate: Gate, path: str, trees: Sequence[Tree]) -> bool:
    """Whether it does in any of these trees: base and head are looked at in one way, or debt would seem new."""
    if getattr(gate, "isolated", False):
        return True
    return isinstance(gate, FileGate) and not gate.linear and _biggest(path, trees) > IN_PROCESS_BYTES


def _biggest(path: str, trees: Sequence[Tree]) -> int:
    return max(_size(tree, path) for tree in trees)


def _size(tree: Tree, path: str) -> int:
    try:
        return len(tree.read(path))
    except KeyError:
        return 0


def pieces(gates: Sequence[Gate], tree: Tree, paths: Sequence[str], beside: Sequence[Tree] = ()) -> list[Piece]:
    """What of these paths is to be looked at apart, in the order of the gates. `beside` are trees that it is compared with."""
    trees = (tree, *beside)
    return [
        Piece(gate=gate.name, path=path, data=_data(tree, path))
        for gate in gates
        for path in paths
        if gate.applies(path) and goes_apart(gate, path, trees)
    ]


def _data(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path)[: MOST_BYTES + 1]
    except KeyError:
        return b""  # no regular file: said elsewhere


def too_hard(piece: Piece, why: str) -> Finding:
    """Said of a file whose parser was killed by it: not known to be good, so not let pass."""
    told = f"could not be checked: its parser {why}; write it simpler, or split it"
    return Finding(gate=piece.gate, rule=HARD, path=piece.path, line=0, message=told)


def asked(todo: Sequence[Piece]) -> bytes:
    lines = ({"gate": one.gate, "path": one.path, "data": base64.b64encode(one.data).decode()} for one in todo)
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def answered(todo: Sequence[Piece], said: str) -> list[list[Finding]]:
    """The findings of each piece that was answered, in order; fewer than asked where the program ended before."""
    told = []
    for piece, line in zip(todo, said.split("\n"), strict=False):
        try:
            found = json.loads(line)
        except json.JSONDecodeError:
            break
        told.append([_finding(piece, one) for one in found])
    return told


def _finding(piece: Piece, said: dict[str, Any]) -> Finding:
    severity = Severity(said["severity"])
    return Finding(
        gate=piece.gate,
        path=piece.path,
        rule=said["rule"],
        line=said["line"],
        message=said["message"],
        text=said["text"],
        severity=severity,
    )


def _answer(said: dict[str, str]) -> list[dict[str, Any]]:
    gate = plugins.load(said["gate"])
    path, data = said["path"], base64.b64decode(said["data"])
    if len(data) > MOST_BYTES:
        return [
            _told("too-big", 0, f"has more than {MOST_BYTES} bytes: such files are not checked; split it", "", "error")
        ]
    found = gate.check(MemoryTree({path: data}), [path])[:MOST_FINDINGS]
    return [_told(one.rule, one.line, one.message, one.text, one.severity) for one in found]


def _told(rule: str, line: int, message: str, text: str, severity: str) -> dict[str, Any]:
    return {"rule": rule, "line": line, "message": message, "text": text, "severity": severity}


def _serve(lines: Iterator[str]) -> None:
    room = ANSWER_BYTES
    for line in lines:
        if room < 0:
            return
        answer = json.dumps(_answer(json.loads(line)))
        room -= len(answer)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with suppress(ValueError, OSError):  # not every system has each of them
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _serve(iter(sys.stdin))
