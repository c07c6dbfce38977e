"""Every key of a JSON text that holds a value, once, at its line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.config.imports.leaves import Leaf, read, show
from watchbill.config.problems import BadConfig

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEYS = st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


def leaves(text: str) -> tuple[Leaf, ...]:
    return read("old.json", text).leaves


def complaint(text: str) -> str:
    with pytest.raises(BadConfig) as caught:
        leaves(text)
    return str(caught.value)


def is_branch(value: object) -> bool:
    return bool(value) and (
        isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value))
    )


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    """The same by recursion, for comparison."""
    if not is_branch(value):
        return [(path, value)] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, item in pairs for found in paths_of(item, (*path, key))]


@given(OBJECTS, st.sampled_from([None, 0, 2]))
def test_no_leaf_is_lost_and_none_is_there_twice(data: dict[str, Any], indent: int | None) -> None:
    expected = paths_of(data)

    found = leaves(json.dumps(data, indent=indent))

    assert [(leaf.path, leaf.value) for leaf in found] == expected


@given(OBJECTS)
def test_the_line_of_a_leaf_holds_its_key(data: dict[str, Any]) -> None:
    text = json.dumps(data, indent=1)
    lines = text.split("\n")

    for leaf in leaves(text):
        key = next(part for part in reversed(leaf.path) if isinstance(part, str))
        assert lines[leaf.line - 1].strip().startswith(f"{json.dumps(key)}:")


def test_strings_that_look_like_keys_do_not_shift_lines() -> None:
    found = leaves('{"a": "\\"b\\": 1",\n"c": ["d", ":", "e"],\n"f": 1}')

    assert [(leaf.key, leaf.line) for leaf in found] == [("a", 1), ("c", 2), ("f", 3)]


def test_a_list_of_objects_is_looked_into_and_a_list_of_words_is_one_value() -> None:
    found = leaves('{"a": ["x", "y"], "b": [1, {"c": 2}], "d": [], "e": {}}')

    assert [(leaf.key, leaf.value) for leaf in found] == [
        ("a", ["x", "y"]),
        ("b[1]", 1),
        ("b[2].c", 2),
        ("d", []),
        ("e", {}),
    ]


def test_an_empty_object_has_no_leaves() -> None:
    assert leaves("{}") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n"a": 1,\n}', "old.json:3: the file: is no JSON: "),
        ("", "old.json:1: the file: is no JSON: Expecting value (column 1)."),
        ("[1]", "old.json:1: the file: holds no JSON object. It has to begin with {"),
        ('{"a": NaN}', "old.json: the file: cannot be read: NaN is no JSON."),
        ('{"a": ' + "[" * 100_000, "old.json: the file: cannot be read: "),
        ('{"a": ' + "9" * 5_000 + "}", "old.json: the file: cannot be read: "),
        ('{"a": {"b": 1,\n"b": 2}}', "old.json:2: a.b: is there twice; readers keep only one."),
        ('{"a": "\\ud800"}', "old.json:1: the file: holds half a character."),
        ('{\n"\\udfff": [1]}', "old.json:2: the file: holds half a character."),
        ('{"a": ["\\ud800"]}', "old.json:1: the file: holds half a character."),
    ],
)
def test_what_cannot_be_read_is_told_by_file_and_line(text: str, expected: str) -> None:
    assert expected in complaint(text)


def test_deep_objects_are_read_without_recursion() -> None:
    depth = 900

    (leaf,) = leaves('{"a":' * depth + "1" + "}" * depth)

    assert len(leaf.path) == depth


def test_unusual_names_are_quoted() -> None:
    assert show(("a.b", "", "ü", "c-1_D")) == '"a.b".""."ü".c-1_D'
