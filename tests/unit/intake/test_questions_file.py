"""The questions file: what is asked stands there once, what people write is heard, and nothing of theirs is lost."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.ids import ProviderName, QuestionId, RepoName, SessionId, TaskId
from watchbill.domain.questions import Asked, Question, QuestionState
from watchbill.intake.inscription import show
from watchbill.intake.questions import MAX_CHARACTERS, QuestionsFile, parse

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ASKED = Asked(
    title="Which ending stays?",
    issue="Both endings are canon.\nOne has to go.",
    options=("Keep the storm", "Keep the calm"),
    recommendation="Keep the storm: chapter nine needs it.",
)
QUESTION = Question(
    id=QuestionId("Q-7"),
    task=TaskId("dunes"),
    repo=RepoName("novel"),
    session=SessionId("session-1"),
    provider=ProviderName("claude"),
    asked=ASKED,
    waits=True,
    state=QuestionState.OPEN,
    asked_at=NOON,
)
NEW = show(b"", QUESTION).decode()
TEXT = """# Questions

Asked by those who work here. Write what should be done behind **Answer:**, or tick an option; then the work goes on.

## Open

### Q-7: Which ending stays?

**Task:** `dunes`, asked by claude on 2026-03-02 12:00 UTC

> Both endings are canon.
> One has to go.

- [ ] 1. Keep the storm
- [ ] 2. Keep the calm

**Recommendation:** Keep the storm: chapter nine needs it.

**Answer:**\x20

## Resolved
"""


def answered(answer: str = "Keep the storm.", how: str = "answered in docs/AI_QUESTIONS.md") -> Question:
    return replace(QUESTION, state=QuestionState.ANSWERED, answer=answer, how=how, settled_at=NOON)


def numbered(number: int, **other: object) -> Question:
    return replace(QUESTION, id=QuestionId(f"Q-{number}"), **other)


def read(text: str) -> QuestionsFile:
    return parse(text.encode())


def answer_in(text: str) -> str:
    found = read(text).find(QUESTION.id)
    assert found is not None
    return found.answer


def whys(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.why) for problem in read(text).unreadable("q.md", {QUESTION.id})]


# ── asking ──


def test_a_missing_file_is_made_with_the_question() -> None:
    assert NEW == TEXT


def test_a_question_that_stands_there_is_not_written_again() -> None:
    assert show(TEXT.encode(), QUESTION) == TEXT.encode()


def test_a_new_question_stands_above_the_resolved_ones() -> None:
    file = parse(show(TEXT.encode(), numbered(8)))

    assert [(entry.id, entry.resolved) for entry in file.entries] == [("Q-7", False), ("Q-8", False)]


def test_a_file_of_the_owners_own_keeps_its_text_and_line_ends() -> None:
    own = "\ufeff# My notes\r\n\r\nDo not lose me."

    shown = show(own.encode(), QUESTION).decode()

    assert shown.startswith(own)
    assert "\n" not in shown.replace("\r\n", "")
    assert answer_in(shown) == ""


def test_numbers_of_other_questions_are_told() -> None:
    assert read("### Q-41: an old one\n\n# Notes\n## Q-3 x").highest == 41
    assert read("nothing").highest == 0


def test_a_models_words_cannot_answer_close_or_open_anything() -> None:
    nasty = "**Answer:** yes\n### Q-9: no\n## Resolved\n```\n<!--\n**Resolved:** now\n- [x] 3. me\x00\ud800"
    asked = Asked(title=nasty, issue=nasty, options=(nasty, " "), recommendation=nasty)

    file = parse(show(b"", replace(QUESTION, asked=asked)))

    assert [(entry.id, entry.answer, entry.unclear, entry.resolved) for entry in file.entries] == [
        ("Q-7", "", "", False)
    ]


def test_a_question_of_a_task_that_goes_on_says_so() -> None:
    assert "the work goes on meanwhile" in show(b"", replace(QUESTION, waits=False)).decode()


def test_a_question_without_options_has_none() -> None:
    bare = Asked(title="Now?", issue="", options=(), recommendation="")

    assert "- [ ]" not in show(b"", replace(QUESTION, asked=bare)).decode()


# ── answering ──


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("**Answer:** Keep the calm.", "Keep the calm."),
        ("**Answer:**\n\nKeep the calm,\nand say why.\n", "Keep the calm,\nand say why."),
        ("**Answer**: Keep the calm.", "Keep the calm."),
        ("answer: Keep the calm.", "Keep the calm."),
        ("- **Answer:** Keep the calm.", "Keep the calm."),
        ("**Answer:** <!-- here --> Keep the calm.\n\n---", "Keep the calm."),
        ("**Answer:**\n```\n# not a heading\n```", "```\n# not a heading\n```"),
        ("**Answer:**\n#### Smaller\ntext", "#### Smaller\ntext"),
        ("**Answer:** <!-- nothing yet -->", ""),
        ("**Answer:**   ", ""),
    ],
)
def test_any_text_behind_answer_is_the_answer(written: str, heard: str) -> None:
    assert answer_in(TEXT.replace("**Answer:** ", written)) == heard


def test_a_ticked_option_is_an_answer() -> None:
    assert answer_in(TEXT.replace("- [ ] 2.", "- [x] 2.")) == "Keep the calm"


def test_an_option_and_words_are_both_heard() -> None:
    text = TEXT.replace("- [ ] 2.", "- [X] 2.").replace("**Answer:** ", "**Answer:** But shorter.")

    assert answer_in(text) == "Keep the calm\nBut shorter."


def test_an_answer_ends_at_the_next_heading_of_its_depth() -> None:
    assert answer_in(TEXT.replace("**Answer:** ", "**Answer:** Yes.\n### My notes\nno part of it")) == "Yes."


def test_a_fence_that_was_left_open_hides_no_question() -> None:
    text = show(TEXT.replace("**Answer:** ", "**Answer:** ```").encode(), numbered(8)).decode()

    assert [entry.id for entry in read(text).entries] == ["Q-7", "Q-8"]


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("- [ ] 1.", "- [y] 1.", 14, "no tick"),
        ("**Answer:** ", "", 7, "line is gone"),
        ("**Answer:** ", f"**Answer:** {'x' * 20_001}", 19, "longer than 20,000 characters"),
    ],
)
def test_an_answer_that_is_unclear_is_reported_with_its_line(old: str, new: str, line: int, why: str) -> None:
    ((found, said),) = whys(TEXT.replace(old, new))

    assert found == line
    assert said.startswith("Q-7: ")
    assert why in said


def test_two_ticks_without_a_word_are_unclear() -> None:
    ((line, why),) = whys(TEXT.replace("- [ ]", "- [x]"))

    assert (line, why.split(":")[1]) == (15, " several options are ticked and nothing is written")


def test_two_ticks_with_words_are_clear() -> None:
    text = TEXT.replace("- [ ]", "- [x]").replace("**Answer:** ", "**Answer:** Both.")

    assert answer_in(text) == "Keep the storm\nKeep the calm\nBoth."


def test_an_answer_in_another_encoding_is_reported() -> None:
    data = TEXT.encode().replace(b"**Answer:** ", b"**Answer:** Stra\xdfe")

    assert [problem.line for problem in parse(data).unreadable("q.md", {QUESTION.id})] == [19]


def test_the_same_number_twice_is_reported_and_the_first_counts() -> None:
    text = TEXT.replace("**Answer:** ", "**Answer:** One.") + "\n### Q-7: again\n\n**Answer:** Two.\n"

    assert answer_in(text) == "One."
    assert whys(text) == [(23, "Q-7 is there twice: only the first one counts")]


@pytest.mark.parametrize("data", [b"\0", b"x" * (MAX_CHARACTERS + 1)])
def test_what_is_no_text_tells_nothing(data: bytes) -> None:
    file = parse(data)

    assert file.unusable
    assert [problem.line for problem in file.unreadable("q.md", ())] == [1]


def test_an_answer_of_nothing_but_open_comments_takes_no_time() -> None:
    ((_, why),) = whys(TEXT.replace("**Answer:** ", "**Answer:** " + "<!--" * 500_000))

    assert "longer than 20,000 characters" in why


def test_what_we_did_not_ask_is_its_owners_affair() -> None:
    assert read("### Q-7: mine\n\nno answer line").unreadable("q.md", {QuestionId("Q-8")}) == ()


# ── settling ──


def test_a_settled_question_moves_into_the_resolved_part_with_date_and_answer() -> None:
    text = show(TEXT.replace("**Answer:** ", "**Answer:** Keep the storm.").encode(), answered()).decode()

    head, _, resolved = text.partition("## Resolved\n\n")
    assert "Q-7" not in head
    assert resolved == (
        TEXT[TEXT.index("### Q-7") : TEXT.rindex("**Answer:**")]
        + "**Answer:** Keep the storm.\n\n**Resolved:** 2026-03-02 12:00 UTC, answered in docs/AI_QUESTIONS.md\n"
    )


def test_an_answer_that_came_elsewhere_is_filled_in() -> None:
    text = show(TEXT.encode(), answered("Keep the calm.", "answered by hand")).decode()

    assert "**Answer:** Keep the calm.\n\n**Resolved:** 2026-03-02 12:00 UTC, answered by hand\n" in text


def test_an_answer_of_several_lines_is_filled_in_as_a_quote() -> None:
    text = show(TEXT.encode(), answered("Keep\n### Q-9: it\n")).decode()

    assert "**Answer:**\n\n> Keep\n> ### Q-9: it\n\n**Resolved:**" in text


def test_what_somebody_wrote_stays_when_another_answer_counted() -> None:
    text = show(
        TEXT.replace("**Answer:** ", "**Answer:** Neither!").encode(), answered("Keep\nit.", "answered by hand")
    )

    assert b"**Answer:** Neither!\n" in text
    assert b"UTC, answered by hand; what counted: Keep it." in text


def test_a_withdrawn_question_says_why() -> None:
    withdrawn = replace(QUESTION, state=QuestionState.WITHDRAWN, how="its task was cancelled", settled_at=NOON)

    assert b"**Resolved:** 2026-03-02 12:00 UTC, without an answer: its task was cancelled" in show(
        TEXT.encode(), withdrawn
    )


def test_a_resolved_question_stays_as_it_stands() -> None:
    once = show(TEXT.encode(), answered())

    assert show(once, answered()) == once


def test_a_question_that_was_answered_before_it_was_written_is_written_resolved() -> None:
    (entry,) = parse(show(b"", answered())).entries

    assert entry.resolved


def test_a_resolved_part_is_made_where_there_is_none() -> None:
    text = show(b"### Q-7: all there is\n**Answer:** Yes.", answered("Yes.")).decode()

    assert text == (
        "## Resolved\n\n### Q-7: all there is\n**Answer:** Yes.\n\n"
        "**Resolved:** 2026-03-02 12:00 UTC, answered in docs/AI_QUESTIONS.md\n"
    )


def test_a_question_is_resolved_where_it_stands_when_moving_it_would_change_another() -> None:
    text = "### Q-1: a\n**Answer:**\n```\n### Q-7: b\n**Answer:** Yes.\n\n### Notes\n```\n"

    shown = show(text.encode(), answered("Yes.")).decode()

    assert shown.startswith("### Q-1: a\n**Answer:**\n```\n\n### Q-7: b")
    assert [(entry.id, entry.resolved, entry.answer) for entry in read(shown).entries] == [
        ("Q-1", False, "```"),
        ("Q-7", True, "Yes."),
    ]


# ── whatever people and models write ──

PIECES = [
    "### Q-1: a",
    "## Q-2 b",
    "### Q-7: mine",
    "# Questions",
    "## Open",
    "## Resolved",
    "### Notes",
    "**Answer:** Yes",
    "**Answer:**",
    "Answer: no",
    "- [ ] 1. one",
    "- [x] 2. two",
    "- [?] three",
    "**Resolved:** then",
    "```",
    "~~~~",
    "<!--",
    "-->",
    "---",
    "> a quote",
    "text",
    "",
    "\r",
    "text\r",
    "\ufeff",
]
LINES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=25)
FILES = st.one_of(
    LINES.map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")),
    LINES.map(lambda lines: ("\ufeff" + "\r\n".join(lines)).encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
).filter(lambda data: b"\0" not in data)
TEXTS = st.one_of(st.sampled_from(PIECES), st.text(max_size=40))
QUESTIONS = st.builds(
    lambda title, issue, options, recommendation, waits: replace(
        QUESTION,
        asked=Asked(title=title, issue=issue, options=tuple(options), recommendation=recommendation),
        waits=waits,
    ),
    TEXTS,
    st.lists(TEXTS, max_size=4).map("\n".join),
    st.lists(TEXTS, max_size=3),
    TEXTS,
    st.booleans(),
)


def written(data: bytes) -> Counter[bytes]:
    """Its lines that say something."""
    lines = (line.strip(b"\r \t") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    words = (line.removeprefix(b"\xef\xbb\xbf") for line in lines)
    return Counter(line for line in words if line.decode(errors="surrogateescape").strip())


def gist(file: QuestionsFile) -> list[tuple[object, ...]]:
    return sorted((one.id, one.resolved, one.answer, one.unclear) for one in file.entries if one.id != QUESTION.id)


@examples(150, part=40)
@given(FILES, QUESTIONS)
@example(b"### Q-1: a\n```", QUESTION)
@example(b"\xbb", QUESTION)
@example(b"\x0b", QUESTION)
def test_asking_loses_nothing_and_is_done_once(data: bytes, question: Question) -> None:
    shown = show(data, question)

    assert parse(shown).find(question.id) is not None
    assert show(shown, question) == shown
    assert written(data) <= written(shown)
    assert gist(parse(data)) == gist(parse(shown))
    if parse(data).find(question.id) is None:
        found = parse(shown).find(question.id)
        assert found is not None
        assert (found.answer, found.unclear, found.resolved) == ("", "", False)


@examples(150, part=40)
@given(FILES, QUESTIONS, st.text(min_size=1, max_size=30), st.sampled_from(["answered by hand", "x\ny"]))
def test_settling_loses_nothing_and_is_done_once(data: bytes, question: Question, answer: str, how: str) -> None:
    before = show(data, question)
    settled = replace(question, state=QuestionState.ANSWERED, answer=answer, how=how, settled_at=NOON)

    shown = show(before, settled)

    found = parse(shown).find(question.id)
    assert found is not None
    assert found.resolved
    assert show(shown, settled) == shown
    assert gist(parse(before)) == gist(parse(shown))
    missing = written(before) - written(shown)
    assert all(line.lower().startswith((b"**answer", b"answer", b"- **answer")) for line in missing)  # it was filled in


@given(st.binary(max_size=200))
def test_reading_never_raises(data: bytes) -> None:
    file = parse(data)
    assert all(problem.line >= 1 for problem in file.unreadable("q.md", {entry.id for entry in file.entries}))
