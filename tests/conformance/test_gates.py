"""Every built-in gate keeps the promises of the Gate port, whatever a file contains."""

import builtins
import random
import socket

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.gates import plugins
from watchbill.gates.choicescript.playtest import PLAY_GATE
from watchbill.gates.conformance import broken_promises
from watchbill.gates.formatting import GATE as FORMAT_GATE
from watchbill.gates.registry import builtin_gates

GATES = {gate.name: gate for gate in (*builtin_gates(), PLAY_GATE, FORMAT_GATE)}
# path, what passes, what is refused
SAMPLES = {
    "hygiene": ("docs/a.txt", b"a\n", b"<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"),
    "python": ("src/a.py", b"x = 1\n", b"def f(:\n"),
    "json": ("data/a.json", b"{}", b'{"a": }'),
    "json-lines": ("data/a.jsonl", b'{"a": 1}\n\n[2]\n', b'{"a": 1}\n{"a": }\n'),
    "yaml": ("data/a.yaml", b"a: 1\n", b"a: [1\n"),
    "toml": ("data/a.toml", b"a = 1\n", b"a = 1\na = 2\n"),
    "xml": ("data/a.svg", b"<a/>", b"<a><b></a>"),
    "ini": ("data/a.ini", b"x = 1\n[a]\ny\nz = 2\nz = 3\n", b"[a\nx = 1\n"),
    "csv": ("data/a.csv", b"a;b\n1,5;2\n", b"a,b\n1,2\n3\n4,5\n"),
    "markdown": ("docs/a.md", b"[b](b.md#b)\n", b"[b](c.md)\n"),
    "html": ("docs/a.html", b"<!doctype html><ul><li>a<li>b<br></ul><p>c", b"<div><span>a</div>"),
    "css": ("docs/a.css", b"a { color: red; &:hover { top: 0 } }\n@layer x;\n", b"a { color: red\n"),
    "shell": ("bin/a.sh", b"if true; then [[ a == !(b) ]]; fi\n", b"if true; then\n  echo\n"),
    "sql": ("db/a.sql", b"SELECT `a`, 1 FROM b;\nPRAGMA x;\n", b"SELECT * FROM a WHERE;\n"),
    "javascript": ("web/a.js", b"export { a as null };\nconst b = c ?? <p>d</p>;\n", b"function f() {\n"),
    "typescript": ("web/a.ts", b"interface A<in out T> { a: import('b').C<T> }\n", b"let x: = 1;\n"),
    "go": ("a.go", b"package a\n", b"package a\nfunc f( {\n}\n"),
    "rust": ("a.rs", b"fn main() {}\n", b"fn main() { let x = ; }\n"),
    "java": ("A.java", b"record A(int x) {}\n", b"class A { int x = 1 }\n"),
    "ruby": ("a.rb", b"def f = 1\n", b"def f\n  1\n"),
    "php": ("a.php", b"<p><?php echo 1 ?></p>\n", b"<?php function f( { }\n"),
    "lua": ("a.lua", b"local x = 1\n", b"if x then\n"),
    "format": ("src/a.py", b"x = 1\n", b"x = 1  \ny = 2\n"),
    "choicescript-play": ("game/scenes/a.txt", b"text\n*finish\n", b"*goto nowhere\n"),
    "choicescript": ("game/scenes/a.txt", b"text\n*finish\n", b"*goto nowhere\n"),
    "lore": ("chapters/ch05.md", b"Ines's brown eyes were open.\n", b"Ines's green eyes were open.\n"),
}
PATHS = {name: path for name, (path, _, _) in SAMPLES.items()}
QUICK = sorted(
    name
    for name, gate in GATES.items()
    if not getattr(gate, "isolated", False) and gate not in (PLAY_GATE, FORMAT_GATE)
)
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
    assert len(builtin_gates()) == len(GATES) - 2  # play-testing and formatting are for whoever asks for them


def test_each_gate_is_an_entry_point() -> None:
    assert set(plugins.names()) == set(GATES)
    for name, gate in GATES.items():
        assert plugins.load(name) is gate


def test_each_gate_keeps_its_promises(gate) -> None:
    path, good, bad = SAMPLES[gate.name]

    assert list(broken_promises(gate, path, good=good, bad=bad, beside=BESIDE)) == []


@pytest.mark.parametrize("name", QUICK)
@examples(60, part=20, suppress_health_check=[HealthCheck.too_slow])
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


def test_a_gate_reads_nothing_but_the_tree(gate, monkeypatch) -> None:
    def refuse(*_args, **_kwargs):
        raise AssertionError("a gate must not reach out")

    list(gate.check(Recording(BESIDE), [PATHS[gate.name]]))  # what it imports late is there now
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(random, "random", refuse)
    path = PATHS[gate.name]
    tree = Recording({**BESIDE, path: b"*goto b\n[a](https://example.org/x)\n"})
    with monkeypatch.context() as during:
        during.setattr(builtins, "open", refuse)
        list(gate.check(tree, [path]))

    assert path in tree.was_read
