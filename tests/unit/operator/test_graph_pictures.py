"""A page's picture of what waits for what holds as much as somebody can look at, and says what it leaves out."""

from operator_makers import land, outlook, put

from watchbill.domain.tasks import TaskState
from watchbill.operator.drawing import graph as drawing
from watchbill.operator.queries import graph
from watchbill.state.engine import Connection


def ids(answer: dict) -> list[str]:
    return [node["id"] for node in answer["tasks"]]


def test_only_who_waits_and_what_is_waited_for_is_pictured(conn: Connection) -> None:
    put(conn, "alone", "first")
    put(conn, "then", needs=("first",))

    answer = graph.picture(conn, outlook())

    assert (ids(answer), answer["open"], answer["next"]) == (["first", "then"], 3, None)
    assert answer["tasks"] == [node for node in graph.graph(conn, outlook())["tasks"] if node["id"] != "alone"]


def test_what_waits_for_nothing_open_is_not_pictured(conn: Connection) -> None:
    put(conn, "done")
    land(conn, "done")
    put(conn, "then", needs=("done",))

    assert graph.picture(conn, outlook())["tasks"] == []


def test_a_name_that_nobody_has_is_told_of_on_every_page(conn: Connection) -> None:
    put(conn, "lost", needs=("nobody",))

    pages = [graph.picture(conn, outlook(), page=page) for page in (1, 2)]

    assert [[each["needs"] for each in page["unknown"]] for page in pages] == [["nobody"], ["nobody"]]
    assert [ids(page) for page in pages] == [["lost"], []]


def test_those_that_wait_after_these_are_on_the_next_page(conn: Connection) -> None:
    put(conn, "first")
    for number in range(70):
        put(conn, f"t{number:02}", needs=("first",))

    one, two = (graph.picture(conn, outlook(), page=page) for page in (1, 2))

    assert (len(one["tasks"]), one["next"], len(two["tasks"]), two["next"]) == (61, 2, 11, None)
    assert set(ids(one)) | set(ids(two)) == set(ids(graph.graph(conn, outlook())))
    assert "of 10 more it is not told here" in drawing.svg(one, left_out=one["open"] - len(one["tasks"]))


def test_one_that_waits_for_hundreds_is_pictured_with_some_of_them(conn: Connection) -> None:
    names = [f"t{number:03}" for number in range(200)]
    put(conn, *names, state=TaskState.QUEUED)
    put(conn, "last", needs=tuple(names))

    answer = graph.picture(conn, outlook())

    assert (len(answer["tasks"]), answer["open"]) == (150, 201)
    assert "last" in ids(answer)
