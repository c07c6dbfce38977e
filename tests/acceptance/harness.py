"""The daemon as its user has it: a process on a real repository, a configuration file, and the command line to look with.

town = Town(tmp_path)
town.write("docs/AI_TASK_QUEUE.md", "- [ ] Write a.txt\n")
town.commit()
town.configure(providers)
with town.serve() as daemon:
    daemon.wait("task.landed")
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from click.testing import CliRunner

from tests.acceptance.forked import Forked
from watchbill.operator.cli import root

ROOT = Path(__file__).parents[2]  # the program under test is the one beside these tests
PATIENCE = 90  # seconds that something may take on a busy machine before it counts as never
QUEUE = "docs/AI_TASK_QUEUE.md"
KEY = "sk-canary-4f1d9b7e2c"
PROGRAM = (sys.executable, "-m", "watchbill.daemon.main")

DAEMON = """[daemon]
state_dir = "state"
slot_policy = "off"
max_parallel = 1
tick_min = "1s"
drain_timeout = "20s"
"""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Process = subprocess.Popen[bytes] | Forked


def started(
    args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], out: Path, err: Path
) -> subprocess.Popen[bytes]:
    """The program in a process of its own, as its user starts it."""
    with out.open("a") as said, err.open("a") as told:
        return subprocess.Popen([*PROGRAM, *args], cwd=cwd, env=environ, stdout=said, stderr=told)


class Town:
    """A repository of an owner's, a configuration beside it, and the program."""

    begin: ClassVar[Callable[..., Process]] = staticmethod(started)

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.repo = folder / "town"
        self.state = folder / "state"
        self.config = folder / "watchbill.toml"
        self.key = folder / "vendor.key"
        self.key.write_text(f"{KEY}\n")
        self.more_environ: dict[str, str] = {}
        self.repo.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    # --- the owner's side

    def git(self, *args: str, code: int = 0) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.repo), *args], env=self.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def write(self, path: str, text: str) -> None:
        place = self.repo / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def read(self, path: str) -> str:
        return (self.repo / path).read_text()

    def commit(self, message: str = "As it stands") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def leave(self) -> None:
        """The owner works on another branch, so that nobody has main checked out."""
        self.git("switch", "--quiet", "--create", "mine")

    def show(self, ref: str, path: str) -> str:
        return self.git("show", f"{ref}:{path}")

    def log(self, ref: str) -> list[str]:
        """The subjects of its commits, the newest first."""
        return self.git("log", "--format=%s", ref).splitlines()

    # --- watchbill's side

    def configure(self, providers: str, *, repo: str = "", more: str = "", daemon: str = DAEMON) -> None:
        self.config.write_text(f'{daemon}\n{more}\n[[repo]]\nname = "town"\npath = "town"\n{repo}\n{providers}\n')

    def provider(self, name: str, kind: str, url: str, model: str, more: str = "") -> str:
        return f"""
[provider.{name}]
kind = "{kind}"
api_key = "file:{self.key}"
base_url = "{url}"
models = [{{ id = "{model}", price = {{ input = 3, output = 15 }} }}]
{more}
"""

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the developer's own settings reaches git or the daemon."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        who = {f"GIT_{role}_{what}": said for role in ("AUTHOR", "COMMITTER") for what, said in OWNER.items()}
        return {
            **kept,
            **who,
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            **self.more_environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def run(self, *args: str, timeout: float = PATIENCE) -> Said:
        out, err = (self.home / f"said-{time.monotonic_ns()}.{name}" for name in ("out", "err"))
        process = self._begin(args, out, err)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        return Said(code=code, out=out.read_text(), err=err.read_text())

    def look(self, *args: str) -> Said:
        """The same command line without the second that a process of its own takes: for reading back."""
        told = CliRunner().invoke(root.group, ["--config", str(self.config), *args], env=self.environ)
        return Said(code=told.exit_code, out=told.stdout, err=told.stderr)

    def ask(self, *args: str) -> Any:
        """The answer of a command that has to succeed."""
        said = self.look(*args, "--json")
        assert said.code == 0, said
        return said.json

    def task(self, text: str) -> dict[str, Any]:
        """The only task of the queue whose title holds the text, whole."""
        (found,) = [
            task for task in self.ask("task", "list", "--all")["tasks"] if text in task["title"] and task["source"]
        ]
        return self.ask("task", "show", found["id"])

    def calls(self, task: str) -> list[dict[str, Any]]:
        """Every call row of a task, over all its runs."""
        runs = self.ask("run", "list", "--task", task)["runs"]
        return [call for run in runs for call in self.ask("run", "show", run["id"])["call_list"]]

    @contextmanager
    def serve(self) -> Iterator["Daemon"]:
        """The daemon in the foreground of a process of its own, ready; stopped in good order at the end."""
        daemon = self.start()
        try:
            daemon.wait("daemon.ready")
            yield daemon
            assert daemon.stop() == 0, daemon.text[-3000:]
        finally:
            daemon.kill()

    def start(self) -> "Daemon":
        log = self.home / f"daemon-{time.monotonic_ns()}.log"
        return Daemon(process=self._begin(("--verbose", "serve"), log, log), log=log)

    def _begin(self, args: Sequence[str], out: Path, err: Path) -> Process:
        begin = started if self.more_environ else self.begin  # an interpreter reads its environment at its start
        return begin(args, cwd=self.home, environ=self.environ, out=out, err=err)


OWNER = {"NAME": "The Owner", "EMAIL": "owner@example.org"}


@dataclass(kw_only=True)
class Daemon:
    """A serving process and what it logged."""

    process: Process
    log: Path
    _told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.log.read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self.text.split("\n")[:-1]  # the last one may not be whole yet
        self._told += [json.loads(line) for line in lines[len(self._told) :]]
        return list(self._told)

    def told(self, name: str, **facts: object) -> list[dict[str, Any]]:
        """The events of that name with these facts, so far."""
        return [event for event in self.events if event["event"] == name and _has(event, facts)]

    def wait(self, name: str, *, count: int = 1, seconds: float = PATIENCE, **facts: object) -> dict[str, Any]:
        """The event, once it happened that often."""
        end = time.monotonic() + seconds
        while len(found := self.told(name, **facts)) < count:
            assert self.process.poll() is None, f"the daemon ended before {name}:\n{self.text[-4000:]}"
            assert time.monotonic() < end, f"no {name} {facts} within {seconds} s:\n{self.text[-4000:]}"
            time.sleep(0.02)
        return found[count - 1]

    def stop(self, signal_: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal_)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


def _has(event: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    return all(event.get(name) == value for name, value in facts.items())
