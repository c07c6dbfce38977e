"""What can be told of the files in deploy/ without a machine of their own: in seconds, with what is at hand."""

import ast
import configparser
import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.harness import ROOT
from tests.deploy import actions
from watchbill.config.settings import Daemon
from watchbill.operator.faults import Exit

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "watchbill.service"
INSTALLER = DEPLOY / "install.sh"
SCRIPTS = [INSTALLER, *sorted((DEPLOY / "github").glob("*.sh"))]
MOST_EXPOSED = 25  # tenths
# each was tried: with it bubblewrap does not start in the unit, or Node.js does not
FATAL = ("ProtectKernelTunables", "ProtectKernelLogs", "ProcSubset", "RestrictSUIDSGID", "MemoryDenyWriteExecute")


def with_(program: str) -> str:
    found = shutil.which(program)
    return found or pytest.skip(f"NOT RUN: needs {program}")


def service() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().split("[Service]")[1].split("[Install]")[0].splitlines():
        if line and line[0] not in "#[":
            found.setdefault(line.partition("=")[0], []).append(line.partition("=")[2])
    return found


# --- systemd


def test_the_unit_is_whole(tmp_path: Path) -> None:
    analyze = with_("systemd-analyze")
    unit = tmp_path / "watchbill.service"
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/watchbill", "/bin/true"))
    said = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)

    assert "watchbill.service" not in said.stderr, said.stderr


@pytest.mark.parametrize("is_person", [False, True], ids=["own-user", "person"])
def test_the_unit_is_little_exposed(tmp_path: Path, is_person: bool) -> None:
    analyze = with_("systemd-analyze")
    unit = tmp_path / "watchbill.service"
    # what install.sh changes for a person: what their other programs share is left alone
    unit.write_text(UNIT.read_text().replace("RemoveIPC=yes", "RemoveIPC=no") if is_person else UNIT.read_text())
    words = [analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)]
    said = subprocess.run(words, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout[-300:] + said.stderr


def test_the_unit_leaves_the_sandbox_what_it_needs() -> None:
    found = service()

    assert set(FATAL).isdisjoint(found)
    assert {"user", "mnt", "pid", "net", "ipc"} == set(found["RestrictNamespaces"][0].split())
    assert {"@mount", "seccomp", "landlock_restrict_self"} <= set(found["SystemCallFilter"][0].split())
    assert "AF_NETLINK" in found["RestrictAddressFamilies"][0]


def test_the_unit_reaches_every_address_that_is_one_machines() -> None:
    """Multicast and broadcast are the only holes in what it may talk to."""
    found = service()
    assert found["IPAddressDeny"] == ["any"]
    allowed = [ipaddress.ip_network(each) for line in found["IPAddressAllow"] for each in line.split()]

    for kind, others, all_ in (
        (ipaddress.IPv4Network, "224.0.0.0/3", "0.0.0.0/0"),
        (ipaddress.IPv6Network, "ff00::/8", "::/0"),
    ):
        of_kind = [net for net in allowed if isinstance(net, kind)]
        assert not any(net.overlaps(kind(others)) for net in of_kind)
        assert list(ipaddress.collapse_addresses([*of_kind, kind(others)])) == [kind(all_)]


def test_the_unit_does_not_try_again_what_only_a_person_mends() -> None:
    assert set(service()["RestartPreventExitStatus"][0].split()) == {str(int(Exit.NEWER)), str(int(Exit.BAD_CONFIG))}


def minutes(span: str) -> int:
    return int(re.fullmatch(r"(\d+) ?m(?:in)?", span)[1])  # type: ignore[index]


def test_service_managers_wait_longer_than_a_drain_takes() -> None:
    drain = Daemon().drain_timeout.total_seconds() / 60

    assert minutes(service()["TimeoutStopSec"][0]) > drain
    assert minutes(compose()["stop_grace_period"]) > drain


def test_the_reload_dropin_only_changes_how_a_reload_is_told() -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "notify-reload.conf")

    assert dict(parser["Service"]) == {"Type": "notify-reload", "ExecReload": ""}


# --- the container


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in text.splitlines() if line.strip()]


def said_by(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def test_the_image_is_slim_runs_as_nobody_special_and_takes_signals() -> None:
    assert all(base.split()[0] == "python:3.13-slim" for base in said_by("FROM"))
    assert said_by("USER") == ["watchbill"]
    assert said_by("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(said_by("ENTRYPOINT")[0])[0] == "tini"
    assert "ADD" not in dict(instructions())
    assert all("rm -rf /var/lib/apt/lists" in run for run in said_by("RUN") if "apt-get" in run)
    assert any("--require-hashes" in run for run in said_by("RUN"))


def test_what_the_image_copies_is_not_ignored() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for rest in said_by("COPY") if "--from" not in rest for name in rest.split()[:-1]}

    assert copied <= allowed
    assert all((ROOT / name).exists() for name in copied)


def answered(server: socket.socket, words: bytes) -> None:
    caller = server.accept()[0]
    assert caller.recv(200).startswith(b"GET /healthz ")
    caller.sendall(words)


@pytest.mark.parametrize(
    ("answer", "code"), [(b"HTTP/1.1 200 OK\r\n\r\n", 0), (b"HTTP/1.1 503 No\r\n\r\n", 1), (None, 1)]
)
def test_the_health_check_asks_the_socket(tmp_path: Path, answer: bytes | None, code: int) -> None:
    argv = json.loads(said_by("HEALTHCHECK")[0].split("CMD", 1)[1])
    variables = " ".join(said_by("ENV"))
    state = re.search(r"WATCHBILL_STATE_DIR=(\S+)", variables)[1]  # type: ignore[index]
    assert f"{state}/control.sock" in argv[-1]
    place = tmp_path / "control.sock"
    script = argv[-1].replace(f"{state}/control.sock", str(place))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        if answer is None:
            place.unlink()
        else:
            threading.Thread(target=answered, args=(server, answer), daemon=True).start()
        done = subprocess.run([sys.executable, *argv[1:-1], script], capture_output=True, check=False)

    assert ast.parse(script)
    assert done.returncode == code


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["watchbill"]
    return read


def test_the_composed_service_may_little_and_keeps_its_state() -> None:
    found = compose()

    assert found["read_only"]
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges" in found["security_opt"]
    assert "state:/var/lib/watchbill" in found["volumes"]
    assert all(
        volume.endswith(":ro") for volume in found["volumes"] if "watchbill.toml" in volume or "/run/secrets" in volume
    )
    assert found["user"].startswith("${OWNER:?")


# --- the install script


def install(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", str(INSTALLER), *args]
    return subprocess.run(words, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_a_dry_run_says_every_step_and_does_none() -> None:
    if Path("/opt/watchbill").exists():
        pytest.skip("NOT RUN: watchbill is installed here")
    done = install("--dry-run", "--repo", str(ROOT))
    gone = install("--uninstall", "--purge", "--dry-run")

    assert done.returncode == gone.returncode == 0, done.stderr + gone.stderr
    assert all(line.startswith("would: ") for line in (done.stdout + gone.stdout).splitlines())
    for word in (
        "make the system user watchbill",
        "write /etc/systemd/system/watchbill.service",
        "start it with the machine",
    ):
        assert word in done.stdout
    assert not any(Path(place).exists() for place in ("/opt/watchbill", "/etc/watchbill", "/usr/local/bin/watchbill"))


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--nonsense",), "unknown option --nonsense"),
        (("--user",), "--user wants a value"),
        (("--user", "no-such-user-here"), "there is no user no-such-user-here"),
        (("--repo", "relative"), "give the whole path"),
        (("--repo", "/no/such/folder"), "there is no such folder"),
        (("--repo", "/srv/a b"), "without spaces"),
        (("--key", "anthropic"), "write NAME=FILE"),
        (("--key", "anthropic=/no/such/key"), "is missing or empty"),
        (("--config", "/no/such/file"), "there is no such file"),
        (("--purge",), "--purge goes with --uninstall"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(args: tuple[str, ...], why: str) -> None:
    done = install("--dry-run", *args)

    assert done.returncode == 2
    assert why in done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda place: place.name)
def test_scripts_are_sound(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)
    done = subprocess.run([with_("shellcheck"), str(script)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


# --- GitHub


def test_actionlint_has_nothing_against_the_workflow() -> None:
    if not actions.LINTER.exists():
        pytest.skip("NOT RUN: needs actionlint; make .venv/actionlint/.here fetches it")

    assert actions.linted(actions.ACTION / "watchbill.yml") == []


def test_the_workflow_asks_for_little_and_never_runs_twice_at_once() -> None:
    found = yaml.safe_load((actions.ACTION / "watchbill.yml").read_text())

    assert found["permissions"] == {"contents": "write"}
    assert found["concurrency"] == {"group": "watchbill", "cancel-in-progress": False}
    assert re.fullmatch(r"\d+ \* \* \* \*", found[True]["schedule"][0]["cron"])  # YAML's "on"
    assert "pull_request" not in found[True]


def test_the_action_is_whole_and_takes_what_the_workflow_gives() -> None:
    action = actions.action()
    workflow = yaml.safe_load((actions.ACTION / "watchbill.yml").read_text())
    step = next(step for step in workflow["jobs"]["once"]["steps"] if "deploy/github" in step["uses"])
    text = (actions.ACTION / "action.yml").read_text()
    ids = {step["id"] for step in action["runs"]["steps"] if "id" in step}

    assert action["runs"]["using"] == "composite"
    assert set(step["with"]) <= set(action["inputs"])
    assert set(re.findall(r"steps\.(\w+)\.", text)) <= ids
    assert all("shell" in step for step in action["runs"]["steps"] if "run" in step)
    assert all((actions.ACTION / name).exists() for name in re.findall(r"\$GITHUB_ACTION_PATH/([\w.-]+)", text))
