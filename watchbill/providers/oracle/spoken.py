"""What one part of a stream, or one whole answer, says of the turn: the forms of vendors, agent programs and protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from watchbill.providers.oracle import bodies

ENDED_WITHOUT_ANSWER = frozenset(
    ["error_max_turns", "error_max_budget_usd", "error_during_execution", "error_max_structured_output_retries"]
)  # subtypes of Claude Code's results that are a reason of their own


class Mark(Enum):
    """What one part says of the turn."""

    NOTHING = auto()
    PROGRESS = auto()  # it goes on; an error before it was outlived
    CLOSED = auto()  # it is through, whatever it was
    STOPPED = auto()  # an answer ended for a reason that is named
    FAILED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    mark: Mark
    reason: str = ""  # STOPPED: in the vendor's word
    text: str = ""  # of the answer


NOTHING, PROGRESS, CLOSED, FAILED = (
    Said(mark=mark) for mark in (Mark.NOTHING, Mark.PROGRESS, Mark.CLOSED, Mark.FAILED)
)


def say(part: Mapping[str, Any]) -> Said:
    """What one part of a stream, or a whole answer, says."""
    inner = next((part[name] for name in ("msg", "payload") if isinstance(part.get(name), Mapping)), None)
    if inner is not None and isinstance(inner.get("type"), str):  # Codex's envelopes
        part = inner
    for reader in _READERS:
        said = reader(part)
        if said is not None:
            return said
    return NOTHING


def _rpc(part: Mapping[str, Any]) -> Said | None:
    """JSON-RPC: agents that speak ACP, and the Codex app server."""
    if "jsonrpc" not in part and "method" not in part:
        return None
    params = part.get("params")
    if "method" in part:
        return _notified(str(part["method"]), params if isinstance(params, Mapping) else {})
    if part.get("error"):
        return FAILED
    result = part.get("result")
    return say(result) if isinstance(result, Mapping) else NOTHING


def _notified(method: str, params: Mapping[str, Any]) -> Said:
    turn = params.get("turn")
    if method.endswith("turn/completed") and isinstance(turn, Mapping):
        if turn.get("status") == "failed" or turn.get("error"):
            return FAILED
        return _stopped(turn.get("status") or "completed")
    if method == "error" or params.get("error"):
        return NOTHING if params.get("willRetry") else FAILED
    update = params.get("update")
    if isinstance(update, Mapping):
        if update.get("sessionUpdate") == "agent_message_chunk":
            return Said(mark=Mark.PROGRESS, text=_text(update.get("content")))
        return PROGRESS if "tool_call" in str(update.get("sessionUpdate")) else NOTHING
    return PROGRESS if "item" in method else NOTHING


def _program(part: Mapping[str, Any]) -> Said | None:
    """The events that agent programs print."""
    kind = part.get("type")
    if not isinstance(kind, str):
        return None
    if kind == "result":
        return _result(part)
    if kind == "rate_limit_event":
        return NOTHING
    if kind in ("assistant", "user"):
        return _agent_turn(part)
    if kind == "assistant.message":
        return _copilots_message(part.get("data"))
    return _EVENTS.get(kind.replace("/", "."))


_EVENTS: Mapping[str, Said] = {
    **dict.fromkeys(
        ("turn.completed", "session.task_complete", "response.done", "task_complete"),
        Said(mark=Mark.STOPPED, reason="completed"),
    ),
    "turn_aborted": Said(mark=Mark.STOPPED, reason="interrupted"),
    **dict.fromkeys(("turn.failed", "session.error", "response.error"), FAILED),
    **dict.fromkeys(("done", "session.idle", "message_stop", "assistant.turn_end", "content_block_stop"), CLOSED),
    **dict.fromkeys(
        ["item.started", "item.updated", "item.completed",
            "agent_message", "tool_use", "tool_result", "assistant.message_delta", "tool.execution_start", "tool.execution_complete", "message_start", "assistant.turn_start"],
        PROGRESS,
    ),
    **dict.fromkeys(
        ["system", "init", "thread.started", "turn.started", "ping", "session.info", "session.warning", "assistant.usage", "session.usage_info", "token_count",
            "task_started",
            "stream_error", "response.created", "response.in_progress", "step_start"],
        NOTHING,
    ),
}  # fmt: skip


def _result(part: Mapping[str, Any]) -> Said | None:
    subtype = str(part.get("subtype") or "")
    text = part.get("result")
    if part.get("is_error") or part.get("status") == "error" or (part.get("error") and "result" not in part):
        reason = bodies.snake(subtype)
        return _stopped(reason) if reason in ENDED_WITHOUT_ANSWER and not text and not part.get("errors") else FAILED
    if bodies.snake(subtype) in ENDED_WITHOUT_ANSWER:
        return _stopped(subtype)
    said = _stopped(part.get("stop_reason") or subtype or part.get("status") or "completed")
    return Said(mark=said.mark, reason=said.reason, text=text if isinstance(text, str) else "")


def _agent_turn(part: Mapping[str, Any]) -> Said:
    if part.get("isApiErrorMessage") or (part.get("type") == "assistant" and part.get("error")):
        return FAILED
    message = part.get("message")
    if part.get("type") == "user" or not isinstance(message, Mapping):
        return PROGRESS
    return Said(mark=Mark.PROGRESS, text=_text(message.get("content")))


def _copilots_message(data: object) -> Said:
    """A whole message; the turn goes on where it asks for tools."""
    if isinstance(data, Mapping) and data.get("toolRequests"):
        return Said(mark=Mark.PROGRESS, text=_text(data))
    return Said(mark=Mark.STOPPED, reason="completed", text=_text(data))


def _stream(part: Mapping[str, Any]) -> Said | None:
    """The vendors' own event streams."""
    kind, delta = part.get("type"), part.get("delta")
    if not isinstance(kind, str):
        return None
    if kind == "message_delta" and isinstance(delta, Mapping):
        return _stopped(delta["stop_reason"]) if delta.get("stop_reason") else PROGRESS
    if kind in ("content_block_delta", "content_block_start", "response.output_text.delta"):
        return Said(mark=Mark.PROGRESS, text=delta if isinstance(delta, str) else _text(delta))
    if kind in ("error", "response.failed"):
        return NOTHING if part.get("will_retry") or part.get("severity") == "warning" else FAILED
    if kind.startswith("response.") and isinstance(part.get("response"), Mapping):
        return _response(part["response"])
    return PROGRESS if kind.startswith("response.") else None


def _response(part: Mapping[str, Any]) -> Said | None:
    """OpenAI's response object."""
    if part.get("object") != "response" and "incomplete_details" not in part and "output" not in part:
        return None
    status, details = part.get("status"), part.get("incomplete_details")
    if status == "failed" or part.get("error"):
        return FAILED
    if status == "incomplete" or (isinstance(details, Mapping) and details.get("reason")):
        return _stopped(details.get("reason") if isinstance(details, Mapping) else "max_output_tokens")
    if status not in ("completed", "cancelled"):
        return None if status is None else PROGRESS
    said = _stopped(status)
    return Said(mark=said.mark, reason=_refused_in(part.get("output")) or said.reason, text=_text(part.get("output")))


def _refused_in(output: object) -> str:
    is_refusal = any(item.get("type") == "refusal" for item in bodies.mappings(output))
    return "refusal" if is_refusal else ""


def _answer(part: Mapping[str, Any]) -> Said | None:
    """A whole answer, or a piece of one, of the vendors' APIs."""
    if part.get("error") or part.get("errors"):
        return FAILED
    for reader in (_choices, _candidates, _message, _local):
        said = reader(part)
        if said is not None:
            return said
    return None


def _choices(part: Mapping[str, Any]) -> Said | None:
    choices = part.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return None
    first = choices[0]
    if first.get("error"):
        return FAILED
    message = first.get("message") or first.get("delta") or {}
    text = _text(message) if isinstance(message, Mapping) else ""
    refused = isinstance(message, Mapping) and message.get("refusal")
    reason = first.get("finish_reason")
    if reason is None:
        return Said(mark=Mark.PROGRESS, text=text)
    if reason == "error":
        return FAILED
    return Said(
        mark=Mark.STOPPED,
        reason="refusal" if refused else bodies.snake(str(reason)),
        text=text or str(first.get("text") or ""),
    )


def _candidates(part: Mapping[str, Any]) -> Said | None:
    feedback, candidates = part.get("promptFeedback"), part.get("candidates")
    if isinstance(feedback, Mapping) and feedback.get("blockReason"):
        return _stopped("content_filter")
    if not isinstance(candidates, list) or not candidates or not isinstance(candidates[0], Mapping):
        return None
    reason, text = candidates[0].get("finishReason"), _text(candidates[0].get("content"))
    if not reason or reason == "FINISH_REASON_UNSPECIFIED":
        return Said(mark=Mark.PROGRESS, text=text)
    return Said(mark=Mark.STOPPED, reason=bodies.snake(str(reason)), text=text)


def _message(part: Mapping[str, Any]) -> Said | None:
    """Anthropic's message, Bedrock's, and ACP's bare stop reason."""
    for name in ("stop_reason", "stopReason"):
        if name in part:
            text = _text(part.get("content") or part.get("output"))
            if part[name] is None:
                return Said(mark=Mark.PROGRESS, text=text)
            if part[name] == "error":
                return FAILED
            return Said(mark=Mark.STOPPED, reason=bodies.snake(str(part[name])), text=text)
    return None


def _local(part: Mapping[str, Any]) -> Said | None:
    """Ollama's and llama.cpp's own forms, and Gemini CLI's."""
    if isinstance(part.get("done"), bool):
        text = _text(part.get("message")) or str(part.get("response") or "")
        if not part["done"]:
            return Said(mark=Mark.PROGRESS, text=text)
        return Said(mark=Mark.STOPPED, reason=bodies.snake(str(part.get("done_reason") or "stop")), text=text)
    if part.get("stop") is True and "content" in part:
        reason = "length" if part.get("stopped_limit") or part.get("stop_type") == "limit" else "stop"
        return Said(mark=Mark.STOPPED, reason=reason, text=str(part["content"]))
    if isinstance(part.get("response"), str):
        return Said(mark=Mark.STOPPED, reason="completed", text=part["response"])
    return None


def _bedrock(part: Mapping[str, Any]) -> Said | None:
    """The events of Bedrock's streams: each is a field of its own name."""
    for name, value in part.items():
        if not isinstance(value, Mapping):
            continue
        if name.endswith("Exception"):
            return FAILED
        if name == "messageStop":
            return _stopped(value.get("stopReason"))
        if name in ("messageStart", "contentBlockStart", "contentBlockDelta"):
            return Said(mark=Mark.PROGRESS, text=_text(value.get("delta")))
    return None


_READERS = (_rpc, _program, _stream, _response, _answer, _bedrock)


def _stopped(reason: object) -> Said:
    return Said(mark=Mark.STOPPED, reason=bodies.snake(str(reason)))


def _text(content: object, depth: int = 0) -> str:
    """The words that an answer says to people."""
    if isinstance(content, str):
        return content
    if depth > bodies.MOST_DEPTH:
        return ""
    if isinstance(content, list):
        return "".join(_text(item, depth + 1) for item in content)
    if isinstance(content, Mapping):
        if content.get("type") in ("tool_result", "tool_use", "thinking", "reasoning", "function_call"):
            return ""
        return _text(
            content.get("text") or content.get("content") or content.get("parts") or content.get("message") or "",
            depth + 1,
        )
    return ""
