"""Signals and the service manager, on a real process: reload, drain, a second wish for the end, and clocks that are set."""

import os
import re
import signal
import time
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.harness import DAEMON, KEY, QUEUE, Daemon, Town
from tests.acceptance.player import Player, finish, write
from tests.managers import managed
from tests.vendors import FakeVendor
from watchbill.daemon import reload

pytestmark = pytest.mark.vendors

USAGE, CONDITION_FALSE, UNREACHABLE = 2, 3, 5
STORM = 20_000
DIG, HANG = "- [ ] Dig the well [id:: well] [files:: well.md]\n", "- [ ] Hang the bell [id:: bell] [files:: bell.md]\n"
DUG = [write("well.md", "Deep and cold.\n"), finish("The well is dug.")]
HUNG = [write("bell.md", "It rings.\n"), finish("The bell hangs.")]
# libfaketime 0.9.10 refuses clock_nanosleep() until a monotonic moment, by which Python sleeps since 3.11
SLEEP_BY_SELECT = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def add(town: Town, queue: str) -> None:
    town.write(QUEUE, f"# Work\n\n{queue}")


def edit(town: Town, old: str, new: str) -> None:
    text = town.config.read_text()
    assert old in text
    town.config.write_text(text.replace(old, new))


def storm(daemon: Daemon) -> float:
    """How many seconds it took: on a busy machine it may pause, and the daemon take what comes then for another one."""
    began = time.monotonic()
    for _ in range(STORM):
        os.kill(daemon.process.pid, signal.SIGHUP)
    return time.monotonic() - began


# --- reload


def test_a_new_configuration_is_in_force_and_says_what_changed(town: Town) -> None:
    with town.serve() as daemon:
        edit(town, "max_parallel = 1", "max_parallel = 2")
        by_hand = town.look("reload", "--wait")
        edit(town, "max_parallel = 2", 'max_parallel = 2\nzone = "Europe/Berlin"')
        daemon.process.send_signal(signal.SIGHUP)
        by_signal = daemon.wait("config.reloaded", count=2)
        status = town.ask("status")
        shown = town.look("status").out

    assert by_hand.code == 0, by_hand
    assert "changed: daemon.max_parallel" in by_hand.out
    assert by_signal["changed"] == ["daemon.zone"]
    assert status["watch"]["zone"] == "Europe/Berlin"
    assert status["configuration"]["problems"] == []
    assert re.search(r"\(reloaded .+\)", shown.splitlines()[0]), shown


@pytest.mark.parametrize(
    "mistake",
    [
        "max_parallel = 0",
        *(pytest.param(each, marks=pytest.mark.deep) for each in ("max_parallel = [", "max_paralel = 1")),
    ],
)
def test_a_bad_configuration_is_told_everywhere_and_the_last_good_one_stays(
    town: Town, player: Player, mistake: str
) -> None:
    player.steps = {"Dig the well": DUG}
    with town.serve() as daemon:
        edit(town, "max_parallel = 1", mistake)
        by_hand = town.look("reload", "--wait")
        daemon.process.send_signal(signal.SIGHUP)
        told = daemon.wait("config.rejected", count=2)
        status, shown = town.ask("status"), town.look("status").out
        check, metrics = town.look("status", "--check"), scraped(town)
        add(town, DIG)
        daemon.wait("task.landed", task="well")
        edit(town, mistake, "max_parallel = 1")
        mended = town.look("reload", "--wait")
        healthy = town.ask("status")

    assert by_hand.code == USAGE
    assert "what was in force stays" in by_hand.err
    line = DAEMON[: DAEMON.index("max_parallel")].count("\n") + 1
    assert re.search(rf"watchbill\.toml:({line}|{line + 1}): ", by_hand.err)  # an open bracket is noticed a line later
    assert told["problems"] == status["configuration"]["problems"]
    assert "stays in force: watchbill.toml:" in shown
    assert check.code == CONDITION_FALSE
    assert "the configuration was rejected" in check.out
    assert "\nwatchbill_config_stale 1.0\n" in metrics
    assert mended.code == 0
    assert healthy["configuration"]["problems"] == []


def scraped(town: Town) -> str:
    """As a Prometheus server asks."""
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(town.home / "state" / "control.sock"))) as client:
        return client.get("http://watchbill/metrics").text


def test_without_a_daemon_nothing_is_reloaded(town: Town) -> None:
    assert town.look("reload").code == UNREACHABLE
    assert town.look("reload", "--wait", "--json").code == UNREACHABLE


def test_what_needs_a_restart_is_named(town: Town) -> None:
    town.more_environ = {"WATCHBILL_SOCKET": str(town.home / "c.sock")}
    with town.serve():
        edit(town, 'state_dir = "state"', 'state_dir = "elsewhere"')
        said = town.look("reload", "--wait")
        shown = town.look("status").out
        edit(town, 'state_dir = "elsewhere"', 'state_dir = "state"')

    assert said.code == 0
    assert "not in force before a restart: daemon.state_dir" in said.out
    assert "not in force before a restart: daemon.state_dir" in shown
    assert not (town.home / "elsewhere").exists()


def test_running_work_keeps_its_key_and_new_work_gets_the_new_one(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    player.hold()
    add(town, DIG)
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        while not vendor.calls and not player.heard:
            time.sleep(0.02)
        town.key.write_text(f"{KEY}-rotated\n")
        assert town.look("reload", "--wait").code == 0
        player.release()
        daemon.wait("task.landed", task="well")
        town.write(QUEUE, town.read(QUEUE) + HANG)
        daemon.wait("task.landed", task="bell")

    keys = [call.headers["authorization"].removeprefix("Bearer ") for call in vendor.calls]
    assert keys == [KEY] * len(DUG) + [f"{KEY}-rotated"] * len(HUNG)
    assert KEY not in daemon.text


def test_a_storm_of_sighups_costs_one_reload_and_loses_no_sigterm(town: Town) -> None:
    with town.serve() as daemon:
        took = storm(daemon)
        daemon.wait("config.reloaded")
        time.sleep(1)
        reloads = len(daemon.told("config.reloaded"))
        storm(daemon)
        assert daemon.stop() == 0

    assert 1 <= reloads <= 1 + took // reload._QUIET
    assert daemon.told("daemon.stopped")
    assert "Warning" not in daemon.text
    assert "Traceback" not in daemon.text


def test_a_sighup_before_all_is_ready_is_obeyed_later(town: Town) -> None:
    daemon = town.start()
    try:
        daemon.wait("daemon.started")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait("config.reloaded")
        assert daemon.stop() == 0
    finally:
        daemon.kill()


# --- the end


def test_a_second_sigterm_stops_now_and_the_next_daemon_loses_nothing(town: Town, player: Player) -> None:
    player.steps = {"Dig the well": DUG}
    player.hold()
    add(town, DIG)
    edit(town, 'drain_timeout = "20s"', 'drain_timeout = "1h"')
    daemon = town.start()
    try:
        daemon.wait("run.started", task="well")
        while not player.heard:
            time.sleep(0.02)
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait("daemon.stopping")
        assert daemon.stop() == 1
        assert not daemon.told("daemon.stopped")
    finally:
        daemon.kill()
        player.release()
    with town.serve() as second:
        recovered = second.wait("daemon.recovered")
        second.wait("task.landed", task="well")

    assert (recovered["runs"], recovered["calls"]) == (1, 1)


# --- the service manager


def test_the_service_manager_hears_everything(town: Town, tmp_path: Path) -> None:
    with managed(tmp_path) as manager:
        town.more_environ = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"}
        with town.serve() as daemon:
            manager.wait("READY=1")
            manager.wait("WATCHDOG=1", count=3)
            before = manager.count("READY=1")
            daemon.process.send_signal(signal.SIGHUP)
            manager.wait("RELOADING=1")
            manager.wait("READY=1", count=before + 1)
            edit(town, "max_parallel = 1", "max_parallel = 0")
            daemon.process.send_signal(signal.SIGHUP)
            manager.wait("READY=1", count=before + 2)
        heard = manager.listen()

    assert heard[0] == "READY=1\nSTATUS=on watch"
    assert any("MONOTONIC_USEC=" in message for message in heard if message.startswith("RELOADING=1"))
    assert any("STATUS=a changed configuration was rejected" in message for message in heard)
    assert heard[-1].startswith("STOPPING=1")


def test_a_process_that_stands_still_gives_no_sign_of_life(town: Town, tmp_path: Path) -> None:
    with managed(tmp_path) as manager:
        town.more_environ = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "500000"}
        with town.serve() as daemon:
            manager.wait("WATCHDOG=1", count=2)
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            before = manager.count("WATCHDOG=1")
            time.sleep(1)
            still = manager.count("WATCHDOG=1") - before
            daemon.process.send_signal(signal.SIGCONT)
            manager.wait("WATCHDOG=1", count=before + 2)

    assert still == 0
    assert not daemon.told("clock.jumped")  # all clocks went on


# --- clocks


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (apt: faketime)")
@pytest.mark.parametrize("jump", ["+3h", "-3650d"])
def test_a_run_survives_a_clock_that_is_set_under_it(town: Town, player: Player, jump: str) -> None:
    """The wall clock of the process is set while a vendor thinks; only that clock, as a hand or NTP would set it."""
    offset = town.home / "offset"
    offset.write_text("+0\n")
    (town.home / "sitecustomize.py").write_text(SLEEP_BY_SELECT)
    town.more_environ = {
        "PYTHONPATH": f"{town.home}:{os.environ.get('PYTHONPATH', '')}",
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    player.steps = {"Dig the well": DUG, "Hang the bell": HUNG}
    player.hold()
    add(town, DIG)
    with town.serve() as daemon:
        daemon.wait("run.started", task="well")
        while not player.heard:
            time.sleep(0.02)
        offset.write_text(f"{jump}\n")
        jumped = daemon.wait("clock.jumped")
        player.release()
        daemon.wait("task.landed", task="well")
        town.write(QUEUE, town.read(QUEUE) + HANG)
        daemon.wait("task.landed", task="bell")
        runs = town.ask("run", "list")["runs"]

    seconds = {"+3h": 3 * 3600, "-3650d": -3650 * 86_400}[jump]
    assert abs(jumped["by"] - seconds) < 60
    assert {(run["task"], run["state"]) for run in runs} == {("well", "landed"), ("bell", "landed")}
    assert not daemon.told("lease.lost")
    assert not daemon.told("daemon.fault")
