"""Messages: the neutral transcript in pydantic-ai's words, and a model's answer in ours.

A reply goes back in the vendor's own form only to the vendor and model that said it; anybody else reads its text and tool
calls. The same transcript always makes the same messages, so that a longer one begins with the bytes of a shorter one and
the vendors' prompt caches hold.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import assert_never

from pydantic_ai.messages import (
    InstructionPart,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from watchbill.domain.tools import ToolSpec
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript

VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # Anthropic's alphabet, OpenAI's length
GO_ON = "Go on."  # where nobody spoke between two replies: vendors want the model to be spoken to
NOT_CARRIED_OUT = "not carried out: the work was interrupted before this call"


def to_messages(transcript: Transcript, *, vendor: str, model: str) -> list[ModelMessage]:
    """The transcript as this vendor's model can take it: every tool call answered, in order, under a valid id."""
    builder = _Builder(vendor=vendor, model=model)
    for entry in transcript.entries:
        match entry:
            case Told(text=text):
                builder.told(text)
            case Reply():
                builder.reply(entry)
            case ToolResult():
                builder.result(entry)
            case _:
                assert_never(entry)
    return builder.done()


def to_parameters(system: str, tools: Sequence[ToolSpec]) -> ModelRequestParameters:
    definitions = [
        ToolDefinition(name=tool.name, description=tool.help, parameters_json_schema=_plain(tool.schema))
        for tool in tools
    ]
    instructions = [InstructionPart(content=system)] if system else []
    return ModelRequestParameters(function_tools=definitions, instruction_parts=instructions)


def to_reply(response: ModelResponse, *, vendor: str, model: str) -> Reply:
    """What the model said; `model` is the one that was asked, which is whom the native form may go back to."""
    return Reply(
        text="".join(part.content for part in response.parts if isinstance(part, TextPart)),
        tool_calls=tuple(_calls(response)),
        vendor=vendor,
        model=model,
        native=ModelMessagesTypeAdapter.dump_json([response]).decode(),
    )


def wire_id(call: str) -> str:
    """An id that every vendor takes; the same for the same call, always.

    >>> wire_id("toolu_01A"), len(wire_id("call:7|x" * 20))
    ('toolu_01A', 37)
    """
    return call if VALID_ID.fullmatch(call) else f"call_{sha256(call.encode()).hexdigest()[:32]}"


class _Builder:
    def __init__(self, *, vendor: str, model: str) -> None:
        self._vendor = vendor
        self._model = model
        self._messages: list[ModelMessage] = []
        self._results: list[ModelRequestPart] = []  # before what is told: a vendor wants the results first
        self._told: list[ModelRequestPart] = []
        self._open: dict[str, tuple[str, str]] = {}  # the last reply's unanswered calls: wire id and tool by our id

    def told(self, text: str) -> None:
        self._told.append(UserPromptPart(content=text))

    def result(self, result: ToolResult) -> None:
        if result.id not in self._open:
            self.told(f"{result.name} returned: {result.content}")
            return
        call, name = self._open.pop(result.id)
        self._results.append(_returned(name, call, result.content, refused=result.refused))

    def reply(self, reply: Reply) -> None:
        response = self._native(reply) or _neutral(reply)
        if not response.parts:
            return
        self._close_request()
        if not self._messages or isinstance(self._messages[-1], ModelResponse):
            self._messages.append(ModelRequest(parts=[UserPromptPart(content=GO_ON)]))
        self._messages.append(response)
        same_ids = bool(reply.native) and self._is_ours(reply)
        self._open = {call.id: (call.id if same_ids else wire_id(call.id), call.name) for call in reply.tool_calls}

    def done(self) -> list[ModelMessage]:
        self._close_request()
        if self._messages and isinstance(self._messages[-1], ModelResponse):
            self._messages.append(ModelRequest(parts=[UserPromptPart(content=GO_ON)]))
        return self._messages

    def _close_request(self) -> None:
        self._results += [_returned(name, call, NOT_CARRIED_OUT, refused=True) for call, name in self._open.values()]
        parts = [*self._results, *self._told]
        if parts:
            self._messages.append(ModelRequest(parts=parts))
        self._results, self._told, self._open = [], [], {}

    def _is_ours(self, reply: Reply) -> bool:
        return (reply.vendor, reply.model) == (self._vendor, self._model)

    def _native(self, reply: Reply) -> ModelResponse | None:
        if not reply.native or not self._is_ours(reply):
            return None
        (message,) = ModelMessagesTypeAdapter.validate_json(reply.native)
        return message if isinstance(message, ModelResponse) else None


def _neutral(reply: Reply) -> ModelResponse:
    text = [TextPart(content=reply.text)] if reply.text.strip() else []
    calls = [
        ToolCallPart(tool_name=call.name, args=dict(call.args), tool_call_id=wire_id(call.id))
        for call in reply.tool_calls
    ]
    return ModelResponse(parts=[*text, *calls])


def _returned(name: str, call: str, content: str, *, refused: bool) -> ToolReturnPart:
    return ToolReturnPart(
        tool_name=name, content=content, tool_call_id=call, outcome="failed" if refused else "success"
    )


def _calls(response: ModelResponse) -> Iterator[ToolCall]:
    for part in response.parts:
        if isinstance(part, ToolCallPart):
            # the SDKs believe a server's types: one that counts its calls gives numbers
            yield ToolCall(id=str(part.tool_call_id), name=str(part.tool_name), args=part.args_as_dict())


def _plain(schema: Mapping[str, object]) -> dict[str, object]:
    return dict(schema)
