"""Memory: what was freed leaves no holes behind, and what nobody asked for is not loaded."""

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


def test_what_only_some_ask_for_is_not_in_memory_before_they_do() -> None:
    dear = {"anthropic", "openai", "pydantic_ai", "genai_prices.data", "minijinja", "watchbill.operator.web.site"}
    code = f"import sys, watchbill.daemon.commands, watchbill.operator.api; print(sorted({dear} & set(sys.modules)))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
