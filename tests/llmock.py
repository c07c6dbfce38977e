"""llmock: a server by others, from PyPI, that breaks its answers on purpose and then judges how its client took that.

with llmock.serve(tmp_path) as mock:
    mock.queue(llmock.fails(503), llmock.reply("finish", {...}))
    ... the client works against mock.url_for(kind) ...
    verdict = mock.report()
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PLACES = (Path(sys.prefix) / "llmock", Path(sys.prefix).parent / "llmock")  # of `make real`, from either environment
START_SECONDS = 30
Behaviour = Mapping[str, Any]


def fails(status: int, *, retry_after: float | None = None) -> Behaviour:
    """An error instead of an answer."""
    return {"type": "fail", "status": status, "retry_after": retry_after}


def breaks(how: str) -> Behaviour:
    """The next streamed answer is cut short: `truncate` ends it in good order, `disconnect` and `malformed` do not."""
    return {"type": "stream_fault", "kind": how, "after_chunks": 1}


def slowly(seconds: float) -> Behaviour:
    """Every answer from now on takes so long."""
    return {"type": "delay", "seconds": seconds, "times": None}


def reply(tool: str, args: Mapping[str, Any]) -> Behaviour:
    return {"type": "reply", "tool_calls": [{"name": tool, "arguments": args}]}


@dataclass(frozen=True, kw_only=True)
class LlMock:
    program: Path
    url: str

    def url_for(self, kind: str) -> str:
        return self.url + ("/anthropic" if kind == "anthropic" else "/v1")

    def queue(self, *behaviours: Behaviour) -> None:
        """What the next requests meet, in this order, each kind of behaviour by itself."""
        self._ask("/_llmock/scenario", json.dumps({"behaviors": behaviours}).encode())

    def requests(self) -> list[dict[str, Any]]:
        """Requests to billing endpoints, oldest first."""
        served = self._ask("/_llmock/requests")["requests"]
        return [entry for entry in served if entry["method"] == "POST"]

    def report(self) -> tuple[int, dict[str, Any]]:
        """What `llmock report` says: its exit code and its verdict."""
        argv = [self.program, "report", "--url", self.url, "--json"]
        done = subprocess.run(argv, env=_environ(), capture_output=True, text=True, timeout=START_SECONDS, check=False)
        return done.returncode, json.loads(done.stdout)

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        with urllib.request.urlopen(self.url + path, data=body, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def serve(folder: Path) -> Iterator[LlMock]:
    """A running llmock; skips the test where it is not here."""
    program = next((place / "bin" / "llmock" for place in PLACES if (place / "bin" / "llmock").exists()), None)
    if program is None:
        pytest.skip("llmock is not here: `make .venv/llmock/.peers` brings it, in an environment of its own")
    mock = LlMock(program=program, url=f"http://127.0.0.1:{_free_port()}")
    with (folder / "llmock.log").open("w") as log:
        argv = [program, "serve", "--host", "127.0.0.1", "--port", mock.url.rpartition(":")[2]]
        process = subprocess.Popen(argv, env=_environ(), cwd=folder, stdout=log, stderr=log)
    try:
        _wait(mock, process, folder / "llmock.log")
        yield mock
    finally:
        process.terminate()
        process.wait(60)


def _wait(mock: LlMock, process: subprocess.Popen[bytes], log: Path) -> None:
    latest = time.monotonic() + START_SECONDS
    while True:
        try:
            mock.requests()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < latest, log.read_text()
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    """It tells no port that it chose itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LLMOCK_")}
