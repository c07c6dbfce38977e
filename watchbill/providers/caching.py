"""Prompt caches: how long a vendor shall remember the beginning of a request, and which requests begin alike."""

from datetime import timedelta
from hashlib import sha256
from typing import Literal

from watchbill.domain.calls import Purpose
from watchbill.domain.ports import TurnRequest

SHORT = timedelta(minutes=5)  # Anthropic's usual life of an entry; each use renews it


def lifetime(request: TurnRequest) -> Literal["5m", "1h"]:
    """An hour costs 2 instead of 1.25 times the input once, and is worth it where a run's pauses outlive the short one.

    A change comes only after such a pause: what was remembered until then is gone anyway.
    """
    return "1h" if request.pause >= SHORT else "5m"


def family(purpose: Purpose) -> str:
    """The same for all whose system part and tools are the same: a repository's tasks on one model. Tells nothing of them."""
    return sha256(f"{purpose.repo}\n{purpose.model}".encode()).hexdigest()[:32]
