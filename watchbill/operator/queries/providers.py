"""Providers as answers: how each stands and why, what speaks against its health, its last errors, and its models."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from watchbill.domain.breakers import Breaker, BreakerState
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import ZERO
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import budgets
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling import health, slots
from watchbill.scheduling.bill import ModelTerms, ProviderTerms
from watchbill.scheduling.declining import Against, Share, share_of
from watchbill.scheduling.health import Health, Probe, Signs
from watchbill.scheduling.snapshot import ProviderState
from watchbill.scheduling.turns import is_broken, is_held
from watchbill.state import accounts, columns, ledger, probes, troubles
from watchbill.state import health as health_rows
from watchbill.state.accounts import By
from watchbill.state.engine import Connection
from watchbill.state.troubles import Trouble

_RECENT = timedelta(hours=24)
_SHOWN_TROUBLES = 10


def listing(conn: Connection, outlook: Outlook) -> Plain:
    seen = look(conn, outlook)
    return {"generated_at": plain.stamp(outlook.now), "providers": list(each(conn, seen))}


def one(conn: Connection, outlook: Outlook, name: str) -> Plain:
    """A provider whole. Raises NotFound."""
    terms = terms_of(outlook, name)
    seen = look(conn, outlook)
    whole = next(found for found in each(conn, seen) if found["name"] == terms.name)
    running = [run.run for run in seen.snapshot.live if run.provider == terms.name]
    return {
        "generated_at": plain.stamp(outlook.now),
        **whole,
        "running": running,
        "concurrent": terms.concurrent,
        "strengths": dict(terms.strengths),
        "only_types": None if terms.only_types is None else sorted(terms.only_types),
        "models": list(_models(conn, outlook, terms, seen.signs[terms.name])),
        "errors": [_trouble(found) for found in troubles.latest(conn, terms.name, _SHOWN_TROUBLES)],
        "queue": _queue(share_of(terms.name, seen.plan.decisions)),
    }


def _queue(share: Share) -> Plain:
    return {
        "starts": list(share.starts),
        "elsewhere": list(share.elsewhere),
        "declined": [_against(each) for each in share.declined],
        "waiting": [_against(each) for each in share.waiting],
    }


def _against(found: Against) -> Plain:
    return {"tasks": len(found.tasks), "first": found.tasks[0], **plain.rejection(found.first)}


def models(conn: Connection, outlook: Outlook, name: str | None = None) -> Plain:
    """The configured models, of one provider or of all. Raises NotFound."""
    asked = outlook.bill.providers if name is None else (terms_of(outlook, name),)
    signs = health_rows.signs(conn, outlook.bill, outlook.now)
    found = [model for terms in asked for model in _models(conn, outlook, terms, signs[terms.name])]
    return {"generated_at": plain.stamp(outlook.now), "models": found}


def terms_of(outlook: Outlook, name: str) -> ProviderTerms:
    known = {terms.name: terms for terms in outlook.bill.providers}
    if name not in known:
        raise NotFound(f"no provider is called {name!r}; there are {', '.join(known)}", hint="watchbill provider list")
    return known[ProviderName(name)]


_RUNS = """
SELECT provider, count(*) AS runs, sum(state = 'landed') AS landed, sum(state = 'verified') AS verified FROM runs
WHERE started_ms >= :since GROUP BY provider
"""


def each(conn: Connection, seen: Look) -> Iterator[Plain]:
    """Every provider of the bill, in its order."""
    now = seen.outlook.now
    since = now - _RECENT
    rows = conn.execute(_RUNS, {"since": columns.ms(since)})
    ran = {row["provider"]: (row["runs"], row["landed"], row["verified"]) for row in rows}
    spent = {total.name: total.cost for total in accounts.totals(conn, By.PROVIDER, since=since)}
    allowances = budgets.burn_down(conn, seen.outlook)
    state_by_name = {state.name: state for state in seen.snapshot.providers}
    for terms in seen.outlook.bill.providers:
        recent, landed, verified = ran.get(terms.name, (0, 0, 0))
        yield {
            "name": terms.name,
            "kind": terms.kind,
            "billing": terms.billing,
            "allowance": allowances.get(terms.name, ""),
            "hours": "always" if terms.always else slots.show_hours(terms.hours),
            "on_watch": terms.name in seen.plan.on_watch,
            "runs_24h": recent,
            "landed_24h": landed,
            "verified_24h": verified,
            **_standing(terms, state_by_name[terms.name], seen),
            **_health(seen.signs[terms.name], now),
            "last_error": _last(conn, terms.name),
            **plain.money("cost_24h", spent.get(terms.name, ZERO)),
        }


def _standing(terms: ProviderTerms, state: ProviderState, seen: Look) -> Plain:
    word, note, until = _word(terms, state, seen)
    return {"state": word, "note": note, "until": plain.stamp(until)}


def _word(terms: ProviderTerms, state: ProviderState, seen: Look) -> tuple[str, str, datetime | None]:
    """A word, why, and until when."""
    now = seen.outlook.now
    if not terms.configured:
        return "unconfigured", seen.outlook.missing_by_provider.get(terms.name, "it has no key"), None
    if state.pause is not None:
        return "paused", state.pause.said, state.pause.until
    if is_held(state, now) and not _is_broken_longer(state, now):
        return "held", state.held_why, state.held_until
    if is_broken(state, now):
        return "broken", state.broken_why, state.broken_until
    running = sum(run.provider == terms.name for run in seen.snapshot.live)
    if state.on_trial:
        return "half_open", "one run tries whether it is well again", None
    notes = [*_resting(state), seen.outlook.pacing.get(terms.name, "")]
    return ("busy" if running >= terms.concurrent else "ready"), "; ".join(filter(None, notes)), None


def _is_broken_longer(state: ProviderState, now: datetime) -> bool:
    """What lasts longer says when it is tried again."""
    if not is_broken(state, now) or state.broken_until is None or state.held_until is None:
        return False
    return state.broken_until > state.held_until


def _resting(state: ProviderState) -> Iterator[str]:
    """What rests of a provider that is well as a whole."""
    if state.trying:
        yield "its hold is over; one run tries whether it is well"
    yield from (f"{rest.model} rests: {rest.why}" for rest in state.resting)


def _health(signs: Signs, now: datetime) -> Plain:
    found = health.health_of(signs, now)
    return {
        "score": found.score,
        **judged(found),
        "breaker": _breaker(signs.breaker),
        "broken_models": {model: _breaker(breaker) for model, breaker in signs.by_model.items()},
        "probe": _probe(signs.probe) if signs.probe else None,
        "retiring": [
            {"model": model, "at": plain.stamp(at), "said": health.retirement(model, at, now)}
            for model, at in health.retiring(signs.retires, now)
        ],
    }


def judged(found: Health) -> Plain:
    return {
        "health": found.word,
        "deductions": [{"points": less.points, "against": less.against, "why": less.why} for less in found.deductions],
    }


def _probe(found: Probe) -> Plain:
    return {"well": found.well, "message": found.message, "at": plain.stamp(found.at)}


def _breaker(breaker: Breaker) -> Plain:
    return {
        "state": breaker.state,
        "failures": breaker.failures,
        "retry_at": plain.stamp(breaker.retry_at),
        "since": plain.stamp(breaker.since),
        "why": breaker.why,
    }


def _last(conn: Connection, name: ProviderName) -> Plain | None:
    found = troubles.latest(conn, name, 1)
    return _trouble(found[0]) if found else None


def _trouble(found: Trouble) -> Plain:
    return {
        "kind": found.kind,
        "model": found.model,
        "message": found.message,
        "at": plain.stamp(found.at),
        "until": plain.stamp(found.until),
    }


def _models(conn: Connection, outlook: Outlook, terms: ProviderTerms, signs: Signs) -> Iterator[Plain]:
    now = outlook.now
    listed = probes.listed(conn).get(terms.name)
    stopped = {row.model for row in ledger.stopped(conn) if row.provider == terms.name}
    for model in terms.models:
        retires = signs.retires.get(model.id)
        yield {
            "provider": terms.name,
            "model": model.id,
            "uses": list(model.uses),
            "state": "stopped" if model.id in stopped else _state_of(model.id, signs),
            "listed": None if listed is None else _is_listed(model, listed),
            "retires_at": plain.stamp(retires),
            "retiring": health.retirement(model.id, retires, now) if retires and _is_near(model, retires, now) else "",
        }


def _state_of(model: str, signs: Signs) -> str:
    if signs.held or model in signs.models_held:
        return "held"
    state = signs.by_model.get(model, Breaker()).state
    return "ready" if state is BreakerState.CLOSED else state


def _is_near(model: ModelTerms, retires: datetime, now: datetime) -> bool:
    return bool(health.retiring({model.id: retires}, now))


def _is_listed(model: ModelTerms, listed: Mapping[str, datetime | None]) -> bool:
    """By its name, or by its name with a date."""
    return model.id in listed or any(name.startswith(f"{model.id}-") for name in listed)
