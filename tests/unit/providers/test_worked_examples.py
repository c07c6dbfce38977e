"""Prices worked out by hand: what a call costs with caches read and written, and in a batch. A million tokens cost what is said."""

from datetime import UTC, datetime

import pytest

from watchbill.domain.calls import Usage
from watchbill.providers.pricing import Pricing

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

# claude-sonnet-5-5: $2 input, $0.10 read, $2.50 written for five minutes, $4 for an hour, $10 output
CLAUDE = Usage(
    tokens_in=100_000,
    tokens_out=3_000,
    cache_read=60_000,
    cache_write=20_000,
    raw={"ephemeral_5m_input_tokens": 12_000, "ephemeral_1h_input_tokens": 8_000},
)
CLAUDE_COST = 20_000 * 2 + 6_000 + 12_000 * 5 // 2 + 8_000 * 4 + 3_000 * 10  # micro-dollars

# gpt-6.1-sol: $2 input, $0.10 cached, $2.50 written, $10 output
GPT = Usage(tokens_in=50_000, tokens_out=2_000, cache_read=30_000, cache_write=12_000)
GPT_COST = 8_000 * 2 + 3_000 + 12_000 * 5 // 2 + 2_000 * 10


@pytest.mark.parametrize(
    ("vendor", "model", "usage", "terms", "micros"),
    [
        ("anthropic", "claude-sonnet-5-5", CLAUDE, {}, 138_000),
        ("anthropic", "claude-sonnet-5-5", CLAUDE, {"processing": "batch"}, 69_000),
        ("openai", "gpt-6.1-sol", GPT, {}, 69_000),
        ("openai", "gpt-6.1-sol", GPT, {"processing": "batch"}, 34_500),
    ],
)
def test_price_equals_hand_arithmetic(
    vendor: str, model: str, usage: Usage, terms: dict[str, str], micros: int
) -> None:
    assert (CLAUDE_COST, GPT_COST) == (138_000, 69_000)

    cost, _ = Pricing(vendor=vendor).price(model, usage, terms=terms, at=NOW)

    assert cost == micros
