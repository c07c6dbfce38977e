"""The snapshot's loader: one consistent look at the store, as the value that plan() decides on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watchbill.domain.breakers import BreakerState
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.reviews import ReviewState
from watchbill.domain.tasks import Task
from watchbill.domain.windows import WindowKind
from watchbill.scheduling.bill import Mode, ModelTerms, WatchBill
from watchbill.scheduling.health import Signs, health_of
from watchbill.scheduling.snapshot import (
    Begun,
    Edited,
    HeldClaim,
    LiveRun,
    ModelRest,
    ModelState,
    ProviderState,
    Snapshot,
)
from watchbill.state import (
    accounts,
    allowances,
    batches,
    claims,
    columns,
    conflicts,
    first_calls,
    health,
    holds,
    ledger,
    overrides,
    passes,
    pauses,
    quarantine,
    raises,
    records,
    rides,
    sightings,
    steps,
    tasks,
)
from watchbill.state.accounts import Key
from watchbill.state.engine import Connection

PROBE_TAKES = timedelta(minutes=1)  # at most; see daemon/prober.py
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # stands for "until a person acts" where a moment is wanted


def load(conn: Connection, bill: WatchBill, now: datetime) -> Snapshot:
    """Everything but broken_repos, which no row knows."""
    paused = pauses.active(conn, now)
    caps = raises.in_force(conn, bill.caps, now)
    open_tasks = tasks.open_tasks(conn)
    taken = held(conn)
    return replace(
        taken,
        tasks=tuple(open_tasks),
        done=tasks.done_ids(conn),
        absent={task: patterns for each in sightings.all(conn) for task, patterns in each.absent.items()},
        providers=tuple(_providers(conn, bill, paused, now)),
        windows=tuple(accounts.window_states(conn, caps, now, _keys(conn, bill, open_tasks))),
        quotas=tuple(accounts.quota_states(conn, caps, now, (terms.name for terms in bill.providers))),
        overages=frozenset(allowed.provider for allowed in raises.granted(conn, now)),
        stopped={(row.provider, row.model): row.why for row in ledger.stopped(conn)},
        records=records.history(conn),
        pauses=tuple(paused),
        overrides=tuple(overrides.in_force(conn, now)),
        passes=passes.all_passes(conn),
        quarantined=frozenset(quarantine.all(conn)),
        begun=tuple(_begun(conn, bill, now)),
        climbs=steps.climbs(conn),
        drafts=_drafters(conn, ReviewState.WANTED),
        stalled=_stalled(conn),
        warm={**_warm(conn), **_drafters(conn, ReviewState.CHANGES)},
        rides=rides.leads(conn),
        batched=batches.batched(conn),
        first_calls=tuple(first_calls.known(conn)),
        alone=rides.alone(conn),
    )


def providers(conn: Connection, bill: WatchBill, now: datetime) -> list[ProviderState]:
    """How each stands, in the bill's order."""
    return list(_providers(conn, bill, pauses.active(conn, now), now))


def held(conn: Connection) -> Snapshot:
    """Only what is taken: by runs, unmerged branches and people."""
    held_now = claims.live(conn)
    seen = sightings.all(conn)
    return Snapshot(
        live=tuple(_live(conn, held_now)),
        held_claims=tuple(
            HeldClaim(repo=claim.repo, task=claim.task, pattern=claim.pattern)
            for claim in held_now
            if claim.run is None
        ),
        grounds={each.repo: each.ground for each in seen},
        edited=tuple(
            Edited(repo=each.repo, path=path, until=until) for each in seen for path, until in each.editing.items()
        ),
    )


def strays(seen: Snapshot, bill: WatchBill) -> Mapping[RepoName, str]:
    """Why nothing starts in a repository that open tasks are for and the configuration no longer names."""
    named = {repo.name for repo in bill.repos}
    return {task.repo: "the configuration names it no more" for task in seen.tasks if task.repo not in named}


_LIVE = (
    "SELECT id, task, repo, provider, model, started_ms, handing_over FROM runs WHERE state = 'running' ORDER BY number"
)


def live(conn: Connection) -> tuple[LiveRun, ...]:
    """The runs that are under way."""
    return tuple(_live(conn, claims.live(conn)))


def _live(conn: Connection, held: Sequence[claims.Claim]) -> Iterator[LiveRun]:
    patterns_by_run: defaultdict[str | None, list[str]] = defaultdict(list)
    for claim in held:
        patterns_by_run[claim.run].append(claim.pattern)
    collides: defaultdict[str, list[str]] = defaultdict(list)
    for one in conflicts.predicted(conn):
        collides[one.run].append(f"{one.other} in {', '.join(one.paths)}")
    for row in conn.execute(_LIVE).fetchall():
        yield LiveRun(
            run=RunId(row["id"]),
            task=TaskId(row["task"]),
            repo=RepoName(row["repo"]),
            provider=ProviderName(row["provider"]),
            started_at=columns.moment(row["started_ms"]),
            claims=tuple(patterns_by_run[row["id"]]),
            model=row["model"],
            handing_over=bool(row["handing_over"]),
            collides=tuple(collides[row["id"]]),
        )


_BEGUN = (
    "SELECT task, repo, max(started_ms) AS started_ms FROM runs WHERE started_ms BETWEEN :since AND :now GROUP BY task"
)


def _begun(conn: Connection, bill: WatchBill, now: datetime) -> Iterator[Begun]:
    """The tasks that began since midnight, where a mode counts them."""
    if Mode.GRADUAL not in {bill.mode, *(repo.mode for repo in bill.repos)}:
        return
    midnight = now.astimezone(bill.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    for row in conn.execute(_BEGUN, {"since": columns.ms(midnight), "now": columns.ms(now)}):
        yield Begun(task=TaskId(row["task"]), repo=RepoName(row["repo"]), at=columns.moment(row["started_ms"]))


_IDLE_SINCE = "SELECT provider, max(ended_ms) AS ended_ms FROM runs WHERE ended_ms <= :now GROUP BY provider"


def _providers(conn: Connection, bill: WatchBill, paused: Sequence[Pause], now: datetime) -> Iterator[ProviderState]:
    in_force, tried, nearly = holds.all(conn), holds.tried(conn), tuple(allowances.nearly_used_up(conn))
    signs = health.signs(conn, bill, now)
    idle_by_provider = {
        row["provider"]: columns.moment(row["ended_ms"]) for row in conn.execute(_IDLE_SINCE, {"now": columns.ms(now)})
    }
    for terms in bill.providers:
        name, seen = terms.name, signs[terms.name]
        rests = [*_rests(in_force, tried, name, bill), *_nearly(nearly, name, bill, terms.models)]
        account = _account_rest(rests, terms.models, seen)
        yield ProviderState(
            name=name,
            score=health_of(seen, now).score,
            broken=seen.is_out,
            broken_until=_returns(seen, now) if seen.is_out else None,
            broken_why=seen.broken_why,
            on_trial=seen.breaker.state is BreakerState.HALF_OPEN,
            sick_models=tuple(_sick_models(seen, now)),
            held_until=account.until if account else None,
            held_why=account.why if account else "",
            trying=any(rest.trying and not rest.model for rest in rests),
            resting=tuple(rest for rest in rests if rest.model),
            pause=next((pause for pause in paused if (pause.scope, pause.name) == (Scope.PROVIDER, name)), None),
            idle_since=idle_by_provider.get(name),
        )


def _account_rest(rests: Sequence[ModelRest], models: Sequence[ModelTerms], seen: Signs) -> ModelRest | None:
    """What keeps all work from an account: its own longest rest, or, where every model of it rests, the shortest of those."""
    now_resting = [rest for rest in rests if not rest.trying]
    whole = [rest for rest in now_resting if not rest.model]
    if whole:
        return max(whole, key=_until)
    idle = {rest.model for rest in now_resting} | set(seen.models_out)
    is_all = bool(now_resting and models) and all(model.id in idle for model in models)
    return min(now_resting, key=_until) if is_all else None


def _until(rest: ModelRest) -> datetime:
    return rest.until


def _rests(
    in_force: Sequence[holds.Hold], tried: Sequence[holds.Hold], name: ProviderName, bill: WatchBill
) -> Iterator[ModelRest]:
    """The provider's holds; the model is empty where one is the whole account's."""
    for hold in (*in_force, *tried):
        if hold.provider == name:
            trying = hold in tried
            until = hold.ends(auto_resume=trying or bill.auto_resume)
            yield ModelRest(model=hold.model, until=until or FOREVER, why=hold.said, trying=trying)


def _nearly(
    nearly: Sequence[allowances.Nearly], name: ProviderName, bill: WatchBill, models: Sequence[ModelTerms]
) -> Iterator[ModelRest]:
    """Allowances that are all but used up. A provider calls models by their family, as in "opus"."""
    for found in nearly:
        if found.provider == name:
            until = found.resets_at if bill.auto_resume else FOREVER
            meant = [model.id for model in models if found.model in model.id] if found.model else [""]
            yield from (ModelRest(model=model, until=until, why=found.why) for model in meant)


def _returns(seen: Signs, now: datetime) -> datetime | None:
    """When it is probed; a probe that is due is under way, and its answer not here yet."""
    moments = [breaker.retry_at for breaker in seen.broken if breaker.retry_at is not None]
    return max(min(moments), now + PROBE_TAKES) if moments else None


def _sick_models(seen: Signs, now: datetime) -> Iterator[ModelState]:
    for model, breaker in seen.by_model.items():
        if breaker.is_open and breaker.retry_at is not None:
            yield ModelState(model=model, broken_until=max(breaker.retry_at, now + PROBE_TAKES), why=breaker.why)
        elif breaker.state is BreakerState.HALF_OPEN:
            yield ModelState(model=model, broken_until=None, why=breaker.why)


def _keys(conn: Connection, bill: WatchBill, open_tasks: Sequence[Task]) -> Iterator[Key]:
    """Every window that a run started now could count in, but for the run's own and those of tasks that cost nothing yet."""
    yield Key(kind=WindowKind.DAY)
    yield Key(kind=WindowKind.MONTH)
    names: dict[tuple[WindowKind, ...], set[str]] = {
        (WindowKind.PROVIDER, WindowKind.PROVIDER_MONTH): {str(terms.name) for terms in bill.providers},
        (WindowKind.REPO, WindowKind.REPO_MONTH): {str(task.repo) for task in open_tasks},
        (WindowKind.TYPE, WindowKind.TYPE_MONTH): {str(task.type) for task in open_tasks},
    }
    for kinds, known in names.items():
        yield from (Key(kind=kind, name=name) for name in sorted(known) for kind in kinds)
    cost = ledger.touched(conn, WindowKind.TASK, [task.id for task in open_tasks])
    yield from (
        Key(kind=WindowKind.TASK, name=task.id, task_cap=task.max_cost) for task in open_tasks if task.id in cost
    )


_WARM = """
SELECT runs.task, runs.provider FROM runs
JOIN sessions ON sessions.id = runs.session
JOIN tasks ON tasks.id = runs.task
WHERE tasks.state = 'queued' AND sessions.closed_ms IS NULL AND sessions.version > 0
  AND runs.number = (SELECT max(number) FROM runs AS last WHERE last.task = runs.task)
  AND runs.state IN ('handed_off', 'deferred', 'lost')
  AND NOT (runs.state = 'lost' AND runs.handing_over = 1)  -- it was asked to hand over, and did not
"""


_DRAFTERS = """
SELECT sessions.task, sessions.review ->> 'drafter' AS drafter FROM sessions JOIN tasks ON tasks.id = sessions.task
WHERE tasks.state = 'queued' AND sessions.closed_ms IS NULL AND sessions.review ->> 'state' = :state
"""


def _drafters(conn: Connection, state: ReviewState) -> Mapping[TaskId, ProviderName]:
    """Who drafted what is, or was, to be reviewed."""
    return {TaskId(row["task"]): ProviderName(row["drafter"]) for row in conn.execute(_DRAFTERS, {"state": state})}


_STALLED = """
SELECT runs.task, runs.provider FROM runs JOIN tasks ON tasks.id = runs.task
WHERE tasks.state = 'queued' AND runs.state = 'lost' AND runs.handing_over = 1
  AND runs.number = (SELECT max(number) FROM runs AS last WHERE last.task = runs.task)
"""


def _stalled(conn: Connection) -> Mapping[TaskId, ProviderName]:
    return {TaskId(row["task"]): ProviderName(row["provider"]) for row in conn.execute(_STALLED)}


def _warm(conn: Connection) -> Mapping[TaskId, ProviderName]:
    """Whose unfinished work a queued task is."""
    return {TaskId(row["task"]): ProviderName(row["provider"]) for row in conn.execute(_WARM)}
