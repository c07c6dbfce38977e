"""The demo, as a newcomer runs it."""

import re
import resource
from pathlib import Path

import pytest

from tests.acceptance.harness import Town, started
from watchbill.daemon.demo.show import POINTS

pytestmark = pytest.mark.slow

DAY = 60  # seconds for the demo's day: other tests share the machine, and the demo's clock does not wait for it
LONGEST = 120  # seconds for the whole on a machine that does nothing else, as promised to a newcomer


def test_the_demo_shows_every_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Town, "begin", staticmethod(started))  # a process of our own, so that its work is known
    town = Town(tmp_path)
    before = worked()

    said = town.run("demo", "--seconds", str(DAY), timeout=900)

    took = DAY + worked() - before
    assert said.code == 0, said.out[-3000:] + said.err[-2000:]
    shown = re.findall(r"^\s*([✓✗])", said.out, re.MULTILINE)
    assert shown == ["✓"] * len(POINTS)
    assert "scripted" in said.out.casefold()
    assert took < LONGEST


def worked() -> float:
    """The processor's seconds of all processes that we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
