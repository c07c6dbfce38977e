"""The grammar: what is a task, what belongs to it, and what is reported instead of lost."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import Autonomy
from watchbill.intake import identity
from watchbill.intake.entries import Mark, QueueFile
from watchbill.intake.grammar import MAX_CHARACTERS, decode, parse
from watchbill.intake.tasks import Terms, to_task

REPO = RepoName("novel")


def read(text: str) -> QueueFile:
    return parse(text, "q.md", REPO)


def titles(text: str) -> list[str]:
    return [entry.title for entry in read(text).entries]


def whys(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.why) for problem in read(text).unreadable]


# ── the form of the first user ──


def test_the_first_users_queue_is_read_whole(real_queue: str) -> None:
    queue = read(real_queue)

    assert [sum(entry.mark is mark for entry in queue.entries) for mark in (Mark.OPEN, Mark.DONE)] == [34, 8]
    assert queue.unreadable == ()


def test_every_open_task_of_the_first_user_has_its_fields(real_queue: str) -> None:
    entries = [entry for entry in read(real_queue).entries if entry.mark is Mark.OPEN]
    tasks = [to_task(one, id=identity.fresh_id(REPO, one, ()), repo=REPO, terms=Terms()).task for one in entries]

    assert [sum(task.priority == level for task in tasks) for level in range(1, 6)] == [13, 7, 6, 4, 4]
    assert all(task.effort for task in tasks)
    assert all(entry.values("files") for entry in entries)
    assert sum(bool(task.requirements) for task in tasks) == 30
    assert sum(bool(task.success) for task in tasks) == 13
    assert [sum(task.autonomy is level for task in tasks) for level in (*Autonomy, None)] == [7, 6, 1, 20]
    assert tasks[0].effort == timedelta(hours=2)
    assert tasks[0].claims == ("choicescript_game/scenes/singing_dunes.txt",)
    assert len({task.id for task in tasks}) == 34


def test_first_users_lines_are_where_the_reader_says(real_queue: str) -> None:
    lines = real_queue.split("\n")

    for entry in read(real_queue).entries:
        assert lines[entry.line - 1].endswith(entry.title)
        assert lines[entry.mark_line - 1][slice(*entry.span)] in " x"


def test_novel_queue_is_read_in_the_same_form(novel_queue: str) -> None:
    queue = read(novel_queue)

    assert [(entry.title, entry.mark, entry.priority) for entry in queue.entries] == [
        ("Scene 1-2: Keeper's welcome", Mark.OPEN, 1),
        ("Scene 3: The lamp goes out", Mark.RUNNING, 1),
        ("Implement the drowned ending", Mark.OPEN, 2),
        ("Polish the keeper's voice in every scene", Mark.OPEN, 3),
        ("Add weather triggers", Mark.REVIEW, 3),
        ("Title page (2026-01-02)", Mark.DONE, None),
        ("First draft of the harbour", Mark.DONE, None),
    ]
    assert queue.unreadable == ()
    assert queue.entries[0].trail[-2:] == ("Harbour Arc", "The Lighthouse")


# ── markers and lists ──


@pytest.mark.parametrize("bullet", ["-", "*", "+", "1.", "7)"])
def test_every_kind_of_list_holds_tasks(bullet: str) -> None:
    assert titles(f"{bullet} [ ] Do it\n") == ["Do it"]


@pytest.mark.parametrize(
    ("sign", "mark"),
    [
        (" ", Mark.OPEN),
        ("→", Mark.RUNNING),
        ("/", Mark.RUNNING),
        (">", Mark.RUNNING),
        ("?", Mark.REVIEW),
        ("x", Mark.DONE),
        ("X", Mark.DONE),
        ("!", Mark.FAILED),
        ("-", Mark.CANCELLED),
    ],
)
def test_every_marker_is_understood_at_its_columns(sign: str, mark: Mark) -> None:
    entry = read(f"- [{sign}] Do it").entries[0]

    assert (entry.mark, entry.span) == (mark, (3, 4))


def test_nested_checkboxes_are_the_parents_checklist() -> None:
    entry = read("- [ ] Parent\n  - [x] one\n    - [ ] deeper\n  - plain\n    - [ ] two\n").entries

    assert [one.title for one in entry] == ["Parent"]
    assert [(check.text, check.done) for check in entry[0].checklist] == [
        ("one", True),
        ("deeper", False),
        ("two", False),
    ]


def test_checkboxes_under_a_plain_item_are_tasks_and_the_item_is_their_heading() -> None:
    entry = read("# Top\n- Dunes\n  - [ ] Scene 1\n").entries[0]

    assert entry.trail == ("Top", "Dunes")


def test_checkbox_in_a_quote_is_a_task() -> None:
    assert titles("> - [ ] Quoted\n") == ["Quoted"]


def test_a_checkbox_behind_two_bullets_has_its_columns() -> None:
    assert read("- - [ ] Deep").entries[0].span == (5, 6)


def test_a_legend_is_no_task() -> None:
    assert titles("- [ ] = not started\n- [x] = done\n## Legend\n- [?] Needs a look\n") == []


def test_a_legend_is_not_reported_either() -> None:
    assert whys("- [ ] = not started\n## Legend\n- [?] Needs a look\n") == []


@pytest.mark.parametrize("sign", ["", "  ", "o", "✓", " x"])
def test_strange_markers_are_reported(sign: str) -> None:
    (problem,) = whys(f"- [{sign}] Do it\n- [ ] Next")

    assert problem[0] == 1
    assert "no marker" in problem[1]


@pytest.mark.parametrize("text", ["- [1] Smith 2020", "- [API] add it", "- [docs](a.md) link", "- [ab] c"])
def test_words_in_brackets_are_no_markers(text: str) -> None:
    assert (titles(text), whys(text)) == ([], [])


@pytest.mark.parametrize("text", ["- [ ]", "- [ ]   ", "- [ ] #polish"])
def test_a_task_without_a_title_is_reported(text: str) -> None:
    (problem,) = whys(text)

    assert "without a title" in problem[1]


# ── headings ──


def test_heading_with_a_box_is_a_task_with_everything_below_it() -> None:
    text = "## [ ] Title\nSome words.\n- [ ] step\n### Details\nmore\n## Next\n- [ ] Other\n"
    first, other = read(text).entries

    assert (first.title, first.line, first.end) == ("Title", 1, 5)
    assert [check.text for check in first.checklist] == ["step"]
    assert first.body == ("Some words.", "### Details", "more")
    assert other.title == "Other"


def test_heading_task_inside_a_heading_task_is_its_own() -> None:
    outer, inner = read("## [ ] Phase\nwords\n### [→] Part\nother words\n").entries

    assert (outer.end, outer.body) == (2, ("words",))
    assert (inner.mark, inner.trail) == (Mark.RUNNING, ("Phase",))


def test_a_marker_is_no_part_of_the_headings_above() -> None:
    open_, done = (read(f"# [{sign}] Phase\n## [ ] Part\n").entries[1].trail for sign in " x")

    assert open_ == done == ("Phase",)


def test_heading_with_an_id_becomes_a_task_by_its_status() -> None:
    text = "## P1 - Repair\n### AB-12 Sort the page\nStatus: READY\nAcceptance:\n- one\n- two\n\nBranch: `x`\n"
    (entry,) = read(text).entries

    assert (entry.explicit_id, entry.title, entry.priority) == ("AB-12", "Sort the page", 1)
    assert (entry.mark, entry.mark_line, entry.span, entry.is_status) == (Mark.OPEN, 3, (8, 13), True)
    assert entry.values("acceptance")[0].value == "one\ntwo"
    assert entry.body == ("Branch: `x`",)


def test_blocked_by_is_open_and_waits() -> None:
    (entry,) = read("### AB-2 B\nStatus: BLOCKED_BY_AB-1\n").entries

    assert (entry.mark, [item.value for item in entry.values("after")]) == (Mark.OPEN, ["AB-1"])


@pytest.mark.parametrize("line", ["- **Status:** DONE", "**Status:** DONE", "status: done", "- Status: Done (by me)"])
def test_status_is_read_in_every_common_form(line: str) -> None:
    (entry,) = read(f"### AB-1 A\n{line}\n").entries

    assert entry.mark is Mark.DONE


def test_lines_under_a_status_are_fields_where_their_key_is_known() -> None:
    (entry,) = read("### AB-1 A\nStatus: READY\nEffort: 2 hours\nWhatever: words\n").entries

    assert ([item.key for item in entry.fields], entry.body) == (["Effort"], ("Whatever: words",))


def test_an_unknown_status_is_reported() -> None:
    (problem,) = whys("### AB-1 A\nStatus: MAYBE\n")

    assert "READY" in problem[1]


def test_a_status_behind_a_task_is_reported() -> None:
    text = "### AB-1 A\n- [ ] B\n\nStatus: READY\n"

    assert titles(text) == ["B"]
    assert [line for line, _ in whys(text)] == [4]


def test_a_status_in_brackets_has_its_columns() -> None:
    text = "### AB-1 A\n- [status:: READY]\n"
    (entry,) = read(text).entries

    assert text.split("\n")[entry.mark_line - 1][slice(*entry.span)] == "READY"


def test_a_strange_marker_in_a_heading_is_reported() -> None:
    assert [line for line, _ in whys("# [o] A\n")] == [1]


def test_empty_items_are_nothing() -> None:
    assert (titles("-\n- \n  - [ ] A\n-\n"), whys("-\n-\n")) == (["A"], [])


def test_heading_without_id_or_status_is_no_task() -> None:
    assert titles("### AB-1 A\nwords\n### Current Status\nStatus: fine\n- Status: READY\n") == []


def test_a_list_after_other_words_is_no_part_of_an_open_field() -> None:
    text = "### AB-1 A\nStatus: READY\nAcceptance:\n- one\n\n```\ncode\n```\n- two\n\nwords\n- three\n"
    (entry,) = read(text).entries

    assert entry.values("acceptance")[0].value == "one"
    assert "- two" in entry.body


@pytest.mark.parametrize(
    ("heading", "priority"),
    [("PRIORITY 4: LATER (after P1)", 4), ("P0 - Foundation", 0), ("priority #2", 2), ("Mp3 files", None)],
)
def test_priority_comes_from_any_heading(heading: str, priority: int | None) -> None:
    assert read(f"# {heading}\n## Sub\n- [ ] A\n").entries[0].priority == priority


def test_the_nearest_heading_with_a_priority_wins() -> None:
    assert read("# P1\n## P3\n- [ ] A\n").entries[0].priority == 3


# ── fields ──


def test_fields_in_every_form_are_read() -> None:
    text = """- [ ] Title [after:: a] (max_usd:: 0.30) #polish 🆔 t-1 ⛔ x,y ⏫ 📅 2026-12-01
  - **Files:** `a.txt`, b.txt
  - __Effort__: 2 hours
  - provider:: claude
  - Success: it works
  - **Odd key:** kept
"""
    (entry,) = read(text).entries

    assert (entry.title, entry.tags) == ("Title", ("polish",))
    assert [(item.folded_key, item.value, item.line) for item in entry.fields] == [
        ("after", "a", 1),
        ("maxusd", "0.30", 1),
        ("id", "t-1", 1),
        ("after", "x,y", 1),
        ("priority", "1", 1),
        ("due", "2026-12-01", 1),
        ("files", "`a.txt`, b.txt", 2),
        ("effort", "2 hours", 3),
        ("provider", "claude", 4),
        ("success", "it works", 5),
        ("oddkey", "kept", 6),
    ]


def test_a_field_takes_the_list_below_it() -> None:
    (entry,) = read("- [ ] A\n  - **Files:**\n    - `a.txt`\n    - b.txt\n  - words\n").entries

    assert entry.values("files")[0].value == "`a.txt`\nb.txt"
    assert entry.body == ("  - words",)


def test_a_field_goes_on_over_its_lines() -> None:
    (entry,) = read("- [ ] A\n  - **Requirements:** one\n    and two\n").entries

    assert entry.values("requirements")[0].value == "one\nand two"


@pytest.mark.parametrize("text", ["issue #12", "C# code", "a#b", "see [x](y#z)"])
def test_what_only_looks_like_a_tag_stays_in_the_title(text: str) -> None:
    entry = read(f"- [ ] {text}").entries[0]

    assert (entry.title, entry.tags) == (text, ())


def test_bold_around_a_whole_title_is_taken_off() -> None:
    assert titles("- [ ] **Bold title**\n- [ ] **A** and **b**\n") == ["Bold title", "**A** and **b**"]


def test_our_comment_is_no_part_of_the_body() -> None:
    (entry,) = read("- [x] A\n  <!-- watchbill: run-7 $0.08 -->\n  words\n").entries

    assert (entry.commented, entry.body) == (True, ("  words",))


# ── what is no task ──


@pytest.mark.parametrize(
    "text",
    [
        "```\n- [ ] code\n```\n",
        "~~~\n- [ ] code\n~~~",
        "<!--\n- [ ] hidden\n-->\n",
        "- x\n  ```\n  - [ ] c\n  ```\n",
        "- ```\n  - [ ] c\n  ```\n",
    ],
)
def test_closed_code_and_comments_are_ignored(text: str) -> None:
    assert (titles(text), whys(text)) == ([], [])


@pytest.mark.parametrize("opening", ["```", "~~~ text", "<!-- aside"])
def test_what_is_never_closed_is_reported_once_where_it_begins(opening: str) -> None:
    ((line, why),) = whys(f"- [ ] A\n\n{opening}\n- [ ] B\n- [ ] C\n")

    assert (line, "line 4" in why) == (3, True)


def test_a_task_indented_into_code_is_reported() -> None:
    ((line, why),) = whys("words\n\n     - [ ] A\n")

    assert (line, "indent it less" in why) == (3, True)


def test_a_task_that_belongs_to_the_paragraph_above_is_reported() -> None:
    ((line, why),) = whys("words\n2. [ ] A\n")

    assert (line, "empty line" in why) == (2, True)


def test_what_nests_too_deep_is_reported() -> None:
    deep = "\n".join(f"{'  ' * depth}- level" for depth in range(60))

    assert any("too deep" in why for _, why in whys(f"{deep}\n{'  ' * 60}- [ ] A\n"))


# ── front matter ──


def test_front_matter_gives_defaults() -> None:
    queue = read("---\nwatchbill: 1\ndefaults: {type: write, Max USD: 0.5, x: [1]}\n---\n- [ ] A\n")

    assert queue.defaults == {"type": "write", "maxusd": "0.5"}
    assert queue.entries[0].line == 5


@pytest.mark.parametrize(
    "front",
    [
        "a: [",
        "a: 2026-99-99",
        "defaults: 3",
        "a: " + "[" * 5000,
        "a: " + "[" * 90,
        "a: " + "b" * 9000,
        "a: 1\n? [a]\n: b",
        "a: !!python/object:os.x {}",
    ],
)
def test_broken_front_matter_is_reported_and_the_rest_is_read(front: str) -> None:
    queue = read(f"---\n{front}\n---\n- [ ] A\n")

    assert [problem.line for problem in queue.unreadable] == [1]
    assert [entry.title for entry in queue.entries] == ["A"]


@pytest.mark.parametrize(
    "text", ["---\n# Title\n---\n- [ ] A", "---\n- [ ] A\n", "---\n- [ ] A\n---\n", "----\n- [ ] A"]
)
def test_a_rule_at_the_top_is_no_front_matter(text: str) -> None:
    assert titles(text) == ["A"]


# ── bytes, ends and sizes ──


@pytest.mark.parametrize("text", ["", "\ufeff", " \r\n\t\n", "a\0b", "x" * (MAX_CHARACTERS + 1)])
def test_a_file_that_tells_nothing_is_not_usable(text: str) -> None:
    queue = read(text)

    assert (queue.usable, len(queue.unreadable)) == (False, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_change_nothing(start: str, end: str) -> None:
    text = f"{start}- [ ] A{end}  - **Files:** a.txt{end}- [x] B"
    queue = read(text)

    assert [(entry.title, entry.mark) for entry in queue.entries] == [("A", Mark.OPEN), ("B", Mark.DONE)]
    assert queue.entries[0].values("files")[0].value == "a.txt"
    assert text.split("\n", maxsplit=1)[0][slice(*queue.entries[0].span)] == " "


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_line_feeds_end_lines(odd: str) -> None:
    entry = read(f"words{odd}words\n\n- [ ] A{odd}B\n- [ ] C\n").entries[-1]

    assert (entry.title, entry.line) == ("C", 4)


def test_bytes_that_are_no_utf8_are_reported_and_the_rest_is_read() -> None:
    queue = read(decode(b"- [ ] caf\xe9\n- [ ] B\n"))

    assert [entry.title for entry in queue.entries] == ["caf\ufffd", "B"]
    assert [problem.line for problem in queue.unreadable] == [1]


@pytest.mark.parametrize("indent", ["\t", "  ", "    "])
def test_any_indentation_nests(indent: str) -> None:
    (entry,) = read(f"- [ ] A\n{indent}- **Files:** a.txt\n{indent}- [ ] check\n").entries

    assert (len(entry.fields), len(entry.checklist)) == (1, 1)


HOSTILE = st.text(
    alphabet=st.sampled_from(list("-*[] x→?!/>#\n\r\t`~<!->|:1.#aé\0\ufeff\u2028()$🆔⛔📅")), max_size=300
)


@examples(400, part=100)
@given(HOSTILE)
@example("- [ ] a\n" * 50)
def test_no_text_makes_the_reader_raise(text: str) -> None:
    queue = read(text)

    lines = text.split("\n")
    for entry in queue.entries:
        assert 1 <= entry.line <= entry.text_end <= entry.end <= len(lines)
        assert lines[entry.mark_line - 1][slice(*entry.span)]
        to_task(entry, id=identity.fresh_id(REPO, entry, ()), repo=REPO, terms=Terms())


@examples(100, part=40)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    queue = read(decode(data))

    for entry in queue.entries:
        entry.title.encode()


@examples(200, part=60)
@given(
    st.lists(
        st.sampled_from(["- [ ] A", "  - [ ] c", "```", "# H", "words", "", "<!--", "-->", "1. [x] N"]), max_size=12
    )
)
def test_every_line_with_a_box_is_a_task_or_a_check_or_reported_or_in_closed_code(lines: list[str]) -> None:
    text = "\n".join(lines)
    queue = read(text)

    told = {entry.line for entry in queue.entries} | {c.line for entry in queue.entries for c in entry.checklist}
    reported = {problem.line for problem in queue.unreadable}
    closed = any(line.startswith(("```", "<!--")) for line in lines)
    boxes = {number for number, line in enumerate(lines, start=1) if "[" in line}
    assert boxes <= told | reported or closed
