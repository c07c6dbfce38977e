"""The demo, as a newcomer runs it."""

import re
import time
from pathlib import Path

import pytest

from tests.acceptance.harness import Town
from watchbill.daemon.demo.show import POINTS

pytestmark = pytest.mark.slow

DAY = 60  # seconds for the demo's day: other tests share the machine, and the demo's clock does not wait for it
LONGEST = 120  # seconds for the whole, as promised to a newcomer


def test_the_demo_shows_every_point(tmp_path: Path) -> None:
    town = Town(tmp_path)
    began = time.monotonic()

    said = town.run("demo", "--seconds", str(DAY), timeout=180)

    took = time.monotonic() - began
    print(f"\nthe demo took {took:.1f} s")  # noqa: T201 - a measurement, for whoever runs it with -s
    assert said.code == 0, said.out[-3000:] + said.err[-2000:]
    shown = re.findall(r"^\s*([✓✗])", said.out, re.MULTILINE)
    assert shown == ["✓"] * len(POINTS)
    assert "scripted" in said.out.casefold()
    assert took < LONGEST
