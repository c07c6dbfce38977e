"""The demo's show: makes the world, runs the daemon twice on a fast clock, and tells what happened and why.

Scripted: what the three providers answer, and their prices. Real: everything else: intake, plan, leases, claims, ledger,
gates, git, local automation, restart.
"""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from watchbill.config.load import load
from watchbill.daemon.bootstrap import build
from watchbill.daemon.clocks import PatientClock
from watchbill.daemon.demo import script, world
from watchbill.daemon.service import Service
from watchbill.daemon.site import Wishes
from watchbill.domain import money
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Meter
from watchbill.domain.tasks import DONE, Task, TaskState
from watchbill.providers.scripted import ScriptedProvider
from watchbill.state import accounts, tasks
from watchbill.state.accounts import By

START = datetime(2026, 3, 2, 17, 50, tzinfo=UTC)
LONGEST = timedelta(hours=30)  # of the demo's clock, an act
SCRIPTED = (ProviderName("claude"), ProviderName("gpt"), ProviderName("copilot"))

CONFIG = """# The demo's configuration: the providers' kind is "scripted", everything else is as in real use.
[daemon]
state_dir = "state"
slot_policy = "{policy}"
borrow_after = "20m"
tick_min = "1m"
# the clock runs hundreds of times as fast as this machine
lease_ttl = "2h"
session_soft = "20h"
session_stale = "22h"
session_dead = "24h"
max_parallel = 3

[budget]
daily_usd = {daily}

[[repo]]
name = "ferry"
path = "ferry"
canon = ["lore/canon.md"]

[provider.claude]
kind = "scripted"
hours = "0-23/3"
models = [{{ id = "scripted-claude" }}]
strengths = {{ write = 0.95, polish = 0.9, docs = 0.6, fix = 0.5, refactor = 0.5, test = 0.5 }}

[provider.gpt]
kind = "scripted"
hours = "1-23/3"
models = [{{ id = "scripted-gpt" }}]
strengths = {{ fix = 0.9, docs = 0.8, write = 0.7, polish = 0.7, refactor = 0.6, test = 0.6 }}

[provider.copilot]
kind = "scripted"
hours = "2-23/3"
models = [{{ id = "scripted-copilot" }}]
strengths = {{ refactor = 0.9, test = 0.9, fix = 0.7, docs = 0.5, write = 0.4, polish = 0.4 }}

[provider.local]
kind = "local"
"""


@dataclass(slots=True)
class Seen:
    """What happened, as the events told it."""

    events: list[tuple[datetime, str, Mapping[str, object]]] = field(default_factory=list)

    def count(self, name: str, **facts: object) -> int:
        return sum(
            1 for _, seen, found in self.events if seen == name and all(found.get(k) == v for k, v in facts.items())
        )

    def any(self, name: str, holds: Callable[[Mapping[str, object]], bool]) -> bool:
        return any(seen == name and holds(facts) for _, seen, facts in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that the demo is to show, and how to know that it was seen."""

    title: str
    holds: Callable[[Seen], bool]


POINTS = (
    Point(title="the watch changed hands, hour by hour", holds=lambda seen: seen.count("schedule.watch_changed") > 2),  # noqa: PLR2004 - three turns
    Point(
        title="a dependency waited: polish-2 and count-tests until what they need had landed",
        holds=lambda seen: seen.any("task.waiting", lambda f: f["reason"] == "deps_unmet" and f["task"] == "polish-2"),
    ),
    Point(
        title="two tasks wanted tools/wordcount.py: one waited for the other",
        holds=lambda seen: seen.any(
            "task.waiting",
            lambda f: f["task"] in ("count-main", "fix-count") and f["reason"] in ("file_claimed", "behind"),
        ),
    ),
    Point(
        title="a bad edit was refused by the gates (an unknown label and an unknown variable), repaired in vain, and rolled back",
        holds=lambda seen: seen.any("run.ended", lambda f: f["task"] == "storm" and f["state"] == "rejected"),
    ),
    Point(
        title="the refused task was done by another provider",
        holds=lambda seen: seen.any("task.landed", lambda f: f["task"] == "storm"),
    ),
    Point(
        title="a stream was cut in the middle; the call stays charged at its bound, the work went on",
        holds=lambda seen: seen.count("cost.unknown") > 0 and seen.any("task.landed", lambda f: f["task"] == "guide"),
    ),
    Point(
        title="the day's budget was used up: paid work waited for midnight and went on by itself",
        holds=lambda seen: seen.count("budget.paused") > 0 and seen.count("budget.resumed") > 0,
    ),
    Point(
        title="local automation checked every head, play-tested, and proposed to mend what the owner's own commit broke",
        holds=lambda seen: (
            seen.count("task.proposed") > 0 and seen.any("task.verified", lambda f: f["task"] == "playtest")
        ),
    ),
    Point(
        title="after a restart, under strict: a task changed hands at the watch's end, with its session",
        holds=lambda seen: seen.any("session.handed_over", lambda f: f["task"] == "chapter-3"),
    ),
)


async def run_demo(*, keep: Path | None, day_seconds: int, out: Console | None = None) -> int:
    """Show it; 0 when everything that the demo promises was seen."""
    console = out or Console(highlight=False)
    folder = keep or Path(tempfile.mkdtemp(prefix="watchbill-demo-"))
    try:
        return await _Show(folder, day_seconds, console).run()
    finally:
        if keep is None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _Show:
    def __init__(self, folder: Path, day_seconds: int, console: Console) -> None:
        self._folder = folder
        self._rate = 86_400 / day_seconds
        self._console = console
        self._seen = Seen()
        self._repo = folder / "ferry"

    async def run(self) -> int:
        self._console.rule("watchbill demo")
        self._console.print(
            "Scripted: what claude, gpt and copilot answer, and their prices. Real: the daemon, its plan, ledger, gates and\n"
            "git, local automation, the restart. No key, no network.\n"
        )
        make_world(self._repo)
        end = await self._act("Act 1: an evening and a night, policy prefer", START, policy="prefer", daily="0.30")
        add_task(self._repo, world.CHAPTER_3_TASK)
        commit_by_hand(self._repo, "docs/notes.md", world.NOTES)
        await self._act(
            "Act 2: restarted, policy strict; somebody added a long task", end, policy="strict", daily="5.00"
        )
        return self._sum_up()

    async def _act(self, title: str, start: datetime, *, policy: str, daily: str) -> datetime:
        """Run the daemon until nothing is left to do; returns the demo's time then."""
        self._console.rule(title)
        config = self._folder / "watchbill.toml"
        config.write_text(CONFIG.format(policy=policy, daily=daily), encoding="utf-8")
        clock = PatientClock(start=start, rate=self._rate)
        wishes = Wishes(clock=clock, log_level="error", log_json=True, doubles=self._doubles(clock))
        reads = self._seen.count("queue.read")
        async with build(load(config, {}, cwd=self._folder), {}, wishes) as service:
            clock.workers = lambda: len(service.dispatcher.running)
            clock.looks = lambda: service.ticker.is_looking
            service.recorder.listeners.append(self._hear)
            stop = asyncio.Event()
            serving = asyncio.create_task(service.serve(stop))
            # what was added to the queue since the last act is not known before it was read
            await _until_done(service, clock, start + LONGEST, lambda: self._seen.count("queue.read") > reads)
            stop.set()
            await serving
            self._ledger_and_tasks = await service.parts.database.submit(
                lambda conn: (accounts.totals(conn, By.PROVIDER), tasks.all_tasks(conn))
            )
        return clock.now()

    def _doubles(self, clock: PatientClock) -> Mapping[ProviderName, Callable[[ProviderName, Meter], ScriptedProvider]]:
        return {name: lambda name, meter: script.provider(name, meter, clock) for name in SCRIPTED}

    def _hear(self, name: str, facts: Mapping[str, object], now: datetime) -> None:
        self._seen.events.append((now, name, facts))
        line = _line(name, facts)
        if line:
            self._console.print(f"[dim]{now:%a %H:%M}[/dim]  {line}")

    def _sum_up(self) -> int:
        totals, queue = self._ledger_and_tasks
        self._console.rule("The branch that the work landed on: watchbill/main")
        self._console.print(_git(self._repo, "log", "--graph", "--oneline", "watchbill/main"))
        self._console.rule("The ledger")
        self._console.print(_ledger(totals))
        self._console.rule("The queue")
        self._console.print(_queue(queue))
        self._console.rule("What you just saw")
        missing = [point.title for point in POINTS if not point.holds(self._seen)]
        for point in POINTS:
            self._console.print(f"{'✗' if point.title in missing else '✓'} {point.title}")
        for task in queue:
            if task.state not in DONE and task.state is not TaskState.PROPOSED:
                missing.append(f"{task.id} is {task.state}: {task.note}")
                self._console.print(f"✗ {missing[-1]}")
        self._console.print("\nNext: watchbill init, then watchbill plan, then watchbill serve.")
        return 1 if missing else 0


_AUTHOR = ("-c", "user.name=The author", "-c", "user.email=author@localhost")


async def _until_done(service: Service, clock: PatientClock, latest: datetime, has_read: Callable[[], bool]) -> None:
    """Wait until every task is at its end, or the act has lasted too long."""
    while clock.now() < latest:
        await asyncio.sleep(0.2)
        left = await service.parts.database.submit(tasks.open_tasks)
        known = await service.parts.database.submit(tasks.all_tasks)
        is_done = all(task.state is TaskState.PROPOSED for task in left) and not service.dispatcher.running
        if known and has_read() and is_done:
            return


def make_world(repo: Path) -> None:
    """A git repository with the demo's files, committed by somebody else than the daemon."""
    for path, text in world.FILES.items():
        place = repo / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    _git(repo, "init", "--quiet", "--initial-branch=main")
    _git(repo, "add", "--all")
    _git(repo, *_AUTHOR, "commit", "--quiet", "-m", "Begin")


def commit_by_hand(repo: Path, path: str, text: str) -> None:
    """A commit of the owner's own, straight onto main."""
    (repo / path).write_text(text, encoding="utf-8")
    _git(repo, "add", path)
    _git(repo, *_AUTHOR, "commit", "--quiet", "-m", "Add my notes")


def add_task(repo: Path, text: str) -> None:
    """Write a task into the queue, as its owner would."""
    queue = repo / "docs/AI_TASK_QUEUE.md"
    queue.write_text(queue.read_text(encoding="utf-8") + text, encoding="utf-8")


def _git(repo: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(repo), *words], check=True, capture_output=True, text=True)
    return done.stdout


def _ledger(totals: list[accounts.Total]) -> Table:
    table = Table("provider", "calls", "cost", "of it unknown", "tokens in", "tokens out", box=None, pad_edge=False)
    for row in totals:
        table.add_row(
            row.name,
            str(row.calls),
            money.show(row.cost),
            money.show(row.unknown),
            str(row.tokens_in),
            str(row.tokens_out),
        )
    return table


def _queue(queue: list[Task]) -> Table:
    table = Table("task", "state", "why", box=None, pad_edge=False)
    for task in queue:
        table.add_row(task.id, task.state, task.note)
    return table


def _line(name: str, facts: Mapping[str, object]) -> str:
    """How an event is told in the demo; "" for those that are not."""
    told = _TOLD.get(name)
    return told(facts) if told else ""


_TOLD: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "schedule.watch_changed": lambda f: f"[bold]on watch: {f['on_watch']}[/bold]",
    "run.started": lambda f: f"[cyan]{f['provider']}[/cyan] starts {f['task']} (attempt {f['attempt']})",
    "run.gated": lambda f: (
        f"gates: {f['run']} {'pass' if f['passes'] else 'REFUSED, ' + str(f['new']) + ' new findings'}"
    ),
    "run.ended": lambda f: f"{f['run']} on {f['task']} ends {f['state']}: {f['why']}",
    "task.waiting": lambda f: f"[dim]{f['task']} waits: {f['reason']}: {f['detail']}[/dim]",
    "provider.setback": lambda f: f"[yellow]{f['provider']}: {f['kind']}: {f['message']}[/yellow]",
    "cost.unknown": lambda f: f"[yellow]{f['call']} stays charged at its bound: {f['why']}[/yellow]",
    "budget.paused": lambda f: f"[yellow]budget {f['window']} is used up: paid work waits[/yellow]",
    "budget.resumed": lambda f: f"[green]budget {f['window']} has turned: paid work goes on[/green]",
    "session.handed_over": lambda f: f"{f['task']} is handed on: {f['why']}",
    "head.validated": lambda f: f"local checked head {str(f['commit'])[:10]}: {f['findings']} findings",
    "daemon.fault": lambda f: f"[red]fault in {f['where']}: {f['error']}[/red]",
}
