"""The status: what runs, what waits and why, who is on watch, where the money stands, and what needs a person."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.money import ZERO
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import OPEN
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import (
    attention,
    budgets,
    conflicts,
    costs,
    ladders,
    providers,
    recurring,
    runs,
    savings,
    symphony,
    wellbeing,
)
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling import slots
from watchbill.scheduling.decisions import Reason, Rejection, Wait
from watchbill.state import accounts, columns, undoings
from watchbill.state.accounts import By
from watchbill.state.engine import Connection

_RECENT = timedelta(hours=24)
_HUMAN = frozenset(
    {Reason.NEEDS_REVIEW, Reason.NEEDS_ACCEPTANCE, Reason.ATTEMPTS_EXHAUSTED, Reason.QUARANTINED, Reason.NOT_RELEASED}
)


_OF_PROVIDERS = frozenset(
    {
        Reason.PROVIDER_HELD,
        Reason.PROVIDER_UNHEALTHY,
        Reason.PROVIDER_PAUSED,
        Reason.OUT_OF_SLOT,
        Reason.BUDGET_PROVIDER,
        Reason.BUDGET_ALLOWANCE,
        Reason.BUDGET_TOKENS,
        Reason.BUDGET_RUNS,
    }
)


def status(conn: Connection, outlook: Outlook) -> Plain:
    seen = look(conn, outlook)
    running = runs.listing(conn, outlook.now, state=RunState.RUNNING, limit=64)["runs"]
    retrying = _retrying(seen)
    known = list(providers.each(conn, seen))
    answer: Plain = {
        "generated_at": plain.stamp(outlook.now),
        "daemon": _daemon(outlook),
        "config": outlook.config,
        "configuration": plain.configuration(outlook.configuration) if outlook.configuration else None,
        "stuck": list(outlook.stuck),
        "web": {"address": outlook.web.address, "fault": outlook.web.fault},
        "mode": seen.outlook.bill.mode,
        "pauses": [plain.pause(each) for each in seen.snapshot.pauses],
        "watch": _watch(seen),
        "budget": costs.budget(conn, outlook),
        "money": budgets.by_hand(conn, outlook),
        "savings": savings.today(conn, outlook),
        "counts": {**_counts(conn), "retrying": len(retrying)},
        "running": [{**run, **symphony.running(conn, run)} for run in running],
        "waiting": _waiting(seen),
        "kept_by": _kept_by(seen),
        "retrying": retrying,
        "providers": known,
        "repos": repos(conn, seen),
        "taking_back": [plain.undoing(each) for each in undoings.in_states(conn, OPEN)],
        "conflicts": conflicts.last_day(conn, outlook.now),
        "recurring": recurring.listing(conn, outlook)["entries"],
        "ladders": ladders.totals(conn),
        "codex_totals": symphony.totals(conn, outlook.now),
        "rate_limits": symphony.rate_limits(known),
        "totals": costs.costs(conn, outlook, By.PROVIDER)["total"],
        "needs_you": list(attention.needs_you(conn, seen)),
    }
    return {
        **answer,
        "health": wellbeing.of_all(seen),
        "why_idle": "" if running and not outlook.is_left else _why_idle(seen, [run["id"] for run in running]),
        "problems": list(_problems(answer, seen)),
    }


def _daemon(outlook: Outlook) -> Plain | None:
    if outlook.daemon is None:
        return None
    facts = outlook.daemon
    return {"pid": facts.pid, "started_at": plain.stamp(facts.started_at), "version": facts.version}


def _watch(seen: Look) -> Plain:
    bill, now = replace(seen.outlook.bill, overrides=seen.snapshot.overrides), seen.outlook.now
    changed = slots.override_of(bill, now)
    turn = slots.watch_ends(bill, now)
    return {
        "policy": bill.policy,
        "zone": str(bill.zone),
        "on_watch": list(seen.plan.on_watch),
        "owners": list(slots.owners(bill, now)),
        "turns_at": plain.stamp(turn),
        "by_hand": changed.said if changed else "",
        "then": [name for name in slots.owners(bill, turn) if name in _usable(seen)],
    }


_COUNTS = "SELECT state, count(*) AS tasks FROM tasks GROUP BY state"


def _counts(conn: Connection) -> dict[str, int]:
    found = {row["state"]: row["tasks"] for row in conn.execute(_COUNTS)}
    return {state: found.get(state, 0) for state in TaskState}


def _waits(seen: Look) -> list[Wait]:
    return [decision for decision in seen.plan.decisions if isinstance(decision, Wait)]


def _waiting(seen: Look) -> dict[str, int]:
    """How many tasks wait, by the constraint that binds."""
    return dict(Counter(wait.binding.reason for wait in _waits(seen)).most_common())


def _kept_by(seen: Look) -> list[Plain]:
    """Whom tasks wait for, why and until when, by provider and constraint; not those that wait for something of their own."""
    found: dict[tuple[ProviderName, Rejection], int] = Counter()
    for wait in _waits(seen):
        by = next((each.provider for each in wait.candidates if wait.binding in each.rejections), None)
        if by is not None and wait.binding.reason in _OF_PROVIDERS:
            found[by, wait.binding] += 1
    return [
        {"provider": by, "tasks": tasks, **plain.rejection(binding)}
        for (by, binding), tasks in sorted(found.items(), key=lambda one: -one[1])
    ]


def _retrying(seen: Look) -> list[Plain]:
    return [
        {
            "task": task.id,
            "not_before": plain.stamp(task.not_before),
            "attempts": task.attempts,
            "why": task.note,
            **symphony.retrying(task),
        }
        for task in seen.snapshot.tasks
        if task.state is TaskState.QUEUED and task.not_before is not None and task.not_before > seen.outlook.now
    ]


_RUNS_BY_REPO = "SELECT repo, count(*) AS runs FROM runs WHERE started_ms >= :since GROUP BY repo"


def repos(conn: Connection, seen: Look) -> list[Plain]:
    """Each repository with its share and what it got of the last day's runs."""
    since = seen.outlook.now - _RECENT
    ran = {row["repo"]: row["runs"] for row in conn.execute(_RUNS_BY_REPO, {"since": columns.ms(since)})}
    spent = {total.name: total.cost for total in accounts.totals(conn, By.REPO, since=since)}
    waiting = Counter(task.repo for task in seen.snapshot.tasks)
    return [
        {
            "name": terms.name,
            "share": terms.share,
            "open": waiting[terms.name],
            "runs_24h": ran.get(terms.name, 0),
            "fault": seen.outlook.broken_repos.get(terms.name, ""),
            **plain.money("cost_24h", spent.get(terms.name, ZERO)),
        }
        for terms in seen.outlook.bill.repos
    ]


def _why_idle(seen: Look, left: Sequence[str]) -> str:
    """It always says why nothing runs, and first what somebody has to mend. `left`: runs that the last daemon broke off."""
    if left:
        return f"no daemon runs; {', '.join(left)} broke off with the last one, and the work goes on with the next: watchbill serve"
    lost = [f"repository {repo} cannot be worked on: {why}" for repo, why in seen.outlook.broken_repos.items()]
    if lost and not seen.snapshot.tasks:
        return "; ".join(lost)
    return "; ".join([*lost, _why_none_runs(seen)])


def _why_none_runs(seen: Look) -> str:
    if not seen.snapshot.tasks:
        return "the queue is empty: no task is open"
    if seen.plan.starts:
        first = seen.plan.starts[0]
        others = f" and {len(seen.plan.starts) - 1} more" if len(seen.plan.starts) > 1 else ""
        about = f"{first.task} is about to start on {first.provider}{others}"
        return about if seen.outlook.daemon else f"no daemon runs; {about} once it does: watchbill serve"
    waits = _waits(seen)
    alone = [wait for wait in waits if wait.binding.reason not in _HUMAN]
    if not alone:
        return _what_people_owe([wait.task for wait in waits], seen)
    reason, count = Counter(wait.binding.reason for wait in alone).most_common(1)[0]
    example = next(wait for wait in alone if wait.binding.reason is reason)
    return f"{count} of {len(waits)} waiting: {reason}; {example.task}: {plain.said(example.binding, _note(seen, example.task))}"


def _note(seen: Look, name: TaskId) -> str:
    return next((task.note for task in seen.snapshot.tasks if task.id == name), "")


def _what_people_owe(waiting: Sequence[TaskId], seen: Look) -> str:
    """What a person approved waits for whoever lands it, and for that person no more."""
    approved = [task for task in waiting if task in seen.approved]
    if not approved:
        return f"all {len(waiting)} open tasks wait for you"
    way = "lands by itself" if seen.outlook.daemon else "no daemon runs to land it: watchbill serve"
    left = len(waiting) - len(approved)
    return f"approved: {', '.join(approved)}; {way}" + (f"; {left} more wait for you" if left else "")


def _problems(answer: Plain, seen: Look) -> Iterator[str]:
    """What makes `status --check` say no."""
    yield from _problems_of_daemon(answer["daemon"], answer["configuration"], answer["web"]["fault"])
    if answer["stuck"]:
        yield f"the daemon's {' and '.join(answer['stuck'])} made no progress for minutes: look at its disks, then restart it"
    for repo, why in seen.outlook.broken_repos.items():
        yield f"repository {repo}: {why}"
    for entry in answer["recurring"]:
        if entry["fault"]:
            yield f"recurring {entry['entry']}: {entry['fault']}"
    for provider in answer["providers"]:
        if provider["state"] in ("held", "broken"):
            yield f"provider {provider['name']} is {provider['state']}: {provider['note']}"
    if not _usable(seen):
        yield "no provider is configured that could work"
    for kind, window in answer["budget"].items():
        if window["left_micro_usd"] is not None and window["left_micro_usd"] <= 0:
            yield f"the {kind}'s budget is used up until {window['turns_at']}"


def _problems_of_daemon(daemon: Plain | None, configuration: Plain | None, web: str) -> Iterator[str]:
    if daemon is None:
        yield "no daemon runs"
    if configuration and configuration["problems"]:
        yield f"the configuration was rejected, the last good one is in force: {configuration['problems'][0]}"
    if web:
        yield f"the web page is not served: {web}"


def _usable(seen: Look) -> list[ProviderName]:
    return [terms.name for terms in seen.outlook.bill.providers if terms.configured]
