"""The collector: what it reads of a real world passes the checker whole, and what is done to that world is seen."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clocks import FastClock
from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, START, World, settle
from watchbill.daemon.evidence import RepoSource, Sources, collect
from watchbill.daemon.evidence_rows import ledger_entries
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.invariants.checker import check
from watchbill.domain.invariants.report import Report
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.windows import Caps
from watchbill.providers.scripted import Fail, Scene, Step, finish, say, use
from watchbill.state import accounts, engine
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import UserState, user_state
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio

QUEUE = "docs/AI_TASK_QUEUE.md"
CANARY = "sk-canary-0042"
ENTRIES = """# Queue

- [ ] Do one thing [id:: one] [files:: notes.md]
- [ ] Do another, by its title [files:: other.md] [after:: one]
- [ ] Fail [id:: three] [files:: third.md]
- [x] Was done before we came [id:: zero]
"""


def play(scene: Scene) -> Step:
    """Write twice and edit once; the third task is refused by its model."""
    if scene.purpose.task == "three":
        return Fail(kind=SetbackKind.BAD_REQUEST)
    path = "notes.md" if scene.purpose.task == "one" else "./other.md"
    row = (
        say(
            "",
            use("write_file", path="src/outside.py", content="refused = True\n"),
            use("write_file", path=path, content="# Text\r\n\nfirst\n"),
        ),
        say("", use("edit_file", path=path, old_text="first", new_text="second"), use("read_file", path=path)),
        finish("done"),
    )
    return steps(*row)(scene)


async def lived(tmp_path: Path, text: str = ENTRIES, **more: object) -> tuple[World, UserState]:
    kinds = {"scripts": {"claude": play}, "files": {**FILES, QUEUE: text}, **more}
    here = World(root=tmp_path, **kinds).make()
    before = user_state(here.path)
    async with here.service() as service:
        await settle(service)
        await service.ticker.write_back()
    return here, before


async def looked(here: World, before: UserState, **more: object) -> Report:
    conn = engine.connect(here.root / "state" / "watchbill.db")
    with closing(conn):
        told = {"requests": requests_of(conn), **more}
        return check(await collect(conn, sources(here, before, **told)))


def requests_of(conn: engine.Connection) -> tuple[facts.HttpRequest, ...]:
    """The vendor's journal, as if it were kept elsewhere."""
    return tuple(
        facts.HttpRequest(
            seq=seq,
            provider=call.purpose.provider,
            model=call.purpose.model,
            billed=call.settlement.cost if call.settlement else MicroUsd(0),
            answered=True,
            call=call.id,
        )
        for seq, call in enumerate(accounts.calls(conn))
    )


def sources(
    here: World,
    before: UserState,
    queue: bytes = ENTRIES.encode(),
    **more: object,
) -> Sources:
    git = Git(OsProc(), next((here.root / "state" / "repos").iterdir()), FastClock(start=START, rate=1))
    repo = RepoSource(
        name=RepoName("repo"), git=git, path=here.path, queues=(QUEUE,), before=before, queue_before={QUEUE: queue}
    )
    log = here.root / "log.txt"
    log.touch()
    whole = Sources(
        repos=(repo,),
        caps=Caps(),
        take_ups=(),
        tenures=(facts.Tenure(folder="state", pid=1, since=START),),
        rota=facts.Rota(hours={ProviderName("claude"): frozenset({3})}),
        canaries=(CANARY,),
        logs=(log,),
        runnable=(),
    )
    return replace(whole, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("delivery", ["integration", "branch", "patch"])
async def test_real_world_passes_every_invariant(tmp_path: Path, delivery: str) -> None:
    here, before = await lived(tmp_path, repo=f'delivery = "{delivery}"')

    report = await looked(here, before)

    assert not report.violations, str(report)
    assert report.not_checked == ()


async def test_what_is_not_told_is_not_checked(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    silent = {"caps": None, "requests": None, "take_ups": None, "tenures": None, "rota": None, "canaries": None}

    report = await looked(here, before, **silent, runnable=None)

    assert set(report.not_checked) == {"I1", "I2", "I3", "I4", "I13", "I14", "I15", "I17", "I18", "I19"}


async def test_run_outside_its_hours_needs_what_the_journal_says(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    meddle(here, "DELETE FROM decisions")

    assert (await looked(here, before)).broken == {"I15"}


def meddle(here: World, *statements: str) -> None:
    with closing(engine.connect(here.root / "state" / "watchbill.db")) as conn:
        for statement in statements:
            conn.execute(statement)


async def test_branch_that_lost_what_landed_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    bare = next((here.root / "state" / "repos").iterdir())
    here.git("--git-dir", str(bare), "update-ref", "refs/heads/watchbill/main", "refs/remotes/owner/main")

    assert (await looked(here, before)).broken == {"I8"}


async def test_commit_of_ours_that_names_no_run_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    bare = next((here.root / "state" / "repos").iterdir())
    ours = ("-c", "user.email=watchbill@localhost", "--git-dir", str(bare))
    made = here.git(
        *ours, "commit-tree", "refs/heads/watchbill/main^{tree}", "-p", "refs/heads/watchbill/main", "-m", "x"
    )
    here.git("--git-dir", str(bare), "update-ref", "refs/heads/watchbill/main", made.strip())

    assert (await looked(here, before)).broken == {"I7", "I8"}


async def test_lost_edit_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    meddle(here, "UPDATE sessions SET transcript = replace(transcript, 'second', 'third')")

    assert (await looked(here, before)).broken == {"I9"}


async def test_edit_that_landed_in_no_file_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    meddle(here, "UPDATE sessions SET transcript = replace(transcript, 'notes.md', 'gone.md') WHERE task = 'one'")

    assert (await looked(here, before)).broken == {"I9"}


async def test_edit_without_a_file_leaves_none(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    meddle(
        here,
        "UPDATE sessions SET transcript = replace(transcript, 'notes.md', 'gone.md') WHERE task = 'one'",
        "UPDATE sessions SET transcript = replace(transcript, 'write_file', 'read_file') WHERE task = 'one'",
    )

    assert not (await looked(here, before)).broken


async def test_tasks_that_were_merged_and_one_that_never_began_pass(tmp_path: Path) -> None:
    text = ENTRIES.replace(" [after:: one]", "") + "- [ ] Never [id:: never] [after:: three] [files:: n.md]\n"
    here, before = await lived(tmp_path, text, daemon="max_parallel = 2", scripts={"claude": play, "gpt": play})

    assert len(here.said("landing.committed")) == 2
    assert not (await looked(here, before, queue=text.encode())).broken


async def test_queue_that_is_not_as_people_left_it_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    changed = ENTRIES.replace("another", "yet another")

    assert (await looked(here, before, queue=changed.encode())).broken == {"I12"}


async def test_marker_that_does_not_show_its_task_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    here.queue.write_text(here.queue.read_text().replace("[x] Do one", "[ ] Do one"))

    assert (await looked(here, before)).broken == {"I12"}


async def test_entry_that_never_became_a_task_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    more = "- [ ] Nobody read this [id:: late]\n"
    here.queue.write_text(here.queue.read_text() + more)

    assert (await looked(here, before, queue=(ENTRIES + more).encode())).broken == {"I12"}


async def test_marker_of_a_cancelled_task_is_its_humans(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    meddle(here, "UPDATE tasks SET state = 'cancelled' WHERE id = 'three'")

    assert not (await looked(here, before)).broken


async def test_owners_changed_file_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    (here.path / "README.md").write_text("overwritten\n")

    assert (await looked(here, before)).broken == {"I16"}


@pytest.mark.parametrize("place", ["log", "database", "inputs"])
async def test_secret_is_found_wherever_it_stands(tmp_path: Path, place: str) -> None:
    here, before = await lived(tmp_path)
    canary = {"log": CANARY, "database": "Do one thing", "inputs": "scripted-claude"}[place]
    (here.root / "log.txt").write_text(CANARY)
    hide: Mapping[str, object] = {} if place == "log" else {"logs": ()}

    assert (await looked(here, before, canaries=(canary,), **hide)).broken == {"I17"}


async def test_ledger_that_was_rewritten_since_an_earlier_look_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    with closing(engine.connect(here.root / "state" / "watchbill.db")) as conn:
        earlier = ledger_entries(conn)
    forged = (replace(earlier[0], change=MicroUsd(1)), *earlier[1:])

    assert not (await looked(here, before, earlier_ledger=earlier)).broken
    assert (await looked(here, before, earlier_ledger=forged)).broken == {"I5"}


async def test_task_that_would_still_start_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)

    assert (await looked(here, before, runnable=(TaskId("one"),))).broken == {"I18"}


async def test_damaged_clone_is_seen(tmp_path: Path) -> None:
    here, before = await lived(tmp_path)
    bare = next((here.root / "state" / "repos").iterdir())
    (bare / "refs" / "heads" / "broken").write_text("0123456789012345678901234567890123456789\n")

    report = await looked(here, before)

    assert report.broken == {"I20"}
