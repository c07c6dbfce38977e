"""The dialogue's rules: what a model's turns come to, on real git and SQLite."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon.service import Service
from watchbill.daemon.terms import RunTerms, Stop
from watchbill.domain.ids import ProviderName, RunId, TaskId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, ToolResult
from watchbill.providers.scripted import Cut, Fail, Scene, Script, Step, Useless, finish, first, say, use
from watchbill.state import accounts, sessions

pytestmark = pytest.mark.anyio

WRITE = say("", use("write_file", path="notes.md", content="# Notes\n"))


def steps(*row: Step | Script) -> Script:
    """One step a turn, whoever asks; the last one for ever."""

    def play(scene: Scene) -> Step:
        step = row[min(scene.turn, len(row) - 1)]
        return step(scene) if callable(step) else step

    return play


def world(tmp_path: Path, *scripts: Script, names: Sequence[str] = ("claude", "gpt"), **more: object) -> World:
    return World(root=tmp_path, scripts=dict(zip(names, scripts, strict=False)), **more).make()  # type: ignore[arg-type]


async def test_finished_work_lands_on_the_integration_branch_with_its_trailers(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED

    assert here.show("notes.md") == "# Notes\n"
    message = here.git("log", "-1", "--format=%B", "watchbill/main")
    assert "Task-Id: one" in message
    assert "Run-Id: run-1" in message
    assert "- [x] Do one thing" in here.queue.read_text()
    assert here.git("status", "--porcelain").strip() == "M docs/AI_TASK_QUEUE.md"


async def test_each_reply_is_settled_and_stored_before_the_next_turn(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        calls = await service.parts.database.submit(accounts.calls)
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))

    assert [call.state for call in calls] == ["settled", "settled"]
    assert session is not None
    kinds = [type(entry) for entry in session.transcript.entries]
    assert kinds == [Told, Reply, ToolResult, Reply]


async def test_work_that_is_handed_on_continues_from_its_checkpoint(tmp_path: Path) -> None:
    half = steps(WRITE, finish("half", done=False, next_steps=["write the rest"]))

    def rest(scene: Scene) -> Step:
        if "write the rest" not in scene.told[-1]:
            return Fail(kind=SetbackKind.BAD_REQUEST)
        return say("", use("read_file", path="notes.md")) if scene.turn == 2 else finish("whole")

    here = world(tmp_path, lambda scene: half(scene) if scene.turn < 2 else rest(scene))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("claude", "landed")]
    assert here.show("notes.md") == "# Notes\n"


async def test_replies_without_a_tool_call_are_nudged_and_then_count_as_failed(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("I think.")), steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        ends = await ends_of(service, "one")
    assert ends[0] == ("claude", "failed")
    assert len(here.said("run.turn")) > 3


async def test_saying_done_without_a_change_is_told_and_then_waits_for_a_human(tmp_path: Path) -> None:
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
    assert task.state is TaskState.REVIEW
    assert task.note == "it says done and changed nothing"
    assert "- [?] Do one thing" in here.queue.read_text()


BROKEN = say("", use("write_file", path="notes.md", content="[gone](nowhere.md)\n"))


async def test_what_the_gates_refuse_is_repaired_by_its_provider(tmp_path: Path) -> None:
    here = world(tmp_path, steps(BROKEN, finish("done"), WRITE, finish("mended")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
    assert [facts["passes"] for facts in here.said("run.gated")] == [False, True]


RULES = """
max_deleted = 0.3
[[repo.rule]]
name = "senses"
require = "(?i)smell|taste"
paths = "*.md"
why = "every scene has one"
[[repo.rule]]
name = "polish"
keep = "^#.*"
types = ["polish"]
"""


async def test_findings_of_every_kind_go_back_with_file_line_and_rule(tmp_path: Path) -> None:
    """A parser of its own process, the repository's own rule, and the change itself, in one repair."""
    page = "# Notes\n\n<div>\n"
    told: list[str] = []

    def play(scene: Scene) -> Step:
        told[:] = scene.told
        return (
            use_all(("notes.md", page), ("old.md", "short\n"), ("a.html", "<p>\n<div><span></div>\n")),
            finish("done"),
            use_all(("notes.md", "# Notes\n\nA smell.\n"), ("old.md", OLD), ("a.html", "<p>\n<div></div>\n")),
            finish("mended"),
        )[scene.turn]

    files = {
        **FILES,
        "old.md": OLD,
        "docs/AI_TASK_QUEUE.md": FILES["docs/AI_TASK_QUEUE.md"].replace("`notes.md`", "`**`"),
    }
    here = world(tmp_path, play, files=files, repo=RULES)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]

    assert "a.html:2: unclosed: <span> is not closed before </div> in line 2" in told[-1]
    assert "notes.md: senses: [senses] must have at least 1 of (?i)smell|taste, has 0; every scene has one" in told[-1]
    assert "old.md: deleted: loses " in told[-1]
    assert "polish" not in told[0]
    assert "senses: *.md must have at least 1 of lines or words like (?i)smell|taste" in told[0]


async def test_repairs_come_to_an_end(tmp_path: Path) -> None:
    here = world(tmp_path, steps(*[BROKEN, finish("done")] * 9), repo="max_repairs = 2")
    async with here.service() as service:
        await settle(service)
        assert (await ends_of(service, "one"))[0] == ("claude", "rejected")
    assert [facts["passes"] for facts in here.said("run.gated")][:3] == [False] * 3


OLD = "A smell of old paper. " * 120 + "\n"


def use_all(*files: tuple[str, str]) -> Step:
    return say("", *(use("write_file", path=path, content=content) for path, content in files))


async def test_a_refused_task_goes_to_another_provider_from_a_clean_tree(tmp_path: Path) -> None:
    def other(scene: Scene) -> Step:
        assert "nowhere.md" in scene.brief  # it is told what the gates said
        return (WRITE, finish("done"))[scene.turn]

    here = world(tmp_path, steps(BROKEN, finish("done")), other)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "rejected"), ("gpt", "landed")]
        assert (await task_of(service, "one")).attempts == 1
    assert here.show("notes.md") == "# Notes\n"


async def test_a_cut_stream_stays_charged_and_the_session_goes_on_elsewhere(tmp_path: Path) -> None:
    def carry_on(scene: Scene) -> Step:
        return finish("done") if scene.turn == 1 else Fail(kind=SetbackKind.BAD_REQUEST)

    here = world(tmp_path, steps(WRITE, Cut()), carry_on)
    async with here.service() as service:
        await settle(service)
        ends = await ends_of(service, "one")
        states = [call.state for call in await service.parts.database.submit(accounts.calls)]
    assert (ends[0], ends[-1]) == (("claude", "handed_off"), ("gpt", "landed"))
    assert states[:3] == ["settled", "unknown", "unknown"]  # one retry, then somebody else
    assert states[-1] == "settled"


async def test_a_passing_setback_is_outwaited_once(tmp_path: Path) -> None:
    here = world(tmp_path, steps(first(Fail(kind=SetbackKind.OVERLOADED), WRITE), finish("done")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]


async def test_an_exhausted_account_rests_until_the_stated_time_and_counts_no_attempt(tmp_path: Path) -> None:
    here = world(
        tmp_path,
        steps(Fail(kind=SetbackKind.EXHAUSTED, until=timedelta(hours=5))),
        steps(WRITE, finish("done")),
    )
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "deferred"), ("gpt", "landed")]
        assert (await task_of(service, "one")).attempts == 0
    assert here.said("provider.held")[0]["provider"] == "claude"


async def test_an_answer_of_no_use_is_billed_all_the_same(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Useless()), steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        calls = await service.parts.database.submit(accounts.calls)
        assert await ends_of(service, "one") == [("claude", "failed"), ("gpt", "landed")]
    assert calls[0].state == "settled"
    assert calls[0].settlement is not None
    assert calls[0].settlement.cost > 0


async def test_a_context_that_is_too_long_begins_anew_elsewhere(tmp_path: Path) -> None:
    here = world(
        tmp_path,
        steps(WRITE, Fail(kind=SetbackKind.CONTEXT_TOO_LONG)),
        steps(WRITE, finish("done")),
    )
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "failed"), ("gpt", "landed")]


async def test_a_call_that_no_day_can_pay_is_not_sent_and_its_task_waits_for_a_human(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), budget="daily_usd = 0.06")
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        calls = await service.parts.database.submit(accounts.calls)
    assert calls == []
    assert task.state is TaskState.REVIEW
    assert "not even one call fits" in task.note
    assert here.said("budget.paused") == []


async def test_a_task_over_its_own_cap_waits_for_a_human(tmp_path: Path) -> None:
    files = {**FILES, "docs/AI_TASK_QUEUE.md": "- [ ] Do one thing [id:: one] [files:: notes.md] [max_usd:: 0.06]\n"}
    here = world(tmp_path, steps(WRITE, finish("done")), files=files)
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
    assert task.state is TaskState.REVIEW
    assert "max_usd" in task.note


async def test_a_run_that_never_finishes_ends_at_its_turns(tmp_path: Path) -> None:
    terms = RunTerms(max_turns=3)
    here = world(tmp_path, steps(say("", use("list_files"))), steps(WRITE, finish("done")), terms=terms)
    async with here.service() as service:
        await settle(service)
        assert (await ends_of(service, "one"))[0] == ("claude", "failed")


async def test_a_wrong_tool_call_is_answered_and_costs_nothing_more(tmp_path: Path) -> None:
    wrong = say(
        "",
        use("rm_rf"),
        use("write_file", path="src/tool.py", content=""),  # outside the task's files
        use("edit_file", path="notes.md"),
        use("finish", done="yes", summary="x"),
    )

    def then(scene: Scene) -> Step:
        assert [result.refused for result in scene.results] == [True] * 4
        return WRITE

    here = world(tmp_path, steps(wrong, then, finish("done")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]


async def test_a_relieved_run_ends_at_its_checkpoint_and_is_continued(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("list_files"), takes=timedelta(minutes=5)), WRITE, finish("done")))
    async with here.service() as service:
        await service.ticker.tick()
        service.dispatcher.stop(RunId("run-1"), Stop.RELIEVED)
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("claude", "handed_off")]
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("claude", "landed")]
    assert here.said("session.handed_over")[0]["why"] == "its watch is over"


async def test_a_humans_mark_cancels_a_running_task_at_its_checkpoint(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("list_files"), takes=timedelta(minutes=5)), WRITE, finish("done")))
    async with here.service() as service:
        await service.ticker.tick()
        here.queue.write_text(here.queue.read_text().replace("[→]", "[-]"))
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert (await task_of(service, "one")).state is TaskState.CANCELLED
        assert await ends_of(service, "one") == [("claude", "cancelled")]
    assert "- [-] Do one thing" in here.queue.read_text()


async def test_a_fault_of_ours_ends_only_its_run(tmp_path: Path) -> None:
    def broken(_scene: Scene) -> Step:
        raise RuntimeError("boom")

    here = world(tmp_path, broken, steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "failed"), ("gpt", "landed")]
    assert "boom" in str(here.said("daemon.fault")[0]["error"])


async def test_a_run_past_the_hard_limit_is_lost_and_its_task_queued(tmp_path: Path) -> None:
    here = world(
        tmp_path,
        steps(say("", use("list_files"), takes=timedelta(days=9))),
        daemon='lease_ttl = "30m"\nsession_dead = "1h"\nsession_stale = "50m"\nsession_soft = "40m"',
        rate=2_000,
    )
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("claude", "lost")]
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        calls = await service.parts.database.submit(accounts.calls)
    assert [call.state for call in calls] == ["unknown"]


async def test_going_in_a_circle_is_told_and_then_ended(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("read_file", path="README.md"))), names=("claude",))
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("claude", "failed")]
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    assert "no progress: the same step 5 times" in session.handoff.why
    told = [entry.text for entry in session.transcript.entries if isinstance(entry, Told)]
    assert sum("the same step three times" in text for text in told) == 1


async def test_the_same_failure_three_times_is_quarantined_until_a_person_lets_it_go(tmp_path: Path) -> None:
    fails = steps(Fail(kind=SetbackKind.BAD_REQUEST, message="no such tool 7"))
    here = world(tmp_path, fails, fails)
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert (task.state, task.attempts, len(await ends_of(service, "one"))) == (TaskState.FAILED, 3, 3)
        assert task.note == "the same failure 3 times: bad_request: no such tool 7"
        await settle(service)
        assert len(await ends_of(service, "one")) == 3

        await service.control.retry(TaskId("one"))
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert (await task_of(service, "one")).state is TaskState.QUEUED
    (told,) = here.said("task.quarantined")
    assert told["runs"] == ["run-1", "run-2", "run-3"]


async def _has_results(service: Service) -> bool:
    held = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    return held is not None and any(isinstance(entry, ToolResult) for entry in held.transcript.entries)


async def test_a_stale_run_is_taken_over_by_another_provider_that_redoes_nothing(tmp_path: Path) -> None:
    hangs = steps(WRITE, say("", takes=timedelta(hours=9)))
    here = world(tmp_path, hangs, steps(WRITE, finish("done")), daemon='session_soft = "1m"\nsession_stale = "2m"')
    async with here.service() as service:
        await service.ticker.tick()
        while not await _has_results(service):
            await asyncio.sleep(0.02)
        while not here.said("session.taken_over"):
            await service.parts.clock.sleep(timedelta(seconds=20))
            await service.ticker.tick()
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "lost"), ("gpt", "landed")]
    assert len([facts for facts in here.said("run.tool") if facts["tool"] == "write_file"]) == 1


async def test_a_person_has_a_running_session_handed_over_and_its_next_run_redoes_nothing(tmp_path: Path) -> None:
    def slow(scene: Scene) -> Step:
        return WRITE if scene.turn == 0 else say("", use("read_file", path="notes.md"), takes=timedelta(minutes=1))

    def other(scene: Scene) -> Step:
        assert [result.content for result in scene.results] == ["# Notes\n"]  # what the first one asked for
        return finish("done")

    here = world(tmp_path, slow, other)
    async with here.service() as service:
        await service.ticker.tick()
        while not await _has_results(service):
            await asyncio.sleep(0.02)
        assert await service.control.hand_over(TaskId("one"), ProviderName("gpt"), why="try it") == "run-1"
        await service.dispatcher.idle()
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("gpt", "landed")]
    assert here.said("session.hand_over_asked")[0]["to"] == "gpt"


async def test_a_long_session_is_taken_up_shortened(tmp_path: Path) -> None:
    def reads(scene: Scene) -> Step:
        if scene.turn < 4:
            return say("", use("read_file", path="long.md"), use("search", pattern=f"w{scene.turn}"))
        return WRITE if scene.turn == 4 else Fail(kind=SetbackKind.EXHAUSTED)

    long = {**FILES, "long.md": "\n".join(f"word {number}" for number in range(1_500))}
    here = world(tmp_path, reads, steps(finish("done")), files=long, daemon="session_tokens = 4000")
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("gpt", "landed")]
    (told,) = here.said("session.compacted")
    assert int(str(told["before"])) > 4_000 >= int(str(told["after"]))


async def test_a_session_that_is_too_long_for_its_model_is_shortened_and_asked_once_more(tmp_path: Path) -> None:
    reads = [say("", use("read_file", path="long.md"), use("search", pattern=f"w{number}")) for number in range(3)]
    row = iter((*reads, Fail(kind=SetbackKind.CONTEXT_TOO_LONG), WRITE, finish("done")))

    def play(_scene: Scene) -> Step:
        return next(row)

    long = {**FILES, "long.md": "\n".join(f"word {number}" for number in range(1_500))}
    here = world(tmp_path, play, names=("claude",), files=long)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
    assert len(here.said("session.compacted")) == 1


async def told_to(here: World, *, runs: int) -> list[str]:
    """What was told in the session of a task that landed with its last run."""
    async with here.service() as service:
        await settle(service)
        assert len(await ends_of(service, "one")) == runs
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    return [entry.text for entry in session.transcript.entries if isinstance(entry, Told)]


async def test_where_nobody_answered_yet_there_is_nothing_to_hand_over(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Fail(kind=SetbackKind.EXHAUSTED)), steps(WRITE, finish("done")))

    assert len(await told_to(here, runs=2)) == 1


async def test_the_same_hand_off_is_told_once_however_many_take_it_up(tmp_path: Path) -> None:
    limit = Fail(kind=SetbackKind.EXHAUSTED, message="weekly limit")
    here = world(tmp_path, steps(WRITE, limit), steps(limit), steps(finish("done")), names=("claude", "gpt", "kimi"))

    _brief, *handoffs = await told_to(here, runs=3)

    assert len(handoffs) == 1
    assert "weekly limit" in handoffs[0]
