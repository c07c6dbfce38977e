import asyncio

import anyio
import pytest

from watchbill.domain.whole import to_its_end

pytestmark = pytest.mark.anyio


class Work:
    def __init__(self, error: Exception | None = None) -> None:
        self.gate = asyncio.Event()
        self.done = False
        self._error = error

    async def run(self) -> str:
        await self.gate.wait()
        self.done = True
        if self._error:
            raise self._error
        return "kept"


async def test_work_brings_its_result() -> None:
    work = Work()
    work.gate.set()

    assert await to_its_end(work.run()) == "kept"


async def test_a_cancellation_waits_for_the_work_and_then_goes_on() -> None:
    work = Work()
    task = asyncio.ensure_future(to_its_end(work.run()))
    await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    work.gate.set()
    await asyncio.wait([task])

    assert work.done
    assert task.cancelled()


async def test_a_time_limit_of_anyio_waits_as_well() -> None:
    work = Work()

    async def open_soon() -> None:
        await asyncio.sleep(0.05)
        work.gate.set()

    opener = asyncio.ensure_future(open_soon())
    with anyio.move_on_after(0.01) as scope:
        await to_its_end(work.run())
        await asyncio.sleep(1)
    await opener

    assert work.done
    assert scope.cancelled_caught


async def test_the_works_own_fault_is_the_cause_of_the_cancellation_that_goes_on() -> None:
    work = Work(ValueError("broken"))
    task = asyncio.ensure_future(to_its_end(work.run()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    work.gate.set()

    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    assert isinstance(raised.value.__cause__, ValueError)


async def test_the_works_own_fault_is_told() -> None:
    work = Work(ValueError("broken"))
    work.gate.set()

    with pytest.raises(ValueError, match="broken"):
        await to_its_end(work.run())
