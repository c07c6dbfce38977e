"""The GitHub action's steps, played in order on fresh checkouts, with caches that are kept, lost, and kept again.

.venv/bin/python -m pytest tests/deploy/test_action.py -s      needs nothing; twenty seconds
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.harness import PROGRAM, ROOT
from tests.acceptance.player import Player, finish, write
from tests.deploy.actions import Job, action
from tests.vendors import FakeVendor

pytestmark = [pytest.mark.deep, pytest.mark.vendors]

CONFIG = """
[daemon]
slot_policy = "off"
[[repo]]
name = "town"
path = "."
[provider.claude]
kind = "anthropic"
api_key = "env:ANTHROPIC_API_KEY"
base_url = "{url}"
models = [{{ id = "fake-1", price = {{ input = 3, output = 15 }} }}]
"""
QUEUE = "docs/AI_TASK_QUEUE.md"


class Hub:
    """A repository on a forge, and its jobs."""

    def __init__(self, folder: Path, vendor: FakeVendor) -> None:
        self.folder, self.vendor, self.jobs = folder, vendor, 0
        self.forge, self.caches = folder / "forge.git", folder / "caches"
        venv = folder / "venv/bin"
        for place in (self.caches, venv, folder / "desk/docs"):
            place.mkdir(parents=True)
        self.program = venv / "watchbill"
        self.program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {" ".join(PROGRAM)} "$@"\n')
        self.program.chmod(0o755)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.forge), at=folder)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(self.forge))
        (folder / "desk/watchbill.toml").write_text(CONFIG.format(url=vendor.anthropic_url))
        self.queue("nothing yet")

    def git(self, *args: str, at: Path | None = None) -> str:
        who = ("-c", "user.name=The Owner", "-c", "user.email=owner@example.org")
        words = ["git", "-C", str(at or self.folder / "desk"), *who, *args]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def queue(self, text: str) -> None:
        """The owner pushes a queue."""
        (self.folder / "desk" / QUEUE).write_text(f"# Work\n\n{text}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Work")
        self.git("push", "--quiet", "origin", "main")

    def merge(self) -> None:
        """The owner takes what landed, and the branch away."""
        self.git("fetch", "--quiet", "origin")
        self.git("merge", "--quiet", "--no-edit", "origin/watchbill/main")
        self.git("push", "--quiet", "origin", "main", ":watchbill/main")

    def job(self, **inputs: str) -> Job:
        """The next one, on a machine of its own; the program's own cache is always warm."""
        self.jobs += 1
        place = self.folder / f"job-{self.jobs}"
        self.git("clone", "--quiet", str(self.forge), str(place / "town"), at=self.folder)
        job = Job(
            workspace=place / "town",
            temp=place / "temp",
            caches=self.caches,
            number=self.jobs,
            inputs=inputs,
            environ={"ANTHROPIC_API_KEY": "sk-canary", "GIT_CONFIG_GLOBAL": "/dev/null"},
        )
        shutil.copytree(self.folder / "venv", job.temp / "watchbill/venv")
        return job


@pytest.fixture
def player() -> Player:
    return Player({"Dig": [write("well.md", "Deep.\n"), finish()], "Hang": [write("bell.md", "Loud.\n"), finish()]})


@pytest.fixture
def hub(tmp_path: Path, player: Player) -> Iterator[Hub]:
    with FakeVendor(player) as vendor:
        yield Hub(tmp_path, vendor)


def play(job: Job) -> Job:
    warm = {"actions/cache": "true"}
    steps = [each for each in action()["runs"]["steps"] if each.get("uses", "").split("@")[0] not in warm]
    job.outputs["program"] = {"cache-hit": "true"}  # its step is left out: the program under test is not installed
    assert job.play({**action(), "runs": {"steps": steps}}), job.said
    return job


def test_jobs_hand_their_state_on_push_what_landed_and_after_a_lost_cache_do_free_work_only(hub: Hub) -> None:
    began = time.monotonic()
    idle = play(hub.job(begin="true"))
    took = time.monotonic() - began
    hub.queue("- [ ] Dig the well [id:: well] [files:: well.md]")
    worked = play(hub.job())
    once = len(hub.vendor.calls)
    hub.merge()
    shutil.rmtree(hub.caches)  # the forge evicts it
    hub.caches.mkdir()
    hub.queue("- [ ] Hang the bell [id:: bell] [files:: bell.md]")
    poor = play(hub.job())
    still = play(hub.job())
    after = len(hub.vendor.calls)
    told = play(hub.job(begin="true"))

    print(f"\na job without work: {took:.1f} s")  # noqa: T201 - a measurement, for whoever runs it with -s
    assert [job.outputs["once"]["started"] for job in (idle, worked, poor, still, told)] == list("01001")
    assert (once, after, len(hub.vendor.calls)) == (2, 2, 4)
    assert "only free work is done" in poor.said
    assert (
        "only free work is done" in still.said
    )  # a state that began without one does not become trusted by being cached
    assert hub.git("show", "main:well.md", at=hub.forge) == "Deep.\n"
    assert hub.git("show", "watchbill/main:bell.md", at=hub.forge) == "Loud.\n"
    assert "sk-canary" not in worked.said
