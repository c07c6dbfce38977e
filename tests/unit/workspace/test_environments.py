"""Rules of environments: made once for the same lock files, never written by who uses them, and never too many."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clocks import JumpClock
from watchbill.domain.errors import SetupFailed, Unsafe
from watchbill.domain.ids import Commit
from watchbill.workspace import environments
from watchbill.workspace.environments import Environment, Environments, Setup, key_of
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Means, Sandbox, SandboxMode

pytestmark = pytest.mark.anyio

LOCK = {"requirements.txt": b"a==1\n", "web/package-lock.json": b"{}", "src/a.py": b"secret = 1\n"}
MAKE = (
    "sh",
    "-c",
    "mkdir -p .venv/bin web/node_modules; echo made >> .venv/bin/tool; cat requirements.txt > .venv/from",
)


class DictTree:
    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def read(self, path: str) -> bytes:
        return self._files[path]


def of(files: Mapping[str, bytes]) -> tuple[Commit, Callable[[Commit], Awaitable[DictTree]]]:
    """A commit with these files, and the way to its tree."""

    async def read(_commit: Commit) -> DictTree:
        return DictTree(files)

    return Commit(repr(sorted(files.items()))), read


class Place:
    def __init__(self, root: Path) -> None:
        self.root = root / "environments"
        self.clock = JumpClock(start=datetime(2026, 3, 2, tzinfo=UTC), rate=1)
        self.told: list[tuple[str, Mapping[str, object]]] = []

    def emit(self, name: str, **facts: object) -> None:
        self.told.append((name, facts))

    def of(self, *commands: tuple[str, ...], sandbox: Sandbox | None = None, seconds: float = 20) -> Environments:
        return Environments(
            root=self.root,
            setup=Setup(commands=commands, timeout=timedelta(seconds=seconds)),
            sandbox=sandbox or Sandbox(mode=SandboxMode.NONE),
            proc=OsProc(),
            clock=self.clock,
            events=self,
            repo="novel",
        )

    async def ready(self, made: Environments, files: Mapping[str, bytes] = LOCK) -> Environment:
        async with made.ready(*of(files)) as environment:
            return environment

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(environments.os, "sync", lambda: None)  # the disk is everybody's
    return Place(tmp_path)


async def test_it_is_made_once_of_the_lock_files_only(place: Place) -> None:
    made = place.of(MAKE)
    first, second = [await place.ready(made) for _ in range(2)]

    assert first == second
    assert first.products == (".venv", "web/node_modules")
    assert (first.tree / ".venv/from").read_bytes() == b"a==1\n"
    assert not (first.tree / "src").exists()
    assert (first.tree / ".venv/bin/tool").read_text() == "made\n"
    assert place.names == ["setup.made", "setup.reused"]


async def test_who_comes_while_it_is_made_waits_for_it(place: Place) -> None:
    made = place.of(("sleep", "0.3"), MAKE)

    await asyncio.gather(*(place.ready(made) for _ in range(4)))

    assert place.names == ["setup.made"] + 3 * ["setup.reused"]


@pytest.mark.parametrize(
    ("commands", "files"),
    [
        ((("true",),), {}),
        ((MAKE,), {**LOCK, "requirements.txt": b"a==2\n"}),
        ((MAKE,), {"requirements.txt": b"a==1\n"}),
    ],
)
def test_other_commands_or_files_are_another_environment(
    commands: tuple[tuple[str, ...], ...], files: Mapping[str, bytes]
) -> None:
    assert key_of(commands, files, {}) != key_of((MAKE,), LOCK, {})
    assert key_of((MAKE,), LOCK, {"sh": ["/bin/sh", 1, 2]}) != key_of((MAKE,), LOCK, {})


async def test_what_failed_is_told_with_its_last_words_and_not_tried_again_at_once(place: Place) -> None:
    made = place.of(("sh", "-c", "echo tried >> ../tries; echo no such package >&2; exit 3"))

    for _ in range(2):
        with pytest.raises(SetupFailed, match=r"(?s)ended with exit code 3.*no such package"):
            await place.ready(made)
    place.clock.set_by(timedelta(minutes=11))
    with pytest.raises(SetupFailed):
        await place.ready(made)

    assert place.names == ["setup.failed"] * 2


async def test_what_takes_too_long_has_failed(place: Place) -> None:
    with pytest.raises(SetupFailed, match="did not end within"):
        await place.ready(place.of(("sleep", "9"), seconds=0.2))


async def test_half_of_one_is_made_anew(place: Place) -> None:
    made = place.of(MAKE)
    first = await place.ready(made)
    (first.tree.parent / "made.json").write_text('{"products"')

    assert (await place.ready(made)).tree == first.tree
    assert (first.tree / ".venv/bin/tool").read_text() == "made\n"


async def test_only_the_last_used_ones_are_kept_and_none_that_is_in_use(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "KEPT", 2)
    made = place.of(MAKE)
    commits = [of({"requirements.txt": f"a=={number}\n".encode()}) for number in range(5)]
    async with made.ready(*commits[0]):
        for commit in commits[1:]:
            place.clock.set_by(timedelta(minutes=1))
            async with made.ready(*commit):
                pass
        kept = {(folder / "tree/requirements.txt").read_text() for folder in place.root.iterdir() if folder.is_dir()}

    assert kept == {"a==0\n", "a==3\n", "a==4\n"}


async def test_its_programs_come_first_and_its_folders_stand_in_the_worktree(place: Place, tmp_path: Path) -> None:
    environment = await place.ready(place.of(MAKE))
    worktree = tmp_path / "work"
    (worktree / "web").mkdir(parents=True)
    (worktree / ".venv").write_text("mine")

    sandbox = environment.furnish(Sandbox(mode=SandboxMode.NONE))
    with environment.linked(worktree):
        assert (worktree / "web/node_modules").readlink() == environment.tree / "web/node_modules"
        assert (worktree / ".venv").read_text() == "mine"

    assert sandbox.env()["PATH"].startswith(f"{environment.tree}/.venv/bin:")
    assert not (worktree / "web/node_modules").is_symlink()


async def test_no_link_is_made_through_a_link_of_the_worktrees(place: Place, tmp_path: Path) -> None:
    environment = await place.ready(place.of(MAKE))
    worktree, outside = tmp_path / "work", tmp_path / "outside"
    worktree.mkdir()
    outside.mkdir()
    (worktree / "web").symlink_to(outside)

    with environment.linked(worktree):
        assert list(outside.iterdir()) == []


@pytest.mark.parametrize(("program", "means"), [("bwrap", Means.BUBBLEWRAP), ("no-such-bwrap", Means.LANDLOCK)])
async def test_programs_use_it_and_cannot_spoil_it(place: Place, tmp_path: Path, program: str, means: Means) -> None:
    sandbox = Sandbox(program=program)
    try:
        if sandbox.means() is not means:
            pytest.skip(f"needs a working {means}")
    except Unsafe as why:
        pytest.skip(str(why))
    tool = (
        "sh",
        "-c",
        "mkdir -p .venv/bin; printf '#!/bin/sh\\necho here\\n' > .venv/bin/tool; chmod 700 .venv/bin/tool",
    )
    environment = await place.ready(place.of(tool, sandbox=sandbox))
    worktree = tmp_path / "work"
    worktree.mkdir()
    furnished = environment.furnish(sandbox)

    script = "tool; .venv/bin/tool; echo bad > .venv/bin/tool; rm -rf .venv/bin; chmod 000 .venv/bin; true"
    with environment.linked(worktree):
        result = await OsProc().run(
            furnished.wrap(["sh", "-c", script], worktree),
            cwd=worktree,
            env=furnished.env(),
            timeout=timedelta(seconds=20),
        )

    assert result.stdout == "here\nhere\n"
    assert "here" in (environment.tree / ".venv/bin/tool").read_text()
    assert json.loads((environment.tree.parent / "made.json").read_text())["products"] == [".venv"]
