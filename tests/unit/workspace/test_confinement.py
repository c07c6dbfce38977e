import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import trees
from watchbill.domain.errors import Unsafe
from watchbill.domain.ids import RunId
from watchbill.domain.ports import AgentProgram
from watchbill.workspace import orphans
from watchbill.workspace.confinement import Quarters
from watchbill.workspace.sandbox import Sandbox, SandboxMode

pytestmark = pytest.mark.anyio
PYTHON = os.path.realpath(sys.executable)
BARE = Sandbox(mode=SandboxMode.NONE)
has_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@pytest.fixture
def quarters(tmp_path: Path) -> Quarters:
    return Quarters(root=tmp_path / "agents", grace=timedelta(seconds=0.2))


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    place = tmp_path / "worktree"
    place.mkdir()
    return place


async def run(
    quarters: Quarters, worktree: Path, script: str, *, sandbox: Sandbox = BARE, within: float = 30, **more: Any
) -> tuple[int, str]:
    """The exit code and what it said."""
    program = AgentProgram(**{"argv": ("/bin/sh", "-c", script), "env": {}, "port": 9, **more})
    async with quarters.confined(program, run=RunId("run-1"), worktree=worktree, sandbox=sandbox) as confined:
        agent = await asyncio.create_subprocess_exec(
            confined.program, "more", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "LEAK": "1"}
        )
        async with asyncio.timeout(within):
            said, _ = await agent.communicate()
    assert agent.returncode is not None
    return agent.returncode, said.decode()


async def test_an_agent_sees_its_home_its_worktree_and_nothing_of_the_daemons_environment(
    quarters: Quarters, worktree: Path
) -> None:
    code, said = await run(
        quarters,
        worktree,
        "env; pwd; cat $HOME/a/b; exit 3",
        env={"TOKEN": "t", "X": "{home}/x"},
        files={"a/b": "hello"},
    )

    names = {line.partition("=")[0] for line in said.splitlines() if "=" in line}
    assert code == 3
    assert "LEAK" not in said
    assert names <= {
        "PATH",
        "HOME",
        "TMPDIR",
        "LANG",
        "SHELL",
        "TOKEN",
        "X",
        "WATCHBILL_AGENT",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
    }
    assert f"X={quarters.root}/run-1/home/x" in said
    assert str(worktree) in said
    assert said.endswith("hello")


async def test_its_library_may_add_arguments(quarters: Quarters, worktree: Path) -> None:
    _, said = await run(quarters, worktree, "echo $0")

    assert said == "more\n"


async def test_its_home_ends_with_it(quarters: Quarters, worktree: Path) -> None:
    await run(quarters, worktree, "touch $HOME/x")

    assert list(quarters.root.iterdir()) == []


async def test_a_program_that_is_not_there_ends_with_127(quarters: Quarters, worktree: Path) -> None:
    code, said = await run(quarters, worktree, "", argv=("/no/such/program",))

    assert code == 127
    assert "not found" in said


async def test_a_killed_agent_ends_as_a_shell_says_it(quarters: Quarters, worktree: Path) -> None:
    code, _ = await run(quarters, worktree, "kill -9 $$")

    assert code == 128 + signal.SIGKILL


@pytest.mark.parametrize("how", ["exit 0", "sleep 600"])
async def test_whoever_it_left_behind_dies_with_it(quarters: Quarters, worktree: Path, how: str) -> None:
    nonce = f"87{os.getpid()}.{len(how)}"
    left = f'(setsid env -i /bin/sh -c "trap : TERM; sleep {nonce}" >/dev/null &); {how}'

    program = AgentProgram(argv=("/bin/sh", "-c", left), env={}, port=9)
    async with quarters.confined(program, run=RunId("run-1"), worktree=worktree, sandbox=BARE) as confined:
        agent = await asyncio.create_subprocess_exec(confined.program)
        if how == "exit 0":
            await agent.wait()
        else:
            await asyncio.sleep(0.1)

    assert trees._carrying(nonce) == []


async def test_told_to_stop_it_gets_a_grace_and_then_dies(quarters: Quarters, worktree: Path) -> None:
    program = AgentProgram(argv=("/bin/sh", "-c", "trap '' TERM; echo on; sleep 600; sleep 600"), env={}, port=9)
    async with quarters.confined(program, run=RunId("run-1"), worktree=worktree, sandbox=BARE) as confined:
        agent = await asyncio.create_subprocess_exec(confined.program, stdout=subprocess.PIPE)
        assert agent.stdout is not None
        await agent.stdout.readline()
        agent.terminate()
        async with asyncio.timeout(30):
            code = await agent.wait()

    assert code == 128 + signal.SIGKILL


async def test_an_agent_of_a_daemon_that_died_before_it_began_does_not_begin(
    quarters: Quarters, worktree: Path
) -> None:
    program = AgentProgram(argv=("/bin/sh", "-c", "touch began"), env={}, port=9)
    async with quarters.confined(program, run=RunId("run-1"), worktree=worktree, sandbox=BARE) as confined:
        spec = confined.program.with_name("spec.json")
        wanted: Mapping[str, Any] = json.loads(spec.read_text())
        spec.write_text(json.dumps({**wanted, "daemon": 1}))
        agent = await asyncio.create_subprocess_exec(confined.program)
        code = await agent.wait()

    assert code == 125
    assert _names(worktree) == []


async def test_only_processes_with_the_whole_mark_are_swept(quarters: Quarters) -> None:
    others = {**os.environ, orphans.MARK: f"{quarters.mark}run-10/"}
    other = await asyncio.create_subprocess_exec("sleep", "600", env=others)

    swept = await asyncio.to_thread(orphans.sweep, f"{quarters.mark}run-1/")

    assert swept == 0
    assert other.returncode is None
    assert await quarters.clear() == 1
    await other.wait()


async def test_without_a_sandbox_nothing_is_started(quarters: Quarters, worktree: Path) -> None:
    with pytest.raises(Unsafe, match="bubblewrap"):
        await run(quarters, worktree, "true", sandbox=Sandbox(program="no-such-program"))

    assert list(quarters.root.iterdir()) == []


def test_after_twenty_random_kills_nothing_is_left(tmp_path: Path) -> None:
    def play(number: int) -> trees.Round:
        folder = tmp_path / str(number)
        folder.mkdir()
        return trees.play(random.Random(number), folder, number)

    with ThreadPoolExecutor(10) as pool:
        rounds = list(pool.map(play, range(20)))

    assert [done for done in rounds if done.left] == []
    assert len({done.victim for done in rounds}) == 4


@has_bwrap
async def test_in_its_sandbox_an_agent_reaches_the_gateway_and_nobody_else(quarters: Quarters, worktree: Path) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    gateway, other = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(2)]
    ports = [server.sockets[0].getsockname()[1] for server in (gateway, other)]
    code = "import socket,sys\nfor port in sys.argv[1:3]:\n try: print(socket.create_connection(('127.0.0.1', int(port))).recv(9))\n except OSError as e: print(type(e).__name__)"
    python = Path(sys.base_prefix)

    _, said = await run(
        quarters,
        worktree,
        "",
        sandbox=Sandbox(),
        argv=(PYTHON, "-I", "-S", "-c", code, *map(str, ports)),
        readable=(python,),
        port=ports[0],
    )
    gateway.close()
    other.close()

    assert said.splitlines() == ["b'hello'", "ConnectionRefusedError"]


@has_bwrap
async def test_in_its_sandbox_an_agent_writes_its_worktree_and_its_home_only(
    quarters: Quarters, worktree: Path
) -> None:
    elsewhere = worktree.parent / "elsewhere"
    elsewhere.mkdir()

    script = f"whoami; touch a $HOME/b; touch {elsewhere}/c || echo refused; ls {worktree.parent}"
    _, said = await run(quarters, worktree, script, sandbox=Sandbox())

    assert said.splitlines()[0] == "agent"
    assert "refused" in said
    assert "elsewhere" not in said.splitlines()
    assert _names(worktree) == ["a"]
    assert _names(elsewhere) == []


def _names(folder: Path) -> list[str]:
    return [place.name for place in folder.iterdir()]
