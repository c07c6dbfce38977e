"""What a task comes after."""

import pytest

from watchbill.domain.circles import circles
from watchbill.domain.ids import RepoName, TaskId
from watchbill.intake.entries import Entry
from watchbill.intake.grammar import parse
from watchbill.intake.needs import Needs, Register, needs_of, register

KNOWN = register(
    [(TaskId("t-1"), "t-1"), (TaskId("t-2"), "t-2"), (TaskId("t-2"), "dunes-2")],
    [(TaskId("t-1"), "Scene 1, the harbour"), (TaskId("t-2"), "Twin"), (TaskId("t-3"), "Twin")],
)


def entry(text: str) -> Entry:
    return parse(text, "q.md", RepoName("r")).entries[0]


def needs(value: str, known: Register = KNOWN) -> Needs:
    return needs_of(entry(f"- [ ] A\n  - **After:** {value}"), known, own=TaskId("own"))


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("t-1", ("t-1",)),
        ("T-1, `t-2`", ("t-1", "t-2")),
        ("t-1 and dunes-2", ("t-1", "t-2")),
        ("scene 1,  the Harbour", ("t-1",)),
        ("t-1; t-1", ("t-1",)),
        ("none", ()),
        ("", ()),
    ],
)
def test_ids_and_titles_are_found(value: str, ids: tuple[str, ...]) -> None:
    assert (needs(value).ids, needs(value).unreadable) == (ids, ())


@pytest.mark.parametrize("key", ["after", "needs", "Depends on", "Blocked by", "dependencies"])
def test_every_word_for_it_is_known(key: str) -> None:
    assert needs_of(entry(f"- [ ] A\n  - **{key}:** t-1"), KNOWN, own=TaskId("own")).ids == ("t-1",)


def test_an_unknown_name_is_reported_and_waited_for() -> None:
    found = needs("t-9")

    assert found.ids == ("t-9",)
    assert [(one.path, one.line) for one in found.unreadable] == [("q.md", 2)]


@pytest.mark.parametrize(
    ("value", "artefacts"),
    [
        ("scenes/ch4.txt", ("scenes/ch4.txt",)),
        ("t-1, `docs/*.md`", ("docs/*.md",)),
        ("canon.yaml", ("canon.yaml",)),
        ("v1.2", ()),  # a version, or an id
        ("the docs/canon file", ()),
    ],
)
def test_a_file_that_has_to_be_there_is_told_from_a_task(value: str, artefacts: tuple[str, ...]) -> None:
    assert needs(value).artefacts == artefacts


def test_files_have_words_of_their_own() -> None:
    found = needs_of(entry("- [ ] A [needs file:: `./ch 4.txt`, lore/** ]"), KNOWN, own=TaskId("own"))

    assert found == Needs(artefacts=("ch 4.txt", "lore/**"))


def test_a_title_of_several_tasks_is_reported_and_waited_for() -> None:
    found = needs("Twin")

    assert (found.ids, "several" in found.unreadable[0].why) == (("Twin",), True)


def test_a_need_on_itself_is_reported_and_dropped() -> None:
    found = needs_of(entry("- [ ] A [after:: t-1]"), KNOWN, own=TaskId("t-1"))

    assert (found.ids, len(found.unreadable)) == ((), 1)


def ids(**needs_by_id: str) -> list[tuple[str, ...]]:
    return [*circles({TaskId(one): [TaskId(need) for need in said.split()] for one, said in needs_by_id.items()})]


def test_circles_are_found_once_and_with_their_way() -> None:
    assert ids(a="b", b="c", c="b a", d="a x") == [("b", "c"), ("a", "b", "c")]


def test_shared_needs_are_no_circle() -> None:
    assert ids(a="b c", b="d", c="d", d="") == []


def test_a_long_chain_is_walked() -> None:
    chain = {TaskId(str(n)): [TaskId(str(n + 1))] for n in range(20_000)}

    assert circles(chain) == []
    assert len(circles({**chain, TaskId("20000"): [TaskId("0")]})[0]) == 20_001
