"""The guard: who may ask over which listener, what a page of another site can reach, and how much a body may have."""

import asyncio
import os
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from watchbill.operator.entrance import LINK_LASTS, Entrance
from watchbill.operator.guard import Guard, Judge, of_socket, of_web, user

pytestmark = pytest.mark.anyio

TOKEN = "t" * 43
HERE = "http://127.0.0.1:8620"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def entrance(moments: list[float] | None = None) -> Entrance:
    clock = iter(moments or [])
    return Entrance(host="127.0.0.1", port=8620, token=TOKEN, monotonic=lambda: next(clock, 0.0))


COOKIE = {"cookie": entrance().set_cookie().partition(";")[0]}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """What the application saw."""
    request = Request(scope, receive)
    said = {"actor": request.state.actor, "body": (await request.body()).decode()}
    await JSONResponse(said, headers={"Cache-Control": "max-age=60"})(scope, receive, send)


async def ask(
    method: str = "GET",
    path: str = "/api/v1/state",
    *,
    judge: Judge | None = None,
    client: Any = None,
    url: str = HERE,
    limits: dict[str, Any] | None = None,
    **said: Any,
) -> httpx2.Response:
    guard = Guard(echo, judge or of_web(entrance()), **(limits or {}))
    transport = httpx2.ASGITransport(app=guard, client=client or ("127.0.0.1", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url=url) as http:
        return await http.request(method, path, **said)


@pytest.mark.parametrize("uid", [os.geteuid(), 0])
async def test_the_socket_answers_its_owner_and_root_by_name(uid: int) -> None:
    answer = await ask(judge=of_socket, client=("uid", uid), url="http://anything")

    assert (answer.status_code, answer.json()["actor"]) == (200, user(uid))


@pytest.mark.parametrize("client", [("uid", 54321), ("127.0.0.1", 80)])
async def test_the_socket_refuses_everybody_else(client: Any) -> None:
    answer = await ask(judge=of_socket, client=client)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "refused.caller")


@pytest.mark.parametrize("host", ["127.0.0.1:8620", "127.9.9.9", "localhost:1", "[::1]:8620", "LOCALHOST"])
async def test_names_of_this_machine_are_answered(host: str) -> None:
    assert (await ask(headers={**BEARER, "host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8620",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1:8620:8620",
        "0.0.0.0:8620",
        "192.168.1.7",
        "999.0.0.1",
        "[fe80::1]",
        "",
    ],
)
async def test_a_foreign_host_is_misdirected_whatever_it_asks_and_shows(host: str) -> None:
    """A rebound name leads to our port, and still stands in the header."""
    for path in ("/api/v1/state", "/healthz", "/sign-in?once=x"):
        answer = await ask(path=path, headers={**BEARER, "host": host})
        assert (answer.status_code, answer.json()["error"]["code"]) == (421, "refused.host")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/sign-in"])
async def test_health_and_signing_in_need_no_token_to_read(path: str) -> None:
    assert (await ask(path=path)).status_code == 200
    assert (await ask("POST", path)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": f"watchbill-8620={TOKEN}"},
        {"cookie": f"watchbill-1={entrance().cookie}"},
        {"cookie": "watchbill-8620="},
        {"authorization": b"Bearer \xff"},
    ],
)
async def test_without_token_or_cookie_nothing_is_shown(headers: dict[str, Any]) -> None:
    answer = await ask(headers=headers)

    assert (answer.status_code, answer.json()["error"]["hint"]) == (401, "watchbill web")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_browser_is_told_how_to_sign_in() -> None:
    answer = await ask(path="/", headers={"accept": "text/html,*/*"})

    assert (answer.status_code, "watchbill web" in answer.text) == (401, True)


async def test_a_token_and_a_cookie_have_names_of_their_own() -> None:
    assert (await ask(headers=BEARER)).json()["actor"] == "token"
    assert (await ask(headers={"cookie": f'other={{"a":"b"}}; {COOKIE["cookie"]}'})).json()["actor"] == "web page"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BEARER, 200),  # a program
        ({**BEARER, "origin": "http://evil.example"}, 403),
        ({**BEARER, "sec-fetch-site": "cross-site"}, 403),
        (COOKIE, 403),  # no browser says nothing at all
        ({**COOKIE, "origin": HERE}, 200),
        ({**COOKIE, "sec-fetch-site": "same-origin"}, 200),
        ({**COOKIE, "origin": HERE, "sec-fetch-site": "same-origin"}, 200),
        ({**COOKIE, "origin": "null"}, 403),
        ({**COOKIE, "origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-site"}, 403),  # it has the cookie
        ({**COOKIE, "origin": "https://127.0.0.1:8620"}, 403),
        ({**COOKIE, "origin": HERE, "sec-fetch-site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_only_our_own_page_and_programs_write(method: str, headers: dict[str, str], status: int) -> None:
    assert (await ask(method, headers=headers)).status_code == status


async def test_every_answer_carries_the_headers_and_what_the_application_says_stays() -> None:
    good, bad = await ask(headers=BEARER), await ask()

    for answer in (good, bad):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (good.headers["cache-control"], bad.headers["cache-control"]) == ("max-age=60", "no-store")


async def chunks(*parts: bytes) -> Any:
    for part in parts:
        yield part


async def test_a_body_is_handed_on_whole() -> None:
    said = await ask("POST", headers=BEARER, content=chunks(b"one ", b"two"), limits={"most_body": 7})

    assert said.json()["body"] == "one two"


@pytest.mark.parametrize("content", [b"12345678", chunks(b"1234", b"5678")])
async def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(content: Any) -> None:
    said = await ask("POST", headers=BEARER, content=content, limits={"most_body": 7})

    assert (said.status_code, said.json()["error"]["code"]) == (413, "refused.size")
    assert said.headers["connection"] == "close"


async def test_a_body_that_drips_is_refused_after_a_while() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0.004)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked"), (b"authorization", b"Bearer " + b"t" * 43)]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "client": None}
    await Guard(echo, of_web(entrance()), within=0.02)(scope, receive, send)

    assert sent[0]["status"] == 408


def test_a_link_opens_once_and_for_some_minutes() -> None:
    late = LINK_LASTS.total_seconds() + 1
    at = entrance([0.0, 1.0, 2.0, late + 2])
    first = at.link().url.partition("once=")[2]

    assert [at.redeem(first), at.redeem(first), at.redeem("")] == [True, False, False]
    second = at.link().url.partition("once=")[2]
    assert at.redeem(second) is False


def test_the_oldest_of_many_links_is_forgotten() -> None:
    at = entrance()
    links = [at.link().url.partition("once=")[2] for _ in range(17)]

    assert [at.redeem(links[0]), at.redeem(links[1])] == [False, True]


def test_an_address_of_version_six_has_brackets() -> None:
    at = Entrance(host="::1", port=80, token=TOKEN, monotonic=lambda: 0.0)

    assert at.link().url.startswith("http://[::1]:80/sign-in?once=")


def test_a_user_without_a_name_is_a_number() -> None:
    assert (user(54321), user(None)) == ("uid 54321", "somebody unknown")
