"""Readers: listen to an answer as it passes by, and know when it has ended and what it says was used."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

Fields = Mapping[str, Any]
EVENT_BYTES = 32_000_000  # one event; what is longer is none


class Reader(Protocol):
    """Fed with the bytes of one answer. `has_ended` is the vendor's word, never the connection's."""

    has_ended: bool
    usage: dict[str, Any]  # the vendor's own words; empty while it said nothing
    terms: dict[str, str]  # the service tier that it says to have used
    error: Fields | None  # the vendor's error inside a stream that began well
    stop: str  # why it ended, in the vendor's word

    def feed(self, part: bytes) -> None: ...


class _Heard:
    def __init__(self) -> None:
        self.has_ended = False
        self.usage: dict[str, Any] = {}
        self.terms: dict[str, str] = {}
        self.error: Fields | None = None
        self.stop = ""

    def _note(self, answer: Fields) -> None:
        """An answer's usage, tier and end, as far as it tells them."""
        self.stop = next(_stops(answer), self.stop)
        used = answer.get("usage")
        if isinstance(used, Mapping):
            self.usage.update({name: value for name, value in used.items() if value is not None})
        for place in (answer, self.usage):
            for word in ("service_tier", "speed"):
                if isinstance(place.get(word), str):
                    self.terms[word] = place[word]


class Whole(_Heard):
    """An answer in one piece: it has ended once it can be read and tells its usage."""

    def __init__(self) -> None:
        super().__init__()
        self._body = bytearray()

    def feed(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > EVENT_BYTES:
            raise ValueError(f"an answer of more than {EVENT_BYTES} bytes")

    def close(self) -> None:
        """All of it is here."""
        answer = _fields(bytes(self._body))
        self._note(answer)
        self.has_ended = bool(self.usage)


class _Events(_Heard):
    """Server-sent events. A part may end anywhere, in the middle of a character too."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = bytearray()

    def feed(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > EVENT_BYTES:
            raise ValueError(f"an event of more than {EVENT_BYTES} bytes")
        for data in self._complete():
            self._hear(data)

    def _complete(self) -> Iterator[bytes]:
        *lines, rest = bytes(self._rest).replace(b"\r\n", b"\n").split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            if line.startswith(b"data:"):
                yield line.removeprefix(b"data:").strip()

    def _hear(self, data: bytes) -> None:
        raise NotImplementedError


class Messages(_Events):
    """Anthropic's: usage begins with the message and is counted on by its deltas; the end has an event of its own."""

    def _hear(self, data: bytes) -> None:
        event = _fields(data)
        match event.get("type"):
            case "message_start" if isinstance(event.get("message"), Mapping):
                self._note(event["message"])
            case "message_delta":
                self._note(event)
            case "message_stop":
                self.has_ended = bool(self.usage)
            case "error":
                self.error = event


class Responses(_Events):
    """OpenAI's Responses: the last event carries the whole response."""

    def _hear(self, data: bytes) -> None:
        event = _fields(data)
        kind, response = event.get("type"), event.get("response")
        if kind == "error":
            self.error = event
        if not isinstance(response, Mapping):
            return
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            self._note(response)
            self.has_ended = bool(self.usage) or kind != "response.failed"
        if kind == "response.failed":
            self.error = response


class Chunks(_Events):
    """OpenAI's Chat Completions: usage comes in a chunk of its own, then the end."""

    def _hear(self, data: bytes) -> None:
        if data == b"[DONE]":
            self.has_ended = bool(self.usage)
            return
        chunk = _fields(data)
        if isinstance(chunk.get("error"), Mapping):
            self.error = chunk
        self._note(chunk)


def _stops(answer: Fields) -> Iterator[str]:
    """Wherever each vendor puts it."""
    places = [answer, answer.get("delta"), answer.get("incomplete_details"), *_list(answer.get("choices"))]
    for place in places:
        for word in ("stop_reason", "finish_reason", "reason"):
            if isinstance(place, Mapping) and isinstance(place.get(word), str):
                yield place[word]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _fields(data: bytes) -> Fields:
    try:
        fields = json.loads(data)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
