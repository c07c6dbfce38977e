"""The digest: what was done since the last one, what it cost, what needs a person, and whether all is well, as one notice."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from watchbill.domain.notices import DIGEST, Notice
from watchbill.operator import zoned
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.status import status
from watchbill.state import columns
from watchbill.state.engine import Connection

_SHOWN = 10  # of each list: it is read over breakfast

_LANDED = """
SELECT title FROM tasks WHERE state IN ('landed', 'verified') AND changed_ms >= :since AND changed_ms < :at ORDER BY changed_ms
"""


def digest(conn: Connection, outlook: Outlook, at: datetime, *, since: datetime, held: Sequence[Notice]) -> Notice:
    """The notice of the digest of `at`, however late it is made; `since`: of the last one. `held` is what quiet hours held.

    What is done is in one digest and no other, whether its day has 23 hours, 24 or 25.
    """
    landed = [row["title"] for row in conn.execute(_LANDED, {"since": columns.ms(since), "at": columns.ms(at)})]
    seen = zoned.answer(status(conn, outlook), outlook.bill.zone, outlook.now)
    needs = seen["needs_you"]
    return Notice(
        event=DIGEST,
        subject=f"digest {at:%Y-%m-%d}",
        word="daily",
        title=f"{at.astimezone(outlook.bill.zone):%a %d %b}: {len(landed)} done, {len(needs)} for you",
        why="\n".join(
            [
                *_done(landed, since.astimezone(outlook.bill.zone)),
                *_money(seen),
                *_people(needs),
                *_wellness(seen),
                *_night(held),
            ]
        ),
        command="watchbill status",
        page="/",
    )


def together(held: Sequence[Notice], at: datetime) -> Notice:
    """What quiet hours held, as one notice."""
    return Notice(
        event=held[0].event,
        subject=f"quiet hours {at:%Y-%m-%d %H:%M}",
        word="held",
        title=f"{len(held)} things while it was quiet",
        why="\n".join(_night(held)),
        command="watchbill status",
        page="/",
    )


def _done(landed: Sequence[str], since: datetime) -> Iterator[str]:
    yield f"Done since {since:%a %H:%M}: {len(landed) or 'nothing'}"
    yield from _listed(landed)


def _money(seen: Plain) -> Iterator[str]:
    spent = sum(provider["cost_24h_micro_usd"] for provider in seen["providers"]) / 1_000_000
    windows = [
        f"{kind} ${seen['budget'][kind]['spent_micro_usd'] / 1_000_000:.2f}"
        + (f" of ${cap / 1_000_000:.2f}" if (cap := seen["budget"][kind]["cap_micro_usd"]) is not None else "")
        for kind in ("day", "month")
    ]
    yield f"Cost in 24 h: ${spent:.2f}; {', '.join(windows)}"


def _people(needs: Sequence[Plain]) -> Iterator[str]:
    yield f"Needs you: {len(needs) or 'nothing'}"
    yield from _listed([f"{each['kind']}: {each['title']} → {each['command']}" for each in needs])


def _wellness(seen: Plain) -> Iterator[str]:
    problems = [problem for problem in seen["problems"] if problem != "no daemon runs"]
    yield f"Well: {seen['health']['score']} of 100" if not problems else "Not well:"
    yield from _listed(problems)


def _night(held: Sequence[Notice]) -> Iterator[str]:
    if held:
        yield "While it was quiet:"
        yield from _listed([f"{one.title} → {one.command}" for one in held])


def _listed(lines: Sequence[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"- and {len(lines) - _SHOWN} more"
