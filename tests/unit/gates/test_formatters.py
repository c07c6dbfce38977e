"""Formatters: they change how a file is written, never what it means."""

import ast
import json
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from watchbill.gates.formatters import format_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
MESSY = st.text(alphabet="ab:='\"#{}[],|>- \t\r\n", max_size=60)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.md", "two  \nlines  ", "two  \nlines  \n"),
        ("scenes/a.txt", "*if x \n\n\n", "*if x \n\n\n"),
        ("a.py", "x = 1  \n\n\n", "x = 1\n"),
        ("a.py", 'x = """a  \n"""\n', 'x = """a  \n"""\n'),
        ("a.py", "def f(:  \n", "def f(:  \n"),
        ("a.cfg", "a=1 \r\nb=2", "a=1\r\nb=2\r\n"),
        ("a.js", "f() \n\n", "f()\n"),
        ("a.js", "`a \n`", "`a \n`"),
        ("a.rs", "x \n", "x \n"),
        ("a.yaml", "a: |\n  x\nb: 1 ", "a: |\n  x\nb: 1\n"),
        ("a.yaml", "a: |+\n  x\n\n\n", "a: |+\n  x\n\n\n"),
        ("a.toml", "a = 1 \n", "a = 1\n"),
        (
            "a.json",
            '{\n   "b": [1, 2],\n "a": {\n"c": "]}"}\n}',
            '{\n   "b": [1, 2],\n   "a": {\n      "c": "]}"}\n}\n',
        ),
        ("a.json", '{"b": 1.0, "a": 1e5}', '{"b": 1.0, "a": 1e5}\n'),
        ("a.json", "{\n", "{\n"),
        ("tsconfig.json", "{ // \n}", "{ // \n}"),
        ("a.json", "[\n\t1,\n  [\n2\n] ]\n", "[\n\t1,\n\t[\n\t\t2\n] ]\n"),
        ("a.txt", "", ""),
    ],
)
def test_format(path, text, expected) -> None:
    assert format_text(path, text) == expected


@given(value=VALUES, indent=st.sampled_from([None, 1, 2, 4, "\t"]), ending=st.sampled_from(["\n", "\r\n"]))
def test_json_keeps_its_value_its_key_order_and_its_line_ends(value, indent, ending) -> None:
    text = json.dumps(value, indent=indent).replace("\n", ending + " ")

    formatted = format_text("a.json", text)

    assert json.dumps(json.loads(formatted)) == json.dumps(value)
    assert ("\r" in formatted) == ("\r\n" in text)
    assert format_text("a.json", formatted) == formatted


@given(text=MESSY, path=st.sampled_from(["a.md", "a.py", "a.yaml", "a.toml", "a.json", "a.js", "a.css", "a.bin"]))
def test_formatting_twice_is_formatting_once(text, path) -> None:
    formatted = format_text(path, text)

    assert format_text(path, formatted) == formatted


READ = {
    "a.py": lambda text: ast.dump(ast.parse(text)),
    "a.yaml": lambda text: [repr(value) for value in yaml.safe_load_all(text)],
    "a.toml": lambda text: repr(tomllib.loads(text)),
}


@given(text=MESSY, path=st.sampled_from(sorted(READ)))
def test_what_parses_parses_to_the_same(text, path) -> None:
    try:
        before = READ[path](text)
    except (ValueError, SyntaxError, TypeError, yaml.YAMLError):
        return

    assert READ[path](format_text(path, text)) == before
