"""Scores are told when they change, so that people see later how they went."""

from pathlib import Path

import pytest

from tests.worlds import World
from watchbill.domain.breakers import Sign
from watchbill.domain.ids import ProviderName
from watchbill.state import breakers

pytestmark = pytest.mark.anyio


def silent(*_: object) -> object:
    raise AssertionError("nobody is asked: the queue is empty")


async def test_a_score_is_told_once_and_again_when_it_changes(tmp_path: Path) -> None:
    world = World(root=tmp_path, scripts={"claude": silent}, files={"README.md": "# Here\n"}).make()
    async with world.service() as service:
        await service.ticker.tick()
        await service.ticker.tick()
        now = service.parts.clock.now()
        await service.parts.database.submit(
            lambda conn: breakers.note(conn, ProviderName("claude"), Sign.FAILED, now, why="502")
        )
        await service.ticker.tick()

    told = [(each["score"], each["before"]) for each in world.said("provider.scored") if each["provider"] == "claude"]
    assert told == [(100, None), (90, 100)]
