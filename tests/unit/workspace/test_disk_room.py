"""Rules of room on the disk: who fills it is stopped, and everybody else is left alone."""

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from watchbill.domain.ports import ProcResult
from watchbill.workspace import room
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is free at each look; the last one stays."""
    free = [100]
    monkeypatch.setattr(room, "_LOOK_AGAIN", 0.02)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free.pop(0) if len(free) > 1 else free[0]))
    return free


def names(folder: Path) -> list[str]:
    return [place.name for place in folder.iterdir()]


async def started(place: Path, script: str) -> ProcResult:
    running = OsProc().run(["sh", "-c", script], cwd=place, env={}, timeout=timedelta(seconds=20))
    return await room.kept(running, place)


async def test_who_fills_the_disk_is_killed(tmp_path: Path, disk: list[int]) -> None:
    disk += [90, 24]

    result = await started(tmp_path, "sleep 9; touch late")

    assert result == ProcResult(
        code=room.FULL, stdout="", stderr="stopped: it filled the disk, of whose 100 free bytes 24 are left"
    )
    assert names(tmp_path) == []


async def test_who_leaves_room_is_not_disturbed(tmp_path: Path, disk: list[int]) -> None:
    disk += [30]

    assert (await started(tmp_path, "sleep 0.1; echo well; exit 3")) == ProcResult(code=3, stdout="well\n", stderr="")


async def test_a_program_whose_waiter_is_cancelled_is_killed(tmp_path: Path, disk: list[int]) -> None:
    waiting = asyncio.create_task(started(tmp_path, "echo $$ > begun.new; mv begun.new begun; exec sleep 60"))
    async with asyncio.timeout(60):
        while names(tmp_path) != ["begun"]:
            await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "begun").read_text()), 0)
