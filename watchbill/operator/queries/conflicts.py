"""Conflicts as answers: what is seen coming, what was met at landing and who settled it, beside what landed."""

from datetime import datetime, timedelta

from watchbill.domain.ids import RunId
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.state import conflicts
from watchbill.state.conflicts import Rung
from watchbill.state.engine import Connection

_DAY = timedelta(hours=24)


def last_day(conn: Connection, now: datetime) -> Plain:
    """Throughput beside conflicts: waiting for everything would have none of either."""
    totals = conflicts.totals(conn, now - _DAY)
    by_people = totals.by_rung[Rung.REVIEW]
    return {
        "landed_24h": totals.landed,
        "landed_per_hour": round(totals.landed / (_DAY / timedelta(hours=1)), 2),
        "predicted_24h": totals.predicted,
        "met_24h": totals.met,
        "resolved_24h": {
            Rung.THREE_WAY: totals.by_rung[Rung.THREE_WAY],
            Rung.PROVIDER: max(0, totals.by_rung[Rung.PROVIDER] - by_people),
        },
        "for_people_24h": by_people,
        "predicted": [
            {
                "run": one.run,
                "other": one.other,
                "paths": list(one.paths),
                "seen_at": plain.stamp(one.seen_at),
            }
            for one in conflicts.predicted(conn)
        ],
    }


def of_run(conn: Connection, run: RunId) -> list[Plain]:
    """What was tried with its conflicts, in order."""
    return [
        {
            "rung": one.rung,
            "worked": one.worked,
            "onto": one.onto,
            "paths": list(one.paths),
            "deletions": [
                {"path": each.path, "told": each.told, "base": each.base, "change": each.change}
                for each in one.deletions
            ],
            "at": plain.stamp(one.at),
        }
        for one in conflicts.of_run(conn, run)
    ]
