"""A post: watchbill installed by deploy/install.sh on a booted machine, with a repository to work on and a vendor on loopback."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.booted import Machine

PATIENCE = 90  # seconds
SQL = "watchbill/state/sql/"
QUEUE = "docs/AI_TASK_QUEUE.md"
SHELL = "/root/watchbill/deploy/install.sh"
WHEELS = (
    "env",
    "PIP_NO_COMPILE=1",
    "PIP_NO_INDEX=1",
    "PIP_FIND_LINKS=/wheels",
)  # the same that the mirror has, fetched once
TOWN = "/srv/town"
OWNER = "owner"
DROPIN = "/run/systemd/system/watchbill.service.d/50-test.conf"

CONFIG = """
[daemon]
slot_policy = "off"
max_parallel = 1
tick_min = "1s"
drain_timeout = "20s"

[[repo]]
name = "town"
path = "/srv/town"
{repo}

[provider.claude]
kind = "anthropic"
api_key = "credential:vendor"
base_url = "{url}"
models = [{{ id = "fake-1", price = {{ input = 3, output = 15 }} }}]
"""


@dataclass(kw_only=True)
class Post:
    machine: Machine
    url: str
    before: list[str] = field(default_factory=list)  # files, before anything was installed
    since: str = ""  # the journal's cursor, at the beginning of the test

    # --- the owner's side

    def settle(self) -> None:
        """The owner, their repository and a vendor's key, before anything is installed."""
        self.machine.run("useradd", "--create-home", OWNER)
        self.machine.write("/root/vendor.key", "sk-canary-in-a-credential\n")
        self.machine.write("/root/watchbill.toml", self.config())
        self.clear()

    def config(self, repo: str = "") -> str:
        return CONFIG.format(url=self.url, repo=repo)

    def clear(self) -> None:
        """Nothing was ever done here."""
        self.machine.run("rm", "-rf", TOWN)
        self.machine.run("sh", "-c", "rm -rf /var/lib/watchbill/* /run/systemd/system/watchbill.service.d")
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("install", "-d", "-o", OWNER, "-g", OWNER, TOWN)
        self.machine.write(f"{TOWN}/README.md", "# A town\n")
        self.machine.run("chown", "-R", f"{OWNER}:{OWNER}", TOWN)
        who = ("-c", "user.name=The Owner", "-c", "user.email=owner@example.org")
        for args in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "The beginning")):
            self.git(*args)
        self.since = self.machine.ask("journalctl", "--unit=watchbill", "--lines=1", "--output=export").partition("\n")[
            0
        ]

    def git(self, *args: str) -> str:
        return self.machine.run("runuser", "-u", OWNER, "--", "git", "-C", TOWN, *args)

    def landed(self) -> str:
        """The well, as the owner sees it: the branch is shown to them right after the event."""
        until(lambda: "watchbill/main" in self.git("branch", "--list", "watchbill/main"))
        return self.git("show", "watchbill/main:well.md")

    def queue(self, text: str) -> None:
        place = f"{TOWN}/{QUEUE}"
        self.machine.write(place, f"# Work\n\n{text}")
        self.machine.run("chown", "-R", f"{OWNER}:{OWNER}", f"{TOWN}/docs")

    # --- watchbill's side

    def install(self, *args: str, code: int = 0) -> str:
        return self.machine.run(*WHEELS, "sh", SHELL, *args, code=code, timeout=900)

    def configure(self, repo: str = "") -> None:
        self.machine.write("/etc/watchbill/watchbill.toml", self.config(repo))

    def dropin(self, *lines: str) -> None:
        self.machine.write(DROPIN, "\n".join(("[Service]", *lines, "")))
        self.machine.run("systemctl", "daemon-reload")

    def systemctl(self, *args: str, code: int | None = 0) -> str:
        return self.machine.run("systemctl", *args, code=code)

    def files(self) -> list[str]:
        """Every file with its sum, and every link and folder, of where programs and settings lie; without useradd's own copies."""
        look = "find /etc /opt /usr /home /root /var/lib -path /var/lib/systemd -prune -o -path '/etc/*-' -prune -o {} | sort"
        sums = look.format("-type f -print0 | xargs -0 sha256sum")
        others = look.format("-not -type f -printf '%p %l %M %u\\n'")
        return self.machine.run("sh", "-c", f"{sums}; {others}").splitlines()

    def show(self, *names: str) -> dict[str, str]:
        said = self.machine.run("systemctl", "show", "watchbill", *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in said.splitlines())

    def ask(self, *args: str) -> Any:
        """What the command line answers, asked by the owner's user."""
        words = ("/usr/local/bin/watchbill", "--config", "/etc/watchbill/watchbill.toml")
        state = ("env", "WATCHBILL_STATE_DIR=/var/lib/watchbill")
        said = self.machine.run("runuser", "-u", OWNER, "--", *state, *words, *args, "--json")
        return json.loads(said)

    @property
    def journal(self) -> str:
        return self.machine.ask("journalctl", "--unit=watchbill", "--output=cat", *self._after())

    def _after(self) -> list[str]:
        return [f"--after-cursor={self.since.partition('=')[2]}"] if self.since.startswith("__CURSOR=") else []

    def told(self, name: str, **facts: object) -> list[dict[str, Any]]:
        lines = (line for line in self.journal.splitlines() if line.startswith("{"))
        events = (json.loads(line) for line in lines)
        return [event for event in events if event.get("event") == name and _has(event, facts)]

    def wait(self, name: str, *, count: int = 1, seconds: float = PATIENCE, **facts: object) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while len(found := self.told(name, **facts)) < count:
            assert time.monotonic() < end, f"no {name} {facts} within {seconds} s:\n{self.journal[-4000:]}"
            time.sleep(0.3)
        return found[count - 1]

    def wait_for(self, name: str, value: str, seconds: float = PATIENCE) -> None:
        """Until systemd says so of the unit."""
        end = time.monotonic() + seconds
        while (said := self.show(name)[name]) != value:
            assert time.monotonic() < end, f"{name} is {said}, not {value}:\n{self.journal[-3000:]}"
            time.sleep(0.3)


def until(is_so: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def _has(event: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    return all(event.get(name) == value for name, value in facts.items())


def older(folder: Path, root: Path) -> int | None:
    """Put the newest watchbill there whose migrations are the first of ours; its schema's number, or None without git's history.

    Of a branch whose migrations got other numbers when it was merged, no state can be in anybody's hands.
    """
    ours = _migrations(root, "HEAD")
    for commit in _git(root, "log", "--format=%H", "--max-count=400", "--", SQL).decode().split():
        found = _migrations(root, commit)
        if 0 < len(found) < len(ours) and found == {each for each in ours if _number(each) <= len(found)}:
            pack = _git(root, "archive", commit, "watchbill", "pyproject.toml")
            subprocess.run(["rm", "-rf", str(folder / "watchbill")], check=True)
            subprocess.run(["tar", "-x", "-C", str(folder)], input=pack, check=True)
            return len(found)
    return None


def _migrations(root: Path, commit: str) -> set[str]:
    """Each with its hash."""
    return set(_git(root, "ls-tree", commit, SQL).decode().splitlines())


def _number(migration: str) -> int:
    return int(Path(migration.rpartition("\t")[2]).name[:4])


def _git(root: Path, *args: str) -> bytes:
    return subprocess.run(["git", "-C", str(root), *args], capture_output=True, check=False).stdout
