"""Rules of programs: clean environment, own process group, dead at the deadline, output capped."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clocks import late
from watchbill.domain.ports import Proc, ProcResult
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio
LONG = timedelta(seconds=30)


async def run(*argv: str, stdin: bytes = b"", cap: int = 1000) -> ProcResult:
    proc: Proc = OsProc(cap=cap, grace=timedelta(milliseconds=300))
    return await proc.run(argv, cwd=Path("/"), env={"PATH": os.environ["PATH"]}, timeout=LONG, stdin=stdin)


def is_alive(pid: int) -> bool:
    """Whether it runs: a dead child of nobody may stay as a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def gone(pid: int) -> bool:
    async with asyncio.timeout(60):
        while is_alive(pid):
            await asyncio.sleep(0.02)
    return True


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


async def runs_late(told: Path, script: str) -> ProcResult:
    """A program whose deadline comes when it has made that file."""
    return await late(run("sh", "-c", script), LONG, told.exists)


async def test_output_and_exit_code_come_back() -> None:
    result = await run("sh", "-c", "echo out; echo err >&2; exit 3")

    assert result == ProcResult(code=3, stdout="out\n", stderr="err\n")


async def test_a_signal_is_a_negative_code() -> None:
    assert (await run("sh", "-c", "kill -9 $$")).code == -9


async def test_stdin_is_fed_and_closed() -> None:
    assert (await run("wc", "-c", stdin=b"x" * 300_000)).stdout.strip() == "300000"


async def test_a_program_that_reads_nothing_is_no_fault() -> None:
    assert (await run("true", stdin=b"x" * 3_000_000)).code == 0


async def test_nothing_of_our_environment_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", "1")

    assert "CANARY" not in (await run("env")).stdout


async def test_the_middle_of_long_output_is_left_out() -> None:
    result = await run(sys.executable, "-c", "print('a' * 500 + 'b' * 5000 + 'c' * 499)")

    assert result.stdout == "a" * 500 + "\n[... 5000 bytes left out ...]\n" + "c" * 499 + "\n"


async def test_bytes_that_are_no_text_are_shown() -> None:
    assert (await run("printf", r"\351")).stdout == "\ufffd"


@pytest.mark.parametrize("program", ["/none/such", "/etc/hostname", "/"])
async def test_a_program_that_cannot_start_ends_with_127(program: str) -> None:
    result = await run(program)

    assert (result.code, result.stdout) == (127, "")
    assert program in result.stderr


async def test_the_deadline_ends_a_program(told: Path) -> None:
    result = await runs_late(told, f"echo begun; echo > {told}; exec sleep 100")

    assert (result.code, result.timed_out, result.stdout) == (124, True, "begun\n")


async def test_the_deadline_kills_what_ignores_the_polite_signal(told: Path) -> None:
    result = await runs_late(told, f"trap '' TERM; echo $$; echo > {told}; while :; do sleep 0.05; done")

    assert result.timed_out
    assert await gone(int(result.stdout))


async def test_the_deadline_kills_the_whole_group(told: Path) -> None:
    result = await runs_late(told, f"sleep 100 & echo $!; echo > {told}; wait")

    assert await gone(int(result.stdout))


async def test_what_a_program_leaves_behind_dies_with_it() -> None:
    result = await run("sh", "-c", "sleep 100 & echo $!")

    assert result.code == 0
    assert await gone(int(result.stdout))


async def test_a_straggler_in_a_group_of_its_own_cannot_hold_us_up() -> None:
    result = await run("sh", "-c", "setsid sleep 3 & echo done")

    assert (result.code, result.stdout) == (0, "done\n")


async def test_a_cancelled_run_kills_its_group(told: Path) -> None:
    task = asyncio.create_task(run("sh", "-c", f"echo $$ > {told}.new; mv {told}.new {told}; sleep 100"))
    async with asyncio.timeout(60):
        while not told.exists():  # noqa: ASYNC240 - a look
            await asyncio.sleep(0.02)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(int(told.read_text()))  # noqa: ASYNC240 - a look


@pytest.mark.parametrize("steps", range(1, 10))
def test_a_start_that_is_cancelled_with_everything_else_ends(steps: int, tmp_path: Path) -> None:
    """As the end of a loop does it, after any step of the start."""

    async def attempt() -> bool:
        proc = OsProc(grace=timedelta(seconds=0.2))
        running = asyncio.create_task(proc.run(["sleep", "60"], cwd=tmp_path, env={}, timeout=timedelta(minutes=1)))
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait({running}, timeout=60)
        return running.cancelled()

    assert asyncio.run(attempt())
