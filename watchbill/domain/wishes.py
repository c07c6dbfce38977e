"""Wishes: changes that somebody asked for, as they were asked."""

from dataclasses import dataclass

from watchbill.domain.errors import IllegalMove


class KeyReused(IllegalMove):
    """An idempotency key of another wish, or of one whose end is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    actor: str
    method: str
    path: str  # with its query
    said: str  # the body
    digest: str  # of method, path and body
    key: str | None = None  # the same key twice is one wish
