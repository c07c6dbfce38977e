"""Writing back while a human edits: nothing is lost, nothing comes twice, and no byte of theirs changes."""

import re
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.examples import examples
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import OPEN, TRANSITIONS, TaskState
from watchbill.intake import reconcile as reconciling
from watchbill.intake.entries import Mark, QueueFile
from watchbill.intake.grammar import decode, parse
from watchbill.intake.markers import Spot, set_marker
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
    written,
)
from watchbill.intake.tasks import Terms

REPO = RepoName("novel")
PATH = "q.md"
OURS = re.compile(r"^\s*<!-- watchbill: run-\d+ -->\r?$")


class WriteBack(RuleBasedStateMachine):
    """A human and the daemon take turns on one file; the daemon may die between its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b"# Queue\r\n\r\n- [ ] Paint the boat\r\n  - **Files:** boat.txt\r\n- [ ] Mend the net\r\n"
        self.known: dict[TaskId, Known] = {}
        self.stale: list[MarkerStale] = []
        self.serial = 0
        self.touched: set[str] = (
            set()
        )  # titles of entries that the human marked, reworded or deleted since the last reading
        self.read()

    def queue(self) -> QueueFile:
        return parse(decode(self.data), PATH, REPO)

    # ── the human ──

    def edit(self, lines: list[str]) -> None:
        self.data = "\n".join(lines).encode("utf-8", "surrogateescape")

    @rule(at=st.integers(0, 30), nested=st.booleans(), windows=st.booleans())
    def human_adds_a_task(self, at: int, *, nested: bool, windows: bool) -> None:
        self.serial += 1
        lines = decode(self.data).split("\n")
        title = f"{'  - note' if nested else '- [ ] Task'} {self.serial * 7919} {'abcdefghij'[self.serial % 10] * 9}"
        lines.insert(at % (len(lines) + 1), title + ("\r" if windows else ""))
        self.edit(lines)

    @precondition(lambda self: len(self.queue().entries) > 1)
    @rule(nth=st.integers(0, 9))
    def human_deletes_an_entry(self, nth: int) -> None:
        entries = self.queue().entries
        entry = entries[nth % len(entries)]
        self.touched.add(entry.title)
        lines = decode(self.data).split("\n")
        self.edit([*lines[: entry.line - 1], *lines[entry.end :]])

    @precondition(lambda self: self.queue().entries)
    @rule(nth=st.integers(0, 9), sign=st.sampled_from(" xX-?!→"))
    def human_marks(self, nth: int, sign: str) -> None:
        entries = self.queue().entries
        entry = entries[nth % len(entries)]
        self.touched.add(entry.title)
        lines = decode(self.data).split("\n")
        line = lines[entry.mark_line - 1]
        lines[entry.mark_line - 1] = line[: entry.span[0]] + sign + line[entry.span[1] :]
        self.edit(lines)

    @precondition(lambda self: self.queue().entries)
    @rule(nth=st.integers(0, 9))
    def human_rewords(self, nth: int) -> None:
        entries = self.queue().entries
        entry = entries[nth % len(entries)]
        self.touched |= {entry.title, f"{entry.title}s"}
        lines = decode(self.data).split("\n")
        lines[entry.line - 1] = lines[entry.line - 1].rstrip("\r") + "s" + "\r" * lines[entry.line - 1].endswith("\r")
        self.edit(lines)

    @rule()
    def human_edits_the_top(self) -> None:
        self.data = b"words\n\n" + self.data

    # ── the daemon ──

    @rule()
    def read(self) -> None:
        before = {id_: one.task for id_, one in self.known.items()}
        found = reconcile(tuple(self.known.values()), [self.queue()], repo=REPO, terms=Terms())
        tasks = dict(before)
        for action in found.actions:
            id_ = action.task.id if isinstance(action, Discover | Change) else action.id
            assert not (isinstance(action, Discover) and id_ in before)
            assert not isinstance(action, Cancel | Reopen) or before[id_].title in self.touched
            tasks[id_] = reconciling.apply(tasks[id_], action) if id_ in tasks else action.task
        self.known = {entry.id: Known(entry=entry, task=tasks[entry.id]) for entry in found.entries}
        self.stale = [action for action in found.actions if isinstance(action, MarkerStale)]
        assert before.keys() <= self.known.keys()
        self.touched = set()
        self.check(found)

    def check(self, found: Reconciled) -> None:
        queue = self.queue()
        live = [entry for entry in found.entries if not entry.gone]
        assert len({entry.id for entry in found.entries}) == len(found.entries)
        open_entries = [entry for entry in queue.entries if entry.mark is Mark.OPEN]
        named = sorted((entry.heading, entry.title) for entry in live)
        assert all((entry.heading, entry.title) in named for entry in open_entries)
        assert len(live) <= len(queue.entries) or not queue.entries or not queue.usable
        for action in found.actions:
            if isinstance(action, Reopen):
                assert self.known[action.id].task.state is TaskState.QUEUED

    @precondition(lambda self: self.known)
    @rule(nth=st.integers(0, 9), choice=st.integers(0, 9))
    def work_goes_on(self, nth: int, choice: int) -> None:
        id_ = list(self.known)[nth % len(self.known)]
        one = self.known[id_]
        targets = sorted(TRANSITIONS[one.task.state])
        self.known[id_] = replace(one, task=one.task.to(targets[choice % len(targets)]))

    @precondition(lambda self: self.stale)
    @rule(commented=st.booleans(), dies=st.booleans())
    def write_markers(self, *, commented: bool, dies: bool) -> None:
        for action in self.stale:
            one = self.known[action.id]
            self.known[action.id] = replace(one, entry=about_to_write(one.entry, action.mark))
            data = set_marker(self.data, Spot(repo=REPO, known=one.entry), action.mark, "run-1" if commented else None)
            if data is None:
                continue
            self.assert_only_ours_changed(data)
            self.data = data
            if not dies:
                self.known[action.id] = replace(one, entry=written(one.entry, action.mark, commented=commented))
        self.stale = []

    def assert_only_ours_changed(self, data: bytes) -> None:
        old = [line for line in decode(self.data).split("\n") if not OURS.match(line)]
        new = [line for line in decode(data).split("\n") if not OURS.match(line)]
        differing = [
            n for n, (was, now) in enumerate(zip(old, new, strict=True)) if was.rstrip("\r") != now.rstrip("\r")
        ]
        assert len(differing) <= 1
        assert all(
            re.sub(r"\[.\]", "", old[n], count=1).rstrip("\r") == re.sub(r"\[.\]", "", new[n], count=1).rstrip("\r")
            for n in differing
        )

    @rule()
    def left_alone_it_comes_to_rest(self) -> None:
        """Without a human, reading and writing end with every marker showing its task's state."""
        self.read()
        self.write_markers(commented=True, dies=False)
        self.read()
        assert self.stale == []

    @invariant()
    def no_task_is_known_twice(self) -> None:
        live = [one.entry for one in self.known.values() if not one.entry.gone and one.task.state in OPEN]
        places = [(entry.path, entry.heading, entry.title, entry.twin) for entry in live]
        assert len(set(places)) == len(places)


WriteBack.TestCase.settings = examples(50, part=20, stateful_step_count=30)
TestWriteBack = WriteBack.TestCase
