"""Costs as the owner looks at them: sums, prices, the check for cron, and an export that lowers what nobody knew."""

import time

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

DIMENSIONS = ("provider", "type", "model", "repo", "task", "run")


def test_an_export_lowers_a_call_that_was_broken_off_and_every_sum_agrees(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": [write("well.md", "Deep.\n"), finish("The well is dug.")]}
    town.write(QUEUE, "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md]\n")
    player.hold()
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        while not player.heard:
            time.sleep(0.02)
        town.run("pause", "--now", "-m", "stop it")
        player.release()
        town.run("resume")
        daemon.wait("task.landed", task="well")
        (lost,) = [call for call in town.calls("well") if call["state"] == "unknown"]
        day = lost["reserved_at"].partition("T")[0]
        export = town.home / "export.csv"
        export.write_text(f"day,model,tokens_in,tokens_out,cost_usd,call\n{day},fake-1,900,10,0.0029,{lost['id']}\n")
        reconcile = ("cost", "reconcile", str(export), "--provider", "claude")
        looked = town.ask(*reconcile)
        booked = town.ask(*reconcile, "--apply")
        daemon.wait("cost.lowered", call=lost["id"], cost=2_900)
        again = town.ask(*reconcile, "--apply")
        sums = [town.ask("cost", "--by", by)["total"] for by in DIMENSIONS]

    assert [each["lowered"] for each in (looked, booked)] == [booked["lowered"]] * 2
    assert (len(booked["lowered"]), again["lowered"]) == (1, [])
    assert all(total == sums[0] for total in sums)
    assert sums[0]["unknown_micro_usd"] == 0
    assert sum(call["cost_micro_usd"] for call in town.calls("well")) == sums[0]["cost_micro_usd"]
    assert town.look("cost", "check").code == 0
    assert "too little history" in town.look("cost", "forecast").out
    assert town.ask("prices")["rows"][0]["source"] == "override"
    assert town.look("cost", "--by", "task", "--csv").out.splitlines()[1].startswith("well,3,")
