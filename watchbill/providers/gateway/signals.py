"""Signals: what an answer says that brought nothing, gathered for whoever judges limits."""

from collections.abc import Iterator, Mapping

from watchbill.providers.setbacks import Signal


def of_answer(status: int | None, body: object, headers: Mapping[str, str]) -> Signal:
    """`body` is the vendor's, read as JSON where it was some; `status` None where it came inside a stream."""
    return Signal(status=status, codes=tuple(reversed(list(_codes(body)))), message=_message(body), headers=headers)


def of_cut(error: Exception) -> Signal:
    """The failure was between us and the vendor."""
    return Signal(message=f"{type(error).__name__}: {error}", transport=True)


BROKEN_OFF = Signal(message="the answer broke off", transport=True)


def _codes(body: object) -> Iterator[str]:
    """Machine-readable words, the outermost first."""
    if not isinstance(body, Mapping):
        return
    for word in ("type", "code", "error_code", "reason"):
        if isinstance(body.get(word), str):
            yield body[word]
    for part in ("error", "details"):
        yield from _codes(body.get(part))


def _message(body: object) -> str:
    if not isinstance(body, Mapping):
        return str(body)
    inner = body.get("error")
    words = inner.get("message") if isinstance(inner, Mapping) else body.get("message") or inner
    return words if isinstance(words, str) else ""
