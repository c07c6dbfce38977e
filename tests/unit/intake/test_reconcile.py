"""What the queues say against what is known: a human's word counts, nothing is lost, nothing comes twice."""

from dataclasses import replace

import pytest

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.intake import reconcile as reconciling
from watchbill.intake.entries import Mark
from watchbill.intake.grammar import parse
from watchbill.intake.markers import Spot, marker_of, set_marker
from watchbill.intake.reconcile import (
    Cancel,
    Change,
    Discover,
    Known,
    MarkerStale,
    Reconciled,
    Reopen,
    about_to_write,
    reconcile,
    stale_mark,
    written,
)
from watchbill.intake.tasks import Terms

REPO = RepoName("novel")
ENDED = [TaskState.LANDED, TaskState.VERIFIED, TaskState.FAILED, TaskState.CANCELLED, TaskState.REVERTED]


class Queue:
    """A queue as the daemon keeps it: the known tasks after each reading."""

    def __init__(self, text: str, *, plain: bool = False, taken: tuple[str, ...] = ()) -> None:
        self.plain, self.taken = plain, taken
        self.known: dict[TaskId, Known] = {}
        self.last = self.read(text)

    def read(self, *texts: str | None) -> Reconciled:
        files = [parse(text, f"q{n}.md", REPO) for n, text in enumerate(texts) if text is not None]
        self.last = reconcile(
            tuple(self.known.values()), files, repo=REPO, terms=Terms(), plain=self.plain, taken=self.taken
        )
        tasks = {id_: one.task for id_, one in self.known.items()}
        for action in self.last.actions:
            id_ = action.task.id if isinstance(action, Discover | Change) else action.id
            tasks[id_] = reconciling.apply(tasks[id_], action) if id_ in tasks else action.task
        self.known = {entry.id: Known(entry=entry, task=tasks[entry.id]) for entry in self.last.entries}
        return self.last

    def show(self, title: str, state: TaskState, *, commented: bool = False, shown: bool = True) -> None:
        """Our work brought the task into a state, and we wrote its marker."""
        id_ = self.id(title)
        one = self.known[id_]
        mark = marker_of(state, plain=self.plain)
        entry = written(one.entry, mark, commented=commented) if shown else one.entry
        self.known[id_] = Known(entry=entry, task=replace(one.task, state=state))

    def id(self, title: str) -> TaskId:
        return next(id_ for id_, one in self.known.items() if one.task.title == title)

    def state(self, title: str) -> TaskState:
        return self.known[self.id(title)].task.state


def kinds(found: Reconciled) -> list[str]:
    return [type(action).__name__ for action in found.actions]


# ── what is new ──


def test_open_entries_are_discovered_in_order() -> None:
    found = Queue("- [ ] A\n- [ ] B\n").last

    assert [(one.task.title, one.task.order) for one in found.actions if isinstance(one, Discover)] == [
        ("A", 0),
        ("B", 1),
    ]


def test_a_second_reading_finds_nothing_new() -> None:
    queue = Queue("- [ ] A\n- [x] B\n")

    assert queue.read("- [ ] A\n- [x] B\n").actions == ()


@pytest.mark.parametrize("sign", ["x", "-"])
def test_entries_that_are_over_are_no_tasks(sign: str) -> None:
    found = Queue(f"- [{sign}] A\n").last

    assert (found.actions, found.hints) == ((), ())


@pytest.mark.parametrize("sign", ["→", "?", "!"])
def test_entries_that_somebody_else_marked_are_left_alone_and_named(sign: str) -> None:
    found = Queue(f"- [{sign}] A\n").last

    assert (found.actions, len(found.hints)) == ((), 1)


def test_queues_of_one_repository_are_read_as_one() -> None:
    queue = Queue("")
    found = queue.read("- [ ] A", "- [ ] B [after:: A]")

    b = next(one.task for one in found.actions if isinstance(one, Discover) and one.task.title == "B")
    assert (b.needs, b.order) == ((queue.id("A"),), 1)


def test_a_taken_or_bad_id_is_reported_and_another_one_used() -> None:
    found = Queue("- [ ] A [id:: k]\n- [ ] B [id:: a/b]\n- [ ] C [id:: far]\n- [ ] D [id:: K]\n", taken=("far",)).last

    assert [problem.line for problem in found.unreadable] == [2, 3, 4]
    assert len({entry.id for entry in found.entries}) == 4


def test_a_task_elsewhere_is_one_that_others_may_come_after() -> None:
    found = Queue("- [ ] A [id:: k] [after:: Far]\n", taken=("far",)).last

    assert found.unreadable == ()
    assert [action.task.needs for action in found.actions if isinstance(action, Discover)] == [("far",)]


def test_a_twin_that_was_done_before_us_does_not_stand_in_for_ours() -> None:
    text = "- [x] A\n- [ ] A\n"
    (entry,) = Queue(text).last.entries

    assert set_marker(text.encode(), Spot(repo=REPO, known=entry), Mark.RUNNING) == "- [x] A\n- [→] A\n".encode()


# ── a human's edits ──


def test_a_new_title_is_a_change_and_no_new_task() -> None:
    queue = Queue("- [ ] Scene 1: The harbor\n")
    id_ = queue.id("Scene 1: The harbor")

    (action,) = queue.read("- [ ] Scene 1: The harbour\n").actions

    assert isinstance(action, Change)
    assert (action.task.id, action.fields) == (id_, ("title",))


def test_a_change_keeps_what_is_the_daemons() -> None:
    queue = Queue("- [ ] A\n")
    queue.known = {
        id_: replace(one, task=replace(one.task, attempts=2, note="n", tried=("claude",), state=TaskState.RUNNING))
        for id_, one in queue.known.items()
    }

    (action, stale) = queue.read("- [ ] A\n  - **Files:** a.txt\n").actions

    assert isinstance(action, Change)
    assert action.fields == ("claims",)
    assert (action.task.attempts, action.task.note, action.task.tried) == (2, "n", ("claude",))
    assert isinstance(stale, MarkerStale)


def test_a_task_put_off_by_us_stays_put_off_until_its_author_says_when() -> None:
    queue = Queue("- [ ] A\n")
    later = Queue("- [ ] A [not_before:: 2027-01-01]\n").last.actions[0].task.not_before  # type: ignore[union-attr]
    id_ = queue.id("A")
    queue.known[id_] = replace(queue.known[id_], task=replace(queue.known[id_].task, not_before=later))

    assert queue.read("- [ ] A\n").actions == ()
    (action,) = queue.read("- [ ] A [not_before:: 2028-01-01]\n").actions
    assert isinstance(action, Change)
    assert action.fields == ("not_before",)


def test_a_task_that_only_moved_says_so() -> None:
    queue = Queue("- [ ] A\n")

    moved, edited = queue.read("words\n\n- [ ] A\n").actions[0], queue.read("\n- [ ] A #fix\n").actions[0]

    assert isinstance(moved, Change)
    assert isinstance(edited, Change)
    assert (moved.only_moved, edited.only_moved) == (True, False)


@pytest.mark.parametrize("sign", ["x", "-", "→", "?", "!"])
@pytest.mark.parametrize("state", [TaskState.QUEUED, TaskState.FAILED])
def test_any_marker_but_the_open_one_takes_a_task_out_of_our_hands(state: TaskState, sign: str) -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", state)
    if state is TaskState.FAILED and sign == "!":
        return  # that is what we wrote

    (action,) = queue.read(f"- [{sign}] A\n").actions

    assert action == Cancel(id=queue.id("A"), why=f"marked [{sign}] by hand")
    assert queue.read(f"- [{sign}] A\n").actions == ()


def test_a_running_task_is_cancelled_by_a_humans_x() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.RUNNING)

    queue.read("- [x] A\n")

    assert queue.state("A") is TaskState.CANCELLED


def test_deleting_an_entry_cancels_its_task() -> None:
    queue = Queue("- [ ] A\n- [ ] B\n")

    (action, _) = queue.read("- [ ] B\n").actions

    assert isinstance(action, Cancel | Change)
    cancels = [one for one in queue.last.actions if isinstance(one, Cancel)]
    assert [one.deleted for one in cancels] == [True]
    assert queue.read("- [ ] B\n").actions == ()


def test_deleting_what_has_landed_does_nothing() -> None:
    queue = Queue("- [ ] A\n- [ ] B\n")
    queue.show("A", TaskState.LANDED)

    assert all(isinstance(action, Change) and action.only_moved for action in queue.read("- [ ] B\n").actions)


def test_a_deleted_entry_that_comes_back_is_the_same_task_again() -> None:
    queue = Queue("- [ ] A\n- [ ] B\n")
    id_ = queue.id("A")
    queue.read("- [ ] B\n")

    queue.read("- [ ] A\n- [ ] B\n")

    assert (queue.id("A"), queue.state("A")) == (id_, TaskState.QUEUED)


@pytest.mark.parametrize("state", [*ENDED, TaskState.REVIEW])
def test_a_humans_open_marker_reopens_what_is_over(state: TaskState) -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", state)

    (action,) = queue.read("- [ ] A\n").actions

    assert isinstance(action, Reopen)
    assert queue.state("A") is TaskState.QUEUED
    assert queue.read("- [ ] A\n").actions == ()


def test_an_edit_of_what_is_over_is_known_for_the_day_it_is_retried() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.FAILED)

    queue.read("- [!] A\n  - **Files:** a.txt\n")

    assert (queue.known[queue.id("A")].task.claims, queue.state("A")) == (("a.txt",), TaskState.FAILED)


def test_a_running_task_is_not_reset_by_an_open_marker() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.RUNNING)

    assert queue.read("- [ ] A\n").actions == (MarkerStale(id=queue.id("A"), mark=Mark.RUNNING),)


@pytest.mark.parametrize("sign", ["x", "-"])
def test_a_humans_own_end_marker_stays_as_written(sign: str) -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.LANDED)

    assert queue.read(f"- [{sign}] A\n").actions == ()


def test_a_strange_marker_on_what_has_landed_is_mended() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.LANDED)

    assert kinds(queue.read("- [→] A\n")) == ["MarkerStale"]


# ── our markers ──


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.REVIEW, *ENDED])
def test_a_marker_that_lags_behind_is_stale(state: TaskState) -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", state, shown=False)

    assert queue.read("- [ ] A\n").actions == (MarkerStale(id=queue.id("A"), mark=marker_of(state)),)


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.REVIEW, *ENDED])
def test_between_readings_a_marker_is_stale_by_its_last_reading(state: TaskState) -> None:
    queue = Queue("- [ ] A\n")
    entry = queue.known[queue.id("A")].entry

    assert stale_mark(entry, TaskState.QUEUED) is None
    assert stale_mark(entry, state) is marker_of(state)
    assert stale_mark(written(entry, marker_of(state), commented=False), state) is None
    assert stale_mark(replace(entry, gone=True), state) is None


def test_our_own_marker_is_no_news() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.RUNNING)

    assert queue.read("- [→] A\n").actions == ()


def test_a_marker_written_just_before_a_crash_is_still_ours() -> None:
    queue = Queue("- [ ] A\n")
    id_ = queue.id("A")
    one = queue.known[id_]
    queue.known[id_] = Known(entry=about_to_write(one.entry, Mark.RUNNING), task=one.task)

    assert queue.read("- [→] A\n").actions == (MarkerStale(id=id_, mark=Mark.OPEN),)
    assert queue.known[id_].entry.wrote == (Mark.RUNNING,)


def test_a_task_requeued_by_name_gets_its_open_marker_back() -> None:
    queue = Queue("- [ ] A\n")
    queue.read("- [x] A\n")
    queue.known = {
        id_: replace(one, task=replace(one.task, state=TaskState.QUEUED)) for id_, one in queue.known.items()
    }

    assert queue.read("- [x] A\n").actions == (MarkerStale(id=queue.id("A"), mark=Mark.OPEN),)


def test_plain_lists_show_two_markers_only() -> None:
    queue = Queue("- [ ] A\n", plain=True)

    for state in (TaskState.RUNNING, TaskState.FAILED, TaskState.REVIEW):
        queue.show("A", state)
        assert queue.read("- [ ] A\n").actions == ()


# ── older versions of the file ──


def test_a_restored_file_reopens_nothing() -> None:
    queue = Queue("- [ ] A\n- [ ] B\n- [ ] C\n")
    queue.show("A", TaskState.LANDED)
    queue.show("B", TaskState.FAILED)

    assert kinds(queue.read("- [ ] A\n- [ ] B\n- [ ] C\n")) == ["MarkerStale", "MarkerStale"]
    assert kinds(queue.read("- [ ] A\n- [ ] B\n- [ ] C\n")) == ["MarkerStale", "MarkerStale"]


def test_a_marker_that_is_gone_with_our_comment_was_restored() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.LANDED, commented=True)

    assert kinds(queue.read("- [ ] A\n")) == ["MarkerStale"]


def test_a_human_who_leaves_our_comment_reopens() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.LANDED, commented=True)

    assert kinds(queue.read("- [ ] A\n  <!-- watchbill: run-7 -->\n")) == ["Reopen"]


def test_an_older_marker_of_ours_is_no_humans_word() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.RUNNING)
    queue.show("A", TaskState.QUEUED)

    assert queue.read("- [→] A\n").actions == (MarkerStale(id=queue.id("A"), mark=Mark.OPEN),)


# ── files that tell nothing ──


@pytest.mark.parametrize("text", [None, "", "\0", "# Only a heading\n"])
def test_a_file_that_tells_nothing_cancels_nothing_and_is_reported(text: str | None) -> None:
    queue = Queue("- [ ] A\n")

    found = queue.read(text)

    assert (found.actions, queue.state("A")) == ((), TaskState.QUEUED)
    assert any("1 open" in problem.why for problem in found.unreadable)
    assert queue.read("- [ ] A\n").actions == ()


def test_a_file_whose_tasks_are_all_over_may_vanish() -> None:
    queue = Queue("- [ ] A\n")
    queue.show("A", TaskState.LANDED)

    assert queue.read(None).unreadable == ()


def test_a_file_that_was_renamed_keeps_its_tasks() -> None:
    queue = Queue("- [ ] A\n")
    id_ = queue.id("A")

    queue.read(None, "- [ ] A\n")

    assert (queue.id("A"), queue.state("A"), kinds(queue.last)) == (id_, TaskState.QUEUED, ["Change"])


# ── needs ──


def test_needs_are_resolved_by_id_and_title() -> None:
    queue = Queue("- [ ] A [id:: k]\n- [ ] B [after:: k]\n- [ ] C [after:: B]\n")

    assert [queue.known[queue.id(title)].task.needs for title in "BC"] == [("k",), (queue.id("B"),)]


def test_what_a_human_marks_as_done_is_no_need_any_more() -> None:
    queue = Queue("- [ ] A [id:: k]\n- [x] B [id:: done]\n- [ ] C [after:: k, done]\n")
    assert queue.known[queue.id("C")].task.needs == ("k",)

    queue.read("- [x] A [id:: k]\n- [x] B [id:: done]\n- [ ] C [after:: k, done]\n")

    assert queue.known[queue.id("C")].task.needs == ()


def test_a_landed_task_stays_a_need() -> None:
    text = "- [ ] A [id:: k]\n- [ ] B [after:: k]\n"
    queue = Queue(text)
    queue.show("A", TaskState.LANDED)

    assert queue.read(text.replace("[ ] A", "[x] A")).actions == ()


def test_a_stated_id_given_later_is_another_name_of_the_same_task() -> None:
    queue = Queue("- [ ] A\n- [ ] B\n")
    id_ = queue.id("A")

    queue.read("- [ ] A [id:: k]\n- [ ] B [after:: k]\n")

    assert queue.known[queue.id("B")].task.needs == (id_,)


def test_unknown_needs_are_reported_with_their_place() -> None:
    found = Queue("\n- [ ] A [after:: nowhere]\n").last

    assert [(problem.path, problem.line) for problem in found.unreadable] == [("q0.md", 2)]


def test_circles_are_reported_with_their_way() -> None:
    found = Queue("- [ ] A [id:: a] [after:: b]\n- [ ] B [id:: b] [after:: a]\n").last

    assert ["a (q0.md:1) → b (q0.md:2) → a" in problem.why for problem in found.unreadable] == [True]


def test_a_long_circle_is_told_by_its_length() -> None:
    text = "".join(f"- [ ] T{n} [id:: t{n:02}] [after:: t{(n + 1) % 30:02}]\n" for n in range(30))

    assert "30 tasks" in Queue(text).last.unreadable[0].why


def test_a_deleted_need_is_still_known_by_its_id() -> None:
    queue = Queue("- [ ] A [id:: k]\n- [ ] B [after:: k]\n")
    queue.show("A", TaskState.LANDED)

    assert queue.read("- [ ] B [after:: k]\n").unreadable == ()


def test_applying_a_stale_marker_changes_no_task() -> None:
    task = Task(id=TaskId("a"), repo=REPO, title="A", type="fix")

    assert reconciling.apply(task, MarkerStale(id=task.id, mark=Mark.OPEN)) is task
