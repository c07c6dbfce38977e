"""The guard before the control API: who asks, whether a page of somebody else's asks through them, and how much. Pure ASGI.

Every listener has one of its own around the application that they share. On the Unix socket the kernel says who asks; over TCP
anything on this machine can, a browser's tab with a foreign page included.
"""

import asyncio
import ipaddress
import os
import pwd
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchbill.operator.entrance import Entrance
from watchbill.operator.faults import envelope

MOST_BODY = 16 << 20  # bytes; an edited review is sent whole, base64
_BODY_WITHIN = 30.0  # seconds
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN = frozenset({"/healthz", "/readyz", "/sign-in", "/favicon.ico"})  # to read, without a token
_OWN_SITES = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site; a browser says "none" of what its user typed
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>localhost|[0-9.]+))(?::\d{1,5})?")

_HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"same-origin",  # with "no-referrer" a browser would send its own forms with `Origin: null`
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    status: int  # HTTP
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a judge looks at. Header names are in small letters; of one that comes twice, all values."""

    method: str
    path: str
    headers: Mapping[str, tuple[str, ...]]
    uid: int | None = None  # of whoever is at the other end of the Unix socket

    def one(self, name: str) -> str:
        """The header's value; "" where there is none, or more than one."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else ""

    @property
    def is_write(self) -> bool:
        return self.method not in _SAFE


Judge = Callable[[Asked], str | Refusal]  # the name of whoever asks


def of_socket(asked: Asked) -> str | Refusal:
    """Whoever the daemon belongs to, and root."""
    if asked.uid is None or asked.uid not in (os.geteuid(), 0):
        return Refusal(
            status=403,
            code="refused.caller",
            message=f"{user(asked.uid)} may not steer this daemon: it answers {user(os.geteuid())} and root",
        )
    return user(asked.uid)


def user(uid: int | None) -> str:
    """The name of a user, for people."""
    if uid is None:
        return "somebody unknown"
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def of_web(entrance: Entrance) -> Judge:
    """Those that the entrance knows, by names of this machine only, and no page but our own writes."""

    def judge(asked: Asked) -> str | Refusal:
        host = asked.one("host").lower()
        if not _is_loopback(host):
            return _FOREIGN_HOST
        if asked.path in _OPEN and not asked.is_write:
            return "anybody"
        by_token = entrance.knows_token(asked.one("authorization"))
        if not by_token and not entrance.knows_cookie("; ".join(asked.headers.get("cookie", ()))):
            return _NOT_SIGNED_IN
        if asked.is_write and not _is_own_page(asked, host, by_token=by_token):
            return _FOREIGN_PAGE
        return "token" if by_token else "web page"

    return judge


_FOREIGN_HOST = Refusal(
    status=421,
    code="refused.host",
    message="this address belongs to another host: only names of this machine are answered",
    hint="http://127.0.0.1:PORT",
)
_NOT_SIGNED_IN = Refusal(
    status=401, code="refused.token", message="a token or a signed-in browser is needed", hint="watchbill web"
)
_FOREIGN_PAGE = Refusal(
    status=403, code="refused.origin", message="this was asked for by a page of another site, and is not done"
)


def _is_loopback(host: str) -> bool:
    """Whatever its port: a tunnel may end at another one, and no foreign name leads to such a host header."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    if found["name"] == "localhost":
        return True
    try:
        return ipaddress.ip_address(found["v6"] or found["name"]).is_loopback
    except ValueError:
        return False


def _is_own_page(asked: Asked, host: str, *, by_token: bool) -> bool:
    """What a browser says of the page that asks. One that says nothing is none, so a cookie alone is not enough."""
    said = [
        *(site in _OWN_SITES for site in asked.headers.get("sec-fetch-site", ())),
        *(origin == f"http://{host}" for origin in asked.headers.get("origin", ())),
    ]
    return all(said) and (by_token or bool(said))


class Guard:
    """Lets through who may, with `state["actor"]` set and the whole body at hand; puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, judge: Judge, *, most_body: int = MOST_BODY, within: float = _BODY_WITHIN) -> None:
        self._app = app
        self._judge = judge
        self._most_body = most_body
        self._within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "the listener speaks nothing else"
        asked = _asked(scope)
        verdict = self._judge(asked)
        if isinstance(verdict, str):
            scope.setdefault("state", {})["actor"] = verdict
            body = await self._body(asked, receive)
            if isinstance(body, bytes):
                await self._app(scope, _replay(body, receive), _armoured(send))
                return
            verdict = body
        await _refused(verdict, asked)(scope, receive, _armoured(send))

    async def _body(self, asked: Asked, receive: Receive) -> bytes | Refusal:
        """All of it, whether its length was said or it came in chunks."""
        if not {"content-length", "transfer-encoding"} & asked.headers.keys():
            return b""
        said = asked.one("content-length")
        if said.isdecimal() and int(said) > self._most_body:
            return self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._within):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > self._most_body:
                        return self._too_large()
                    if not message.get("more_body", False):  # the end, or whoever asked has gone
                        return bytes(body)
        except TimeoutError:
            return Refusal(
                status=408, code="refused.late", message=f"the body did not come within {self._within:g} seconds"
            )

    def _too_large(self) -> Refusal:
        return Refusal(status=413, code="refused.size", message=f"a body may have {self._most_body} bytes at the most")


def _asked(scope: Scope) -> Asked:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in scope["headers"]:
        word = name.decode("latin-1")
        headers[word] = (*headers.get(word, ()), value.decode("latin-1"))
    client = scope.get("client")
    uid = client[1] if client and client[0] == "uid" else None
    return Asked(method=scope["method"], path=scope["path"], headers=headers, uid=uid)


def _refused(verdict: Refusal, asked: Asked) -> Response:
    """What is left of the request is not read: the connection ends."""
    headers = {"connection": "close"}
    if verdict.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["www-authenticate"] = "Bearer"
        if "text/html" in asked.one("accept"):
            return HTMLResponse(_SIGN_IN, status_code=verdict.status, headers=headers)
    said = envelope(verdict.code, verdict.message, verdict.hint)
    return JSONResponse(said, status_code=verdict.status, headers=headers)


_SIGN_IN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>watchbill: sign in</title>
<h1>Sign in</h1>
<p>On the machine that watchbill runs on, type <code>watchbill web</code> and open the link that it prints.</p>
</html>
"""


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _armoured(send: Send) -> Send:
    """What the application says of a header itself stays."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(each for each in _HEADERS.items() if each[0] not in said)]
        await send(message)

    return sent
