"""docs/limits.md: its table is the code's."""

from datetime import timedelta
from pathlib import Path

import pytest

from watchbill.daemon.setbacks import REST
from watchbill.domain.outcomes import COUNTS_AS_ATTEMPT, RETRY_SAME_PROVIDER, SetbackKind
from watchbill.providers.oracle.verdict import word_of

PAGE = Path(__file__).parents[3] / "docs" / "limits.md"
WORD_BY_SPAN = {
    timedelta(minutes=1): "1 minute",
    timedelta(minutes=2): "2 minutes",
    timedelta(minutes=30): "30 minutes",
    timedelta(hours=6): "6 hours",
    None: "until a person acts",
}


@pytest.mark.parametrize("kind", SetbackKind)
def test_the_page_says_of_every_kind_what_the_code_does(kind: SetbackKind) -> None:
    rows = [row.strip("| ").split(" | ") for row in PAGE.read_text().splitlines() if f"| `{kind}` |" in row]
    retried, counted = ("yes" if kind in kinds else "no" for kinds in (RETRY_SAME_PROVIDER, COUNTS_AS_ATTEMPT))
    rests = [WORD_BY_SPAN[REST[kind]]] if kind in REST else []

    ((word, _, _, *cells),) = rows
    assert (word, cells) == (word_of(kind), [retried, counted, *rests])
