"""The warden: a small program of its own between the daemon and one agent, which sees to it that nothing outlives the two.

    python -I -S -c 'import sys; …; warden.run()' SPEC [ARGUMENT ...]

Whoever loses its parent below it becomes its child, so it finds all of them, whatever session they made for themselves.
They die with the agent, when the daemon dies, and when the warden is told to stop: by TERM with a grace, by QUIT at once. Standard library only: it starts in
20 ms, and is read whole by whoever wants to know what an agent may do.
"""

import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from watchbill.workspace import descent

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NS_GET_USERNS = 0xB701
IP_FREEBIND = 15
LOOPBACK = "127.0.0.1"
LONGER = 2.0  # seconds that the outer warden waits for the inner one
CHUNK = 65_536
CANNOT_START = 127  # exit code, as a shell says it
NO_DAEMON = 125  # exit code: whoever started it was gone already

_HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
_libc = ctypes.CDLL(None, use_errno=True)


def run() -> None:
    """As descent.program() starts it."""
    with open(sys.argv[1]) as spec_file:  # noqa: PTH123 - pathlib is slow to load
        wanted = json.load(spec_file)
    os._exit(main(wanted, sys.argv[2:]))


def main(spec: Mapping[str, Any], more: Sequence[str]) -> int:
    """Start the agent, keep it, and end with its exit code.

    There are two wardens, one below the other: each is the other's watch, so that killing one of them frees nobody.
    """
    outer = os.getpid()
    return _keep(spec["daemon"], lambda: _fork(lambda: _inner(spec, more, outer)), spec["grace"] + LONGER)


def _inner(spec: Mapping[str, Any], more: Sequence[str], outer: int) -> int:
    return _keep(outer, lambda: _start(spec, more), spec["grace"])


def _keep(above: int, start: Callable[[], int], grace: float) -> int:
    """Start the one below and watch it and the one above."""
    with suppress(PermissionError):  # it leads a session already
        os.setsid()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    daemon = _pidfd_of_parent(above)
    if daemon is None:
        return NO_DAEMON
    woken = _wake_on_signals()
    agent = start()
    for number in (0, 1, 2):  # the agent's, so that its end is the end of its pipes
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    return _watch(agent, daemon, woken, grace)


def _fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        finally:
            os._exit(NO_DAEMON)
    return child


def _watch(agent: int, daemon: int, woken: int, grace: float) -> int:
    """Until the agent has ended, or shall; then nothing of it lives any more."""
    poll = select.poll()
    for descriptor in (daemon, woken):
        poll.register(descriptor, select.POLLIN)
    code: int | None = None
    patience: float | None = None  # None: nobody has told it to stop yet
    while code is None:
        left = None if patience is None else max(0.0, patience - time.monotonic())
        ready = {descriptor for descriptor, _ in poll.poll(None if left is None else left * 1000)}
        numbers = os.read(woken, CHUNK) if woken in ready else b""
        code = descent.reap().get(agent)
        if daemon in ready or signal.SIGQUIT in numbers or (left is not None and left <= 0):
            break
        if patience is None and any(number != signal.SIGCHLD for number in numbers):
            patience = time.monotonic() + grace
            with suppress(ProcessLookupError):
                os.killpg(agent, signal.SIGTERM)
    ended = descent.kill_all()
    if code is None:
        code = ended.get(agent, int(signal.SIGKILL))
    return os.waitstatus_to_exitcode(code) % 256 if os.WIFEXITED(code) else 128 + os.WTERMSIG(code)


def _start(spec: Mapping[str, Any], more: Sequence[str]) -> int:
    """The agent, leader of a session of its own; it dies with the warden."""
    argv = [*spec["argv"], *more]
    relay = spec.get("relay")
    (told, said), (held, go) = (os.pipe(), os.pipe()) if relay else ((-1, -1), (-1, -1))
    keep = [said, held] if relay else []
    if relay:
        argv[1:1] = ["--info-fd", str(said), "--block-fd", str(held)]
    if code := spec.get("filter"):
        keep.append(_in_memory(bytes.fromhex(code)))
        argv[1:1] = ["--seccomp", str(keep[-1])]
    child = _fork(lambda: _become(argv, spec, keep=keep))
    if relay:
        os.close(said)
        os.close(held)
        _open_relay(told, go, relay)
    return child


def _in_memory(content: bytes) -> int:
    descriptor = os.memfd_create("filter")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _become(argv: Sequence[str], spec: Mapping[str, Any], keep: Sequence[int]) -> int:
    os.setsid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in _HEARD:
        signal.signal(number, signal.SIG_DFL)
    for descriptor in keep:
        os.set_inheritable(descriptor, True)
    try:
        os.chdir(spec["cwd"])
        os.execvpe(argv[0], list(argv), dict(spec["env"]))  # noqa: S606 - there is no shell on purpose
    except OSError as error:
        os.write(2, f"cannot start {argv[0]}: {error.strerror}\n".encode())
    return CANNOT_START


# --- the way out of a sandbox without a network


def _open_relay(told: int, go: int, port: int) -> None:
    """Listen on the gateway's port inside the sandbox, and carry what comes to the real one. Then let the agent begin."""
    with suppress(ValueError, KeyError, OSError):  # a sandbox that did not start says so itself
        listening = _listen_inside(_pid_inside(told), port)
        threading.Thread(target=_accept, args=(listening, port), daemon=True).start()
    os.write(go, b"1")
    os.close(go)


def _pid_inside(told: int) -> int:
    info = b""
    while b"}" not in info and (part := os.read(told, CHUNK)):
        info += part
    return int(json.loads(info)["child-pid"])


def _listen_inside(pid: int, port: int) -> socket.socket:
    """A socket of the sandbox's network, made by a child that went in and handed out."""
    ours, theirs = socket.socketpair()
    _fork(lambda: _hand_out(pid, port, theirs))
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        raise OSError("the sandbox's network could not be entered")
    return socket.socket(fileno=descriptors[0])


def _hand_out(pid: int, port: int, to: socket.socket) -> int:
    _enter_network(pid)
    made = socket.socket()
    made.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    made.bind((LOOPBACK, port))
    made.listen()
    socket.send_fds(to, [b"1"], [made.fileno()])
    return 0


def _enter_network(pid: int) -> None:
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    owner = fcntl.ioctl(network, NS_GET_USERNS)
    _libc.setns(owner, 0)  # who is root already may be there, which is an error of no weight
    if _libc.setns(network, 0):
        raise OSError(ctypes.get_errno(), "setns")


def _accept(listening: socket.socket, port: int) -> None:
    while True:
        inner, _ = listening.accept()
        try:
            outer = socket.create_connection((LOOPBACK, port))
        except OSError:
            inner.close()
            continue
        for source, sink in ((inner, outer), (outer, inner)):
            threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(CHUNK):
            sink.sendall(part)
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            end.shutdown(how)


# --- the kernel's own words


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _pidfd_of_parent(pid: int) -> int | None:
    """None where our parent is not, or no longer, this process."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        if os.getppid() == pid:
            return descriptor
    return None


def _wake_on_signals() -> int:
    """A descriptor that can be read when a signal came, each as one byte."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in _HEARD:
        signal.signal(number, lambda *_: None)
    return readable
