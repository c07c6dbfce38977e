"""Boxes: files come and go whole, and none is lost."""

import os
from pathlib import Path

import pytest

from watchbill.workspace import boxes


def test_only_plain_markdown_files_are_seen(tmp_path: Path):
    for name in ("a.md", "B.MD", ".hidden.md", "README.md", "a.txt", "a.md~"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "link.md").symlink_to("a.md")
    os.mkfifo(tmp_path / "pipe.md")

    assert list(boxes.look(tmp_path)) == ["B.MD", "a.md"]


@pytest.mark.parametrize("name", ["gone", "file"])
def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("")

    assert boxes.look(tmp_path / name) == {}


def test_a_mark_changes_with_the_file(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_text("a")
    before = boxes.mark_of(path)

    path.write_text("ab")

    assert boxes.mark_of(path) != before
    assert boxes.mark_of(tmp_path / "none.md") is None


def test_reading_ends_one_byte_after_what_is_asked_and_follows_no_link(tmp_path: Path):
    (tmp_path / "a.md").write_text("abcdef")
    (tmp_path / "link.md").symlink_to("a.md")

    assert boxes.read(tmp_path / "a.md", 3) == b"abcd"
    with pytest.raises(OSError, match="symbolic links"):
        boxes.read(tmp_path / "link.md", 3)


def test_a_dropped_file_never_takes_anothers_name(tmp_path: Path):
    folder = tmp_path / "new" / "inbox"

    places = [boxes.drop(folder, "a.md", text) for text in (b"1", b"2", b"3")]

    assert [(place.name, place.read_bytes()) for place in places] == [
        ("a.md", b"1"),
        ("a-2.md", b"2"),
        ("a-3.md", b"3"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["a-2.md", "a-3.md", "a.md"]


def test_a_file_is_moved_and_takes_nobodys_name(tmp_path: Path):
    for text in ("first", "second"):
        (tmp_path / "a.md").write_text(text)
        boxes.put_away(tmp_path / "a.md", tmp_path / "done")

    assert not (tmp_path / "a.md").exists()
    assert [(tmp_path / "done" / name).read_text() for name in ("a.md", "a-2.md")] == ["first", "second"]


def test_a_file_is_moved_first_and_rewritten_then(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_text("said")
    path.chmod(0o640)

    def rewrite(data: bytes) -> bytes:
        assert not path.exists()
        path.write_text("saved meanwhile")
        return b"why\n" + data

    moved = boxes.put_away(path, tmp_path / "refused", rewrite)

    assert (moved.read_text(), path.read_text()) == ("why\nsaid", "saved meanwhile")
    assert moved.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_moved_stays_and_leaves_nothing_behind(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        boxes.put_away(tmp_path / "gone.md", tmp_path / "done")

    assert list((tmp_path / "done").iterdir()) == []


def test_a_crash_after_the_move_leaves_the_file_as_it_was(tmp_path: Path):
    (tmp_path / "a.md").write_text("said")

    def dies(data: bytes) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        boxes.put_away(tmp_path / "a.md", tmp_path / "refused", dies)

    assert (tmp_path / "refused" / "a.md").read_text() == "said"


def test_what_is_never_looked_at_is_known_by_name(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("# A\n")
    (tmp_path / "link.md").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "dir.md").mkdir()
    for name in ("note.txt", "good.md", "README.md", ".hidden", "good.md~"):
        (tmp_path / name).touch()
    (tmp_path / "done").mkdir()

    assert boxes.strange(tmp_path) == ["dir.md", "link.md", "note.txt", "pipe.md", "target"]
    assert boxes.strange(tmp_path / "nowhere") == []
