"""Bootstrap: the one place where adapters are built and joined. Settings stop here; parts get plain frozen values."""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from watchbill import __version__
from watchbill.config import values
from watchbill.config.load import Loaded
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.control import Control, serve_socket
from watchbill.daemon.delivery import Deliverer
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.heads import HeadWatch
from watchbill.daemon.oneshot import OneShots
from watchbill.daemon.purser import Purser
from watchbill.daemon.queues import Queues
from watchbill.daemon.recorder import Recorder, make_log
from watchbill.daemon.reporter import Reporter
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.runner import Runner
from watchbill.daemon.service import Service
from watchbill.daemon.stint import Parts, RunTerms
from watchbill.daemon.ticker import Ticker
from watchbill.daemon.timers import RateClock, Timers
from watchbill.daemon.toldmeter import ToldMeter
from watchbill.domain.ids import ProviderName, RepoName, RunId
from watchbill.domain.money import MICROS, MicroUsd
from watchbill.domain.ports import Meter, Provider
from watchbill.gates import formatters
from watchbill.gates.change import Limits
from watchbill.gates.commands import CommandGate, OnFail
from watchbill.gates.registry import builtin_gates
from watchbill.intake import claims
from watchbill.intake import tasks as queue_tasks
from watchbill.operator.outlook import DaemonFacts, Outlook
from watchbill.providers.rates import Rates
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup
from watchbill.scheduling.bill import SlotPolicy, WatchBill
from watchbill.state.database import Database
from watchbill.state.folder import StateFolder
from watchbill.state.storemeter import StoreMeter
from watchbill.workspace.proc import OsProc
from watchbill.workspace.repository import Repository
from watchbill.workspace.sandbox import Sandbox, SandboxMode

MakeProvider = Callable[[ProviderName, Meter], Provider]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller asks beyond the configuration."""

    clock: RateClock
    log_level: str = "info"
    log_json: bool | None = None  # None: JSON where the log is no terminal
    doubles: Mapping[ProviderName, MakeProvider] = field(default_factory=dict)  # in the places of real providers
    only_provider: ProviderName | None = None
    any_hour: bool = False  # a manual trigger does not wait for its slot
    terms: RunTerms = field(default_factory=RunTerms)
    with_api: bool = False


@asynccontextmanager
async def build(loaded: Loaded, environ: Mapping[str, str], wishes: Wishes) -> AsyncIterator[Service]:
    """A service that holds its state folder. Raises ConfigError and StateError, the mend in their words."""
    places = values.places_of(loaded, environ)
    folder = StateFolder(places.state_dir)
    with folder.lock():
        async with Database.open(folder.db) as database:
            yield _join(loaded, environ, wishes, folder=folder, database=database, places=places)


def _join(
    loaded: Loaded,
    environ: Mapping[str, str],
    wishes: Wishes,
    *,
    folder: StateFolder,
    database: Database,
    places: values.Places,
) -> Service:
    setups = values.providers_of(loaded.settings, environ)
    secrets = frozenset(setup.api_key.get_secret_value() for setup in setups if setup.api_key is not None)
    log = make_log(secrets=secrets, level=wishes.log_level, as_json=wishes.log_json)
    recorder = Recorder(database=database, clock=wishes.clock, log=log, secrets=secrets)
    bill = _bill(loaded, setups, wishes)
    ledger = StoreMeter(database=database, clock=wishes.clock, caps=lambda: bill.caps)
    providers = _providers(setups, wishes, ToldMeter(ledger, recorder))
    proc = OsProc()
    repos = {repo.name: repo for repo in _repos(loaded, wishes.clock, folder=folder, proc=proc)}
    gatekeeper = Gatekeeper(proc=proc, secrets=tuple(sorted(secrets)))
    parts = Parts(
        database=database,
        clock=wishes.clock,
        events=recorder,
        gatekeeper=gatekeeper,
        deliverer=Deliverer(database=database, clock=wishes.clock, events=recorder, gatekeeper=gatekeeper),
        purser=Purser(events=recorder, alert_at=loaded.settings.budget.alert_at),
        proc=proc,
        terms=replace(
            wishes.terms,
            lease_ttl=loaded.settings.daemon.lease_ttl,
            dead_after=bill.session_dead,
            zone=bill.caps.zone,
        ),
    )
    timers = Timers(wishes.clock)
    reporter = Reporter(database=database, folder=folder.logs, events=recorder)
    dispatcher = Dispatcher(
        parts,
        Runner(parts, Briefer(), _one_shots(setups)),
        repos=repos,
        providers=providers,
        on_end=lambda run: on_end(run.id),
    )
    ticker = Ticker(
        parts,
        bill=bill,
        repos=repos,
        dispatcher=dispatcher,
        queues=Queues(database=database, clock=wishes.clock, events=recorder, terms=_queue_terms(loaded, bill)),
        heads=HeadWatch(database=database, clock=wishes.clock, events=recorder, gatekeeper=gatekeeper),
        timers=timers,
    )

    def on_end(run: RunId) -> None:
        reporter.note(run)
        ticker.wake()

    facts = DaemonFacts(pid=os.getpid(), started_at=wishes.clock.now(), version=__version__)

    def outlook() -> Outlook:
        return Outlook(
            now=wishes.clock.now(),
            bill=bill,
            config=str(loaded.path),
            missing_by_provider={setup.name: setup.missing for setup in setups if setup.missing},
            broken_repos=ticker.broken,
            daemon=facts,
        )

    control = Control(parts=parts, repos=repos, dispatcher=dispatcher, wake=ticker.wake)
    return Service(
        parts=parts,
        recorder=recorder,
        reporter=reporter,
        folder=folder,
        repos=repos,
        providers=providers,
        dispatcher=dispatcher,
        ticker=ticker,
        control=control,
        timers=timers,
        drain_timeout=loaded.settings.daemon.drain_timeout,
        api=partial(serve_socket, control, outlook, places.socket) if wishes.with_api else None,
    )


def _bill(loaded: Loaded, setups: Sequence[values.ProviderSetup], wishes: Wishes) -> WatchBill:
    usable = {setup.name for setup in setups if not setup.missing or setup.name in wishes.doubles}
    if wishes.only_provider is not None:
        usable &= {wishes.only_provider}
    bill = values.bill_of(loaded.settings, usable)
    return replace(bill, policy=SlotPolicy.OFF) if wishes.any_hour else bill


def _providers(setups: Sequence[values.ProviderSetup], wishes: Wishes, meter: Meter) -> dict[ProviderName, Provider]:
    """Every provider that has what it needs. SDKs are imported here, and only those that are configured."""
    made: dict[ProviderName, Provider] = {}
    for setup in setups:
        if setup.name in wishes.doubles:
            made[setup.name] = wishes.doubles[setup.name](setup.name, meter)
        elif not setup.missing:
            made[setup.name] = load_factory(setup.kind)(_setup(setup, wishes, meter))
    return made


def _setup(setup: values.ProviderSetup, wishes: Wishes, meter: Meter) -> ProviderSetup:
    return ProviderSetup(
        name=setup.name,
        kind=setup.kind,
        clock=wishes.clock,
        meter=meter,
        api_key=setup.api_key.get_secret_value() if setup.api_key else "",
        base_url=setup.base_url,
        prices={model: _rates(price) for model, price in setup.price_by_model.items()},
        formatters={"**": formatters.format_text},
        commands=setup.commands,
        command_timeout=setup.command_timeout,
    )


def _one_shots(setups: Sequence[values.ProviderSetup]) -> OneShots:
    return {(setup.name, model): examples for setup in setups for model, examples in setup.examples_by_model.items()}


def _rates(price: values.ModelPrice) -> Rates:
    return Rates(
        input=_dollars(price.input),
        output=_dollars(price.output),
        cache_read=_dollars(price.cache_read),
        cache_write=_dollars(price.cache_write),
    )


def _dollars(amount: MicroUsd) -> Decimal:
    return Decimal(amount) / MICROS


def _repos(loaded: Loaded, clock: RateClock, *, folder: StateFolder, proc: OsProc) -> list[ManagedRepo]:
    return [_repo(repo, clock, folder=folder, proc=proc) for repo in values.repos_of(loaded)]


def _repo(repo: values.RepoSettings, clock: RateClock, *, folder: StateFolder, proc: OsProc) -> ManagedRepo:
    name: RepoName = repo.terms.name
    return ManagedRepo(
        terms=repo.terms,
        path=repo.path,
        vcs=Repository(
            proc=proc,
            source=repo.path,
            bare=folder.repos / f"{name}.git",
            worktrees=folder.worktrees / name,
            target=repo.terms.target,
            integration=repo.terms.integration,
            clock=clock,
        ),
        gates=tuple(gate for gate in builtin_gates() if repo.gates.get(gate.name, True)),
        queues=repo.queue,
        aliases=repo.aliases,
        protected=repo.protected,
        rules_files=repo.rules,
        canon_files=repo.canon,
        commands=tuple(_command(command) for command in repo.commands),
        sandbox=Sandbox(mode=SandboxMode.AUTO if repo.sandboxed else SandboxMode.NONE),
        max_repairs=repo.max_repairs,
        plain_markers=repo.plain_markers,
        comments=repo.comments,
        brief_tokens=repo.brief_tokens,
        limits=Limits(bytes_per_file=repo.max_file_bytes, files=repo.max_files, lines=repo.max_lines),
        patches=folder.patches / name,
    )


def _command(command: values.CommandSettings) -> CommandGate:
    return CommandGate(
        name=command.name,
        argv=command.argv,
        match=command.match,
        timeout=command.timeout,
        on_fail=OnFail(command.on_fail),
    )


def _queue_terms(loaded: Loaded, bill: WatchBill) -> Mapping[RepoName, queue_tasks.Terms]:
    providers = frozenset(terms.name for terms in bill.providers)
    return {
        repo.terms.name: queue_tasks.Terms(names=claims.names(repo.aliases), zone=bill.zone, providers=providers)
        for repo in values.repos_of(loaded)
    }
