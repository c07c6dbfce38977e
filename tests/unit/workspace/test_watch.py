"""Rules of watching: every lasting change is told, however a file is saved."""

import asyncio
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from watchbill.workspace import notices
from watchbill.workspace.watch import changes

pytestmark = pytest.mark.anyio


class Watcher:
    """The changes told so far."""

    def __init__(self, *paths: Path) -> None:
        self.stop = asyncio.Event()
        self.told: set[Path] = set()
        self._changes = changes(paths, self.stop, look_anyway=timedelta(milliseconds=300))
        self._task = asyncio.create_task(self._collect())

    async def _collect(self) -> None:
        async for changed in self._changes:
            self.told |= changed

    async def tells(self, *paths: Path) -> None:
        async with asyncio.timeout(60):
            while not self.told >= set(paths):
                await asyncio.sleep(0.01)
        self.told.clear()

    async def end(self) -> None:
        self.stop.set()
        async with asyncio.timeout(60):
            await self._task


@pytest.fixture
async def watched() -> AsyncIterator[Callable[..., Watcher]]:
    made: list[Watcher] = []

    def make(*paths: Path) -> Watcher:
        made.append(Watcher(*paths))
        return made[-1]

    yield make
    for watcher in made:
        await watcher.end()


async def test_every_way_of_saving_is_told(watched: Callable[..., Watcher], tmp_path: Path) -> None:
    path = tmp_path / "QUEUE.md"
    path.write_text("a")
    watcher = watched(path)
    await asyncio.sleep(0.2)

    path.write_text("ab")
    await watcher.tells(path)
    (tmp_path / "new").write_text("abc")
    (tmp_path / "new").replace(path)
    await watcher.tells(path)
    path.unlink()
    await watcher.tells(path)
    path.write_text("a")
    await watcher.tells(path)


async def test_only_the_files_named_are_told(watched: Callable[..., Watcher], tmp_path: Path) -> None:
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    watcher = watched(one, other)
    await asyncio.sleep(0.2)

    (tmp_path / "third.md").write_text("x")
    other.write_text("x")
    await watcher.tells(other)

    assert watcher.told == set()


async def test_a_folder_made_anew_is_watched_again(watched: Callable[..., Watcher], tmp_path: Path) -> None:
    path = tmp_path / "docs" / "plan" / "QUEUE.md"
    watcher = watched(path)
    await asyncio.sleep(0.2)

    for text in ("a", "ab"):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        await watcher.tells(path)
        path.write_text(text + "!!")
        await watcher.tells(path)
        shutil.rmtree(tmp_path / "docs")
        await watcher.tells(path)


async def test_a_linked_file_is_watched_where_it_lies(watched: Callable[..., Watcher], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "Q.md").write_text("a")
    link = tmp_path / "Q.md"
    link.symlink_to("real/Q.md")
    watcher = watched(link)
    await asyncio.sleep(0.2)

    (tmp_path / "real" / "Q.md").write_text("ab")

    await watcher.tells(link)


async def test_what_no_notice_tells_is_found_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())  # a system without inotify
    stop = asyncio.Event()
    path = tmp_path / "QUEUE.md"
    asyncio.get_running_loop().call_later(0.1, path.write_text, "a")

    async for changed in changes([path], stop, look_anyway=timedelta(milliseconds=50)):
        assert changed == {path}
        stop.set()


async def test_a_system_with_no_inotify_to_spare_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none_left = SimpleNamespace(inotify_init1=lambda _: -1)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: none_left)
    came = asyncio.Event()

    with notices.notices([tmp_path], came):
        (tmp_path / "a").touch()
        await asyncio.sleep(0)

    assert not came.is_set()


async def test_a_folder_that_vanished_is_no_fault(tmp_path: Path) -> None:
    came = asyncio.Event()

    with notices.notices([tmp_path / "gone", tmp_path], came):
        (tmp_path / "a").touch()
        async with asyncio.timeout(60):
            await came.wait()


async def test_links_in_a_circle_are_waited_for_like_a_file_that_is_missing(
    watched: Callable[..., Watcher], tmp_path: Path
) -> None:
    path = tmp_path / "QUEUE.md"
    path.symlink_to(path)
    watcher = watched(path)
    await asyncio.sleep(0.2)

    path.unlink()
    path.write_text("a")

    await watcher.tells(path)


async def test_a_name_that_is_no_utf8_beside_the_file_is_no_fault(
    watched: Callable[..., Watcher], tmp_path: Path
) -> None:
    path = tmp_path / "QUEUE.md"
    watcher = watched(path)
    await asyncio.sleep(0.2)

    (tmp_path / os.fsdecode(b"caf\xe9.md")).touch()
    path.write_text("a")

    await watcher.tells(path)


async def test_a_folder_that_may_not_be_entered_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied")

    stop = asyncio.Event()
    path = tmp_path / "QUEUE.md"
    monkeypatch.setattr(Path, "is_dir", refused)
    asyncio.get_running_loop().call_later(0.1, path.write_text, "a")

    async for changed in changes([path], stop, look_anyway=timedelta(milliseconds=50)):
        assert changed == {path}
        stop.set()


LOOKING = """
import asyncio, sys
from pathlib import Path
from watchbill.workspace import notices
from watchbill.workspace.watch import changes

async def told(path):
    assert notices._listen([path.parent]) is None
    async for changed in changes([path], asyncio.Event()):
        return changed

async def main(path):
    telling = asyncio.create_task(told(path))
    await asyncio.sleep(0.2)
    path.write_text("saved")
    print(await asyncio.wait_for(telling, 60))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_where_the_system_has_no_notices_left_to_give_it_looks_by_itself(tmp_path: Path) -> None:
    """The real limit, of a user namespace of its own: nobody else on this machine is bound by it."""
    none_left = 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "sh", "-c", none_left, "sh"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: no user namespace can be made here")

    said = subprocess.run(
        [*words, sys.executable, "-c", LOOKING, str(tmp_path / "queue.md")], capture_output=True, text=True, check=False
    )

    assert "queue.md" in said.stdout, said.stderr
