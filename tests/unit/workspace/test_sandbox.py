"""Rules of the sandbox: repository code sees its worktree and the system's programs, and nothing else."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clocks import late
from watchbill.domain.errors import Unsafe
from watchbill.domain.ports import ProcResult
from watchbill.workspace import bubblewrap, cell, seccomp
from watchbill.workspace.limits import Limits
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Means, Sandbox, SandboxMode, filter_code

pytestmark = pytest.mark.anyio
LONG = timedelta(seconds=60)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("canary")
    place = tmp_path / "tree"
    place.mkdir()
    (place / "a.txt").write_text("a")
    return place


@pytest.fixture(params=["bwrap", "no-such-bwrap"], ids=["bubblewrap", "Landlock"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return _working(Sandbox(program=request.param), Means(request.node.callspec.id.split("-")[0]))


@pytest.fixture
def landlocked() -> Sandbox:
    return _working(Sandbox(program="no-such-bwrap"), Means.LANDLOCK)


def _working(sandbox: Sandbox, means: Means) -> Sandbox:
    try:
        if sandbox.means() is means:
            return sandbox
    except Unsafe as why:
        pytest.skip(str(why))
    pytest.skip(f"needs a working {means}")


async def run(sandbox: Sandbox, place: Path, argv: Sequence[str], *, writable: bool = True) -> ProcResult:
    wrapped = sandbox.wrap(argv, place, writable=writable)
    return await OsProc().run(wrapped, cwd=place, env=sandbox.env(), timeout=LONG)


async def test_the_worktree_is_there_and_can_be_written(sandbox: Sandbox, place: Path) -> None:
    result = await run(sandbox, place, ["sh", "-c", "cat a.txt; echo b > b.txt; pwd"])

    assert result == ProcResult(code=0, stdout=f"a{place}\n", stderr="")
    assert (place / "b.txt").read_text() == "b\n"


async def test_a_worktree_can_be_lent_for_reading_only(sandbox: Sandbox, place: Path) -> None:
    result = await run(sandbox, place, ["sh", "-c", "cat a.txt; echo b > b.txt"], writable=False)

    assert (result.code, result.stdout) == (2, "a")
    assert not (place / "b.txt").exists()


async def test_modes_and_times_can_be_set_in_the_worktree(sandbox: Sandbox, place: Path) -> None:
    script = """
    set -e
    mkdir d; chmod 750 a.txt d/../d; ln -s a.txt link; chmod o+r link; chmod 4644 link; touch -d 2001-02-03 link
    cp -p a.txt d/b.txt; chmod 600 "$PWD/d/b.txt"; stat -c '%a %Y' a.txt d d/b.txt | tr '\\n' ' '; touch -h link
    chmod 1 missing || echo missing
    """
    result = await run(replace(sandbox, variables={"TZ": "UTC"}), place, ["sh", "-c", script])

    assert result.stderr.count("\n") == 1, result
    modes = result.stdout.split()
    assert modes[0] in ("644", "4644")  # a keeper leaves out what makes somebody else of a program
    assert (modes[1], modes[2], modes[4], modes[5], modes[6]) == ("981158400", "750", "600", "981158400", "missing")


@pytest.mark.parametrize(
    "path", ["{place}/../secret", "/etc/passwd", "/root", "/home", "/var", "/proc/1/root/etc/shadow"]
)
async def test_nothing_else_of_the_machine_can_be_read(sandbox: Sandbox, place: Path, path: str) -> None:
    result = await run(sandbox, place, ["sh", "-c", 'cat "$1" || ls "$1/"', "sh", path.format(place=place)])

    assert result.code != 0


async def test_a_link_that_leaves_the_worktree_leads_nowhere(sandbox: Sandbox, place: Path) -> None:
    (place / "out").symlink_to(place.parent / "secret")

    assert (await run(sandbox, place, ["cat", "out"])).code != 0


async def test_there_is_no_environment_and_no_other_process(
    sandbox: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_CANARY", "1")

    result = await run(sandbox, place, ["sh", "-c", "env; cat /proc/[0-9]*/environ"])

    assert "CANARY" not in result.stdout
    assert "HOME=/tmp" in result.stdout


async def test_extra_folders_can_be_read(sandbox: Sandbox, place: Path, tmp_path: Path) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "x").write_text("x")

    result = await run(replace(sandbox, readable=(tmp_path / "tool",)), place, ["cat", str(tmp_path / "tool" / "x")])

    assert result.stdout == "x"


async def test_a_file_has_its_limit(sandbox: Sandbox, place: Path) -> None:
    small = replace(sandbox, limits=Limits(file_bytes=1 << 20))

    result = await run(small, place, ["sh", "-c", "head -c 3000000 /dev/zero > big"])

    assert result.code != 0
    assert (place / "big").stat().st_size <= 1 << 20


async def test_everything_inside_dies_at_the_deadline(sandbox: Sandbox, place: Path) -> None:
    argv = sandbox.wrap(["sh", "-c", "setsid sh -c 'while :; do date +%N > beat; sleep 0.02; done' & wait"], place)

    running = OsProc(grace=timedelta(seconds=1)).run(argv, cwd=place, env=sandbox.env(), timeout=LONG)
    result = await late(running, LONG, (place / "beat").exists)

    assert result.timed_out
    await all_gone(place)
    last = (place / "beat").read_text()
    await asyncio.sleep(0.1)
    assert (place / "beat").read_text() == last


@pytest.fixture
def no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.workspace.landlock.version", lambda: 5)


@pytest.mark.usefixtures("no_landlock")
def test_without_a_sandbox_nothing_runs(place: Path) -> None:
    with pytest.raises(Unsafe, match=r"is not installed, and .*version 5.*Install bubblewrap .* sandbox = \"none\""):
        Sandbox(program="no-such-bwrap").wrap(["true"], place)


@pytest.mark.usefixtures("no_landlock")
def test_a_sandbox_that_does_not_work_is_unsafe(place: Path) -> None:
    program = place / "bwrap"
    program.write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n")
    program.chmod(0o755)

    with pytest.raises(Unsafe, match="does not work here: No permissions"):
        Sandbox(program=str(program)).means()


@pytest.mark.usefixtures("no_landlock")
def test_a_sandbox_that_does_not_answer_is_unsafe(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = place / "bwrap"
    program.write_text("#!/bin/sh\nexec sleep 5\n")
    program.chmod(0o755)
    monkeypatch.setattr("watchbill.workspace.sandbox._PROBE", timedelta(seconds=0.1))

    with pytest.raises(Unsafe, match="did not answer"):
        Sandbox(program=str(program)).means()


@pytest.mark.usefixtures("no_landlock")
def test_a_sandbox_that_was_mended_is_tried_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = place / "bwrap"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(Unsafe):
        Sandbox(program=str(program)).means()
    program.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(Unsafe):  # for a minute it is believed
        Sandbox(program=str(program)).means()
    monkeypatch.setattr("watchbill.workspace.sandbox._TRIED_AGAIN", timedelta(0))

    assert Sandbox(program=str(program)).means() is Means.BUBBLEWRAP


def test_a_machine_whose_calls_are_unknown_has_no_landlock(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.workspace.seccomp.knows", lambda machine: False)

    assert filter_code() == seccomp.NOTHING
    with pytest.raises(Unsafe, match="no filter of system calls"):
        Sandbox(program="no-such-bwrap").means()


def test_landlock_takes_the_place_of_a_missing_bubblewrap(place: Path, landlocked: Sandbox) -> None:
    assert landlocked.check() is Means.LANDLOCK


def test_a_means_that_fails_after_all_is_unsafe(
    place: Path, landlocked: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchbill.workspace.cell.words", lambda argv, **_: ["/bin/false"])

    with pytest.raises(Unsafe, match="Landlock does not work here: exit code 1"):
        landlocked.check()


async def test_the_owners_word_runs_it_with_a_clean_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", "1")
    plain = Sandbox(mode=SandboxMode.NONE)

    assert plain.check() is Means.NOTHING
    result = await run(plain, place, ["sh", "-c", "env; cat a.txt"])

    assert "CANARY" not in result.stdout
    assert result.stdout.endswith("a")


def test_systems_whose_programs_are_folders_are_served_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "lib").mkdir()
    monkeypatch.setattr("watchbill.workspace.bubblewrap.SYSTEM", (str(place / "lib"), "/none"))

    words = bubblewrap.view((), ())

    assert words[words.index(str(place / "lib")) - 1 :][:3] == ["--ro-bind-try", *[str(place / "lib")] * 2]


def test_arguments_are_never_read_by_a_shell(place: Path) -> None:
    argv = Sandbox(mode=SandboxMode.NONE).wrap(["printf", "%s", "$(id) ; `id` '\""], place)

    assert subprocess.run(argv, capture_output=True, check=True, env=dict(os.environ)).stdout == b"$(id) ; `id` '\""


def test_a_cell_loads_nothing_that_is_slow_to_load() -> None:
    seen = "import sys; sys.path.append(sys.argv[1]); from watchbill.workspace import cell; print(*sys.modules)"
    root = Path(cell.__file__).parents[2]

    done = subprocess.run([sys.executable, "-I", "-S", "-c", seen, root], capture_output=True, text=True, check=True)

    assert not {"ctypes", "enum", "os", "pathlib", "re", "signal", "socket", "struct", "subprocess", "typing"} & set(
        done.stdout.split()
    )


KEEPER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Sandbox

async def main(program, place):
    sandbox = Sandbox(program=program)
    wrapped = sandbox.wrap(["sh", "-c", "touch began; sleep 60 & sleep 60"], place)
    await OsProc().run(wrapped, cwd=place, env=sandbox.env(), timeout=timedelta(seconds=60))

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""


async def test_everything_inside_dies_with_whoever_started_it_however_that_ends(sandbox: Sandbox, place: Path) -> None:
    keeper = await asyncio.create_subprocess_exec(sys.executable, "-c", KEEPER, sandbox.program, str(place))
    while not (place / "began").exists():
        assert keeper.returncode is None
        await asyncio.sleep(0.02)
    assert _at(place)

    keeper.kill()
    await keeper.wait()

    await all_gone(place)


async def test_nothing_begins_for_who_has_ended(sandbox: Sandbox, place: Path) -> None:
    wrapped = sandbox.wrap(["touch", "began"], place)
    other = [sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"]

    result = await OsProc().run([*other, *wrapped], cwd=place, env=sandbox.env(), timeout=LONG)

    assert result.code != 0
    assert not (place / "began").exists()


async def all_gone(place: Path) -> None:
    async with asyncio.timeout(60):
        while _at(place):
            await asyncio.sleep(0.02)


def _at(place: Path) -> list[str]:
    """The programs that work in a folder, or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str((process / "cwd").readlink()).startswith(str(place)):
                found.append((process / "comm").read_text().strip())
    return found
