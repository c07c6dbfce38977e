"""On which line each key stands."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.config.lines import lines_of

TEXT = '''\
# a comment with = and [brackets]
top = 1
[a]          # table
b = "x # y"
"quoted key" = """
two
lines with "quotes" in """
c.d = 'literal # \\'
[[list]]
n = 1
[[list]]
n = 2
[list.sub]
m = [ 1,  # first
  { p = 2, q = "}" },
  [3, 4],
]
[[list.items]]
o = 1979-05-27 07:32:00
[[list.items]]
o = """a"""""
e = \'\'\'x
]\'\'\'
last = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a",), 3),
        (("a", "b"), 4),
        (("a", "quoted key"), 5),
        (("a", "c"), 8),
        (("a", "c", "d"), 8),
        (("list",), 9),
        (("list", 0), 9),
        (("list", 0, "n"), 10),
        (("list", 1), 11),
        (("list", 1, "n"), 12),
        (("list", 1, "sub"), 13),
        (("list", 1, "sub", "m", 0), 14),
        (("list", 1, "sub", "m", 1, "q"), 15),
        (("list", 1, "sub", "m", 2, 1), 16),
        (("list", 1, "items", 0, "o"), 19),
        (("list", 1, "items", 1, "o"), 21),
        (("list", 1, "items", 1, "last"), 24),
    ],
)
def test_each_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(TEXT)

    assert lines_of(TEXT)[path] == line


_KEYS = st.text(min_size=1, max_size=6)
_LEAVES = st.one_of(st.integers(-9, 9), st.booleans(), st.text(max_size=8), st.floats(allow_nan=False))
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)


@given(st.lists(st.tuples(_KEYS, _VALUES, st.integers(0, 2)), unique_by=lambda item: item[0], max_size=6))
def test_whatever_tomllib_reads_has_lines(items: list[tuple[str, object, int]]) -> None:
    text, expected = "", {}
    for key, value, gap in items:
        text += "\n" * gap + "# '''\n" * gap
        expected[key] = text.count("\n") + 1
        text += f"{_quoted(key)} = {_toml(value)}\n"
    tomllib.loads(text)

    lines = lines_of(text)

    assert {key: lines[(key,)] for key in expected} == expected


def _quoted(text: str) -> str:
    return (
        json.dumps(text).replace("\x7f", "\\u007f")
        if text.isascii()
        else json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    )


def _toml(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_quoted(key)} = {_toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + "".join(f"{_toml(item)}, " for item in value) + "]"
        case bool():
            return str(value).lower()
        case str():
            return _quoted(value)
        case _:
            return repr(value).replace("e", "E")
