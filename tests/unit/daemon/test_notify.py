"""Notify: what a service manager hears, and that nobody is hurt where there is none."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.managers import FakeManager, managed
from watchbill.daemon.notify import Manager


def test_a_manager_hears_each_state_in_its_own_words(tmp_path: Path) -> None:
    with managed(tmp_path) as fake:
        manager = Manager(address=fake.address)
        manager.ready("on watch")
        manager.status("two\nlines")
        manager.pet()
        manager.stopping()

        assert fake.listen() == [
            "READY=1\nSTATUS=on watch",
            "STATUS=two lines",
            "WATCHDOG=1",
            "STOPPING=1\nSTATUS=stopping: running work goes to its checkpoint",
        ]


def test_a_reload_tells_the_moment_that_it_began_at(tmp_path: Path) -> None:
    with managed(tmp_path) as fake:
        before = time.monotonic_ns() // 1000
        Manager(address=fake.address).reloading()

        (message,) = fake.listen()
    words = dict(line.split("=") for line in message.splitlines())
    assert words["RELOADING"] == "1"
    assert before <= int(words["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


def test_an_abstract_name_is_reached() -> None:
    fake = FakeManager(f"@watchbill-test-{os.getpid()}-{time.monotonic_ns()}")
    Manager(address=fake.address).pet()

    assert fake.listen() == ["WATCHDOG=1"]
    fake.close()


@pytest.mark.parametrize("address", ["", "/nowhere/notify.sock", "vsock:2:1234", "@" + "x" * 200])
def test_a_manager_that_cannot_be_told_hurts_nobody(address: str) -> None:
    Manager(address=address).ready("on watch")


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, timedelta(seconds=3)),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=3)),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_ours_when_it_names_us_or_nobody(environ: dict[str, str], watchdog: timedelta | None) -> None:
    assert Manager.of({"NOTIFY_SOCKET": "@x", **environ}) == Manager(address="@x", watchdog=watchdog)
