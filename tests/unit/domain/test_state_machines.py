"""State machines: a move is in its table or it does not happen."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from watchbill.domain import calls, runs, tasks, undoings
from watchbill.domain.calls import CallState
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.machine import check_move, sources_of
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.undoings import UndoState

MACHINES: list[tuple[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]], set[StrEnum]]] = [
    (TaskState, tasks.TRANSITIONS, {TaskState.PROPOSED, TaskState.QUEUED}),
    (RunState, runs.TRANSITIONS, {RunState.RUNNING}),
    (CallState, calls.TRANSITIONS, {CallState.HELD}),
    (UndoState, undoings.TRANSITIONS, {UndoState.WANTED}),
]
machines = pytest.mark.parametrize(
    ("states", "table", "begins"), MACHINES, ids=lambda part: getattr(part, "__name__", "")
)


@machines
def test_table_has_every_state_and_only_states(states: type[StrEnum], table: Mapping, begins: set[StrEnum]) -> None:
    assert set(table) == set(states)
    assert {target for targets in table.values() for target in targets} <= set(states)


@machines
def test_every_state_can_be_reached(states: type[StrEnum], table: Mapping, begins: set[StrEnum]) -> None:
    reached, todo = set(begins), list(begins)
    while todo:
        new = table[todo.pop()] - reached
        reached |= new
        todo += new

    assert reached == set(states)


@machines
def test_no_state_leads_to_itself(states: type[StrEnum], table: Mapping, begins: set[StrEnum]) -> None:
    assert not [state for state in states if state in table[state]]


@machines
def test_a_move_is_allowed_exactly_when_its_table_has_it(
    states: type[StrEnum], table: Mapping, begins: set[StrEnum]
) -> None:
    for source in states:
        for target in states:
            if target in table[source]:
                assert check_move(table, source, target) is target
            else:
                with pytest.raises(IllegalMove, match=f"cannot go from {source} to {target}"):
                    check_move(table, source, target)


@machines
def test_sources_are_the_table_read_backwards(states: type[StrEnum], table: Mapping, begins: set[StrEnum]) -> None:
    for target in states:
        assert sources_of(table, target) == {source for source in states if target in table[source]}


def test_refused_move_names_what_is_allowed() -> None:
    with pytest.raises(IllegalMove, match="from held one can go to released, sent"):
        check_move(calls.TRANSITIONS, CallState.HELD, CallState.SETTLED)
    with pytest.raises(IllegalMove, match="nothing: it is an end"):
        check_move(calls.TRANSITIONS, CallState.SETTLED, CallState.SENT)


def test_task_moves_only_by_its_table() -> None:
    task = Task(id=TaskId("a"), repo=RepoName("r"), title="a", type=TaskType("bug"))

    assert task.to(TaskState.RUNNING).state is TaskState.RUNNING
    with pytest.raises(IllegalMove):
        task.to(TaskState.VERIFIED)


def test_task_that_used_up_its_attempts_fails_out_of_the_queue() -> None:
    assert TaskState.FAILED in tasks.TRANSITIONS[TaskState.QUEUED]


def test_every_end_of_a_task_can_be_reopened() -> None:
    ends = set(TaskState) - tasks.OPEN

    assert all(TaskState.QUEUED in tasks.TRANSITIONS[state] for state in ends)


def test_a_call_that_was_sent_is_never_held_again() -> None:
    assert not [state for state, targets in calls.TRANSITIONS.items() if CallState.HELD in targets]


def test_only_an_ended_run_counts_as_an_attempt() -> None:
    assert RunState.RUNNING not in runs.COUNTED
    assert runs.TRANSITIONS[RunState.LANDED] == frozenset()
