"""Claims in the store: no two tasks ever hold patterns that could meet."""

from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from store_makers import NOW, SITE, begin, end, put, savepoint

from tests.examples import examples
from watchbill.domain.claims import any_overlap, covers
from watchbill.domain.errors import ClaimTaken, IllegalMove
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import claims, database, tasks
from watchbill.state.engine import Connection, connect

PATTERNS = ("**", "scenes/*.txt", "scenes/dunes.txt", "Scenes", "docs/**", "docs/a.md", "*.md", "**/a.md", "src/b.py")
PATHS = ("scenes/dunes.txt", "scenes/port.txt", "docs/a.md", "docs/deep/b.md", "a.md", "src/b.py", "scenes/sub/x.txt")
NAMES = ("a", "b", "c", "d")
SITES = (SITE, RepoName("book"))


def test_a_claim_that_is_held_is_refused_and_says_by_whom(conn: Connection):
    begin(conn, "a", claims=("scenes/*.txt",))

    with pytest.raises(ClaimTaken, match=r"needs scenes/dunes.txt in site; task a \(run-1\) holds scenes/\*.txt"):
        begin(conn, "b", claims=("docs/x.md", "scenes/dunes.txt"))


def test_a_refused_run_leaves_nothing(conn: Connection):
    begin(conn, "a", claims=("**",))
    put(conn, "b")

    with pytest.raises(ClaimTaken), savepoint(conn):
        begin(conn, "b")

    found = tasks.get(conn, TaskId("b"))
    assert found is not None
    assert found.state is TaskState.QUEUED
    assert {claim.task for claim in claims.live(conn)} == {"a"}


def test_another_repository_is_another_matter(conn: Connection):
    put(conn, "b", repo=RepoName("book"))

    begin(conn, "a", claims=("**",))
    begin(conn, "b", claims=("**",))

    assert {claim.repo for claim in claims.live(conn)} == set(SITES)


def test_claims_are_free_after_their_run(conn: Connection):
    end(conn, begin(conn, "a", claims=("**",)))

    begin(conn, "b", claims=("**",))

    assert [claim.run for claim in claims.live(conn)] == ["run-2"]


def test_a_pattern_said_twice_is_held_once(conn: Connection):
    begin(conn, "a", claims=("x", "x"))

    assert [claim.pattern for claim in claims.live(conn)] == ["x"]


def delivered(conn: Connection, name: str, *patterns: str) -> Run:
    run = begin(conn, name, claims=patterns)
    return end(conn, run, RunState.LANDED, task_state=TaskState.LANDED, keep_claims=True)


def test_the_claims_of_a_delivered_branch_outlive_its_run(conn: Connection):
    delivered(conn, "a", "a.md")

    with pytest.raises(ClaimTaken, match="its unmerged branch"):
        begin(conn, "b", claims=("a.md",))
    assert [(claim.task, claim.run) for claim in claims.live(conn)] == [("a", None)]


def test_a_dropped_branch_gives_its_claims_back(conn: Connection):
    delivered(conn, "a", "a.md")

    claims.drop_kept(conn, TaskId("a"))

    begin(conn, "b", claims=("a.md",))


def test_a_tasks_own_branch_does_not_block_it(conn: Connection):
    delivered(conn, "a", "a.md")
    tasks.reopen(conn, TaskId("a"), now=NOW)

    delivered(conn, "a", "a.md", "b.md")

    assert [(claim.pattern, claim.run) for claim in claims.live(conn)] == [("a.md", None), ("b.md", None)]


class Claims(RuleBasedStateMachine):
    """Four tasks in two repositories that begin, end, keep and drop as they like."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        self.live: dict[str, Run] = {}
        for number, name in enumerate(NAMES):
            put(self.conn, name, repo=SITES[number // 3])

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    @rule(name=st.sampled_from(NAMES), patterns=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3))
    def begin(self, name: str, patterns: list[str]) -> None:
        others = [
            claim.pattern
            for claim in claims.live(self.conn)
            if claim.task != name and claim.repo == SITES[NAMES.index(name) // 3]
        ]
        try:
            with savepoint(self.conn):
                self.live[name] = begin(self.conn, name, claims=patterns)
        except ClaimTaken:
            assert any_overlap(patterns, others) is not None
        except IllegalMove:
            assert name in self.live
        else:
            assert any_overlap(patterns, others) is None

    @rule(name=st.sampled_from(NAMES), keep=st.booleans())
    def end(self, name: str, keep: bool) -> None:
        if name in self.live:
            end(self.conn, self.live.pop(name), keep_claims=keep)

    @rule(name=st.sampled_from(NAMES))
    def drop(self, name: str) -> None:
        claims.drop_kept(self.conn, TaskId(name))

    @invariant()
    def no_path_has_two_owners(self) -> None:
        held = claims.live(self.conn)
        for repo in SITES:
            for path in PATHS:
                owners = {claim.task for claim in held if claim.repo == repo and covers([claim.pattern], path)}
                assert len(owners) <= 1, (path, held)

    @invariant()
    def only_live_runs_and_branches_hold(self) -> None:
        assert {claim.run for claim in claims.live(self.conn)} - {None} <= {run.id for run in self.live.values()}


def test_any_history_gives_no_path_two_owners(path: Path):
    with database.direct(path):
        pass
    machine = type("ClaimsHere", (Claims,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(60, part=30, stateful_step_count=30))
