"""A local model whose worker dies again and again is left alone for a while: others do its work, and it comes back by itself."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests import smollm, vendors
from tests.standins import StandIns
from tests.unit.daemon.test_dialogue import steps
from tests.unit.daemon.test_resting import queue, write_own
from tests.vendors import FakeVendor, Use
from tests.worlds import World, ends_of, settle
from watchbill.daemon.terms import RunTerms
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Clock, Meter, Provider
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

MODEL = "scripted-small"


TASKS = 4


def write_then_finish(_vendor: str, _model: str, heard: tuple[vendors.Heard, ...]) -> vendors.Answer:
    if any(each.role == "tool" for each in heard):
        return [Use("finish", {"done": True, "summary": "done", "next_steps": []})]
    return [Use("write_file", {"path": "f8.md", "content": "# Text\n"})]


async def test_a_worker_that_dies_again_and_again_opens_the_breaker_and_others_do_the_work(tmp_path: Path) -> None:
    (tmp_path / "workers").mkdir()
    workers = StandIns(tmp_path / "workers", how="deaf")

    def small(name: ProviderName, meter: Meter, clock: Clock) -> Provider:
        setup = ProviderSetup(
            name=name,
            kind="local-model",
            clock=clock,
            meter=meter,
            prices={MODEL: smollm.FREE},
            worker=workers.setup(model=MODEL),
        )
        return load_factory("local-model")(setup)

    here = World(
        root=tmp_path,
        scripts={"small": steps(), "gpt": write_own},
        made={"small": small},
        files=queue(TASKS),
        daemon="max_parallel = 3",
        keys={"small": "concurrent = 3"},
        terms=RunTerms(retry_after=timedelta(0)),
    ).make()
    with FakeVendor(write_then_finish, models=[MODEL]) as fake:
        workers.port = fake.port
        async with here.service() as service:
            await settle(service)
            ends = [(await ends_of(service, f"t{number}"))[-1] for number in range(TASKS)]
            opened = here.said("provider.breaker_opened")

            workers.how = "serve"
            here.queue.write_text(f"{here.queue.read_text()}- [ ] Do 8 [id:: t8] [files:: f8.md] [provider:: small]\n")
            async with asyncio.timeout(30):
                while not here.said("provider.breaker_half_open"):
                    await service.prober.look()
                    await asyncio.sleep(0.02)
            await settle(service)
            returned = await ends_of(service, "t8")

    assert ends == [("gpt", "landed")] * TASKS
    assert [facts["why"] for facts in opened] == ["its worker ended with code 9; its next call starts it anew"]
    assert returned == [("small", "landed")]
    assert here.said("provider.breaker_closed")
