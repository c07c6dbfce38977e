"""What of a decision is news when it changes."""

import pytest
from planning import REPO

from watchbill.domain.ids import ProviderName, RunId, TaskId
from watchbill.scheduling.decisions import Decision, GiveUp, Reason, Rejection, Relieve, SetAside, Start, Wait
from watchbill.scheduling.gists import gist, is_news, subject

A = TaskId("a")


@pytest.mark.parametrize(
    ("decision", "about", "told"),
    [
        (Start(task=A, repo=REPO, provider=ProviderName("x"), model="", why="so"), "a", ("start", "x")),
        (Wait(task=A, repo=REPO, binding=Rejection(reason=Reason.HELD, detail="")), "a", ("wait", "held")),
        (Relieve(run=RunId("r"), task=A, why="late"), "r", ("relieve", "late")),
        (GiveUp(task=A, why="often"), "a", ("give_up", "often")),
        (SetAside(task=A, why="dear", asides=()), "a", ("set_aside", "dear")),
    ],
)
def test_each_decision_has_a_subject_and_a_gist(decision: Decision, about: str, told: tuple[str, str]):
    assert (subject(decision), gist(decision)) == (about, told)


def test_taking_turns_is_no_news():
    assert not is_news(("wait", "behind"), ("wait", "parallel_limit"))
    assert is_news(("wait", "behind"), ("wait", "budget_day"))
    assert not is_news(("start", "x"), ("start", "x"))
