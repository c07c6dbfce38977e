"""Makers of small worlds for the scheduling tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.planner import plan
from watchbill.scheduling.slots import parse_hours
from watchbill.scheduling.snapshot import LiveRun, ProviderState, Snapshot

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # hour 12 belongs to claude in the three-handed bill
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
REPO = RepoName("novel")


def task(name: str, *, needs: str = "", files: str | None = None, kind: str = "write", **fields: Any) -> Task:
    """A queued task on its own file, named after it."""
    claims = (f"scenes/{name}.txt",) if files is None else tuple(files.split())
    return Task(
        id=TaskId(name),
        repo=fields.pop("repo", REPO),
        title=name,
        type=TaskType(kind),
        claims=claims,
        needs=tuple(TaskId(need) for need in needs.split()),
        **fields,
    )


def terms(name: str, hours: str = "*", **fields: Any) -> ProviderTerms:
    models = fields.pop("models", (ModelTerms(id=f"{name}-1"),))
    return ProviderTerms(name=ProviderName(name), kind="scripted", hours=parse_hours(hours), models=models, **fields)


def local(**fields: Any) -> ProviderTerms:
    fields = {
        "always": True,
        "billing": Billing.FREE,
        "models": (),
        "strengths": {"validate": 0.95, "*": 0.0},
        **fields,
    }
    return terms("local", **fields)


CLAUDE = terms("claude", "0-23/3", strengths={"write": 0.9, "fix": 0.6})
GPT = terms("gpt", "1-23/3", strengths={"write": 0.6, "fix": 0.9})
COPILOT = terms("copilot", "2-23/3", strengths={"write": 0.5, "fix": 0.7})


def three_handed(**fields: Any) -> WatchBill:
    return bill(CLAUDE, GPT, COPILOT, **fields)


def bill(*providers: ProviderTerms, **fields: Any) -> WatchBill:
    return WatchBill(providers=providers, **fields)


def state(name: str, **fields: Any) -> ProviderState:
    return ProviderState(name=ProviderName(name), **fields)


def live(name: str, provider: str = "claude", *, since: datetime = NOON - MINUTE, **fields: Any) -> LiveRun:
    """A run on the task of this name."""
    fields.setdefault("claims", (f"scenes/{name}.txt",))
    return LiveRun(
        run=RunId(f"run-{name}"),
        task=TaskId(name),
        repo=fields.pop("repo", REPO),
        provider=ProviderName(provider),
        started_at=since,
        **fields,
    )


def pause(scope: str, name: str = "", *, until: datetime | None = None, **fields: Any) -> Pause:
    return Pause(scope=Scope(scope), name=name, until=until, why=fields.pop("why", ""), **fields)


def world(*tasks: Task, **fields: Any) -> Snapshot:
    return Snapshot(tasks=tasks, **fields)


def starts(snapshot: Snapshot, terms_: WatchBill, now: datetime = NOON) -> list[tuple[str, str]]:
    """Who is given what, in the plan's order."""
    return [(start.task, start.provider) for start in plan(snapshot, terms_, now).starts]


def waits(snapshot: Snapshot, terms_: WatchBill, now: datetime = NOON) -> dict[str, str]:
    """The binding reason by task."""
    decisions = plan(snapshot, terms_, now).decisions
    return {one.task: one.binding.reason.value for one in decisions if hasattr(one, "binding")}
