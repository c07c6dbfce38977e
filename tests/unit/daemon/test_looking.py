"""Looking apart: files that a parser dies of are named, and the others are judged all the same."""

import pytest

from watchbill.daemon.looking import Looker
from watchbill.domain.ports import ProcResult
from watchbill.gates import apart, html, python, shell
from watchbill.gates.source import FileGate
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio


class DictTree:
    def __init__(self, files):
        self.files = files

    def paths(self):
        return sorted(self.files)

    def read(self, path):
        return self.files[path]


class Dying:
    """Answers one file a start, then dies as told; each start is remembered."""

    def __init__(self, *ends):
        self.ends, self.asked = list(ends), []

    async def run(self, argv, *, cwd, env, timeout, stdin=b""):
        self.asked.append(stdin.count(b"\n"))
        code = self.ends.pop(0) if self.ends else 0
        said = "[]\n" * (1 if code else self.asked[-1])
        return ProcResult(code=code, stdout=said, stderr="why", timed_out=code == 124)


GATES = [FileGate(name="slow", suffixes=frozenset({".x"}), look=lambda source: (), isolated=True)]


def tree_of(count):
    return DictTree({f"{number:03}.x": b"a" for number in range(count)})


async def test_real_parsers_look_in_a_process_of_their_own() -> None:
    big = b"x = 1\n" * (apart.IN_PROCESS_BYTES // 6 + 1) + b"y = (\n"
    files = {"a.html": b"<div>\n<p></div>\n</span>", "b.sh": b"if true; then\n", "c.py": big, "d.py": b"x = ("}
    tree = DictTree(files)

    found = await Looker(OsProc()).look([python.GATE, html.GATE, shell.GATE], tree, [*files, "gone.html"])

    assert [(one.gate, one.path, one.rule, one.line) for one in found] == [
        ("python", "c.py", "syntax", big.count(b"\n")),
        ("html", "a.html", "stray-end", 3),
        ("shell", "b.sh", "syntax", 2),
    ]


async def test_the_file_that_killed_the_process_is_named_and_the_rest_is_asked_again() -> None:
    proc = Dying(-11)
    tree = tree_of(4)

    found = await Looker(proc).look(GATES, tree, tree.paths())

    assert [(one.path, one.rule, one.message) for one in found] == [
        ("001.x", "unreadable", "could not be checked: its parser ended with -11: why; write it simpler, or split it")
    ]
    assert proc.asked == [4, 2]


async def test_after_three_deaths_nobody_is_asked_any_more() -> None:
    proc = Dying(124, 124, 124)
    tree = tree_of(8)

    found = await Looker(proc).look(GATES, tree, tree.paths())

    assert [one.path for one in found] == ["001.x", "003.x", "005.x", "006.x", "007.x"]
    assert "took more than 30 s" in found[0].message
    assert "was not asked" in found[-1].message


async def test_a_process_that_stopped_early_is_asked_for_the_rest() -> None:
    proc = Dying()
    tree = tree_of(450)

    assert await Looker(proc).look(GATES, tree, tree.paths()) == []
    assert proc.asked == [200, 200, 50]


async def test_nothing_to_look_at_starts_nothing() -> None:
    proc = Dying()

    assert await Looker(proc).look(GATES, DictTree({"a.y": b""}), ["a.y"]) == []
    assert proc.asked == []


async def test_a_batch_holds_so_many_bytes_and_at_least_one_file(monkeypatch) -> None:
    monkeypatch.setattr("watchbill.daemon.looking.MOST_BYTES", 2)
    proc = Dying()
    tree = DictTree({"a.x": b"abc", "b.x": b"a", "c.x": b"a", "d.x": b"a"})

    await Looker(proc).look(GATES, tree, tree.paths())

    assert proc.asked == [1, 2, 1]


def test_answers_end_where_the_room_is_used_up(capsys, monkeypatch) -> None:
    monkeypatch.setattr(apart, "ANSWER_BYTES", 10)
    todo = apart.pieces([html.GATE], DictTree({"a.html": b"<div>", "b.html": b"<div>"}), ["a.html", "b.html"])

    apart._serve(iter(apart.asked(todo).decode().splitlines()))

    assert [[one.rule for one in found] for found in apart.answered(todo, capsys.readouterr().out)] == [["unclosed"]]


def test_a_file_beyond_all_measure_is_refused_unread(monkeypatch) -> None:
    monkeypatch.setattr(apart, "MOST_BYTES", 3)

    said = apart._answer({"gate": "html", "path": "a.html", "data": "PGRpdj4="})

    assert [(one["rule"], one["severity"]) for one in said] == [("too-big", "error")]
