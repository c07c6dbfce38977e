"""The cell: a small program that starts repository code where there is no bubblewrap, and sees to it that nothing outlives it.

    python -I -S -c 'import sys; …; cell.run()' WHAT=… … -- PROGRAM [ARGUMENT ...]

Two processes keep the code, one below the other. The lower is the parent of whoever loses theirs, watches the upper one by a
descriptor, and kills all that is below when either ends. The code cannot signal them: Landlock keeps its signals inside.
Standard library only, and no module that is slow to load: a sandbox may cost 25 ms.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what signal is made of, without its slow enumerations
import _socket
import _struct as struct
import posix as os  # see kernel
import resource
import select
import sys
from posix import _exit

from watchbill.workspace import descent, kernel, landlock, modes, nobody, removal, seccomp

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CANNOT_START = 127  # exit code, as a shell says it
NOT_CONFINED = 125  # exit code: the kernel refused a part of the confinement, so nothing was started

_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER = 1, 8, 22, 36
_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _RAISE = 24, 47, 2
_MODE_FILTER, _NEW_LISTENER, _SECCOMP = 2, 8, {"x86_64": 317, "aarch64": 277}
_DESCRIPTOR = 4  # bytes of an int
_CAPABILITY_VERSION = 0x20080522
_DAC_READ_SEARCH = 2  # looks through folders that are closed to others; Landlock says which
_TOO_LONG = 36  # ENAMETOOLONG
_MOST_CAPABILITIES, _NO_SUCH_CAPABILITY = 64, 22  # EINVAL: the kernel has fewer than these
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# Here a file that is not for the code is there and refused, over which these stop; in bubblewrap it is not there.
_DO_NOT_LOOK = {"GIT_CONFIG_NOSYSTEM": "1", "PIP_CONFIG_FILE": "/dev/null"}
_LIMITS = {
    "cpu": resource.RLIMIT_CPU,
    "data": resource.RLIMIT_DATA,
    "file": resource.RLIMIT_FSIZE,
    "open": resource.RLIMIT_NOFILE,
    "processes": resource.RLIMIT_NPROC,
}


def run() -> None:
    """Start what the arguments say and end as it ends. See words() for them."""
    split = sys.argv.index("--")
    said = [word.partition("=") for word in sys.argv[1:split]]
    plan = _Plan([(name, value) for name, _, value in said], sys.argv[split + 1 :])
    _prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL)
    if os.getppid() != plan.daemon:
        _exit(NOT_CONFINED)  # it ended before that was heard
    os.closerange(3, 1 << 16)
    upper = os.pidfd_open(os.getpid())
    lower = _fork(lambda: _keep(plan, upper))
    os.close(upper)
    _, status = os.waitpid(lower, 0)
    _exit(_code(status))


def words(
    argv: Sequence[str],
    *,
    read: Sequence[str],
    write: Sequence[str],
    folder: str,
    online: bool,
    limits: dict[str, int],
) -> list[str]:
    """The argv with which this process starts a cell, which dies with it: `read` and `write` are all that it may open, `folder` is where it begins."""
    return [
        *descent.program("cell"),
        f"daemon={os.getpid()}",
        *(f"read={place}" for place in read),
        *(f"write={place}" for place in write),
        f"folder={folder}",
        *(["online=1"] if online else []),
        *(f"{name}={value}" for name, value in limits.items()),
        *("--", *argv),
    ]


class _Plan:
    def __init__(self, said: Sequence[tuple[str, str]], argv: Sequence[str]) -> None:
        self.argv = argv
        self.daemon = next(int(value) for name, value in said if name == "daemon")
        self.read = [value for name, value in said if name == "read"]
        self.write = [value for name, value in said if name == "write"]
        self.folder = next(value for name, value in said if name == "folder")
        self.online = ("online", "1") in said
        self.limits = {name: int(value) for name, value in said if name in _LIMITS}
        self.own = f"/tmp/watchbill-{os.urandom(8).hex()}"  # noqa: S108 - nobody can guess it, and it is made with mkdir


def _keep(plan: _Plan, upper: int) -> int:
    """The lower keeper: until the code ends, or the upper keeper does; then nothing below lives any more."""
    os.setsid()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        os.mkdir(plan.own, 0o700)
    except OSError as error:
        os.write(2, f"cannot make {plan.own} for {plan.argv[0]}: {error.strerror}\n".encode())
        return NOT_CONFINED
    try:
        ours, theirs = _socket.socketpair()
        code = _fork(lambda: _become(plan, upper, theirs))
        theirs.close()
        asked = _modes(ours, plan)
        for number in (0, 1, 2):  # the code's, so that its end is the end of its pipes
            os.dup2(os.open("/dev/null", os.O_RDWR), number)
        ended = os.pidfd_open(code)
        _wait(upper, ended, asked)
        statuses = descent.kill_all()
        return _code(statuses.get(code, int(_signal.SIGKILL)))
    finally:
        _remove(plan.own)


def _modes(told: _socket.socket, plan: _Plan) -> tuple[int, modes.Modes] | None:
    """What the code asks, once it is confined; None where it has nothing to ask, or never came so far."""
    _, sent, _, _ = told.recvmsg(1, _socket.CMSG_SPACE(_DESCRIPTOR))
    told.close()
    if not sent:
        return None
    listener = int.from_bytes(sent[0][2][:_DESCRIPTOR], sys.byteorder)
    return listener, modes.Modes(listener, (*plan.write, plan.own))


def _wait(upper: int, ended: int, asked: tuple[int, modes.Modes] | None) -> None:
    """Until the code has ended, or the upper keeper has; questions are answered meanwhile."""
    poll = select.poll()
    for descriptor in (upper, ended):
        poll.register(descriptor, select.POLLIN)
    if asked is not None:
        poll.register(asked[0], select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if upper in ready or ended in ready:
            return
        assert asked is not None, "somebody asked"
        if ready[asked[0]] & select.POLLIN:
            asked[1].answer()
        else:
            poll.unregister(asked[0])  # nobody is left who could ask


def _become(plan: _Plan, upper: int, told: _socket.socket) -> int:
    os.close(upper)
    os.setsid()
    try:
        _confine(plan, told)
    except OSError as error:
        os.write(2, f"cannot confine {plan.argv[0]}: {error.strerror or error}\n".encode())
        return NOT_CONFINED
    os.write(2, f"cannot start {plan.argv[0]}: {_start(plan.argv)}\n".encode())
    return CANNOT_START


def _start(argv: Sequence[str]) -> str:
    """Why it could not be. Not os.execvp, which would load a module that lies where this process may not look any more."""
    name, why = argv[0], os.strerror(2)
    places = [""] if "/" in name else [f"{folder}/" for folder in os.environ[b"PATH"].decode().split(":")]
    for place in places:
        try:
            os.execv(place + name, list(argv))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            why = error.strerror or str(error)
    return why


def _confine(plan: _Plan, told: _socket.socket) -> None:
    owns_nothing = nobody.is_to_be()
    _limit(plan)
    if owns_nothing:
        for place in (*plan.write, plan.own):
            _give_away(place)
        _become_nobody()
    else:
        _hold_capabilities(0)
    _prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL)
    os.umask(0o022)
    os.chdir(plan.folder)
    for name, value in {"HOME": plan.own, "TMPDIR": plan.own, **_DO_NOT_LOOK}.items():
        os.putenv(name, value)
    landlock.confine(read=plan.read, write=(*plan.write, plan.own), devices=_DEVICES, online=plan.online)
    _filter(plan, told, owns_nothing=owns_nothing)


def _limit(plan: _Plan) -> None:
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - the first to go where memory runs out
        file.write("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, value in plan.limits.items():
        _, hard = resource.getrlimit(_LIMITS[name])
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(_LIMITS[name], (most, most))


# --- where the daemon is root


def _give_away(place: str) -> None:
    """What the code may write becomes nobody's; links are not followed. What has too long a path was made by nobody before."""
    os.chown(place, nobody.USER, nobody.USER, follow_symlinks=False)
    for path in _beneath(place):
        try:
            os.chown(path, nobody.USER, nobody.USER, follow_symlinks=False)
        except OSError as error:
            if error.errno != _TOO_LONG:
                raise


def _become_nobody() -> None:
    """A user who owns nothing, with one capability: to come through closed folders to those that Landlock gives it."""
    for number in set(range(_MOST_CAPABILITIES)) - {_DAC_READ_SEARCH}:
        _drop(number)
    _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(nobody.USER, nobody.USER, nobody.USER)
    os.setresuid(nobody.USER, nobody.USER, nobody.USER)
    _hold_capabilities(1 << _DAC_READ_SEARCH)
    _prctl(_PR_CAP_AMBIENT, _RAISE, _DAC_READ_SEARCH)


def _hold_capabilities(bits: int) -> None:
    """These and no others; what is not inheritable is not ambient either."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    sets = struct.pack("=6I", bits, bits, bits, 0, 0, 0)  # effective, permitted, inheritable; the upper halves
    kernel.call("capset", header, sets)


def _drop(capability: int) -> None:
    try:
        _prctl(_PR_CAPBSET_DROP, capability)
    except OSError as error:
        if error.errno != _NO_SUCH_CAPABILITY:
            raise


# --- the kernel's own words


def _filter(plan: _Plan, told: _socket.socket, *, owns_nothing: bool) -> None:
    """Put the filter on; whoever owns files outside asks the keeper about modes, where somebody else does not listen already."""
    machine = os.uname().machine
    if not owns_nothing:
        code = seccomp.in_landlock(machine, online=plan.online, owns_nothing=False, asks=True)
        try:
            listener = kernel.call("syscall", _SECCOMP[machine], 1, _NEW_LISTENER, _program(code))
        except OSError:  # somebody else listens
            pass
        else:
            sent = listener.to_bytes(_DESCRIPTOR, sys.byteorder)
            told.sendmsg([b"1"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, sent)])
            os.close(listener)
            return
    code = seccomp.in_landlock(machine, online=plan.online, owns_nothing=owns_nothing)
    kernel.call("prctl", _PR_SET_SECCOMP, _MODE_FILTER, _program(code), 0, 0)


def _program(code: bytes) -> bytes:
    """struct sock_fprog: how many instructions of eight bytes, and where they are."""
    return struct.pack("=H6x", len(code) // 8) + kernel.pointer(code)


def _prctl(option: int, value: int, more: int = 0) -> None:
    kernel.call("prctl", option, value, more, 0, 0)


def _fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if child == 0:
        try:
            _exit(work())
        finally:
            _exit(NOT_CONFINED)
    return child


def _code(status: int) -> int:
    return os.waitstatus_to_exitcode(status) % 256 if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def _remove(folder: str) -> None:
    """What cannot be removed is left: it is nobody's, in a folder of its own."""
    try:
        removal.remove(folder)
    except OSError:
        return


def _beneath(folder: str) -> list[str]:
    """Everything below. Links are never followed."""
    found, open_ = [], [folder]
    while open_:
        try:
            with os.scandir(open_.pop()) as entries:
                here = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError:
            continue
        found += [path for path, _ in here]
        open_ += [path for path, is_folder in here if is_folder]
    return found
