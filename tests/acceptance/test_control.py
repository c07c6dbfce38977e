"""Control as its owner and as others try it: over the socket and over loopback, whatever becomes of money and providers."""

import http.client
import json
import re
import socket
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.acceptance.harness import DAEMON, PATIENCE, QUEUE, Daemon, Town

pytestmark = pytest.mark.vendors

WEB = '[web]\nlisten = "127.0.0.1:{port}"\n'
NOTHING_TO_SPEND = "[budget]\ndaily_usd = 0\nmonthly_usd = 0\n"
BROKEN = """
[provider.claude]
kind = "anthropic"
api_key = "env:NO_SUCH_KEY"
models = [{ id = "m" }]

[provider.gone]
kind = "openai-chat"
api_key = "file:{key}"
base_url = "http://127.0.0.1:9/v1"
models = [{{ id = "m", price = {{ input = 1, output = 1 }} }}]
"""


class Http:
    """A program that asks over loopback."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.bearer = {"Authorization": f"Bearer {token}"}

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] = {}, body: Any = None
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        connection.close()
        return told

    def status(self, method: str, path: str, headers: Mapping[str, str] = {}) -> int:
        return self.ask(method, path, headers)[0]


def http_of(town: Town, daemon: Daemon, count: int = 1) -> Http:
    address = daemon.wait("web.listening", count=count)["address"]
    return Http(address, (town.state / "web-token").read_text().strip())


def streamed(town: Town, after: int, kind: str, count: int) -> list[int]:
    """The ids of so many events, as a viewer on the socket gets them after the last one that it saw."""
    with socket.socket(socket.AF_UNIX) as viewer:
        viewer.settimeout(PATIENCE)
        viewer.connect(str(town.state / "control.sock"))
        viewer.sendall(
            f"GET /api/v1/events?kind={kind} HTTP/1.1\r\nHost: here\r\nAccept: text/event-stream\r\n"
            f"Last-Event-ID: {after}\r\n\r\n".encode()
        )
        got = b""
        while len(ids := re.findall(rb"^id: (\d+)\n", got, re.MULTILINE)) < count:
            got += viewer.recv(65536)
    return [int(found) for found in ids[:count]]


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def test_control_needs_neither_money_nor_providers_and_lets_nobody_else_in(town: Town) -> None:
    broken = BROKEN.replace("{{", "{").replace("}}", "}").replace("{key}", str(town.key))
    town.write(QUEUE, "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md]\n")
    town.configure(broken, more=WEB.format(port=0) + NOTHING_TO_SPEND)
    with town.serve() as daemon:
        here = http_of(town, daemon)
        daemon.wait("task.discovered", task="well")

        # the owner, on the socket: everything works with a budget of nothing and nobody to ask
        assert town.ask("task", "hold", "well", "-m", "not yet")["said"]
        assert town.ask("pause", "-m", "lunch")["who"]
        assert town.look("resume").code == 0
        assert town.ask("task", "cancel", "well")["state"] == "cancelled"
        assert town.ask("status")["budget"]["day"]["cap_micro_usd"] == 0

        # a program with the token, the same over loopback; what it does is written down under its name
        assert here.status("GET", "/healthz") == 200
        paused = [
            here.ask("POST", "/api/v1/pause", {**here.bearer, "Idempotency-Key": "k"}, {"why": "x"}) for _ in "12"
        ]
        assert [answer[0] for answer in paused] == [200, 200]
        assert paused[0][2] == paused[1][2]
        entries = json.loads(here.ask("GET", "/api/v1/audit", here.bearer)[2])["entries"]
        assert (entries[0]["actor"], entries[0]["path"], entries[0]["status"]) == ("token", "/api/v1/pause", 200)
        assert sum(entry["path"] == "/api/v1/pause" for entry in entries) == 2  # the first was the owner's
        assert "watchbill_queue_tasks" in here.ask("GET", "/metrics", here.bearer)[2]

        # a page of somebody else's, in a browser on this machine
        page = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert here.status("GET", "/api/v1/state") == 401
        assert here.status("GET", "/api/v1/state", {**here.bearer, "Host": "evil.example"}) == 421
        assert here.status("POST", "/api/v1/resume", page) == 401
        assert here.status("POST", "/api/v1/resume", {**here.bearer, **page}) == 403

        # a browser that its owner signs in
        link = town.ask("web")["url"]
        path = link.partition(here.address)[2]
        assert here.status("HEAD", path) == 405
        code, headers, _ = here.ask("GET", path)
        cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}
        assert (code, "HttpOnly; SameSite=Strict" in headers["set-cookie"]) == (200, True)
        assert here.status("GET", path) == 403
        assert here.status("GET", "/api/v1/state", cookie) == 200
        assert here.status("POST", "/api/v1/refresh", cookie) == 403
        assert here.status("POST", "/api/v1/refresh", {**cookie, "Origin": f"http://{here.address}"}) == 202

        # whoever watches misses nothing
        seen = streamed(town, 0, "control.*", 3)  # it waits for them: an event is written a moment after it happened
        asked = [json.loads(line) for line in town.look("events", "--kind", "control.asked", "--json").out.splitlines()]
        assert seen == [event["id"] for event in asked][:3]
    for secret in (here.bearer["Authorization"].removeprefix("Bearer "), cookie["Cookie"].partition("=")[2]):
        assert secret not in daemon.text


def test_a_port_that_is_taken_is_told_and_a_reload_moves_to_another(town: Town) -> None:
    provider = '[provider.local]\nkind = "local"\n'
    with socket.create_server(("127.0.0.1", 0)) as other:
        town.configure(provider, more=WEB.format(port=other.getsockname()[1]))
        with town.serve() as daemon:
            refused = daemon.wait("web.unavailable")
            told = town.ask("status")
            link = town.look("web", "--json")
            town.configure(provider, more=WEB.format(port=0))
            town.ask("reload", "--wait")
            moved = http_of(town, daemon)
            answers = moved.status("GET", "/readyz")
            town.configure(provider, more=WEB.format(port=free_port()).replace("127.0.0.1", "0.0.0.0"))
            bad = town.look("reload", "--wait")
            still = moved.status("GET", "/readyz")
            town.configure(provider, daemon=DAEMON)
            town.ask("reload", "--wait")
            gone = _closed(moved)
            closed = town.look("web")

    assert "in use" in refused["why"]
    assert any("in use" in problem for problem in told["problems"])
    assert (link.code, json.loads(link.err)["error"]["code"]) == (1, "web.closed")
    assert (answers, still, gone) == (200, 503, True)  # a rejected configuration is no reason to be ready
    assert (bad.code, "must be a loopback address" in bad.err) == (2, True)
    assert (closed.code, "add [web] with listen" in closed.err) == (1, True)


def _closed(here: Http) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            here.status("GET", "/healthz")
        except ConnectionRefusedError:
            return True
        except (ConnectionError, http.client.HTTPException):  # it is being closed
            pass
        time.sleep(0.02)
    return False
