"""The unit under a real systemd: process 1 of a Debian root in systemd-nspawn, watchbill installed there by install.sh.

make deploy-systemd        needs root, mmdebstrap, systemd-container and the network for the first time; three to ten minutes
make deploy-systemd SUITE=bookworm        the same on Debian 12: Python 3.11, systemd 252, bubblewrap 0.8
"""

import re
import shutil
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.harness import ROOT
from tests.acceptance.player import Player, finish, write
from tests.deploy import roots
from tests.deploy.booted import booted
from tests.deploy.post import OWNER, TOWN, WHEELS, Post, older, until
from tests.vendors import FakeVendor

roots.need("mmdebstrap", "systemd-nspawn", "nsenter")
pytestmark = [pytest.mark.deep, pytest.mark.vendors]

PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "passwd", "python3", "python3-venv", "git", "make", "ca-certificates"),
    *("bubblewrap", "procps"),
)
MOST_EXPOSED = 2.5
WAITS_FOR_RELOAD = 253  # the first systemd that knows Type=notify-reload
WELL = "- [ ] Dig the well [id:: well] [files:: well.md]\n"
DUG = [write("well.md", "Deep and cold.\n"), finish("The well is dug.")]
DIGGING = [write("well.md", f"{depth} feet deep.\n") for depth in range(1, 200)]


PAGE = (ROOT / "docs/deploy.md").read_text()
ALIAS = re.compile(r"alias wb=.*")


def lines_of(chapter: str) -> list[str]:
    """The commands of a chapter of the page, in order."""
    text = PAGE.split(f"## {chapter}\n", 1)[1].split("\n## ", 1)[0]
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


@pytest.fixture(scope="module")
def player() -> Player:
    return Player()


@pytest.fixture(scope="module")
def vendor(player: Player) -> Iterator[FakeVendor]:
    with FakeVendor(player) as fake:
        yield fake
        player.release()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Post]:
    folder = tmp_path_factory.mktemp("systemd")
    lower = roots.debian("booted", PACKAGES)
    with roots.overlaid(lower, folder / "overlay") as root:
        roots.bring_source(root, "/root/watchbill")
        shutil.copytree(roots.wheels(lower), root / "wheels")
        with booted(root, folder / "console.log") as machine:
            post = Post(machine=machine, url=vendor.anthropic_url)
            post.settle()
            post.before = post.files()
            keys = ("--key", "vendor=/root/vendor.key", "--config", "/root/watchbill.toml")
            post.install("--user", OWNER, "--repo", TOWN, *keys)
            yield post


@pytest.fixture
def post(installed: Post, player: Player) -> Post:
    """Installed, stopped, and nothing was ever done."""
    installed.systemctl("stop", "watchbill", code=None)
    installed.systemctl("reset-failed", "watchbill", code=None)
    installed.clear()
    installed.configure()
    player.steps, player.pace = {"Dig the well": DUG}, 0.0
    return installed


def exposure(post: Post) -> float:
    said = post.machine.run("systemd-analyze", "security", "--no-pager", "watchbill.service")
    found = float(re.findall(r"exposure level .*: ([\d.]+)", said)[0])
    print(f"\nexposure {found}")  # noqa: T201 - a measurement, for whoever runs it with -s
    return found


def test_start_waits_for_ready_and_work_lands_with_the_key_of_a_credential(post: Post, vendor: FakeVendor) -> None:
    post.queue(WELL)
    post.systemctl("start", "watchbill")  # returns at READY=1
    ready = post.told("daemon.ready")
    post.wait("task.landed", task="well")

    assert ready
    assert exposure(post) <= MOST_EXPOSED
    assert post.show("ActiveState", "Result") == {"ActiveState": "active", "Result": "success"}
    assert "on watch" in post.show("StatusText")["StatusText"]
    assert post.landed() == "Deep and cold.\n"
    assert vendor.calls[-1].headers["authorization"] == "Bearer sk-canary-in-a-credential"


def test_this_systemd_knows_every_option_of_the_unit(post: Post) -> None:
    said = post.machine.run("systemd-analyze", "verify", "--man=no", "watchbill.service", code=None)

    assert "watchbill.service" not in said, said


def test_bubblewrap_holds_commands_of_the_repository_inside_the_unit(post: Post) -> None:
    look = 'commands = [{ name = "look", argv = ["sh", "-c", "! test -e /etc/watchbill && ! test -e /var/lib/watchbill/lock && echo seen"] }]'
    post.configure(look)
    post.queue(WELL)
    post.systemctl("start", "watchbill")
    post.wait("task.landed", task="well")


def waits_for_reload(post: Post) -> bool:
    version = int(re.findall(r"systemd (\d+)", post.machine.run("systemctl", "--version"))[0])
    print(f"\nsystemd {version}")  # noqa: T201 - a measurement, for whoever runs it with -s
    return version >= WAITS_FOR_RELOAD


def test_a_good_reload_is_waited_for_and_a_bad_one_changes_nothing(post: Post) -> None:
    post.systemctl("start", "watchbill")
    pid = post.show("MainPID")
    post.machine.write("/etc/watchbill/watchbill.toml", post.config().replace("max_parallel = 1", "max_parallel = 2"))
    post.systemctl("reload", "watchbill")
    # with Type=notify-reload the command returned when it was done
    reloaded = post.told("config.reloaded") if waits_for_reload(post) else post.wait("config.reloaded")
    post.machine.write("/etc/watchbill/watchbill.toml", post.config().replace("max_parallel", "max_paralel"))
    post.systemctl("reload", "watchbill", code=None)
    post.wait("config.rejected")

    assert reloaded
    assert post.show("MainPID", "ActiveState") == {**pid, "ActiveState": "active"}
    assert (
        "max_paralel" in post.show("StatusText")["StatusText"]
        or "configuration" in post.show("StatusText")["StatusText"]
    )


def test_a_stuck_daemon_is_killed_by_the_watchdog_and_started_again(post: Post, player: Player) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.2
    before = len(player.heard)
    post.dropin("WatchdogSec=4s", "TimeoutAbortSec=2s", "RestartSec=1s")
    post.queue(WELL)
    post.systemctl("start", "watchbill")
    until(lambda: len(player.heard) - before >= 2)
    stuck = post.show("MainPID")["MainPID"]
    post.machine.run("kill", "-STOP", stuck)
    player.steps, player.pace = {"Dig the well": [*DIGGING[: len(player.heard) - before], *DUG]}, 0.0
    post.wait("daemon.ready", count=2)
    post.wait("task.landed", task="well")

    assert post.show("MainPID")["MainPID"] != stuck
    assert "Watchdog timeout" in post.journal
    assert int(post.show("NRestarts")["NRestarts"]) == 1


def test_stop_drains_to_a_checkpoint_and_the_next_start_goes_on(post: Post, player: Player, vendor: FakeVendor) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.2
    before = len(vendor.calls)
    post.queue(WELL)
    post.systemctl("start", "watchbill")
    until(lambda: len(vendor.calls) - before >= 3)
    post.systemctl("stop", "watchbill")
    drained = post.ask("task", "show", "well")
    replies = len(vendor.calls) - before
    player.steps, player.pace = {"Dig the well": [*DIGGING[:replies], finish()]}, 0.0
    post.systemctl("start", "watchbill")
    resumed = post.wait("session.resumed", task="well")
    post.wait("task.landed", task="well")

    assert (drained["state"], drained["attempts"]["counted"], drained["runs"][0]["state"]) == (
        "queued",
        0,
        "handed_off",
    )
    assert resumed["checkpoint"] == drained["session"]["checkpoint"]
    assert post.landed() == f"{replies} feet deep.\n"
    assert post.show("Result", "NRestarts") == {"Result": "success", "NRestarts": "0"}


def test_a_crash_in_the_middle_of_work_is_restarted_and_goes_on(post: Post, player: Player, vendor: FakeVendor) -> None:
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.2
    before = len(vendor.calls)
    post.dropin("RestartSec=1s")
    post.queue(WELL)
    post.systemctl("start", "watchbill")
    until(lambda: len(vendor.calls) - before >= 3)
    post.machine.run("kill", "-KILL", post.show("MainPID")["MainPID"])
    post.wait("session.resumed", task="well")
    player.pace = 0.0
    player.steps = {"Dig the well": [*DIGGING[: len(vendor.calls) - before], finish()]}
    post.wait("task.landed", task="well")
    shown = post.ask("task", "show", "well")

    assert post.show("NRestarts")["NRestarts"] == "1"
    assert len(shown["runs"]) == 2
    calls = sum(len(post.ask("run", "show", run["id"])["call_list"]) for run in shown["runs"])
    assert calls == len(vendor.calls) - before  # each request is on record, the one that the crash cut too


def test_a_wrong_configuration_is_not_started_again(post: Post) -> None:
    post.machine.write("/etc/watchbill/watchbill.toml", post.config().replace("max_parallel", "max_paralel"))
    post.dropin("RestartSec=1s")
    post.systemctl("start", "watchbill", code=1)
    time.sleep(3)

    assert post.show("ExecMainStatus", "NRestarts", "ActiveState") == {
        "ExecMainStatus": "78",
        "NRestarts": "0",
        "ActiveState": "failed",
    }
    assert re.search(r"watchbill\.toml:\d+: daemon\.max_paralel", post.journal)


def schema_of(post: Post, say: str = "pragma user_version") -> str:
    """Of the state; `say`: another statement."""
    words = f"import sqlite3; print(*sqlite3.connect('/var/lib/watchbill/watchbill.db').execute('{say}'))"
    return post.machine.run("python3", "-c", words).strip(" (),\n")


def test_an_upgrade_by_the_same_script_migrates_the_state_at_start_and_work_goes_on(
    post: Post, player: Player, vendor: FakeVendor
) -> None:
    machine = post.machine
    shutil.copytree(machine.root / "root/watchbill", machine.root / "root/older", dirs_exist_ok=True)
    schema = older(machine.root / "root/older", ROOT)
    if schema is None:
        pytest.skip("NOT RUN: this checkout has no history to take an older version from")
    player.steps, player.pace = {"Dig the well": DIGGING}, 0.2
    before = len(vendor.calls)
    post.queue(WELL)
    machine.run(*WHEELS, "sh", "/root/older/deploy/install.sh", timeout=900)
    until(lambda: len(vendor.calls) - before >= 3)
    post.systemctl("stop", "watchbill")
    written = schema_of(post)
    replies = len(vendor.calls) - before
    player.steps, player.pace = {"Dig the well": [*DIGGING[:replies], finish()]}, 0.0

    said = post.install()
    post.wait("task.landed", task="well")

    assert "unchanged: /opt/watchbill/" in said  # this build was there before
    assert int(written) == schema < int(schema_of(post))
    assert post.landed() == f"{replies} feet deep.\n"


def test_a_downgrade_is_refused_and_not_tried_again(post: Post) -> None:
    post.systemctl("start", "watchbill")
    post.systemctl("stop", "watchbill")
    known = int(schema_of(post))
    schema_of(post, f"pragma user_version = {known + 1}")
    post.dropin("RestartSec=1s")
    post.systemctl("start", "watchbill", code=1)
    time.sleep(3)

    assert post.show("ExecMainStatus", "NRestarts") == {"ExecMainStatus": "76", "NRestarts": "0"}
    assert f"(schema {known + 1}, this one knows {known}); install that version" in post.journal


def test_the_installer_undoes_itself_to_the_last_file(post: Post) -> None:
    machine = post.machine
    machine.run("rm", "-rf", "/root/older")
    here = post.files()
    said = post.install("--uninstall", "--purge", "--dry-run")
    assert post.files() == here
    post.install("--uninstall", "--purge")
    assert post.files() == post.before
    assert "would: delete /opt/watchbill" in said
    assert post.show("LoadState") == {"LoadState": "not-found"}


def still(files: list[str]) -> list[str]:
    """Without what a running daemon writes."""
    return [line for line in files if "/var/lib/watchbill" not in line]


def test_the_installer_makes_a_user_of_its_own_changes_nothing_twice_and_keeps_what_is_the_owners(post: Post) -> None:
    machine = post.machine
    post.install("--uninstall", "--purge")
    post.install("--key", "vendor=/root/vendor.key", "--config", "/root/watchbill.toml", "--repo", TOWN)
    pid, here = post.show("MainPID", "ActiveState", "User"), post.files()
    again = post.install()
    kept = post.files()
    exposed = exposure(post)
    machine.run("/usr/local/bin/watchbill", "--version")
    post.install("--uninstall")
    left = machine.run("ls", "-d", "/etc/watchbill/watchbill.toml", "/var/lib/watchbill")
    known = machine.ask("id", "-u", "watchbill")
    post.install("--uninstall", "--purge")

    assert (pid["ActiveState"], pid["User"]) == ("active", "watchbill")
    assert still(here) == still(kept)
    assert not [line for line in again.splitlines() if not line.startswith("unchanged: ")]
    assert exposed <= MOST_EXPOSED
    assert left
    assert known.isdecimal()
    assert post.files() == post.before


def test_every_command_of_the_page_does_what_it_says(post: Post) -> None:
    machine = post.machine
    machine.run("useradd", "--create-home", "me")
    machine.run("install", "-d", "-o", "me", "/srv/repos", "/home/me/novel")
    for name in ("anthropic.key", "openai.key"):
        machine.write(f"/root/watchbill/{name}", "sk-canary\n")
    config = post.config().replace("credential:vendor", "credential:anthropic")
    machine.write("/root/watchbill/watchbill.toml", config)
    homes = ""
    for line in lines_of("systemd"):
        script = f"shopt -s expand_aliases\ncd /root/watchbill\n{ALIAS.search(PAGE)[0]}\n{line}\n"
        if "--uninstall" in line and not homes:
            homes = machine.run("cat", "/etc/systemd/system/watchbill.service.d/10-here.conf")
        machine.run(*WHEELS, "bash", "-c", script, code=None if line.startswith("wb doctor") else 0, timeout=900)

    assert {"ProtectHome=tmpfs", "BindPaths=-/home/me/novel", "ReadWritePaths=-/srv/repos"} <= set(homes.split())
    assert post.show("LoadState") == {"LoadState": "not-found"}
    assert not (machine.root / "etc/watchbill").exists()
