"""A ladder as its owner has it: the small model first, the big one where the checks refuse, and the count of what was no good."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.acceptance.harness import DAEMON, QUEUE, Town
from tests.vendors import ANTHROPIC, FakeVendor, Heard, Use

pytestmark = pytest.mark.vendors

LADDER = """[[ladder]]
types = ["fix"]
steps = [{ provider = "small", model = "fake-1" }, { provider = "big", model = "fake-2", effort = "low" }]
"""


def mends(_vendor: str, model: str, _heard: Sequence[Heard]) -> Sequence[Use]:
    text = "def one(:\n" if model == "fake-1" else "def one():\n    return 1\n"
    return [
        Use("write_file", {"path": "tool.py", "content": text}),
        Use("finish", {"done": True, "summary": "Mended."}),
    ]


def test_small_model_goes_first_and_the_big_one_where_the_checks_refuse(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.write("tool.py", "def one():\n    return 0\n")
    town.write(QUEUE, "# Work\n\n- [ ] Fix the tool #fix [id:: mend] [files:: tool.py]\n")
    town.commit("The beginning")
    with FakeVendor(mends) as vendor:
        small = town.provider("small", ANTHROPIC, vendor.anthropic_url, "fake-1")
        big = town.provider("big", ANTHROPIC, vendor.anthropic_url, "fake-2")
        town.configure(small + big, more=LADDER, repo="max_repairs = 0", daemon=DAEMON)
        refused = town.run("config", "check")
        town.configure(small + big, more=LADDER, repo="max_repairs = 0\ngates = { python = true }", daemon=DAEMON)
        before = town.look("why", "mend").out
        with town.serve() as daemon:
            daemon.wait("ladder.escalated", task="mend", from_step="small/fake-1", to_step="big/fake-2 (low)")
            daemon.wait("task.landed", task="mend")
            town.run("task", "retry", "mend")
            status = town.ask("status")
            shown = town.look("status").out
        asked = [entry.fields for entry in vendor.calls]

    assert refused.code != 0
    assert "no check worth trusting" in refused.out + refused.err
    assert "step 1 of 2 of its ladder, small/fake-1" in before
    assert [fields["model"] for fields in asked[:2]] == ["fake-1", "fake-2"]
    assert "thinking" not in asked[0]
    assert "thinking" in asked[1]
    assert "(1 no good)" in shown
    steps = {each["step"]: each for each in status["ladders"]}
    assert (steps["small/fake-1"]["passed"], steps["small/fake-1"]["failed"]) == (0, 1)
    assert steps["big/fake-2 (low)"]["false_accept_rate"] == 1.0
