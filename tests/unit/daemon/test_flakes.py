"""What a command says of a change counts when it says so twice: a flake is told and blocks nobody."""

from pathlib import Path

import pytest

from tests.unit.daemon.words import REPO, queue, writes
from tests.worlds import World, ends_of, settle
from watchbill.domain.findings import Verdict
from watchbill.domain.ids import Commit, RunId

pytestmark = pytest.mark.anyio

# One letter for each time that it is run, on the base or on the change; what follows says how it ends.
CHECK = """
sandbox = "none"
[[repo.commands]]
name = "moody"
argv = ["sh", "-c", "test -e new.txt && on=c || on=b; printf $on >> ROOT/ran; SAYS"]
"""


def world(tmp_path: Path, says: str, more: str = "") -> World:
    check = CHECK.replace("SAYS", says).replace("ROOT", str(tmp_path)) + more
    return World(root=tmp_path, scripts={"claude": writes}, files=queue("alpha"), repo=check).make()


async def judged(here: World) -> tuple[Verdict, str]:
    """What is said of one more file, and where the command was run for that."""
    (here.path / "new.txt").write_text("new\n")
    here.commit("Write something new")
    base, head = (Commit(here.git("rev-parse", name).strip()) for name in ("HEAD~1", "HEAD"))
    async with here.service() as service:
        await service.ticker.refresh(service.orders.standing)
        judge = service.parts.gatekeeper.judge_together
        verdict = await judge(service.repos[REPO], run=RunId("run-1"), base=base, commit=head)
    return verdict, (here.root / "ran").read_text()


async def test_command_that_fails_once_on_a_change_is_told_as_a_flake_and_passes(tmp_path: Path) -> None:
    here = world(
        tmp_path, f"test $on = b || test -e {tmp_path}/was || {{ touch {tmp_path}/was; echo it rains; exit 3; }}"
    )

    verdict, ran = await judged(here)

    assert verdict.new == ()
    assert verdict.gates == ("moody",)
    assert ran == "cbc"
    (told,) = here.said("gate.flaky")
    assert told["gates"] == ["moody"]
    assert "exit code 3" in str(told["said"])
    assert "it rains" in str(told["said"])


@pytest.mark.parametrize(
    ("says", "more", "where"),
    [
        ("test $on = b", "", "cbc"),  # true: one run more
        ("false", "", "cb"),  # debt
        ("test $on = b || sleep 9", 'timeout = "1s"', "cb"),
        ("test $on = b", 'on_fail = "warn"', "cb"),
        ("true", "", "c"),
    ],
)
async def test_only_a_failure_that_would_block_is_looked_at_twice(
    tmp_path: Path, says: str, more: str, where: str
) -> None:
    here = world(tmp_path, says, more)

    verdict, ran = await judged(here)

    assert ran == where
    assert len(verdict.new) == (says.startswith("test"))
    assert not here.said("gate.flaky")


async def test_run_whose_own_check_is_a_flake_lands_at_its_first_attempt(tmp_path: Path) -> None:
    here = world(tmp_path, f"! test -e words/alpha.txt || test -e {tmp_path}/was || {{ touch {tmp_path}/was; false; }}")
    async with here.service() as service:
        await settle(service)

        assert await ends_of(service, "alpha") == [("claude", "landed")]
    assert len(here.said("gate.flaky")) == 1
