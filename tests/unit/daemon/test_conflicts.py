"""Conflicts in the daemon: seen coming, settled by a finer merge, by whoever made the change, or by a person."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clocks import FastClock
from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon import resolving, unmerged
from watchbill.daemon.service import Service
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId
from watchbill.domain.outcomes import SetbackKind, StintDone
from watchbill.domain.ports import ProbeResult, StintRequest, Workbench
from watchbill.domain.tasks import TaskState
from watchbill.operator.cli import show
from watchbill.operator.deciding import Change
from watchbill.operator.queries import conflicts as told
from watchbill.providers.scripted import Fail, Scene, Script, Step, finish, say, use
from watchbill.state import conflicts
from watchbill.state.conflicts import Rung

pytestmark = pytest.mark.anyio

ONE = "- [ ] Do one thing [id:: one] [files:: notes.md]"
LONG = timedelta(minutes=7)
OLD = "He ran. She sat.\n"


def queue(*entries: str, **files: str) -> Mapping[str, str]:
    text = "# Queue\n\n## PRIORITY 1\n\n" + "\n".join(entries) + "\n"
    return {**FILES, "notes.md": OLD, "docs/AI_TASK_QUEUE.md": text, **files}


class Held(FastClock):
    """Whoever waits for LONG waits until a test lets them go on."""

    def __init__(self) -> None:
        super().__init__(start=START, rate=100)
        self.go = asyncio.Event()
        self._held = asyncio.Semaphore(0)

    async def sleep(self, span: timedelta) -> None:
        if span == LONG:
            self._held.release()
            await self.go.wait()
        else:
            await super().sleep(span)

    async def holds(self) -> None:
        """Until one more waits: what it did before is stored then."""
        async with asyncio.timeout(30):
            await self._held.acquire()


def world(tmp_path: Path, script: Script, *entries: str, clock: FastClock | None = None, **more: object) -> World:
    files = queue(*(entries or (ONE,)))
    scripts = {"claude": script}
    return World(root=tmp_path, scripts=scripts, files=files, clock=clock, **more).make()  # type: ignore[arg-type]


async def meanwhile(here: World, service: Service, text: str | None) -> None:
    """A run begins, and its owner pushes before it lands."""
    await service.ticker.tick()
    await here.turn_begins(service)
    (here.path / "notes.md").unlink() if text is None else (here.path / "notes.md").write_text(text)
    here.commit("By hand")
    await service.repos[RepoName("repo")].vcs.fetch()
    assert isinstance(here.clock, Held)
    here.clock.go.set()
    await service.dispatcher.idle()
    await service.ticker.write_back()


async def by_hand(here: World, service: Service, text: str) -> None:
    (here.path / "notes.md").write_text(text)
    here.commit("By hand")
    await service.repos[RepoName("repo")].vcs.fetch()


async def rungs(service: Service, run: str = "run-1") -> list[tuple[Rung, bool]]:
    found = await service.parts.database.submit(lambda conn: conflicts.of_run(conn, RunId(run)))
    return [(one.rung, one.worked) for one in found]


def write(text: str, **more: timedelta) -> Step:
    return say("", use("write_file", path="notes.md", content=text), **more)


async def test_changes_of_two_sentences_are_merged_by_nobody(tmp_path: Path) -> None:
    here = world(tmp_path, steps(write("He walked. She sat.\n", takes=LONG), finish("done")), clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, "He ran. She stood.\n")

        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await rungs(service) == [(Rung.REBASE, False), (Rung.THREE_WAY, True)]
        said = await service.parts.database.submit(lambda conn: told.of_run(conn, RunId("run-1")))
    assert here.show("notes.md") == "He walked. She stood.\n"
    assert [show.tried(one) for one in said] == ["rebase failed in notes.md", "three-way merge resolved notes.md"]


async def test_whoever_made_the_change_is_given_both_sides_and_the_base(tmp_path: Path) -> None:
    seen: list[str] = []

    def resolve(scene: Scene) -> Step:
        seen.append(scene.told[-1])
        return say("", use("read_file", path="notes.md"))

    def both(scene: Scene) -> Step:
        seen.append(scene.results[0].content)
        return write("He walked and flew. She sat.\n")

    script = steps(write("He walked. She sat.\n", takes=LONG), finish("done"), resolve, both, finish("done"))
    here = world(tmp_path, script, clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, "He flew. She sat.\n")

        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await rungs(service) == [(Rung.REBASE, False), (Rung.THREE_WAY, False), (Rung.PROVIDER, True)]
        day = await service.parts.database.submit(lambda conn: told.last_day(conn, service.parts.clock.now()))
    assert "notes.md" in seen[0]
    assert [line for line in seen[1].splitlines() if line[:7] not in MARKERS] == [
        "He flew. She sat.",
        "He ran. She sat.",
        "He walked. She sat.",
    ]
    assert here.show("notes.md") == "He walked and flew. She sat.\n"
    assert (day["landed_24h"], day["met_24h"], day["resolved_24h"]) == (1, 1, {"three_way": 0, "provider": 1})


async def test_a_conflict_that_nobody_settles_waits_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmerged, "MOST_CONFLICTS", 0)
    here = world(tmp_path, steps(write("He walked. She sat.\n", takes=LONG), finish("done")), clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, "He flew. She sat.\n")

        found = await task_of(service, "one")
        assert (found.state, "do not merge" in found.note) == (TaskState.REVIEW, True)
        assert (await rungs(service))[-1] == (Rung.REVIEW, True)
        assert await sides(service) == ["He flew. She sat.", "He ran. She sat.", "He walked. She sat."]
    assert here.said("conflict.escalated")[0]["paths"] == ("notes.md",)


async def sides(service: Service) -> list[str]:
    """What stands between the markers for whoever reviews the task: what landed, the base, the change."""
    shown = (await service.control.desk.files(TaskId("one")))["notes.md"]
    assert shown is not None
    return [line for line in shown.decode().splitlines() if line[:7] not in MARKERS]


MARKERS = ("<<<<<<<", "|||||||", ">>>>>>>", "=======")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ("<<<<<<< one\nHe flew.\n=======\nHe walked.\n>>>>>>> two\n", "does not pass the checks"),
        ("He flew. She sat.\n", "keeps nothing of its change"),
    ],
)
async def test_a_merge_of_its_provider_that_is_refused_is_a_persons_with_both_sides(
    tmp_path: Path, made: str, says: str
) -> None:
    script = steps(write("He walked. She sat.\n", takes=LONG), finish("done"), write(made), finish("done"))
    here = world(tmp_path, script, clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, "He flew. She sat.\n")
        found = await task_of(service, "one")

        assert await ends_of(service, "one") == [("claude", "review")]
        assert says in found.note
        assert await sides(service) == ["He flew. She sat.", "He ran. She sat.", "He walked. She sat."]
        work = await service.control.desk.work(TaskId("one"))
        assert work is not None
        edit = Change(files={"notes.md": b"He walked and flew. She sat.\n"})
        await service.control.amend(TaskId("one"), work.tree, edit, who="me", said="")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.show("notes.md") == "He walked and flew. She sat.\n"


async def test_whoever_settles_it_is_told_who_deleted_a_file_and_what_the_other_made_of_it(tmp_path: Path) -> None:
    heard: list[str] = []

    def keep(scene: Scene) -> Step:
        heard.append(scene.told[-1])
        return say("", *write("He walked on.\n").uses, *finish("kept").uses)  # type: ignore[union-attr]

    here = world(tmp_path, steps(write("He walked. She sat.\n", takes=LONG), finish("done"), keep), clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, None)

        assert await ends_of(service, "one") == [("claude", "landed")]
    assert "`notes.md` has no markers: what landed deleted it, and you changed it" in heard[0]
    assert "```\nHe ran. She sat.\n```" in heard[0]
    assert "+He walked. She sat." in heard[0]
    assert here.show("notes.md") == "He walked on.\n"


async def test_a_person_sees_who_deleted_a_file_and_what_the_other_made_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmerged, "MOST_CONFLICTS", 0)
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        take_on(service, {"notes.md": None}).meanwhile = lambda: by_hand(here, service, "He flew. She sat.\n")
        await settle(service)
        found = await task_of(service, "one")
        last = (await service.parts.database.submit(lambda conn: told.of_run(conn, RunId("run-1"))))[-1]

    assert found.state is TaskState.REVIEW
    assert "this task deleted it, what landed changed it" in found.note
    assert (last["deletions"][0]["base"], "+He flew." in last["deletions"][0]["change"]) == (OLD, True)


@pytest.mark.parametrize("most", [0, 20])
async def test_many_files_or_one_that_is_gone_are_merged_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(unmerged, "MOST_CONFLICTS", 0)
    monkeypatch.setattr(resolving, "_MOST_FILES", most)
    here = world(tmp_path, steps(write("He walked. She sat.\n", takes=LONG), finish("done")), clock=Held())
    async with here.service() as service:
        await meanwhile(here, service, "He ran. She stood.\n" if most == 0 else None)

        assert await rungs(service) == [(Rung.REBASE, False), (Rung.THREE_WAY, False), (Rung.REVIEW, True)]


async def test_a_collision_is_seen_coming_and_the_model_is_told(tmp_path: Path) -> None:
    heard: list[str] = []

    def last(scene: Scene) -> Step:
        heard[:] = [text for text in scene.told if "changed the same lines" in text]
        return write("He ran. She sat.\nMore.\n") if scene.turn == 2 else finish("done")

    clock = Held()
    wait = say("", use("list_files"), takes=LONG)
    here = world(tmp_path, steps(write("He walked. She sat.\n"), wait, last), clock=clock)
    async with here.service() as service:
        await service.ticker.tick()
        await clock.holds()
        (here.path / "notes.md").write_text("He flew. She sat.\n")
        here.commit("By hand")
        await service.ticker.tick()
        why = await service.parts.database.submit(lambda conn: told.last_day(conn, service.parts.clock.now()))
        await here.hears("conflict.predicted", run="run-1", other="watchbill/main", paths=["notes.md"])
        clock.go.set()
        await service.dispatcher.idle()

    assert [(one["run"], one["other"], one["paths"]) for one in why["predicted"]] == [
        ("run-1", "watchbill/main", ["notes.md"])
    ]
    (once,) = heard
    assert "watchbill/main changed the same lines" in once
    assert "+He flew. She sat." in once


async def test_a_collision_that_is_over_is_told_to_be(tmp_path: Path) -> None:
    clock = Held()
    wait = say("", use("list_files"), takes=LONG)
    here = world(tmp_path, steps(write("He walked. She sat.\n"), wait, finish("done")), clock=clock)
    async with here.service() as service:
        await service.ticker.tick()
        await clock.holds()
        for text in ("He flew. She sat.\n", OLD):
            (here.path / "notes.md").write_text(text)
            here.commit("By hand")
            await service.ticker.tick()
        clock.go.set()
        await service.dispatcher.idle()

    assert [facts["other"] for facts in here.said("conflict.cleared")] == ["watchbill/main"]


async def test_runs_on_different_files_are_not_taken_for_colliding(tmp_path: Path) -> None:
    def play(scene: Scene) -> Step:
        path = "notes.md" if scene.purpose.task == "one" else "other.md"
        row = (say("", use("write_file", path=path, content="# T\n")), say("", takes=LONG), finish("done"))
        return row[min(scene.turn, 2)]

    two = "- [ ] Do another [id:: two] [files:: other.md]"
    clock, keys = Held(), {"claude": "concurrent = 2"}
    here = world(tmp_path, play, ONE, two, daemon="max_parallel = 2", keys=keys, clock=clock)
    async with here.service() as service:
        await service.ticker.tick()
        await clock.holds()
        await clock.holds()
        await service.ticker.tick()
        clock.go.set()
        await service.dispatcher.idle()

    assert not here.said("conflict.predicted")


async def test_what_landed_after_an_older_run_began_is_no_collision_with_it(tmp_path: Path) -> None:
    def play(scene: Scene) -> Step:
        task = scene.purpose.task
        path = "notes.md" if task == "one" else "other.md"
        row = [say("", use("write_file", path=path, content=f"# {task}\n"))]
        row += [] if task == "two" else [say("", use("list_files"), takes=LONG)]
        return [*row, finish("done")][min(scene.turn, len(row))]

    entries = (
        ONE,
        "- [ ] Two [id:: two] [files:: other.md]",
        "- [ ] Three [id:: three] [files:: other.md] [after:: two]",
    )
    clock, keys = Held(), {"claude": "concurrent = 2"}
    here = world(tmp_path, play, *entries, daemon="max_parallel = 2", keys=keys, clock=clock)
    async with here.service() as service:
        await service.ticker.tick()
        await clock.holds()
        await here.hears("run.ended", task="two")
        await service.ticker.tick()
        await clock.holds()
        await service.ticker.tick()
        clock.go.set()
        await service.dispatcher.idle()

    assert not here.said("conflict.predicted")


# --- agents


@dataclass
class Agent:
    """An agent that leaves files behind, one set a stint."""

    name: ProviderName
    rows: list[Mapping[str, str | None]]
    found: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None  # what others do while it works

    async def stint(self, request: StintRequest, bench: Workbench) -> StintDone:
        here = request.worktree / "notes.md"
        self.found.append(here.read_text())
        for path, text in self.rows.pop(0).items():
            (request.worktree / path).unlink() if text is None else (request.worktree / path).write_text(text)
        if self.meanwhile is not None:
            await self.meanwhile()
        return StintDone(summary="done", is_work=True)

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="")

    async def aclose(self) -> None:
        pass


def take_on(service: Service, *rows: Mapping[str, str | None]) -> Agent:
    agent = Agent(ProviderName("claude"), list(rows))
    service.providers[ProviderName("claude")] = agent  # type: ignore[index]
    return agent


STRAY = {"notes.md": "# Notes\n", "other.md": "# Other\n"}


async def test_what_an_agent_changed_unasked_is_offered_and_lands_without_another_call_once_accepted(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        take_on(service, STRAY)
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "review")]
        assert "other.md" in (await task_of(service, "one")).note

        await service.control.accept((await task_of(service, "one")).id)
        await settle(service)
        assert (await ends_of(service, "one"))[-1] == ("(person)", "landed")
        assert (await task_of(service, "one")).widened == ("other.md",)
    assert here.said("claim.offered")[0]["patterns"] == ("other.md",)
    assert here.show("other.md") == "# Other\n"


async def test_what_cannot_be_committed_is_the_runs_own_failure_and_no_fault_of_ours(tmp_path: Path) -> None:
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        take_on(service, {"notes.md": "# N\n", "z\udcff.md": "x"})
        await service.ticker.tick()
        await service.dispatcher.idle()

        assert await ends_of(service, "one") == [("claude", "rejected")]
        assert "has a name that is not UTF-8" in (await task_of(service, "one")).note
    assert not here.said("daemon.fault")


async def test_free_files_are_granted_at_once_where_the_repository_says_so(tmp_path: Path) -> None:
    here = world(tmp_path, steps(finish("done")), repo='widen = "free"')
    async with here.service() as service:
        take_on(service, STRAY)
        await settle(service)

        assert await ends_of(service, "one") == [("claude", "landed")]
    assert here.show("other.md") == "# Other\n"


@pytest.mark.parametrize("widen", ["never", "asked"])
async def test_what_somebody_else_has_or_nobody_may_have_is_refused(tmp_path: Path, widen: str) -> None:
    two = "- [ ] Do another [id:: two] [files:: other.md]"
    here = world(tmp_path, steps(say("", takes=LONG)), ONE, two, repo=f'widen = "{widen}"')
    here.scripts = {"claude": here.scripts["claude"], "gpt": steps(say("", takes=timedelta(days=9)))}
    here.keys = {"claude": 'only_types = ["write"]', "gpt": 'only_types = ["fix"]'}
    here.queue.write_text(
        here.queue.read_text().replace("Do another", "Do another #fix").replace("Do one", "Do #write")
    )
    here.commit("Types")
    async with here.service() as service:
        take_on(service, STRAY, STRAY, STRAY, STRAY)
        await service.ticker.tick()
        await here.hears("run.ended", task="one", state="rejected")


@pytest.mark.parametrize(
    ("made", "end"),
    [
        ("He walked and flew. She sat.\n", "landed"),
        ("<<<<<<< one\n=======\n>>>>>>> two\n", "review"),
        ("He flew. She sat.\n", "review"),
    ],
)
async def test_an_agents_conflict_is_its_next_stints_and_then_a_persons(tmp_path: Path, made: str, end: str) -> None:
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        agent = take_on(service, {"notes.md": "He walked. She sat.\n"}, {"notes.md": made})
        repo = service.repos[RepoName("repo")]
        begin = agent.stint

        async def late(request: StintRequest, bench: Workbench) -> StintDone:
            done = await begin(request, bench)
            if len(agent.found) == 1:
                (here.path / "notes.md").write_text("He flew. She sat.\n")
                here.commit("By hand")
                await repo.vcs.fetch()
            return done

        agent.stint = late  # type: ignore[method-assign]
        await settle(service)

        assert await ends_of(service, "one") == [("claude", "handed_off"), ("claude", end)]
        if end == "review":
            assert await sides(service) == ["He flew. She sat.", "He ran. She sat.", "He walked. She sat."]
    assert agent.found[1].startswith("<<<<<<<")
    if end == "landed":
        assert here.show("notes.md") == made


# --- more files


async def test_a_model_is_given_one_more_file_where_nobody_has_it(tmp_path: Path) -> None:
    ask = say("", use("claim", path="./other.md", why="a link"), use("write_file", path="other.md", content="# O\n"))
    here = world(tmp_path, steps(ask, write("# Notes\n"), finish("done")))
    async with here.service() as service:
        await settle(service)

        assert await ends_of(service, "one") == [("claude", "landed")]
    assert here.said("claim.granted")[0]["patterns"] == ("other.md",)
    assert here.show("other.md") == "# O\n"


async def test_a_model_that_is_refused_a_file_hands_on_and_the_task_waits_for_it(tmp_path: Path) -> None:
    answers: list[str] = []

    def play(scene: Scene) -> Step:
        if scene.purpose.task == "two":
            return say("", takes=timedelta(days=9))
        if scene.turn == 0:
            return say("", use("claim", path="other.md", why="a link"))
        answers.append(scene.results[0].content)
        return say("", *write("# N\n").uses, *finish("half", done=False).uses)  # type: ignore[union-attr]

    two = "- [ ] Do another [id:: two] [files:: other.md]"
    keys = {"claude": "concurrent = 2"}
    here = world(tmp_path, play, two, ONE, daemon="max_parallel = 2", keys=keys)
    async with here.service() as service:
        await service.ticker.tick()
        await here.hears("run.ended", task="one", state="handed_off")
        await service.ticker.tick()

        assert (await task_of(service, "one")).widened == ("other.md",)
        assert "is in work for two" in answers[0]
    assert here.said("task.waiting")[-1]["reason"] == "file_claimed"


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("He ran. She stood.\n", "He walked. She stood.\n"),
        ("He flew. She sat.\n", "<<<<<<<"),
    ],
)
async def test_work_that_waited_goes_on_upon_what_landed_in_its_files_meanwhile(
    tmp_path: Path, text: str, stands: str
) -> None:
    found: list[str] = []
    heard: list[str] = []

    def look(scene: Scene) -> Step:
        heard.extend(scene.told)
        return say("", use("read_file", path="notes.md"))

    def end(scene: Scene) -> Step:
        found.append(scene.results[0].content)
        return say("", *write("He walked at last.\n").uses, *finish("done").uses)  # type: ignore[union-attr]

    half = say("", *write("He walked. She sat.\n").uses, *finish("half", done=False).uses)  # type: ignore[union-attr]
    here = world(tmp_path, steps(half, look, end))
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await by_hand(here, service, text)
        await settle(service)

        assert await ends_of(service, "one") == [("claude", "handed_off"), ("claude", "landed")]
    assert found[0].startswith(stands)
    assert any("notes.md" in text and ("read it again first" in text or "both sides" in text) for text in heard)
    assert here.show("notes.md") == "He walked at last.\n"


async def test_a_brief_that_nobody_answered_is_made_anew_where_its_files_changed(tmp_path: Path) -> None:
    heard: list[str] = []

    def last(scene: Scene) -> Step:
        heard.extend(scene.told)
        return say("", *write("He walked. She stood.\n").uses, *finish("done").uses)  # type: ignore[union-attr]

    here = world(tmp_path, last)
    here.scripts = {"claude": steps(Fail(kind=SetbackKind.AUTH_FAILED)), "gpt": steps(last)}
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await by_hand(here, service, "He ran. She stood.\n")
        await settle(service)

    assert "She stood." in heard[0]
    assert "She sat." not in heard[0]


async def test_a_task_keeps_to_its_files_where_that_is_configured(tmp_path: Path) -> None:
    answers: list[str] = []

    def then(scene: Scene) -> Step:
        answers.append(scene.results[0].content)
        return write("# N\n")

    ask = say("", use("claim", path="other.md", why="a link"))
    here = world(tmp_path, steps(ask, then, finish("done")), repo='widen = "never"')
    async with here.service() as service:
        await settle(service)

    assert "keeps to its own files" in answers[0]


# --- what the lookout sees


async def test_a_task_waits_while_its_owner_edits_the_file(tmp_path: Path) -> None:
    here = world(tmp_path, steps(write("# N\n"), finish("done")))
    (here.path / "notes.md").write_text("half a sent")
    async with here.service() as service:
        await service.ticker.tick()

        assert here.said("task.waiting")[-1]["reason"] == "human_editing"
        here.git("checkout", "--quiet", "notes.md")
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]


async def test_a_task_waits_for_a_file_that_it_needs(tmp_path: Path) -> None:
    entry = ONE + " [needs:: lore/canon.md]"
    here = world(tmp_path, steps(write("# N\n"), finish("done")), entry)
    async with here.service() as service:
        await service.ticker.tick()

        assert here.said("task.waiting")[-1]["detail"] == "waits for lore/canon.md to exist on its target"
        (here.path / "lore").mkdir()
        (here.path / "lore/canon.md").write_text("# Canon\n")
        here.commit("Canon")
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
