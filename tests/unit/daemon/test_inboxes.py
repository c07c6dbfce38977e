"""Inboxes in the daemon: taken in when they stand still, put away when they are over, never lost."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Script, finish
from watchbill.state import inboxes, tasks
from watchbill.workspace import boxes, swap

pytestmark = pytest.mark.anyio

DONE = steps(WRITE, finish("done"))
NOTE = "---\nid: note\nfiles: notes.md\n---\n# Write the notes\n"
QUIET = {**FILES, "docs/AI_TASK_QUEUE.md": "# Queue\n\nnothing\n"}
INBOX = 'inbox = "docs/inbox"'


def world(tmp_path: Path, script: Script = DONE, **more: object) -> World:
    given = {"files": QUIET, "repo": INBOX, **more}
    return World(root=tmp_path, scripts={"claude": script}, **given).make()  # type: ignore[arg-type]


def drop(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


async def filed(service: Service) -> list[str]:
    return [file.name for file in await service.parts.database.submit(inboxes.all_files)]


@pytest.mark.parametrize("box", ["own", "shared"])
async def test_a_dropped_file_is_done_and_moved_to_done(tmp_path: Path, box: str) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        folder = here.path / "docs/inbox" if box == "own" else service.folder.inbox
        path = drop(folder, "note.md", NOTE)
        await service.ticker.tick()
        assert path.exists()
        await service.dispatcher.idle()
        await service.ticker.tick()
        task = await task_of(service, "note")
        left = await filed(service)
    assert task.state is TaskState.LANDED
    assert (folder / "done/note.md").read_text() == NOTE
    assert not path.exists()
    assert left == []
    assert here.said("inbox.put_away")[0]["to"] == "done"


async def test_what_cannot_be_read_is_moved_to_refused_with_the_reason(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        drop(service.folder.inbox, "a.md", "only words\n")
        (service.folder.inbox / "b.md").write_bytes(b"# \xff\n")
        await service.ticker.tick()
        refused = service.folder.inbox / "refused"
    assert (refused / "a.md").read_text().startswith("<!-- refused: it has no title")
    assert (refused / "b.md").read_bytes().endswith(b"# \xff\n")
    assert [fact["file"] for fact in here.said("inbox.refused")] == ["b.md", "a.md"]


async def test_a_duplicate_is_refused_by_the_name_of_the_task_that_it_is(tmp_path: Path) -> None:
    here = world(tmp_path, files=FILES)
    async with here.service() as service:
        drop(service.folder.inbox, "again.md", "---\nfiles: notes.md\n---\n# Do one thing\n")
        await service.ticker.refresh(service.orders.standing)
        text = (service.folder.inbox / "refused/again.md").read_text()
    assert 'refused: "it is the same as task one (queued, written in docs/AI_TASK_QUEUE.md:5)' in text


async def test_a_half_written_file_is_left_alone_until_it_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    woken = asyncio.Event()
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", "---\nid: no")
        monkeypatch.setattr(service.ticker, "wake", woken.set)
        with path.open("w") as file:
            file.write(NOTE[:10])
            file.flush()
            await service.ticker.tick()
            assert await filed(service) == []
            file.write(NOTE[10:])
        async with asyncio.timeout(60):
            await woken.wait()
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["note.md"]
    assert here.said("inbox.refused") == []


async def test_a_file_that_changes_at_every_look_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        marks = iter(range(1000))
        monkeypatch.setattr(boxes, "mark_of", lambda _: boxes.Mark(1, next(marks), 1))
        await service.ticker.refresh(service.orders.standing)
        monkeypatch.undo()
        assert await filed(service) == []
        path.unlink()


async def test_an_empty_file_is_not_written_yet(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", "\n")
        await service.ticker.refresh(service.orders.standing)
        assert path.exists()
        assert await filed(service) == []
        path.write_text(NOTE)
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["note.md"]


async def test_a_crash_between_taking_in_and_moving_makes_nothing_twice(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        await settle(service)
        moved = service.folder.inbox / "done/note.md"
        moved.rename(path)  # as if the move had not happened
        task = await task_of(service, "note")
        file = inboxes.InboxFile(box="", name="note.md", task=task.id, text=NOTE)
        await service.parts.database.submit(lambda conn: inboxes.put(conn, file))
    async with here.service() as service:
        await settle(service)
        known = await service.parts.database.submit(tasks.all_tasks)
        assert [task.id for task in known] == ["note"]
        assert (moved.read_text(), path.exists()) == (NOTE, False)


@pytest.mark.parametrize("box", ["own", "shared"])
async def test_a_file_that_git_brings_back_is_not_done_again(tmp_path: Path, box: str) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        folder = here.path / "docs/inbox" if box == "own" else service.folder.inbox
        for _ in range(2):
            drop(folder, "note.md", "---\nfiles: notes.md\n---\n# Write the notes\n")
            await settle(service)
            await service.ticker.tick()
        known = await service.parts.database.submit(tasks.all_tasks)
        assert len(known) == (1 if box == "own" else 2)  # nobody but a person drops it into the shared one
    if box == "own":
        assert f"it was done already, as task {known[0].id}" in (folder / "refused/note.md").read_text()


async def test_a_file_that_is_gone_when_it_is_to_be_moved_is_forgotten(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        await service.ticker.refresh(service.orders.standing)
        path.unlink()
        await settle(service)
        assert (await task_of(service, "note")).state is TaskState.LANDED
        assert await filed(service) == []


async def test_a_cancelled_tasks_file_goes_to_refused_with_why(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        drop(service.folder.inbox, "note.md", NOTE)
        await service.ticker.refresh(service.orders.standing)
        await service.control.cancel(TaskId("note"), "not now")
        await service.ticker.write_back()
        text = (service.folder.inbox / "refused/note.md").read_text()
    assert 'refused: "its task was cancelled: not now"' in text


async def test_an_edited_file_changes_its_task(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        await service.ticker.refresh(service.orders.standing)
        path.write_text(NOTE.replace("files: notes.md", "files: notes.md\npriority: soon") + "\nmore\n")
        await service.ticker.refresh(service.orders.standing)
        assert (await task_of(service, "note")).body == "more"
        path.write_text("---\nbroken")
        await service.ticker.refresh(service.orders.standing)
        await service.ticker.refresh(service.orders.standing)
        assert (await task_of(service, "note")).body == "more"
        path.rename(path.with_name("other.md"))
        path.with_name("other.md").write_text(NOTE)
    assert here.said("task.changed")[0]["fields"] == ["body"]
    assert "no priority" in str(here.said("inbox.unreadable")[0]["why"])
    assert len([fact for fact in here.said("inbox.put_off") if "not taken over" in str(fact["why"])]) == 1


async def test_a_renamed_file_says_nothing_new(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        await service.ticker.refresh(service.orders.standing)
        path.rename(path.with_name("other.md"))
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["other.md"]
    assert here.said("task.changed") == here.said("inbox.refused") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_folder_is_tried_again_and_told_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        drop(service.folder.inbox, "a.md", "only words\n")
        service.folder.inbox.chmod(0o500)
        await service.ticker.tick()
        await service.ticker.tick()
        service.folder.inbox.chmod(0o700)
        await service.ticker.tick()
        assert (service.folder.inbox / "refused/a.md").exists()
    assert len(here.said("inbox.put_off")) == 1


async def test_what_cannot_be_moved_now_is_moved_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with here.service() as service:
        drop(service.folder.inbox, "a.md", "only words\n")
        drop(service.folder.inbox, "note.md", NOTE)
        with monkeypatch.context() as broken:
            broken.setattr(boxes, "put_away", full)
            await settle(service)
            await service.ticker.tick()
            assert await filed(service) == ["note.md"]
        await service.ticker.tick()
        assert [path.name for path in sorted(service.folder.inbox.rglob("*.md"))] == ["note.md", "a.md"]
        assert await filed(service) == []
    assert {fact["file"] for fact in here.said("inbox.put_off")} == {"a.md", "note.md"}


async def test_a_mended_file_that_could_not_be_moved_yet_is_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", "only words\n")
        with monkeypatch.context() as broken:
            broken.setattr(boxes, "put_away", full)
            await service.ticker.refresh(service.orders.standing)
        path.write_text(NOTE)
        await service.ticker.refresh(service.orders.standing)
        assert (path.exists(), await filed(service)) == (True, ["note.md"])


async def test_what_cannot_be_read_now_is_read_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path)

    def fails(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    async with here.service() as service:
        path = drop(service.folder.inbox, "note.md", NOTE)
        with monkeypatch.context() as broken:
            broken.setattr(boxes, "read", fails)
            await service.ticker.refresh(service.orders.standing)
        with monkeypatch.context() as broken:
            broken.setattr(boxes, "look", fails)
            await service.ticker.refresh(service.orders.standing)
        path.touch()
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["note.md"]


async def test_a_broken_repositorys_inbox_waits_and_the_shared_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)

    async def fails(*_: object) -> None:
        raise GitError("no such repository")

    async with here.service() as service:
        drop(here.path / "docs/inbox", "own.md", "# Mine\n")
        drop(service.folder.inbox, "note.md", NOTE)
        repo = service.repos[RepoName("repo")]
        monkeypatch.setattr(type(repo.vcs), "fetch", fails)
        monkeypatch.setattr(type(repo), "start_point", fails)
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["note.md"]


async def test_an_inbox_that_is_away_keeps_its_files_until_it_is_back(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        drop(here.path / "docs/inbox", "note.md", NOTE)
        await service.ticker.tick()
        (here.path / "docs/inbox").rename(here.path / "docs/elsewhere")
        await service.dispatcher.idle()
        await service.ticker.tick()
        assert not (here.path / "docs/inbox").exists()
        (here.path / "docs/elsewhere").rename(here.path / "docs/inbox")
        await service.ticker.tick()
        assert (here.path / "docs/inbox/done/note.md").exists()


async def test_a_repository_that_is_no_longer_configured_keeps_its_files(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        path = drop(here.path / "docs/inbox", "note.md", NOTE)
        await service.ticker.refresh(service.orders.standing)
        await service.control.cancel(TaskId("note"), "not now")
    here.repo = ""
    async with here.service() as service:
        await service.ticker.tick()
        assert path.exists()


async def test_a_file_that_vanishes_while_it_is_looked_at_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)

    def gone(*_: object) -> bool:
        raise FileNotFoundError

    async with here.service() as service:
        drop(service.folder.inbox, "note.md", NOTE)
        monkeypatch.setattr(swap, "is_being_written", gone)
        await service.ticker.refresh(service.orders.standing)
        assert await filed(service) == ["note.md"]


async def test_a_dropped_file_wakes_a_serving_daemon(tmp_path: Path) -> None:
    here = world(tmp_path, rate=1)
    stop = asyncio.Event()
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("daemon.tick_idle")
        drop(service.folder.inbox, "note.md", NOTE)
        await here.hears("run.started", task="note")
        stop.set()
        await serving


async def test_what_can_be_no_task_is_told_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        drop(service.folder.inbox, "note.txt", NOTE)
        (service.folder.inbox / "link.md").symlink_to(tmp_path)
        await service.ticker.tick()
        await service.ticker.tick()

    assert sorted(str(fact["file"]) for fact in here.said("inbox.put_off")) == ["link.md", "note.txt"]
    assert all("no regular .md file" in str(fact["why"]) for fact in here.said("inbox.put_off"))
