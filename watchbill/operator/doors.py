"""Doors: how a command asks the API, and the one through the daemon's socket. Light: most commands need nothing else."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from watchbill.domain import sockets
from watchbill.operator.faults import AnswerLate, DaemonUnreachable, Refused, envelope

Plain = dict[str, Any]  # a JSON object

ROOT = "/api/v1"
_CONNECT_WITHIN = 2.0  # seconds; a socket on this machine answers at once or not at all
_ANSWER_WITHIN = 60.0  # seconds; a promotion fetches and merges
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int  # HTTP
    text: str

    @property
    def is_success(self) -> bool:
        return self.status in _SUCCESS


class Door(Protocol):
    def read(self, path: str, params: dict[str, Any]) -> Answer: ...
    def write(self, path: str, body: dict[str, Any] | None) -> Answer: ...


class SocketDoor:
    """Asks the daemon. Raises DaemonUnreachable and AnswerLate."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def answers(self) -> bool:
        try:
            return self.read("/healthz", {}).is_success
        except DaemonUnreachable:
            return False

    def read(self, path: str, params: dict[str, Any]) -> Answer:
        asked = urlencode({name: _worded(value) for name, value in params.items()}, doseq=True)
        return self._send("GET", f"{path}?{asked}" if asked else path, None)

    def write(self, path: str, body: dict[str, Any] | None) -> Answer:
        return self._send("POST", path, None if body is None else json.dumps(body))

    def _send(self, method: str, path: str, body: str | None) -> Answer:
        connection = _Connection(self._socket)
        try:
            connection.request(method, path, body, {} if body is None else {"Content-Type": "application/json"})
            response = connection.getresponse()
            return Answer(status=response.status, text=response.read().decode())
        except TimeoutError as error:
            raise AnswerLate(f"the daemon did not answer within {_ANSWER_WITHIN:.0f} s") from error
        except (OSError, HTTPException) as error:
            raise DaemonUnreachable(f"no daemon answers on {self._socket}") from error
        finally:
            connection.close()


class _Connection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, place: Path) -> None:
        super().__init__("watchbill")
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_CONNECT_WITHIN)
        with sockets.short_name(self._place) as name:
            self.sock.connect(name)
        self.sock.settimeout(_ANSWER_WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    door: Door
    heard: Callable[[Plain], Plain] = lambda answer: answer  # what is made of every answer for whoever asked

    def get(self, path: str, **params: Any) -> Plain:
        """The answer. Raises Refused with the envelope's words."""
        return self.heard(json.loads(self.text(path, **params)))

    def text(self, path: str, **params: Any) -> str:
        return _checked(self.door.read(f"{ROOT}{path}", _given(params))).text

    def post(self, path: str, body: dict[str, Any] | None = None) -> Plain:
        return self.heard(json.loads(_checked(self.door.write(f"{ROOT}{path}", body)).text))


def _checked(answer: Answer) -> Answer:
    if answer.is_success:
        return answer
    try:
        error = json.loads(answer.text)["error"]
    except ValueError:  # a fault of the daemon's own, which has no envelope
        error = envelope("failed", f"the daemon could not answer: {answer.text[:200]}", "see its log")["error"]
    raise Refused(error["code"], error["message"], error["hint"])


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _worded(value: Any) -> Any:
    """As the API reads it: booleans in small letters; of a list, each."""
    if isinstance(value, list | tuple):
        return [_worded(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else value
