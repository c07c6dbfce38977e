"""One deed to many tasks: its effect is told first, and one that is refused keeps no other back."""

import pytest
from operator_makers import NOW, ScriptedCommands, begin, end, landing, put

from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import TaskId
from watchbill.domain.pauses import Pause
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import many
from watchbill.operator.faults import BadQuestion
from watchbill.state import intents, upkeep
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio


class Hands(ScriptedCommands):
    async def pause(self, pause: Pause, *, at_once: bool) -> Pause:
        self._note("pause", pause.name, pause.why, pause.who)
        return pause

    async def release(self, task_id: TaskId) -> Task:
        if task_id == "b":
            raise IllegalMove("b is over")
        return await self.accept(task_id)

    async def bump(self, task_id: TaskId, provider: str | None) -> Task:
        self._note("bump", task_id, provider or "")
        return await self.accept(task_id)


def test_effect_is_told_for_each_and_what_it_does_not_concern_comes_last(conn: Connection) -> None:
    put(conn, "a", "b", "c")
    end(conn, begin(conn, "a"), RunState.LANDED, TaskState.LANDED)
    begin(conn, "b")

    found = many.effects(conn, many.deed_of("cancel"), ["a", "b", "c", "gone", "c"], NOW)

    assert [(each.task, each.applies) for each in found] == [
        ("b", True),
        ("c", True),
        ("a", False),
        ("gone", False),
    ]
    assert "stops at once" in found[0].words
    assert found[2].words == "nothing, for it is landed"
    assert "no such task" in found[3].words


async def test_each_deed_asks_for_what_its_name_says() -> None:
    hands = Hands()
    for name in many.DEEDS:
        await many.carry_out(hands, many.deed_of(name), ["a"], why="later", who="ines", provider="claude")  # type: ignore[arg-type]

    assert hands.asked == [
        ("pause", "a", "later", "ines"),
        ("accept", "a"),
        ("bump", "a", "claude"),
        ("accept", "a"),
        ("accept", "a"),
        ("retry", "a"),
        ("cancel", "a", "later"),
    ]


async def test_one_that_is_refused_keeps_no_other_back() -> None:
    done = await many.carry_out(Hands(), many.deed_of("release"), ["a", "b", "c"], why="", who="ines")  # type: ignore[arg-type]

    assert done.done == 2
    assert done.refused == ["b: b is over"]


def test_unknown_deed_and_too_many_tasks_are_bad_questions(conn: Connection) -> None:
    with pytest.raises(BadQuestion, match="there are hold, release"):
        many.deed_of("burn")
    with pytest.raises(BadQuestion, match="too many at once"):
        many.effects(conn, many.deed_of("hold"), [f"t{number}" for number in range(many.MOST + 1)], NOW)


@pytest.mark.parametrize("name", many.DEEDS)
def test_what_would_be_refused_is_foretold_and_nothing_is_done(conn: Connection, name: str) -> None:
    put(conn, "a", "b")
    begin(conn, "a")
    before = list(upkeep.export(conn))

    found = {each.task: each for each in many.effects(conn, many.deed_of(name), ["a", "b"], NOW)}

    assert found["a"].applies is (name in ("hold", "release", "cancel"))
    assert found["b"].applies is (name not in ("retry", "accept"))
    assert list(upkeep.export(conn)) == before


async def test_several_that_are_brought_forward_keep_their_order() -> None:
    hands = Hands()

    await many.carry_out(hands, many.deed_of("bump"), ["a", "b"], why="", who="ines")  # type: ignore[arg-type]

    assert [asked[1] for asked in hands.asked if asked[0] == "bump"] == ["b", "a"]  # the last bumped goes first


def test_only_what_is_proposed_becomes_work(conn: Connection) -> None:
    put(conn, "a", state=TaskState.PROPOSED)
    put(conn, "b")

    found = many.effects(conn, many.deed_of("accept"), ["a", "b"], NOW)

    assert [(each.task, each.words) for each in found] == [("a", "it becomes work"), ("b", "nothing, for it is queued")]


def test_what_is_being_landed_would_not_be_cancelled(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    intents.store(conn, run, landing(run), NOW)

    (found,) = many.effects(conn, many.deed_of("cancel"), ["a"], NOW)

    assert (found.applies, "while its commit is being landed" in found.words) == (False, True)
