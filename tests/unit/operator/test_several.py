"""watchbill task hold, cancel, …: of many tasks at once, shown first, and each by itself."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from operator_makers import begin, end, put, state_in, watchbill

from tests.stores import migrated
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.cli import root, several
from watchbill.operator.faults import Exit
from watchbill.state import tasks
from watchbill.state.database import direct
from watchbill.state.folder import StateFolder

CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    made = state_in(tmp_path, monkeypatch, CONFIG)
    with direct(migrated(made.db)) as conn:
        put(conn, "dune", "dusk", "dawn")
        put(conn, "mend-1", "mend-2", state=TaskState.PROPOSED)
        end(conn, begin(conn, "dawn"), RunState.LANDED, TaskState.LANDED)
    return made


def states(folder: StateFolder) -> dict[str, str]:
    with direct(folder.db) as conn:
        return {task.id: task.state for task in tasks.all_tasks(conn)}


def test_what_fits_a_filter_is_shown_asked_about_and_done(folder: StateFolder) -> None:
    no = CliRunner().invoke(root.group, ["task", "cancel", "--filter", "type:write state:queued"], input="n\n")
    before = states(folder)
    said = watchbill("task", "cancel", "--filter", "type:write state:queued", "--yes", "-m", "another book").output

    assert "Cancel 2 tasks? [y/N]" in no.output
    assert "nothing is done" in no.output
    assert before["dune"] == "queued"
    assert "2 tasks cancelled" in said
    assert {states(folder)[name] for name in ("dune", "dusk")} == {"cancelled"}
    with direct(folder.db) as conn:
        assert tasks.get(conn, TaskId("dune")).note == "another book"  # type: ignore[union-attr]


def test_what_is_proposed_is_accepted_in_one_go(folder: StateFolder) -> None:
    assert "2 tasks accepted" in watchbill("task", "accept", "--filter", "state:proposed", "--yes").output
    assert states(folder)["mend-1"] == "queued"


def test_tasks_may_be_named_by_their_beginnings(folder: StateFolder) -> None:
    assert "2 tasks held" in watchbill("task", "hold", "dune", "dus", "--for", "2h", "-m", "later", "--yes").output
    assert "dusk is held" in watchbill("why", "dusk").output
    assert "later" in watchbill("why", "dune").output
    assert "1 task released" in watchbill("task", "release", "--filter", "dusk", "--yes").output


def test_of_a_wrong_name_among_them_nothing_is_done(folder: StateFolder) -> None:
    assert "there is no task 'dsuk'" in watchbill("task", "cancel", "dune", "dsuk", "--yes", code=1).output
    assert states(folder)["dune"] == "queued"


def test_one_that_it_does_not_concern_is_told_and_keeps_no_other_back(folder: StateFolder) -> None:
    said = watchbill("task", "cancel", "dune", "dawn", "--yes", code=Exit.REFUSED).output
    by_filter = watchbill("task", "cancel", "--filter", "state:queued,landed", "--yes").output
    nothing = watchbill("task", "retry", "--filter", "dawn", "--yes", code=Exit.REFUSED)

    assert "nothing, for it is landed" in said
    assert "1 task cancelled" in said
    assert "1 task cancelled" in by_filter  # a filter names nobody
    assert "dawn: nothing, for it is landed" in nothing.stderr
    assert "nothing is done" in nothing.stdout


def test_json_is_asked_nothing_and_does_it_only_with_yes(folder: StateFolder) -> None:
    would = json.loads(watchbill("task", "bump", "dune", "dusk", "--json").output)
    done = json.loads(watchbill("task", "bump", "dune", "dusk", "--provider", "local", "--yes", "--json").output)

    assert (would["dry_run"], would["would"], would["done"]) == (True, 2, 0)
    assert (done["dry_run"], done["done"]) == (False, 2)
    with direct(folder.db) as conn:
        assert tasks.get(conn, TaskId("dusk")).pin == "local"  # type: ignore[union-attr]


@pytest.mark.usefixtures("folder")
def test_a_long_list_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "_SHOWN", 1)

    assert "… and 1 more: --json shows them" in watchbill("task", "cancel", "--filter", "state:queued", "--yes").output
    assert watchbill("-q", "task", "accept", "--filter", "state:proposed", "--yes").output == ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "why", "code"),
    [
        ((), "say which: a TASK or more, or --filter", Exit.USAGE),
        (("dune", "--filter", "x"), "name tasks or say --filter, not both", Exit.USAGE),
        (("--filter", "stat:queued"), "this filter has no key 'stat'", Exit.USAGE),
        (("--filter", "unheard"), "no task fits 'unheard'", Exit.FAILED),
    ],
)
def test_nobody_is_guessed_at(words: tuple[str, ...], why: str, code: Exit) -> None:
    assert why in watchbill("task", "retry", *words, code=code).output
