"""The benchmark's vendor: prompt caches and prices by the published rules."""

import json

import pytest

from benchmarks.vendor import CachingVendor, Rate
from tests.vendors import ANTHROPIC, Entry

MARK = {"cache_control": {"type": "ephemeral"}}
LONG, SHORT = "rule " * 1_000, "rule"


def asked(vendor: CachingVendor, system: str, said: str, *, model: str = "m") -> Entry:
    fields = {
        "model": model,
        "system": [{"type": "text", "text": system, **MARK}],
        "messages": [{"role": "user", "content": said}],
    }
    return vendor._enter(
        vendor=ANTHROPIC, path="/v1/messages", model=model, answer=["yes"], body=json.dumps(fields).encode(), headers={}
    )


@pytest.fixture
def vendor() -> CachingVendor:
    return CachingVendor(lambda *_: ["yes"], caches=True)


def test_marked_prefix_is_written_once_and_read_by_whoever_shares_it(vendor: CachingVendor) -> None:
    first, second = asked(vendor, LONG, "one"), asked(vendor, LONG, "another")

    assert (first.cache_read, first.cache_write > 1_000) == (0, True)
    assert (second.cache_read, second.cache_write) == (first.cache_write, 0)


def test_short_prefix_other_model_and_switched_off_cache_nothing(vendor: CachingVendor) -> None:
    asked(vendor, LONG, "one")
    off = CachingVendor(lambda *_: ["yes"], caches=False)

    assert asked(vendor, SHORT, "one").cache_write == 0
    assert asked(vendor, LONG, "one", model="n").cache_read == 0
    assert asked(off, LONG, "one").cache_write == 0


def test_bill_equals_hand_arithmetic() -> None:
    entry = Entry(
        number=0,
        vendor=ANTHROPIC,
        path="",
        model="m",
        status=200,
        fault=False,
        tokens_in=10_000,
        tokens_out=1_000,
        body=b"",
        headers={},
        cache_read=6_000,
        cache_write=2_000,
    )

    assert Rate(input=3, output=15).cost(entry) == pytest.approx(0.0303)  # 0.006 + 0.0018 + 0.0075 + 0.015
    assert Rate(input=3, output=15).batched(10_000, 1_000) == pytest.approx(0.0225)
