"""Five weeks of the daemon on a fast clock: over the end of a month and the day on which clocks go forward, with restarts.

Deep: it takes some seven minutes. .venv/bin/python -m pytest tests/acceptance/test_weeks.py
"""

import asyncio
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from watchbill.config.load import load
from watchbill.daemon.bootstrap import build
from watchbill.daemon.clocks import PatientClock
from watchbill.daemon.evidence import RepoSource, Sources, collect
from watchbill.daemon.service import Service
from watchbill.daemon.site import Wishes
from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.invariants.checker import check
from watchbill.domain.invariants.evidence import Tenure
from watchbill.domain.invariants.report import Report
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.questions import QuestionState
from watchbill.domain.tasks import DONE, TaskState
from watchbill.operator.queries import questions as answers
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Cut, Fail, Scene, ScriptedProvider, Step, finish, say, use
from watchbill.scheduling.bill import WatchBill
from watchbill.state import engine, events, questions, tasks
from watchbill.state.engine import Connection
from watchbill.workspace import refs
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import UserState, user_state
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.deep

T = TypeVar("T")

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)  # a Monday evening; clocks go forward on the 29th
DAYS = [date(2026, 3, 10) + timedelta(days=number) for number in range(36)]  # from their midnight on
RESTART_EVERY = timedelta(days=9)
AWAY = timedelta(hours=1)
DAY_SECONDS = 4  # of this machine, for a day on which nobody works
PIECES = 6  # tasks of a workday
RATES = Rates(input=Decimal(3), output=Decimal(15))
QUEUE, QUESTIONS = "docs/AI_TASK_QUEUE.md", "docs/AI_QUESTIONS.md"
NAMES = ("claude", "gpt", "copilot")
OWNER = ("-c", "user.name=The owner", "-c", "user.email=owner@localhost")
METRICS, ARTEFACTS, A_DAY = timedelta(days=14), timedelta(days=3), timedelta(days=1)

CONFIG = """
[daemon]
state_dir = "state"
zone = "Europe/Berlin"
tick_min = "1m"
borrow_after = "20m"
lease_ttl = "2h"
session_soft = "20h"
session_stale = "22h"
session_dead = "24h"
max_parallel = 3
mode = "full"

[budget]
daily_usd = 0.25
monthly_usd = 4.0

[notify]
targets = ["env:POST"]
quiet_hours = "23:00-07:00"
digest = "07:30"

[retention]
metrics = "14d"
artefacts = "3d"

[[repo]]
name = "tale"
path = "tale"

[[recurring]]
name = "nightly"
cron = "30 2 * * *"
type = "validate"
files = ["src/**"]

[[recurring]]
name = "thrice"
every = "8h"
type = "validate"
files = ["src/**"]

[provider.claude]
kind = "scripted"
hours = "0-23/3"
models = [{ id = "scripted-claude" }]
strengths = { "*" = 0.9 }

[provider.gpt]
kind = "scripted"
hours = "1-23/3"
models = [{ id = "scripted-gpt" }]
strengths = { "*" = 0.8 }

[provider.copilot]
kind = "scripted"
hours = "2-23/3"
models = [{ id = "scripted-copilot" }]
strengths = { "*" = 0.7 }

[provider.local]
kind = "local"
"""


def play(scene: Scene) -> Step:
    """Write and finish; of ten tasks one asks, one is throttled at first and one is cut off."""
    number, thinking = int(scene.purpose.task.removeprefix("t")), timedelta(minutes=4)
    last = scene.results[0].name if scene.results else ""
    if last == "write_file":
        return say("", *finish("written").uses, takes=thinking)
    if number % 10 == 3 and last != "ask":
        return say("", use("ask", title=f"Which for {number}?", issue="-", options=["a", "b"], recommendation="a"))
    if number % 10 == 5 and scene.asked == 0:
        return Fail(kind=SetbackKind.THROTTLED, until=timedelta(minutes=50))
    if number % 10 == 7 and scene.asked == 0:
        return Cut(takes=thinking)
    text = f"# {number}\n\nBy {scene.purpose.provider}.\n"
    return say("", use("write_file", path=f"src/p{number}.md", content=text), takes=thinking)


def entry(number: int) -> str:
    more = " [autonomy:: LOW]" if number % 10 == 8 else ""
    return f"- [ ] Write piece {number} #write [id:: t{number}] [files:: src/p{number}.md]{more}\n"


@dataclass
class Post:
    """Takes every message, and notes when."""

    clock: PatientClock | None = None
    sent: list[tuple[datetime, str]] = field(default_factory=list)

    async def send(self, url: str, title: str, body: str) -> str:
        assert self.clock is not None
        self.sent.append((self.clock.now(), title.removeprefix("watchbill: ")))
        return ""


@dataclass
class Weeks:
    """The repository, whoever works in it, and what happened."""

    folder: Path
    post: Post = field(default_factory=Post)
    told: list[tuple[datetime, str, Mapping[str, object]]] = field(default_factory=list)
    tenures: list[Tenure] = field(default_factory=list)
    queue: str = "# Queue\n\n"  # as people wrote it
    added: int = 0

    @property
    def repo(self) -> Path:
        return self.folder / "tale"

    @property
    def bare(self) -> Path:
        return self.folder / "state/repos/tale.git"

    def make(self) -> UserState:
        for path, text in {"README.md": "# The tale\n", QUEUE: self.queue, "src/one.md": "# One\n"}.items():
            (self.repo / path).parent.mkdir(parents=True, exist_ok=True)
            (self.repo / path).write_text(text)
        (self.folder / "watchbill.toml").write_text(CONFIG)
        for words in ("init --quiet --initial-branch=main", "add --all", "commit --quiet -m Begin"):
            subprocess.run(["git", "-C", self.repo, *OWNER, *words.split()], check=True)
        return user_state(self.repo)

    async def live(self, begin: datetime, end: datetime) -> tuple[datetime, WatchBill]:
        """One daemon's life: when it ended, and by which bill it ran."""
        clock = self.post.clock = PatientClock(start=begin, rate=86_400 / DAY_SECONDS)
        doubles = {
            ProviderName(name): lambda name, meter: ScriptedProvider(
                name=name, script=play, meter=meter, clock=clock, rates=RATES
            )
            for name in NAMES
        }
        environ = {"POST": "json://localhost"}
        wishes = Wishes(clock=clock, log_level="error", log_json=True, doubles=doubles, notifier=self.post)
        async with build(load(self.folder / "watchbill.toml", environ, cwd=self.folder), environ, wishes) as service:
            clock.workers = lambda: len(service.dispatcher.running)
            service.recorder.listeners.append(lambda name, facts, now: self.told.append((now, name, facts)))
            stop = asyncio.Event()
            serving = asyncio.create_task(service.serve(stop))
            while clock.now() < end and not serving.done():
                self._add_work(clock.now())
                await self._decide(service)
                await asyncio.sleep(DAY_SECONDS / 48)
            stop.set()
            await serving
            self.tenures.append(Tenure(folder="state", pid=len(self.tenures) + 1, since=begin, until=clock.now()))
            return clock.now(), service.orders.standing.bill

    def _add_work(self, now: datetime) -> None:
        """On the morning of each workday."""
        begun = [day for day in DAYS if day.weekday() < 5 and datetime.combine(day, time(8), ZONE) <= now]
        new = "".join(entry(number) for number in range(self.added, PIECES * len(begun)))
        self.added, self.queue = PIECES * len(begun), self.queue + new
        if new:
            with (self.repo / QUEUE).open("a") as file:
                file.write(new)

    async def _decide(self, service: Service) -> None:
        """Answer what is asked, and approve what waits for that."""
        submit = service.parts.database.submit
        for asked in await submit(lambda conn: questions.listing(conn, state=QuestionState.OPEN)):
            with suppress(WatchbillError):  # its run has not put it down yet
                await service.control.answer(asked.id, answers.said(asked, "", 1))
        for task in await submit(lambda conn: tasks.in_state(conn, TaskState.REVIEW)):
            with suppress(WatchbillError):  # it waits for an answer, or is approved already
                work = await service.control.desk.work(task.id)
                assert work is not None, "a draft is there to be seen"
                await service.control.approve(task.id, work.tree, who="a person", said="")

    @property
    def made(self) -> int:
        """Tasks of recurring entries."""
        return sum(int(str(facts["made"])) for _, name, facts in self.told if name == "recurring.found")

    def days_of(self, name: str, **facts: object) -> Counter[date]:
        """How often that was told on each day of the zone."""
        found = (at for at, said, more in self.told if said == name and facts.items() <= dict(more).items())
        return Counter(at.astimezone(ZONE).date() for at in found)


async def lived(weeks: Weeks) -> tuple[datetime, WatchBill]:
    end = datetime.combine(DAYS[-1], time(22), ZONE).astimezone(UTC)
    now, bill = await weeks.live(BEGIN, BEGIN + RESTART_EVERY)
    while now < end - AWAY:
        now, bill = await weeks.live(now + AWAY, min(end, now + AWAY + RESTART_EVERY))
    return now, bill


def looked(weeks: Weeks, before: UserState, bill: WatchBill) -> Report:
    """By the shared checker. Who stood which watch is not asked: the reasons of old runs are gone, as is to be."""
    git = Git(OsProc(), weeks.bare, PatientClock(start=BEGIN, rate=1))
    source = RepoSource(
        name=RepoName("tale"), git=git, path=weeks.repo, queues=(QUEUE,), before=before,
        queue_before={QUEUE: weeks.queue.encode()}, questions=(QUESTIONS,),
    )  # fmt: skip
    conn = engine.connect(weeks.folder / "state/watchbill.db")
    try:
        return check(
            asyncio.run(
                collect(conn, Sources(repos=(source,), caps=bill.caps, tenures=tuple(weeks.tenures), runnable=()))
            )
        )
    finally:
        conn.close()


@dataclass(frozen=True, kw_only=True)
class Past:
    """What five weeks left behind."""

    weeks: Weeks
    end: datetime
    report: Report

    @property
    def digests(self) -> list[tuple[datetime, str]]:
        return [(at, title) for at, title in self.weeks.post.sent if re.search(r": \d+ done", title)]

    @property
    def reports(self) -> Counter[str]:
        """How many files of each name were written, and how often."""
        return Counter(Path(str(facts["path"])).stem for _, name, facts in self.weeks.told if name == "report.written")

    def stored(self, look: Callable[[Connection], T]) -> T:
        conn = engine.connect(self.weeks.folder / "state/watchbill.db")
        try:
            return look(conn)
        finally:
            conn.close()

    def over(self) -> dict[str, datetime]:
        """When each task came to its end."""
        ends = ("task.landed", "task.verified")
        return {str(facts["task"]): at for at, name, facts in self.weeks.told if name in ends}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    weeks = Weeks(tmp_path_factory.mktemp("weeks"))
    before = weeks.make()
    end, bill = asyncio.run(lived(weeks))
    return Past(weeks=weeks, end=end, report=looked(weeks, before, bill))


def test_every_invariant_holds_and_nothing_went_wrong(past: Past) -> None:
    assert not past.report.violations, str(past.report)
    assert [facts for _, name, facts in past.weeks.told if name in ("daemon.fault", "clock.jumped")] == []


def test_everything_is_done_and_each_budget_that_paused_work_let_it_go_on(past: Past) -> None:
    known = past.stored(tasks.all_tasks)
    paused, resumed = (sum(past.weeks.days_of(name).values()) for name in ("budget.paused", "budget.resumed"))

    assert {task.id: task.state for task in known if task.state not in DONE} == {}
    assert len(known) == past.weeks.added + past.weeks.made
    assert paused > 5
    assert paused - resumed in (0, 1)  # the last day is not over


def test_recurring_work_comes_on_each_day_also_where_its_hour_is_skipped(past: Past) -> None:
    nightly, thrice = (past.weeks.days_of("recurring.found", entry=name) for name in ("nightly", "thrice"))

    assert {day: nightly[day] for day in DAYS[1:]} == dict.fromkeys(DAYS[1:], 1)  # on the first it is new
    assert {day: thrice[day] for day in DAYS[1:]} == dict.fromkeys(DAYS[1:], 3)


def test_each_day_and_week_has_its_reports_once_and_each_night_its_sweep(past: Past) -> None:
    whole, names = DAYS[:-1], past.reports

    assert {day: names[f"day-{day}"] for day in whole} == dict.fromkeys(whole, 3)  # JSON, Markdown, HTML
    assert {day: names[f"progress-{day}"] for day in whole} == dict.fromkeys(whole, 2)
    assert {day: names[f"status-{day}"] + names[f"status-{day}-2"] for day in whole} == dict.fromkeys(whole, 4)
    weeks = {name: count for name, count in names.items() if name.startswith("week-")}
    assert weeks == dict.fromkeys((f"week-2026-W{week}" for week in range(11, 16)), 3)
    assert past.weeks.days_of("retention.swept") == Counter([BEGIN.date(), *DAYS])


def test_each_morning_has_one_digest_and_what_was_done_is_in_one_of_them(past: Past) -> None:
    last = datetime.combine(DAYS[-1], time(7, 30), ZONE)

    assert [title.partition(":")[0] for _, title in past.digests] == [f"{day:%a %d %b}" for day in DAYS]
    assert [at.astimezone(ZONE).date() for at, _ in past.digests] == DAYS
    counted = sum(int(title.partition(": ")[2].split()[0]) for _, title in past.digests)
    assert counted == sum(at < last for at in past.over().values())


def test_nobody_is_told_anything_in_the_quiet_hours(past: Past) -> None:
    quiet = [(at, title) for at, title in past.weeks.post.sent if not 7 <= at.astimezone(ZONE).hour < 23]

    assert quiet == []


def test_what_is_old_is_gone(past: Past) -> None:
    kept = past.stored(lambda conn: events.since(conn, 0, limit=1))
    held = {ref.split("/")[3] for ref in refs.read_all(past.weeks.bare, "refs/watchbill/checkpoints/")}
    sessions_left = past.stored(lambda conn: conn.execute(_WORDY).fetchall())

    assert kept[0].at > past.end - METRICS - 2 * A_DAY
    over = past.over()
    assert {
        name
        for name in {*held, *(row["task"] for row in sessions_left)}
        if over[name] < past.end - ARTEFACTS - 2 * A_DAY
    } == set()
    assert len(list(past.weeks.bare.glob("objects/??/*"))) < 500  # of a day
    assert list((past.weeks.folder / "state/worktrees").glob("*/*")) == []


_WORDY = "SELECT task FROM sessions WHERE json_array_length(transcript, '$.entries') > 0"
