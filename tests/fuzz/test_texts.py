"""Texts that people, editors and models write: whatever stands there is read or reported, and nothing else is raised."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain import brief
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Task
from watchbill.intake import grammar, notes, questions, reconcile
from watchbill.intake.entries import Mark
from watchbill.intake.identity import fresh_id
from watchbill.intake.notes import Unfit
from watchbill.intake.reconcile import Discover
from watchbill.intake.tasks import Terms, to_task

FUZZED = examples(150, part=50)
REPO = RepoName("novel")
NOW = datetime(2026, 3, 2, tzinfo=UTC)

KEYS = (
    "Files", "Effort", "Priority", "Provider", "max_usd", "after", "not_before", "delivery", "on_question", "Autonomy",
    "id", "type", "status", "success", "repo", "title", "tags", "due", "estimate", "unknown key",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["high", "P1", "0", "9" * 30, "-1", "1e9", "nan", "$1.50", "2026-99-99", "9999-12-31", "0001-01-01T00:00+14:00",
         "**", "../../etc/passwd", "[[", "a\\b", "`x`", "{a: [b", "&a *a", "!!python/object:x {}", "0x1f", "1:2:3", "~"]
    ),
    st.text(max_size=25),
)  # fmt: skip
LINES = st.one_of(
    st.builds("{}{} [{}] {} [{}:: {}] #{}".format, st.sampled_from(["", "  ", "\t", "> ", "1. "]), st.sampled_from("-*+"),
              st.sampled_from([" ", "x", "→", "?", "!", "-", "/", "ab", ""]), st.text(max_size=20),
              st.sampled_from(KEYS), VALUES, st.text(max_size=6)),
    st.builds("  - **{}:** {}".format, st.sampled_from(KEYS), VALUES),
    st.builds("{}: {}".format, st.sampled_from(KEYS), VALUES),
    st.sampled_from(["---", "...", "```", "<!--", "-->", "# P1", "## [ ] a", "### AB-1 b", "Status: READY", "", "\r", "\ufeff",
                     "defaults:", "  type: write", "<!-- watchbill: run-1 -->", "|a|b|", "    code", "- " * 80 + "x"]),
    st.text(max_size=30),
)  # fmt: skip
TEXTS = st.lists(LINES, max_size=14).map("\n".join)
BYTES = st.one_of(
    TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TEXTS.map(lambda text: f"---\n{text}\n---\n# A\nb".encode("utf-8", "surrogatepass")),
    TEXTS.map(lambda text: text.encode("utf-16")),
    st.binary(max_size=120),
)  # fmt: skip


@FUZZED
@given(BYTES)
@example(b"---\n" + b"[" * 5000 + b"\n---\n")
@example(b"- [ ] x [not_before:: 0001-01-01T00:00+14:00]")
def test_a_queue_is_read_whatever_it_holds(data: bytes) -> None:
    queue = grammar.parse(grammar.decode(data), "q.md", REPO)

    found = reconcile.reconcile([], [queue], repo=REPO, terms=Terms())
    discovered = [action.task for action in found.actions if isinstance(action, Discover)]
    assert len(discovered) == sum(entry.mark is Mark.OPEN for entry in queue.entries)
    assert all(problem.line >= 1 for problem in (*found.unreadable, *found.hints))
    for task in discovered:
        assert told(task)


@FUZZED
@given(BYTES)
@example(b"---\ntitle: &a [*a]\n---\n")
@example(b"---\npriority: 2026-99-99\n---\n# A\n")
def test_a_note_is_a_task_or_unfit_with_a_reason(data: bytes) -> None:
    try:
        note = notes.read_note(notes.decode(data), "a.md")
    except Unfit:
        return
    read = to_task(note.entry, id=fresh_id(REPO, note.entry, set()), repo=REPO, terms=Terms())
    assert told(read.task)


@FUZZED
@given(BYTES)
def test_a_questions_file_is_read_whatever_it_holds(data: bytes) -> None:
    file = questions.parse(data)

    assert all(entry.line <= entry.end for entry in (*file.entries, *file.twins))
    assert all(problem.why for problem in file.unreadable("q.md", {entry.id for entry in file.entries}))


def told(task: Task) -> str:
    """Whatever became a task can be told to a provider, and can be stored."""
    assert TaskId(task.id).isprintable()
    return brief.assemble(task, claims=task.claims, budget_tokens=2_000).render().encode().decode()
