"""GGUF: what the beginning of a model's file says of it. Read by ourselves, so that a wrong file is told without starting anything."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.domain.errors import WatchbillError

MAGIC = b"GGUF"
READ_BYTES = 1 << 20  # enough: what is wanted stands before the vocabulary
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_FORMAT_BY_KIND = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


class NotGguf(WatchbillError):
    """The bytes are not the beginning of a GGUF file; the text says what they are instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of its model; "" and 0 where it says nothing."""

    name: str = ""
    architecture: str = ""
    context: int = 0  # tokens that it was trained with


def header(head: bytes) -> Header:
    """The header in the first READ_BYTES of a file. Raises NotGguf."""
    if not head.startswith(MAGIC):
        raise NotGguf(f"it begins with {head[:8]!r}, not with GGUF" if head else "it is empty")
    try:
        version, _tensors, count = struct.unpack_from("<IQQ", head, len(MAGIC))
    except struct.error as error:
        raise NotGguf("it ends in its header") from error
    if version not in _VERSIONS:
        raise NotGguf(f"it is GGUF of version {version}; known are {', '.join(map(str, _VERSIONS))}")
    known = dict(_fields(head, count))
    architecture = str(known.get("general.architecture", ""))
    context = known.get(f"{architecture}.context_length", 0)
    return Header(
        name=str(known.get("general.name", "")),
        architecture=architecture,
        context=context if isinstance(context, int) else 0,
    )


def _fields(head: bytes, count: int) -> Iterator[tuple[str, object]]:
    """The plain fields; lists are passed over. Those that lie behind what was read are not known."""
    at = len(MAGIC) + struct.calcsize("<IQQ")
    try:
        for _ in range(count):
            key, at = _text(head, at)
            (kind,) = struct.unpack_from("<I", head, at)
            value, at = _value(head, at + 4, kind)
            yield key, value
    except struct.error:
        return


def _value(head: bytes, at: int, kind: int) -> tuple[object, int]:
    """A value and where the next thing begins; None for a list. Raises struct.error where it is not there whole."""
    if kind == _STRING:
        return _text(head, at)
    if kind == _ARRAY:
        of, length = struct.unpack_from("<IQ", head, at)
        at += struct.calcsize("<IQ")
        if of in _FORMAT_BY_KIND:
            return None, at + length * struct.calcsize(f"<{_FORMAT_BY_KIND[of]}")
        for _ in range(length):
            _, at = _value(head, at, of)
        return None, at
    if kind not in _FORMAT_BY_KIND:
        raise struct.error(f"no kind of value: {kind}")
    form = f"<{_FORMAT_BY_KIND[kind]}"
    return struct.unpack_from(form, head, at)[0], at + struct.calcsize(form)


def _text(head: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", head, at)
    end = at + 8 + length
    if end > len(head):
        raise struct.error("cut")
    return head[at + 8 : end].decode(errors="replace"), end
