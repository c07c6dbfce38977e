"""The torture harness: kill -9 at every point, start again, and let the checker look.

    python tests/torture/torture.py [--plant NAME] [--match REGEX] [--each | --telling] [--every N] [--jobs N] [--folder PATH]

Prints a JSON line for each death: its point and what the checker found. The parent imports everything once and forks, before
there is a thread or a loop. A death's disk is copied while its daemon stands still (SIGSTOP) at that point, so one first life
serves many deaths, and each costs one second life and no start of Python.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parent))

from plants import PLANTS
from points import Place, Points, first_of_each, most_telling
from scenario import ANSWER, CANARY, FILES, NOTE, QUESTIONS, QUEUE, World, run_once, word_of

from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.evidence import RepoSource, Sources, collect
from watchbill.daemon.evidence_rows import ledger_entries
from watchbill.domain.ids import CallId, ProviderName, RepoName, RunId, SessionId, TaskId
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.invariants.checker import check
from watchbill.domain.invariants.report import Report
from watchbill.domain.money import MicroUsd
from watchbill.domain.transcript import ToolResult
from watchbill.scheduling import planner
from watchbill.scheduling.bill import WatchBill
from watchbill.state import engine, questions, schema, sessions, snapshot, tasks
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import UserState, user_state
from watchbill.workspace.proc import OsProc

TRIES = 3
AT_ONCE = 60  # deaths of one life: each is a world on the disk
OBJECTS = ("objects",)
LAST_BREATH = 0.3  # seconds that a git may outlive its daemon


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One point and what came after it."""

    point: str  # "nothing": nobody was killed
    broken: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was known at the moment of death."""

    ledger: tuple[facts.LedgerEntry, ...] = ()
    word_by_session: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dead:
    """A world as a daemon left it that died at a place."""

    place: Place
    world: World
    tenure: facts.Tenure


@dataclass(frozen=True, slots=True)
class Torture:
    """A scenario, a plant or none, and a folder for the worlds."""

    folder: Path
    plant: Callable[[], None]

    def places(self) -> list[Place]:
        """Every point of one undisturbed life, by walking it."""
        world = self._new_world("dry")
        os.waitpid(_child(world, lambda: self._live(world, Points(log=world.folder / "points"))), 0)
        return Points.places(world.folder / "points")

    def undisturbed(self) -> Death:
        """One life to its end, in which nobody is killed."""
        world = self._new_world("undisturbed")
        return self._restart(world, "nothing", ())

    def deaths(self, places: Sequence[Place], stage: str) -> Iterator[Death]:
        """Live, die at each of the places, live again to the end, and look. All of it happens in one folder, the stage.

        What a kill leaves is the disk as it is at that instant: so one life stands still at place after place, while its
        world is copied, and is really killed at the last one. Each copy takes the stage for its second life.
        """
        for first in range(0, len(places), AT_ONCE):
            missing = list(places[first : first + AT_ONCE])
            for _ in range(TRIES):  # what is committed together varies
                for dead in self._die(missing, stage) if missing else ():
                    missing.remove(dead.place)
                    shutil.rmtree(self.folder / stage, ignore_errors=True)
                    dead.world.folder.rename(self.folder / stage)
                    yield self._restart(World(self.folder / stage), str(dead.place), (dead.tenure,))
            for place in missing:
                yield self._restart(self._new_world(stage), f"missed {place}", ())

    def _die(self, places: Sequence[Place], stage: str) -> list["Dead"]:
        """A world for each of the places that one life came to."""
        world, found = self._new_world(stage), []
        log, since = world.folder / "points", datetime.now(UTC)
        pid = _child(world, partial(self._live, world, Points(log=log, stand_at=frozenset(places))))
        while os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]):
            copy = _copied(world, self.folder / f"{stage} {len(found)}")
            tenure = facts.Tenure(folder="state", pid=pid, since=since, until=datetime.now(UTC))
            found.append(Dead(Points.places(log)[-1], copy, tenure))
            os.kill(pid, signal.SIGKILL if len(found) == len(places) else signal.SIGCONT)
        time.sleep(LAST_BREATH)
        return found

    def _restart(self, world: World, point: str, dead: tuple[facts.Tenure, ...]) -> Death:
        """Live on that world to the end, and look."""
        began, taken, known = time.monotonic(), len(_lines(world.taken)), _at_death(world)
        tenures = (*dead, facts.Tenure(folder="state", pid=0, since=datetime.now(UTC)))
        result = world.folder / "result.json"
        life = partial(self._live_and_look, world, known, skip=taken, tenures=tenures, result=result)
        os.waitpid(_child(world, life), 0)
        found = json.loads(result.read_text()) if result.exists() else _crashed(world)
        if found["broken"]:
            shutil.copytree(world.folder, self.folder / re.sub(r"\W+", "-", point)[:150], symlinks=True)
        shutil.rmtree(world.folder)
        return Death(
            point=point,
            broken=tuple(found["broken"]),
            said=tuple(found["said"]),
            seconds=round(time.monotonic() - began, 2),
        )

    def _live(self, world: World, points: Points) -> None:
        self.plant()
        points.install()
        run_once(world, points)

    def _live_and_look(
        self,
        world: World,
        known: Before,
        *,
        skip: int,
        tenures: tuple[facts.Tenure, ...],
        result: Path,
    ) -> None:
        self.plant()
        bill = run_once(world, Points(log=world.folder / "points-of-the-second"))
        report = look(world, bill, self._owners_side(), known, skip=skip, tenures=tenures)
        said = [str(violation) for violation in report.violations]
        asked = list(_asked_wrongly(world))
        broken = {*report.broken, *report.not_checked, *(["questions"] if asked else [])}
        result.write_text(json.dumps({"broken": sorted(broken), "said": [*said, *asked]}))

    def _owners_side(self) -> UserState:
        """How every world's owner left it."""
        return user_state(World(self.folder / "model").repo)

    def _new_world(self, name: str) -> World:
        model = self.folder / "model"
        if not model.exists():
            World(model).make()
        shutil.copytree(model, self.folder / name, symlinks=True)
        return World(self.folder / name)


def look(
    world: World,
    bill: WatchBill,
    before: UserState,
    known: Before,
    *,
    skip: int = 0,
    tenures: tuple[facts.Tenure, ...] = (),
) -> Report:
    """Collect everything that this world left behind, and check it."""
    clock = SystemClock()
    conn = engine.connect(world.state / "watchbill.db")
    seen = snapshot.load(conn, bill, clock.now())
    text = FILES[QUEUE] + (NOTE if world.noted else "")
    sources = Sources(
        repos=(
            RepoSource(
                name=RepoName("tale"),
                git=Git(OsProc(), next((world.state / "repos").glob("*")), clock),
                path=world.repo,
                queues=(QUEUE,),
                before=before,
                queue_before={QUEUE: text.encode()},
                questions=(QUESTIONS,),
            ),
        ),
        caps=bill.caps,
        requests=tuple(_requests(world)),
        earlier_ledger=known.ledger,
        take_ups=tuple(_take_ups(world, known, skip)),
        tenures=tenures,
        rota=facts.Rota(hours={terms.name: terms.hours for terms in bill.providers}),
        canaries=(CANARY,),
        logs=(world.log,),
        runnable=tuple(start.task for start in planner.plan(seen, bill, clock.now()).starts),
    )
    try:
        return check(asyncio.run(collect(conn, sources)))
    finally:
        conn.close()


def _asked_wrongly(world: World) -> Iterator[str]:
    """One question was asked, once; its answer was heard, once; the file shows both."""
    conn = engine.connect(world.state / "watchbill.db")
    try:
        asked = questions.listing(conn)
        session = sessions.get(conn, TaskId("zeta"))
    finally:
        conn.close()
    text = (world.repo / QUESTIONS).read_text(encoding="utf-8")
    heard = [entry for entry in session.transcript.entries if isinstance(entry, ToolResult) and entry.name == "ask"]
    seen = {
        "questions": len(asked),
        "their headings": text.count("### Q-1:"),
        "answers in the file": text.count(f"**Answer:** {ANSWER}"),
        "resolutions": text.count("**Resolved:**"),
        "answers heard": sum(ANSWER in result.content for result in heard),
        "results of the call": len(heard),
    }
    yield from (f"{count} {what}, not 1" for what, count in seen.items() if count != 1)


def _requests(world: World) -> Iterator[facts.HttpRequest]:
    for seq, line in enumerate(_lines(world.journal)):
        yield facts.HttpRequest(
            seq=seq,
            provider=ProviderName(line["provider"]),
            model=line["model"],
            billed=MicroUsd(line["billed"]),
            answered=True,
            call=CallId(line["call"]) if line["call"] else None,
            digest=line["digest"],
        )


def _take_ups(world: World, known: Before, skip: int) -> Iterator[facts.TakeUp]:
    """Of each session that was stored at the death, how the first run after it took it up."""
    first: dict[str, dict[str, str]] = {}
    for line in _lines(world.taken)[skip:]:
        first.setdefault(line["session"], line)
    for session, line in first.items():
        if session in known.word_by_session:
            yield facts.TakeUp(
                session=SessionId(session),
                run=RunId(line["run"]),
                stored=known.word_by_session[session],
                taken=line["taken"],
            )


def _at_death(world: World) -> Before:
    """The store as the dead left it, read from a copy: its own files are for the next daemon to recover."""
    copy = world.folder / "autopsy"
    copy.mkdir()
    for path in world.state.glob("watchbill.db*"):
        shutil.copy(path, copy)
    if not (copy / "watchbill.db").exists():
        return Before()
    conn = engine.connect(copy / "watchbill.db")
    try:
        if not schema.version(conn):
            return Before()
        stored = [sessions.get(conn, task.id) for task in tasks.all_tasks(conn)]
        return Before(
            ledger=ledger_entries(conn),
            word_by_session={session.id: word_of(session) for session in stored if session is not None},
        )
    finally:
        conn.close()


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def _crashed(world: World) -> dict[str, list[str]]:
    return {"broken": ["crash"], "said": world.log.read_text(errors="replace").splitlines()[-40:]}


def _copied(world: World, to: Path) -> World:
    """A copy of a world whose daemon stands still. A git of it may be at work: objects last, so that no ref lacks its own."""
    stores = sorted(world.state.glob("repos/*/objects"))
    repos = {store.parent for store in stores}
    for _ in range(TRIES):
        with suppress(shutil.Error):  # a lock of git's that went meanwhile
            shutil.copytree(world.folder, to, symlinks=True, ignore=lambda at, _: OBJECTS if Path(at) in repos else ())
            for store in stores:
                shutil.copytree(store, to / store.relative_to(world.folder))
            break
        shutil.rmtree(to)
    return World(to)


def _child(world: World, life: Callable[[], None]) -> int:
    """Fork and live, until it ends or dies. Returns the child's pid; what it says goes to the world's log."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        log = os.open(world.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        life()
    except BaseException:  # noqa: BLE001 - the child must never return into the parent's stack
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _share(torture: Torture, places: Sequence[Place], jobs: int, until: str) -> bool:
    """Each worker process takes every jobs-th place and prints its deaths. False when a worker broke."""
    workers = []
    for first in range(jobs):
        pid = os.fork()
        if not pid:
            _work(torture, places[first::jobs], until, f"stage-{first}")
        workers.append(pid)
    ends = [os.waitpid(pid, 0)[1] for pid in workers]
    return not any(ends)


def _work(torture: Torture, places: Sequence[Place], until: str, stage: str) -> NoReturn:
    try:
        for death in torture.deaths(places, stage):
            _print(death)
            if until in death.broken:
                break
    except BaseException:  # noqa: BLE001 - a worker must never return into the parent's stack
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _print(death: Death) -> None:
    line = {name: getattr(death, name) for name in ("point", "broken", "said", "seconds")}
    os.write(1, (json.dumps(line) + "\n").encode())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--plant", choices=sorted(PLANTS))
    parser.add_argument(
        "--match", default="", help="only points that match, as they are printed; 'none' for one life without death"
    )
    parser.add_argument("--every", type=int, default=1, help="only every so many of them")
    parser.add_argument("--first", type=int, default=None, help="only so many of them")
    parser.add_argument("--each", action="store_true", help="only both sides of each kind of point")
    parser.add_argument(
        "--telling",
        action="store_true",
        help="the same, with one side of kinds that are no money, work, landing or edit",
    )
    parser.add_argument("--until", default="", help="stop when this invariant is found broken")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the worlds in which something was found here")
    wish = parser.parse_args()
    folder = wish.folder or Path(tempfile.mkdtemp(prefix="watchbill-torture-"))
    folder.mkdir(parents=True, exist_ok=True)
    torture = Torture(folder, PLANTS[wish.plant].apply if wish.plant else lambda: None)
    try:
        if wish.match == "none":
            _print(torture.undisturbed())
            return 0
        wanted = [place for place in torture.places() if re.search(wish.match, str(place))]
        if wish.each or wish.telling:
            wanted = most_telling(wanted) if wish.telling else first_of_each(wanted)
        return 0 if _share(torture, wanted[:: wish.every][: wish.first], wish.jobs, wish.until) else 1
    finally:
        if wish.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
