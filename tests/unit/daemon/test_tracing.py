"""Traces of a living daemon: a real collector on loopback is told of every verb, and nothing is there where none is asked for."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.worlds import START, World, settle
from watchbill.config.load import load
from watchbill.config.traces import Traces, checks, headers_of
from watchbill.daemon.tracing import Tracing
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName
from watchbill.providers.scripted import Scene, Step, finish, say, use

pytestmark = pytest.mark.anyio


def play(scene: Scene) -> Step:
    return (say("", use("write_file", path="notes.md", content="# Notes\n")), finish("done"))[min(scene.turn, 1)]


@contextmanager
def collector() -> Iterator[tuple[int, list[Any], list[str | None]]]:
    spans: list[Any] = []
    headers: list[str | None] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = ExportTraceServiceRequest()
            said.ParseFromString(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            assert self.path == "/v1/traces"
            headers.append(self.headers["Authorization"])
            spans.extend(s for each in said.resource_spans for scope in each.scope_spans for s in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, spans, headers
    finally:
        server.shutdown()
        server.server_close()


async def test_a_collector_gets_the_seven_verbs_and_the_calls_of_a_task_that_lands(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Authorization=Bearer%20token-9\n")
    with collector() as (port, spans, headers):
        traces = f'\n[traces]\nendpoint = "http://127.0.0.1:{port}"\nheaders = "file:{tmp_path}/headers"\n'
        here = World(root=tmp_path, scripts={"claude": play}, daemon=traces).make()
        async with here.service() as service:
            await settle(service)

    names = [span.name for span in spans]
    assert {"intake", "plan", "dispatch", "run", "gate", "land", "settle", "task"} <= set(names)
    assert names.count("chat scripted-claude") == 2
    assert len({span.trace_id for span in spans}) == 1
    assert set(headers) == {"Bearer token-9"}


async def test_a_collector_that_is_not_there_costs_nobody_anything(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": play}, daemon='\n[traces]\nendpoint = "http://127.0.0.1:9"\n').make()
    async with here.service() as service:
        assert service.tracing is not None
        service.tracing._spans._provider.shutdown()  # else its own tries at the end would take seconds
        await settle(service)

    assert here.said("task.landed")
    assert not here.said("daemon.fault")


async def test_a_trace_that_cannot_be_made_is_told_of_once() -> None:
    log: list[tuple[str, object]] = []

    class Log:
        def emit(self, name: str, **facts: object) -> None:
            log.append((name, facts["where"]))

    class Gone:
        async def submit(self, _work: object) -> None:
            raise OSError("gone")

    class Closed:
        def close(self) -> None:
            log.append(("closed", ""))

    tracing = Tracing(
        spans=cast("Any", Closed()), database=cast("Any", Gone()), events=Log(), vendor_of=lambda name: name
    )
    tracing.hear("run.started", {"run": "run-1"}, START)
    tracing.hear("run.ended", {"run": "run-1"}, START)
    tracing.hear("task.landed", {"task": "one"}, START)
    await tracing.aclose()

    assert log == [("daemon.fault", "traces"), ("closed", "")]


def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded() -> None:
    code = "import sys, watchbill.daemon.tracing, watchbill.config.traces; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "opentelemetry" not in done.stdout


def test_an_endpoint_without_the_extra_is_a_complaint_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.config.traces.find_spec", lambda _name: None)

    ((where, wrong, hint),) = checks(Traces(endpoint="http://127.0.0.1:4318"))

    assert (where, wrong, hint) == (("traces", "endpoint"), "needs OpenTelemetry", "pip install 'watchbill[otel]'")


def test_headers_without_an_endpoint_are_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "watchbill.toml").write_text('[traces]\nheaders = "env:H"\n')

    with pytest.raises(ConfigError, match="are for an endpoint"):
        load(tmp_path / "watchbill.toml", {}, cwd=tmp_path)


@pytest.mark.parametrize(
    ("environ", "why"), [({}, "has no H"), ({"H": "nonsense"}, "is to be Name=value"), ({"H": "=x"}, "Name=value")]
)
def test_headers_that_cannot_be_read_say_why(environ: dict[str, str], why: str) -> None:
    found = headers_of(Traces.model_validate({"endpoint": "http://h.example", "headers": "env:H"}), environ)

    assert why in str(found)


async def test_a_daemon_does_not_start_without_the_headers_that_it_is_told_to_send(tmp_path: Path) -> None:
    traces = '\n[traces]\nendpoint = "http://127.0.0.1:9"\nheaders = "env:H"\n'
    here = World(root=tmp_path, scripts={ProviderName("claude"): play}, daemon=traces).make()

    with pytest.raises(ConfigError, match="has no H"):
        async with here.built():
            pass
