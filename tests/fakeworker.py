"""A local model's worker for tests: keeps its protocol on the pipes, and hands what comes on its socket to a fake vendor.

    python -I -S fakeworker.py PORT HOW

HOW is `serve`, `refuse` (says an error and ends), `die` (is killed while it loads), `mute` (loads for ever), `deaf` (ends when it is asked)
or `slow` (takes its time to go).
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

SOCKET = "model.sock"


def main(port: int, how: str) -> None:
    spec = json.loads(sys.stdin.readline())
    Path("spec.json").write_text(json.dumps(spec))
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "mute":
        sys.stdin.read()
    if how == "slow":
        signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), os._exit(0)))
    if how == "refuse":
        sys.exit("0.00.1 I load: looking\n0.00.2 E load_model: the file is a poem\n0.00.3 E main: giving up")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(SOCKET)
    listening.listen()
    threading.Thread(target=accept, args=(listening, port, how), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


def accept(listening: socket.socket, port: int, how: str) -> None:
    while True:
        near, _ = listening.accept()
        if how == "deaf":
            near.recv(1)
            os._exit(9)
        far = socket.create_connection(("127.0.0.1", port))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=carry, args=(source, sink), daemon=True).start()


def carry(source: socket.socket, sink: socket.socket) -> None:
    try:
        while part := source.recv(65_536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
