"""Five weeks of the daemon on a fast clock, with nobody near: over the end of a month and the day on which clocks go forward.

Deep: it takes five minutes. `.venv/bin/python -m pytest tests/acceptance/test_weeks.py`; $WATCHBILL_WEEKS_DAY are the seconds of a day.
"""

import asyncio
import os
import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watchbill.config.load import load
from watchbill.daemon.bootstrap import build
from watchbill.daemon.clocks import PatientClock
from watchbill.daemon.evidence import RepoSource, Sources, collect
from watchbill.daemon.service import Service
from watchbill.daemon.site import Wishes
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.invariants.checker import check
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.tasks import DONE, TaskState
from watchbill.domain.windows import Caps
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Cut, Fail, Scene, ScriptedProvider, Step, finish, say, use
from watchbill.state import engine, questions, tasks
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import user_state
from watchbill.workspace.proc import OsProc

pytestmark = [pytest.mark.anyio, pytest.mark.deep]

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)  # half past nine in the evening; clocks go forward on the 29th
DAYS = 36
RESTART_EVERY = 9  # days
DAY_SECONDS = float(os.environ.get("WATCHBILL_WEEKS_DAY", "7"))
RATES = Rates(input=Decimal(3), output=Decimal(15))
QUEUE = "docs/AI_TASK_QUEUE.md"
NAMES = ("claude", "gpt", "copilot")
DAILY = 0.25  # dollars: enough for a part of what a weekday brings

CONFIG = f"""
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
daily_usd = {DAILY}
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
models = [{{ id = "scripted-claude" }}]
strengths = {{ "*" = 0.9 }}

[provider.gpt]
kind = "scripted"
hours = "1-23/3"
models = [{{ id = "scripted-gpt" }}]
strengths = {{ "*" = 0.8 }}

[provider.copilot]
kind = "scripted"
hours = "2-23/3"
models = [{{ id = "scripted-copilot" }}]
strengths = {{ "*" = 0.7 }}

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
        self.sent.append((self.clock.now(), title))
        return ""


@dataclass
class Weeks:
    folder: Path
    post: Post = field(default_factory=Post)
    told: list[tuple[datetime, str, Mapping[str, object]]] = field(default_factory=list)
    tenures: list[facts.Tenure] = field(default_factory=list)
    added: int = 0
    written: str = "# Queue\n\n"  # what people wrote

    @property
    def repo(self) -> Path:
        return self.folder / "tale"

    def make(self) -> None:
        for path, text in {"README.md": "# The tale\n", QUEUE: self.written, "src/one.md": "# One\n"}.items():
            (self.repo / path).parent.mkdir(parents=True, exist_ok=True)
            (self.repo / path).write_text(text)
        (self.folder / "watchbill.toml").write_text(CONFIG)
        author = ("-c", "user.name=The owner", "-c", "user.email=owner@localhost")
        for words in (("init", "--quiet", "--initial-branch=main"), ("add", "--all"), ("commit", "--quiet", "-m", "Begin")):
            subprocess.run(["git", "-C", self.repo, *author, *words], check=True)

    async def live(self, begin: datetime, end: datetime) -> datetime:
        """One daemon's life; when it ended."""
        clock = self.post.clock = PatientClock(start=begin, rate=86_400 / DAY_SECONDS)
        doubles = {
            ProviderName(name): lambda name, meter: ScriptedProvider(
                name=name, script=play, meter=meter, clock=clock, rates=RATES
            )
            for name in NAMES
        }
        environ = {"POST": "json://localhost"}
        wishes = Wishes(clock=clock, log_level="error", log_json=True, doubles=doubles, notifier=self.post)
        loaded = load(self.folder / "watchbill.toml", environ, cwd=self.folder)
        async with build(loaded, environ, wishes) as service:
            clock.workers = lambda: len(service.dispatcher.running)
            service.recorder.listeners.append(lambda name, facts_, now: self.told.append((now, name, facts_)))
            stop = asyncio.Event()
            serving = asyncio.create_task(service.serve(stop))
            while clock.now() < end and not serving.done():
                await self._be_people(service, clock.now())
                await asyncio.sleep(DAY_SECONDS / 48)
            stop.set()
            await serving
            self.bill = service.orders.standing.bill
        self.tenures.append(facts.Tenure(folder="state", pid=len(self.tenures) + 1, since=begin, until=clock.now()))
        return clock.now()

    async def _be_people(self, service: Service, now: datetime) -> None:
        """Add the day's work in the morning, answer what is asked, approve what waits."""
        local = now.astimezone(ZONE)
        due = 6 * sum((BEGIN.astimezone(ZONE).date() + timedelta(days=n)).weekday() < 5 for n in range(1, (local.date() - BEGIN.astimezone(ZONE).date()).days + (local.hour >= 8)))  # fmt: skip
        if self.added < due:
            new = "".join(entry(number) for number in range(self.added, due))
            self.added, self.written = due, self.written + new
            with (self.repo / QUEUE).open("a") as file:
                file.write(new)
        submit = service.parts.database.submit
        for asked in await submit(questions.listing):
            if asked.answer is None:
                await service.control.answer(asked.id, questions.said(asked, "", 1))
        for task in await submit(tasks.open_tasks):
            if task.state is TaskState.REVIEW and task.id[0] == "t":
                try:
                    work = await service.control.desk.work(task.id)
                    if work is not None:
                        await service.control.approve(task.id, work.tree, who="a person", said="")
                except IllegalMove:
                    pass

    def times(self, name: str, **wanted: object) -> list[datetime]:
        return [at for at, said, found in self.told if said == name and wanted.items() <= dict(found).items()]


async def lived(folder: Path) -> tuple[Weeks, datetime]:
    weeks = Weeks(folder)
    weeks.make()
    now, end = BEGIN, BEGIN + timedelta(days=DAYS)
    while now < end:
        now = await weeks.live(now, min(end, now + timedelta(days=RESTART_EVERY)))
        now += timedelta(hours=1)  # away
    return weeks, now


async def test_five_weeks_leave_nothing_untold_undone_or_behind(tmp_path: Path) -> None:
    folder = Path(os.environ.get("WATCHBILL_WEEKS_KEEP", tmp_path))
    weeks, end = await lived(folder)
    import pickle
    pickle.dump((weeks.told, weeks.post.sent, end, weeks.added, weeks.written, weeks.tenures), open("/tmp/w/days/told.pkl", "wb"))
