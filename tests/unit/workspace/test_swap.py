"""Rules of compare-and-swap: a person's edit is never lost, and nothing of ours is left lying about."""

import errno
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.workspace import swap
from watchbill.workspace.swap import compare_and_swap, tidy

OLD, NEW, THEIRS = b"- [ ] task\n", b"- [x] task\n", b"- [ ] task\n- [ ] mine\n"


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    path = tmp_path / "QUEUE.md"
    path.write_bytes(OLD)
    return path


def names_beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir())


def test_what_was_expected_is_replaced(queue: Path) -> None:
    queue.chmod(0o640)

    assert compare_and_swap(queue, OLD, NEW)

    assert queue.read_bytes() == NEW
    assert queue.stat().st_mode & 0o777 == 0o640
    assert names_beside(queue) == ["QUEUE.md"]


def test_anything_else_is_left_alone(queue: Path) -> None:
    assert not compare_and_swap(queue, b"other", NEW)

    assert queue.read_bytes() == OLD
    assert names_beside(queue) == ["QUEUE.md"]


def test_a_missing_file_is_made_from_nothing_only(tmp_path: Path) -> None:
    path = tmp_path / "QUESTIONS.md"

    assert not compare_and_swap(path, OLD, NEW)
    assert compare_and_swap(path, b"", NEW)

    assert path.read_bytes() == NEW
    assert names_beside(path) == ["QUESTIONS.md"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        compare_and_swap(tmp_path / "none" / "x", b"", NEW)


def test_a_link_stays_a_link(queue: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    link = tmp_path / "docs" / "link.md"
    link.symlink_to("../QUEUE.md")

    assert compare_and_swap(link, OLD, NEW)

    assert link.is_symlink()
    assert queue.read_bytes() == NEW


def test_owner_and_attributes_stay(queue: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(queue, 1234, 1234)
    os.setxattr(queue, "user.note", b"x")

    assert compare_and_swap(queue, OLD, NEW)

    assert (queue.stat().st_uid, queue.stat().st_gid) == (1234, 1234)
    assert os.getxattr(queue, "user.note") == b"x"


def test_a_file_that_somebody_is_saving_is_left_to_them(queue: Path) -> None:
    with queue.open("r+b") as editor:
        assert not compare_and_swap(queue, OLD, NEW)
        editor.write(THEIRS)

    assert queue.read_bytes() == THEIRS
    assert names_beside(queue) == ["QUEUE.md"]
    assert compare_and_swap(queue, THEIRS, NEW)


def between(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], object]) -> None:
    """A person acts right before the n-th exchange."""
    real, waiting = swap.exchange, list(acts)

    def exchange(one: Path, other: Path) -> None:
        if waiting:
            waiting.pop(0)()
        real(one, other)

    monkeypatch.setattr(swap, "exchange", exchange)


def replace(path: Path, content: bytes) -> None:
    """As most editors save: a new file over the old one."""
    other = path.with_name("editor~")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("save", [replace, Path.write_bytes])
def test_a_save_in_the_last_moment_comes_back(
    queue: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path, bytes], object]
) -> None:
    between(monkeypatch, lambda: save(queue, THEIRS))

    assert not compare_and_swap(queue, OLD, NEW)

    assert queue.read_bytes() == THEIRS
    assert names_beside(queue) == ["QUEUE.md"]


def test_two_saves_in_the_last_moment_are_both_kept(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    between(monkeypatch, lambda: replace(queue, THEIRS), lambda: replace(queue, b"newest"))

    assert not compare_and_swap(queue, OLD, NEW)

    assert queue.read_bytes() == b"newest"
    kept = [path for path in queue.parent.iterdir() if path != queue]
    assert [path.read_bytes() for path in kept] == [THEIRS]
    assert kept[0].name.startswith("QUEUE.md.saved-")


def test_a_deletion_in_the_last_moment_stands(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    between(monkeypatch, queue.unlink)

    assert not compare_and_swap(queue, OLD, NEW)

    assert names_beside(queue) == []


def test_a_file_that_appears_in_the_last_moment_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = tmp_path / "Q.md", os.link

    def link(one: Path, other: Path) -> None:
        path.write_bytes(THEIRS)
        real(one, other)

    monkeypatch.setattr(swap.os, "link", link)

    assert not compare_and_swap(path, b"", NEW)
    assert path.read_bytes() == THEIRS
    assert names_beside(path) == ["Q.md"]


def unsupported(*_: object) -> None:
    raise OSError(errno.EINVAL, "Invalid argument")


def test_a_file_system_without_exchange_is_served_too(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "exchange", unsupported)

    assert compare_and_swap(queue, OLD, NEW)
    with queue.open("r+b"):
        assert not compare_and_swap(queue, NEW, OLD)

    assert queue.read_bytes() == NEW
    assert names_beside(queue) == ["QUEUE.md"]


def test_another_fault_of_the_exchange_rises_and_leaves_nothing(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(swap, "exchange", full)

    with pytest.raises(OSError, match="No space"):
        compare_and_swap(queue, OLD, NEW)
    assert names_beside(queue) == ["QUEUE.md"]


def test_a_system_without_leases_is_served_too(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap.fcntl, "fcntl", unsupported)

    assert compare_and_swap(queue, OLD, NEW)


def test_a_c_library_without_exchange_says_so(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap.ctypes, "CDLL", lambda *_, **__: object())

    with pytest.raises(OSError, match="not implemented"):
        swap.exchange(queue, queue)


# --- in a git repository


def staged(repo: Path) -> list[str]:
    """What the owner's `git add --all` would take in."""
    done = subprocess.run(["git", "-C", repo, "add", "--all", "--verbose"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path / "repo"], check=True)
    path = tmp_path / "repo" / "docs" / "QUEUE.md"
    path.parent.mkdir()
    path.write_bytes(OLD)
    staged(tmp_path / "repo")
    return path


@pytest.mark.parametrize("left", ["part", f"{swap._short(OLD)}-{swap._short(NEW)}"])
def test_a_killed_swap_leaves_nothing_that_the_owner_could_add(tracked: Path, left: str) -> None:
    ours = swap._write_ours(tracked, OLD, NEW)
    ours = ours.rename(ours.with_name(f".QUEUE.md.watchbill-{left}"))

    assert names_beside(tracked) == ["QUEUE.md"]
    assert staged(tracked.parents[1]) == []
    assert swap.leftovers(tracked) == [ours]

    assert compare_and_swap(tracked, OLD, NEW)

    assert tracked.read_bytes() == NEW
    assert swap.leftovers(tracked) == []


def test_files_of_one_name_in_two_folders_are_told_apart(tracked: Path) -> None:
    other = tracked.parents[1] / "QUEUE.md"
    other.write_bytes(OLD)
    ours = swap._write_ours(tracked, OLD, NEW)

    tidy(other)

    assert ours.exists()


def test_a_linked_worktree_uses_its_own_folder_of_git(tracked: Path, tmp_path: Path) -> None:
    (tracked.parents[1] / ".git").rename(tmp_path / "git")
    (tracked.parents[1] / ".git").write_text(f"gitdir: {tmp_path / 'git'}\n")

    assert swap._write_ours(tracked, OLD, NEW).is_relative_to(tmp_path / "git")


@pytest.mark.parametrize("git", ["gitdir: nowhere\n", ""])
def test_a_folder_of_gits_that_is_gone_is_done_without(queue: Path, git: str) -> None:
    queue.with_name(".git").write_text(git)

    assert compare_and_swap(queue, OLD, NEW)

    assert names_beside(queue) == [".git", "QUEUE.md"]


# --- what a kill leaves


def leftover(queue: Path, content: bytes) -> Path:
    name = f".{queue.name}.watchbill-{swap._short(OLD)}-{swap._short(NEW)}"
    path = queue.with_name(name)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("in_place", "beside"), [(OLD, NEW), (NEW, OLD), (THEIRS, NEW), (THEIRS, OLD)])
def test_a_killed_swap_is_finished_without_a_trace(queue: Path, in_place: bytes, beside: bytes) -> None:
    queue.write_bytes(in_place)
    leftover(queue, beside)
    queue.with_name(".QUEUE.md.watchbill-part").write_bytes(b"half")

    tidy(queue)

    assert queue.read_bytes() == in_place
    assert names_beside(queue) == ["QUEUE.md"]


def test_a_killed_swap_gives_back_what_a_person_saved(queue: Path) -> None:
    queue.write_bytes(NEW)
    leftover(queue, THEIRS)

    tidy(queue)

    assert queue.read_bytes() == THEIRS
    assert names_beside(queue) == ["QUEUE.md"]


def test_a_killed_swap_keeps_what_a_person_saved_before_their_last_save(queue: Path) -> None:
    queue.write_bytes(b"newest")
    leftover(queue, THEIRS)

    tidy(queue)

    assert queue.read_bytes() == b"newest"
    assert [path.read_bytes() for path in queue.parent.glob("QUEUE.md.saved-*")] == [THEIRS]


def test_who_writes_into_ours_while_theirs_is_given_back_loses_nothing(queue: Path) -> None:
    queue.write_bytes(NEW)
    leftover(queue, THEIRS)

    with queue.open("r+b") as editor:
        tidy(queue)
        editor.seek(0, os.SEEK_END)
        editor.write(b"written later\n")

    kept = [path for path in queue.parent.iterdir() if path != queue]
    assert queue.read_bytes() == THEIRS
    assert [path.read_bytes() for path in kept] == [NEW + b"written later\n"]


def test_a_leftover_that_is_being_written_is_left_until_later(queue: Path) -> None:
    with leftover(queue, OLD).open("r+b") as editor:
        assert not tidy(queue)
        assert not compare_and_swap(queue, OLD, NEW)
        editor.write(THEIRS)

    assert tidy(queue)
    assert [path.read_bytes() for path in queue.parent.glob("QUEUE.md.saved-*")] == [THEIRS]


def test_tidying_where_there_is_no_folder_does_nothing(tmp_path: Path) -> None:
    tidy(tmp_path / "none" / "QUEUE.md")


def swapped_until(at: int, path: Path) -> int:
    """The exit code of a process that swaps, and is killed at that line of ours."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    lines = itertools.count(1)

    def tracer(frame: FrameType, event: str, _arg: object) -> Callable:
        if frame.f_code.co_filename == swap.__file__ and event == "line" and next(lines) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return tracer

    try:
        sys.settrace(tracer)
        swap.compare_and_swap(path, b"old", b"new")
        os._exit(0)
    finally:
        os._exit(1)


def test_a_kill_at_any_line_leaves_old_or_new_and_can_be_tidied(tmp_path: Path) -> None:
    path, line, code = tmp_path / "QUEUE.md", 0, -9
    while code == -9:
        line += 1
        path.write_bytes(b"old")
        code = swapped_until(line, path)
        assert path.read_bytes() in (b"old", b"new")
        tidy(path)
        assert names_beside(path) == ["QUEUE.md"]

    assert line > 40
    assert code == 0


def test_a_file_that_was_saved_while_ours_was_written_never_shows_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "QUEUE.md"
    path.write_bytes(b"old")
    write_ours, exchanged = swap._write_ours, []

    def slowly(real: Path, expected: bytes, new: bytes) -> Path:
        ours = write_ours(real, expected, new)
        replace(path, b"saved meanwhile")
        return ours

    monkeypatch.setattr(swap, "_write_ours", slowly)
    monkeypatch.setattr(swap, "exchange", lambda *names: exchanged.append(names))

    assert not compare_and_swap(path, b"old", b"new")
    assert (path.read_bytes(), exchanged, names_beside(path)) == (b"saved meanwhile", [], ["QUEUE.md"])


@examples(40, part=20)
@given(st.lists(st.booleans(), min_size=5, max_size=40))
def test_a_racing_persons_lines_all_survive(tmp_path_factory: pytest.TempPathFactory, ways: list[bool]) -> None:
    """A person appends lines, each in one of the two ways that editors save; we set a marker all the time."""
    path = tmp_path_factory.mktemp("race") / "QUEUE.md"
    path.write_bytes(b"[ ] 0\n")
    stop = threading.Event()

    def mark() -> None:
        while not stop.is_set():
            seen = path.read_bytes()
            turned = seen.replace(b"[ ] 0", b"[!] 0") if b"[ ] 0" in seen else seen.replace(b"[!] 0", b"[ ] 0")
            compare_and_swap(path, seen, turned)

    marker = threading.Thread(target=mark)
    marker.start()
    written = []
    try:
        for number, in_place in enumerate(ways):
            line = b"person %d\n" % number
            written.append(line)
            if in_place:
                append_in_place(path, line)
            else:
                replace(path, path.read_bytes() + line)
    finally:
        stop.set()
        marker.join()

    found = b"".join(other.read_bytes() for other in path.parent.iterdir())
    assert [line for line in written if line not in found] == []
    assert b"[" in path.read_bytes()


def append_in_place(path: Path, line: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(line)


def test_links_in_a_circle_are_an_error_of_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / "QUEUE.md"
    path.symlink_to(path)

    with pytest.raises(OSError, match="symbolic links"):
        tidy(path)
