"""Steering from the command line, with no daemon there: pauses, holds, bumps, edits, new tasks, and what waits for what."""

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner, Result

from tests.stores import migrated
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.intake import grammar, reconcile
from watchbill.intake.tasks import Terms
from watchbill.operator import taking_in
from watchbill.operator.cli import graph, until
from watchbill.operator.cli import root as cli
from watchbill.operator.drawing import graph as drawing
from watchbill.operator.faults import Exit
from watchbill.operator.plain import Plain
from watchbill.state import database, events, tasks
from watchbill.state.folder import StateFolder

CONFIG = """\
[[repo]]
name = "novel"
path = "."
queue = ["tasks.md"]
inbox = "inbox"

[provider.local]
kind = "local"
"""
QUEUE = "- [ ] Check it #validate [id:: end]\n- [ ] Check more #validate [id:: more] [after:: end]\n"

Watchbill = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "watchbill.toml").write_text(CONFIG)
    (tmp_path / "tasks.md").write_text(QUEUE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHBILL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def watchbill(here: Path) -> Watchbill:
    def run(*words: str, code: int = 0, **said: Any) -> Result:
        result = CliRunner().invoke(cli.group, list(words), prog_name="watchbill", **said)
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result

    return run


@pytest.fixture
def ask(watchbill: Watchbill) -> Callable[..., Any]:
    return lambda *words: json.loads(watchbill(*words, "--json").stdout)


@pytest.fixture
def worked(here: Path) -> StateFolder:
    """A daemon has read the queue here."""
    folder = StateFolder(here / "state")
    folder.make()
    migrated(folder.db)
    found = reconcile.reconcile(
        [],
        [grammar.parse(QUEUE, "tasks.md", "novel")],
        repo="novel",
        terms=Terms(),  # type: ignore[arg-type]
    )
    now = datetime.now(UTC)
    with database.direct(folder.db) as conn:
        taking_in.store(conn, found.actions, now, running=())
        taking_in.remember(conn, RepoName("novel"), found.entries)
        events.append(conn, "queue.read", {"repo": "novel", "path": "tasks.md", "tasks": 2, "unreadable": 0}, now)
    return folder


def add(watchbill: Watchbill, *words: str, **said: Any) -> str:
    return watchbill("-q", "task", "add", *words, **said).stdout.strip()


def take_in(folder: StateFolder, *fields: str) -> None:
    """A task that no queue file says, as the daemon stores it."""
    with database.direct(folder.db) as conn:
        end = tasks.get(conn, TaskId("end"))
        assert end is not None
        from dataclasses import replace

        tasks.insert(conn, replace(end, id=TaskId("free"), title="Free", source=None), datetime.now(UTC))


# --- pauses


def test_a_pause_before_any_daemon_is_kept_and_shown_everywhere(watchbill: Watchbill, ask: Callable[..., Any]) -> None:
    said = watchbill("pause", "--for", "2h", "-m", "budget talk").stdout
    state = ask("status")
    status = watchbill("status").stdout
    why = watchbill("why", "end").stdout

    assert said.startswith("everything is paused by ")
    assert said.endswith(": budget talk\n→ watchbill resume\n")
    (pause,) = state["pauses"]
    assert (pause["scope"], pause["why"], pause["lift"]) == ("all", "budget talk", "watchbill resume")
    assert pause["who"] == until.who()
    assert timedelta(minutes=119) < datetime.fromisoformat(pause["until"]) - datetime.now(UTC) < timedelta(hours=2)
    assert state["waiting"] == {"paused": 2}
    assert "paused   everything until " in status
    assert "bring it forward: watchbill resume" in why
    assert watchbill("resume").stdout == "everything goes on\n"
    assert ask("status")["pauses"] == []


def test_what_happened_is_remembered_without_a_daemon(watchbill: Watchbill, worked: StateFolder) -> None:
    watchbill("task", "hold", "end")
    watchbill("task", "release", "end")
    watchbill("task", "bump", "end")

    with database.direct(worked.db) as conn:
        names = [event.name for event in events.since(conn, 0)]
    assert [name for name in names if name != "control.asked"] == [
        "queue.read",
        "pause.set",
        "task.released",
        "task.bumped",
    ]
    assert names.count("control.asked") == 3  # and who asked


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("--provider", "local"), ("provider", "local")),
        (("--repo", "novel"), ("repo", "novel")),
        (("--type", "bug_fixing"), ("type", "fix")),
        (("--task", "mor"), ("task", "more")),
    ],
)
def test_one_thing_is_paused_and_resumed_by_its_name(
    watchbill: Watchbill, ask: Callable[..., Any], worked: StateFolder, words: tuple[str, ...], meant: tuple[str, str]
) -> None:
    made = ask("pause", *words)
    lifted = ask("resume", *words)

    assert (made["scope"], made["name"], made["until"]) == (*meant, None)
    assert (lifted["lifted"]["name"], lifted["pauses"]) == (meant[1], [])
    watchbill("resume", *words, code=Exit.FAILED)


def test_a_resume_says_what_is_still_paused(watchbill: Watchbill, worked: StateFolder) -> None:
    watchbill("pause")
    watchbill("pause", "--repo", "novel", "-m", "rebase")

    said = watchbill("resume").stdout

    assert said.startswith("everything goes on\nstill: novel is paused by ")
    assert said.endswith(": rebase\n→ watchbill resume --repo novel\n")
    assert watchbill("-q", "pause").stdout == watchbill("-q", "resume").stdout == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--provider", "clod"), Exit.FAILED, "no provider is called 'clod'; there are local"),
        (("--repo", "nov"), Exit.FAILED, "no repository is called 'nov'; there are novel"),
        (("--type", "juggle"), Exit.FAILED, "no task type is called 'juggle'"),
        (("--task", "zz"), Exit.FAILED, "there is no task 'zz'"),
        (("--task", "end", "--repo", "novel"), Exit.USAGE, "say one of"),
        (("--for", "2h", "--until", "07:00"), Exit.USAGE, "not both"),
        (("--for", "soon"), Exit.USAGE, "must be a span"),
        (("--until", "noon"), Exit.USAGE, "is no moment"),
        (("--until", "2020-01-01"), Exit.USAGE, "2020-01-01 is over"),
    ],
)
def test_a_wrong_pause_says_what_is_wrong(
    watchbill: Watchbill, worked: StateFolder, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in watchbill("pause", *words, code=code).stderr


def test_everything_has_no_name(worked: StateFolder, here: Path) -> None:
    from watchbill.config.load import load
    from watchbill.operator.client import connect
    from watchbill.operator.faults import Refused

    client = connect(load(None, os.environ, cwd=here), os.environ)
    with pytest.raises(Refused, match="everything has no name"):
        client.post("/pause", {"scope": "all", "name": "novel"})
    with pytest.raises(Refused, match="is over"):
        client.post("/pause", {"until": "2020-01-01T00:00:00Z"})


def test_the_stop_file_is_a_pause_with_its_own_way_out(
    watchbill: Watchbill, ask: Callable[..., Any], here: Path
) -> None:
    (here / "state").mkdir()
    (here / "state/WATCHBILL_STOP").write_text("moving house")

    (pause,) = ask("status")["pauses"]
    why = ask("why", "end")

    assert (pause["why"], pause["lift"]) == ("moving house", f"rm {here}/state/WATCHBILL_STOP")
    assert why["force"] == pause["lift"]


def test_what_the_stop_file_pauses_goes_on_without_the_file_only(watchbill: Watchbill, here: Path) -> None:
    (here / "state").mkdir()
    (here / "state/WATCHBILL_STOP").touch()

    everything = watchbill("resume", code=1).output
    (here / "state/WATCHBILL_STOP").unlink()

    assert f"everything is paused by the file {here}/state/WATCHBILL_STOP; it goes on once" in everything
    assert f"→ rm {here}/state/WATCHBILL_STOP" in everything
    assert "everything is not paused" in watchbill("resume", code=1).output


@pytest.mark.usefixtures("berlin")
def test_a_time_of_day_is_its_next_one_in_local_time() -> None:
    here = datetime(2026, 11, 24, 12, tzinfo=UTC).astimezone()

    assert until._coming("14:00", here, "--until").astimezone(UTC) == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert until._coming("07:00", here, "--until").astimezone(UTC) == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert until._coming("2026-12-01T07:00", here, "--until").astimezone(UTC) == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert until._coming("2026-12-01T07:00+00:00", here, "--until").astimezone(UTC) == datetime(
        2026, 12, 1, 7, tzinfo=UTC
    )


def test_an_account_without_a_name_is_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)

    assert until.who() == "somebody"
    assert until.moment(None, None) is None


# --- new tasks


def test_an_added_task_is_a_file_and_is_seen_at_once(watchbill: Watchbill, ask: Callable[..., Any], here: Path) -> None:
    said = watchbill(
        "task", "add", "Polish it", "--files", "a.md", "--files", "b/*.md", "--priority", "1", "--type", "polish",
        "--after", "end", "--max-usd", "0.30", "--autonomy", "low", "--provider", "local", "--body", "-", input="At\nlength\n",
    ).stdout  # fmt: skip
    (path,) = (here / "state/inbox").glob("*.md")
    (added,) = [task for task in ask("task", "list")["tasks"] if task["title"] == "Polish it"]

    assert said == f"{added['id']} is in the inbox of novel: {path}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (added["claims"], added["priority"], added["type"], added["provider"]) == (
        ["a.md", "b/*.md"],
        1,
        "polish",
        "local",
    )
    assert path.read_text().endswith("---\n\nAt\nlength\n")


def test_an_added_task_may_be_told_in_json(ask: Callable[..., Any]) -> None:
    added = ask("task", "add", "Polish it")

    assert added["repo"] == "novel"
    assert added["file"].endswith(f"/{added['id']}.md")


def test_two_tasks_of_one_title_are_two(watchbill: Watchbill) -> None:
    assert add(watchbill, "Polish it", "--files", "a.md") != add(watchbill, "Polish it", "--files", "b.md")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("  ",), "it has no title"),
        (("A", "--repo", "nov"), "no repository is called 'nov': say --repo with one of novel"),
        (("A", "--type", "juggle"), "'juggle' is no type"),
        (("A", "--priority", "soon"), "is no priority"),
        (("A", "--provider", "clod"), "no provider is called 'clod'"),
        (("A", "--files", "../x"), "leaves the repository"),
        (("A", "--max-usd", "much"), "is no amount"),
        (("A", "--autonomy", "some"), "is no level of autonomy"),
    ],
)
def test_what_the_inbox_would_refuse_is_refused_at_once(
    watchbill: Watchbill, here: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in watchbill("task", "add", *words, code=Exit.USAGE).stderr
    assert not list((here / "state").rglob("*.md"))


def test_the_same_task_once_more_is_refused_at_once(watchbill: Watchbill, here: Path) -> None:
    add(watchbill, "Polish it", "--files", "a.md")

    said = watchbill("task", "add", "Polish it", "--files", "a.md", code=Exit.REFUSED).stderr

    assert "it is not added: it is the same as task polish-it-" in said
    assert len(list((here / "state").rglob("*.md"))) == 1


def test_a_task_that_would_wait_for_what_nobody_has_is_refused_at_once(watchbill: Watchbill, here: Path) -> None:
    said = watchbill("task", "add", "Polish it", "--after", "nothere", code=Exit.REFUSED).stderr

    assert "nothere" in said
    assert not list((here / "state").rglob("*.md"))


def test_a_task_too_long_for_a_question_is_left_to_the_inbox(watchbill: Watchbill, here: Path) -> None:
    watchbill("task", "add", "Polish it", "--body", "-", input="word " * 4000)

    assert len(list((here / "state/inbox").glob("*.md"))) == 1


def test_of_several_repositories_one_is_named(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text(CONFIG + '\n[[repo]]\nname = "site"\npath = "site"\n')

    assert "several repositories" in watchbill("task", "add", "A", code=Exit.USAGE).stderr
    assert add(watchbill, "A", "--repo", "site").startswith("a-")


def test_an_inbox_that_cannot_be_written_is_told(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("watchbill.workspace.boxes.drop", full)

    assert "cannot write into the inbox" in watchbill("task", "add", "A", code=Exit.FAILED).stderr


def test_files_that_the_inbox_would_refuse_are_not_foreseen(ask: Callable[..., Any], here: Path) -> None:
    (here / "inbox").mkdir()
    for name, data in {"good.md": b"# Good\n", "words.md": b"words", "bytes.md": b"\xff", "empty.md": b""}.items():
        (here / "inbox" / name).write_bytes(data)

    assert [task["title"] for task in ask("task", "list")["tasks"]] == ["Check it", "Check more", "Good"]


def test_the_api_adds_too(here: Path, worked: StateFolder) -> None:
    from watchbill.config.load import load
    from watchbill.operator.client import connect

    client = connect(load(None, os.environ, cwd=here), os.environ)

    added = client.post("/tasks", {"title": "Polish it", "files": "a.md"})

    assert (worked.inbox / f"{added['id']}.md").exists()


# --- tasks that are there


def test_a_held_task_is_let_go_by_release(watchbill: Watchbill, ask: Callable[..., Any], worked: StateFolder) -> None:
    assert "→ watchbill task release end" in watchbill("task", "hold", "end", "--until", "07:00", "-m", "later").stdout
    assert ask("why", "end")["binding"]["reason"] == "held"
    assert watchbill("task", "release", "end").stdout == "end may start\n"
    assert ask("why", "end")["binding"] is None


def test_a_bumped_task_is_shown_as_pinned_by_hand(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("task", "bump", "more", "--provider", "local").stdout

    assert said == "more is the next one of novel, only on local\n"
    assert "local, by hand" in watchbill("task", "show", "more").stdout
    assert "no provider is called" in watchbill("task", "bump", "more", "--provider", "x", code=Exit.FAILED).stderr


def test_what_a_queue_says_is_refused_with_file_and_line(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("task", "edit", "more", "--priority", "1", "--files", "a.md", code=Exit.REFUSED).stderr

    assert "more is written in tasks.md:2 of novel" in said
    assert "change the files, the priority there" in said
    assert "watchbill task bump" in said


def test_a_task_of_no_queue_is_edited(watchbill: Watchbill, ask: Callable[..., Any], worked: StateFolder) -> None:
    take_in(worked)

    edited = ask(
        "task", "edit", "free", "--priority", "high", "--after", "end", "--after", "more", "--files", "x.md",
        "--title", "Freer", "--max-usd", "0.10", "--autonomy", "high", "--type", "docs", "--provider", "local",
    )  # fmt: skip

    assert (edited["priority"], edited["needs"], edited["claims"], edited["title"], edited["type"]) == (
        2,
        ["end", "more"],
        ["x.md"],
        "Freer",
        "docs",
    )
    assert ask("task", "show", "free")["max_cost_micro_usd"] == 100_000
    assert watchbill("task", "edit", "free", "--priority", "3").stdout == "free is changed\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing is to be changed"),
        (("--after", "zz"), "no task is called 'zz'"),
        (("--priority", "x"), "no priority"),
    ],
)
def test_a_wrong_edit_says_what_is_wrong(
    watchbill: Watchbill, worked: StateFolder, words: tuple[str, ...], said: str
) -> None:
    take_in(worked)

    assert said in watchbill("task", "edit", "free", *words, code=Exit.USAGE).stderr


def test_what_is_over_is_not_edited(watchbill: Watchbill, worked: StateFolder) -> None:
    take_in(worked)
    with database.direct(worked.db) as conn:
        tasks.move(conn, TaskId("free"), TaskState.CANCELLED, now=datetime.now(UTC))

    assert "it is cancelled" in watchbill("task", "edit", "free", "--priority", "1", code=Exit.REFUSED).stderr


# --- what waits for what


def test_the_graph_shows_trees_unknown_names_and_circles(
    watchbill: Watchbill, ask: Callable[..., Any], here: Path
) -> None:
    (here / "tasks.md").write_text(
        "- [ ] A [id:: a]\n- [ ] B [id:: b] [after:: a]\n- [ ] C [id:: c] [after:: a, b]\n- [ ] D [id:: d]\n"
        "- [ ] E [id:: e] [after:: zz]\n- [ ] F [id:: f] [after:: g]\n- [ ] G [id:: g] [after:: f]\n- [ ] H [id:: h] [after:: a]\n"
        "- [ ] I [id:: i] [after:: f]\n- [ ] J [id:: j] [after:: i]\n- [ ] K [id:: k] [needs:: lore.md]\n"
    )

    assert watchbill("task", "graph").stdout.splitlines() == [
        "a  A  (queued)",
        "├─ b  B  (queued)",
        "│  └─ c  C  (queued, waits for 2 in all)",
        "├─ c (see above)",
        "└─ h  H  (queued)",
        "1 task waits for no other, and no other for it",
        "tasks.md:5: nobody is called 'zz', so e waits",
        "tasks.md:11: k waits for lore.md to exist",
        "in a circle: f (tasks.md:6) → g (tasks.md:7) → f",
        "waits for it, and with it:",
        "i  I  (queued)",
        "└─ j  J  (queued)",
    ]
    answer = ask("task", "graph", "--repo", "novel")
    assert answer["circles"] == [["f", "g"]]
    assert answer["unknown"] == [{"task": "e", "needs": "zz", "origin": "tasks.md:5"}]
    assert answer["tasks"][1]["needs"] == [{"task": "a", "state": "queued", "met": False, "by": "queue"}]


def test_the_graph_shows_stages_and_files_that_are_waited_for(watchbill: Watchbill, here: Path) -> None:
    (here / "tasks.md").write_text(
        "- [ ] Write it #write [id:: w] [files:: a.md]\n- [ ] Polish it #polish [id:: p] [files:: a.md]\n"
        "- [ ] Mend it #fix [id:: f] [files:: b.md] [needs:: lore/canon.md]\n"
    )

    said = watchbill("task", "graph").stdout.splitlines()

    assert said[:2] == ["w  Write it  (queued)", "└─ p  Polish it  (queued, by its stage)"]
    assert '"w" -> "p" [style=dashed];' in watchbill("task", "graph", "--format", "dot").stdout


def test_the_graph_is_drawn_as_a_picture_that_parsers_read(watchbill: Watchbill, here: Path) -> None:
    (here / "tasks.md").write_text(
        "- [ ] A & <b> [id:: a] [files:: a.md]\n- [ ] B [id:: b] [after:: a] [files:: b.md]\n"
        "- [ ] F [id:: f] [after:: g] [files:: f.md]\n- [ ] G [id:: g] [after:: f] [files:: g.md]\n"
    )

    picture = ET.fromstring(watchbill("task", "graph", "--format", "svg").stdout)

    boxes = {each.get("data-task"): each for each in picture.iter("{http://www.w3.org/2000/svg}g")}
    place = {name: int(box[1].get("x", 0)) for name, box in boxes.items()}
    assert place["a"] < place["b"]
    assert {boxes[name][1].get("stroke") for name in "fg"} == {"#cf222e"}
    assert "A & <b>" in (boxes["a"][0].text or "")
    assert json.loads(watchbill("task", "graph", "--format", "json").stdout)["circles"] == [["f", "g"]]


def test_a_chain_of_any_length_is_drawn() -> None:
    count = 3000
    nodes: list[Plain] = [
        {
            "id": f"t{n}",
            "title": "T",
            "state": "queued",
            "origin": "",
            "artefacts": [],
            "needs": [{"task": f"t{n - 1}", "met": False, "by": "queue"}] if n else [],
            "before": [f"t{n + 1}"] if n + 1 < count else [],
        }
        for n in range(count)
    ]

    lines = list(graph.render({"tasks": nodes, "unknown": [], "circles": []}))

    assert len(lines) == graph._MOST
    assert drawing.svg({"tasks": nodes, "unknown": [], "circles": []}).count("<g ") == drawing._MOST


def test_one_alone_is_said_in_the_singular() -> None:
    node = {"id": "a", "title": "A", "state": "queued", "origin": "", "artefacts": [], "needs": [], "before": []}

    assert list(graph.render({"tasks": [node], "unknown": [], "circles": []})) == [
        "1 task waits for no other, and no other for it"
    ]


def test_pauses_are_told_in_the_status_by_the_widest(watchbill: Watchbill, worked: StateFolder) -> None:
    watchbill("task", "hold", "end")
    watchbill("pause", "--repo", "novel")
    assert "paused   repo novel by " in watchbill("status").stdout
    watchbill("pause", "-m", "all")

    assert "paused   everything by " in watchbill("status").stdout
    assert "and 2 more" in watchbill("status").stdout


def test_the_mode_is_told_where_not_everything_starts(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text('[daemon]\nmode = "manual"\n' + CONFIG)

    said = watchbill("status").stdout
    assert "mode manual" in said
    assert "all 2 open tasks wait for you" in said or "waiting  not_released" in said
    assert "bring it forward: watchbill task release end" in watchbill("why", "end").stdout


def test_errors_of_the_parser_are_clicks_own() -> None:
    with pytest.raises(click.UsageError):
        until.moment("1h", "07:00")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("resume",), "→ watchbill status"),
        (("pause", "--provider", "nope"), "→ watchbill status"),
        (("pause", "--type", "nope"), "→ watchbill task list"),
        (("run", "show", "nope"), "→ watchbill run list"),
        (("task", "show", "nope"), "→ watchbill task list --all"),
    ],
)
def test_what_is_not_there_hints_at_what_is(
    watchbill: Watchbill, worked: StateFolder, words: tuple[str, ...], hint: str
) -> None:
    assert watchbill(*words, code=Exit.FAILED).stderr.endswith(f"\n{hint}\n")


def test_what_is_over_is_not_held_nor_cancelled(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        conn.execute("UPDATE tasks SET state = 'landed' WHERE id = 'end'")

    assert "cannot hold task end: it is landed" in watchbill("task", "hold", "end", code=Exit.REFUSED).stderr
    said = watchbill("task", "cancel", "end", code=Exit.REFUSED).stderr
    assert "it is landed; from there it can go to" in said
    assert "being landed" not in said
