"""A vendor with Anthropic's published rules of prompt caches and prices, on loopback."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from tests.vendors import Answer, Decide, Entry, FakeVendor

LIFE = 300.0  # seconds that a cached prefix lives after its last use
LEAST = 1_024  # tokens that a prefix needs to be cached
LOOK_BACK = 20  # blocks before a breakpoint at which an earlier prefix is looked for
READ, WRITE = 0.1, 1.25  # times the price of input
BATCH = 0.5  # times any price


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Dollars for a million tokens."""

    input: float
    output: float

    def cost(self, entry: Entry) -> float:
        fresh = entry.tokens_in - entry.cache_read - entry.cache_write
        paid_in = fresh + READ * entry.cache_read + WRITE * entry.cache_write
        return (paid_in * self.input + entry.tokens_out * self.output) / 1_000_000

    def batched(self, tokens_in: int, tokens_out: int) -> float:
        return BATCH * (tokens_in * self.input + tokens_out * self.output) / 1_000_000


class CachingVendor(FakeVendor):
    """Tools, then the system prompt, then the messages make one prefix; what is marked is written, the longest known is read."""

    def __init__(self, decide: Decide, *, caches: bool) -> None:
        super().__init__(decide)
        self._caches = caches
        self._lives: dict[tuple[str, str], float] = {}  # until when, by model and prefix

    def _enter(
        self, *, vendor: str, path: str, model: str, answer: Answer, body: bytes, headers: Mapping[str, str]
    ) -> Entry:
        entry = super()._enter(vendor=vendor, path=path, model=model, answer=answer, body=body, headers=headers)
        if not vendor or not self._caches or not entry.tokens_in:
            return entry
        with self._lock:
            read, marked = self._look_up(model, json.loads(body))
            shown = min(marked, entry.tokens_in)
            self._journal[entry.number] = replace(entry, cache_read=min(read, shown), cache_write=max(0, shown - read))
            return self._journal[entry.number]

    def _look_up(self, model: str, fields: Mapping[str, Any]) -> tuple[int, int]:
        """Tokens of the longest known prefix, and of the prefix up to the last mark."""
        now = time.monotonic()
        prefixes = list(_prefixes(fields))
        marks = [place for place, (_, _, marked) in enumerate(prefixes) if marked]
        known = [
            place
            for mark in marks
            for place in range(max(0, mark - LOOK_BACK), mark + 1)
            if self._lives.get((model, prefixes[place][0]), 0.0) > now
        ]
        written = [mark for mark in marks if prefixes[mark][1] >= LEAST]
        for place in (*known, *written):
            self._lives[model, prefixes[place][0]] = now + LIFE
        read = prefixes[max(known)][1] if known else 0
        return read, max(prefixes[max(written)][1] if written else 0, read)


def _prefixes(fields: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    """Of each block: what stands up to its end, how many tokens that is, and whether it is marked."""
    so_far, size = sha256(), 0
    for block in _blocks(fields):
        text = json.dumps({name: value for name, value in block.items() if name != "cache_control"}, sort_keys=True)
        so_far.update(text.encode())
        size += len(text.encode())
        yield so_far.hexdigest(), size // 4, "cache_control" in block


def _blocks(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from fields.get("tools", ())
    system = fields.get("system", ())
    yield from [{"text": system}] if isinstance(system, str) else system
    for message in fields["messages"]:
        content = message["content"]
        blocks = [{"text": content}] if isinstance(content, str) else content
        yield from ({"role": message["role"], **block} for block in blocks)
