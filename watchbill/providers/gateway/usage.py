"""Usage: what a vendor's own words say was used, in neutral ones. Cache tokens are part of the input, whoever counts."""

from collections.abc import Mapping
from typing import Any

from watchbill.domain.calls import Usage

Words = Mapping[str, Any]


def of_anthropic(words: Words) -> Usage:
    """Anthropic counts what was read from a cache, or written to it, beside the input."""
    read, written = _count(words, "cache_read_input_tokens"), _count(words, "cache_creation_input_tokens")
    by_lifetime = words.get("cache_creation")
    lasting = by_lifetime if isinstance(by_lifetime, Mapping) else {}
    return Usage(
        tokens_in=_count(words, "input_tokens") + read + written,
        tokens_out=_count(words, "output_tokens"),
        cache_read=read,
        cache_write=written,
        raw={**_numbers(words), **_numbers(lasting)},
    )


def of_responses(words: Words) -> Usage:
    return _of_openai(words, "input_tokens", "output_tokens")


def of_chat(words: Words) -> Usage:
    return _of_openai(words, "prompt_tokens", "completion_tokens")


def _of_openai(words: Words, into: str, out: str) -> Usage:
    details = words.get(f"{into}_details")
    parts = details if isinstance(details, Mapping) else {}
    return Usage(
        tokens_in=_count(words, into),
        tokens_out=_count(words, out),
        cache_read=_count(parts, "cached_tokens"),
        cache_write=_count(parts, "cache_write_tokens"),
        raw={**_numbers(words), **_numbers(parts)},
    )


def _count(words: Words, name: str) -> int:
    """What is no count counts nothing; a call of nothing at all is charged at its bound."""
    value = words.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _numbers(words: Words) -> dict[str, object]:
    return {name: value for name, value in words.items() if isinstance(value, int)}
