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

    assert verdicts.of_run(conn, run.id) == [verdict()]


def test_every_verdict_of_a_run_is_kept_the_oldest_first(conn: Connection):
    run = begin(conn)
    verdicts.store(conn, run, verdict(), NOW)
    verdicts.store(conn, run, verdict(new=()), NOW)

    assert [found.passes for found in verdicts.of_run(conn, run.id)] == [False, True]


def test_only_the_holder_stores_verdicts(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        verdicts.store(conn, run, verdict(), NOW)
