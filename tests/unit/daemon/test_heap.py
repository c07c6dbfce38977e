"""What was freed leaves no holes behind."""

import ctypes
import subprocess
import sys

import pytest

LIFE = """
import ctypes
from watchbill.daemon import heap

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", *"123456789")]

def heap_size():
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = Info
    return ask().arena

{keep}
bytes(4 << 20)  # freed at once
before = heap_size()
held = [bytes(1 << 20) for _ in range(8)]
print(heap_size() - before >> 20)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the C library is not glibc, or an old one")
@pytest.mark.parametrize(("keep", "megabytes"), [("heap.keep_small()", 0), ("", 8)])
def test_large_blocks_stay_out_of_the_heap_also_after_larger_ones_were_freed(keep: str, megabytes: int) -> None:
    said = subprocess.check_output([sys.executable, "-c", LIFE.format(keep=keep)], text=True)

    assert int(said) == megabytes
