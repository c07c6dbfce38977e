"""A filled world: a state folder with a week of work in it, written by the real store and real git, and the site that shows it."""

import asyncio
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import uvicorn

from tests.stores import migrated
from watchbill.config import problems
from watchbill.config.lines import lines_of
from watchbill.config.load import Loaded, parse
from watchbill.config.places import Places, places_at
from watchbill.config.problems import BadConfig
from watchbill.domain.billing import Allowance, Billing, Tariff
from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import CallId, Commit, ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.outcomes import SavedBy, Setback, SetbackKind, Spared
from watchbill.domain.ports import ProbeResult
from watchbill.domain.questions import Asked
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import Autonomy, Delivery, Source, Task, TaskState
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.domain.windows import Caps
from watchbill.operator.api import create_app
from watchbill.operator.outlook import ConfigFacts, DaemonFacts, Outlook
from watchbill.operator.own import OwnCommands
from watchbill.operator.viewers import Viewers
from watchbill.operator.web.site import add_pages
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, RepoTerms, WatchBill
from watchbill.scheduling.reporting import ReportTerms
from watchbill.state import (
    answers,
    briefs,
    database,
    events,
    holds,
    intents,
    ledger,
    probes,
    questions,
    runs,
    sessions,
    troubles,
    verdicts,
)
from watchbill.state import tasks as task_rows
from watchbill.state.engine import Connection
from watchbill.state.intents import Intent
from watchbill.workspace.clones import clone_of
from watchbill.workspace.repository import Repository

T = TypeVar("T")

NOW = datetime(2026, 11, 24, 13, 7, 40, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
REPO = RepoName("glass-desert")
SITE = RepoName("reader-site")
CLAUDE, GPT, COPILOT, LOCAL = map(ProviderName, ("claude", "gpt", "copilot", "local"))
CAPS = Caps(
    day=usd(5),
    month=usd(100),
    zone=ZONE,
    tariffs={COPILOT: Tariff(billing=Billing.CREDITS, allowance=Allowance(credits=usd(70)))},
)
BILL = WatchBill(
    zone=ZONE,
    caps=CAPS,
    repos=(RepoTerms(name=REPO), RepoTerms(name=SITE, share=0.5)),
    providers=(
        ProviderTerms(
            name=CLAUDE,
            kind="anthropic",
            hours=frozenset(range(0, 24, 3)),
            models=(ModelTerms(id="claude-opus-5-5", uses=("write", "lore")), ModelTerms(id="claude-sonnet-5-5")),
            strengths={"write": 0.95, "polish": 0.9, "lore": 0.9, "fix": 0.85},
        ),
        ProviderTerms(
            name=GPT,
            kind="openai",
            hours=frozenset(range(1, 24, 3)),
            models=(ModelTerms(id="gpt-6.1-sol"),),
            strengths={"fix": 0.9, "docs": 0.9, "polish": 0.85, "write": 0.8},
        ),
        ProviderTerms(
            name=COPILOT,
            kind="copilot",
            hours=frozenset(range(2, 24, 3)),
            billing=Billing.CREDITS,
            models=(ModelTerms(id="copilot-auto"),),
            strengths={"fix": 0.9, "test": 0.9, "polish": 0.7},
        ),
        ProviderTerms(
            name=LOCAL,
            kind="local",
            always=True,
            billing=Billing.FREE,
            only_types=frozenset({TaskType("format"), TaskType("validate")}),
        ),
    ),
)
MODEL = {CLAUDE: "claude-sonnet-5-5", GPT: "gpt-6.1-sol", COPILOT: "copilot-auto", LOCAL: ""}

FILES = {
    "scenes/rune_glacier.txt": "*label glacier\nThe ice under the pass hums before dawn.\n\n*choice\n  #Walk on.\n    *goto ridge\n  #Wait.\n    *goto camp\n\n*label ridge\nWind.\n*finish\n\n*label camp\nFire.\n*finish\n",
    "lore/canon.md": "# Canon\n\n## Kael\n\n- eyes: grey\n- home: Vell, on the salt coast\n- swore never to cross the glass twice\n\n## Ines\n\n- left-handed\n",
    "chapters/03.md": "# Chapter 3\n\nThe caravan stopped where the glass began. Nobody spoke.\n\nKael counted the water again.\n",
    "src/reader.py": 'def pages(text):\n    return text.split("\\f")\n',
}
REWRITTEN = {
    "lore/canon.md": b"# Canon\n\n## Kael\n\n- eyes: green, since the second crossing\n- home: the pass above Vell\n- crossed the glass twice, and says that it was once\n\n## Ines\n\n- left-handed\n",
}
POLISHED = {
    "chapters/03.md": b"# Chapter 3\n\nThe caravan stopped where the glass began. Nobody spoke; the camels did not either.\n\nKael counted the water again, and did not say the number.\n",
}
SCENE = {
    "scenes/rune_glacier.txt": FILES["scenes/rune_glacier.txt"]
    .replace("Wind.\n*finish", "Wind takes the words first, then the warmth.\n*set resolve +5\n*goto summit")
    .encode()
    + b"\n*label summit\nControl is a line drawn on ice. Harmony is the ice.\n*finish\n",
}

TASKS: tuple[tuple[str, str, str, int, dict[str, Any]], ...] = (
    ("glacier-46", "Scene 4-6: Control vs Harmony", "write", 1, {"claims": ("scenes/rune_glacier.txt",)}),
    ("polish-ch3", "Polish chapter 3: pacing and contractions", "polish", 1, {"claims": ("chapters/03.md",)}),
    ("canon-kael", "Rewrite canon entry Kael", "lore", 1, {"claims": ("lore/canon.md",), "autonomy": Autonomy.LOW}),
    ("write-ch5", "Write chapter 5, the salt market", "write", 1, {"claims": ("chapters/05.md",)}),
    ("polish-ch5", "Polish chapter 5", "polish", 2, {"claims": ("chapters/05.md",), "needs": ("write-ch5",)}),
    ("lore-ch5", "Check chapter 5 against the canon", "lore", 2, {"claims": ("chapters/05.md",), "needs": ("polish-ch5",)}),
    ("glacier-47", "Scene 4-7: What the ice remembers", "write", 2, {"claims": ("scenes/rune_glacier.txt",), "needs": ("glacier-46",)}),
    ("reader-dark", "Reader: a dark theme that keeps its contrast", "fix", 2, {"repo": SITE, "claims": ("src/theme.css",)}),
    ("reader-tests", "Reader: tests for page breaks", "test", 3, {"repo": SITE, "claims": ("tests/**",)}),
    ("index-names", "Index of names, from the canon", "docs", 3, {"claims": ("docs/names.md",), "needs": ("canon-kael",)}),
    ("epilogue", "Epilogue: the lamp at Vell", "write", 4, {"claims": ("chapters/epilogue.md",), "provider": CLAUDE}),
    ("format-all", "Format the reader's styles", "format", 5, {"repo": SITE, "claims": ("styles/**",)}),
    ("maps", "Redraw the map legend as SVG", "docs", 5, {"claims": ("maps/legend.svg",)}),
    ("reader-a11y", "Reader: headings in order, labels on buttons", "fix", 2, {"repo": SITE, "claims": ("src/**",)}),
)  # fmt: skip
PAST = (
    "chapter 1",
    "chapter 2",
    "scene 3-1",
    "scene 3-2",
    "scene 3-4",
    "the ferry",
    "the storm",
    "names",
    "reader",
    "toc",
)


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What was made: its store, and our clone."""

    conn: Connection
    vcs: Repository
    shown: Mapping[str, Commit]  # by task


class News:
    """Wakes those who watch; called for what they wait on."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __call__(self) -> asyncio.Event:
        return self._event

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()


IN_FORCE = """[daemon]
zone = "Europe/Berlin"
slot_policy = "prefer"
max_parallel = 3

[budget]
daily_usd = 5.0
monthly_usd = 100.0

[[repo]]
name = "glass-desert"
path = "/srv/glass-desert"

[provider.claude]
kind = "anthropic"
hours = "0-23/3"
api_key = "file:/etc/watchbill/claude.key"
models = [{ id = "claude-sonnet-5-5" }]
"""
IN_FILE = IN_FORCE.replace("daily_usd = 5.0", "daily_usd = 7.5").replace(
    "max_parallel = 3", 'max_parallel = 4\nstate_dir = "elsewhere"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands(OwnCommands):
    """Carries out what rows and git alone can, tells who watches, and shows what runs changed."""

    news: News

    def _note(self, name: str, **facts: object) -> None:
        events.append(self.conn, name, facts, self.now)
        self.news.ring()

    async def refresh(self) -> None:
        self._note("daemon.tick_idle", next="1 min")

    async def configured(self) -> tuple[Loaded, Loaded | BadConfig, Places]:
        path = Path("/etc/watchbill/watchbill.toml")
        force, file = (
            Loaded(settings=parse(text), path=path, source=problems.Source(name="watchbill.toml", lines=lines_of(text)))
            for text in (IN_FORCE, IN_FILE)
        )
        return force, file, places_at(path, None, {"WATCHBILL_STATE_DIR": "/var/lib/watchbill"})

    async def reload(self, *, wait: bool) -> ConfigFacts:
        return ConfigFacts(loaded_at=self.now, reloads=1)

    async def run_diff(self, run: RunId) -> str:
        found = runs.get(self.conn, run)
        assert found is not None
        landed = intents.of_run(self.conn, run)
        held = sessions.get(self.conn, found.task)
        commit = landed.commit if landed is not None else held.checkpoint if held is not None else None
        if found.base is None or commit is None:
            return ""
        return await self.vcs(found.repo).diff(found.base, commit)


def outlook(**fields: Any) -> Outlook:
    given: dict[str, Any] = {
        "now": NOW,
        "bill": BILL,
        "report_terms": ReportTerms(zone=ZONE),
        "config": "/etc/watchbill/watchbill.toml",
        "configuration": ConfigFacts(loaded_at=NOW - timedelta(hours=52)),
        "daemon": DaemonFacts(pid=812, started_at=NOW - timedelta(days=6, hours=4), version="0.1.0"),
        **fields,
    }
    return Outlook(**given)


@contextmanager
def served(
    place: Path,
    fill: "Callable[[Filled], None] | None" = None,
    said: Callable[[], Outlook] = outlook,
    *,
    empty: bool = False,
    more: Mapping[str, Mapping[str, bytes]] | None = None,
) -> Iterator[str]:
    """The whole application over a filled store on loopback; its address. `fill` may add to it first, `more` commits to show."""
    ready: list[tuple[uvicorn.Server, int]] = []
    failed: list[BaseException] = []
    is_up = threading.Event()

    async def serve() -> None:
        with database.direct(migrated(place / "watchbill.db")) as conn:
            vcs = await clone(place)
            filled = Filled(conn=conn, vcs=vcs, shown={} if empty else await commits(vcs, more or {}))
            if not empty:
                fill_store(filled)
            if fill is not None:
                fill(filled)
            app = application(conn, vcs, place, said)
            server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
            serving = asyncio.create_task(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            ready.append((server, server.servers[0].sockets[0].getsockname()[1]))
            is_up.set()
            await serving

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - the test's thread tells of it
            failed.append(error)
        finally:
            is_up.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert is_up.wait(60), "the site does not come up"
    if failed:
        raise failed[0]
    server, port = ready[0]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)


def application(conn: Connection, vcs: Repository, place: Path, said: Callable[[], Outlook] = outlook) -> Any:
    def read(work: Callable[[Connection], T]) -> Awaitable[T]:
        async def done() -> T:
            return work(conn)

        return done()

    news = News()
    commands = Hands(conn=conn, now=said().now, inbox=place / "inbox", bill=said().bill, vcs=lambda _: vcs, news=news)
    app = create_app(read, commands, said, Viewers(read, news))
    add_pages(app, read, commands, said)
    return app


def owners(place: Path) -> Path:
    """A small repository of somebody's."""
    source = place / "source"
    for name, text in FILES.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["-c", "user.name=O", "-c", "user.email=o@o", "commit", "-qm", "Begin"]):  # fmt: skip
        subprocess.run(["git", "-C", source, *words], check=True, capture_output=True)
    return source


async def clone(place: Path) -> Repository:
    """Our clone of it."""
    source = await asyncio.to_thread(owners, place)
    made = clone_of(
        name=REPO, source=source, bare=place / "repos", worktrees=place / "trees", target="main",
        integration="watchbill/main", now=NOW,
    )  # fmt: skip
    await made.ensure()
    await made.fetch()
    return made


async def commits(vcs: Repository, more: Mapping[str, Mapping[str, bytes]]) -> Mapping[str, Commit]:
    """What tasks came to, and where they began."""
    base = await vcs.resolve(vcs.target_ref)
    assert base is not None
    made = {
        "base": base,
        "canon-kael": await vcs.with_edits(base, REWRITTEN, "Rewrite canon entry Kael\n"),
        "polish-ch3": await vcs.with_edits(base, POLISHED, "Polish chapter 3\n"),
        "scene": await vcs.with_edits(base, SCENE, "Scene 4-5\n"),
        **{name: await vcs.with_edits(base, files, f"{name}\n") for name, files in more.items()},
    }
    for name, commit in made.items():
        await vcs.move_ref(f"refs/watchbill/checkpoints/{name}/{commit}", commit, None)
    return made


def fill_store(filled: Filled) -> None:
    """A week: landed runs, some that were wasted, two that run, two that wait for a person, and a provider that cools off."""
    conn, chance = filled.conn, Random(7)
    _past(filled, chance)
    for place, (name, title, kind, priority, fields) in enumerate(TASKS):
        source = Source(path="docs/AI_TASK_QUEUE.md", line=12 + 7 * place)
        given = {"repo": REPO, **fields, "needs": tuple(map(TaskId, fields.get("needs", ())))}
        put(conn, name, NOW - timedelta(days=place % 5, hours=place), title=title, type=TaskType(kind), priority=priority, source=source, order=place, requirements="Two distinct approaches; past tense, third person.", success="A clear choice between control and harmony.", **given)  # fmt: skip
    _now(filled)
    _in_order(conn)


def _in_order(conn: Connection) -> None:
    """Events as they would have been told, whatever the order in which this file makes a week."""
    known = sorted(events.since(conn, 0, limit=10_000), key=lambda event: event.at)
    conn.execute("DELETE FROM events")
    for event in known:
        events.append(conn, event.name, event.facts, event.at)


def _past(filled: Filled, chance: Random) -> None:
    at = NOW - timedelta(days=7)
    number, last, luck_of_savings = 0, None, Random(5)
    while at < NOW - timedelta(minutes=50):
        provider = (CLAUDE, GPT, COPILOT)[at.astimezone(ZONE).hour % 3]
        kind = chance.choice(("write", "polish", "fix", "docs"))
        name = f"{kind}-{number}"
        repo = SITE if kind == "fix" else REPO
        put(
            filled.conn,
            name,
            at,
            repo=repo,
            title=f"{kind.title()} {chance.choice(PAST)}",
            type=TaskType(kind),
            claims=(f"{name}.md",),
        )
        luck = chance.random()
        run = begin(filled, name, provider, at)
        spent = chance.uniform(0.01, 0.09) if provider != COPILOT else chance.uniform(0.02, 0.05)
        for turn in range(chance.randint(2, 4)):
            made = call(filled.conn, run, f"{spent:.4f}", at + timedelta(minutes=turn), chance)
        if last is not None and luck_of_savings.random() < 0.3:
            by = luck_of_savings.choice(list(SavedBy))
            answers.take(filled.conn, run, Spared(reply=Reply(text=""), key=f"{number:064x}", call=last, by=by), at)
        last = made
        ends = at + timedelta(minutes=chance.randint(4, 38))
        if luck < 0.86:
            land(filled, run, filled.shown["scene"], ends)
        else:
            end(
                filled.conn,
                run,
                RunState.REJECTED,
                TaskState.CANCELLED,
                "the gates refused it: unknown label dune",
                ends,
            )
        at += timedelta(minutes=chance.choice((38, 55, 70, 95, 140)))
        number += 1


def _now(filled: Filled) -> None:
    conn = filled.conn
    _reviewed(filled, "canon-kael", "protected path lore/**", NOW - timedelta(minutes=41))
    _first_try(filled)
    running = begin(filled, "glacier-46", COPILOT, NOW - timedelta(minutes=7))
    runs.set_stage(conn, running, Stage.WORK)
    _talk(filled, running)
    call(conn, running, "0.031", NOW - timedelta(minutes=5))
    call(conn, running, "0.044", NOW - timedelta(minutes=3))
    gating = begin(filled, "format-all", LOCAL, NOW - timedelta(seconds=50))
    runs.set_stage(conn, gating, Stage.GATE)
    failed = begin(filled, "maps", GPT, NOW - timedelta(hours=3))
    end(conn, failed, RunState.FAILED, TaskState.FAILED, "4 attempts: the legend is not well-formed XML", NOW - timedelta(hours=3, minutes=-9))  # fmt: skip
    _question(filled)
    until = NOW + timedelta(minutes=24)
    setback = Setback(kind=SetbackKind.THROTTLED, message="429: tokens per minute, try again in 38 min", until=until)
    troubles.note(conn, GPT, "gpt-6.1-sol", setback, NOW - timedelta(minutes=14))
    holds.put(conn, GPT, until=until, kind="throttled", why=setback.message, now=NOW - timedelta(minutes=14))
    for name in (CLAUDE, GPT, COPILOT):
        listed = ProbeResult(well=name != GPT, message="ok" if name != GPT else "429", models=(MODEL[name],))
        probes.note(conn, name, listed, NOW - timedelta(minutes=4))
    happened(conn, "queue.read", 4, repo=REPO, path="docs/AI_TASK_QUEUE.md", tasks=11, unreadable=2)
    happened(conn, "provider.rate_limited", 14, provider=GPT, kind="throttled", message=setback.message, until=until)
    happened(conn, "task.waiting", 13, task="polish-ch5", reason="deps_unmet", detail="write-ch5 is queued", until=None)


def _first_try(filled: Filled) -> None:
    """Of chapter 3: begun by claude, handed on, landed by gpt after one refusal."""
    conn, shown = filled.conn, filled.shown["polish-ch3"]
    at = NOW - timedelta(minutes=96)
    run = begin(filled, "polish-ch3", CLAUDE, at)
    _talk(filled, run)
    call(conn, run, "0.052", at)
    end(
        conn,
        run,
        RunState.HANDED_OFF,
        TaskState.QUEUED,
        "its watch ended; continued by the next run",
        at + timedelta(minutes=22),
    )
    second = begin(filled, "polish-ch3", GPT, at + timedelta(minutes=24))
    call(conn, second, "0.031", at + timedelta(minutes=25))
    land(filled, second, shown, at + timedelta(minutes=41), refused=FINDING)


FINDING = Finding(
    gate="choicescript", rule="unknown-label", path="scenes/rune_glacier.txt", line=12,
    message="*goto summit: there is no *label summit in this scene. Add one, or go to camp or ridge",
)  # fmt: skip
LORE = Finding(
    gate="lore",
    rule="needs-review",
    path="lore/canon.md",
    line=0,
    message="the canon is protected: a person looks at it",
)
DEBT = Finding(gate="markdown", rule="heading-order", path="docs/names.md", line=3, message="h3 follows h1")


def _reviewed(filled: Filled, name: str, why: str, at: datetime) -> None:
    conn = filled.conn
    run = begin(filled, name, CLAUDE, at)
    briefs.store(conn, run, f"You rewrite {name}. Keep what other chapters rely on.")
    held = sessions.get(conn, run.task)
    assert held is not None
    handoff = HandOff(
        goal="Rewrite canon entry Kael", summary="Moved Kael's home to the pass, and let the second crossing stand.",
        decisions=("The oath stays in his mouth, not in the narrator's.",), done=("wrote lore/canon.md",),
    )  # fmt: skip
    sessions.save(conn, run, replace(held, transcript=TALK, handoff=handoff, checkpoint=filled.shown[name]), at)
    call(conn, run, "0.071", at)
    call(conn, run, "0.058", at + timedelta(minutes=2))
    tree = subprocess.run(["git", "-C", filled.vcs._bare, "rev-parse", f"{filled.shown[name]}^{{tree}}"], check=True, capture_output=True, text=True).stdout.strip()  # fmt: skip
    verdict = Verdict(tree=tree, base="0" * 40, new=(LORE,), debt=(DEBT,), gates=("hygiene", "markdown", "lore"))
    verdicts.store(conn, run, verdict, at + timedelta(minutes=5))
    end(conn, run, RunState.REVIEW, TaskState.REVIEW, why, at + timedelta(minutes=6))
    happened(conn, "task.review", 35, task=name, run=run.id, why=why)


def _question(filled: Filled) -> None:
    run = begin(filled, "reader-dark", CLAUDE, NOW - timedelta(minutes=130))
    asked = Asked(title="May the reader drop Internet Explorer's fallback?", issue="The theme needs custom properties.", options=("Drop it", "Keep it"), recommendation="Drop it")  # fmt: skip
    questions.ask(filled.conn, run, [asked], waits=True, above=0, now=NOW - timedelta(minutes=124))
    end(filled.conn, run, RunState.REVIEW, TaskState.REVIEW, "waits for an answer", NOW - timedelta(minutes=123))


TALK = Transcript(
    system="You work on one task of a repository.",
    entries=(
        Told(text="Polish chapter 3. The canon is below."),
        Reply(text="I will look at the chapter first.", model="claude-sonnet-5-5", tool_calls=(ToolCall(id="1", name="read_file", args={"path": "chapters/03.md"}),)),
        ToolResult(id="1", name="read_file", content=FILES["chapters/03.md"]),
        Reply(text="The second paragraph repeats the first. I cut it.", model="claude-sonnet-5-5", tool_calls=(ToolCall(id="2", name="edit_file", args={"path": "chapters/03.md", "old_text": "Nobody spoke.", "new_text": "Nobody spoke; the camels did not either."}),)),
        ToolResult(id="2", name="edit_file", content="edited chapters/03.md"),
    ),
)  # fmt: skip


def _talk(filled: Filled, run: Run) -> None:
    held = sessions.get(filled.conn, run.task)
    assert held is not None
    handoff = HandOff(summary="The opening is done.", next_steps=("the end of the scene",), why="its watch ended")
    saved = replace(held, transcript=TALK, handoff=handoff, checkpoint=filled.shown["scene"])
    sessions.save(filled.conn, run, saved, run.started_at)
    briefs.store(filled.conn, run, f"You work on {run.task}.\n\nThe rules of the repository: past tense, third person.")


def put(conn: Connection, name: str, at: datetime, **fields: Any) -> None:
    given = {"repo": REPO, "type": TaskType("write"), "title": name, "created_at": at, **fields}
    task_rows.insert(conn, Task(id=TaskId(name), **given), at)


def begin(filled: Filled, name: str, provider: ProviderName, at: datetime) -> Run:
    stored = task_rows.get(filled.conn, TaskId(name))
    assert stored is not None
    run = runs.begin(
        filled.conn, task_id=stored.id, provider=provider, model=MODEL[provider], base=filled.shown["base"],
        claims=stored.claims, now=at, ttl=timedelta(hours=2),
    )  # fmt: skip
    events.append(filled.conn, "run.started", {"run": run.id, "task": name, "provider": provider, "model": run.model, "attempt": run.attempt, "riders": []}, at)  # fmt: skip
    return run


def call(conn: Connection, run: Run, cost: str, at: datetime, chance: Random | None = None) -> CallId:
    stored = task_rows.get(conn, run.task)
    assert stored is not None
    purpose = Purpose(
        run=run.id, task=run.task, repo=run.repo, type=stored.type, provider=run.provider, model=run.model
    )
    bound = Bound(cost=MicroUsd(2 * usd(cost)), tokens_in=9000, tokens_out=2500, price_source="list")
    made = ledger.reserve(conn, purpose, bound, CAPS, at, task_cap=None)
    amount = (chance or Random(3)).randint(3, 9)
    usage = Usage(tokens_in=1400 * amount, tokens_out=230 * amount, cache_read=700 * amount)
    ledger.sent(conn, made)
    ledger.settle(conn, made, Settlement(cost=usd(cost), usage=usage, price_source="list"), at)
    happened(
        conn,
        "run.turn",
        int((NOW - at).total_seconds() // 60),
        run=run.id,
        call=made,
        tools=["edit_file"],
        cost=usd(cost),
    )
    return made


def land(filled: Filled, run: Run, commit: Commit, at: datetime, refused: Finding | None = None) -> None:
    conn = filled.conn
    if refused is not None:
        verdicts.store(conn, run, Verdict(tree="t1", base="t0", new=(refused,), debt=(), gates=("hygiene", "choicescript")), at - timedelta(minutes=3))  # fmt: skip
    verdicts.store(
        conn, run, Verdict(tree="t2", base="t0", new=(), debt=(DEBT,), gates=("hygiene", "choicescript")), at
    )
    intent = Intent(run=run.id, task=run.task, repo=run.repo, commit=commit, tree="t2", target_ref="refs/heads/watchbill/main", old=filled.shown["base"], delivery=Delivery.INTEGRATION)  # fmt: skip
    intents.store(conn, run, intent, at)
    intents.finish(conn, intent, landed=True, now=at)
    end(conn, run, RunState.LANDED, TaskState.LANDED, "passes every gate", at)
    events.append(
        conn, "task.landed", {"task": run.task, "run": run.id, "commit": commit, "target": "watchbill/main"}, at
    )


def end(conn: Connection, run: Run, state: RunState, to: TaskState, why: str, at: datetime) -> None:  # noqa: PLR0917 - in the order of telling
    runs.end(conn, run, state=state, task_state=to, reason=why, now=at)
    events.append(conn, "run.ended", {"run": run.id, "task": run.task, "state": state, "why": why, "cost": 0}, at)


def happened(conn: Connection, name: str, minutes: int, **facts: object) -> None:
    """So many minutes ago."""
    events.append(conn, name, facts, NOW - timedelta(minutes=minutes))
