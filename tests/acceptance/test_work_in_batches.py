"""Work that may wait, as its owner has it: half the price, and nothing asked twice although the daemon was killed in between."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.acceptance.harness import DAEMON, QUEUE, Town
from tests.batchvendor import BatchVendor
from tests.vendors import ANTHROPIC, Heard, Use

pytestmark = pytest.mark.vendors

BATCH = '[batch]\nproviders = ["claude"]\nwindow = "1s"\n'


def digs(_vendor: str, _model: str, heard: Sequence[Heard]) -> Sequence[Use]:
    if any(each.tools for each in heard):
        return [Use("finish", {"done": True, "summary": "The well is dug."})]
    return [Use("write_file", {"path": "well.md", "content": "Deep and cold.\n"})]


def test_work_that_may_wait_survives_a_kill_between_sending_its_batch_and_hearing_its_id(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.write("README.md", "# A town\n")
    town.write(QUEUE, "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md] [batch:: yes]\n")
    town.commit("The beginning")
    with BatchVendor(digs) as vendor:
        vendor.finishes_at_once = True
        vendor.answers.clear()
        provider = town.provider("claude", ANTHROPIC, vendor.url_for(ANTHROPIC), "claude-sonnet-5-5")
        town.configure(provider, more=BATCH, daemon=DAEMON)
        first = town.start()
        try:
            first.wait("batch.collected", task="well")
            _until(lambda: vendor.creates == 1)
        finally:
            first.kill()
        vendor.answers.set()
        with town.serve() as second:
            second.wait("batch.found")
            second.wait("task.landed", task="well")

    assert town.show("watchbill/main", "well.md") == "Deep and cold.\n"
    assert vendor.creates == 2  # a turn each
    states = [call["state"] for call in town.calls("well")]
    assert states == ["settled", "settled"]
    counts = town.ask("status")["savings"]["batches"]
    assert (counts["sent"], counts["calls"], counts["answered"], counts["waiting"]) == (2, 2, 2, 0)
    paid = sum(call["cost_micro_usd"] for call in town.calls("well"))
    assert 0 <= paid - counts["saved_micro_usd"] <= len(states)  # the other half, each rounded up
    assert "in batches 2" in town.look("status").out


def _until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
