"""The client: the CLI's one door to answers, the daemon's socket where one answers, else the store itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx2

from watchbill.config import values
from watchbill.config.load import Loaded
from watchbill.operator.api import ROOT
from watchbill.operator.faults import AnswerLate, DaemonUnreachable, Refused, envelope
from watchbill.operator.outlook import Outlook
from watchbill.operator.own import OwnDoor
from watchbill.operator.plain import Plain
from watchbill.state import brake
from watchbill.state.folder import StateFolder

_CONNECT_WITHIN = 2.0  # seconds; a socket on this machine answers at once or not at all
_ANSWER_WITHIN = 60.0  # seconds; a promotion fetches and merges


class Door(Protocol):
    def read(self, path: str, params: dict[str, Any]) -> httpx2.Response: ...
    def write(self, path: str, body: dict[str, Any] | None) -> httpx2.Response: ...


class SocketDoor:
    """Asks the daemon. Raises DaemonUnreachable and AnswerLate."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def answers(self) -> bool:
        try:
            return self.read("/healthz", {}).is_success
        except DaemonUnreachable:
            return False

    def read(self, path: str, params: dict[str, Any]) -> httpx2.Response:
        return self._send("GET", path, params=params)

    def write(self, path: str, body: dict[str, Any] | None) -> httpx2.Response:
        return self._send("POST", path, json=body)

    def _send(self, method: str, path: str, **said: Any) -> httpx2.Response:
        timeout = httpx2.Timeout(_ANSWER_WITHIN, connect=_CONNECT_WITHIN)
        transport = httpx2.HTTPTransport(uds=str(self._socket))
        try:
            with httpx2.Client(transport=transport, base_url="http://watchbill", timeout=timeout) as client:
                return client.request(method, path, **said)
        except httpx2.ReadTimeout as error:
            raise AnswerLate(f"the daemon did not answer within {_ANSWER_WITHIN:.0f} s") from error
        except httpx2.TransportError as error:
            raise DaemonUnreachable(f"no daemon answers on {self._socket}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    door: Door

    def get(self, path: str, **params: Any) -> Plain:
        """The answer. Raises Refused with the envelope's words."""
        answer: Plain = self._checked(self.door.read(f"{ROOT}{path}", _given(params))).json()
        return answer

    def text(self, path: str) -> str:
        return self._checked(self.door.read(f"{ROOT}{path}", {})).text

    def post(self, path: str, body: dict[str, Any] | None = None) -> Plain:
        answer: Plain = self._checked(self.door.write(f"{ROOT}{path}", body)).json()
        return answer

    def _checked(self, response: httpx2.Response) -> httpx2.Response:
        if response.is_success:
            return response
        try:
            error = response.json()["error"]
        except ValueError:  # a fault of the daemon's own, which has no envelope
            error = envelope("failed", f"the daemon could not answer: {response.text[:200]}", "see its log")["error"]
        raise Refused(error["code"], error["message"], error["hint"])


def connect(loaded: Loaded, environ: Mapping[str, str]) -> Client:
    """A client of the daemon that serves this configuration, else of its store."""
    places = values.places_of(loaded, environ)
    daemon = SocketDoor(places.socket)
    if places.socket.exists() and daemon.answers():
        return Client(door=daemon)
    return Client(
        door=OwnDoor(
            folder=StateFolder(places.state_dir),
            repos=values.repos_of(loaded),
            outlook=lambda: outlook_of(loaded, environ, datetime.now(UTC)),
        )
    )


def outlook_of(loaded: Loaded, environ: Mapping[str, str], now: datetime) -> Outlook:
    """The outlook of a configuration without its daemon."""
    setups = values.providers_of(loaded.settings, environ)
    return Outlook(
        now=now,
        bill=values.bill_of(loaded.settings, {setup.name for setup in setups if not setup.missing}),
        config=str(loaded.path),
        recurring=values.recurring_of(loaded.settings),
        missing_by_provider={setup.name: setup.missing for setup in setups if setup.missing},
        stop=brake.pause_of(StateFolder(values.places_of(loaded, environ).state_dir).stop_file),
    )


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
