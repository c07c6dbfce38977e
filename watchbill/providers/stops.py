"""Stops: the vendors' words for why an answer ended, where that makes it an answer of no use."""

from collections.abc import Mapping

from watchbill.domain.outcomes import SetbackKind

USELESS: Mapping[str, SetbackKind] = {
    "max_tokens": SetbackKind.TRUNCATED,
    "max_output_tokens": SetbackKind.TRUNCATED,
    "length": SetbackKind.TRUNCATED,
    "pause_turn": SetbackKind.TRUNCATED,
    "model_context_window_exceeded": SetbackKind.CONTEXT_TOO_LONG,
    "refusal": SetbackKind.REFUSED,
    "content_filter": SetbackKind.REFUSED,
}
