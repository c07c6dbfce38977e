"""Plain values: how tasks, runs, findings and decisions stand in JSON. Moments are RFC 3339 in UTC, money has two forms."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.money import MICROS, MicroUsd
from watchbill.domain.overrides import Override
from watchbill.domain.pauses import Pause
from watchbill.domain.questions import Question
from watchbill.domain.rides import Ride
from watchbill.domain.tasks import Task, origin_of
from watchbill.domain.undoings import Undoing
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import ConfigFacts
from watchbill.scheduling.decisions import About, Candidate, GiveUp, Reason, Rejection, SetAside, Start, Wait
from watchbill.scheduling.slots import show_hours
from watchbill.state.snapshot import FOREVER


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second; None also for "until a person acts".

    >>> stamp(datetime(2026, 11, 24, 14, 2, 3, 999, tzinfo=UTC))
    '2026-11-24T14:02:03Z'
    """
    if moment is None or moment >= FOREVER:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def money(name: str, amount: MicroUsd | None) -> Plain:
    """Exact micro-dollars for sums, dollars for reading."""
    return {f"{name}_micro_usd": amount, f"{name}_usd": None if amount is None else amount / MICROS}


def facts(values: Mapping[str, object]) -> Plain:
    """An event's, with its moments as everywhere."""
    return {name: stamp(value) if isinstance(value, datetime) else value for name, value in values.items()}


def configuration(value: ConfigFacts) -> Plain:
    return {
        "loaded_at": stamp(value.loaded_at),
        "reloads": value.reloads,
        "changed": list(value.changed),
        "needs_restart": list(value.needs_restart),
        "fell_out": list(value.fell_out),
        "notes": list(value.notes),
        "rejected_at": stamp(value.rejected_at),
        "problems": list(value.problems),
    }


def task(value: Task) -> Plain:
    return {
        "id": value.id,
        "repo": value.repo,
        "title": value.title,
        "type": value.type,
        "state": value.state,
        "priority": value.priority,
        "autonomy": value.autonomy,
        "claims": list(value.claims),
        "widened": list(value.widened),
        "needs": list(value.needs),
        "artefacts": list(value.artefacts),
        "provider": value.provider,
        "fallback": list(value.fallback),
        "attempts": value.attempts,
        "tried": list(value.tried),
        "not_before": stamp(value.not_before),
        "note": value.note,
        "released": value.released,
        "pinned_by_hand": value.pin,
        "bumped_at": stamp(value.bumped_at),
        "source": asdict(value.source) if value.source else None,
        "origin": origin_of(value),
        "created_at": stamp(value.created_at),
    }


def task_text(value: Task) -> Plain:
    """What the queue says of a task at length."""
    return {
        "requirements": value.requirements,
        "success": value.success,
        "body": value.body,
        "effort_minutes": None if value.effort is None else value.effort.total_seconds() / 60,
        "delivery": value.delivery,
        "on_question": value.on_question,
        "extra": dict(value.extra),
        **money("max_cost", value.max_cost),
    }


def question(value: Question) -> Plain:
    return {
        "id": value.id,
        "task": value.task,
        "repo": value.repo,
        "provider": value.provider,
        "title": value.asked.title,
        "issue": value.asked.issue,
        "options": list(value.asked.options),
        "recommendation": value.asked.recommendation,
        "waits": value.waits,
        "state": value.state,
        "answer": value.answer,
        "how": value.how,
        "asked_at": stamp(value.asked_at),
        "settled_at": stamp(value.settled_at),
    }


def ride(value: Ride) -> Plain:
    return {
        "task": value.task,
        "lead": value.lead,
        "run": value.run,
        "state": value.state,
        "landed_by": value.landed_by,
    }


def finding(value: Finding) -> Plain:
    return asdict(value)


def verdict(value: Verdict) -> Plain:
    return {
        "tree": value.tree,
        "base": value.base,
        "passes": value.passes,
        "gates": list(value.gates),
        "new": [finding(each) for each in value.new],
        "debt": [finding(each) for each in value.debt],
    }


def undoing(value: Undoing) -> Plain:
    wish = value.wish
    return {
        "id": value.id,
        "run": wish.run,
        "task": wish.task,
        "repo": wish.repo,
        "commit": wish.commit,
        "target": wish.target_ref.removeprefix("refs/heads/"),
        "who": wish.who,
        "why": wish.why,
        "retry": wish.retry,
        "state": value.state,
        "revert": value.revert,
        "said": value.said,
        "wanted_at": stamp(value.wanted_at),
        "ended_at": stamp(value.ended_at),
    }


def pause(value: Pause) -> Plain:
    return {
        "scope": value.scope,
        "name": value.name,
        "who": value.who,
        "why": value.why,
        "since": stamp(value.since),
        "until": stamp(value.until),
        "said": value.said,
        "lift": value.way_out,
    }


def override(value: Override) -> Plain:
    return {
        "number": value.number,
        "provider": value.provider,
        "hours": show_hours(value.hours),
        "since": stamp(value.since),
        "until": stamp(value.until),
        "who": value.who,
        "why": value.why,
    }


def rejection(value: Rejection) -> Plain:
    return {"reason": value.reason, "detail": value.detail, "until": stamp(value.until)}


def said(value: Rejection, note: str = "") -> str:
    """A constraint in words, with its end where they do not name that. `note`: of a task that is put off, why."""
    because = f": {note.partition(chr(10))[0]}" if value.reason is Reason.NOT_BEFORE and note else ""
    return f"{value.detail}{because}{_end(value)}"


def _end(value: Rejection) -> str:
    if value.until is None:
        return ""
    if value.until >= FOREVER:
        return " (until a person acts)"
    end = f"{value.until:%Y-%m-%d %H:%M} UTC"
    is_named = end in value.detail.replace(f"since {end}", "") or f"from {value.until:%H:%M} UTC" in value.detail
    return "" if is_named else f" (until {end})"


def candidates(values: Iterable[Candidate]) -> list[Plain]:
    return [
        {
            "provider": value.provider,
            "model": value.model,
            "step": value.step.name if value.step else None,
            "eligible": value.eligible,
            "score": {name: round(part, 4) for name, part in asdict(value.score).items()},
            "rejections": [rejection(each) for each in value.rejections],
            **money("estimate", value.estimate),
        }
        for value in values
    ]


def decision(value: About) -> Plain:
    match value:
        case Start():
            return {
                "kind": "start",
                "task": value.task,
                "provider": value.provider,
                "model": value.model,
                "step": value.step.name if value.step else None,
                "riders": list(value.riders),
                "why": value.why,
            }
        case Wait():
            return {"kind": "wait", "task": value.task, **rejection(value.binding)}
        case SetAside():
            return {"kind": "set_aside", "task": value.task, "why": value.why}
        case GiveUp():
            return {"kind": "give_up", "task": value.task, "why": value.why}
