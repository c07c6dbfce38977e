"""A daemon gone at every point, and a start after it: the checker finds nothing; and it finds every planted bug.

Here the first point of each kind is walked: both sides, before and after, of what is money, work, landing, undoing or an edit
of a person's file (WEIGHTY in points.py), and of the other kinds one side, in turn by their names, the same in each run.
`python tests/torture/torture.py --each` walks both sides of every kind; without an option it walks every single point.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("torture.py")
sys.path.insert(0, str(HARNESS.parent))

from plants import PLANTS  # noqa: E402 - found beside this file only now
from points import WEIGHTY  # noqa: E402 - the same

pytestmark = pytest.mark.slow

# money held and its call sent, the vendor's name of it kept, the vendor asked, the reply stored and settled
MONEY = ("COMMIT insert calls, insert ledger", "COMMIT update calls", "request for", "update sessions")
# a run begun, its landing meant, the branch moved, landed, taken back, approved, and shown in a person's file
WORK = (
    "insert leases",
    "insert intents",
    "git update-ref",
    "update intents",
    "update tasks, update undoings",
    "insert approvals",
    "queue swap",
)


def torture(*options: str) -> Sequence[dict]:
    done = subprocess.run(
        [sys.executable, HARNESS, *options], check=False, capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


# what is record, view or scratch only by `pytest tests/torture`
@pytest.mark.parametrize(
    ("match", "least"), [(f"{WEIGHTY.pattern}|request for", 60), pytest.param("", 80, marks=pytest.mark.deep)]
)
def test_daemon_killed_at_each_kind_of_point_loses_nothing_and_does_nothing_twice(match: str, least: int) -> None:
    deaths = torture("--telling", "--match", match, "--jobs", "2")

    found = [death for death in deaths if death["broken"]]
    killed = [death for death in deaths if not death["point"].startswith("missed")]
    assert not found, json.dumps(found, indent=1)
    assert len(killed) > least
    for step in (*MONEY, *WORK):
        sides = [death["point"].split()[0] for death in killed if step in death["point"]]
        assert {"before", "after"} <= set(sides), step


def test_undisturbed_life_breaks_nothing() -> None:
    (life,) = torture("--match", "none")

    assert not life["broken"], life["said"]


# every third in `make test`, all of them by `pytest tests/torture`
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.deep] if place % 3 else []) for place, name in enumerate(PLANTS)]
)
def test_planted_bug_is_caught(name: str) -> None:
    plant = PLANTS[name]

    deaths = torture("--plant", name, "--match", plant.dies_at, "--first", "4", "--jobs", "1", "--until", plant.breaks)

    assert any(plant.breaks in death["broken"] for death in deaths), json.dumps(deaths, indent=1)
