"""The journal's form of inputs and decisions."""

import json
from dataclasses import replace

import pytest
from planning import CLAUDE, NOON, bill, task, world

from watchbill.scheduling.codec import InputsWriter, decode_inputs, encode_inputs
from watchbill.scheduling.replay import replay


def test_equal_inputs_give_equal_text():
    one = world(task("a", extra={"b": "1", "a": "2"}))
    other = world(task("a", extra={"a": "2", "b": "1"}))

    assert encode_inputs(one, bill(CLAUDE), NOON) == encode_inputs(other, bill(CLAUDE), NOON)


def test_what_a_later_program_adds_has_its_default_in_an_older_journal():
    data = json.loads(encode_inputs(world(), bill(CLAUDE), NOON))
    del data["bill"]["wide_after"]

    assert decode_inputs(json.dumps(data))[1] == bill(CLAUDE)


def test_another_versions_journal_is_refused():
    data = json.loads(encode_inputs(world(), bill(CLAUDE), NOON)) | {"version": 99}

    with pytest.raises(ValueError, match="cannot read journal version 99; this program writes 2"):
        replay(json.dumps(data))


def test_a_change_of_one_field_changes_the_text():
    strict = replace(bill(CLAUDE), max_parallel=9)

    assert encode_inputs(world(), strict, NOON) != encode_inputs(world(), bill(CLAUDE), NOON)


def test_looks_one_after_another_are_written_as_each_alone():
    writer, a, b = InputsWriter(), task("a"), task("b")

    for seen in (world(a, b), world(a, replace(b, note="was held")), world(replace(a), b), world(b)):
        assert writer.encode(seen, bill(CLAUDE), NOON) == encode_inputs(seen, bill(CLAUDE), NOON)
        assert decode_inputs(writer.encode(seen, bill(CLAUDE), NOON)) == (seen, bill(CLAUDE), NOON)
