"""The image, built with buildah from a base made here, and deploy/compose.yaml under podman and runc. Nothing is pulled."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.harness import ROOT
from tests.deploy import roots
from tests.deploy.post import PATIENCE

BASE = "docker.io/library/python:3.13-slim"  # the name that the Dockerfile asks for
IMAGE = "localhost/watchbill"
# nothing of this machine's own podman is touched
STORE = (
    "--root",
    str(roots.CACHE / "podman"),
    "--runroot",
    "/run/watchbill-test-podman",
    "--storage-driver",
    "overlay",
)
SETTINGS = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""


def podman(*args: str, code: int | None = 0) -> str:
    return run(["podman", *STORE, *args], code=code)


def run(argv: Sequence[str], *, code: int | None = 0, **more: str) -> str:
    """What it says on stdout; where it may end anyhow, on stderr too."""
    settings = roots.CACHE / "containers.conf"
    settings.write_text(SETTINGS)
    environ = {**os.environ, "CONTAINERS_CONF": str(settings), **more}
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=1800, check=False)
    assert code is None or done.returncode == code, f"{argv} → {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + (done.stderr if code is None else "")


def build(folder: Path) -> None:
    """The Dockerfile on a Debian with Python 3.13 under the official image's name, in which the distributions lie."""
    made = f"localhost/watchbill-base:{roots.SUITE}-{roots.lock_mark()}"
    if not podman("images", "--quiet", made).strip():
        _import_base(folder, made)
    podman("tag", made, BASE)
    how = ("--isolation", "chroot", "--network", "host", "--pull-never", "--format", "docker", "--layers")
    run(["buildah", *STORE, "bud", *how, "--tag", IMAGE, "."])


def _import_base(folder: Path, name: str) -> None:
    lower = roots.debian("python", ("ca-certificates", "passwd", "python3", "python3-venv"))
    found = roots.wheels(lower)
    with roots.overlaid(lower, folder) as root:
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        shutil.copytree(found, root / "wheels")
        (root / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
        pack = folder / "base.tar"
        run(["tar", "-C", str(root), "--one-file-system", "-cf", str(pack), "."])
    podman("import", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", str(pack), name)
    pack.unlink()


def composer() -> Path:
    """podman-compose, in an environment of its own."""
    place = roots.CACHE / "compose"
    if not (place / "bin/podman-compose").exists():
        run(["python3", "-m", "venv", str(place)])
        run([str(place / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "podman-compose==1.6.0"])
    return place / "bin/podman-compose"


@dataclass(frozen=True, kw_only=True)
class Ship:
    """The services of compose.yaml, with a town's repository; the vendor stands on this machine's loopback."""

    folder: Path
    repo: Path

    def compose(self, *args: str, code: int | None = 0) -> str:
        more = self.folder / "loopback.yaml"
        more.write_text("services: {watchbill: {network_mode: host}}\n")
        wrapper = self.folder / "podman"
        wrapper.write_text(f'#!/bin/sh\nexec podman {" ".join(STORE)} "$@"\n')
        wrapper.chmod(0o755)
        files = ("-f", str(ROOT / "deploy/compose.yaml"), "-f", str(more))
        told = {
            "OWNER": "1000:1000",
            "REPOS": str(self.repo.parent),
            "CONFIG": str(self.folder / "watchbill.toml"),
            "KEYS": str(self.folder / "keys"),
        }
        return run([str(composer()), "--podman-path", str(wrapper), *files, *args], code=code, **told)

    def up(self) -> None:
        self.compose("up", "--detach", "--no-build")

    @property
    def name(self) -> str:
        return podman("ps", "--all", "--format", "{{.Names}}", "--filter", "name=watchbill").split()[0]

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(podman("inspect", self.name))[0]["State"]
        return found

    def kill(self) -> None:
        """As a machine that loses power; the volume stays."""
        name = self.name
        podman("kill", "--signal", "KILL", name)
        podman("rm", "--force", name)

    @property
    def log(self) -> str:
        return podman("logs", self.name, code=None)

    def wait(self, name: str, *, count: int = 1, seconds: float = PATIENCE) -> None:
        """Until an event of that name was logged so often by this container."""
        end = time.monotonic() + seconds
        while self.log.count(f'"event": "{name}"') < count:
            assert time.monotonic() < end, f"no {name} within {seconds} s:\n{self.log[-3000:]}"
            time.sleep(0.3)

    def ask(self, *args: str) -> Any:
        words = ("watchbill", "--config", "/etc/watchbill/watchbill.toml")
        return json.loads(podman("exec", self.name, *words, *args, "--json"))
