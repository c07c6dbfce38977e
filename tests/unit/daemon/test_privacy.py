"""Rules of privacy: nothing of the daemon's process is to be had from outside."""

import subprocess
import sys

SCRIPT = """
import ctypes, resource
from watchbill.daemon import privacy
before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
privacy.close()
print(before, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_the_process_is_not_dumpable_and_leaves_no_core() -> None:
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)

    assert said.stdout == "1 0 (0, 0)\n"
