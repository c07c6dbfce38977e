"""The described API: a program that only knows its description finds no fault of ours and no answer of another shape."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.harness import QUEUE, ROOT, Daemon, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor

pytestmark = pytest.mark.vendors

WORK = """# Work

- [ ] Dig the well [id:: well] [files:: well.md]
- [ ] Hang the bell [id:: bell] [files:: bell.md] [autonomy:: LOW]
- [ ] Ring the bell [id:: ring] [files:: ring.md] [after:: bell]
"""
NAMES = {"task": "bell", "run": "run-1", "session": "session-1", "provider": "claude", "repo": "town"}
ENDLESS = "/events/stream|/drain$"  # the one never ends, the other ends everything


@pytest.fixture
def busy(town: Town, player: Player, vendor: FakeVendor) -> Town:
    """Something landed, something waits for a person, something waits for that."""
    player.steps = {
        "Dig the well": [write("well.md", "Deep.\n"), finish("The well is dug.")],
        "Hang the bell": [write("bell.md", "Loud.\n"), finish("The bell hangs.")],
    }
    provider = town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1")
    town.configure(provider, more='[web]\nlisten = "127.0.0.1:0"\n')
    town.write(QUEUE, WORK)
    return town


def probe(town: Town, daemon: Daemon, *options: str) -> str:
    """What schemathesis says, with every check that it has."""
    daemon.wait("task.landed", task="well")
    daemon.wait("run.ended", task="bell")
    address = daemon.wait("web.listening")["address"]
    token = (town.state / "web-token").read_text().strip()
    config = town.home / "schemathesis.toml"
    config.write_text("[parameters]\n" + "".join(f'"path.{name}" = {json.dumps(of)}\n' for name, of in NAMES.items()))
    asked = (f"http://{address}/api/v1/openapi.json", "-H", f"Authorization: Bearer {token}", *options)
    how = ("--checks", "all", "--exclude-path-regex", ENDLESS, "--seed", "1", "--no-color")
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", *asked, *how],
        cwd=town.home,
        env=town.environ,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    (town.home / "schemathesis.txt").write_text(done.stdout + done.stderr)
    assert "Traceback" not in daemon.text
    assert daemon.told("daemon.fault") == []
    return done.stdout + done.stderr if done.returncode else ""


def test_a_stranger_with_the_description_finds_nothing_wrong(busy: Town) -> None:
    with busy.serve() as daemon:
        said = probe(busy, daemon, "--phases", "fuzzing", "--max-examples", "1")

    assert not said, said


@pytest.mark.deep
def test_a_patient_stranger_finds_nothing_wrong(busy: Town) -> None:
    with busy.serve() as daemon:
        said = probe(busy, daemon, "--max-examples", "40")

    assert not said, said


def test_the_description_in_docs_is_what_the_daemon_says(busy: Town) -> None:
    written = json.loads((Path(ROOT) / "docs/openapi.json").read_text())

    assert re.fullmatch(r"3\.1\.\d", written["openapi"])
    assert {"/api/v1/state", "/api/v1/tasks/{task}", "/api/v1/refresh"} <= written["paths"].keys()
