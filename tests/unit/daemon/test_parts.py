"""Small parts of the daemon: timers, clocks, recorder, purser, meter, setbacks, commands in the sandbox."""

import asyncio
import io
import json
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.clocks import FastClock
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon.clocks import PatientClock, SystemClock
from watchbill.daemon.recorder import Recorder, make_log
from watchbill.daemon.setbacks import GRACE, end_after, rest_after
from watchbill.daemon.timers import Timers
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.domain.outcomes import Scope, Setback, SetbackKind
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import finish, say, use
from watchbill.state import events
from watchbill.state.database import Database

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


class Told:
    """An Events port that remembers."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Mapping[str, object]]] = []

    def emit(self, name: str, **facts: object) -> None:
        self.log.append((name, facts))


async def test_the_system_clock_is_aware_utc_and_sleeps() -> None:
    clock = SystemClock()

    before = clock.monotonic()
    await clock.sleep(timedelta(milliseconds=1))

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() > before
    assert clock.real(timedelta(minutes=1)) == timedelta(minutes=1)


async def test_a_timer_wakes_at_its_moment_of_the_fast_clock_and_is_replaced_by_name() -> None:
    clock = FastClock(start=NOON, rate=3_600)
    woken = asyncio.Event()
    timers = Timers(clock)
    timers.start()
    timers.wake_at("tick", NOON + timedelta(days=900), woken.set)
    timers.wake_at("tick", NOON + timedelta(minutes=10), woken.set)

    assert timers.names() == ("tick",)
    await asyncio.wait_for(woken.wait(), 60)
    timers.stop()

    assert clock.now() >= NOON + timedelta(minutes=10)


async def test_the_patient_clock_goes_slowly_while_somebody_works_and_stands_no_stall() -> None:
    clock = PatientClock(start=NOON, rate=1_000_000, slow=0)
    working = [2]
    clock.workers = lambda: working[0]

    heartbeat = asyncio.create_task(clock.sleep(timedelta(hours=1)))
    await asyncio.sleep(0.05)
    assert clock.now() == NOON  # two at work, and one sleeper
    working[0] = 0
    await asyncio.wait_for(heartbeat, 60)
    assert clock.monotonic() >= 3_600
    before = clock.now()
    time.sleep(0.1)  # noqa: ASYNC251 - the loop itself stands still
    assert clock.now() - before <= timedelta(seconds=0.02 * 1_000_000)
    assert clock.real(timedelta(seconds=1_000_000)) == timedelta(seconds=1)


async def test_an_event_goes_to_the_log_and_with_the_next_flush_to_the_store(tmp_path: Path) -> None:
    out = io.StringIO()
    async with Database.open(tmp_path / "w.db") as database:
        recorder = Recorder(
            database=database, clock=SystemClock(), log=make_log(secrets=frozenset({"s3cret-key"}), stream=out)
        )
        recorder.emit("config.loaded", path="/tmp/s3cret-key.json")
        await recorder.flush()
        await recorder.flush()
        stored = await database.submit(lambda conn: events.since(conn, 0))

    line = json.loads(out.getvalue())
    assert (line["event"], line["path"]) == ("config.loaded", "/tmp/[secret].json")
    assert [event.name for event in stored] == ["config.loaded"]


@pytest.mark.parametrize(("level", "words"), [("info", ["info", "error"]), ("error", ["error"])])
def test_programs_read_json_of_the_level_asked_for_and_above(level: str, words: list[str]) -> None:
    out = io.StringIO()
    log = make_log(secrets=frozenset(), level=level, as_json=True, stream=out)

    log.log(10, "tick", at=Path("a"))
    log.log(20, "tick", at=Path("a"))
    log.log(40, "tick", at=Path("ü"))

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["level"] for line in lines] == words
    assert (lines[-1]["event"], lines[-1]["at"]) == ("tick", "ü")
    assert datetime.fromisoformat(lines[-1]["ts"]).tzinfo is not None


def test_a_secret_does_not_pass_in_the_form_that_json_gives_it() -> None:
    out = io.StringIO()

    make_log(secrets=frozenset({'s3"crét'}), as_json=True, stream=out).log(40, "tick", why='it is s3"crét')

    assert json.loads(out.getvalue())["why"] == "it is [secret]"


async def test_an_event_of_no_registry_or_without_its_fields_is_a_bug(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "w.db") as database:
        recorder = Recorder(database=database, clock=SystemClock(), log=make_log(secrets=frozenset()))
        with pytest.raises(KeyError, match="lacks path"):
            recorder.emit("config.loaded")
        with pytest.raises(KeyError):
            recorder.emit("no.such.event")


def test_people_read_a_coloured_line_and_no_secret_of_a_traceback() -> None:
    out = io.StringIO()
    log = make_log(secrets=frozenset({"s3cret"}), as_json=False, stream=out)

    try:
        raise ValueError("the key s3cret is wrong")
    except ValueError:
        log.log(40, "daemon.fault", exc_info=True)

    assert "ValueError" in out.getvalue()
    assert "s3cret" not in out.getvalue()


def test_a_stated_reset_is_obeyed_with_a_grace() -> None:
    rest = rest_after(Setback(kind=SetbackKind.EXHAUSTED, message="", until=NOON), NOON)

    assert rest is not None
    assert rest.until == NOON + GRACE


def test_a_login_that_is_refused_rests_until_a_person_acts() -> None:
    rest = rest_after(Setback(kind=SetbackKind.AUTH_FAILED, message=""), NOON)

    assert rest is not None
    assert rest.until is None


@pytest.mark.parametrize(
    "setback",
    [
        Setback(kind=SetbackKind.BAD_REQUEST, message=""),
        Setback(kind=SetbackKind.CREDIT_EXHAUSTED, message="", scope=Scope.REQUEST),
    ],
)
def test_what_concerns_only_the_request_rests_no_account(setback: Setback) -> None:
    assert rest_after(setback, NOON) is None


@pytest.mark.parametrize(
    ("window", "not_before"),
    [("day:2026-03-02", datetime(2026, 3, 3, tzinfo=UTC)), ("month:2026-03", datetime(2026, 4, 1, tzinfo=UTC))],
)
def test_work_over_a_periods_budget_waits_for_its_turn(window: str, not_before: datetime) -> None:
    setback = Setback(kind=SetbackKind.OVER_BUDGET, message="", window=window)

    end = end_after(setback, UTC_ZONE, has_progress=True)

    assert (end.state, end.task_state, end.not_before) == (RunState.DEFERRED, TaskState.QUEUED, not_before)


def test_a_model_without_a_price_waits_for_a_person() -> None:
    rest = rest_after(Setback(kind=SetbackKind.UNPRICED, message="", scope=Scope.MODEL), NOON)

    assert rest is not None
    assert rest.until is None


COMMANDS = """
sandbox = "none"

[[repo.commands]]
name = "tests"
argv = ["sh", "-c", "test ! -e notes.md || grep -q Notes notes.md"]
"""


async def test_the_repositorys_own_commands_gate_the_exact_tree(tmp_path: Path) -> None:
    bad = say("", use("write_file", path="notes.md", content="# Text\n"))
    here = World(
        root=tmp_path, scripts={"claude": steps(bad, finish("done"), WRITE, finish("mended"))}, repo=COMMANDS
    ).make()
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
    assert [facts["passes"] for facts in here.said("run.gated")] == [False, True]


SETUP = """
setup = [["sh", "-c", "mkdir -p .venv/bin && printf '#!/bin/sh\\ngrep -q Notes notes.md\\n' > .venv/bin/check && chmod +x .venv/bin/check {more}"]]
sandbox = "none"

[[repo.commands]]
name = "tests"
argv = ["check"]
"""


@pytest.mark.parametrize(("more", "ends"), [("", "landed"), ("&& echo no route >&2 && exit 6", "review")])
async def test_commands_find_what_set_up_made_and_without_it_a_person_decides(
    tmp_path: Path, more: str, ends: str
) -> None:
    text = use("write_file", path="notes.md", content="# Notes\n")
    scripts = {"claude": steps(say("", text), finish("done"))}
    here = World(root=tmp_path, scripts=scripts, repo=SETUP.replace("{more}", more)).make()
    async with here.service() as service:
        await settle(service)
        ended = await ends_of(service, "one")
        assert (await task_of(service, "one")).state == ends
    assert len(ended) == 1
    assert len(here.said("setup.made")) + len(here.said("setup.failed")) == 1


async def test_without_a_sandbox_a_repository_with_commands_is_not_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchbill.workspace.sandbox._complaint_of", lambda program: "bubblewrap is not installed")
    monkeypatch.setattr("watchbill.workspace.landlock.version", lambda: 0)
    here = World(
        root=tmp_path,
        scripts={"claude": steps(WRITE, finish("done"))},
        repo=COMMANDS.replace('sandbox = "none"', ""),
    ).make()
    async with here.service() as service:
        await settle(service)
        assert "bubblewrap" in service.ticker.broken[RepoName("repo")]


async def test_a_repository_overrides_the_words_that_a_model_is_told(tmp_path: Path) -> None:
    heard: list[str] = []

    def listen(scene):  # type: ignore[no-untyped-def]
        heard.append(scene.brief)
        return (WRITE, finish("done"))[scene.turn]

    files = {**FILES, ".watchbill/templates/task.md": "Arrr!", "pic.bin": "\x00"}
    here = World(root=tmp_path, scripts={"claude": listen}, files=files).make()
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert heard[0].startswith("Arrr!")


async def test_the_service_works_through_a_queue_and_drains_when_asked(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": steps(WRITE, finish("done"))}).make()
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("landing.published")
        here.queue.write_text(here.queue.read_text() + "- [ ] Two [id:: two] [files:: two.md]\n")
        await here.hears("task.discovered", task="two")
        stop.set()
        await serving
    assert here.said("daemon.stopping")
    assert (tmp_path / "state/logs/multi-ai/run-1.json").exists()


async def test_once_does_one_tick_to_its_end(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": steps(WRITE, finish("done"))}).make()
    async with here.built() as service:
        done = await service.once()
    async with here.built() as service:
        again = await service.once(task=TaskId("one"))
    assert (done.started, done.done) == (("one",), ("one",))
    assert again.started == ()


async def test_a_report_that_cannot_be_written_is_an_event(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": steps(WRITE, finish("done"))}).make()
    async with here.service() as service:
        await settle(service)
        folder = tmp_path / "state/logs/multi-ai"
        shutil.rmtree(folder, ignore_errors=True)
        folder.write_text("in the way")
        service.reporter.note(RunId("run-1"))
        await service.reporter.write()
        assert not await service.reporter.again()
        folder.unlink()
        assert await service.reporter.again()
    paths = {str(said["path"]) for said in here.said("report.failed")}
    assert paths == {str(folder / "run-1")}
    assert (folder / "run-1.json").exists()
