import struct

import pytest

from watchbill.domain import gguf
from watchbill.domain.gguf import Header, NotGguf


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words)) + words.encode()


def field(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def file(*fields: bytes, version: int = 3, count: int | None = None) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(fields) if count is None else count) + b"".join(fields)


NAME = field("general.name", 8, text("A model"))
ARCHITECTURE = field("general.architecture", 8, text("llama"))
CONTEXT = field("llama.context_length", 4, struct.pack("<I", 8192))


def test_the_header_tells_name_architecture_and_context() -> None:
    assert gguf.header(file(ARCHITECTURE, NAME, CONTEXT)) == Header(name="A model", architecture="llama", context=8192)


def test_lists_are_passed_over() -> None:
    numbers = field("a", 9, struct.pack("<IQ", 4, 2) + struct.pack("<II", 1, 2))
    words = field("b", 9, struct.pack("<IQ", 8, 2) + text("x") + text("yy"))

    assert gguf.header(file(numbers, words, NAME)) == Header(name="A model")


@pytest.mark.parametrize("cut", [1, 30, len(CONTEXT) + 5])
def test_what_lies_behind_the_part_that_was_read_is_not_known(cut: int) -> None:
    head = file(NAME, ARCHITECTURE, CONTEXT)[:-cut]

    assert gguf.header(head).context == 0


def test_a_kind_of_value_that_nobody_knows_ends_the_reading() -> None:
    assert gguf.header(file(NAME, field("odd", 99, b""), ARCHITECTURE)) == Header(name="A model")


def test_a_context_that_is_no_number_is_none() -> None:
    assert gguf.header(file(ARCHITECTURE, field("llama.context_length", 8, text("many")))).context == 0


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html>", "it begins with b'<!DOCTYP', not with GGUF"),
        (b"GGUF\x03", "it ends in its header"),
        (file(version=1), "it is GGUF of version 1; known are 2, 3"),
    ],
)
def test_what_is_no_gguf_is_said(head: bytes, why: str) -> None:
    with pytest.raises(NotGguf, match=f"^{why.replace('(', '.')}$"):
        gguf.header(head)
