"""A day on the accelerated clock: two repositories, shares, recurring work and the watch bill, as `plan` said beforehand.

Scripted are the two providers' answers; the command line, the plan, the daemon, git and the store are real.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.clocks import FastClock
from watchbill.config import bill_values
from watchbill.config.load import load
from watchbill.daemon.bootstrap import build
from watchbill.daemon.site import Wishes
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Meter
from watchbill.operator import plain
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Say, Scene, ScriptedProvider, finish, use
from watchbill.scheduling import slots

pytestmark = pytest.mark.slow

RATE = 3600  # a day takes 24 seconds
HOURS = 24
WORKS = timedelta(minutes=55)  # a run; what the machine adds to it is the daemon's own and git's
EACH = 16  # tasks of each repository
DAEMON = """[daemon]
state_dir = "state"
slot_policy = "prefer"
tick_min = "1m"
lease_ttl = "4h"
session_soft = "20h"
session_stale = "22h"
session_dead = "24h"
[budget]
daily_usd = 50
per_task_usd = 10
per_run_usd = 10
"""
REPOS = """share = 2
autonomy = "high"

[[repo]]
name = "port"
path = "port"

[[recurring]]
name = "tester"
repo = "town"
every = "3h"
type = "validate"
title = "Check {target}"
find = { glob = "src/*.py" }
provider = "local"
priority = 9

[[recurring]]
name = "idler"
repo = "port"
every = "4h"
offset = "30m after tester"
find = { glob = "**", contains = "never to be found" }
"""
PROVIDERS = """
[provider.claude]
kind = "scripted"
hours = "0-11"
models = [{ id = "scripted-claude" }]

[provider.gpt]
kind = "scripted"
hours = "12-23"
models = [{ id = "scripted-gpt" }]

[provider.local]
kind = "local"
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    at: datetime
    name: str
    facts: Mapping[str, Any]


@dataclass
class Day:
    """What happened, as the events told it."""

    told: list[Seen] = field(default_factory=list)

    def listen(self, name: str, facts: Mapping[str, Any], at: datetime) -> None:
        self.told.append(Seen(at=at, name=name, facts=facts))

    def of(self, name: str) -> list[Seen]:
        return [seen for seen in self.told if seen.name == name]


def script(scene: Scene) -> Say:
    """Write the task's own file, and take an hour over it."""
    if scene.turn:
        return finish("done")
    write = use("write_file", path=f"notes/{scene.purpose.task}.md", content=f"# {scene.purpose.task}\n")
    return Say(uses=(write,), takes=WORKS)


def queue(repo: str, first: str = "") -> str:
    tasks = [
        f"- [ ] Write {repo}-{number:02} [id:: {repo}-{number:02}] [files:: notes/{repo}-{number:02}.md] [effort:: 10h]\n"
        for number in range(EACH)
    ]
    return f"# Queue\n\n{first}## PRIORITY 2: the rest\n\n{''.join(tasks)}"


def make(town: Town) -> None:
    urgent = "## PRIORITY 1: now\n\n- [ ] Write port-now [id:: port-now] [files:: notes/port-now.md] [effort:: 10h]\n\n"
    town.write("src/tool.py", "def one():\n    return 1\n")
    town.write(QUEUE, queue("port", urgent))
    town.commit()
    shutil.copytree(town.repo, town.home / "port")
    town.write(QUEUE, queue("town"))
    town.commit()
    town.configure(PROVIDERS, repo=REPOS, daemon=DAEMON)


async def live_through(town: Town, clock: FastClock, day: Day) -> None:
    """The daemon for a day of its own clock."""

    def double(name: ProviderName, meter: Meter) -> ScriptedProvider:
        rates = Rates(input=Decimal(3), output=Decimal(15))
        return ScriptedProvider(name=name, script=script, meter=meter, clock=clock, rates=rates)

    doubles = {ProviderName("claude"): double, ProviderName("gpt"): double}
    wishes = Wishes(clock=clock, log_level="error", log_json=True, doubles=doubles)
    stop = asyncio.Event()
    async with build(load(town.config, town.environ, cwd=town.home), town.environ, wishes) as service:
        service.recorder.listeners.append(day.listen)
        serving = asyncio.create_task(service.serve(stop))
        await clock.sleep(timedelta(hours=HOURS))
        stop.set()
        await serving


def test_a_day_with_two_repositories_goes_as_the_plan_said(tmp_path: Path) -> None:
    town = Town(tmp_path)
    make(town)
    planned = town.ask("plan", "--hours", str(HOURS))
    begin = datetime.fromisoformat(planned["generated_at"])
    day = Day()

    asyncio.run(live_through(town, FastClock(start=begin, rate=RATE), day))

    starts = [seen for seen in day.of("run.started") if seen.facts["provider"] != "local"]
    order = [seen.facts["task"] for seen in starts]
    assert len(order) >= HOURS // 2, "the machine is too busy for an hour to hold a run"
    assert order == [start["task"] for start in planned["starts"]][: len(order)]

    told = town.ask("status")
    assert order[0] == "port-now", "priority goes before shares"
    repos = Counter(task.partition("-")[0] for task in order[1:])
    assert abs(repos["town"] - 2 * repos["port"]) <= 2
    assert [(repo["name"], repo["share"]) for repo in told["repos"]] == [("town", 2), ("port", 1)]

    loaded = load(town.config, town.environ, cwd=town.home)
    bill = bill_values.bill_of(loaded.settings, {"claude", "gpt", "local"})
    assert all(seen.facts["provider"] in slots.owners(bill, seen.at) for seen in starts)
    assert {start["provider"] for start in planned["starts"]} == {"claude", "gpt"}

    # what came before the first look counts as passed by, and the machine may be an hour late at both ends
    first, last = plain.stamp(starts[0].at + timedelta(hours=1)), plain.stamp(begin + timedelta(hours=HOURS - 1))
    looked = {
        (seen.facts["entry"], plain.stamp(seen.facts["occurrence"]))
        for seen in (*day.of("recurring.found"), *day.of("recurring.idle"))
        if seen.facts["occurrence"] < begin + timedelta(hours=HOURS)  # the clock runs on while the daemon stops
    }
    promised = {(each["entry"], each["at"]) for each in planned["occurrences"] if first < each["at"] < last}
    assert promised <= looked <= {(each["entry"], each["at"]) for each in planned["occurrences"]}
    assert {seen.facts["entry"] for seen in day.of("recurring.idle")} == {"idler"}

    done = [task for task in town.ask("task", "list", "--all")["tasks"] if task["origin"] == "recurring tester"]
    assert len(done) == len(day.of("recurring.found"))
    assert {task["state"] for task in done} <= {"verified", "queued", "running"}
    assert not any(task["origin"] == "recurring idler" for task in town.ask("task", "list", "--all")["tasks"])
    assert "looks again" in town.look("why", done[0]["id"]).out
    assert "found nothing to do" in town.look("recurring").out
    assert town.ask("cost", "--by", "repo")["total"]["cost_micro_usd"] > 0
    assert not day.of("daemon.fault")
