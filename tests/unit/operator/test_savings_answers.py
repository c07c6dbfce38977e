"""What was saved as an answer and on one line: calls made and saved, why, their worth, and the prompt caches' share."""

from datetime import timedelta

from operator_makers import NOW, begin, call, outlook, put

from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.money import usd
from watchbill.domain.outcomes import SavedBy, Spared
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply
from watchbill.operator.cli import show
from watchbill.operator.queries import costs, savings, status
from watchbill.operator.reports.run import run_report
from watchbill.state import answers, ledger, rides, runs, tasks
from watchbill.state.accounts import By
from watchbill.state.engine import Connection


def spare(conn: Connection, by: SavedBy = SavedBy.DEDUPED, task: str = "b") -> None:
    """One call made, 60 % of it read from a cache, and one saved."""
    put(conn, "a", task)
    run = begin(conn, "a")
    made = call(conn, run, "0.05")
    ledger.sent(conn, made)
    usage = Usage(tokens_in=1_000, tokens_out=500, cache_read=600, cache_write=100)
    ledger.settle(conn, made, Settlement(cost=usd("0.05"), usage=usage, price_source="test"), NOW)
    spared = Spared(reply=Reply(text="Well."), key="1" * 64, call=made, by=by)
    answers.take(conn, begin(conn, task), spared, NOW)


def test_each_way_of_saving_has_its_counter(conn: Connection) -> None:
    spare(conn, SavedBy.JOINED)

    told = savings.between(conn)

    assert (told["calls_made"], told["calls_saved"], told["tokens_saved"]) == (1, 1, 1_500)
    assert told["saved_micro_usd"] == told["by"]["joined"]["saved_micro_usd"] == 50_000
    assert told["by"]["deduped"] == {"calls_saved": 0, "tokens_saved": 0, "saved_micro_usd": 0, "saved_usd": 0.0}


def test_the_hit_rate_is_told_with_what_it_is_made_of(conn: Connection) -> None:
    spare(conn)

    cache = savings.between(conn)["cache"]

    assert cache == {"tokens_in": 1_000, "cache_read": 600, "cache_write": 100, "hit_rate": 0.6}


def test_status_counts_from_the_budgets_midnight(conn: Connection) -> None:
    spare(conn)

    assert status.status(conn, outlook())["savings"]["calls_saved"] == 1
    assert status.status(conn, outlook(now=NOW + timedelta(days=1)))["savings"]["calls_saved"] == 0


def test_costs_tell_what_was_saved_in_the_same_time(conn: Connection) -> None:
    spare(conn)

    assert costs.costs(conn, outlook(), By.TASK)["savings"]["calls_saved"] == 1
    assert costs.costs(conn, outlook(), By.TASK, since="14:00")["savings"]["calls_made"] == 0


def test_a_runs_report_tells_its_own_savings(conn: Connection) -> None:
    spare(conn)

    made, spared = (run_report(conn, RunId(run))["savings"] for run in ("run-1", "run-2"))

    assert (made["calls_made"], made["calls_saved"]) == (1, 0)
    assert (spared["calls_made"], spared["calls_saved"], spared["cache"]["hit_rate"]) == (0, 1, None)


def test_one_line_says_it_all(conn: Connection) -> None:
    assert show.savings(savings.between(conn)) == ""

    spare(conn)

    line = show.savings(savings.between(conn))
    assert line == "calls 1, saved 1 (1 answered before; 2k tokens, $0.05)   prompt caches 60% of the input"


def test_a_run_without_calls_has_no_hit_rate_on_its_line(conn: Connection) -> None:
    spare(conn)

    assert (
        show.savings(savings.of_run(conn, RunId("run-2"))) == "calls 0, saved 1 (1 answered before; 2k tokens, $0.05)"
    )


def test_a_task_that_landed_in_anothers_run_saved_a_run_and_no_invented_dollars(conn: Connection) -> None:
    put(conn, "a", "b")
    run, rider = begin(conn, "a"), tasks.get(conn, TaskId("b"))
    assert rider is not None
    rides.board(conn, run, [rider], NOW)
    runs.end(conn, run, state=RunState.LANDED, task_state=TaskState.LANDED, reason="landed", now=NOW)
    told = savings.between(conn)
    line = show.savings({**told, "calls_made": 2})

    assert (told["merged"], told["calls_saved"], told["saved_micro_usd"]) == ({"runs_saved": 1}, 0, 0)
    assert savings.between(conn, NOW + timedelta(days=1))["merged"] == {"runs_saved": 0}
    assert "runs saved by merging 1" in line
    assert run_report(conn, run.id)["riders"] == [{"task": "b", "landed": True}]
