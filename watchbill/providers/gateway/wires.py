"""Wires: the vendors' endpoints as the gateway speaks them, what a request on them may ask for, and their shape of an error."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from watchbill.domain.calls import Usage
from watchbill.providers.gateway import usage
from watchbill.providers.gateway.readers import Chunks, Messages, Reader, Responses
from watchbill.providers.metered import MAX_WORDS, UNBOUNDED

OUTPUT_TOKENS = 16_000  # of a request that names no maximum: without one nothing bounds its price


class Shape(StrEnum):
    """Whose API an agent is spoken to in."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


class NotAllowed(Exception):
    """A request that the gateway does not send on; the text is for the agent, and for whoever reads its log."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One endpoint that costs money."""

    path: str
    shape: Shape
    max_word: str
    reader: Callable[[], Reader]
    usage: Callable[[Mapping[str, Any]], Usage]


MESSAGES = Wire(
    path="/v1/messages", shape=Shape.ANTHROPIC, max_word="max_tokens", reader=Messages, usage=usage.of_anthropic
)
RESPONSES = Wire(
    path="/v1/responses", shape=Shape.OPENAI, max_word="max_output_tokens", reader=Responses, usage=usage.of_responses
)
CHAT = Wire(
    path="/v1/chat/completions",
    shape=Shape.OPENAI,
    max_word="max_completion_tokens",
    reader=Chunks,
    usage=usage.of_chat,
)
WIRES = (MESSAGES, RESPONSES, CHAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request as it will be sent."""

    model: str
    body: bytes
    is_streamed: bool


def read_ask(wire: Wire, body: bytes, models: tuple[str, ...]) -> Ask:
    """What may be sent of a request: a bound on its price has to follow from its bytes. Raises NotAllowed."""
    fields = read_object(body)
    model = allowed_model(fields, models)
    for word in UNBOUNDED & fields.keys():
        if fields[word] is None:
            del fields[word]
    for fault in _unbounded(wire, fields):
        raise NotAllowed(f"{fault}: what it costs cannot be bounded before it is sent, so it is not")
    if not any(isinstance(fields.get(word), int) for word in MAX_WORDS):
        fields[wire.max_word] = OUTPUT_TOKENS
    is_streamed = fields.get("stream") is True
    if wire is CHAT and is_streamed:
        stated = fields.get("stream_options")
        fields["stream_options"] = {**(stated if isinstance(stated, dict) else {}), "include_usage": True}
    return Ask(model=model, body=json.dumps(fields, ensure_ascii=False).encode(), is_streamed=is_streamed)


def read_object(body: bytes) -> dict[str, Any]:
    """Raises NotAllowed for what is no JSON object."""
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise NotAllowed("the body is no JSON") from error
    if not isinstance(fields, dict):
        raise NotAllowed("the body is no JSON object")
    return fields


def allowed_model(fields: Mapping[str, Any], models: tuple[str, ...]) -> str:
    model = fields.get("model")
    if model not in models:
        raise NotAllowed(f"this run may ask {', '.join(models)}, not {model}", status=404, code="model_not_found")
    return str(model)


_CLIENT_TOOLS: Mapping[Shape, tuple[str, ...]] = {  # what the agent carries out itself, by how the type begins
    Shape.ANTHROPIC: ("custom", "bash_", "text_editor_", "memory_", "tool_search_tool_"),
    Shape.OPENAI: ("function", "custom", "local_shell", "apply_patch", "namespace", "tool_search"),
}
_MEDIA = frozenset(
    {"image", "document", "file", "image_url", "input_image", "input_file", "input_audio", "audio", "container_upload"}
)


def _unbounded(wire: Wire, fields: Mapping[str, Any]) -> Iterator[str]:
    for tool in _tools(fields):
        kind = tool.get("type", "custom") if isinstance(tool, dict) else ""
        if not (isinstance(kind, str) and kind.startswith(_CLIENT_TOOLS[wire.shape])):
            yield f"a tool of type {kind}, which the vendor carries out at its own price"
    for word in sorted(UNBOUNDED & fields.keys()):
        yield f"the field {word}"
    if fields.get("background"):
        yield "an answer in the background"
    if fields.get("n", 1) != 1:
        yield "more than one answer"
    for kind in _media(fields.get("messages")) or _media(fields.get("input")):
        yield f"a part of type {kind}, for only text is let through"


def _tools(fields: Mapping[str, Any]) -> Iterator[object]:
    """Codex gives them as part of its input too, and in groups."""
    parts = fields.get("input")
    holders = [fields, *(part for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict))]
    for holder in holders:
        listed = holder.get("tools")
        for tool in listed if isinstance(listed, list) else ():
            yield tool
            if isinstance(tool, dict):
                yield from _tools(tool)


def _media(value: object) -> list[str]:
    """Types of parts that are no text, however deep; texts and tool arguments are not looked into."""
    if isinstance(value, list):
        return [kind for part in value for kind in _media(part)]
    if not isinstance(value, dict):
        return []
    kind = value.get("type")
    if kind in _MEDIA:
        return [kind]
    return [found for key in ("content", "output") for found in _media(value.get(key))]


def error_body(shape: Shape, message: str, code: str) -> bytes:
    """An error as the vendor would word it."""
    if shape is Shape.ANTHROPIC:
        return json.dumps({"type": "error", "error": {"type": code, "message": message}}).encode()
    return json.dumps({"error": {"message": message, "type": code, "code": code, "param": None}}).encode()


def model_list(shape: Shape, models: tuple[str, ...]) -> bytes:
    """The run's models, as the vendor would list them."""
    if shape is Shape.ANTHROPIC:
        rows = [{"type": "model", "id": name, "display_name": name, "created_at": _LONG_AGO} for name in models]
        return json.dumps({"data": rows, "has_more": False, "first_id": models[0], "last_id": models[-1]}).encode()
    listed = [{"id": name, "object": "model", "owned_by": "watchbill"} for name in models]
    return json.dumps({"object": "list", "data": listed}).encode()


_LONG_AGO = "1970-01-01T00:00:00Z"
