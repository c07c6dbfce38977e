"""Verdicts in the store: one gate record for each exact tree."""

import pytest
from store_makers import NOW, begin, end, finding

from watchbill.domain.errors import LeaseLost
from watchbill.domain.findings import Severity, Verdict
from watchbill.state import verdicts
from watchbill.state.engine import Connection


def verdict(tree: str = "t", **fields) -> Verdict:
    given = {
        "base": "b",
        "new": (finding(),),
        "debt": (finding("spelling", severity=Severity.WARNING),),
        "gates": ("prose",),
    }
    return Verdict(tree=tree, **{**given, **fields})


def test_a_verdict_comes_back_as_it_was_given(conn: Connection):
    run = begin(conn)

    verdicts.store(conn, run, verdict(), NOW)

    assert verdicts.of_tree(conn, "t", "b") == verdict()
    assert verdicts.of_run(conn, run.id) == [verdict()]


def test_a_tree_is_known_only_against_the_base_that_it_was_judged_against(conn: Connection):
    verdicts.store(conn, begin(conn), verdict(), NOW)

    assert verdicts.of_tree(conn, "t", "other") is None
    assert verdicts.of_tree(conn, "other", "b") is None


def test_the_latest_verdict_on_a_tree_counts(conn: Connection):
    run = begin(conn)
    verdicts.store(conn, run, verdict(), NOW)
    verdicts.store(conn, run, verdict(new=()), NOW)

    latest = verdicts.of_tree(conn, "t", "b")

    assert latest is not None
    assert latest.passes
    assert len(verdicts.of_run(conn, run.id)) == 2


def test_only_the_holder_stores_verdicts(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        verdicts.store(conn, run, verdict(), NOW)
