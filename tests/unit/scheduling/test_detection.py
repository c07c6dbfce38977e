"""What a recurring entry finds in a tree: nothing that does not fit, and everything that does."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from watchbill.scheduling import tally
from watchbill.scheduling.detection import MOST_BYTES, Find, is_path, lines_of, targets

SCENES = "scenes/*.txt"


class Files:
    """A tree of these texts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def paths(self):
        return sorted(self._texts)

    def read(self, path: str) -> bytes:
        return self._texts[path].encode()


HERE = Files(
    {
        "scenes/a.txt": "TODO one\nTODO two, TODO three\n",
        "scenes/b.txt": "TODO\n",
        "scenes/c.txt": "A smell of salt. " * 10,
        "scenes/stats.txt": "TODO\n",
        "docs/a.md": "TODO",
    }
)


def test_files_with_the_pattern_often_enough_are_targets():
    assert targets(Find(globs=(SCENES,), pattern="TODO", at_least=1), HERE) == (
        "scenes/a.txt",
        "scenes/b.txt",
        "scenes/stats.txt",
    )
    assert targets(Find(globs=(SCENES,), pattern="TODO", at_least=3), HERE) == ("scenes/a.txt",)


def test_files_without_the_pattern_are_targets():
    assert targets(Find(globs=(SCENES,), pattern="smell", at_most=0), HERE) == (
        "scenes/a.txt",
        "scenes/b.txt",
        "scenes/stats.txt",
    )
    assert targets(Find(globs=(SCENES,), pattern="TODO", at_most=1), HERE) == (
        "scenes/b.txt",
        "scenes/c.txt",
        "scenes/stats.txt",
    )


def test_small_files_are_targets_by_words_or_by_bytes():
    assert targets(Find(globs=(SCENES,), smaller_words=5), HERE) == ("scenes/b.txt", "scenes/stats.txt")
    assert targets(Find(globs=(SCENES,), smaller_bytes=6), HERE) == ("scenes/b.txt", "scenes/stats.txt")


def test_every_file_of_a_glob_is_a_target_where_nothing_else_is_asked():
    assert targets(Find(globs=("docs",)), HERE) == ("docs/a.md",)


def test_excluded_files_are_none():
    assert targets(Find(globs=(SCENES,), exclude=("**/stats.txt",), smaller_words=5), HERE) == ("scenes/b.txt",)


def test_only_what_changed_since_the_last_look_where_that_is_asked():
    find = Find(globs=(SCENES,), changed=True)

    assert targets(find, HERE, {"scenes/b.txt", "docs/a.md"}) == ("scenes/b.txt",)
    assert len(targets(find, HERE, None)) == 4
    assert len(targets(Find(globs=(SCENES,)), HERE, set())) == 4


def test_missing_files_are_targets():
    assert targets(Find(missing=("docs/A.md", "docs/b.md")), HERE) == ("docs/b.md",)


def test_an_entry_that_looks_for_nothing_has_one_target_without_a_name():
    assert targets(Find(), HERE) == ("",)


def test_no_finding_is_no_target():
    assert targets(Find(globs=("nowhere/**",), pattern="TODO", at_least=1), HERE) == ()


def test_a_file_that_nobody_can_read_whole_is_no_target():
    big = Files({"scenes/big.txt": "x" * (MOST_BYTES + 1)})

    assert targets(Find(globs=(SCENES,), pattern="y", at_most=0), big) == ()


def test_a_hostile_name_is_no_target():
    assert targets(Find(globs=("**",)), Files({"**": "", "a\nb": "", "fine": ""})) == ("fine",)


def test_a_commands_lines_are_targets_each_once():
    assert lines_of("  a.txt\n\nb.txt\r\na.txt\n\x1b[31mred\n" + "x" * 301) == ("a.txt", "b.txt")


@pytest.mark.parametrize(("target", "is_one"), [("a/b.txt", True), ("ä b.txt", True), ("a`b", False), ("a\\b", False)])
def test_a_path_claims_no_more_than_itself(target, is_one):
    assert is_path(target) is is_one


# --- the tally worker


def test_matches_are_counted_line_by_line():
    assert tally.count(r"^\s*\*set", ["*set a 1\n  *set b 2\r\nset", ""]) == [2, 0]
    with pytest.raises(re.error):
        tally.count("(", [""])


def test_only_so_much_of_a_line_is_looked_at():
    assert tally.count("b", ["a" * 4000 + "b"]) == [0]


def test_matches_are_told_with_their_lines_unless_there_are_too_many():
    assert tally.places("b.", ["a\nbc bd\r", "b"]) == [[(2, "bc"), (2, "bd")], []]
    assert tally.places("a", ["a" * 3000, "a"]) is None


def test_the_worker_answers_as_a_program_of_its_own():
    asked = json.dumps({"ask": "count", "pattern": "TODO", "texts": ["TODO TODO", "é"]})
    command = [sys.executable, "-I", "-S", tally.__file__]

    done = subprocess.run(command, input=asked, env={}, cwd=Path("/"), capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == [2, 0]
