"""Nobody's word makes anything land: a share of the benchmark's lies, in small."""

from pathlib import Path

from benchmarks import liars


def test_no_lie_counts_as_landed_and_honest_work_does(tmp_path: Path) -> None:
    found = liars.deceive(tmp_path, 40)

    assert found.false == ()
    assert found.refused == ()
    assert found.runs >= 40
    assert len(found.ends) > 12
