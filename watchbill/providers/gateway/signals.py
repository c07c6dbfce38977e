"""Signals: what an answer says that brought nothing, for the oracle of limits."""

from collections.abc import Mapping
from datetime import datetime

from watchbill.providers.oracle.signal import BETWEEN_US, Context, Signal


def of_answer(status: int | None, body: object, headers: Mapping[str, str], *, model: str, now: datetime) -> Signal:
    """`body` is the vendor's, read as JSON where it was some; `status` None where it came inside a stream."""
    return Signal(
        channel="stream" if status is None else "http",
        status=status,
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        received_at=now,
        context=Context(model=model, exception="" if status else "StreamError"),
    )


def of_cut(why: Exception | str, *, now: datetime) -> Signal:
    """The failure was between us and the vendor."""
    words = why if isinstance(why, str) else f"{type(why).__name__}: {why}"
    return Signal(channel=BETWEEN_US, body=words, received_at=now)
