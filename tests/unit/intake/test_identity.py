"""Ids and who is who after an edit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.ids import RepoName
from watchbill.intake.entries import Entry
from watchbill.intake.grammar import parse
from watchbill.intake.identity import KnownEntry, fresh_id, is_usable, match, stated_id

REPO = RepoName("novel")


def entries(text: str, path: str = "q.md") -> tuple[Entry, ...]:
    return parse(text, path, REPO).entries


def known(text: str, path: str = "q.md", *, gone: bool = False) -> list[KnownEntry]:
    taken: set[str] = set()
    found = []
    for entry in entries(text, path):
        id_ = fresh_id(REPO, entry, taken)
        taken.add(id_.casefold())
        found.append(
            KnownEntry(
                id=id_,
                path=path,
                heading=entry.heading,
                title=entry.title,
                order=entry.order,
                stated=stated_id(entry),
                mark=entry.mark,
                ours=False,
                gone=gone,
            )
        )
    return found


def became(before: str, after: str) -> dict[str, str | None]:
    """Old title → new title; new ones under "+"."""
    pairs = match(known(before), entries(after))
    return {(one.known.title if one.known else "+"): (one.entry.title if one.entry else None) for one in pairs}


def test_a_stated_id_is_the_id() -> None:
    assert fresh_id(REPO, entries("- [ ] A [id:: dunes-3]")[0], ()) == "dunes-3"


@pytest.mark.parametrize("stated", ["a/b", "..", "a b", "x.lock", "é", "a" * 65, "-x", "a..b", "a."])
def test_an_id_that_git_or_a_file_system_refuses_is_not_used(stated: str) -> None:
    assert not is_usable(stated)
    assert is_usable(fresh_id(REPO, entries(f"- [ ] A [id:: {stated}]")[0], ()))


def test_a_taken_id_is_not_given_twice_whatever_its_case() -> None:
    assert fresh_id(REPO, entries("- [ ] A [id:: Dunes]")[0], {"dunes"}) != "Dunes"


def test_twins_get_different_ids() -> None:
    one, two = known("- [ ] A\n- [ ] A\n")

    assert one.id != two.id


def test_ids_do_not_change_when_other_tasks_do() -> None:
    before = known("# H\n- [ ] A\n- [ ] B\n")
    after = known("# H\nwords\n- [ ] New\n- [x] B\n  - **Files:** a\n")

    assert before[1].id == after[1].id


def test_the_same_title_under_another_heading_or_in_another_repository_is_another_task() -> None:
    one, two = known("# H\n- [ ] A\n# I\n- [ ] A\n")

    assert one.id != two.id
    assert fresh_id(RepoName("other"), entries("# H\n- [ ] A\n")[0], ()) != one.id


@pytest.mark.parametrize("title", ["日本語", "🎉", "--"])
def test_a_title_without_plain_letters_still_gives_an_id(title: str) -> None:
    assert is_usable(fresh_id(REPO, entries(f"- [ ] {title}")[0], ()))


def test_a_slug_ends_at_a_word() -> None:
    made = fresh_id(REPO, entries("- [ ] An extraordinarily long title with no end")[0], ())

    assert made.rsplit("-", 1)[0] == "an-extraordinarily-long-title"


def test_a_renamed_heading_keeps_its_tasks() -> None:
    assert became("# H\n- [ ] A\n- [ ] B\n", "# Other\n- [ ] A\n- [ ] B\n") == {"A": "A", "B": "B"}


def test_a_slightly_changed_title_is_the_same_task() -> None:
    assert became("- [ ] Scene 1: The harbor\n- [ ] B", "- [ ] Scene 1: The harbour\n- [ ] B") == {
        "Scene 1: The harbor": "Scene 1: The harbour",
        "B": "B",
    }


def test_a_changed_title_under_a_changed_heading_is_the_same_task_between_the_same_neighbours() -> None:
    before, after = "# H\n- [ ] A\n# I\n- [ ] The long night\n", "# H\n- [ ] A\n# J\n- [ ] The longest night\n"

    assert became(before, after)["The long night"] == "The longest night"


def test_two_close_titles_are_nobodys() -> None:
    found = became("- [ ] Scene 1 here", "- [ ] Scene 2 here\n- [ ] Scene 3 here")

    assert found["Scene 1 here"] is None


def test_a_new_task_that_is_like_an_old_one_does_not_take_it_away() -> None:
    found = became("- [ ] Scene 1 here", "- [ ] Scene 2 here\n- [ ] Scene 1 here")

    assert found["Scene 1 here"] == "Scene 1 here"


def test_a_different_title_is_a_different_task() -> None:
    assert became("- [ ] Paint the boat", "- [ ] Write the ending") == {"Paint the boat": None, "+": "Write the ending"}


def test_a_moved_task_is_the_same() -> None:
    assert became("# H\n- [ ] A\n# I\n- [ ] B\n", "# H\n# I\n- [ ] B\n- [ ] A\n") == {"A": "A", "B": "B"}


def test_an_entry_that_moves_to_another_file_is_the_same() -> None:
    (pair,) = match(known("- [ ] A"), entries("- [ ] A", "other.md"))

    assert (pair.known is None, pair.entry is None) == (False, False)


def test_a_stated_id_is_followed_through_any_change() -> None:
    assert became("# H\n- [ ] A [id:: k]\n", "# X\n- [ ] Quite other words [id:: k]\n") == {"A": "Quite other words"}


@pytest.mark.parametrize("title", ["Write chapter two", "Write chapter one"])
def test_an_entry_with_another_id_is_another_task_however_alike(title: str) -> None:
    pairs = match(known("- [ ] Write chapter one [id:: ch-1]"), entries(f"- [ ] {title} [id:: ch-2]"))

    assert [(one.known is None, one.entry is None) for one in pairs] == [(True, False), (False, True)]


def test_an_entry_that_gets_its_first_id_or_loses_it_is_the_same_task() -> None:
    assert became("- [ ] Write it", "- [ ] Write it [id:: ch-1]") == {"Write it": "Write it"}
    assert became("- [ ] Write it [id:: ch-1]", "- [ ] Write it") == {"Write it": "Write it"}


def test_what_is_gone_comes_back_by_its_very_words_only() -> None:
    gone = known("# H\n- [ ] The long night\n", gone=True)

    assert [pair.known is not None for pair in match(gone, entries("# H\n- [ ] The long night\n"))] == [True]
    assert [pair.known is not None for pair in match(gone, entries("# H\n- [ ] The longer night\n"))] == [False, True]


def test_comparing_titles_has_an_end() -> None:
    before = "".join(f"- [ ] old task {n} of many\n" for n in range(400))
    after = "".join(f"- [ ] new {n} thing\n" for n in range(400))

    pairs = match(known(before), entries(after))

    assert len(pairs) == 800


TITLES = st.lists(st.sampled_from(["A", "B", "Scene 1", "Scene 2", "The long night", "The longer night"]), max_size=8)


@examples(200, part=50)
@given(TITLES, TITLES)
def test_nothing_is_lost_and_nothing_comes_twice(before: list[str], after: list[str]) -> None:
    old = known("".join(f"- [ ] {title}\n" for title in before))
    new = entries("".join(f"- [ ] {title}\n" for title in after))

    pairs = match(old, new)

    assert sorted(pair.known.id for pair in pairs if pair.known) == sorted(one.id for one in old)
    assert [pair.entry for pair in pairs if pair.entry] == list(new)
    kept = sum(bool(pair.known and pair.entry and pair.known.title == pair.entry.title) for pair in pairs)
    assert kept == sum(min(before.count(title), after.count(title)) for title in set(before))
