"""Reports have the shapes that the description of the API names, with much in them and with nothing."""

from collections.abc import Callable
from datetime import timedelta

import jsonschema_rs
import pytest
from operator_makers import GPT, NOVEL, NOW, begin, end, happened, land, outlook, put, spend

from watchbill.domain.ids import RunId
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.doors import Plain
from watchbill.operator.openapi import schema
from watchbill.operator.queries import advice, management, periods, scenes
from watchbill.operator.reports.run import run_report
from watchbill.operator.shapes.registry import ANSWERS, SHAPES
from watchbill.scheduling.progress import Count
from watchbill.state import progress
from watchbill.state.engine import Connection

SEEN = outlook(now=NOW + timedelta(hours=1))
ASKED: dict[str, Callable[[Connection], Plain]] = {
    "Period": lambda conn: periods.weekly(conn, SEEN),
    "SinceLast": lambda conn: periods.since_last(conn, SEEN, "ada"),
    "Figures": lambda conn: periods.figures_of(conn, SEEN),
    "SceneProgress": lambda conn: {
        "report": 1,
        "day": "2026-11-24",
        **scenes.scenes(conn, SEEN, NOW.date(), NOW.date()),
    },
    "Standing": lambda conn: management.standing(conn, SEEN),
    "Recommendations": lambda conn: advice.recommend(conn, SEEN),
}


def breaches(name: str, answer: Plain) -> list[str]:
    every = {of: schema(shape) for of, shape in SHAPES.items()}
    held = jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": {"schemas": every}})
    return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in held.iter_errors(answer)]


def fill(conn: Connection) -> RunId:
    """Something landed, something came to nothing, something was counted. The id of the run that landed."""
    put(conn, "a", "b")
    landed = land(conn, "a")
    vain = begin(conn, "b", GPT)
    spend(conn, vain, "0.02")
    end(conn, vain, RunState.REJECTED, TaskState.FAILED, "the gates refuse it")
    count = Count(path="scenes/a.txt", words=120, lines=9, bytes=600, placeholders=1)
    progress.put(conn, NOVEL, NOW.date(), [count])
    happened(conn, "gate.flaky", repo=NOVEL, gates=["tests"])
    return landed.id


@pytest.mark.parametrize("name", ASKED)
def test_a_report_has_its_shape(conn: Connection, name: str) -> None:
    assert breaches(name, ASKED[name](conn)) == []
    fill(conn)
    assert breaches(name, ASKED[name](conn)) == []


def test_a_runs_report_is_one_of_the_written_ones(conn: Connection) -> None:
    assert breaches("Written", run_report(conn, fill(conn))) == []
    assert breaches("Written", {"report": 1}) != []


def test_every_name_in_a_shape_is_known() -> None:
    assert set(ANSWERS.values()) <= set(SHAPES)
    assert breaches("Figures", {}) != []
