"""I10 over any history: tasks begin, are given more files, hand on, are rescued, keep branches; two of three repositories
have the same files. The shared checker looks at all of it after each step."""

from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from store_makers import NOW, begin, end, put, savepoint

from tests.examples import examples
from watchbill.daemon import evidence_rows, widening
from watchbill.domain.claims import any_overlap, covers
from watchbill.domain.errors import ClaimTaken, IllegalMove
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.invariants.working import is_fenced
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.widening import Free
from watchbill.state import claims, database, runs, sightings, tasks, widenings
from watchbill.state.engine import connect
from watchbill.state.sightings import Sighting
from watchbill.state.widenings import WideningState

SITE, TWIN, BOOK = map(RepoName, ("site", "twin", "book"))
GROUNDS = {SITE: "forge/site", TWIN: "forge/site", BOOK: "forge/book"}
TASKS = {
    "a": (SITE, ("scenes/*.txt",)),
    "b": (SITE, ("scenes/dunes.txt", "docs/a.md")),
    "c": (TWIN, ("Scenes/Dunes.txt",)),
    "d": (TWIN, ("docs",)),
    "e": (TWIN, ("**",)),
    "f": (BOOK, ("scenes/dunes.txt",)),
}
PATHS = ("scenes/dunes.txt", "scenes/port.txt", "docs/a.md", "docs/deep/b.md", "a.md", "src/b.py")
names = st.sampled_from(sorted(TASKS))


class History(RuleBasedStateMachine):
    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        self.live: dict[str, Run] = {}
        self.steps = 0
        for repo, ground in GROUNDS.items():
            sightings.put(self.conn, Sighting(repo=repo, ground=ground))
        for name, (repo, patterns) in TASKS.items():
            put(self.conn, name, repo=repo, claims=patterns)

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    def now(self) -> datetime:
        self.steps += 1
        return NOW + timedelta(seconds=self.steps)

    @rule(name=names)
    def begin(self, name: str) -> None:
        task = tasks.get(self.conn, TaskId(name))
        assert task is not None
        others = [
            claim.pattern
            for claim in claims.live(self.conn)
            if claim.task != name and GROUNDS[claim.repo] == GROUNDS[task.repo]
        ]
        try:
            with savepoint(self.conn):
                self.live[name] = begin(self.conn, name, claims=task.reach, now=self.now())
        except ClaimTaken:
            assert any_overlap(task.reach, others) is not None
        except IllegalMove:
            assert name in self.live
        else:
            assert any_overlap(task.reach, others) is None

    @rule(name=names, path=st.sampled_from(PATHS))
    def ask_for_more(self, name: str, path: str) -> None:
        if name in self.live:
            answer = widening.decide(self.conn, self.live[name], [path], why="it has to", now=self.now())

            granted = tasks.get(self.conn, TaskId(name))
            assert granted is not None
            assert covers(granted.reach, path) is isinstance(answer, Free)

    @rule(name=names)
    def hand_on(self, name: str) -> None:
        if name in self.live:
            now = self.now()
            widenings.grant_for_later(self.conn, TaskId(name), WideningState.WANTED, why="handed on", now=now)
            end(self.conn, self.live.pop(name), RunState.HANDED_OFF, now=now)

    @rule(name=names)
    def deliver_a_branch(self, name: str) -> None:
        if name in self.live:
            run = self.live.pop(name)
            end(self.conn, run, RunState.LANDED, task_state=TaskState.LANDED, keep_claims=True, now=self.now())
            tasks.reopen(self.conn, TaskId(name), now=self.now())

    @rule(name=names)
    def drop_its_branch(self, name: str) -> None:
        claims.drop_kept(self.conn, TaskId(name))

    @rule(name=names)
    def die(self, name: str) -> None:
        if name in self.live:
            runs.rescue(self.conn, self.live.pop(name), self.now(), "its holder died")
            task = tasks.get(self.conn, TaskId(name))
            if task is not None and task.state is TaskState.FAILED:
                tasks.reopen(self.conn, TaskId(name), now=self.now())

    @invariant()
    def no_two_live_claims_ever_met(self) -> None:
        every_run = evidence_rows.all_runs(self.conn)
        held = [
            claim
            for claim in evidence_rows.claims(self.conn, tasks.all_tasks(self.conn), every_run)
            if claim.until is None
        ]
        assert not list(is_fenced(held, (), every_run, ()))

    @invariant()
    def no_path_has_two_owners(self) -> None:
        held = claims.live(self.conn)
        for ground in set(GROUNDS.values()):
            for path in PATHS:
                owners = {
                    claim.task for claim in held if GROUNDS[claim.repo] == ground and covers([claim.pattern], path)
                }
                assert len(owners) <= 1, (path, held)


def test_no_history_gives_a_path_two_owners(path: Path) -> None:
    with database.direct(path):
        pass
    machine = type("HistoryHere", (History,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(60, part=30, stateful_step_count=30))
