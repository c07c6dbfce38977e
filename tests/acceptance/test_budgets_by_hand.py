"""A budget as its owner meets it: it keeps a call back, says so, and is raised for a while."""

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

DUG = [write("well.md", "Deep.\n"), finish("The well is dug.")]


def test_a_call_that_no_day_can_pay_waits_for_its_owner_who_raises_the_budget(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    town.write(QUEUE, "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md]\n")
    town.commit()
    player.steps = {"Dig the well": DUG}
    town.configure(
        town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1"), more="[budget]\ndaily_usd = 0.01\n"
    )
    with town.serve() as daemon:
        daemon.wait("task.review", task="well")
        heard = len(player.heard)
        kept = town.ask("task", "show", "well")
        raised = town.run("budget", "raise", "5", "--for", "1h", "-m", "the well matters", "--json").json
        daemon.wait("task.landed", task="well")
        seen = town.ask("budget")

    assert heard == 0
    assert "not even one call fits" in kept["note"]
    assert (raised["of"], raised["amount_micro_usd"], raised["why"]) == ("day", 5_000_000, "the well matters")
    (day,) = [row for row in seen["windows"] if row["window"].startswith("day:")]
    assert (day["cap_usd"], day["used_up"]) == (5.01, False)
    assert 0 < day["spent_usd"] <= day["cap_usd"]
    assert daemon.told("budget.raised", why="the well matters")
