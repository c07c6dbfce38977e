"""What repository code might try to get out of its sandbox: one small program each, with the one thing that it tries.

A program that ends without an exception has got out. `f` holds the facts of the victim and of the world around it.
`outside` says who can do it without a sandbox: everybody, root, or nobody who means well (it would harm the machine). So it
is known of each that it can succeed at all.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outside(StrEnum):
    ANYBODY = "anybody"
    ROOT = "root"
    UNTRIED = "untried"  # it would harm the machine, or the machine may lack what it needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    name: str
    code: str
    outside: Outside = Outside.ANYBODY


def _probes(outside: Outside, **code_by_name: str) -> list[Probe]:
    return [Probe(name=name, code=code, outside=outside) for name, code in code_by_name.items()]


READING = _probes(
    Outside.ANYBODY,
    read_a_key="assert f.canary in Path(f.home, 'key').read_text()",
    read_an_ssh_key="assert f.canary in Path(f.home, '.ssh/id_ed25519').read_text()",
    read_the_configuration="assert f.canary in Path(f.home, 'watchbill.toml').read_text()",
    read_the_database="assert f.canary in Path(f.state, 'watchbill.db').read_text()",
    read_another_worktree="assert f.canary in Path(f.state, 'worktrees/other/a.txt').read_text()",
    read_the_owners_repository="assert f.canary in Path(f.owner, 'private.txt').read_text()",
    read_the_owners_git_configuration="assert f.canary in Path(f.owner, '.git/config').read_text()",
    list_the_home="assert '.ssh' in os.listdir(f.home)",
    list_the_folder_above="assert len(os.listdir('..')) > 1",
    read_by_dots="assert f.canary in open('../' * 3 + 'home/key').read()",
    read_through_a_link="os.symlink(f.home + '/key', 'l1'); assert f.canary in open('l1').read()",
    read_through_a_link_in_a_folder="os.symlink(f.home, 'l2'); assert f.canary in open('l2/.ssh/id_ed25519').read()",
    read_through_a_hard_link="os.link(f.home + '/key', 'l3'); assert f.canary in open('l3').read()",
    read_through_ones_own_root="assert f.canary in open('/proc/self/root' + f.home + '/key').read()",
    read_through_the_daemons_root="assert f.canary in open(f'/proc/{f.pid}/root{f.home}/key').read()",
    read_through_the_daemons_folder="assert f.canary in open(f'/proc/{f.pid}/cwd/key').read()",
    read_the_daemons_open_file="assert f.canary in open(f'/proc/{f.pid}/fd/{f.open}').read()",
    read_the_daemons_environment="assert f.canary in open(f'/proc/{f.pid}/environ').read()",
    read_the_daemons_maps="assert open(f'/proc/{f.pid}/maps').read()",
    read_ones_own_environment="assert f.canary in ' '.join(os.environ.values())",
    read_shared_temporary_files="assert f.canary in Path(f.shared).read_text()",
    read_shared_memory_files="assert f.canary in Path(f.memory).read_text()",
    read_shared_memory="""
at = call('shmget', f.sysv, 0, 0)
LIB = ctypes.CDLL(None); LIB.shmat.restype = ctypes.c_void_p
assert f.canary in ctypes.string_at(LIB.shmat(at, None, 0o10000)).decode()
""",
    open_a_shared_queue="call('msgget', f.sysv, 0)",
    watch_the_home="call('inotify_add_watch', call('inotify_init'), f.home.encode(), 0x100)",
    run_a_program_of_the_owners="assert os.spawnv(os.P_WAIT, f.home + '/tool', ['tool']) == 0",
) + _probes(
    Outside.ROOT,
    read_the_shadow_file="assert open('/etc/shadow').read()",
    read_by_handle="""
class Handle(ctypes.Structure):
    _fields_ = [('size', ctypes.c_uint), ('kind', ctypes.c_int), ('bytes', ctypes.c_ubyte * 128)]
handle, mount = Handle(size=128), ctypes.c_int()
call('name_to_handle_at', -100, (f.home + '/key').encode(), ctypes.byref(handle), ctypes.byref(mount), 0)
got = call('open_by_handle_at', os.open('.', os.O_RDONLY), ctypes.byref(handle), os.O_RDONLY)
assert f.canary in os.read(got, 100).decode()
""",
    read_the_kernels_log="call('klogctl', 10, None, 0); open('/dev/kmsg')",
)

WRITING = _probes(
    Outside.ANYBODY,
    write_a_hook="Path(f.owner, '.git/hooks/post-checkout').write_text('#!/bin/sh')",
    write_the_owners_git_configuration="open(f.owner + '/.git/config', 'a').write('x')",
    write_into_the_owners_worktree="Path(f.owner, 'new.txt').write_text('x')",
    write_into_the_home="Path(f.home, '.bashrc').write_text('x')",
    write_the_database="open(f.state + '/watchbill.db', 'r+').write('x')",
    write_another_worktree="Path(f.state, 'worktrees/other/b.txt').write_text('x')",
    write_through_a_link="os.symlink(f.home, 'w1'); Path('w1/through').write_text('x')",
    rename_out="Path('w2').write_text('x'); os.rename('w2', f.home + '/w2')",
    link_out="Path('w3').write_text('x'); os.link('w3', f.home + '/w3')",
    empty_a_file="os.truncate(f.home + '/victim1', 0)",
    remove_a_file="os.unlink(f.home + '/victim2')",
    remove_a_folder="os.rmdir(f.home + '/victim3')",
    make_a_folder="os.mkdir(f.home + '/made')",
    open_up_a_file="os.chmod(f.home + '/victim4', 0o777)",
    open_up_a_folder="os.chmod(f.home, 0o777)",
    open_up_through_a_link="os.symlink(f.home + '/victim4', 'w4'); os.chmod('w4', 0o777)",
    open_up_beside_a_folder="os.chmod('victim4', 0o777, dir_fd=os.open(f.home, os.O_PATH))",
    open_up_through_ones_descriptors="""
os.chmod(f'/proc/{os.getpid()}/fd/' + str(os.open(f.home + '/victim4', os.O_PATH)), 0o777)
""",
    open_up_from_the_folder_above="os.chmod(os.path.relpath(f.home), 0o777)",
    set_times_through_a_link="os.symlink(f.home + '/victim4', 'w5'); os.utime('w5', (1, 1))",
    open_up_by_descriptor="os.fchmod(os.open(f.home, os.O_RDONLY), 0o777)",
    set_a_files_times="os.utime(f.home + '/victim4', (1, 1))",
    set_a_files_attribute="os.setxattr(f.home + '/victim4', 'user.x', b'x')",
    write_the_daemons_memory_score="open(f'/proc/{f.pid}/oom_score_adj', 'w').write('500')",
    spare_oneself_when_memory_ends="assert int(open('/proc/self/oom_score_adj').read()) < 1000",
) + _probes(
    Outside.ROOT,
    give_a_file_away="os.chown(f.home + '/victim4', 1, 1)",
    write_a_kernel_setting="name = '/proc/sys/kernel/hostname'; old = open(name).read(); open(name, 'w').write(old)",
    make_a_control_group="at = f.cgroup + '/probe'; os.mkdir(at); os.rmdir(at)",
    write_among_the_systems_programs="Path('/usr/local/probe').write_text('x'); os.unlink('/usr/local/probe')",
)

PROCESSES = _probes(
    Outside.ANYBODY,
    signal_the_daemon="os.kill(f.pid, 0)",
    signal_one_of_its_threads="call(234 if os.uname().machine == 'x86_64' else 131, f.pid, f.pid, 0)",
    signal_by_descriptor="signal.pidfd_send_signal(os.pidfd_open(f.pid), 0)",
    queue_a_signal="call('sigqueue', f.pid, 0, ctypes.c_void_p(0))",
    trace_the_daemon="call('ptrace', 0x4206, f.pid, None, None)",
    copy_its_memory="""
part = ctypes.create_string_buffer(12)
ours = struct.pack('PN', ctypes.addressof(part), 12); theirs = struct.pack('PN', f.address, 12)
call('process_vm_readv', f.pid, ours, 1, theirs, 1, 0)
assert part.value.decode() == f.canary
""",
    open_its_memory="at = open(f'/proc/{f.pid}/mem', 'rb'); at.seek(f.address); assert at.read(11).decode() == f.canary",
    take_its_descriptor="os.read(call(438, os.pidfd_open(f.pid), f.open, 0), 10)",
    compare_with_it="assert call(312 if os.uname().machine == 'x86_64' else 272, os.getpid(), f.pid, 1, 0, 0) >= 0",
    slow_the_daemon="os.setpriority(os.PRIO_PROCESS, f.pid, 19)",
    pin_the_daemon="os.sched_setaffinity(f.pid, os.sched_getaffinity(0))",
    schedule_the_daemon="os.sched_setscheduler(f.pid, os.SCHED_BATCH, os.sched_param(0))",
    limit_the_daemon="resource.prlimit(f.pid, resource.RLIMIT_CORE, (0, 0))",
    slow_its_disk="call(251 if os.uname().machine == 'x86_64' else 30, 1, f.pid, (2 << 13) | 7)",
    inherit_a_descriptor="assert os.read(f.inherited, 5)",
    leave_a_core="assert resource.getrlimit(resource.RLIMIT_CORE)[1] != 0",
)

NETWORK = _probes(
    Outside.ANYBODY,
    connect_by_tcp="assert f.canary in socket.create_connection(('127.0.0.1', f.tcp), f.patience).recv(100).decode()",
    connect_by_tcp_of_version_6="""
door = socket.socket(socket.AF_INET6); door.settimeout(f.patience); door.connect(('::ffff:127.0.0.1', f.tcp))
assert f.canary in door.recv(100).decode()
""",
    ask_by_udp="""
door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); door.settimeout(f.patience)
door.sendto(b'x', ('127.0.0.1', f.udp)); door.recv(10)
""",
    connect_to_a_unix_socket="""
door = socket.socket(socket.AF_UNIX); door.connect(os.path.relpath(f.unix)); assert f.canary in door.recv(100).decode()
""",
    connect_to_an_abstract_socket="""
door = socket.socket(socket.AF_UNIX); door.connect('\\0' + f.abstract); assert f.canary in door.recv(100).decode()
""",
    see_the_machines_network="assert len(socket.if_nameindex()) > 1",
) + _probes(
    Outside.ROOT,
    listen_to_everything="socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    send_raw_packets="socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    bind_a_low_port="socket.socket().bind(('127.0.0.1', 7)); assert len(socket.if_nameindex()) > 1",
)

KERNEL = (
    _probes(
        Outside.ANYBODY,
        become_another_user_namespace="call('unshare', 0x10000000)",
        fork_into_a_user_namespace="""
child = call(56 if os.uname().machine == 'x86_64' else 220, 0x10000000 | 17, 0, 0, 0, 0)
if child == 0: os._exit(0)
os.waitpid(child, 0)
""",
        fork_into_a_user_namespace_anew="""
child = call(435, struct.pack('=QQQQQQQQ', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 64)
if child == 0: os._exit(0)
os.waitpid(child, 0)
""",
        catch_page_faults="os.close(call(323 if os.uname().machine == 'x86_64' else 282, 1))",
        add_a_key="call(248 if os.uname().machine == 'x86_64' else 217, b'user', b'probe', b'x', 1, -4)",
        ask_for_a_keyring="call(250 if os.uname().machine == 'x86_64' else 219, 0, -4, 1)",
        keep_ones_privileges="assert 'NoNewPrivs:\\t0' in open('/proc/self/status').read()",
        be_unfiltered="assert 'Seccomp:\\t0' in open('/proc/self/status').read()",
    )
    + _probes(
        Outside.ROOT,
        be_root="assert os.getuid() == 0 and open('/proc/self/uid_map').read().split()[:2] == ['0', '0']",
        become_root="os.setresuid(0, 0, 0)",
        take_capabilities="""
sets = (ctypes.c_uint32 * 6)(1 << 21, 1 << 21, 0, 0, 0, 0)
call('capset', (ctypes.c_uint32 * 2)(0x20080522, 0), sets)
""",
        write_the_owners_files_by_capability="assert int(open('/proc/self/status').read().split('CapEff:')[1].split()[0], 16) & ~4",
        mount_a_folder="os.mkdir('m1'); call('mount', b'/', b'm1', None, 4096, None); call('umount2', b'm1', 2)",
        mount_memory="os.mkdir('m2'); call('mount', b'x', b'm2', b'tmpfs', 0, None); call('umount2', b'm2', 2)",
        mount_anew="os.close(call(430, b'tmpfs', 0))",
        copy_a_mount="os.close(call(428, -100, b'/', 1))",
        change_the_root="os.chroot('.')",
        leave_the_mounts="call('unshare', 0x20000)",
        leave_the_network="call('unshare', 0x40000000)",
        enter_the_daemons_network="call('setns', os.open(f'/proc/{f.pid}/ns/net', os.O_RDONLY), 0)",
        load_a_bpf_map="os.close(call(321 if os.uname().machine == 'x86_64' else 280, 0, struct.pack('=IIII', 2, 4, 4, 1) + bytes(60), 72))",
        count_performance="os.close(call(298 if os.uname().machine == 'x86_64' else 241, struct.pack('=IIQ', 1, 112, 0) + bytes(96), 0, -1, -1, 0))",
        watch_all_files="os.close(call('fanotify_init', 0, 0))",
        name_the_machine="name = os.uname().nodename.encode(); call('sethostname', name, len(name))",
        type_into_a_terminal="_, slave = os.openpty(); fcntl.ioctl(slave, 0x5412, b'x')",
        paste_into_a_terminal="_, slave = os.openpty(); fcntl.ioctl(slave, 0x541C, bytes([6])) if f.has_console else fcntl.ioctl(slave, 0x5412, b'y')",
        use_a_device="open(next(one for one in ('/dev/net/tun', '/dev/fuse', '/dev/loop-control', '/dev/mem') if os.path.exists(one)), 'rb')",
        set_the_clock="call('clock_adjtime', 0, struct.pack('=I', 0) + bytes(300)); time.clock_settime(0, time.time())",
    )
    + _probes(
        Outside.UNTRIED,
        submit_by_ring="os.close(call(425, 4, ctypes.create_string_buffer(200)))",
        reach_the_machines_host="socket.socket(40, socket.SOCK_STREAM)",
        use_the_kernels_ciphers="socket.socket(38, socket.SOCK_SEQPACKET)",
        use_the_controlling_terminal="open('/dev/tty')",
        make_a_device="os.mknod('disk', 0o60600, os.makedev(254, 0)); open('disk', 'rb')",
        press_a_kernel_key="open('/proc/sysrq-trigger', 'w')",
        reboot="call('reboot', 0xfee1dead)",
        load_a_module="call(313 if os.uname().machine == 'x86_64' else 273, os.open('/dev/null', os.O_RDONLY), b'', 0)",
        use_the_ports="call('iopl', 3)",
        swap="call('swapon', b'/dev/null', 0)",
        change_segments="call(154, 0, ctypes.create_string_buffer(64), 64)",
        hide_in_the_other_abi="call(0x40000000 + 39)",
    )
)

PROBES = (*READING, *WRITING, *PROCESSES, *NETWORK, *KERNEL)

# Each alone, under limits: a forked, a grown, a written, an opened too much. What they try is the number behind their name.
BOMBS = (
    Probe(
        name="fork_too_often",
        code="""
here, there = os.pipe()
for _ in range(200):
    if os.fork() == 0:
        os.close(there); os.read(here, 1); os._exit(0)
""",
    ),
    Probe(name="take_too_much_memory", code="bytearray(300 << 20)"),
    Probe(name="write_too_much", code="open('big', 'wb').write(bytes(3 << 20))"),
    Probe(name="open_too_much", code="kept = [os.open('/dev/null', os.O_RDONLY) for _ in range(200)]"),
    Probe(
        name="raise_ones_limits",
        code="[resource.setrlimit(limit, (4096, 4096)) for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)]",
    ),
    Probe(
        name="compute_too_long",
        code="""
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while time.process_time() < 1.3: pass
""",
    ),
)
