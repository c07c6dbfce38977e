"""Timers: whoever is to be woken is woken, in the loop's own thread, however soon the timer is set again."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.timers import Timers

pytestmark = pytest.mark.anyio
PAST = datetime(2000, 1, 1, tzinfo=UTC)


async def test_a_timer_that_is_set_again_while_it_rings_rings_again_in_the_loops_own_thread() -> None:
    timers = Timers(SystemClock())
    threads: list[threading.Thread] = []
    rang_often = asyncio.Event()

    def wake() -> None:
        threads.append(threading.current_thread())
        if len(threads) < 50:
            timers.wake_at("again", PAST, wake)
        else:
            rang_often.set()

    timers.start()
    try:
        timers.wake_at("again", PAST, wake)
        async with asyncio.timeout(30):
            await rang_often.wait()
    finally:
        timers.stop()

    assert set(threads) == {threading.main_thread()}
    assert timers.names() == ()
