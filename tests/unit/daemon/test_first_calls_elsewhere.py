"""A task whose first call fits under no cap of its provider goes to one whose call fits, and to a person where none does."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_budgets import MIDNIGHT, WRITE, binding, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import finish
from watchbill.state import accounts

pytestmark = pytest.mark.anyio

DONE = (WRITE, finish("done"))
FEW, MANY = "0.06", "1.0"  # dollars: no call of the task fits, all of them do


def two(tmp_path: Path, *, budget: str, **more: object) -> World:
    scripts = {"claude": steps(*DONE), "gpt": steps(*DONE)}
    return World(root=tmp_path, scripts=scripts, budget=budget, **more).make()  # type: ignore[arg-type]


async def test_who_cannot_pay_for_one_call_gives_the_task_to_who_can_and_no_attempt_is_counted(tmp_path: Path) -> None:
    here = two(tmp_path, budget=f"per_provider_usd = {{ claude = {FEW} }}")
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "deferred"), ("gpt", "landed")]
        assert (await task_of(service, "one")).attempts == 0

    assert here.said("task.review") == []


async def test_where_nobody_can_pay_for_one_call_it_waits_for_a_person_with_each_cap_and_the_mend(
    tmp_path: Path,
) -> None:
    here = two(tmp_path, budget=f"per_provider_usd = {{ claude = {FEW}, gpt = 0.05 }}")
    async with here.service() as service:
        await settle(service)
        kept = await task_of(service, "one")
        calls = await service.parts.database.submit(accounts.calls)
        assert await ends_of(service, "one") == [("claude", "deferred"), ("gpt", "deferred")]

    assert (kept.state, kept.attempts, calls) == (TaskState.REVIEW, 0, [])
    assert "a call of claude scripted-claude may take $0.13" in kept.note
    assert "budget provider:gpt:2026-03-02 has $0.05 in all" in kept.note
    assert "raise budget.per_provider_usd to $0.13" in kept.note
    assert here.said("task.review")[0]["why"] == kept.note


async def test_it_goes_on_with_whomever_the_cap_is_raised_for(tmp_path: Path) -> None:
    here = two(tmp_path, budget=f"per_provider_usd = {{ claude = {FEW}, gpt = {FEW} }}")
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
    here.budget = f"per_provider_usd = {{ claude = {FEW}, gpt = {MANY} }}"
    async with here.service() as service:
        await settle(service)
        assert (await ends_of(service, "one"))[2:] == [("gpt", "landed")]


async def test_a_person_who_wants_it_tried_again_has_it_tried(tmp_path: Path) -> None:
    here = two(tmp_path, budget=f"per_run_usd = {FEW}")
    async with here.service() as service:
        await settle(service)
        await settle(service)
        before = len(await ends_of(service, "one"))
        await service.control.retry((await task_of(service, "one")).id)
        await settle(service)
        assert (before, len(await ends_of(service, "one"))) == (2, 4)
        assert (await task_of(service, "one")).state is TaskState.REVIEW


async def test_another_with_room_takes_it_while_the_day_of_its_provider_is_used_up(tmp_path: Path) -> None:
    """The second call no longer fits into the provider's day: the work goes on elsewhere, where it stands."""
    here = two(tmp_path, budget="per_provider_usd = { claude = 0.1328 }")
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "deferred"), ("gpt", "landed")]


@pytest.mark.parametrize("on_cap", ["paid", "alert"])
async def test_where_all_have_too_little_left_it_waits_for_the_turn_of_the_day(tmp_path: Path, on_cap: str) -> None:
    here = two(tmp_path, budget=f'daily_usd = 0.1328\non_cap = "{on_cap}"')
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        assert binding(await service.ticker.tick()) == ("budget_day", MIDNIGHT)


async def test_a_task_with_too_little_of_its_own_goes_on_elsewhere_or_to_a_person(tmp_path: Path) -> None:
    files = {**FILES, "docs/AI_TASK_QUEUE.md": "- [ ] Do one thing [id:: one] [files:: notes.md] [max_usd:: 0.1328]\n"}
    here = two(tmp_path, budget="", files=files)
    async with here.service() as service:
        await settle(service)
        kept = await task_of(service, "one")

    assert kept.state is TaskState.REVIEW
    assert "the task's max_usd" in kept.note
    assert len(here.said("run.started")) == 2


async def test_small_tasks_that_are_too_much_together_are_tried_each_by_itself(tmp_path: Path) -> None:
    queue = "".join(
        f"- [ ] Mend a word {name} #fix [id:: {name}] [files:: notes.md]\n  - **Requirements:** {'so ' * 300}\n"
        for name in ("one", "two")
    )
    here = two(tmp_path, budget="per_run_usd = 0.1325", files={**FILES, "docs/AI_TASK_QUEUE.md": queue})
    async with here.service() as service:
        await settle(service)
        started = [(facts["task"], facts["provider"], facts["riders"]) for facts in here.said("run.started")]

    assert started[:2] == [("one", "claude", ["two"]), ("one", "claude", [])]
