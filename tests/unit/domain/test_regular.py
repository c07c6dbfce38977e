"""Rules of reading: nothing in a file's place makes a reader wait."""

import os
import socket
from pathlib import Path

import pytest

from watchbill.domain import regular


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)

    assert regular.read(tmp_path / "a") == b"x" * 100_000


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="no regular file"):
        regular.read(tmp_path / "pipe")


def test_a_device_and_a_socket_are_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        for place in (Path("/dev/zero"), tmp_path / "s"):
            with pytest.raises(OSError, match=r"no regular file|No such device"):
                regular.read(place)


def test_a_folder_says_that_it_is_one(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        regular.read(tmp_path)


def test_a_link_is_followed_unless_it_may_not_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "link").symlink_to("a")

    assert regular.read(tmp_path / "link") == b"a"
    with pytest.raises(OSError, match="symbolic links"), regular.opened(tmp_path / "link", follow=False):
        pass


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match=str(tmp_path)):
            regular.read(place)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
