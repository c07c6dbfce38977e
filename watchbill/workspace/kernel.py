"""The C library's functions by name, through what ctypes itself is made of: ctypes takes longer to load than a cell's all else."""

from __future__ import annotations

import _ctypes
import posix as os  # what os is made of: os itself takes a fifth of a cell's time
from _ctypes import _SimpleCData

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from typing import Any

    _Simple = _SimpleCData[Any]
else:
    _Simple = _SimpleCData


class _Int(_Simple):
    _type_ = "i"


class _Word(_Simple):
    _type_ = "l"


class _Text(_Simple):
    _type_ = "z"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Int


_LIBRARY = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # None is this process


def call(name: str, *args: int | bytes | None) -> int:
    """What the function returns; bytes are handed over as a pointer to them. Raises OSError where it is negative."""
    function = _Function(_ctypes.dlsym(_LIBRARY, name))
    result = int(function(*(_Word(arg) if isinstance(arg, int) else arg for arg in args)))
    if result < 0:
        number = _ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def pointer(text: bytes) -> bytes:
    """Its address, as a structure holds it; valid as long as the caller keeps the text."""
    return bytes(_Text(text))
