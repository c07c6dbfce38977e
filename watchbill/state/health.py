"""Health's signs, from rows: breakers, holds, answers and failures of the last hour, probes, and models that retire."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from watchbill.domain.breakers import Breaker
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import UNWELL
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.health import RECENT, Signs, end_of
from watchbill.state import breakers, columns, holds, probes, troubles
from watchbill.state.engine import Connection

_ANSWERS = """
SELECT provider, count(*) AS answers, max(ended_ms) AS ended_ms FROM calls
WHERE reserved_ms >= :since AND state = 'settled' AND coalesce(tokens_in, 0) + coalesce(tokens_out, 0) > 0
GROUP BY provider
"""


def signs(conn: Connection, bill: WatchBill, now: datetime) -> Mapping[ProviderName, Signs]:
    """Of every provider of the bill."""
    broken, listed, probed = breakers.all(conn), probes.listed(conn), probes.all(conn)
    in_force = holds.all(conn)
    hold_by_provider = {hold.provider: hold for hold in in_force if not hold.model}
    rows = conn.execute(_ANSWERS, {"since": columns.ms(now - RECENT)}).fetchall()
    answers = {row["provider"]: (row["answers"], columns.moment(row["ended_ms"])) for row in rows}
    failures = troubles.counts(conn, UNWELL, now - RECENT)
    found: dict[ProviderName, Signs] = {}
    for terms in bill.providers:
        own = broken.get(terms.name, {})
        hold = hold_by_provider.get(terms.name)
        found[terms.name] = Signs(
            breaker=own.get(breakers.WHOLE, Breaker()),
            by_model={model: breaker for model, breaker in own.items() if model != breakers.WHOLE},
            models=tuple(model.id for model in terms.models),
            held=hold is not None,
            held_until=hold.ends(auto_resume=bill.auto_resume) if hold else None,
            held_why=hold.said if hold else "",
            models_held=dict(_models_held(in_force, terms)),
            answers=answers.get(terms.name, (0, None))[0],
            answered_at=answers.get(terms.name, (0, None))[1],
            troubles=failures.get(terms.name, 0),
            probe=probed.get(terms.name),
            retires=dict(_retires(terms.models, listed.get(terms.name, {}))),
        )
    return found


def _models_held(in_force: list[holds.Hold], terms: ProviderTerms) -> Iterator[tuple[str, str]]:
    """Why configured models rest, each by itself."""
    configured = {model.id for model in terms.models}
    for hold in in_force:
        if hold.provider == terms.name and hold.model in configured:
            yield hold.model, hold.said


def _retires(models: tuple[ModelTerms, ...], listed: Mapping[str, datetime | None]) -> Iterator[tuple[str, datetime]]:
    """The sooner of what the vendor lists and what the configuration says."""
    for model in models:
        known = [at for at in (model.retires_at, end_of(model.id, listed)) if at is not None]
        if known:
            yield model.id, min(known)
