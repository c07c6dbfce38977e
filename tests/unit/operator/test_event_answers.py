"""Events as answers."""

from operator_makers import happened, outlook

from watchbill.operator.queries.events import events
from watchbill.state.engine import Connection


def names(conn: Connection, **wanted: object) -> list[str]:
    return [event["name"] for event in events(conn, outlook(), **wanted)["events"]]  # type: ignore[arg-type]


def test_the_latest_come_first_to_mind_and_in_their_order(conn: Connection) -> None:
    for name in ("run.started", "run.gated", "run.ended"):
        happened(conn, name)

    assert names(conn, limit=2) == ["run.gated", "run.ended"]


def test_a_kind_is_a_glob(conn: Connection) -> None:
    happened(conn, "run.started")
    happened(conn, "task.landed")

    assert names(conn, kind="task.*") == ["task.landed"]


def test_what_came_after_is_asked_with_the_last_id(conn: Connection) -> None:
    happened(conn, "run.started")
    after = events(conn, outlook())["next_after"]
    happened(conn, "run.ended", run="run-1")

    answer = events(conn, outlook(), after=after)

    assert [(event["name"], event["level"], event["facts"]) for event in answer["events"]] == [
        ("run.ended", "info", {"run": "run-1"})
    ]


def test_where_nothing_is_new_the_same_id_comes_back(conn: Connection) -> None:
    last = happened(conn, "run.started")

    assert events(conn, outlook(), after=last)["next_after"] == last
    assert events(conn, outlook(), kind="task.*")["next_after"] == last


def test_at_the_very_beginning_everything_is_to_come(conn: Connection) -> None:
    assert events(conn, outlook())["next_after"] == 0


def test_an_event_of_another_version_is_shown_all_the_same(conn: Connection) -> None:
    happened(conn, "moon.rose")

    assert events(conn, outlook())["events"][0]["level"] == "info"
