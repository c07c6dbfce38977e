"""Runs probes: small programs that each try one thing, each in a process of its own. An attempt that raises has failed.

python attacker.py PROBES FACTS       prints {name: "" for what succeeded, else why not}
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

PATIENCE = 15  # seconds: a busy machine gives little of one
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number: object, *args: object) -> int:
    """A system call, by its number or the C library's name. Raises OSError."""
    done = LIBC.syscall(number, *args) if isinstance(number, int) else getattr(LIBC, str(number))(*args)
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(done)


def fork() -> int:
    """Once there is room again after an attempt that took all of it."""
    latest = time.monotonic() + PATIENCE
    while True:
        try:
            return os.fork()
        except BlockingIOError:
            if time.monotonic() > latest:
                raise
            time.sleep(0.05)


def attempt(code: str, facts: SimpleNamespace) -> str:
    """Why it failed; "" when it did what it tried."""
    readable, writable = os.pipe()
    child = fork()
    if child == 0:
        signal.alarm(PATIENCE)
        tools = {"call": call, "ctypes": ctypes, "fcntl": fcntl, "os": os, "resource": resource, "signal": signal}
        tools |= {"socket": socket, "struct": struct, "sys": sys, "time": time, "Path": Path, "f": facts}
        try:
            exec(code, tools)
        except BaseException:  # noqa: BLE001
            os.write(writable, traceback.format_exc(limit=0).strip()[-200:].encode() or b"?")
        finally:
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable) as told:
        why = told.read()
    _, status = os.waitpid(child, 0)
    return why or ("" if status == 0 else f"ended with status {status}")


if __name__ == "__main__":
    probes, given = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
    found = {name: attempt(code, SimpleNamespace(**given)) for name, code in probes.items()}
    sys.stdout.write("\n" + json.dumps(found) + "\n")
