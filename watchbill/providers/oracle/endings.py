"""How a turn ended, as its parts tell: the last word counts, whatever stood before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.domain.outcomes import SetbackKind
from watchbill.providers.oracle.spoken import NOTHING, Mark, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The end of the whole: `mark` is PROGRESS where it broke off and NOTHING where no part speaks of a turn."""

    mark: Mark
    reason: str = ""
    text: str = ""
    failures: tuple[object, ...] = ()  # the parts that say how it failed, in their order


TOOL_WANTED = frozenset(["tool_use", "tool_calls", "tool_call", "function_call"])  # its words are no end
FINE = TOOL_WANTED | frozenset(
    [
        "end_turn",
        "stop",
        "stop_sequence",
        "completed",
        "complete",
        "success",
        "eos",
        "eos_token",
        "finish_reason_stop",
        "done",
        "ended",
        "load",
        "unload",
    ]
)
K = SetbackKind
KIND_BY_REASON: Mapping[str, SetbackKind] = {
    **dict.fromkeys(
        [
            "max_tokens",
            "max_output_tokens",
            "length",
            "max_turns",
            "max_turn_requests",
            "error_max_turns",
            "pause_turn",
            "token_limit",
            "max_steps",
            "error_max_structured_output_retries",
            "model_length",
        ],
        K.TRUNCATED,
    ),
    **dict.fromkeys(
        [
            "refusal",
            "content_filter",
            "content_filtered",
            "safety",
            "recitation",
            "prohibited_content",
            "blocklist",
            "spii",
            "image_safety",
            "language",
            "other_safety",
            "guardrail_intervened",
            "blocked_reason_safety",
        ],
        K.REFUSED,
    ),
    "model_context_window_exceeded": K.CONTEXT_TOO_LONG,
    "context_window_exceeded": K.CONTEXT_TOO_LONG,
    "insufficient_system_resource": K.OVERLOADED,
    "error_max_budget_usd": K.CREDIT_EXHAUSTED,
    "max_budget": K.CREDIT_EXHAUSTED,
    "cancelled": K.NETWORK,
    "canceled": K.NETWORK,
    "aborted": K.NETWORK,
    "interrupted": K.NETWORK,
    "abort": K.NETWORK,
    "error_during_execution": K.OVERLOADED,
    "malformed_function_call": K.BAD_REQUEST,
    "unexpected_tool_call": K.BAD_REQUEST,
    "malformed_model_output": K.BAD_REQUEST,
    "malformed_tool_use": K.BAD_REQUEST,
}
_OWN_CAP = frozenset({"error_max_budget_usd", "max_budget"})


def is_own_cap(reason: str) -> bool:
    """Whether a session's own limit of money ended it."""
    return reason in _OWN_CAP


def ending_of(parts: Sequence[object]) -> Ending:
    """Fold the parts in their order."""
    mark, reason, texts, failures = Mark.NOTHING, "", list[str](), list[object]()
    for part in parts:
        said = say(part) if isinstance(part, Mapping) else NOTHING
        if said.mark is Mark.PROGRESS and mark in (Mark.FAILED, Mark.STOPPED):
            failures, texts = [], []
        if said.text and not (texts and said.text in texts[-1]):
            texts.append(said.text)
        if said.mark is Mark.FAILED:
            failures.append(part)
        if said.mark in (Mark.PROGRESS, Mark.STOPPED, Mark.FAILED) or (
            said.mark is Mark.CLOSED and mark in (Mark.NOTHING, Mark.PROGRESS)
        ):
            mark, reason = said.mark, said.reason
    return Ending(
        mark=mark, reason=reason, text="".join(texts).strip(), failures=tuple(failures) if mark is Mark.FAILED else ()
    )
