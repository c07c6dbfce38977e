"""Rules of the filter of system calls, followed step by step as the kernel does, for both machines."""

import struct
from collections.abc import Callable

import pytest

from watchbill.workspace import seccomp

ALLOW, KILL, ASK = "allow", "kill", "ask"
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {  # as the kernel's headers say
    "x86_64": {
        "read": 0,
        "clone": 56,
        "clone3": 435,
        "socket": 41,
        "ioctl": 16,
        "prlimit": 302,
        "mount": 165,
        "chmod": 90,
    },
    "aarch64": {
        "read": 63,
        "clone": 220,
        "clone3": 435,
        "socket": 198,
        "ioctl": 29,
        "prlimit": 261,
        "mount": 40,
        "chmod": 53,
    },
}
MORE = {
    "x86_64": {"utimensat": 280, "setpriority": 141, "shmget": 29, "ptrace": 101, "io_uring": 425},
    "aarch64": {"utimensat": 88, "setpriority": 140, "shmget": 194, "ptrace": 117, "io_uring": 425},
}
Judge = Callable[..., object]


def judge(code: bytes, arch: int, number: int, args: tuple[int, ...]) -> object:
    data = struct.pack("=IIQ6Q", number, arch, 0, *(args + (0,) * 6)[:6])
    steps = list(struct.iter_unpack("=HBBI", code))
    at = value = 0
    while True:
        what, yes, no, k = steps[at]
        at += 1
        if what == 0x06:
            return {0x7FFF0000: ALLOW, 0x80000000: KILL, 0x7FC00000: ASK}.get(k, k & 0xFFFF)
        if what == 0x20:
            (value,) = struct.unpack_from("=I", data, k)
            continue
        at += yes if {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[what] else no


@pytest.fixture(params=sorted(ARCH))
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def asked(machine: str, code: bytes) -> Judge:
    numbers = NUMBERS[machine] | MORE[machine]
    return lambda name, *args: judge(code, ARCH[machine], numbers[name], args)


def test_namespaces_keep_sockets_and_filter_the_rest(machine: str) -> None:
    says = asked(machine, seccomp.in_namespaces(machine))

    assert [says("read"), says("chmod"), says("clone", 17), says("shmget")] == [ALLOW] * 4
    assert [says("socket", family) for family in (1, 2, 10, 16)] == [ALLOW] * 4
    assert [says("socket", family) for family in (17, 38, 40)] == [seccomp.EAFNOSUPPORT] * 3
    assert [says("mount"), says("ptrace"), says("io_uring"), says("clone", 0x10000011)] == [seccomp.EPERM] * 4
    assert says("clone3") == seccomp.ENOSYS
    assert [says("ioctl", 0, request) for request in (0x5401, 0x5412, 0x541C)] == [ALLOW, *[seccomp.EPERM] * 2]
    assert [says("prlimit", 0), says("prlimit", 7)] == [ALLOW, seccomp.EPERM]


def test_landlock_has_no_sockets_and_nothing_of_others(machine: str) -> None:
    says = asked(machine, seccomp.in_landlock(machine, online=False, owns_nothing=False))

    assert [says("socket", family) for family in (1, 2, 16)] == [seccomp.EACCES] * 3
    assert [says("shmget"), says("chmod"), says("setpriority", 0, 9)] == [seccomp.EPERM] * 3
    assert says("setpriority", 0, 0) == ALLOW
    assert [says("utimensat", 5, 0), says("utimensat", 5, 1), says("utimensat", 5, 1 << 40)] == [ALLOW, 1, 1]


def test_modes_and_times_by_path_are_asked_of_the_keeper(machine: str) -> None:
    says = asked(machine, seccomp.in_landlock(machine, online=False, owns_nothing=False, asks=True))

    assert [says("chmod"), says("utimensat", 5, 1), says("utimensat", 5, 1 << 40)] == [ASK] * 3
    assert [says("utimensat", 5, 0), says("read")] == [ALLOW] * 2
    assert seccomp.number(seccomp.CHMOD, machine) == {"x86_64": 90, "aarch64": None}[machine]


def test_online_there_are_the_internets_sockets_and_no_unix_ones(machine: str) -> None:
    says = asked(machine, seccomp.in_landlock(machine, online=True, owns_nothing=True))

    assert [says("socket", family) for family in (1, 2, 10, 16)] == [seccomp.EAFNOSUPPORT, *[ALLOW] * 3]
    assert says("chmod") == ALLOW


def test_what_is_not_known_is_not_let_through(machine: str) -> None:
    code = seccomp.in_namespaces(machine)

    assert judge(code, 0x40000003, 0, ()) == KILL  # another machine's calls
    assert judge(code, ARCH[machine], 470, ()) == seccomp.ENOSYS
    assert judge(code, ARCH[machine], 0x40000000, ()) == seccomp.ENOSYS
    assert not seccomp.knows("riscv64")
    assert judge(seccomp.NOTHING, 0, 1, ()) == ALLOW
