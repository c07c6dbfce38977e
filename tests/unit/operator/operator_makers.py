"""Small makers: a store with a day's work in it, a bill, and what stands around an answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from watchbill.config.lines import lines_of
from watchbill.config.load import Loaded, parse
from watchbill.config.places import Places, places_at
from watchbill.config.problems import BadConfig, Source
from watchbill.domain.billing import Billing
from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import Commit, ProviderName, QuestionId, RepoName, RunId, SessionId, TaskId, TaskType
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.ports import ProbeResult
from watchbill.domain.questions import Asked, Question, QuestionState
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.transcript import Told, Transcript
from watchbill.domain.windows import Caps
from watchbill.operator.cli import root
from watchbill.operator.commands import Came, Leaving, Promotion
from watchbill.operator.deciding import Change
from watchbill.operator.deeds import Broken
from watchbill.operator.entrance import Link
from watchbill.operator.outlook import ConfigFacts, DaemonFacts, Outlook
from watchbill.operator.purse import Done, MoneyWish
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, RepoTerms, WatchBill
from watchbill.state import briefs, events, intents, ledger, runs, sessions, tasks, verdicts
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder
from watchbill.state.intents import Intent
from watchbill.workspace.repository import Repository

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
NOVEL = RepoName("novel")
CLAUDE, GPT, LOCAL = ProviderName("claude"), ProviderName("gpt"), ProviderName("local")
BASE, LANDED = Commit("a" * 40), Commit("b" * 40)
CONFIG = '[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'
CAPS = Caps(day=usd(5), month=usd(100))


def provider(name: ProviderName, hours: range = range(24), **fields: Any) -> ProviderTerms:
    given = {"kind": "scripted", "hours": frozenset(hours), "models": (ModelTerms(id=f"{name}-1"),), **fields}
    return ProviderTerms(name=name, **given)


def bill(**fields: Any) -> WatchBill:
    given: dict[str, Any] = {
        "providers": (
            provider(CLAUDE, range(0, 24, 2), strengths={"write": 0.9}),
            provider(GPT, range(1, 24, 2)),
            provider(
                LOCAL, kind="local", always=True, billing=Billing.FREE, only_types=frozenset({"format"}), models=()
            ),
        ),
        "repos": (RepoTerms(name=NOVEL),),
        "caps": CAPS,
        **fields,
    }
    return WatchBill(**given)


def outlook(**fields: Any) -> Outlook:
    given: dict[str, Any] = {
        "now": NOW,
        "bill": bill(),
        "config": "/etc/watchbill.toml",
        "daemon": DaemonFacts(pid=812, started_at=NOW - timedelta(hours=3), version="0.1.0"),
        **fields,
    }
    return Outlook(**given)


def task(name: str, **fields: Any) -> Task:
    given = {"repo": NOVEL, "title": f"Write {name}", "type": TaskType("write"), "claims": (f"{name}.md",), **fields}
    return Task(id=TaskId(name), **given)


def put(conn: Connection, *names: str, **fields: Any) -> None:
    for name in names:
        tasks.insert(conn, task(name, **fields), NOW)


def begin(conn: Connection, name: str, provider: ProviderName = CLAUDE, at: datetime = NOW) -> Run:
    stored = tasks.get(conn, TaskId(name))
    assert stored is not None, "put it first"
    return runs.begin(
        conn,
        task_id=stored.id,
        provider=provider,
        model=f"{provider}-1",
        base=BASE,
        claims=stored.claims,
        now=at,
        ttl=timedelta(hours=2),
    )


LAST_SECONDS = NOW.replace(hour=23, minute=59, second=30).time()


def earlier_today() -> datetime:
    """Half an hour ago, or the beginning of the day in UTC, which does not end while a test looks at it."""
    while (now := datetime.now(UTC)).time() > LAST_SECONDS:
        time.sleep(1)
    return max(now - timedelta(minutes=30), now.replace(hour=0, minute=0, second=0, microsecond=0))


def end(conn: Connection, run: Run, state: RunState, to: TaskState, reason: str = "") -> None:
    a_moment_ago = datetime.now(UTC) - timedelta(seconds=1)  # a run of today's that would end later than now
    now = min(run.started_at + timedelta(minutes=5), max(run.started_at, a_moment_ago))
    runs.end(conn, run, state=state, task_state=to, reason=reason, now=now)


def spend(conn: Connection, run: Run, cost: str, at: datetime | None = None) -> None:
    """One settled call, bounded at twice its cost."""
    when = at or run.started_at
    made = call(conn, run, cost, when)
    settled = Settlement(cost=usd(cost), usage=Usage(tokens_in=1200, tokens_out=300), price_source="test")
    ledger.sent(conn, made)
    ledger.settle(conn, made, settled, when)


def call(conn: Connection, run: Run, cost: str, at: datetime = NOW) -> Any:
    stored = tasks.get(conn, run.task)
    assert stored is not None
    purpose = Purpose(
        run=run.id, task=run.task, repo=run.repo, type=stored.type, provider=run.provider, model=run.model
    )
    bound = Bound(cost=MicroUsd(2 * usd(cost)), tokens_in=2000, tokens_out=500, price_source="test")
    return ledger.reserve(conn, purpose, bound, CAPS, at, task_cap=None)


FINDING = Finding(gate="choicescript", rule="unknown-label", path="a.md", line=3, message="no label dune\nmake one")


def landing(run: Run) -> Intent:
    """The row that says which commit is about to land."""
    return Intent(
        run=run.id,
        task=run.task,
        repo=run.repo,
        commit=LANDED,
        tree="t2",
        target_ref="refs/heads/watchbill/main",
        old=BASE,
        delivery=bill().repos[0].delivery,
    )


def land(conn: Connection, name: str, cost: str = "0.08", at: datetime = NOW) -> Run:
    """A whole run: told, paid, refused once, judged again, landed."""
    run = begin(conn, name, at=at)
    briefs.store(conn, run, f"You write {name}.")
    held = sessions.get(conn, run.task)
    assert held is not None
    told = Transcript(entries=(Told(text="go"),))
    handoff = HandOff(summary="half of it", next_steps=("the end",), why="its watch ended")
    sessions.save(conn, run, replace(held, transcript=told, handoff=handoff), at)
    spend(conn, run, cost, at)
    verdicts.store(conn, run, Verdict(tree="t1", base="t0", new=(FINDING,), debt=(), gates=("choicescript",)), at)
    verdicts.store(conn, run, Verdict(tree="t2", base="t0", new=(), debt=(FINDING,), gates=("choicescript",)), at)
    intent = landing(run)
    intents.store(conn, run, intent, at)
    intents.finish(conn, intent, landed=True, now=at)
    end(conn, run, RunState.LANDED, TaskState.LANDED, "passes")
    return run


def happened(conn: Connection, name: str, **facts: object) -> int:
    return events.append(conn, name, facts, NOW)


def no_git(name: RepoName) -> Repository:
    raise AssertionError(f"nobody asks git about {name}")


@dataclass
class ScriptedCommands:
    """Carries nothing out; remembers what was asked, and raises what it was told to."""

    fault: Exception | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    heard: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def _note(self, *words: str) -> None:
        if self.fault:
            raise self.fault
        self.asked.append(words)

    async def cancel(self, task_id: TaskId, why: str) -> Task:
        self._note("cancel", task_id, why)
        return task(task_id, state=TaskState.CANCELLED)

    async def retry(self, task_id: TaskId) -> Task:
        self._note("retry", task_id)
        return task(task_id)

    async def accept(self, task_id: TaskId) -> Task:
        self._note("accept", task_id)
        return task(task_id)

    async def approve(self, task_id: TaskId, tree: str, *, who: str, said: str) -> Task:
        self._note("approve", task_id, tree, who, said)
        return task(task_id, state=TaskState.REVIEW)

    async def reject(self, task_id: TaskId, *, who: str, why: str) -> Task:
        self._note("reject", task_id, who, why)
        return task(task_id)

    async def amend(self, task_id: TaskId, tree: str, change: Change, *, who: str, said: str) -> Task:
        self._note("amend", task_id, tree, f"{dict(change.files)}", f"{change.patch!r}", who, said)
        return task(task_id, state=TaskState.REVIEW)

    async def answer(self, question: QuestionId, said: str) -> Question:
        self._note("answer", question, said)
        asked = Asked(title="Which?", issue="", options=("one",), recommendation="")
        return Question(
            id=question,
            task=TaskId("a"),
            repo=NOVEL,
            session=SessionId("session-1"),
            provider=CLAUDE,
            asked=asked,
            waits=True,
            state=QuestionState.ANSWERED,
            asked_at=NOW,
            answer=said,
        )

    async def money(self, wish: MoneyWish) -> Done:
        self._note("money", type(wish).__name__, wish.why)
        return Done(event="budget.raised", facts={"until": NOW, "who": wish.who, "why": wish.why})

    async def probe(self, provider_name: ProviderName) -> ProbeResult:
        self._note("probe", provider_name)
        return ProbeResult(well=True, message="1 models", models=("m",), retires={"m": NOW})

    async def reset(self, provider_name: ProviderName, *, who: str, why: str) -> Mapping[str, object]:
        self._note("reset", provider_name, who, why)
        return {"provider": provider_name, "models": [], "holds": [], "who": who, "why": why}

    async def hand_over(self, task_id: TaskId, to: ProviderName | None, *, why: str) -> RunId | None:
        self._note("hand_over", task_id, to or "", why)
        return RunId("run-1")

    async def break_lock(self, task_id: TaskId, *, who: str, why: str) -> Broken:
        self._note("break_lock", task_id, who, why)
        return Broken(task=task_id, run=RunId("run-1"), files=("a.md",))

    async def drain(self, within: timedelta | None, *, who: str, why: str) -> Leaving:
        self._note("drain", str(within), who, why)
        return Leaving(runs=(RunId("run-1"),), within=within or timedelta(minutes=10))

    async def caught_up(self, who: str, until: datetime) -> None:
        self._note("caught_up", who, f"{until:%H:%M}")

    async def refresh(self) -> None:
        self._note("refresh")

    async def reload(self, *, wait: bool) -> ConfigFacts:
        self._note("reload", "wait" if wait else "soon")
        return ConfigFacts(loaded_at=NOW, reloads=1, changed=("daemon.zone",), needs_restart=("daemon.state_dir",))

    async def configured(self) -> tuple[Loaded, Loaded | BadConfig, Places]:
        self._note("configured")
        path = Path("/etc/watchbill.toml")
        force = Loaded(settings=parse(CONFIG), path=path, source=Source(name="watchbill.toml", lines=lines_of(CONFIG)))
        return force, force, places_at(path, None, {"WATCHBILL_STATE_DIR": "/state"})

    def tell(self, name: str, /, **facts: object) -> None:
        self.heard.append((name, facts))

    async def sign_in(self) -> Link:
        self._note("sign_in")
        return Link(url="http://127.0.0.1:8620/sign-in?once=x", lasts=timedelta(minutes=5))

    async def sync(self, repo: RepoName) -> Came:
        self._note("sync", repo)
        commits = ((LANDED, "A scene"),)
        return Came(repo=repo, target="main", was=None, now=LANDED, commits=commits, count=3, rewritten=False)

    async def promote(self, repo: RepoName) -> Promotion:
        self._note("promote", repo)
        return Promotion(repo=repo, target="main", commit=LANDED, why="took in watchbill/main")

    async def run_diff(self, run: RunId) -> str:
        self._note("diff", run)
        return "--- a\n+++ b\n"


def state_in(place: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> StateFolder:
    """The state folder of a configuration in a folder that is a repository; commands are run from there."""
    monkeypatch.chdir(place)
    monkeypatch.delenv("WATCHBILL_CONFIG", raising=False)
    (place / "watchbill.toml").write_text(config)
    (place / ".git").mkdir()
    made = StateFolder(place / "state")
    made.make()
    return made


def watchbill(*words: str, code: int = 0) -> Result:
    """The command line's answer, which ends with this exit code."""
    result = CliRunner().invoke(root.group, list(words), prog_name="watchbill")
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def asked(query: Callable[..., Awaitable[Any]], conn: Connection, *around: object) -> Any:
    """The answer of a query that does more than read."""

    async def read(work: Callable[[Connection], Any]) -> Any:
        return work(conn)

    async def ask() -> Any:
        return await query(read, *around)

    return asyncio.run(ask())
