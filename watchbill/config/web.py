"""The web in watchbill.toml: whether the page and the control API are served on loopback, beside the Unix socket."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from watchbill.config.section import Section

_ADDRESS = re.compile(r"\[(?P<v6>[0-9a-fA-F:.]+)\]:(?P<port6>\d{1,5})|(?P<v4>[0-9.]+|localhost):(?P<port4>\d{1,5})")
_MOST_PORT = 65_535
_LOOPBACK_ONLY = (
    "must be a loopback address, for whoever reaches it may steer the watch: from elsewhere, come by a tunnel "
    "(ssh -L 8620:127.0.0.1:8620 HOST)"
)


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of a loopback address; port 0 is any that is free.

    >>> parse_listen("127.0.0.1:8620"), parse_listen("[::1]:0"), parse_listen("localhost:80")
    (('127.0.0.1', 8620), ('::1', 0), ('127.0.0.1', 80))

    Raises ValueError for anything else.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f'{_LOOPBACK_ONLY if ":" in text else "needs a port"}; write it as "127.0.0.1:8620"')
    host, port = found["v6"] or found["v4"].replace("localhost", "127.0.0.1"), int(found["port6"] or found["port4"])
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise ValueError('is no address; write it as "127.0.0.1:8620"') from error
    if not is_loopback:
        raise ValueError(_LOOPBACK_ONLY)
    if port > _MOST_PORT:
        raise ValueError(f"has a port above {_MOST_PORT}")
    return host, port


def _check_listen(text: str) -> str:
    parse_listen(text)
    return text


Listen = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_check_listen)]


class Web(Section):
    """The web page, and the control API for programs that know no Unix sockets. `watchbill web` signs a browser in; programs
    send the token that the daemon keeps in its state folder, as `Authorization: Bearer TOKEN`."""

    listen: Listen | None = None
    """Where it listens on loopback, for instance "127.0.0.1:8620". Not set: nowhere, and the Unix socket is all there is. What
    is no loopback address is refused."""
