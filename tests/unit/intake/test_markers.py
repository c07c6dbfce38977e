"""Writing a marker: one marker's characters, at most one comment line, and not a byte more."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.intake import identity, markers
from watchbill.intake.entries import Entry, Mark
from watchbill.intake.grammar import decode, parse
from watchbill.intake.identity import KnownEntry
from watchbill.intake.markers import MARK_BY_STATE, Spot, marker_of, set_marker

REPO = RepoName("novel")


def spot(entry: Entry, *, twin: int = 0, mark: Mark | None = None) -> Spot:
    return Spot(
        repo=REPO,
        known=KnownEntry(
            id=TaskId(identity.stated_id(entry) or "some-id"),
            path="q.md",
            heading=entry.heading,
            title=entry.title,
            order=entry.order,
            mark=mark or entry.mark,
            ours=False,
            twin=twin,
        ),
    )


def write(text: str, mark: Mark, comment: str | None = None, *, nth: int = 0) -> str | None:
    data = text.encode("utf-8", "surrogateescape")
    written = set_marker(data, spot(parse(text, "q.md", REPO).entries[nth]), mark, comment)
    return None if written is None else decode(written)


@pytest.mark.parametrize(
    ("mark", "sign"), [(Mark.RUNNING, "→"), (Mark.REVIEW, "?"), (Mark.DONE, "x"), (Mark.FAILED, "!")]
)
def test_only_the_marker_changes(mark: Mark, sign: str) -> None:
    assert write("words \n* [ ]  A  \nmore\t", mark) == f"words \n* [{sign}]  A  \nmore\t"


def test_a_marker_that_says_it_already_stays_in_its_spelling() -> None:
    assert write("- [X] A", Mark.DONE) == "- [X] A"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- [ ] A\n  more\n- [ ] B\n", "- [x] A\n  more\n  <!-- watchbill: run-7 -->\n- [ ] B\n"),
        ("- [ ] A\r\n- [ ] B\r\n", "- [x] A\r\n  <!-- watchbill: run-7 -->\r\n- [ ] B\r\n"),
        ("- [ ] A", "- [x] A\n  <!-- watchbill: run-7 -->"),
        ("words\r\n\r\n- [ ] A", "words\r\n\r\n- [x] A\r\n  <!-- watchbill: run-7 -->"),
        ("\ufeff10. [ ] A\n", "\ufeff10. [x] A\n    <!-- watchbill: run-7 -->\n"),
        ("> - [ ] A\n", "> - [x] A\n>   <!-- watchbill: run-7 -->\n"),
        ("-\t[ ] A\n\t- b\n", "-\t[x] A\n \t<!-- watchbill: run-7 -->\n\t- b\n"),
        ("## [ ] A\nwords\n", "## [x] A\n<!-- watchbill: run-7 -->\nwords\n"),
        ("### AB-1 A\nStatus: READY now (x)\n", None),
        ("### AB-1 A\nStatus: READY\nx\n", "### AB-1 A\n<!-- watchbill: run-7 -->\nStatus: DONE\nx\n"),
        ("### AB-1 A\n- **Status:** READY\r\n", "### AB-1 A\n<!-- watchbill: run-7 -->\n- **Status:** DONE\r\n"),
        ("- [ ] A\n  <!-- watchbill: run-6 -->\n", "- [x] A\n  <!-- watchbill: run-7 -->\n"),
        ("- [ ] A\n  <!-- watchbill: run-6 -->", "- [x] A\n  <!-- watchbill: run-7 -->"),
    ],
)
def test_one_comment_line_stands_under_the_title(before: str, after: str | None) -> None:
    if after is None:
        assert parse(before, "q.md", REPO).entries == ()
    else:
        assert write(before, Mark.DONE, "run-7") == after


def test_a_later_comment_takes_the_place_of_the_earlier_one() -> None:
    once = write("- [ ] A\n- [ ] B\n", Mark.RUNNING, "run-1 $0.00")

    assert once is not None
    assert (
        write(once, Mark.DONE, "run-1 $0.08 a1b2c3d") == "- [x] A\n  <!-- watchbill: run-1 $0.08 a1b2c3d -->\n- [ ] B\n"
    )


def test_without_a_comment_the_one_that_is_there_stays() -> None:
    text = "- [→] A\n  <!-- watchbill: run-1 -->\n"

    assert write(text, Mark.DONE) == text.replace("→", "x")


def test_a_comment_that_would_change_what_markdown_sees_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is known for which ours would; a wrong prefix stands in for one."""
    monkeypatch.setattr(markers, "_prefix", lambda *_: "")

    assert write("- [ ] A\n  - **Files:** a\n", Mark.DONE, "run-7") == "- [x] A\n  - **Files:** a\n"


@pytest.mark.parametrize("comment", ["a --> b", "a\nb", " a", "a -- b", "\x07"])
def test_a_comment_that_would_not_stay_one_is_refused(comment: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a comment"):
        write("- [ ] A", Mark.DONE, comment)


def test_an_entry_that_is_gone_is_not_written() -> None:
    where = spot(parse("- [ ] A", "q.md", REPO).entries[0])

    assert set_marker(b"- [ ] B\n", where, Mark.DONE) is None
    assert set_marker(b"", where, Mark.DONE) is None


def test_a_marker_that_a_human_changed_meanwhile_is_not_written_over() -> None:
    where = spot(parse("- [ ] A", "q.md", REPO).entries[0])

    assert set_marker(b"- [x] A\n", where, Mark.RUNNING) is None


def test_a_humans_edit_elsewhere_is_kept() -> None:
    where = spot(parse("- [ ] A\n", "q.md", REPO).entries[0])

    assert (
        set_marker(b"# New\n- [x] Other\n- [ ] A\n  edited\n", where, Mark.DONE) is None
    )  # another heading: read it anew
    assert set_marker(b"- [x] Other\n- [ ] A\n  edited\n", where, Mark.DONE) == b"- [x] Other\n- [x] A\n  edited\n"


def test_the_second_of_two_twins_is_written_as_such() -> None:
    text = "- [ ] A\n- [ ] A\n"
    entries = parse(text, "q.md", REPO).entries

    assert set_marker(text.encode(), spot(entries[1], twin=1), Mark.DONE) == b"- [ ] A\n- [x] A\n"
    assert set_marker(b"- [ ] A\n", spot(entries[1], twin=1), Mark.DONE) is None


def test_a_stated_id_finds_its_entry_under_any_title() -> None:
    where = spot(parse("- [ ] A [id:: k]", "q.md", REPO).entries[0])

    assert set_marker(b"# X\n- [ ] Z [id:: k]\n", where, Mark.DONE) == b"# X\n- [x] Z [id:: k]\n"


def test_bytes_that_are_no_utf8_stay() -> None:
    where = spot(parse("- [ ] A", "q.md", REPO).entries[0])

    assert set_marker(b"caf\xe9\n\n- [ ] A\n", where, Mark.DONE) == b"caf\xe9\n\n- [x] A\n"


def test_every_state_has_a_marker_and_plain_lists_know_two() -> None:
    assert set(MARK_BY_STATE) == set(TaskState)
    assert {marker_of(state, plain=True) for state in TaskState} == {Mark.OPEN, Mark.DONE}
    assert marker_of(TaskState.CANCELLED, plain=True) is Mark.DONE


PIECES = st.sampled_from(
    ["- [ ] A", "- [→] B", "* [x] C", "  - [ ] check", "  - **Files:** a", "words", "tail", "", "# H", "## [ ] D", "> - [ ] Q",
     "1. [!] N", "\t- deep", "```", "  <!-- watchbill: run-1 -->", "### AB-1 T", "Status: READY", "caf\udce9", "-\t[ ] tab", "---"]
)  # fmt: skip


@examples(500, part=120)
@given(
    st.builds(
        lambda pieces, end, final: end.join(pieces) + (end if final else ""),
        st.lists(PIECES, max_size=14),
        st.sampled_from(["\n", "\r\n"]),
        st.booleans(),
    ),
    st.integers(0, 9),
    st.sampled_from(Mark),
    st.booleans(),
)
@example("## [ ] D\n- [ ] A\n", 0, Mark.DONE, True)
def test_every_other_byte_stays(text: str, nth: int, mark: Mark, commented: bool) -> None:
    before = parse(text, "q.md", REPO)
    assume(before.entries)
    entry = before.entries[nth % len(before.entries)]
    twins = [one for one in before.entries if (one.heading, one.title) == (entry.heading, entry.title)]
    where = spot(entry, twin=twins.index(entry))
    assume(
        sum(identity.stated_id(one) == identity.stated_id(entry) for one in before.entries) == 1
        or not identity.stated_id(entry)
    )

    written = set_marker(text.encode("utf-8", "surrogateescape"), where, mark, "run-9" if commented else None)

    assert written is not None
    old, new = text.split("\n"), decode(written).split("\n")
    ours = [n for n, line in enumerate(new) if "<!-- watchbill: run-9 -->" in line]
    assert len(ours) <= 1
    without = [line for n, line in enumerate(new) if n not in ours]
    if entry.commented and ours:
        old.pop(entry.text_end)
    assert len(old) == len(without)
    at = entry.mark_line - (1 if entry.commented and ours and entry.mark_line > entry.text_end else 0)
    for number, pair in enumerate(zip(old, without, strict=True), start=1):
        was, now = (line.rstrip("\r") for line in pair)
        start, tail = entry.span[0], was[entry.span[1] :]
        assert was == now or (number == at and was[:start] == now[:start] and now.endswith(tail))
    after = parse(decode(written), "q.md", REPO)
    assert [(one.title, one.body, one.checklist and [c.text for c in one.checklist]) for one in after.entries] == [
        (one.title, one.body, one.checklist and [c.text for c in one.checklist]) for one in before.entries
    ]
