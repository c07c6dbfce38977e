"""Python, JSON, YAML, TOML, XML and text hygiene: what they refuse, at which line, and what they let pass."""

import warnings

import pytest

from watchbill.gates import hygiene, json, python, toml, xml, yaml


@pytest.mark.parametrize(
    ("gate", "path", "data", "expected"),
    [
        (python.GATE, "a.py", "x = 1\ndef f(:\n    pass\n", [("syntax", 2)]),
        (python.GATE, "a.py", "return 1\n", [("syntax", 1)]),
        (python.GATE, "a.py", b"# -*- coding: klingon -*-\n", [("syntax", 1)]),
        (python.GATE, "a.py", b"x = 1\0\n", [("syntax", 1)]),
        (python.GATE, "a.py", "x = 1" + " + 1" * 20_000, [("syntax", 0)]),
        (python.GATE, "a.py", "(" * 100_000, [("syntax", 1)]),
        (python.GATE, "a.py", b"x = '\xff'\n", [("syntax", 1)]),
        (json.GATE, "a.json", '{"a": 1,\n "b": }\n', [("syntax", 2)]),
        (json.GATE, "a.json", '{"a": 1,\n "\\u0061": {"a": 2}, "b": ["a", "b"]}\n', [("duplicate-key", 2)]),
        (json.GATE, "a.json", "[1,\n NaN, -Infinity,\n Infinity]", [("not-a-number", n) for n in (2, 2, 3)]),
        (json.GATE, "a.json", "", [("syntax", 1)]),
        (json.GATE, "a.json", b'"\xff"', [("encoding", 0)]),
        (json.GATE, "a.json", "[" * 100_000, [("syntax", 0)]),
        (yaml.GATE, "a.yaml", "a: 1\nb: [1\n", [("syntax", 3)]),
        (
            yaml.GATE,
            "a.yaml",
            "a: 1\n---\nb: 1\nc:\n  - {d: 1, d: 2}\nb: 2\n",
            [("duplicate-key", 6), ("duplicate-key", 5)],
        ),
        (yaml.GATE, "a.yaml", "a: \x07\n", [("syntax", 0)]),
        (yaml.GATE, "a.yaml", 'a: "\\U99999999"\n', [("syntax", 0)]),
        (yaml.GATE, "a.yaml", b"a: \xff\n", [("encoding", 0)]),
        (yaml.GATE, "a.yaml", "[" * 1_000, [("syntax", 0)]),
        (toml.GATE, "a.toml", "a = 1\na = 2\n", [("syntax", 2)]),
        (toml.GATE, "a.toml", "a = 1\nb = [1,\n", [("syntax", 2)]),
        (toml.GATE, "a.toml", b"a = '\xff'\n", [("encoding", 0)]),
        (toml.GATE, "a.toml", "a = " + "[" * 100_000, [("syntax", 0)]),
        (xml.GATE, "a.svg", "<a>\n<b></a>\n", [("syntax", 2)]),
        (xml.GATE, "a.xml", '<!DOCTYPE a [\n<!ENTITY b "bb">]>\n<a>&b;</a>\n', [("entity", 2)]),
        (xml.GATE, "a.xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n<a>&b;</a>\n', [("entity", 1)]),
        (xml.GATE, "a.xml", b'<?xml version="1.0" encoding="klingon"?><a/>', [("encoding", 1)]),
        (hygiene.GATE, "a.c", "x\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", [("conflict-marker", 2)]),
        (hygiene.GATE, "a.txt", b"a\nb\0c\n", [("nul-byte", 2)]),
        (hygiene.GATE, "a.md", b"a\nb\xff\n", [("encoding", 2)]),
    ],
)
def test_gate_refuses(found, gate, path, data, expected) -> None:
    assert found(gate, {path: data}) == expected


@pytest.mark.parametrize(
    ("gate", "path", "data"),
    [
        (python.GATE, "a.py", "x = 1 is 1\ny = '\\d'\n"),  # a SyntaxWarning is advice
        (python.GATE, "a.py", b"# -*- coding: latin-1 -*-\nx = '\xff'\n"),
        (json.GATE, "a.json", b'\xef\xbb\xbf{"a": "NaN {\\" ]", "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}'),
        (json.GATE, "tsconfig.json", "{ /* comment */ }"),
        (json.GATE, ".vscode/settings.json", "{ // comment\n}"),
        (yaml.GATE, "a.yml", "a: !vault secret\n---\na: &x {<<: 1, <<: 2}\nb: [*x, *x]\n"),
        (yaml.GATE, "a.yml", "&a [*a]\n"),
        (yaml.GATE, "a.yml", ""),
        (yaml.GATE, "chart/templates/a.yaml", "{{- if .Values.x }}\na: 1\n{{ end }}\n"),
        (toml.GATE, "a.toml", "[a]\nb = 1\n"),
        (xml.GATE, "a.xml", "<!DOCTYPE html>\n<html/>\n"),
        (hygiene.GATE, "a.rst", "Title\n=======\n\n<<<<<<< no end\n"),
        (hygiene.GATE, "a.md", "```\n<<<<<<< ours\n=======\n>>>>>>> theirs\n```\n"),
        (hygiene.GATE, "a.txt", "\ufeffUTF-16".encode("utf-16")),
        (hygiene.GATE, "a.py", b"# -*- coding: latin-1 -*-\n# \xff\n"),
    ],
)
def test_gate_lets_pass(found, gate, path, data) -> None:
    assert found(gate, {path: data}) == []


def test_python_warnings_stay_advice_where_warnings_are_errors(found) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert found(python.GATE, {"a.py": "x = '\\d'\n"}) == []


def test_a_path_that_the_tree_has_not_brings_nothing(found) -> None:
    assert found(python.GATE, {}, "gone.py") == []


def test_an_alias_bomb_is_not_expanded(found) -> None:
    levels = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(30))

    assert found(yaml.GATE, {"bomb.yaml": "l0: &l0 [x]\n" + levels}) == []


def test_a_finding_quotes_its_line_shortened(tree) -> None:
    (finding,) = json.GATE.check(tree({"a.json": "  [1, " + "2, " * 1000}), ["a.json"])

    assert finding.text.startswith("[1, 2,")
    assert len(finding.text) == 300


def test_lines_are_split_at_line_feeds_only(found) -> None:
    assert found(json.GATE, {"a.json": '["\u2028\u0085",\n x]'}) == [("syntax", 2)]
