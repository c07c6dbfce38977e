"""Bootstrap: the one place where adapters are built and joined. Settings stop here; parts get plain frozen values."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from watchbill import __version__
from watchbill.config import reports, traces
from watchbill.config.checks import VENDOR_BY_KIND
from watchbill.config.keys import KeyMissing
from watchbill.config.load import Loaded, load
from watchbill.config.places import Places
from watchbill.daemon.batches import Batches
from watchbill.daemon.brake import Brake
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.chronicle import Chronicle
from watchbill.daemon.clockguard import ClockGuard
from watchbill.daemon.collecting import Collector
from watchbill.daemon.commissioning import stand
from watchbill.daemon.control import Control
from watchbill.daemon.delivery import Deliverer
from watchbill.daemon.departure import Departure
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.following import Follower
from watchbill.daemon.foresight import Foresight
from watchbill.daemon.gatehouse import Gatehouse
from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.heads import HeadWatch
from watchbill.daemon.hiring import account_of
from watchbill.daemon.inbox import Inbox
from watchbill.daemon.lag import Lag
from watchbill.daemon.listening import Listening
from watchbill.daemon.lookout import Lookout
from watchbill.daemon.noticeboard import NoticeBoard
from watchbill.daemon.opener import Opener
from watchbill.daemon.prober import Prober
from watchbill.daemon.purser import Purser
from watchbill.daemon.questions import Questions
from watchbill.daemon.queues import Queues
from watchbill.daemon.recorder import Recorder, make_log
from watchbill.daemon.recurring import Recurrences
from watchbill.daemon.reload import Reloader
from watchbill.daemon.reporter import Reporter
from watchbill.daemon.retired import Retired
from watchbill.daemon.runner import Runner
from watchbill.daemon.service import Service
from watchbill.daemon.site import Site, Wishes
from watchbill.daemon.standing import Orders, Standing
from watchbill.daemon.sweeper import Sweeper
from watchbill.daemon.telling import Teller
from watchbill.daemon.terms import Parts
from watchbill.daemon.ticker import Ticker
from watchbill.daemon.timers import Timers
from watchbill.daemon.toldmeter import ToldMeter
from watchbill.daemon.tracing import Tracing
from watchbill.daemon.undoing import Undoer
from watchbill.daemon.validating import LineWatch
from watchbill.daemon.watchdog import Pulse, Watchdog
from watchbill.daemon.weighing import Weigher
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import RunId
from watchbill.operator import catalog
from watchbill.operator.entrance import Front
from watchbill.operator.memory import Memory
from watchbill.operator.messenger import Messenger
from watchbill.operator.outlook import DaemonFacts, Outlook, WebFacts
from watchbill.operator.reports.shelf import Shelf
from watchbill.state import accounts
from watchbill.state.database import Database
from watchbill.state.folder import A_COMMAND, StateFolder
from watchbill.state.storemeter import StoreMeter
from watchbill.workspace.confinement import Quarters
from watchbill.workspace.proc import OsProc


@asynccontextmanager
async def build(loaded: Loaded, environ: Mapping[str, str], wishes: Wishes) -> AsyncIterator[Service]:
    """A service that holds its state folder. Raises ConfigError and StateError, the mend in their words."""
    places = loaded.places(environ)
    folder = StateFolder(places.state_dir)
    with folder.telling_full(), folder.lock(A_COMMAND):
        async with Database.open(folder.db) as database:
            yield _join(loaded, environ, wishes, folder=folder, database=database, places=places)


def _join(
    loaded: Loaded,
    environ: Mapping[str, str],
    wishes: Wishes,
    *,
    folder: StateFolder,
    database: Database,
    places: Places,
) -> Service:
    secrets: set[str] = set()  # all that were ever in force: what is running may still hold an old one
    log = make_log(secrets=secrets, level=wishes.log_level, as_json=wishes.log_json)
    recorder = Recorder(database=database, clock=wishes.clock, log=log, secrets=secrets)
    quarters = Quarters(root=folder.agents)
    ledger = StoreMeter(database=database, clock=wishes.clock, caps=lambda: orders.standing.bill.caps)
    proc = OsProc()
    meter = ToldMeter(ledger, recorder)
    gatehouse = Gatehouse(
        meter=meter,
        clock=wishes.clock,
        is_held=lambda window: database.submit(lambda conn: accounts.held_in(conn, window) > 0),
    )
    site = Site(
        environ=environ, wishes=wishes, folder=folder, proc=proc, meter=meter, events=recorder, gatehouse=gatehouse
    )
    orders = Orders(stand(loaded, site))
    secrets.update(orders.standing.secrets)
    gatekeeper = Gatekeeper(proc=proc, secrets=secrets, database=database, events=recorder)
    parts = Parts(
        database=database,
        clock=wishes.clock,
        events=recorder,
        gatekeeper=gatekeeper,
        deliverer=Deliverer(database=database, clock=wishes.clock, events=recorder, gatekeeper=gatekeeper),
        purser=Purser(database=database, events=recorder, alert_at=lambda: orders.standing.alert_at),
        proc=proc,
    )
    undoer = Undoer(parts)
    timers = Timers(wishes.clock)
    pulse = Pulse()
    opener = Opener(recorder)
    queues = Queues(database=database, clock=wishes.clock, events=recorder)
    shelf = Shelf(reports.folder_of(loaded.settings.reports, loaded.path, folder.root))
    reporter = Reporter(database=database, shelf=shelf, clock=wishes.clock, events=recorder)
    brake = Brake(stop_file=folder.stop_file, events=recorder)
    dispatcher = Dispatcher(
        parts,
        Runner(parts, Briefer(database), Collector(meter=meter, wake=lambda: sender.wake()), quarters),  # noqa: PLW0108 - it is made below
        orders=orders,
        on_end=lambda run: on_end(run.id),
        halted=brake.is_pulled,
    )
    memory = Memory(lambda: database.aside)
    ticker = Ticker(
        parts,
        weigher=Weigher(parts, Briefer(database)),
        orders=orders,
        dispatcher=dispatcher,
        queues=queues,
        questions=Questions(database=database, clock=wishes.clock, events=recorder),
        board=NoticeBoard(database=database, events=recorder),
        heads=HeadWatch(database=database, clock=wishes.clock, events=recorder, gatekeeper=gatekeeper),
        lookout=Lookout(database=database, clock=wishes.clock),
        foresight=Foresight(database=database, clock=wishes.clock, events=recorder),
        follower=Follower(parts),
        lines=LineWatch(parts, undoer),
        timers=timers,
        pulse=pulse,
        inbox=Inbox(
            database=database,
            clock=wishes.clock,
            events=recorder,
            shared=folder.inbox,
            wake=lambda: ticker.wake(),  # noqa: PLW0108 - the ticker is made with it
        ),
        brake=brake,
        memory=memory,
    )

    recurrences = Recurrences(parts, orders=orders, broken=lambda: ticker.broken, timers=timers, on_made=ticker.wake)

    sender = Batches(parts, orders=orders, timers=timers, halted=brake.is_pulled, on_freed=ticker.wake)

    prober = Prober(parts, orders=orders, timers=timers, on_return=ticker.wake)

    def on_end(run: RunId) -> None:
        reporter.note(run)
        recorder.news.set()
        ticker.wake()

    def changed(standing: Standing) -> None:
        secrets.update(standing.secrets)
        queues.read_anew()
        ticker.wake()
        teller.wake()

    retired = Retired(uses=lambda client: dispatcher.uses(client) or sender.uses(client), events=recorder)
    reloader = Reloader(
        build=lambda before: stand(load(loaded.path, environ, cwd=loaded.path.parent), site, before),
        orders=orders,
        opener=opener,
        retired=retired,
        changed=changed,
        count=parts.purser.count,
        clock=wishes.clock,
        events=recorder,
        manager=wishes.manager,
    )

    watchdog = Watchdog(
        manager=wishes.manager,
        database=database,
        events=recorder,
        planner=pulse,
        status=lambda: reloader.status,
    )
    front = Front()
    lag = Lag()
    facts = DaemonFacts(pid=os.getpid(), started_at=wishes.clock.now(), version=__version__)

    def outlook() -> Outlook:
        return Outlook(
            now=wishes.clock.now(),
            bill=orders.standing.bill,
            worktrees=str(folder.worktrees),
            config=str(orders.standing.loaded.path),
            configuration=reloader.facts,
            missing_by_provider=orders.standing.missing,
            broken_repos=ticker.broken,
            first_calls=ticker.weigher.known,
            parted_repos=ticker.parted,
            unshown=parts.deliverer.put_off,
            stop=brake.pause(),
            reports=shelf.root,
            report_terms=orders.standing.reports,
            disk_used=folder.disk_used(),
            recurring=orders.standing.recurring,
            stuck=watchdog.stuck,
            ticks=ticker.ticks,
            loop_lag=lag.worst,
            pacing={
                name: line.words
                for name, setup in orders.standing.setups.items()
                if (line := site.lines.get(account_of(setup))) and line.words
            },
            offers=catalog.offers_of(orders.standing.setups.values()),
            daemon=facts,
            memory=memory,
            web=WebFacts(address=front.entrance.address if front.entrance else "", fault=front.fault),
        )

    teller = Teller(
        database=database,
        clock=wishes.clock,
        events=recorder,
        orders=orders,
        timers=timers,
        notifier=wishes.notifier or Messenger(proc=proc),
        flush=recorder.flush,
        outlook=outlook,
    )
    recorder.listeners.append(teller.hear)
    tracing = _tracing(loaded, site, orders, database)
    if tracing is not None:
        recorder.listeners.append(tracing.hear)

    control = Control(
        parts=parts,
        orders=orders,
        dispatcher=dispatcher,
        reloader=reloader,
        prober=prober,
        undoer=undoer,
        wake=ticker.wake,
        front=front,
        departure=Departure(),
        places=places,
        environ=environ,
        inbox=folder.inbox,
    )
    listening = Listening(
        control=control,
        orders=orders,
        outlook=outlook,
        recorder=recorder,
        front=front,
        secrets=secrets,
        socket=places.socket,
        token=folder.web_token,
    )
    return Service(
        parts=parts,
        recorder=recorder,
        reporter=reporter,
        chronicle=Chronicle(
            parts,
            orders=orders,
            reporter=reporter,
            sweeper=Sweeper(
                database=database,
                clock=wishes.clock,
                events=recorder,
                orders=orders,
                folder=folder,
                shelf=shelf,
            ),
            timers=timers,
            outlook=outlook,
            broken=lambda: ticker.broken,
        ),
        folder=folder,
        orders=orders,
        opener=opener,
        dispatcher=dispatcher,
        ticker=ticker,
        recurrences=recurrences,
        batches=sender,
        prober=prober,
        teller=teller,
        control=control,
        brake=brake,
        timers=timers,
        retired=retired,
        reloader=reloader,
        guard=ClockGuard(
            clock=wishes.clock,
            database=database,
            events=recorder,
            dispatcher=dispatcher,
            timers=timers,
            wake=ticker.wake,
        ),
        watchdog=watchdog,
        lag=lag,
        manager=wishes.manager,
        gatehouse=gatehouse,
        quarters=quarters,
        tracing=tracing,
        api=listening.run if wishes.with_api else None,
    )


def _tracing(loaded: Loaded, site: Site, orders: Orders, database: Database) -> Tracing | None:
    """None, and nothing of it imported, where no traces are asked for. Raises ConfigError."""
    wanted = loaded.settings.traces
    if wanted.endpoint is None:
        return None
    headers = traces.headers_of(wanted, site.environ)
    if isinstance(headers, KeyMissing):
        raise ConfigError(f"traces.headers: {headers.why}")
    from watchbill.operator import spans  # noqa: PLC0415 - an extra

    return Tracing(
        spans=spans.Spans(spans.exporter(wanted.endpoint, headers), version=__version__, house=str(site.folder.root)),
        database=database,
        events=site.events,
        vendor_of=lambda name: VENDOR_BY_KIND.get(orders.standing.setups[name].kind, name),
    )
