"""The oracle on signals as providers give them: each line of signals/corpus.jsonl with its source and the verdict that it deserves.

`or_null` marks a reset that only the provider's documents state: none is right too.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from watchbill.providers.oracle import judge, reading

CORPUS = [json.loads(line) for line in (Path(__file__).parent / "signals" / "corpus.jsonl").read_text().splitlines()]
CLASSES = 12


def verdict_on(row: dict[str, Any]) -> dict[str, Any]:
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    return reading.shown(judge.classify(reading.signal_of(row["signal"], now=now, zone=UTC)))


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize("row", CORPUS, ids=[row["id"] for row in CORPUS])
def test_every_signal_of_the_corpus_has_its_verdict(row: dict[str, Any]) -> None:
    verdict, expected = verdict_on(row), row["expect"]

    assert {name: verdict[name] for name in ("class", "scope", "window")} == {
        name: expected[name] for name in ("class", "scope", "window")
    }, verdict["rule"]
    resets_at = moment(verdict["resets_at"])
    assert resets_at == moment(expected["resets_at"]) or (expected.get("or_null") and resets_at is None)
    assert verdict.get("model") == expected["model"] if "model" in expected else True


def test_the_corpus_is_broad_and_each_signal_is_there_once_and_has_a_source() -> None:
    assert len(CORPUS) >= 250
    assert len({row["id"] for row in CORPUS}) == len(CORPUS)
    assert all(row["source"].startswith("https://") for row in CORPUS)
    assert len({row["signal"]["provider"] for row in CORPUS}) >= 25
    count_by_class = Counter(row["expect"]["class"] for row in CORPUS)
    assert len(count_by_class) == CLASSES
    assert min(count_by_class.values()) >= 8
