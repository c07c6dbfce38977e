"""The repository's own rules on a change: what must be there, what must not, and what must stay."""

import pytest

from watchbill.daemon import ruling
from watchbill.domain.findings import Severity, split_debt, waits_for_a_human
from watchbill.gates.commands import OnFail
from watchbill.gates.rules import Demand, Rule
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio
SCENES = ("scenes/**",)


class DictTree:
    def __init__(self, files):
        self.files = {path: text.encode() for path, text in files.items()}

    def paths(self):
        return sorted(self.files)

    def read(self, path):
        return self.files[path]


def rule(demand, pattern, **more):
    return Rule(name="r", demand=Demand(demand), pattern=pattern, paths=SCENES, **more)


async def new(wanted, base, head):
    """(rule, path, line, words) of what is new."""
    paths = sorted({*base, *head})
    known, found = await ruling.findings(OsProc(), [wanted], DictTree(base), DictTree(head), paths)
    fresh, _ = split_debt(known, found)
    return [(one.rule, one.path, one.line, one.message) for one in fresh]


async def test_a_required_word_is_missed_in_new_files_and_where_it_was_removed() -> None:
    wanted = rule("require", "(?i)taste|smell", why="senses carry a scene", exclude=("scenes/draft.txt",))
    base = {"scenes/a.txt": "a smell", "scenes/old.txt": "nothing", "scenes/gone.txt": "x"}
    head = {
        "scenes/a.txt": "no more",
        "scenes/old.txt": "nothing still",
        "scenes/b.txt": "a Taste",
        "scenes/c.txt": "x",
        "scenes/draft.txt": "x",
        "docs/c.md": "x",
    }

    told = "[r] must have at least 1 of (?i)taste|smell, has 0; senses carry a scene"
    assert await new(wanted, base, head) == [("r", "scenes/a.txt", 0, told), ("r", "scenes/c.txt", 0, told)]


async def test_a_requirement_may_hold_for_each_part_of_a_file() -> None:
    wanted = rule("require", "smell", each=r"^\*label \w+", at_least=2)
    base = {"scenes/a.txt": "*label one\nx\n"}
    head = {"scenes/a.txt": "\n*label one\ny\n*label two\nsmell\n*label three\nsmell of smell\n"}

    assert [(one[2], one[3].partition(",")[0]) for one in await new(wanted, base, head)] == [
        (4, r"[r] the part that begins here must have at least 2 of smell")
    ]


async def test_a_forbidden_word_is_found_by_its_line_and_old_ones_are_debt() -> None:
    wanted = rule("forbid", r"\bokay\b")

    found = await new(wanted, {"scenes/a.txt": "okay"}, {"scenes/a.txt": "x\nokay\nand okay"})

    assert found == [("r", "scenes/a.txt", 3, "[r] must not have 'okay'")]


async def test_what_is_to_be_kept_is_neither_lost_nor_added_nor_changed() -> None:
    wanted = rule("keep", r"^\s*\*(label|goto|set)\b.*")
    base = {"scenes/a.txt": "Text.\n*set x  1\n*goto b\n*label b\n", "scenes/b.txt": "*goto a\n"}
    moved = {"scenes/a.txt": "*label b\nBetter text.\n\t*goto b\n*set x 1\n", "scenes/b.txt": "*goto a\n"}
    changed = {"scenes/a.txt": "*set x 2\n*goto b\n*label b\n*goto b\n", "scenes/new.txt": "*goto b\n"}

    assert await new(wanted, base, moved) == []
    assert [(path, line, words) for _, path, line, words in await new(wanted, base, changed)] == [
        ("scenes/a.txt", 0, "[r] must stay, and is gone: *set x 1 (line 2 of the base)"),
        ("scenes/a.txt", 4, "[r] must stay as it was, and is new or changed: *goto b"),
        ("scenes/a.txt", 1, "[r] must stay as it was, and is new or changed: *set x 2"),
        ("scenes/b.txt", 0, "[r] must stay, and is gone: *goto a (line 1 of the base)"),
    ]


async def test_a_rule_may_only_warn_or_ask_a_human() -> None:
    head = DictTree({"scenes/a.txt": "x"})

    async def found(on_fail):
        return await ruling.findings(OsProc(), [rule("forbid", "x", on_fail=on_fail)], DictTree({}), head, head.paths())

    assert [one.severity for one in (await found(OnFail.WARN))[1]] == [Severity.WARNING]
    assert waits_for_a_human((await found(OnFail.REVIEW))[1])


async def test_a_pattern_without_end_is_killed_and_nothing_passes(monkeypatch) -> None:
    monkeypatch.setattr("watchbill.daemon.tallying.COUNTING", ruling.tallying.timedelta(seconds=0.5))
    head = {"scenes/a.txt": "a" * 60 + "!"}

    assert [one[3][:60] for one in await new(rule("forbid", "(a+)+$"), {}, head)] == [
        "[r] could not be tried: counting the matches of '(a+)+$' too"
    ]
    assert "matches too often" in (await new(rule("forbid", ""), {}, {"scenes/a.txt": "\n" * 4000}))[0][3]


async def test_a_file_that_is_too_big_is_said_to_be_unchecked() -> None:
    found = await new(rule("forbid", "x"), {}, {"scenes/a.txt": "x" * (1 << 20) + "x"})

    assert [one[3] for one in found] == ["[r] was not checked: it has more than 1048576 bytes"]


def test_a_rule_holds_for_its_types_and_tells_itself() -> None:
    wanted = rule("require", "smell", types=("polish",), each="^#", why="senses")

    assert wanted.holds_for("polish")
    assert not wanted.holds_for("write")
    assert rule("forbid", "x").holds_for("write")
    assert wanted.told == (
        "r: scenes/** must have at least 1 of lines or words like smell in each part that begins with a line like ^# (senses)"
    )
