"""The benchmarks: that they run and say what they measured. How fast anything is, no test says."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import Better, Effort, Measured, Result, Section, document, line

SECTION = Section(name="a", title="A part", how="So it is measured.", measure=lambda _effort: iter(()))


def test_the_quick_ones_run_and_write_the_document(tmp_path: Path) -> None:
    out = tmp_path / "benchmarks.md"
    argv = [sys.executable, "-m", "benchmarks.run", "--quick", "--only", "plan", "--date", "2026-11-24", "--write", out]

    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "plan() over 10,000 tasks" in done.stdout
    assert "Measured on 2026-11-24" in out.read_text()
    assert "| plan() over 1,000 tasks |" in out.read_text()


@pytest.mark.parametrize(
    ("better", "aim", "ratio"),
    [(Better.LESS, 5.0, 0.5), (Better.LESS, 20.0, 2.0), (Better.MORE, 5.0, 2.0), (Better.MORE, 20.0, 0.5)],
)
def test_a_ratio_says_how_many_times_better_than_the_aim_it_is(better: Better, aim: float, ratio: float) -> None:
    result = Result(what="w", unit="ms", samples=(9, 10, 30), aim=aim, better=better)

    assert (result.ratio, result.meets) == (ratio, ratio >= 1)


def test_what_misses_its_aim_is_told_with_the_reason() -> None:
    slow = Result(what="starting", unit="ms", samples=(300,), aim=150, bound_by="Imports.")
    fast = Result(what="planning", unit="ms", samples=(30,), aim=150, bound_by="Memory.")

    text = document([Measured(section=SECTION, results=(slow, fast))], date="2026-11-24", machine="a machine")

    short = text.partition("Short of its aim: ")[2]
    assert "**starting**" in short
    assert "Imports." in short
    assert "planning" not in short


def test_only_what_was_measured_again_is_written_anew() -> None:
    slow = Result(what="starting", unit="ms", samples=(300,), aim=150, bound_by="Imports.")
    other = replace(SECTION, title="Another part")
    both = [Measured(section=one, results=(slow,)) for one in (SECTION, other)]
    before = document(both, date="2026-11-24", machine="a machine")
    fast = replace(slow, samples=(100,))

    after = document([Measured(section=SECTION, results=(fast,))], date="2026-11-25", machine="another", before=before)

    first, second = after.partition("## Another part")[::2]
    assert "2026-11-25: another." in first
    assert "Short of" not in first
    assert second == before.partition("## Another part")[2]


def test_quick_is_less_effort_than_full() -> None:
    assert (Effort(quick=True).of(1, 9), Effort(quick=False).of(1, 9)) == (1, 9)


def test_aim_of_nothing_that_is_met_is_met_exactly() -> None:
    met = Result(what="overshoot", unit="micro-dollars", samples=(0,), aim=0)
    missed = Result(what="overshoot", unit="micro-dollars", samples=(3,), aim=0)

    assert line(met)[-1] == "exactly"
    assert line(missed)[-1] == "0x missed"
