"""The messenger with the real Apprise: a web hook and a mail on loopback, what hangs, and what it says of failures."""

import asyncio
import json
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from operator_makers import NOW, state_in, watchbill

from watchbill.domain.notices import Notice
from watchbill.domain.ports import ProcResult
from watchbill.operator.messenger import Messenger, clean, words
from watchbill.scheduling.telling import Due
from watchbill.state import database, notices
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio

REVIEW = Notice(
    event="task.review",
    subject="task kael",
    word="review",
    title="Review: Kael",
    why="a protected path",
    command="watchbill review show kael",
    page="/tasks/kael",
)
BASE = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "r"\npath = "."\n[provider.local]\nkind = "local"\n'


@contextmanager
def web_hook(code: int = 200) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    got: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        server.server_close()


async def send(url: str, **fields: Any) -> str:
    return await Messenger(proc=OsProc(), **fields).send(url, *words(REVIEW, "http://watch.example"))


async def test_a_web_hook_gets_what_why_what_to_do_and_where_to_look() -> None:
    with web_hook() as (port, got):
        assert await send(f"json://127.0.0.1:{port}/hook-5f3a") == ""

    assert [(each["title"], each["message"]) for each in got] == [
        (
            "watchbill: Review: Kael",
            "a protected path\n→ watchbill review show kael\nhttp://watch.example/tasks/kael",
        )
    ]


async def test_a_mail_arrives() -> None:
    class Box:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            self.mail = message_from_bytes(envelope.content)
            self.to = envelope.rcpt_tos
            return "250 taken"

    class Bound(Controller):
        def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
            return self.loop.create_server(self._factory_invoker, sock=door)

    box, door = Box(), socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    controller = Bound(box, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    try:
        said = await send(f"mailto://127.0.0.1:{port}/?from=watch@example.org&to=me@example.org&mode=insecure")
    finally:
        controller.stop()

    assert (said, box.to, box.mail["Subject"]) == ("", ["me@example.org"], "watchbill: Review: Kael")
    body = next(part for part in box.mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert "→ watchbill review show kael" in body.decode()


async def test_a_refusal_is_said_without_the_secrets_of_the_address() -> None:
    with web_hook(500) as (port, _):
        said = await send(f"json://user:pa%20ssw0rd@127.0.0.1:{port}/hook-5f3a?:X=token-9")

    assert "500" in said
    assert not any(secret in said for secret in ("ssw0rd", "hook-5f3a", "token-9"))


async def test_an_address_of_no_service_is_said() -> None:
    assert "no service" in await send("nonsense://secret-token/")


async def test_whoever_takes_no_notice_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        said = await send(f"json://127.0.0.1:{deaf.getsockname()[1]}/", deadline=timedelta(seconds=1))

    assert said == "no answer within 1 s"


class Broken:
    """A courier that ends otherwise than it should."""

    def __init__(self, result: ProcResult) -> None:
        self.result = result

    async def run(self, *_: object, **said: Any) -> ProcResult:
        self.env = said["env"]
        return self.result


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (
            ProcResult(code=1, stdout="", stderr="Traceback\nImportError: hook-5f3a"),
            "its process failed: ImportError: [secret]",
        ),
        (ProcResult(code=-9, stdout="", stderr=""), "its process failed: exit code -9"),
    ],
)
async def test_a_courier_that_fails_is_a_failure_of_the_message_only(result: ProcResult, why: str) -> None:
    proc = Broken(result)

    said = await Messenger(proc=proc, environ={"PATH": "/bin", "ANTHROPIC_API_KEY": "k"}).send(
        "json://h.example/hook-5f3a", "", ""
    )

    assert said == why
    assert proc.env == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("url", "text", "cleaned"),
    [
        (
            "json://u:secret@h.example:80/path-1",
            "h.example said no to secret at path-1",
            "h.example said no to [secret] at [secret]",
        ),
        ("tgram://12345:abcde/678901", "12345:abcde is wrong", "[secret]:[secret] is wrong"),
        ("json://h.example/a%20bcd", "of a bcd and a%20bcd", "of [secret] and [secret]"),
        ("slack://T1JJ3T3L2/", "slack://T1JJ3T3L2/ fails", "[address] fails"),
    ],
)
def test_no_part_of_an_address_but_its_host_is_said(url: str, text: str, cleaned: str) -> None:
    assert clean(text, url) == cleaned


def test_a_notice_without_a_reason_says_its_title_twice_rather_than_nothing() -> None:
    assert words(Notice(event="e", subject="s", word="w", title="It goes on")) == (
        "watchbill: It goes on",
        "It goes on",
    )


def test_notify_test_tries_every_target_and_says_what_became_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_hook() as (port, got):
        (tmp_path / "urls").write_text(f"json://127.0.0.1:{port}/hook-5f3a\nnonsense://secret-token/\n")
        state_in(tmp_path, monkeypatch, f'{BASE}[notify]\ntargets = ["file:{tmp_path}/urls"]\n')

        shown = watchbill("notify", "test", code=1).output
        one = json.loads(watchbill("notify", "test", f"file:{tmp_path}/urls#1", "--json").output)

    assert "urls#1: it was taken" in shown
    assert "urls#2: Apprise knows no service" in shown
    assert "secret-token" not in shown
    assert "hook-5f3a" not in shown
    assert one == {"targets": [{"target": f"file:{tmp_path}/urls#1", "why": ""}]}
    assert got[0]["title"] == "watchbill: a test"


def test_notify_test_without_an_address_is_a_matter_of_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_in(tmp_path, monkeypatch, f'{BASE}[notify]\ntargets = ["file:{tmp_path}/urls"]\n')

    assert "does not exist" in watchbill("notify", "test", code=4).output
    assert "no target 'mail' is configured" in watchbill("notify", "test", "mail", code=1).output


def test_notify_list_shows_what_was_told_and_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = state_in(tmp_path, monkeypatch, BASE)
    assert "Nobody was told anything yet" in watchbill("notify", "list").output
    with database.direct(folder.db) as conn:
        for place, name in enumerate(("kael", "anna", "mira", "noor")):
            notice = Notice(event="task.failed", subject=name, word="failed", title=f"Failed: {name}")
            stored = notices.put(conn, notice, Due(at=NOW, is_held=name == "noor"), NOW)
            if place < 3:
                notices.tell(conn, stored.number, ["file:/t"], NOW)
            delivery = notices.begin(conn, "file:/t", NOW)
            if delivery is not None and name == "kael":
                notices.sent(conn, delivery, NOW)
            if delivery is not None and name == "anna":
                notices.put_off(conn, delivery, "refused", NOW + timedelta(hours=1))

    shown = watchbill("notify", "list").output
    found = json.loads(watchbill("notify", "list", "--json").output)["notices"]

    assert "sent" in shown
    assert "waiting file:/t: refused" in shown
    assert "in the next summary" in shown
    assert [each["title"] for each in found] == ["Failed: noor", "Failed: mira", "Failed: anna", "Failed: kael"]
    assert found[3]["deliveries"][0]["state"] == "sent"
