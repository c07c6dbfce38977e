"""The entrance: who may come in over the web. Programs show the token; a browser shows a cookie, which a sign-in link gave it."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

LINK_LASTS = timedelta(minutes=5)
SIGNED_IN_FOR = timedelta(days=30)
_MOST_LINKS = 16  # open at once; the oldest goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way in that can be gone once."""

    url: str
    lasts: timedelta


class Entrance:
    """One listener's. The cookie follows from the token, so that it outlasts a restart, and does not show the token."""

    def __init__(self, *, host: str, port: int, token: str, monotonic: Callable[[], float]) -> None:
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.cookie = hmac.new(token.encode(), b"cookie", hashlib.sha256).hexdigest()
        self._name = f"watchbill-{port}"  # browsers send cookies to every port of a host
        self._token = token
        self._monotonic = monotonic
        self._ends_by_once: dict[str, float] = {}

    def link(self) -> Link:
        while len(self._ends_by_once) >= _MOST_LINKS:
            del self._ends_by_once[next(iter(self._ends_by_once))]
        once = secrets.token_urlsafe(32)
        self._ends_by_once[once] = self._monotonic() + LINK_LASTS.total_seconds()
        return Link(url=f"http://{self.address}/sign-in?once={once}", lasts=LINK_LASTS)

    def redeem(self, once: str) -> bool:
        """Whether this link may be gone now; it cannot be gone again."""
        ends = self._ends_by_once.pop(once, None)
        return ends is not None and self._monotonic() < ends

    def set_cookie(self) -> str:
        """The header that signs a browser in. It goes over loopback only, so `Secure` would keep some browsers from sending it."""
        age = int(SIGNED_IN_FOR.total_seconds())
        return f"{self._name}={self.cookie}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict"

    def knows_token(self, authorization: str) -> bool:
        """`authorization` is the header's value."""
        scheme, _, shown = authorization.partition(" ")
        return scheme.lower() == "bearer" and _same(shown.strip(), self._token)

    def knows_cookie(self, header: str) -> bool:
        """Whatever else stands in the header: other programs on this host set cookies of their own."""
        shown = (pair.strip().partition("=") for pair in header.split(";"))
        return any(name == self._name and _same(value, self.cookie) for name, _, value in shown)


@dataclass(slots=True)
class Front:
    """Where the entrance is now: a reload may close it, or open it elsewhere."""

    entrance: Entrance | None = None
    fault: str = ""  # why there is none although one is asked for


def _same(shown: str, kept: str) -> bool:
    return hmac.compare_digest(shown.encode(), kept.encode())
