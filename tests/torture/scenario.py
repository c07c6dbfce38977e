"""The scenario that is tortured: a small repository, ten tasks, two scripted providers, a person who edits, answers and decides.

Everything between is the real daemon. One task needs another, two want one folder, two run at once and meet in a merge, one
is refused by the gates and repaired, one asks its people and waits, one waits in batches, one rides with another on its file,
one lands when its person approves it, one is taken back after it landed, and one provider is overloaded for a moment.
"""

import asyncio
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from desk import Desk, asked_in
from points import Points

from watchbill.config.load import load
from watchbill.daemon import batches
from watchbill.daemon.bootstrap import build
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.service import Service
from watchbill.daemon.site import Wishes
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import RunTerms
from watchbill.daemon.workbench import Bench
from watchbill.domain.batches import BatchItem
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import CallId, ProviderName, TaskId
from watchbill.domain.outcomes import Answered, SetbackKind, TurnEnd
from watchbill.domain.ports import Clock, Meter, TurnRequest
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import dump
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import Fail, Say, Script, ScriptedProvider, Step, finish, first, say, table, use
from watchbill.scheduling.bill import WatchBill
from watchbill.state import runs, tasks
from watchbill.workspace import swap

QUEUE = "docs/AI_TASK_QUEUE.md"
QUESTIONS = "docs/AI_QUESTIONS.md"
ANSWER = "By dawn, says a person."
APPROVED, TAKEN_BACK = TaskId("kappa"), TaskId("gamma")
LONGEST = 30  # seconds that a daemon may take to finish everything
NOTE = "\nA note that a person wrote while the daemon was about to set a marker.\n"
CANARY = "sk-torture-canary-5d1f"
RATES = Rates(input=Decimal(3), output=Decimal(15))

CONFIG = """
[daemon]
state_dir = "state"
max_parallel = 2
tick_min = "1s"

[[repo]]
name = "tale"
path = "tale"

[provider.claude]
kind = "scripted"
models = [{ id = "m" }]
strengths = { write = 0.9, fix = 0.8 }

[provider.gpt]
kind = "scripted"
models = [{ id = "m" }]
strengths = { write = 0.8, fix = 0.9 }

[batch]
providers = ["claude", "gpt"]
window = "1s"
"""

FILES: Mapping[str, str] = {
    "README.md": "# The tale\n",
    "chapters/01.md": "# One\n\nIt was night.\n",
    "notes.md": "# Notes\n\n- the lamp\n",
    QUEUE: """# Queue

## PRIORITY 1
- [ ] Write chapter two [id:: alpha] #write
  - **Files:** `chapters/02.md`

- [ ] Polish chapter two [id:: beta] [after:: alpha] #write
  - **Files:** `chapters/02.md`

- [ ] Write chapter three [id:: gamma] #write
  - **Files:** `chapters/**`

- [ ] Note the boat [id:: delta] [after:: epsilon] #fix
  - **Files:** `notes.md`

- [ ] Keep the tale's data [id:: epsilon] #fix
  - **Files:** `data/tale.json`

- [ ] Say when it ends [id:: zeta] #write
  - **Files:** `end.md`

- [ ] Draw the map when there is time [id:: eta] [batch:: yes] #write
  - **Files:** `map.md`

- [ ] Name the boat [id:: theta] #fix
  - **Files:** `boat.md`

- [ ] Name its captain [id:: iota] #fix
  - **Files:** `boat.md`

- [ ] Praise the tale [id:: kappa] #fix
  - **Files:** `blurb.md`
  - **AI Autonomy:** LOW
""",
}


def _wrote(path: str, content: str) -> Sequence[Step | Script]:
    return (say("", use("write_file", path=path, content=content)), finish("written"))


ROWS: Mapping[str, Sequence[Step | Script]] = {
    "alpha": (say("", use("list_files")), *_wrote("chapters/02.md", "# Two\n\nIt was dawn.\n")),
    "beta": (
        first(
            Fail(kind=SetbackKind.OVERLOADED),
            say("", use("edit_file", path="chapters/02.md", old_text="dawn", new_text="a grey dawn")),
        ),
        say("", use("edit_file", path="chapters/02.md", old_text="# Two", new_text="# Two, at last")),
        finish("polished"),
    ),
    "gamma": _wrote("chapters/03.md", "# Three\n\nIt was day.\n"),
    "delta": _wrote("notes.md", "# Notes\n\n- the lamp\n- the boat\n"),
    "epsilon": (
        say("", use("write_file", path="data/tale.json", content='{"title": "The tale",}\n')),
        finish("kept"),
        say("", use("write_file", path="data/tale.json", content='{"title": "The tale"}\n'), use("check")),
        finish("kept, and mended"),
    ),
    "zeta": (
        say("", use("ask", title="When does it end?", issue="Nobody says.", options=["At night"], recommendation="?")),
        *_wrote("end.md", "It ended by dawn.\n"),
    ),
    "eta": _wrote("map.md", "Here be boats.\n"),
    "kappa": _wrote("blurb.md", "A tale of a boat.\n"),
    **dict.fromkeys(("theta", "iota"), _wrote("boat.md", "The Heron, and Ann.\n")),
}


@dataclass(frozen=True, slots=True)
class World:
    """Where everything of one life lies."""

    folder: Path

    @property
    def repo(self) -> Path:
        return self.folder / "tale"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def journal(self) -> Path:
        """What the vendors billed."""
        return self.folder / "journal.jsonl"

    @property
    def taken(self) -> Path:
        """Sessions as runs took them up."""
        return self.folder / "taken.jsonl"

    @property
    def noted(self) -> bool:
        return (self.folder / "noted").exists()

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def make(self) -> None:
        for path, text in FILES.items():
            place = self.repo / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        (self.folder / "watchbill.toml").write_text(CONFIG, encoding="utf-8")
        _git(self.repo, "init", "--quiet", "--initial-branch=main")
        _git(self.repo, "add", "--all")
        _git(self.repo, "-c", "user.name=A", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "Begin")


def run_once(world: World, points: Points) -> WatchBill:
    """One daemon's life on this world: until everything is done, or it dies. Returns the watch bill that it ran by."""
    _let_a_person_write(world)
    _note_take_ups(world)
    batches.GRACE = timedelta(0)  # this vendor's list is never late
    return asyncio.run(_live(world, points))


async def _live(world: World, points: Points) -> WatchBill:
    clock = SystemClock()
    wishes = Wishes(
        clock=clock,
        log_json=True,
        doubles={
            ProviderName(name): lambda name, meter: Journaling(name, meter, clock, world=world, points=points)
            for name in ("claude", "gpt")
        },
        terms=RunTerms(retry_after=timedelta(0)),
    )
    loaded = load(world.folder / "watchbill.toml", {}, cwd=world.folder)
    async with build(loaded, {}, wishes) as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await _until_done(service, serving)
        stop.set()
        await serving
        return service.orders.standing.bill


async def _until_done(service: Service, serving: "asyncio.Task[None]") -> None:
    done = asyncio.timeout(LONGEST)
    try:
        async with done:
            while not serving.done() and not await _is_done(service):
                _let_a_person_answer(World(service.folder.root.parent))
                await _let_a_person_decide(service)
                await asyncio.sleep(0.05)
    except TimeoutError:
        return  # what is left will be said by the checker


async def _is_done(service: Service) -> bool:
    known = await service.parts.database.submit(tasks.all_tasks)
    ended = [task for task in known if task.state not in (TaskState.QUEUED, TaskState.RUNNING, TaskState.REVIEW)]
    back = [task for task in known if task.id == TAKEN_BACK and task.state is TaskState.REVERTED]
    return len(known) >= len(ROWS) and ended == known and bool(back) and not service.dispatcher.running


class Journaling(ScriptedProvider):
    """A vendor: what it answered is billed from the moment of sending, whether anybody hears it or not."""

    latest: ClassVar["Journaling"]  # for planted bugs, which reach where no part of the daemon can
    bills: ClassVar[bool] = True

    def __init__(self, name: ProviderName, meter: Meter, clock: Clock, *, world: World, points: Points) -> None:
        super().__init__(name=name, script=table(ROWS), meter=meter, clock=clock, rates=RATES)
        self.world = world
        self.points = points
        Journaling.latest = self

    async def desk(self, model: str) -> Desk:
        """Both have batches; their list survives the daemon."""
        return Desk(self.world.folder / "batches.jsonl", model, self._answer, self.points.reach)

    def _answer(self, item: BatchItem) -> Answered:
        """What is billed from the moment that a batch is made, whether anybody fetches it or not."""
        request = asked_in(item)
        step = self._script(self._scene(request))
        assert isinstance(step, Say), "what waits is answered"
        answered = self._said(request, step, item.call, len(item.body))
        if self.bills:
            journal(self.world, request, item.call, self.name, answered.settlement.cost)
        return answered

    async def _end(self, request: TurnRequest, step: Step, call: CallId, size: int) -> TurnEnd:
        await self._meter.named(call, f"req-of-{call}")  # as where a vendor begins to answer
        end = await super()._end(request, step, call, size)
        billed = end.settlement.cost if isinstance(end, Answered) else 0
        label = f"request for {request.purpose.task}"
        self.points.reach(f"before {label}")
        if self.bills:
            journal(self.world, request, call, self.name, billed)
        self.points.reach(f"after {label}")
        return end


def journal(world: World, request: TurnRequest, call: CallId | None, provider: str, billed: int) -> None:
    line = {
        "provider": provider,
        "model": request.purpose.model,
        "task": request.purpose.task,
        "call": call,
        "billed": billed,
        "digest": digest(dump(request.transcript)),
    }
    append(world.journal, line)


def append(path: Path, line: Mapping[str, object]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def word_of(session: Session) -> str:
    """A session's durable state, in one word."""
    return f"{session.checkpoint} {digest(dump(session.transcript))} {session.repairs}"


def _note_take_ups(world: World) -> None:
    take_up = Stint.open

    async def noted(stint: Stint) -> Bench:
        bench = await take_up(stint)
        append(world.taken, {"session": stint.session.id, "run": stint.run.id, "taken": word_of(stint.session)})
        return bench

    Stint.open = noted


def _let_a_person_write(world: World) -> None:
    """Once, in the worst moment: after the daemon has read the queue and before it swaps."""
    and_swap = swap.compare_and_swap

    def meanwhile(path: Path, expected: bytes, new: bytes) -> bool:
        if path == world.repo / QUEUE:
            text = path.read_text(encoding="utf-8")
            if not world.noted and NOTE not in text:
                with path.open("a", encoding="utf-8") as file:
                    file.write(NOTE)  # one write: they never leave half of it
            (world.folder / "noted").touch()
        return and_swap(path, expected, new)

    swap.compare_and_swap = meanwhile


def _let_a_person_answer(world: World) -> None:
    """As an editor saves: whole, beside the file, and then in its place; long enough ago to be believed at once."""
    place = world.repo / QUESTIONS
    text = place.read_text(encoding="utf-8") if place.exists() else ""
    if "**Answer:** \n" in text:
        beside = place.with_suffix(".editing")
        beside.write_text(text.replace("**Answer:** \n", f"**Answer:** {ANSWER}\n"), encoding="utf-8")
        os.utime(beside, (0, 0))
        beside.rename(place)


async def _let_a_person_decide(service: Service) -> None:
    """Approve what waits for that, and take one landing back; a moment later they would do it all the same."""
    known = {task.id: task for task in await service.parts.database.submit(tasks.all_tasks)}
    with suppress(IllegalMove):  # decided already
        if APPROVED in known and known[APPROVED].state is TaskState.REVIEW:
            work = await service.control.desk.work(APPROVED)
            assert work is not None, "it waits with its work"
            await service.control.approve(APPROVED, work.tree, who="a person", said="")
        if TAKEN_BACK in known and known[TAKEN_BACK].state is TaskState.LANDED:
            run = (await service.parts.database.submit(lambda conn: runs.of_task(conn, TAKEN_BACK)))[-1]
            await service.control.rollback(run.id, who="a person", why="not so", retry=False)


def _git(repo: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(repo), *words], check=True, capture_output=True)
