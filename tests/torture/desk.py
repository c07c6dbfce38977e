"""A vendor's batches in a file, which survives the daemon: what was made is billed, and every batch ends at once."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from watchbill.domain.batches import Accepted, Batch, BatchItem, Encoded, ItemEnd, Outcome, Search
from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered
from watchbill.domain.ports import TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Transcript, dump, load
from watchbill.providers.pricing import IN_BATCH, Pricing
from watchbill.providers.rates import Rates

RATES = Rates(input=Decimal(3), output=Decimal(15))


def asked_in(item: BatchItem) -> TurnRequest:
    return TurnRequest(
        purpose=item.purpose,
        transcript=load(json.loads(item.body)),
        tools=TOOLS,
        max_tokens=item.max_tokens,
        deadline=timedelta(minutes=1),
    )


class Desk:
    """Implements BatchDesk."""

    def __init__(
        self, file: Path, model: str, answer: Callable[[BatchItem], Answered], reach: Callable[[str], None]
    ) -> None:
        self._file = file
        self._model = model
        self._answer = answer
        self._reach = reach

    async def encode(self, request: TurnRequest) -> Encoded:
        body = json.dumps(dump(request.transcript), default=dict)
        pricing = Pricing(overrides={self._model: RATES})
        sizes = {"tokens_in": len(body.encode()), "tokens_out": request.max_tokens}
        bound = pricing.bound(self._model, **sizes, terms=IN_BATCH, at=datetime.now(UTC))
        return Encoded(kind="torture", body=body, bound=bound)

    async def send(self, items: Sequence[BatchItem]) -> Accepted:
        self._reach("before batch create")
        answers = {item.custom_id: _stored(self._answer(item)) for item in items}
        name = f"vendor-{items[0].custom_id}"
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": name, "answers": answers}) + "\n")
        self._reach("after batch create")
        return _accepted(name)

    async def find(self, items: Sequence[BatchItem], *, since: datetime, known: frozenset[str]) -> Accepted | Search:
        assert since
        for made in self._made():
            if made["id"] not in known and items[0].custom_id in made["answers"]:
                return _accepted(made["id"])
        return Search.ABSENT

    async def look(self, batch: Batch) -> Accepted:
        assert batch.vendor_id is not None
        return _accepted(batch.vendor_id)

    async def results(self, batch: Batch, items: Sequence[BatchItem]) -> Sequence[ItemEnd]:
        (answers,) = [made["answers"] for made in self._made() if made["id"] == batch.vendor_id]
        return [_end(item, answers[item.custom_id]) for item in items]

    async def withdraw(self, batch: Batch) -> None:
        """Every batch has ended."""

    def _made(self) -> list[dict[str, Any]]:
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines]


def _accepted(name: str) -> Accepted:
    return Accepted(vendor_id=name, handle=json.dumps({"id": name}), ended=True)


def _stored(answered: Answered) -> dict[str, Any]:
    usage, settlement = answered.settlement.usage, answered.settlement
    return {
        "said": dump(Transcript(entries=(answered.reply,))),
        "usage": asdict(usage),
        "cost": settlement.cost,
        "source": settlement.price_source,
    }


def _end(item: BatchItem, stored: dict[str, Any]) -> ItemEnd:
    (reply,) = load(stored["said"]).entries
    assert isinstance(reply, Reply)
    cost = MicroUsd(stored["cost"])
    settlement = Settlement(cost=cost, usage=Usage(**stored["usage"]), price_source=stored["source"])
    answer = Answered(reply=reply, call=item.call, settlement=settlement)
    return ItemEnd(custom_id=item.custom_id, outcome=Outcome.SUCCEEDED, answer=answer)
