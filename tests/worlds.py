"""Small worlds for tests of the daemon: a real repository, a real state folder, scripted providers, a fast clock."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.clocks import FastClock
from tests.stores import migrated
from watchbill.config.load import load
from watchbill.daemon.bootstrap import build
from watchbill.daemon.service import Service
from watchbill.daemon.site import Wishes
from watchbill.daemon.terms import RunTerms
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.ports import Clock, Meter, Provider
from watchbill.domain.tasks import Task
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Script, ScriptedProvider
from watchbill.state import accounts, runs, tasks

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RATES = Rates(input=Decimal(3), output=Decimal(15))
AUTHOR = ("-c", "user.name=The owner", "-c", "user.email=owner@localhost")

FILES: Mapping[str, str] = {
    "README.md": "# A repository\n",
    "src/tool.py": "def one():\n    return 1\n",
    "docs/AI_TASK_QUEUE.md": "# Queue\n\n## PRIORITY 1\n\n- [ ] Do one thing #write [id:: one]\n  - **Files:** `notes.md`\n",
}

CONFIG = """
[daemon]
state_dir = "state"
slot_policy = "off"
tick_min = "1s"
{daemon}

[budget]
{budget}

[[repo]]
name = "repo"
path = "repo"
{repo}

{providers}

[provider.local]
kind = "local"
"""

# The clock runs a thousand times as fast as the machine: what are minutes to the daemon may be one stall to it.
PATIENT = {"lease_ttl": "1d", "session_soft": "7d", "session_stale": "8d", "session_dead": "9d"}


@dataclass
class World:
    root: Path
    scripts: Mapping[str, Script]
    files: Mapping[str, str] = field(default_factory=lambda: FILES)
    daemon: str = ""
    budget: str = ""
    repo: str = ""
    models: Mapping[str, str] = field(default_factory=dict)  # more keys of a provider's model
    keys: Mapping[str, str] = field(default_factory=dict)  # more keys of a provider
    terms: RunTerms = field(default_factory=RunTerms)
    made: Mapping[str, Callable[[ProviderName, Meter, Clock], Provider]] = field(
        default_factory=dict
    )  # in place of one that goes by its script
    rate: float = 1_000
    start: datetime = START
    clock: FastClock | None = None  # None: one that begins at start
    log: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.root / "repo"

    @property
    def queue(self) -> Path:
        return self.path / "docs/AI_TASK_QUEUE.md"

    def make(self) -> "World":
        for name, text in self.files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Begin")
        return self

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", "-C", self.path, *AUTHOR, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)

    def show(self, path: str, ref: str = "watchbill/main") -> str:
        return self.git("show", f"{ref}:{path}")

    @asynccontextmanager
    async def service(self) -> AsyncIterator[Service]:
        """A daemon that has recovered and waits for ticks."""
        async with self.built() as service, service.running():
            yield service
            await service.dispatcher.drain(timedelta(0))  # nothing that a test leaves behind works on without a store

    @asynccontextmanager
    async def built(self) -> AsyncIterator[Service]:
        """A daemon that holds its state folder and has not begun."""
        config = self.root / "watchbill.toml"
        if not (store := self.root / "state" / "watchbill.db").exists():
            migrated(store)
        patient = (f'{key} = "{span}"\n' for key, span in PATIENT.items() if key not in self.daemon)
        daemon = f"{''.join(patient)}{self.daemon}"
        providers = "\n".join(
            f'[provider.{name}]\nkind = "scripted"\nmodels = [{{ id = "scripted-{name}"{self.models.get(name, "")} }}]\nstrengths = {{ "*" = {0.9 - 0.1 * place} }}\n{self.keys.get(name, "")}\n'
            for place, name in enumerate(self.scripts)
        )
        config.write_text(CONFIG.format(daemon=daemon, budget=self.budget, repo=self.repo, providers=providers))
        clock = self.clock or FastClock(start=self.start, rate=self.rate)
        doubles = {
            ProviderName(name): (
                lambda called, meter, script=script: ScriptedProvider(
                    name=called, script=script, meter=meter, clock=clock, rates=RATES
                )
            )
            for name, script in self.scripts.items()
        }
        doubles |= {
            ProviderName(name): lambda called, meter, make=make: make(called, meter, clock)
            for name, make in self.made.items()
        }
        wishes = Wishes(clock=clock, log_level="error", log_json=True, doubles=doubles, terms=self.terms)
        async with build(load(config, {}, cwd=self.root), {}, wishes) as service:
            service.recorder.listeners.append(lambda name, facts, _now: self.log.append((name, facts)))
            yield service

    async def hears(self, name: str, **facts: object) -> None:
        """Wait for an event; a test that waits in vain fails after a minute."""
        async with asyncio.timeout(60):
            while not any(facts.items() <= dict(found).items() for found in self.said(name)):
                await asyncio.sleep(0.02)

    async def turn_begins(self, service: Service) -> None:
        """Wait until a call is on its way."""
        async with asyncio.timeout(60):
            while not await service.parts.database.submit(accounts.calls):
                await asyncio.sleep(0.02)

    def said(self, name: str) -> list[Mapping[str, object]]:
        return [facts for seen, facts in self.log if seen == name]


async def settle(service: Service, rounds: int = 12) -> None:
    """Tick until nothing starts and nothing runs any more."""
    for _ in range(rounds):
        plan = await service.ticker.tick()
        is_busy = bool(plan.starts or service.dispatcher.running)  # what a person approved lands without a plan
        await service.dispatcher.idle()
        if not is_busy:
            return


async def task_of(service: Service, name: str) -> Task:
    found = await service.parts.database.submit(lambda conn: tasks.get(conn, TaskId(name)))
    assert found is not None
    return found


async def ends_of(service: Service, name: str) -> list[tuple[str, str]]:
    """Provider and end of each run of a task, oldest first."""
    found = await service.parts.database.submit(lambda conn: runs.of_task(conn, TaskId(name)))
    return [(run.provider, run.state) for run in found]
