"""Editing: what a person changed just now is seen, what a checkout wrote or a program left behind is not."""

import hashlib
import os
from pathlib import Path

import pytest

from watchbill.workspace import editing
from watchbill.workspace.editing import LEFT_BEHIND, Worktree, edited

NOW = 1_700_000_000.0
SINCE = NOW - 600


def blob(text: str) -> str:
    return hashlib.sha1(b"blob %d\0" % len(text) + text.encode(), usedforsecurity=False).hexdigest()


def put(root: Path, path: str, text: str, *, age: float = 60) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    os.utime(place, (NOW - age, NOW - age))


@pytest.fixture
def tree(tmp_path: Path) -> Worktree:
    put(tmp_path, "scenes/a.txt", "old")
    put(tmp_path, "scenes/b.txt", "old")
    put(tmp_path, "README.md", "old")
    return Worktree(tmp_path, dict.fromkeys(("scenes/a.txt", "scenes/b.txt", "README.md"), blob("old")))


def seen(tree: Worktree, *patterns: str, but: tuple[str, ...] = ()) -> dict[str, float]:
    return edited(tree, patterns, since=SINCE, now=NOW, but=but)


def test_what_a_checkout_wrote_is_nobodys_edit(tree: Worktree) -> None:
    assert seen(tree, "**") == {}


@pytest.mark.parametrize("pattern", ["scenes/a.txt", "Scenes/A.TXT", "scenes", "scenes/*.txt", "**"])
def test_a_changed_file_is_seen_by_every_pattern_that_holds_it(tree: Worktree, pattern: str) -> None:
    put(tree.root, "scenes/a.txt", "new")

    assert seen(tree, pattern) == {"scenes/a.txt": NOW - 60}
    assert seen(tree, "README.md", "docs") == {}


def test_an_old_change_is_left_alone_no_longer(tree: Worktree) -> None:
    put(tree.root, "scenes/a.txt", "new", age=601)

    assert seen(tree, "**") == {}


def test_a_clock_that_runs_ahead_counts_as_now(tree: Worktree) -> None:
    put(tree.root, "scenes/a.txt", "new", age=-900)

    assert seen(tree, "**") == {"scenes/a.txt": NOW}


def test_a_new_file_is_seen_where_it_is_named(tree: Worktree) -> None:
    put(tree.root, "scenes/new.txt", "x")
    put(tree.root, "notes.md", "x")

    assert set(seen(tree, "scenes/*.txt", "notes.md")) == {"scenes/new.txt", "notes.md"}
    assert seen(tree, "**") == {}  # it may be anything that a program left behind


@pytest.mark.parametrize(
    "mark",
    [
        ".a.txt.swp",
        ".a.txt.swo",
        ".a.txt.kate-swp",
        "#a.txt#",
        ".~lock.a.txt#",
        "~$a.txt",
    ],
)
def test_a_file_that_an_editor_has_open_is_under_a_persons_hands(tree: Worktree, mark: str) -> None:
    put(tree.root, f"scenes/{mark}", "", age=3600)

    assert seen(tree, "scenes/a.txt") == {"scenes/a.txt": NOW}
    assert seen(tree, "scenes/b.txt") == {}


def test_emacs_marks_with_a_link_to_nowhere(tree: Worktree) -> None:
    link = tree.root / ".#README.md"
    link.symlink_to("somebody@somewhere.1:2")
    os.utime(link, (NOW, NOW), follow_symlinks=False)

    assert seen(tree, "README.md") == {"README.md": NOW}


def test_a_mark_of_an_editor_that_crashed_does_not_count(tree: Worktree) -> None:
    put(tree.root, "scenes/.a.txt.swp", "", age=LEFT_BEHIND + 1)

    assert seen(tree, "**") == {}


def test_a_file_of_the_repositorys_own_is_no_mark(tmp_path: Path) -> None:
    put(tmp_path, "#a#", "x")

    assert edited(Worktree(tmp_path, {"#a#": blob("x")}), ["**"], since=SINCE, now=NOW) == {}


def test_what_we_write_ourselves_is_not_looked_at(tree: Worktree) -> None:
    put(tree.root, "README.md", "new")

    assert seen(tree, "**", but=("README.md",)) == {}


def test_folders_links_and_what_is_gone_are_nobodys_edit(tree: Worktree) -> None:
    (tree.root / "scenes/sub.txt").mkdir()
    (tree.root / "scenes/a.txt").unlink()
    (tree.root / "scenes/a.txt").symlink_to("b.txt")

    assert edited(tree, ["scenes"], since=0, now=NOW) == {}
    assert edited(Worktree(tree.root, {"gone/a.md": "0"}), ["gone"], since=SINCE, now=NOW) == {}


def test_a_file_that_cannot_be_read_is_left_alone(tree: Worktree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(self)

    put(tree.root, "scenes/a.txt", "new")
    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert seen(tree, "scenes/a.txt") == {}


def test_a_huge_file_that_was_touched_is_not_read(tree: Worktree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "READ", 2)
    put(tree.root, "scenes/a.txt", "old", age=60)

    assert set(seen(tree, "scenes/a.txt")) == {"scenes/a.txt"}
