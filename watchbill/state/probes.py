"""Probes in the store: what the last free question to each provider found, and what its list says of its models."""

from collections.abc import Mapping
from datetime import datetime

from watchbill.domain import sound
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import ProbeResult
from watchbill.scheduling.health import Probe
from watchbill.state import columns
from watchbill.state.engine import Connection

_PUT = """
INSERT INTO probes (provider, well, message, at_ms) VALUES (:provider, :well, :message, :now)
ON CONFLICT (provider) DO UPDATE SET well = excluded.well, message = excluded.message, at_ms = excluded.at_ms
"""
_DROP = "DELETE FROM listed_models WHERE provider = :provider"
_LIST = "INSERT INTO listed_models (provider, model, retires_ms) VALUES (:provider, :model, :retires_ms)"


def note(conn: Connection, provider: ProviderName, result: ProbeResult, now: datetime) -> None:
    """Keep what was found. A list of models replaces the one before it; one that was not told leaves it."""
    message = sound.text(result.message)
    conn.execute(_PUT, {"provider": provider, "well": result.well, "message": message, "now": columns.ms(now)})
    if not result.models:
        return
    conn.execute(_DROP, {"provider": provider})
    for model in dict.fromkeys(map(sound.text, result.models)):
        retires = columns.ms_or_none(result.retires.get(model))
        conn.execute(_LIST, {"provider": provider, "model": model, "retires_ms": retires})


_ALL = "SELECT * FROM probes"


def all(conn: Connection) -> Mapping[ProviderName, Probe]:  # noqa: A001 - read as probes.all(conn)
    return {
        ProviderName(row["provider"]): Probe(
            well=bool(row["well"]), message=row["message"], at=columns.moment(row["at_ms"])
        )
        for row in conn.execute(_ALL)
    }


_LISTED = "SELECT * FROM listed_models ORDER BY provider, model"


def listed(conn: Connection) -> Mapping[ProviderName, Mapping[str, datetime | None]]:
    """Every model that a provider listed, and when it says that it retires it."""
    found: dict[ProviderName, dict[str, datetime | None]] = {}
    for row in conn.execute(_LISTED):
        retires = columns.moment_or_none(row["retires_ms"])
        found.setdefault(ProviderName(row["provider"]), {})[row["model"]] = retires
    return found
