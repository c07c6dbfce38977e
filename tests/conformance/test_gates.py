"""Every built-in gate keeps the promises of the Gate port, whatever a file contains."""

import builtins
import random
import socket

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from watchbill.gates.registry import builtin_gates

GATES = {gate.name: gate for gate in builtin_gates()}
PATHS = {
    "hygiene": "docs/a.txt",
    "python": "src/a.py",
    "json": "data/a.json",
    "yaml": "data/a.yaml",
    "toml": "data/a.toml",
    "xml": "data/a.svg",
    "markdown": "docs/a.md",
    "choicescript": "game/scenes/a.txt",
    "lore": "chapters/ch05.md",
}
BESIDE = {
    "game/startup.txt": b"*title T\n*create x 1\n*scene_list\n  startup\n  a\n",
    "docs/b.md": b"# B\n[gone](gone.md)\n",
    "broken.py": b"def f(:\n",
    "canon.yaml": b"entities: [{id: a, name: Ines, attributes: {eyes: brown}}]\nspelling: [{use: b, not: [a]}]\n",
}
WORDS = [
    "*choice",
    "*fake_choice a b",
    "*if (x > 1)",
    "*if x",
    "*elseif x",
    "*else",
    "*goto a",
    "*label a",
    "*set x",
    "*set x +1",
    "*stat_chart",
    "*achievement a",
    "*scene_list",
    "*selectable_if (x) #B",
    "*hide_reuse",
    "*finish",
    "#A",
    "${x}",
    "@{x a",
    "b}",
    "@{(",
    "text",
    '*temp y "',
    "*params",
    "opposed_pair x",
    "percent",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ":",
    ",",
    '"',
    "'",
    "'''",
    "- ",
    "? ",
    "&a",
    "*a",
    "!!b",
    "<a>",
    "</a>",
    "<!ENTITY a 'b'>",
    "<!DOCTYPE a [",
    "]>",
    "&a;",
    "[a](b.md#c)",
    "![a](<b>)",
    "# H",
    "```",
    "a = ",
    "def f():",
    "return",
    "lambda",
    'f"{',
    "NaN",
    "-Infinity",
    "1e999",
    "<<<<<<< a",
    "=======",
    ">>>>>>> b",
    "[a]: b",
    "",
    " a ",
    "",
    "---",
    "",
]
LINE = st.builds(
    lambda lead, words: lead + " ".join(words), st.text(" \t", max_size=5), st.lists(st.sampled_from(WORDS), max_size=3)
)
SOMETHING_LIKE_IT = st.lists(LINE, max_size=12).map(lambda lines: "\n".join(lines).encode())
ANYTHING = st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode), SOMETHING_LIKE_IT)


class Recording:
    """A tree that remembers what was read of it."""

    def __init__(self, files):
        self.files = files
        self.was_read = []

    def paths(self):
        return sorted(self.files)

    def read(self, path):
        self.was_read.append(path)
        return self.files[path]


@pytest.fixture(params=sorted(GATES))
def gate(request):
    return GATES[request.param]


def test_each_gate_is_in_the_suite() -> None:
    assert set(PATHS) == set(GATES)
    assert len(builtin_gates()) == len(GATES)


def test_gate_applies_to_its_path(gate) -> None:
    assert gate.applies(PATHS[gate.name])


@pytest.mark.parametrize("name", sorted(GATES))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=ANYTHING)
@example(data=b"")
@example(data=b"\xff\xfe\x00")
@example(data=b"\xef\xbb\xbf*label a")
@example(data=b"(" * 3000)
@example(data=b"[" * 900)
@example(data=b"{" * 900)
@example(data=b"\n".join(b" " * n + b"*if x" for n in range(1200)))
@example(data=b"\n".join(b" " * n + b"*choice\n" + b" " * n + b" #a" for n in range(400)))
@example(data=b"*if " + b"(" * 3000)
@example(data=b"${" * 3000)
@example(data=b"> " * 2000)
def test_whatever_a_file_contains_gives_findings_that_name_their_place(name, data) -> None:
    gate, path = GATES[name], PATHS[name]
    tree = Recording({**BESIDE, path: data})

    findings = list(gate.check(tree, [path]))

    assert findings == list(gate.check(tree, [path]))
    for finding in findings:
        assert (finding.gate, finding.path) == (gate.name, path)
        assert finding.rule
        assert finding.message
        assert 0 <= finding.line <= data.count(b"\n") + 1


def test_only_the_paths_asked_for_have_findings(gate) -> None:
    tree = Recording({**BESIDE, PATHS[gate.name]: b""})

    found = {finding.path for finding in gate.check(tree, [PATHS[gate.name]])}

    assert found <= {PATHS[gate.name]}


def test_no_path_gives_no_finding(gate) -> None:
    assert list(gate.check(Recording(BESIDE), [])) == []


def test_a_gate_reads_nothing_but_the_tree(gate, monkeypatch) -> None:
    def refuse(*_args, **_kwargs):
        raise AssertionError("a gate must not reach out")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(random, "random", refuse)
    path = PATHS[gate.name]
    tree = Recording({**BESIDE, path: b"*goto b\n[a](https://example.org/x)\n"})
    with monkeypatch.context() as during:
        during.setattr(builtins, "open", refuse)
        list(gate.check(tree, [path]))

    assert path in tree.was_read
