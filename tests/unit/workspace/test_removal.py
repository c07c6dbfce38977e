"""Removal: whatever hostile code made, it goes, and nothing else does."""

import os
import socket
from pathlib import Path

import pytest

from watchbill.workspace import removal
from watchbill.workspace.removal import remove

DEEP = 3_000  # folders inside one another: longer than a path may be, deeper than Python calls


def dig(folder: Path) -> None:
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)


def test_what_is_inside_one_another_without_end_is_removed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "x" / name).mkdir(parents=True)
        dig(tmp_path / "x" / name)

    remove(tmp_path / "x")

    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_never_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "inner").mkdir(parents=True)
    (kept / "file").write_text("x")
    (tmp_path / "x/y").mkdir(parents=True)
    for name in ("x/link", "x/y/link"):
        (tmp_path / name).symlink_to(kept)
    (tmp_path / "x/y/itself").symlink_to("itself")

    remove(tmp_path / "x")

    assert sorted(path.name for path in kept.iterdir()) == ["file", "inner"]


def test_odd_names_pipes_and_sockets_are_removed(tmp_path: Path) -> None:
    root = tmp_path / "x"
    root.mkdir()
    for name in (b"\xff", b"new\nline", b"-rf", b"y" * 255):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).touch()
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(root / "door"))

    remove(root)

    assert not root.exists()


def test_a_closed_folder_is_opened_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root nothing is forbidden, so the refusal is played."""
    folder = tmp_path / "x" / "locked" / "inner"
    folder.mkdir(parents=True)
    folder.parent.chmod(0)
    real = os.open

    def refusing(name: str, flags: int, *, dir_fd: int | None = None) -> int:
        if not os.stat(name, dir_fd=dir_fd).st_mode & 0o400:
            raise PermissionError(name)
        return real(name, flags, dir_fd=dir_fd)

    monkeypatch.setattr(removal.os, "open", refusing)

    remove(tmp_path / "x")

    assert not (tmp_path / "x").exists()


def test_what_is_not_there_is_no_fault_and_what_is_no_folder_is_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)

    remove(tmp_path / "gone")

    for name in ("file", "link"):
        with pytest.raises(OSError, match=name):
            remove(tmp_path / name)
