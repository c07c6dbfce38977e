"""Where passing work goes, on a real repository whose owner goes on working in it."""

from pathlib import Path

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, edit, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

WELL = "- [ ] Dig the well [id:: well] [files:: well.md]\n"
BELL = "- [ ] Hang the bell [id:: bell] [files:: well.md]\n"
DUG = [write("well.md", "Deep and cold.\n"), finish("The well is dug.")]
HUNG = [write("well.md", "A bell hangs over it.\n"), finish("The bell hangs.")]


@pytest.fixture(autouse=True)
def steps(player: Player) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}


def add(town: Town, queue: str) -> None:
    town.write(QUEUE, queue)


def deliver(town: Town, vendor: FakeVendor, how: str) -> None:
    town.configure(town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1"), repo=f'delivery = "{how}"')


def branches(town: Town) -> list[str]:
    return town.git("branch", "--format=%(refname:short)").split()


def test_integration_gathers_work_beside_a_target_that_is_checked_out(town: Town) -> None:
    add(town, WELL + BELL.replace("well.md]", "well.md] [after:: well]"))
    with town.serve() as daemon:
        daemon.wait("task.landed", task="bell")
        daemon.wait("landing.published", count=2)

    assert town.log("watchbill/main") == ["Hang the bell", "Dig the well", "The beginning"]
    assert town.log("main") == ["The beginning"]
    assert not (town.repo / "well.md").exists()


def test_promote_waits_until_nobody_has_the_target_checked_out(town: Town) -> None:
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("landing.published", ref="watchbill/main")
        refused = town.look("promote")
        town.leave()
        done = town.ask("promote")

    assert refused.code == 1
    assert "`main` is checked out" in refused.err
    assert town.git("rev-parse", "main").strip() == done["commit"]
    assert town.show("main", "well.md") == "Deep and cold.\n"


def test_a_branch_of_its_own_keeps_its_files_until_the_owner_merged_it(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "branch")
    add(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("landing.published", ref="watchbill/well")
        waits = daemon.wait("task.waiting", task="bell", reason="file_claimed")
        town.git("merge", "--quiet", "--no-edit", "watchbill/well")
        daemon.wait("task.landed", task="bell")
        daemon.wait("landing.published", ref="watchbill/bell")

    assert "well" in waits["detail"]
    assert branches(town) == ["main", "watchbill/bell", "watchbill/well"]
    assert town.show("watchbill/bell", "well.md") == "A bell hangs over it.\n"
    assert town.log("main") == ["Dig the well", "The beginning"]


def test_a_branch_that_the_owner_dropped_frees_its_files(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "branch")
    add(town, WELL + BELL)
    with town.serve() as daemon:
        daemon.wait("landing.published", ref="watchbill/well")
        daemon.wait("task.waiting", task="bell", reason="file_claimed")
        town.git("branch", "-D", "watchbill/well")
        daemon.wait("landing.published", ref="watchbill/bell")

    assert branches(town) == ["main", "watchbill/bell"]


def test_land_moves_a_target_that_nobody_has_checked_out(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "land")
    town.leave()
    add(town, WELL)

    said = town.run("once")

    assert said.code == 0, said.err
    assert town.log("main") == ["Dig the well", "The beginning"]
    assert town.log("mine") == ["The beginning"]


def test_land_waits_for_a_target_that_is_checked_out_and_says_so(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "land")
    add(town, WELL)
    with town.serve() as daemon:
        put_off = daemon.wait("landing.put_off", ref="main")
        still = town.log("main")
        town.leave()
        daemon.wait("landing.published", ref="main")

    assert "checked out" in put_off["why"]
    assert still == ["The beginning"]
    assert town.log("main") == ["Dig the well", "The beginning"]


def test_land_updates_a_clean_worktree_whose_owner_chose_so(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "land")
    town.git("config", "receive.denyCurrentBranch", "updateInstead")
    add(town, WELL)

    said = town.run("once")

    assert said.code == 0, said.err
    assert town.read("well.md") == "Deep and cold.\n"
    assert town.git("status", "--porcelain", "--untracked-files=no") == ""


def test_land_leaves_a_worktree_alone_that_is_not_clean(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "land")
    town.git("config", "receive.denyCurrentBranch", "updateInstead")
    town.write("README.md", "# A town, half way thr")
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("landing.put_off", ref="main")
        during = town.read("README.md")
        town.git("restore", "README.md")
        daemon.wait("landing.published", ref="main")

    assert during == "# A town, half way thr"
    assert town.read("well.md") == "Deep and cold.\n"


def test_a_patch_is_a_file_that_git_am_takes(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "patch")
    add(town, WELL)

    said = town.run("once")

    assert said.code == 0, said.err
    assert branches(town) == ["main"]
    (patch,) = (town.state / "patches").rglob("*.patch")
    town.git("am", "--quiet", str(patch))
    assert town.log("main") == ["Dig the well", "The beginning"]
    assert town.read("well.md") == "Deep and cold.\n"


def test_low_autonomy_waits_for_a_review_and_lands_without_a_new_call(town: Town, vendor: FakeVendor) -> None:
    add(town, WELL.replace("well.md]", "well.md] [autonomy:: LOW]"))
    with town.serve() as daemon:
        daemon.wait("task.review", task="well")
        daemon.wait("queue.written", task="well", marker="review")
        asked, calls = town.read(QUEUE), len(vendor.calls)
        diff = town.look("run", "diff", "run-1").out
        before = branches(town)
        town.ask("task", "accept", "well")
        daemon.wait("landing.published", ref="watchbill/main")

    assert "[?] Dig the well" in asked
    assert "+Deep and cold." in diff
    assert before == ["main"]
    assert len(vendor.calls) == calls
    assert town.show("watchbill/main", "well.md") == "Deep and cold.\n"


def test_a_commit_of_the_owners_meanwhile_is_kept(town: Town, player: Player) -> None:
    add(town, WELL)
    player.hold()
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        town.write("mill.md", "It turns.\n")
        town.commit("Build the mill")
        player.release()
        daemon.wait("landing.published", ref="watchbill/main")

    assert town.show("watchbill/main", "well.md") == "Deep and cold.\n"
    assert town.show("watchbill/main", "mill.md") == "It turns.\n"
    assert town.log("main") == ["Build the mill", "The beginning"]


def test_an_edit_of_the_owners_in_the_same_lines_is_the_models_to_merge(town: Town, player: Player) -> None:
    town.write("well.md", "A dry hole.\n")
    town.commit("Begin to dig")
    add(town, WELL)
    player.hold()
    both = write("well.md", "A deep, wet hole.\n")
    player.steps = {"Dig the well": [edit("well.md", "A dry hole.", "A wet hole."), finish(), both, finish()]}
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        town.write("well.md", "A deep hole.\n")
        town.commit("Dig on by hand")
        player.release()
        daemon.wait("landing.conflict")
        daemon.wait("landing.published", ref="watchbill/main")

    assert town.show("watchbill/main", "well.md") == "A deep, wet hole.\n"
    assert town.log("watchbill/main") == ["Dig the well", "Dig on by hand", "Begin to dig", "The beginning"]
    assert any("files both sides now stand" in said.text for said in player.heard[-1])


def test_work_goes_on_where_the_owner_went_another_way_and_is_paid_once(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("landing.published", ref="watchbill/main")
        town.write("well.md", "Not there. Here.\n")
        town.commit("Dig elsewhere by hand")
        add(town, town.read(QUEUE) + BELL)
        daemon.wait("landing.conflict", paths=["well.md"])
        daemon.wait("task.landed", task="bell")
        (asks,) = town.ask("status")["needs_you"]
        town.git("merge", "--quiet", "-X", "theirs", "watchbill/main")
        daemon.wait("landing.rejoined")
        settled = town.ask("status")["needs_you"]

    assert (asks["kind"], asks["command"]) == ("parted", "git merge watchbill/main")
    assert "in well.md" in asks["why"]
    assert settled == []
    assert town.show("watchbill/main", "well.md") == "A bell hangs over it.\n"
    assert len(vendor.calls) == len(DUG) + len(HUNG)


def test_land_asks_a_human_where_the_owner_went_another_way(town: Town, vendor: FakeVendor) -> None:
    deliver(town, vendor, "land")
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("landing.put_off", ref="main")
        town.write("well.md", "Not there. Here.\n")
        town.commit("Dig elsewhere by hand")
        add(town, town.read(QUEUE) + BELL)
        asked = daemon.wait("task.review", task="bell")

    assert "well.md" in asked["why"]
    assert town.read("well.md") == "Not there. Here.\n"
    assert len(vendor.calls) == len(DUG) + len(HUNG)


def test_a_model_that_only_hands_on_is_given_up(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": [finish("Somebody else should.", done=False)]}
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("task.quarantined", task="well")
        daemon.wait("queue.written", task="well", marker="failed")

    assert len(vendor.calls) == 3
    assert "[!] Dig the well" in town.read(QUEUE)


def test_the_queues_own_file_is_never_committed(town: Town) -> None:
    add(town, WELL)
    town.commit("Queue the well")

    said = town.run("once")

    assert said.code == 0, said.err
    assert "[x] Dig the well" in town.read(QUEUE)
    assert town.git("diff", "--name-only", "main", "watchbill/main").split() == ["well.md"]
    assert town.git("status", "--porcelain").split() == ["M", QUEUE]


def test_only_files_of_the_claim_can_be_written(town: Town, player: Player, tmp_path: Path) -> None:
    player.steps = {
        "Dig the well": [
            write("README.md", "mine now"),
            write("../escaped.md", "out"),
            write(".git/hooks/pre-commit", "#!/bin/sh"),
            *DUG,
        ]
    }
    add(town, WELL)
    with town.serve() as daemon:
        daemon.wait("landing.published", ref="watchbill/main")

    assert [event["refused"] for event in daemon.told("run.tool")] == [True, True, True, False]
    assert town.git("diff", "--name-only", "main", "watchbill/main").split() == ["well.md"]
    assert list(tmp_path.rglob("escaped.md")) == []
