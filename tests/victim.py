"""A process that stands for the daemon in the tests of the sandbox: it has secrets in every place, and doors of every kind.

python victim.py FOLDER       prints one JSON object, then serves until its input ends
"""

import ctypes
import json
import os
import socket
import sys
import threading
from pathlib import Path

CANARY = "canary-7c1f"


def main(folder: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    key = 0x57000000 + os.getpid()  # of System V objects: another one's victim has others
    memory = ctypes.create_string_buffer(CANARY.encode())
    shared = libc.shmget(key, 4096, 0o1666)
    libc.shmat.restype = ctypes.c_void_p
    ctypes.memmove(libc.shmat(shared, None, 0), CANARY.encode(), len(CANARY))
    queue = libc.msgget(key, 0o1666)
    abstract = f"victim-{os.getpid()}"
    doors = {
        "tcp": _serving(socket.AF_INET, ("127.0.0.1", 0)),
        "unix": _serving(socket.AF_UNIX, str(folder / "daemon.sock")),
        "abstract": _serving(socket.AF_UNIX, f"\0{abstract}"),
    }
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind(("127.0.0.1", 0))
    threading.Thread(target=_echo, args=(echo,), daemon=True).start()
    facts = {
        "pid": os.getpid(),
        "address": ctypes.addressof(memory),
        "open": os.open(folder / "key", os.O_RDONLY),
        "tcp": doors["tcp"].getsockname()[1],
        "udp": echo.getsockname()[1],
        "unix": str(folder / "daemon.sock"),
        "abstract": abstract,
        "sysv": key,
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    libc.shmctl(shared, 0, None)
    libc.msgctl(queue, 0, None)


def _serving(family: int, address: object) -> socket.socket:
    door = socket.socket(family, socket.SOCK_STREAM)
    door.bind(address)  # type: ignore[arg-type]
    door.listen()
    threading.Thread(target=_greet, args=(door,), daemon=True).start()
    return door


def _greet(door: socket.socket) -> None:
    while True:
        caller, _ = door.accept()
        with caller:
            caller.sendall(CANARY.encode())


def _echo(door: socket.socket) -> None:
    while True:
        said, caller = door.recvfrom(100)
        door.sendto(said, caller)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
