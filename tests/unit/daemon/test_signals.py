"""Signals: none is lost in a storm, a storm is one wish, and the second wish for the end is the end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from watchbill.daemon import signals

pytestmark = pytest.mark.anyio

HUP, TERM = signal.SIGHUP, signal.SIGTERM


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


async def test_sighup_asks_for_a_reload() -> None:
    asked = asyncio.Event()
    with signals.heard() as heard:
        heard.tell(asked.set)
        send(HUP)
        await asyncio.wait_for(asked.wait(), 60)

        assert not heard.stop.is_set()


async def test_a_storm_that_comes_at_once_is_one_wish(capfd: pytest.CaptureFixture[str]) -> None:
    wishes = []
    with signals.heard() as heard:
        heard.tell(lambda: wishes.append(1))
        for _ in range(20_000):
            send(HUP)
        await asyncio.sleep(0.05)

    assert len(wishes) == 1
    assert capfd.readouterr().err == ""


async def test_sigterm_is_heard_behind_a_storm() -> None:
    with signals.heard() as heard:
        for _ in range(20_000):
            send(HUP)
        send(TERM)
        await asyncio.wait_for(heard.stop.wait(), 60)


async def test_a_reload_that_was_asked_for_early_is_not_forgotten() -> None:
    asked = asyncio.Event()
    with signals.heard() as heard:
        send(HUP)
        await asyncio.sleep(0.05)
        heard.tell(asked.set)

        assert asked.is_set()


async def test_ctrl_c_asks_for_the_end() -> None:
    with signals.heard() as heard:
        send(signal.SIGINT)
        await asyncio.wait_for(heard.stop.wait(), 60)


async def test_a_signal_wakes_a_loop_that_waits_for_nothing_else() -> None:
    with signals.heard() as heard:
        threading.Timer(0.2, send, (TERM,)).start()
        await asyncio.wait_for(heard.stop.wait(), 60)


async def test_what_was_there_before_is_put_back() -> None:
    before = [signal.getsignal(number) for number in (HUP, TERM, signal.SIGINT)]
    with signals.heard():
        assert signal.getsignal(HUP) != before[0]

    assert [signal.getsignal(number) for number in (HUP, TERM, signal.SIGINT)] == before
    with socket.socket():  # the descriptors are free again
        assert signal.set_wakeup_fd(-1) == -1


def test_a_second_wish_for_the_end_ends_the_process_at_once() -> None:
    program = """
import asyncio, os, signal
from watchbill.daemon import signals

async def main():
    with signals.heard() as heard:
        os.kill(os.getpid(), signal.SIGTERM)
        await heard.stop.wait()
        print("drains", flush=True)
        os.kill(os.getpid(), signal.SIGINT)
        print("never", flush=True)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "drains\n")
