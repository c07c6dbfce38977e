"""The command line: what people and scripts see, exit codes, and what it does not import."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Event

import click
import pytest
from click.testing import CliRunner, Result
from operator_makers import CLAUDE, begin, call, earlier_today, end, happened, land, put, spend
from rich.console import Console

from tests.stores import migrated
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.cli import events as events_command
from watchbill.operator.cli import plan, promote, show, status
from watchbill.operator.cli import root as cli
from watchbill.operator.doors import Client
from watchbill.operator.faults import Exit
from watchbill.state import database, holds, rides, runs, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

CONFIG = """\
[[repo]]
name = "novel"
path = "."
queue = ["tasks.md"]

[provider.claude]
kind = "anthropic"
api_key = "env:NOVEL_KEY"
models = [{ id = "m", price = { input = 3, output = 15 } }]

[provider.local]
kind = "local"
"""

Watchbill = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a queue, and an environment of its own."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "watchbill.toml").write_text(CONFIG)
    (tmp_path / "tasks.md").write_text(
        "- [ ] Write the end #write [id:: end]\n- [ ] Polish it [id:: polish] [after:: end]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATCHBILL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NOVEL_KEY", "sk-canary")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def watchbill(here: Path) -> Watchbill:
    def run(*words: str, code: int = 0, **said: str) -> Result:
        result = CliRunner().invoke(cli.group, list(words), prog_name="watchbill", **said)  # type: ignore[arg-type]
        assert result.exit_code == code, f"{result.stdout}\n{result.exception!r}"
        return result

    return run


@pytest.fixture
def worked(here: Path) -> StateFolder:
    """A state folder with a day's work in it."""
    folder = StateFolder(here / "state")
    folder.make()
    migrated(folder.db)
    now = earlier_today()
    with database.direct(folder.db) as conn:
        put(conn, "done", "running", "waits", "refused")
        put(conn, "proposed", state=TaskState.PROPOSED, note="a check of ours found it")
        run = land(conn, "done", at=now)
        end(conn, begin(conn, "refused", at=now), RunState.REJECTED, TaskState.QUEUED, "no label dune")
        spend(conn, begin(conn, "running", at=now), "0.02")
        happened(conn, "run.ended", run=run.id, task="done", why="passes it", cost=80_000)
    return folder


def test_help_names_every_command(watchbill: Watchbill) -> None:
    said = watchbill("--help").stdout

    for name in ("init", "status", "plan", "why", "task", "run", "cost", "events", "promote", "config", "completion"):
        assert f"\n  {name} " in said
    assert "docs" not in said.split("Commands:")[1]


def test_a_command_of_another_room_is_listed_and_called(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    added = {
        **cli.group.commands,
        "serve": click.Command("serve", callback=lambda: click.echo("served"), help="Run it."),
    }
    monkeypatch.setattr(cli.group, "commands", added)

    assert "serve       Run it." in watchbill("--help").stdout
    assert watchbill("serve").stdout == "served\n"


def test_an_unknown_command_is_a_usage_error(watchbill: Watchbill) -> None:
    watchbill("moon", code=Exit.USAGE)


def test_status_help_imports_no_sdk_and_no_server() -> None:
    code = (
        "import sys; from watchbill.operator.cli import root\n"
        "try: root.group(['status', '--help'], prog_name='watchbill')\n"
        "except SystemExit: pass\n"
        "print([name for name in ('anthropic', 'openai', 'pydantic_ai', 'genai_prices', 'uvicorn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_another_folder_is_worked_in_as_if_started_there(
    watchbill: Watchbill, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")

    assert str(here / "watchbill.toml") in watchbill("-C", str(here), "config", "path").stdout


# --- status


def test_status_before_any_daemon_says_what_would_start(watchbill: Watchbill) -> None:
    said = watchbill("status").stdout

    assert "○ no daemon runs" in said
    assert "end is about to start on claude and 1 more" not in said
    assert "end is about to start on claude once it does" in said


def test_status_fits_on_25_lines_whatever_there_is(watchbill: Watchbill, worked: StateFolder, here: Path) -> None:
    more = "".join(f"[provider.p{n}]\nkind = 'local'\n" for n in range(9))
    (here / "watchbill.toml").write_text(CONFIG + more)
    with database.direct(worked.db) as conn:
        for number in range(9):
            put(conn, f"r{number}", f"q{number}")
            begin(conn, f"r{number}", at=datetime.now(UTC))
            put(conn, f"p{number}", state=TaskState.PROPOSED)

    said = watchbill("status").stdout

    assert len(said.splitlines()) <= 25
    assert "… and 7 more: --json shows all" in said


def test_status_shows_what_runs_and_what_needs_you(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("status").stdout

    assert "running" in said
    assert "watchbill task accept proposed" in said
    assert "5 of" not in said


def test_status_check_is_3_when_something_is_wrong(watchbill: Watchbill) -> None:
    assert watchbill("status", "--check", code=Exit.CONDITION_FALSE).stdout == "no daemon runs\n"


def test_status_check_says_nothing_when_all_is_well(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    well = dict(watchbill_json(watchbill, "status"), problems=[])
    monkeypatch.setattr(Client, "get", lambda _self, _path, **_params: well)

    assert watchbill("status", "--check").stdout == ""


def test_status_shows_a_part_that_is_stuck(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = dict(watchbill_json(watchbill, "status"), stuck=["planner"])
    monkeypatch.setattr(Client, "get", lambda _self, _path, **_params: stuck)

    assert "  fault    no progress for minutes: planner" in watchbill("status").stdout


def test_status_watches_until_it_is_interrupted(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", sleep)

    assert watchbill("status", "--watch", code=Exit.INTERRUPTED).stdout.count("no daemon runs   ") == 2


def watchbill_json(watchbill: Watchbill, *words: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(watchbill(*words, "--json").stdout)
    return answer


def test_a_running_daemon_is_shown_with_its_age(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = watchbill_json(watchbill, "status")
    facts = {"pid": 812, "started_at": "2026-11-24T09:00:00Z", "version": "0.1.0"}
    running = {**answer, "daemon": facts, "generated_at": "2026-11-24T12:30:00Z"}
    monkeypatch.setattr(Client, "get", lambda _self, _path, **_params: running)

    assert "● running   up 3h30m   pid 812" in watchbill("status").stdout


def test_a_held_provider_is_shown_with_its_next_try(watchbill: Watchbill, worked: StateFolder) -> None:
    now = datetime.now(UTC)
    with database.direct(worked.db) as conn:
        holds.put(conn, CLAUDE, until=now + timedelta(minutes=20), kind="throttled", why="429: slow down", now=now)

    assert "429: slow down; tried again " in watchbill("status").stdout


# --- reading commands


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("plan",),
        ("why", "waits"),
        ("task", "list"),
        ("task", "show", "done"),
        ("run", "list"),
        ("run", "show", "run-1"),
        ("cost",),
        ("config", "check"),
        ("config", "show"),
        ("version",),
    ],
)
def test_every_reading_command_prints_json(watchbill: Watchbill, worked: StateFolder, words: tuple[str, ...]) -> None:
    assert isinstance(watchbill_json(watchbill, *words), dict)


def test_no_command_prints_a_key(watchbill: Watchbill, worked: StateFolder) -> None:
    for words in (("config", "show"), ("config", "show", "--json"), ("status", "--json"), ("config", "check")):
        assert "sk-canary" not in watchbill(*words).stdout


def test_the_plan_needs_no_daemon_and_no_state(watchbill: Watchbill, here: Path) -> None:
    said = watchbill("plan", "--hours", "3").stdout

    assert "end" in said
    assert "polish" in said
    assert not (here / "state").exists()


def test_a_plan_without_starts_says_so_and_why(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOVEL_KEY")

    said = watchbill("plan").stdout

    assert "Nothing starts within 24 h." in said
    assert "no_capable_provider" in said


def test_a_plan_at_a_time_says_what_it_supposes(watchbill: Watchbill) -> None:
    tomorrow = (datetime.now().astimezone() + timedelta(days=1)).replace(hour=3, minute=0)

    said = watchbill("plan", "--at", f"{tomorrow:%Y-%m-%dT%H:%M}", "--hours", "3").stdout

    assert "03:00 UTC on, supposing that no daemon runs; one begins then:" in said
    assert f"{tomorrow:%d %b} 03:00" in said.split("then:")[1]


@pytest.mark.parametrize(
    ("said", "why"),
    [("2026-01-01", "is over"), ("soon", "'soon' is no moment"), ("0001-01-01", "'0001-01-01' is no moment")],
)
def test_a_plan_begins_at_a_moment_to_come(watchbill: Watchbill, said: str, why: str) -> None:
    assert f"--at: {'2026-01-01 ' if why == 'is over' else ''}{why}" in watchbill("plan", "--at", said, code=2).stderr


def test_a_plan_of_an_empty_queue_is_short(watchbill: Watchbill, here: Path) -> None:
    (here / "tasks.md").write_text("Nothing yet.\n")

    assert watchbill("plan").stdout == "Nothing starts within 24 h.\n"


def test_why_shows_the_candidates_and_the_start(watchbill: Watchbill) -> None:
    said = watchbill("why", "end").stdout

    assert "it can start now: claude" in said
    assert "wrong_type: " in said
    assert "→ expected start " in said


def test_why_shows_that_it_never_starts(watchbill: Watchbill, here: Path) -> None:
    (here / "tasks.md").write_text("- [ ] A [id:: a] [after:: moon]\n")

    assert "→ no start is to be expected within 48 hours" in watchbill("why", "a").stdout


def test_why_tells_how_to_bring_it_forward(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("why", "proposed").stdout

    assert "✗ task" in said
    assert "→ bring it forward: watchbill task" in said


def test_why_of_a_done_task_has_nothing_to_expect(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("why", "done").stdout

    assert "it is landed: passes" in said
    assert "expected" not in said


def test_tasks_are_listed_with_their_reason(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("task", "list").stdout

    assert "needs_acceptance: it is proposed" in said
    assert "done" not in said


def test_a_task_that_can_start_tells_with_whom(watchbill: Watchbill) -> None:
    assert "start: claude is on watch" in watchbill("task", "list").stdout


def test_an_empty_queue_is_said(watchbill: Watchbill, here: Path) -> None:
    (here / "tasks.md").write_text("Nothing yet.\n")

    said = watchbill("status").stdout

    assert "idle     the queue is empty: no task is open" in said
    assert "waiting" not in said


def test_tasks_are_listed_by_the_filter_of_the_pages(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "done" in watchbill("task", "list", "--filter", "type:write state:done").stdout
    assert "No task fits." in watchbill("task", "list", "--filter", "type:write -state:all").stdout
    assert "no key 'colour'" in watchbill("task", "list", "--filter", "colour:red", code=Exit.USAGE).stderr
    assert "done" in watchbill("task", "list", "type:write", "state:done").stdout  # without the option too
    assert "state:nosuch fits nothing, ever" in watchbill("task", "list", "state:nosuch", code=Exit.USAGE).stderr


def test_a_reason_is_told_once_where_it_is_that_of_the_task_above_too() -> None:
    waits = [
        {"task": name, "reason": "held", "detail": why}
        for name, why in (("a", "x"), ("b", "x"), ("c", "y"), ("d", "x"))
    ]

    assert [why for _, _, why in plan._left(waits)] == ["x", "as above", "y", "x"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("task", "list", "--type", "wrte"), "no task type is called 'wrte'"),
        (("task", "list", "--repo", "nvel"), "no repository is called 'nvel'; there are novel"),
        (("task", "graph", "--repo", "nvel"), "no repository is called 'nvel'; there are novel"),
        (("run", "list", "--provider", "clade"), "no provider is called 'clade'; there are claude"),
        (("run", "list", "--task", "dnoe"), "there is no task 'dnoe'"),
    ],
)
def test_a_list_of_what_there_is_not_is_no_empty_list(
    watchbill: Watchbill, worked: StateFolder, words: tuple[str, ...], says: str
) -> None:
    assert says in watchbill(*words, code=Exit.FAILED).stderr


def test_runs_are_listed_by_the_beginning_of_their_tasks_name(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "run-1" in watchbill("run", "list", "--task", "don").stdout


def test_a_kind_of_event_that_there_is_not_is_refused(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "Did you mean run.started" in watchbill("events", "--kind", "run.strated", code=Exit.USAGE).stderr
    assert "run.ended" in watchbill("events", "--kind", "run.*").stdout


def test_the_budget_is_shown_by_name_too(watchbill: Watchbill, worked: StateFolder) -> None:
    assert watchbill("budget", "show").stdout == watchbill("budget").stdout


def test_a_run_that_changed_nothing_says_so(
    watchbill: Watchbill, worked: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "text", lambda *_: "")

    assert watchbill("run", "diff", "run-1").stderr == "run-1 changed nothing\n"


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (("task", "list", "--state", "x", "--json"), "is not one of 'proposed'", "watchbill task list --help"),
        (("task", "lits", "--json"), "No such command 'lits'", "watchbill task --help"),
        (("budget", "raise", "--json"), "Missing argument 'AMOUNT'", "watchbill budget raise --help"),
    ],
)
def test_wrong_usage_is_json_where_json_is_asked_for(
    watchbill: Watchbill, words: tuple[str, ...], says: str, hint: str
) -> None:
    told = json.loads(watchbill(*words, code=Exit.USAGE).stderr)["error"]

    assert (told["code"], says in told["message"], told["hint"]) == ("usage", True, hint)


def test_a_question_that_nobody_answers_is_told_with_the_mend(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("task", "cancel", "waits", "refused", code=Exit.FAILED)

    assert "nobody answers here, so nothing is done\n→ --yes takes" in said.stderr


def test_all_tasks_are_listed_on_wish(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "done" in watchbill("task", "list", "--all").stdout
    assert "done" in watchbill("task", "list", "--state", "landed").stdout


def test_no_task_says_so_unless_quiet(watchbill: Watchbill) -> None:
    assert "No task fits." in watchbill("task", "list", "moon").stdout
    assert "No task fits." not in watchbill("-q", "task", "list", "moon").stdout


def test_a_task_that_is_put_off_tells_until_when(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        put(conn, "later", not_before=datetime.now(UTC) + timedelta(days=1), type=TaskType("polish"))

    assert "not_before: " in watchbill("task", "list", "--type", "polish").stdout
    assert "(until " in watchbill("task", "list", "--type", "polish").stdout


def test_a_task_is_shown_whole(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("task", "show", "done").stdout

    assert "done  Write done" in said
    assert "bbbbbbbbbbbb on refs/heads/watchbill/main" in said
    assert "run-1" in said


def test_a_queued_task_is_shown_with_its_place(watchbill: Watchbill) -> None:
    said = watchbill("task", "show", "polish").stdout

    assert "waits for" in said
    assert "tasks.md:2" in said


def test_a_task_is_cancelled_retried_and_accepted(watchbill: Watchbill, worked: StateFolder) -> None:
    assert watchbill("task", "cancel", "waits", "-m", "not now").stdout == "waits is cancelled now\n"
    assert watchbill("task", "retry", "waits").stdout == "waits is queued now\n"
    assert watchbill("-q", "task", "accept", "proposed").stdout == ""
    assert watchbill_json(watchbill, "task", "cancel", "waits")["state"] == "cancelled"


def test_runs_are_listed_and_restricted(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "landed" in watchbill("run", "list").stdout
    assert "landed" not in watchbill("run", "list", "--state", "rejected").stdout
    assert "No run fits." in watchbill("run", "list", "--provider", "local").stdout
    assert "No run fits." not in watchbill("-q", "run", "list", "--provider", "local").stdout


def test_a_run_is_shown_with_its_calls_and_verdicts(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("run", "show", "run-1").stdout

    assert "call-1" in said
    assert "is refused: 1 new, 0 old findings" in said
    assert "a.md:3: choicescript/unknown-label: no label dune" in said
    assert "hand-off" in said


def test_a_landed_run_says_which_of_its_riders_it_did_not_do(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        put(conn, "lead", "kept", "left")
        run = begin(conn, "lead")
        later = run.started_at + timedelta(minutes=1)
        riders = [task for name in ("kept", "left") if (task := tasks.get(conn, TaskId(name)))]
        rides.board(conn, run, riders, run.started_at)
        rides.leave_out(conn, run, riders[1:], later)
        runs.end(conn, run, state=RunState.LANDED, task_state=TaskState.LANDED, reason="landed", now=later)

    assert "kept, left (not done in it)" in watchbill("run", "show", run.id).stdout


def test_a_run_without_calls_and_verdicts_is_short(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("run", "show", "run-2").stdout

    assert "no label dune" in said
    assert "call" not in said.replace("0 calls", "")


def test_a_held_call_has_no_tokens_yet(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        call(conn, _running(conn), "0.10", datetime.now(UTC))

    assert "held" in watchbill("run", "show", "run-3").stdout


def _running(conn: Connection) -> Run:
    return runs.live(conn)[0]


def test_the_prompt_is_shown_word_for_word(watchbill: Watchbill, worked: StateFolder) -> None:
    assert watchbill("run", "show", "run-1", "--prompt").stdout == "You write done.\n"
    assert "was told nothing" in watchbill("run", "show", "run-2", "--prompt").stdout


def test_a_diff_needs_the_daemon(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "→ start it: watchbill serve" in watchbill("run", "diff", "run-1", code=Exit.UNREACHABLE).stderr


def test_a_diff_is_printed_as_it_is(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "text", lambda _self, _path: "--- a\n+++ b\n")

    assert watchbill("run", "diff", "run-1").stdout == "--- a\n+++ b\n"
    assert json.loads(watchbill("run", "diff", "run-1", "--json").stdout) == {"run": "run-1", "diff": "--- a\n+++ b\n"}


def test_costs_are_summed(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("cost", "--by", "task", "--since", "2d", "--until", "2099-01-01").stdout

    assert said.splitlines()[-4].split()[0] == "total"
    assert said.splitlines()[-2] == "calls 2, saved 0   prompt caches 0% of the input"
    assert watchbill_json(watchbill, "cost")["total"]["cost_micro_usd"] == 100_000  # type: ignore[index]


def test_a_moment_that_cannot_be_read_is_a_usage_error(watchbill: Watchbill) -> None:
    assert "is no moment" in watchbill("cost", "--since", "soon", code=Exit.USAGE).stderr


def test_costs_are_csv_for_spreadsheets(watchbill: Watchbill, worked: StateFolder) -> None:
    lines = watchbill("cost", "--by", "task", "--csv").stdout.splitlines()

    assert lines[0].startswith("task,calls,tokens_in,tokens_out,cost_micro_usd,cost_usd,")
    assert [line.split(",")[0] for line in lines[1:]] == ["done", "running"]


def test_no_name_is_a_formula_to_a_spreadsheet(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        put(conn, '=cmd|"/c calc"!A1,')
        spend(conn, begin(conn, '=cmd|"/c calc"!A1,'), "0.000083", datetime.now(UTC))

    rows = list(csv.DictReader(watchbill("cost", "--by", "task", "--csv").stdout.splitlines()))

    odd = next(row for row in rows if "cmd" in row["task"])
    assert (odd["task"], odd["cost_micro_usd"], odd["cost_usd"]) == ('\'=cmd|"/c calc"!A1,', "83", "0.000083")


def test_a_forecast_without_history_says_so(watchbill: Watchbill, worked: StateFolder) -> None:
    said = watchbill("cost", "forecast").stdout

    assert "too little history for a forecast" in said
    assert "bootstrap" not in said


def test_a_forecast_names_its_method(watchbill: Watchbill, worked: StateFolder) -> None:
    with database.direct(worked.db) as conn:
        put(conn, "old")
        spend(conn, begin(conn, "old"), "0.02", datetime.now(UTC) - timedelta(days=4))

    assert "bootstrap: 400 futures" in watchbill("cost", "forecast").stdout
    assert watchbill_json(watchbill, "cost", "forecast")["history_days"] == 4  # type: ignore[index]


def test_a_cost_check_passes_within_the_caps(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "within every cap; too little history" in watchbill("cost", "check").stdout
    assert watchbill("-q", "cost", "check").stdout == ""


def test_a_cost_check_tells_scripts_what_is_over(watchbill: Watchbill, worked: StateFolder, here: Path) -> None:
    (here / "watchbill.toml").write_text(CONFIG + "[budget]\ndaily_usd = 0.02\n")

    said = watchbill("cost", "check", code=Exit.CONDITION_FALSE).stdout

    assert "of its $0.02: the cap is reached" in said
    assert (
        json.loads(watchbill("cost", "check", "--json", code=Exit.CONDITION_FALSE).stdout)["over"] == said.splitlines()
    )


def test_prices_are_shown_with_their_source(watchbill: Watchbill, here: Path) -> None:
    priced = 'id = "m", price = { input = 3, output = 15 }'
    (here / "watchbill.toml").write_text(CONFIG.replace(priced, 'id = "claude-sonnet-4-5"'))

    said = watchbill("prices").stdout

    assert "claude-sonnet-4-5" in said
    assert "genai-prices" in said
    assert watchbill_json(watchbill, "prices")["warnings"] == []  # type: ignore[index]


def test_a_model_without_a_price_is_a_failed_condition(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text(CONFIG.replace(", price = { input = 3, output = 15 }", ""))

    result = watchbill("prices", code=Exit.CONDITION_FALSE)

    assert "no price" in result.stdout
    assert "! claude m gets no work" in result.stderr


def test_without_models_there_are_no_prices(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text(
        CONFIG.split("[provider.claude]", maxsplit=1)[0] + '[provider.local]\nkind = "local"\n'
    )

    assert "No model is configured." in watchbill("prices").stdout


def test_plan_and_why_tell_what_a_run_costs(watchbill: Watchbill, worked: StateFolder, here: Path) -> None:
    with database.direct(worked.db) as conn:
        for number in range(5):
            put(conn, f"old{number}")
            land(conn, f"old{number}", "0.03", earlier_today())
    (here / "watchbill.toml").write_text(CONFIG.replace('"m"', '"claude-1"'))

    assert "$0.03, p90 $0.08" in watchbill("plan").stdout
    assert "a run on claude costs $0.03, p90 $0.08 by 7 runs of its like" in watchbill("why", "waits").stdout
    assert show.expected({"p50_micro_usd": None, "most_micro_usd": None}) == "no cap"


def test_no_costs_are_no_csv(watchbill: Watchbill) -> None:
    assert watchbill("cost", "--csv").stdout == ""


def test_events_are_listed_one_a_line(watchbill: Watchbill, worked: StateFolder) -> None:
    assert "run.ended" in watchbill("events").stdout
    assert 'why="passes it"' in watchbill("events").stdout
    assert json.loads(watchbill("events", "--json", "--kind", "run.*").stdout)["name"] == "run.ended"


def test_events_are_followed(watchbill: Watchbill, worked: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt
        with database.direct(worked.db) as conn:
            happened(conn, "task.landed", task="x")

    monkeypatch.setattr(events_command.time, "sleep", sleep)

    said = watchbill("events", "-f", code=Exit.INTERRUPTED).stdout

    assert [line.split()[1] if line[2] == ":" else line.split()[3] for line in said.splitlines()] == [
        "run.ended",
        "task.landed",
    ]


# --- reload


def test_a_reload_needs_the_daemon(watchbill: Watchbill, worked: StateFolder) -> None:
    watchbill("reload", code=Exit.UNREACHABLE)


def test_a_reload_after_the_state_folder_was_changed_says_that_a_restart_is_needed(watchbill: Watchbill) -> None:
    said = watchbill("reload", "--wait", code=Exit.UNREACHABLE).stderr

    assert "if state_dir was changed, the daemon still works in the old folder: restart it" in said


@pytest.mark.parametrize(
    ("words", "needs", "said"),
    [
        ((), [], "asked; watchbill status says what came of it\n"),
        (("--wait",), [], "in force; changed: daemon.zone\n"),
        (
            ("--wait",),
            ["daemon.state_dir"],
            "in force; changed: daemon.zone\nnot in force before a restart: daemon.state_dir\n",
        ),
    ],
)
def test_a_reload_tells_what_came_of_it(
    watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], needs: list[str], said: str
) -> None:
    done = {"changed": ["daemon.zone"], "needs_restart": needs, "problems": [], "fell_out": [], "notes": []}
    monkeypatch.setattr(Client, "post", lambda _self, _path: done)

    assert watchbill("reload", *words).stdout == said
    assert watchbill_json(watchbill, "reload", *words) == done


def test_a_reload_tells_who_fell_out_and_what_cannot_be_used(
    watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = {"changed": [], "needs_restart": [], "fell_out": ["claude: no key"], "notes": ["repo twon: no folder"]}
    monkeypatch.setattr(Client, "post", lambda _self, _path: done)

    assert watchbill("reload", "--wait").stdout == (
        "in force; changed: nothing\nno longer in use: claude: no key\nnote: repo twon: no folder\n"
    )


def test_status_shows_how_the_configuration_stands(watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = watchbill_json(watchbill, "status")
    facts = {"pid": 812, "started_at": "2026-11-24T09:00:00Z", "version": "0.1.0"}
    configuration = {
        "loaded_at": "2026-11-24T10:00:00Z",
        "reloads": 1,
        "changed": [],
        "needs_restart": ["daemon.state_dir"],
        "rejected_at": "2026-11-24T11:00:00Z",
        "problems": ["watchbill.toml:4: daemon.zone: is none", "and another"],
    }
    running = {**answer, "daemon": facts, "generated_at": "2026-11-24T12:30:00Z", "configuration": configuration}
    monkeypatch.setattr(Client, "get", lambda _self, _path, **_params: running)

    said = watchbill("status").stdout

    assert "(reloaded " in said.splitlines()[0]
    assert "stays in force: watchbill.toml:4: daemon.zone: is none (and 1 more)" in said
    assert "not in force before a restart: daemon.state_dir" in said


# --- promote


def test_promote_needs_the_daemon(watchbill: Watchbill, worked: StateFolder) -> None:
    watchbill("promote", code=Exit.UNREACHABLE)


def test_promote_asks_which_where_there_are_several(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text(CONFIG + '[[repo]]\nname = "other"\npath = "other"\n')

    assert "say which repository: novel, other" in watchbill("promote", code=Exit.USAGE).stderr


@pytest.mark.parametrize("words", [(), ("novel",)])
def test_promote_tells_what_it_did(
    watchbill: Watchbill, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    done = {"repo": "novel", "target": "main", "commit": "b" * 40, "why": "took in watchbill/main"}
    monkeypatch.setattr(Client, "post", lambda _self, _path: done)

    assert watchbill("promote", *words).stdout == "novel: main is at bbbbbbbbbbbb; took in watchbill/main\n"
    assert watchbill_json(watchbill, "promote", *words) == done
    assert promote.command.name == "promote"


# --- config


def test_a_sound_configuration_is_valid_with_advice(watchbill: Watchbill) -> None:
    said = watchbill("config", "check").stdout

    assert "is valid" in said
    assert "note: provider.claude.api_key: comes from the environment" in said
    assert "is valid" not in watchbill("-q", "config", "check").stdout


def test_a_wrong_configuration_is_2_with_every_problem(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text("[daemon]\nzonne = 1\ntick_min = 3\n")

    said = watchbill("config", "check", code=Exit.USAGE).stderr

    assert "watchbill.toml:2: daemon.zonne: is no key here. Did you mean zone?" in said
    assert "watchbill.toml:3: daemon.tick_min: must be a span" in said


def test_an_error_is_json_where_json_was_asked_for(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text("x = 1\n")

    error = json.loads(watchbill("status", "--json", code=Exit.USAGE).stderr)["error"]

    assert (error["code"], error["hint"]) == ("config.invalid", "watchbill config check")


def test_a_refusal_without_a_mend_is_one_line(watchbill: Watchbill, here: Path, worked: StateFolder) -> None:
    (here / "state" / "watchbill.db").write_bytes(b"no database, but long enough to be looked at as one" * 20)

    said = watchbill("status", code=Exit.FAILED).stderr

    assert "cannot" in said
    assert "→" not in said


def test_the_settings_are_shown_as_toml_that_loads(
    watchbill: Watchbill, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = watchbill("config", "show").stdout
    (here / "again.toml").write_text(shown)

    assert watchbill("--config", "again.toml", "config", "show").stdout.split("\n")[3:] == shown.split("\n")[3:]


def test_the_path_is_told_and_where_it_was_looked_for(watchbill: Watchbill, here: Path) -> None:
    found = watchbill("-v", "config", "path")

    assert found.stdout == f"{here}/watchbill.toml\n"
    assert f"absent {here}/home/watchbill/watchbill.toml" in found.stderr


def test_no_configuration_says_how_to_make_one(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").unlink()

    assert "Make one: watchbill init" in watchbill("config", "path", code=Exit.USAGE).stderr


def test_the_schema_is_json_and_the_example_loads(watchbill: Watchbill, here: Path) -> None:
    assert "properties" in json.loads(watchbill("config", "schema").stdout)
    (here / "example.toml").write_text(watchbill("config", "example").stdout)
    watchbill("--config", "example.toml", "config", "check")


# --- the rest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_completed(watchbill: Watchbill, shell: str) -> None:
    assert "_WATCHBILL_COMPLETE" in watchbill("completion", shell).stdout


def test_the_version_is_told_with_what_it_stands_on(watchbill: Watchbill) -> None:
    assert watchbill("version").stdout.startswith("watchbill 0.1.0  python 3.")


def test_tables_are_readable_at_80_columns() -> None:
    out = Console(width=80, file=StringIO(), highlight=False)

    show.table(out, ("task", "state", "cost>"), [("scene-1-3-desert-arrival-and-kael-6d17a6e6", "queued", "$0.05")])

    lines = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1].split() == ["scene-1-3-desert-arrival-and-kael-6d17a6e6", "queued", "$0.05"]
    assert max(map(len, lines)) <= 80


NARROW = (
    ("", "task", "state", "from", "est.>", "why"),
    [
        ("P1", "scene-1-3-desert-arrival-and-kael-590b3fc5", "queued", "AI_TASK_QUEUE.md:30", "$0.05", "WHY " * 20),
        ("P2", "haiku", "running", "the inbox", "", "it runs"),
    ],
)


def printed(width: int, columns: tuple[str, ...], rows: list[tuple[str, ...]], **fields: bool) -> list[str]:
    out = Console(width=width, file=StringIO(), highlight=False)
    show.table(out, columns, rows, **fields)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_on_a_narrow_terminal_each_row_is_told_in_lines_of_its_own() -> None:
    lines = printed(60, *NARROW)

    assert lines[:3] == [
        "P1 scene-1-3-desert-arrival-and-kael-590b3fc5",
        "  queued · est. $0.05",
        "  AI_TASK_QUEUE.md:30",
    ]
    assert lines[-4:] == ["P2 haiku", "  running", "  the inbox", "  it runs"]
    assert max(map(len, lines)) <= 60


def test_where_each_row_has_to_be_one_line_short_cells_stay_whole() -> None:
    lines = printed(60, *NARROW, folds=False)

    assert len(lines) == 3
    assert {"P1", "queued", "$0.05"} <= set(lines[1].split())
    assert max(map(len, lines)) <= 60
    assert "scene-1-3-desert-arrival-and-kael-590b3fc5" in printed(160, NARROW[0], NARROW[1], folds=False)[1]


def test_a_table_that_fits_is_one_on_a_narrow_terminal_too() -> None:
    assert printed(40, ("run", "cost>"), [("run-1", "$0.05")]) == ["RUN     COST", "run-1  $0.05"]
    assert printed(20, ("a", "b"), [("x" * 10, "y" * 10)]) == ["x" * 10, "  " + "y" * 10]  # short, and too many


@pytest.mark.parametrize(
    ("micros", "shown"),
    [(2_410_000, "$2.41"), (83, "$0.000083"), (0, "$0.00"), (None, "-"), (9_999, "$0.009999"), (16_000, "$0.02")],
)
def test_money_is_short_and_never_looks_like_nothing(micros: int | None, shown: str) -> None:
    assert show.usd(micros) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(5, "5s"), (130, "2m10s"), (7300, "2h01m"), (200_000, "2d 7h"), (0.4, "0s")]
)
def test_spans_are_short(seconds: float, shown: str) -> None:
    assert show.span(seconds) == shown


@pytest.mark.parametrize(("count", "shown"), [(950, "950"), (18_400, "18k"), (2_500_000, "2.5M")])
def test_tokens_are_short(count: int, shown: str) -> None:
    assert show.tokens(count) == shown


def test_moments_are_relative_both_ways() -> None:
    now = "2026-11-24T12:30:00Z"

    assert show.ago("2026-11-24T12:00:00Z", now) == "30m00s ago"
    assert show.ago("2026-11-24T13:00:00Z", now) == "in 30m00s"
    assert show.ago(None, now) == "-"


def test_a_moment_of_another_day_has_its_date() -> None:
    assert show.local(None) == "-"
    assert len(show.local("2020-01-01T00:00:00Z").split()) == 3


def test_a_plan_that_takes_long_says_on_stderr_that_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    said, spoke = [], Event()
    monkeypatch.setattr(plan, "_PATIENCE", 0)
    monkeypatch.setattr(click, "echo", lambda words, *, err: (said.append((words, err)), spoke.set()))

    with plan._said_when_slow(cli.Options(), 24):
        assert spoke.wait(10)

    assert said == [("imagining the next 24 h, start by start", True)]


def test_status_names_a_repository_that_is_not_there(watchbill: Watchbill, here: Path) -> None:
    (here / "watchbill.toml").write_text(CONFIG.replace('path = "."', 'path = "twon"'))

    said = watchbill("status").stdout

    assert f"fault    repository novel: there is no folder {here}/twon"[:70] in said
    assert "idle     repository novel cannot be worked on" in said


@pytest.mark.parametrize(
    ("on_watch", "then", "said"),
    [
        (["claude"], ["gpt"], "claude until "),
        (["claude", "gpt"], ["claude"], "claude, gpt until "),
        (["claude"], ["claude"], "claude   (prefer; hours in UTC)"),
        ([], [], "nobody   (prefer; hours in UTC)"),
        (["claude", "local"], ["claude"], "claude, local   (prefer; hours in UTC)"),
    ],
)
def test_the_watch_names_a_successor_only_where_something_changes(
    on_watch: list[str], then: list[str], said: str
) -> None:
    watch = {
        "on_watch": on_watch,
        "owners": [name for name in on_watch if name != "local"],
        "then": then,
        "turns_at": "2026-11-26T02:10:00Z",
        "by_hand": "",
        "policy": "prefer",
        "zone": "UTC",
    }

    assert status._watch(watch, dict.fromkeys(on_watch, "ready")).startswith(f"  watch    {said}")
