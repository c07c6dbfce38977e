"""The seccomp filter: which system calls repository code may not make, as a BPF program. Pure; knows x86-64 and AArch64."""

from __future__ import annotations

import _struct as struct

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EPERM, EACCES, ENOSYS, EAFNOSUPPORT = 1, 13, 38, 97  # numbers, since the errno module's names cost nothing here

_ALLOW, _ERRNO, _KILL, _ASK = 0x7FFF0000, 0x00050000, 0x80000000, 0x7FC00000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ARCHES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # AUDIT_ARCH, and the column below
_X32 = 0x40000000
_UNKNOWN = 470  # what newer kernels bring is looked at before it is let through

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

# Names of places that would be made or entered anew, other processes, the kernel's own tables, its clock and its modules.
_NEVER = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "lookup_dcookie": (212, 18),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "fanotify_init": (300, 262),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
# What a namespace keeps inside and Landlock does not: memory and queues that outlive a program, and watching others' folders.
_SHARED = {
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "inotify_add_watch": (254, 27),
}
# What Landlock lets a user do to all that is theirs: by path, so also outside. By descriptor it may stay.
CHMOD, FCHMODAT, UTIMENSAT = (90, None), (268, 53), (280, 88)
_FCHMODAT2 = (452, 452)  # the C library does without
_OWNERS = {
    "chown": (92, None),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SOCKET, _IOCTL, _PRLIMIT = (41, 198), (16, 29), (302, 261)
# Call, and the argument that names a process: only one's own, 0, is let through.
_OF_OTHERS = (
    ((203, 122), 0),  # sched_setaffinity
    ((142, 118), 0),  # sched_setparam
    ((144, 119), 0),  # sched_setscheduler
    ((314, 274), 0),  # sched_setattr
    ((141, 140), 1),  # setpriority
    ((251, 30), 1),  # ioprio_set
)

if TYPE_CHECKING:
    _Numbers = tuple[int | None, int | None]
    _Code = Sequence[tuple[int, int, int, int]]


NOTHING = struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW)  # a filter that lets everything through


def knows(machine: str) -> bool:
    """Whether there is a filter for what os.uname() calls the machine."""
    return machine in _ARCHES


def in_namespaces(machine: str) -> bytes:
    """For a program that has its own network, processes and file system: struct sock_filter[], as bubblewrap reads it."""
    families = (_UNIX, _INET, _INET6, _NETLINK)  # no VSOCK, which leads to the machine's host, and no ALG
    return _program(machine, [_only_families(families)])


def number(call: _Numbers, machine: str) -> int | None:
    """The call's number on this machine; None where it has none."""
    return call[_ARCHES[machine][1]]


def in_landlock(machine: str, *, online: bool, owns_nothing: bool, asks: bool = False) -> bytes:
    """For a program that shares everything with its user but the files that Landlock gives it.

    Sockets only when online, and no Unix ones: nothing else keeps it from those of other programs. `owns_nothing`: it runs
    as a user who has no files outside. `asks`: its keeper is asked about modes and times, which are refused otherwise.
    """
    families = (_INET, _INET6, _NETLINK) if online else ()
    rules = [
        _only_families(families),
        *(_Rule(numbers, _unless_zero(at, _refused(EPERM))) for numbers, at in _OF_OTHERS),
    ]
    rules += [_Rule(numbers, _refused(EPERM)) for numbers in _SHARED.values()]
    if not owns_nothing:
        judged = [(_RETURN, 0, 0, _ASK)] if asks else _refused(EPERM)
        rules += [_Rule(numbers, _refused(EPERM)) for numbers in _OWNERS.values()]
        rules += [_Rule(_FCHMODAT2, _refused(ENOSYS)), _Rule(CHMOD, judged), _Rule(FCHMODAT, judged)]
        rules.append(_Rule(UTIMENSAT, [*_unless_zero(1, judged, high=True), *_unless_zero(1, judged)]))
    return _program(machine, rules)


class _Rule:
    """What is looked at for one system call. Its code returns, or falls through to the next rule with anything loaded."""

    def __init__(self, numbers: _Numbers, code: _Code) -> None:
        self.numbers = numbers
        self.code = code


def _program(machine: str, more: Iterable[_Rule]) -> bytes:
    arch, column = _ARCHES[machine]
    code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER)]
    code += [(_AT_LEAST, 0, 1, _UNKNOWN), *_refused(ENOSYS)]  # x32 calls are larger than these
    for rule in (*(_Rule(numbers, _refused(EPERM)) for numbers in _NEVER.values()), *_ALWAYS, *more):
        if (number := rule.numbers[column]) is not None:
            body = [*rule.code, (_LOAD, 0, 0, _NUMBER)]
            code += [(_EQUAL, 0, len(body), number), *body]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *one) for one in code)


def _refused(errno: int) -> _Code:
    return [(_RETURN, 0, 0, _ERRNO | errno)]


def _only_families(families: Sequence[int]) -> _Rule:
    errno = EAFNOSUPPORT if families else EACCES
    passes = [(_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)]
    return _Rule(_SOCKET, [(_LOAD, 0, 0, _argument(0)), *passes, *_refused(errno)])


def _unless_zero(argument: int, otherwise: _Code, *, high: bool = False) -> _Code:
    return [(_LOAD, 0, 0, _argument(argument) + 4 * high), (_EQUAL, 1, 0, 0), *otherwise]


def _argument(number: int) -> int:
    """Where its low half lies; both machines are little-endian."""
    return _ARGUMENTS + 8 * number


_ALWAYS = (
    _Rule(
        _CLONE3, _refused(ENOSYS)
    ),  # its flags lie in memory, where no filter sees them; the C library falls back to clone
    _Rule(_CLONE, [(_LOAD, 0, 0, _argument(0)), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), *_refused(EPERM)]),
    _Rule(
        _IOCTL,
        [
            (_LOAD, 0, 0, _argument(1)),
            (_EQUAL, 1, 0, _TIOCSTI),
            (_EQUAL, 0, 1, _TIOCLINUX),
            *_refused(EPERM),  # typing into the terminal of whoever started the daemon
        ],
    ),
    _Rule(_PRLIMIT, _unless_zero(0, _refused(EPERM))),
)
