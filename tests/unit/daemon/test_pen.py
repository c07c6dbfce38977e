"""The pen: what is begun in a person's file is finished, whoever is cancelled meanwhile."""

import asyncio
from functools import partial

import pytest

from watchbill.daemon.pen import Pen

pytestmark = pytest.mark.anyio


async def cancelled(job: "asyncio.Task[None]") -> None:
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job


async def test_what_is_being_written_ends_before_the_next_begins_though_nobody_waits_for_it() -> None:
    pen, said = Pen(), list[str]()
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        begun.set()
        await may_end.wait()
        said.append("first")

    async def second() -> None:
        said.append("second")

    asked = asyncio.create_task(pen.write(first))
    await begun.wait()
    await cancelled(asked)
    next_one = asyncio.create_task(pen.write(second))
    await asyncio.sleep(0.01)
    assert not said
    may_end.set()
    await next_one

    assert said == ["first", "second"]


async def test_a_fault_of_a_writing_is_its_callers_and_the_next_goes_on() -> None:
    pen, said = Pen(), list[str]()

    async def broken() -> None:
        raise OSError("full")

    async def well() -> None:
        said.append("well")

    with pytest.raises(OSError, match="full"):
        await pen.write(broken)
    await pen.write(well)

    assert said == ["well"]


async def test_a_pen_that_is_dropped_writes_no_further() -> None:
    pen, said = Pen(), list[str]()
    begun, never = asyncio.Event(), asyncio.Event()

    async def long() -> None:
        begun.set()
        await never.wait()
        said.append("written")

    pen.drop()
    asked = asyncio.create_task(pen.write(long))
    await begun.wait()
    await cancelled(asked)
    pen.drop()
    await pen.write(partial(asyncio.sleep, 0))

    assert not said
