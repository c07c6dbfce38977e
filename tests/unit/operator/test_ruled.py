"""A table's lines: by hand where a row fits, the same as rich draws them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from tests.examples import examples
from watchbill.operator.cli import ruled
from watchbill.operator.cli.ruled import Ruling

WORDS = st.text(st.sampled_from("ab é漢\t"), max_size=12)


def console(*, color: bool = False) -> tuple[Console, io.StringIO]:
    said = io.StringIO()
    return Console(file=said, width=60, force_terminal=color, color_system="standard" if color else None, highlight=False, emoji=False, markup=False), said  # fmt: skip


def by_rich(ruling: Ruling, rows: list[tuple[str, str]]) -> str:
    out, said = console()
    made: Table = ruled._table(ruling, [[(one, ""), (other, "")] for one, other in rows])
    out.print(made)
    return said.getvalue()


@examples(40, part=2)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5), st.booleans(), st.booleans())
def test_lines_are_those_of_rich(rows: list[tuple[str, str]], right: bool, folds: bool) -> None:
    ruling = Ruling(widths=[6, 7], rights=[right, False], folds=folds)
    out, said = console()

    ruled.draw(out, ruling, [[(one, ""), (other, "")] for one, other in rows])

    assert said.getvalue() == by_rich(ruling, rows)


def test_words_have_their_colour() -> None:
    out, said = console(color=True)

    ruled.draw(out, Ruling(widths=[6], rights=[False], folds=False), [[("landed", "green")]])

    assert said.getvalue() == "\x1b[32mlanded\x1b[0m\n"


def test_thousands_of_rows_ask_nothing_of_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruled, "_table", None)
    out, said = console()

    ruled.draw(out, Ruling(widths=[4], rights=[True], folds=True), [[(f"{number}", "")] for number in range(5_000)])

    assert said.getvalue().count("\n") == 5_000
