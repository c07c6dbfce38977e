"""Rules of the sandbox's walls: whatever repository code tries, it does not get out. Each attempt is known to work outside."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import attacker, victim
from tests.clocks import late
from tests.escapes import BOMBS, PROBES, Outside
from watchbill.domain.errors import Unsafe
from watchbill.workspace.limits import Limits
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Means, Sandbox

PYTHON = Path(sys.executable).resolve()
PROGRAM = {Means.BUBBLEWRAP: "bwrap", Means.LANDLOCK: "no-such-program"}
SMALL = Limits(cpu=timedelta(seconds=1), memory_bytes=200 << 20, file_bytes=1 << 20, open_files=100, processes=100)
LONG = timedelta(seconds=60)
IS_ROOT = os.geteuid() == 0


@dataclass(frozen=True, kw_only=True)
class World:
    """A home with secrets, a state folder, an owner's repository, and a victim with doors."""

    root: Path
    facts: Mapping[str, Any]

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": os.defpath, "SECRET": victim.CANARY}

    def tree(self, name: str, probes: Mapping[str, str], *, patience: int = 12) -> Path:
        """`patience`: seconds that an answer of the network is waited for."""
        tree = self.root / "state/worktrees" / name
        tree.mkdir()
        shutil.copy(attacker.__file__, tree / "attacker.py")
        (tree / "probes.json").write_text(json.dumps(probes))
        (tree / "facts.json").write_text(json.dumps({**self.facts, "patience": patience}))
        return tree


ARGV = (str(PYTHON), "-I", "-S", "attacker.py", "probes.json", "facts.json")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    root = tmp_path
    home, state, owner = root / "home", root / "state", root / "owner"
    for folder in (home / ".ssh", home / "victim3", state / "worktrees/other", owner / ".git/hooks"):
        folder.mkdir(parents=True)
    secrets = ("key", ".ssh/id_ed25519", "watchbill.toml", *(f"victim{n}" for n in (1, 2, 4)))
    places = [home / name for name in secrets]
    places += [state / "watchbill.db", state / "worktrees/other/a.txt", owner / "private.txt", owner / ".git/config"]
    shared = [Path(folder, f"victim-{os.getpid()}") for folder in (tempfile.gettempdir(), "/dev/shm")]
    for place in (*places, *shared):
        place.write_text(victim.CANARY)
    (home / "tool").write_text("#!/bin/sh\n")
    (home / "tool").chmod(0o755)
    with subprocess.Popen(
        [sys.executable, victim.__file__, home],
        cwd=home,
        env={"SECRET": victim.CANARY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        with (home / "key").open() as key:
            inherited = fcntl.fcntl(key, fcntl.F_DUPFD, 200)  # a number that nobody else takes
        os.set_inheritable(inherited, True)
        groups = (place for place in Path("/sys/fs/cgroup").glob("**/cgroup.procs") if os.access(place, os.W_OK))
        facts |= {"home": str(home), "state": str(state), "owner": str(owner), "canary": victim.CANARY}
        facts |= {"shared": str(shared[0]), "memory": str(shared[1]), "inherited": inherited, "has_console": False}
        facts |= {"cgroup": str(next(groups, home / "cgroup").parent)}
        yield World(root=root, facts=facts)
        os.close(inherited)
        process.communicate("")
    for place in shared:
        place.unlink()


def attack(world: World, means: Means, probes: Mapping[str, str], limits: Limits | None = None) -> dict[str, str]:
    """What became of each: "" for what got out, else why not."""
    sandbox = Sandbox(program=PROGRAM[means], readable=(Path(sys.base_prefix),), limits=limits or Limits())
    try:
        if sandbox.means() is not means:
            pytest.skip(f"needs a working {means}")
    except Unsafe as why:
        pytest.skip(str(why))
    tree = world.tree(f"{means}-{uuid.uuid4().hex}", probes, patience=1)
    argv = sandbox.wrap(ARGV, tree)
    result = asyncio.run(OsProc().run(argv, cwd=tree, env=sandbox.env(), timeout=LONG))
    assert result.code == 0, result
    return json.loads(result.stdout.splitlines()[-1])


def test_there_are_many_attempts_and_no_two_of_a_name() -> None:
    names = [probe.name for probe in (*PROBES, *BOMBS)]

    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("means", [Means.BUBBLEWRAP, Means.LANDLOCK])
def test_nothing_gets_out(world: World, means: Means) -> None:
    found = attack(world, means, {probe.name: probe.code for probe in PROBES})

    assert [name for name, why in found.items() if not why] == []


def test_each_attempt_succeeds_outside_of_the_sandbox(world: World) -> None:
    usual = {Outside.ANYBODY, Outside.ROOT} if IS_ROOT else {Outside.ANYBODY}
    probes = {probe.name: probe.code for probe in (*PROBES, *BOMBS) if probe.outside in usual}
    tree = world.tree("outside", probes)

    done = subprocess.run(
        ARGV,
        cwd=tree,
        env=world.environ,
        capture_output=True,
        pass_fds=[world.facts["inherited"]],
        check=True,
        text=True,
    )

    assert {name: why for name, why in json.loads(done.stdout.splitlines()[-1]).items() if why} == {}


@pytest.mark.parametrize("means", [Means.BUBBLEWRAP, Means.LANDLOCK])
def test_no_bomb_goes_off(world: World, means: Means) -> None:
    found = attack(world, means, {probe.name: probe.code for probe in BOMBS}, SMALL)

    assert [name for name, why in found.items() if not why] == []


OUTLIVE = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3): os.close(number)
        while True:
            open('beat', 'w').write(str(time.time())); time.sleep(0.02)
    os._exit(0)
while not os.path.exists('beat'): time.sleep(0.02)
print(os.environ['TMPDIR'])
for folder in ('/tmp', '/dev/shm', os.environ['TMPDIR']):
    try: open(folder + '/left-behind', 'w').write('x')
    except OSError: pass
"""


@pytest.mark.parametrize("means", [Means.BUBBLEWRAP, Means.LANDLOCK])
def test_nothing_outlives_its_program(world: World, means: Means) -> None:
    attack(world, means, {})  # skips where there is none
    sandbox = Sandbox(program=PROGRAM[means], readable=(Path(sys.base_prefix),))
    tree = world.tree(f"outlive-{means}", {})
    argv = sandbox.wrap([str(PYTHON), "-I", "-S", "-c", OUTLIVE], tree)
    result = asyncio.run(OsProc().run(argv, cwd=tree, env=sandbox.env(), timeout=LONG))

    assert result.code == 0
    assert has_ended(tree)
    assert not [folder for folder in ("/tmp", "/dev/shm") if Path(folder, "left-behind").exists()]
    own = Path(result.stdout.strip())
    assert own == Path("/tmp") or not own.exists()


@pytest.mark.parametrize("how", ["deadline", "kill"])
def test_a_cell_is_cleared_whichever_way_it_ends(world: World, how: str) -> None:
    attack(world, Means.LANDLOCK, {})
    sandbox = Sandbox(program=PROGRAM[Means.LANDLOCK], readable=(Path(sys.base_prefix),))
    tree = world.tree(f"end-{how}", {})
    argv = sandbox.wrap([str(PYTHON), "-I", "-S", "-c", OUTLIVE + "\ntime.sleep(60)"], tree)
    if how == "deadline":
        running = OsProc().run(argv, cwd=tree, env=sandbox.env(), timeout=LONG)
        result = asyncio.run(late(running, LONG, (tree / "beat").exists))
        assert result.timed_out
    else:
        with subprocess.Popen(argv, cwd=tree, env=sandbox.env()) as process:
            assert soon((tree / "beat").exists)
            process.kill()

    assert has_ended(tree)


def has_ended(tree: Path) -> bool:
    """Whether nobody works there any more: who was killed goes when the machine comes round to it."""
    if not soon(lambda: not any(_is_in(process, tree) for process in Path("/proc").glob("[0-9]*"))):
        return False
    last = (tree / "beat").read_text()
    time.sleep(0.1)
    return (tree / "beat").read_text() == last


def _is_in(process: Path, tree: Path) -> bool:
    with suppress(OSError):
        return (process / "cwd").readlink() == tree
    return False


def soon(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG.total_seconds()
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
