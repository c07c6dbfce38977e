"""What a person is told before deciding: what approving does for each delivery, what taking back does, and who asked."""

from dataclasses import replace

import pytest
from operator_makers import NOVEL, begin, bill, end, land, outlook, put

from watchbill.domain.ids import Commit, TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Autonomy, Delivery, TaskState
from watchbill.domain.undoings import Wish
from watchbill.operator.deciding import Landing, Work
from watchbill.operator.queries import reviews
from watchbill.scheduling.bill import RepoTerms
from watchbill.state.engine import Connection
from watchbill.workspace.history import Counts

TERMS = RepoTerms(name=NOVEL)
CHANGES = (Counts(path="a.md", added=2, removed=1), Counts(path="map.png", added=None, removed=None))
WORK = Work(base=Commit("a" * 40), commit=Commit("b" * 40), tree="c" * 40, changes=CHANGES)


def waiting(conn: Connection, **fields: object) -> TaskId:
    put(conn, "a", **fields)
    end(conn, begin(conn, "a"), RunState.REVIEW, TaskState.REVIEW, "look at it")
    return TaskId("a")


@pytest.mark.parametrize(
    ("delivery", "says"),
    [
        (Delivery.INTEGRATION, "lands on watchbill/main"),
        (Delivery.LAND, "lands on main itself"),
        (Delivery.BRANCH, "makes the branch watchbill/a"),
        (Delivery.PATCH, "writes a.patch"),
    ],
)
def test_approving_says_where_it_goes(conn: Connection, delivery: Delivery, says: str) -> None:
    name = waiting(conn, delivery=delivery)

    card = reviews.card(conn, outlook(bill=bill(repos=(TERMS,))), name, WORK)

    assert card["approving"][0].startswith(says)
    assert (card["added"], card["removed"], card["files"]) == (2, 1, 2)


def test_card_says_what_was_changed_meanwhile_where_it_lands(conn: Connection) -> None:
    work = replace(WORK, overtaken=("a.md",))

    card = reviews.card(conn, outlook(bill=bill(repos=(TERMS,))), waiting(conn), work)

    assert any("the same lines of a.md were changed meanwhile" in line for line in card["approving"])


def test_task_of_a_repository_that_is_not_configured_any_more_lands_nowhere(conn: Connection) -> None:
    card = reviews.card(conn, outlook(bill=bill(repos=())), waiting(conn), WORK)

    assert "not in the configuration" in card["approving"][0]


def test_whoever_could_not_go_on_is_an_escalation_in_its_own_words(conn: Connection) -> None:
    asked = reviews.card(conn, outlook(), waiting(conn, autonomy=Autonomy.HIGH), WORK)["asked_by"]
    nothing = reviews.line(conn, outlook(), TaskId("a"), None)

    assert asked == {"kind": "escalation", "what": "look at it"}
    assert (nothing["tree"], nothing["files"]) == (None, 0)


def wish(run: Run, delivery: Delivery, *, retry: bool = False) -> Wish:
    ref = "refs/heads/main" if delivery is Delivery.LAND else "refs/heads/watchbill/main"
    return Wish(
        run=run.id,
        task=run.task,
        repo=run.repo,
        commit=Commit("b" * 40),
        target_ref=ref,
        delivery=delivery,
        who="me",
        why="not so",
        retry=retry,
    )


@pytest.mark.parametrize(
    ("delivery", "on_target", "says"),
    [
        (Delivery.PATCH, False, "puts nothing onto any branch"),
        (Delivery.LAND, True, "adds a commit to main"),
        (Delivery.INTEGRATION, True, "main has it already"),
    ],
)
def test_taking_back_says_what_it_does_and_what_not(
    conn: Connection, delivery: Delivery, on_target: bool, says: str
) -> None:
    put(conn, "a")
    found = Landing(wish=wish(land(conn, "a"), delivery), changes=CHANGES, on_target=on_target, riders=(TaskId("r"),))

    told = reviews.rollback(conn, found, TERMS)

    assert any(says in line for line in told["effect"])
    assert told["effect"][-1] == "a, r: reverted, and not tried again"
    assert told["changes"][1] == {"path": "map.png", "added": None, "removed": None}
