"""Pace: how many requests and tokens an account is sent in any minute. Pure: time comes in as seconds that never jump."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

MINUTE = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Limits of one minute; None is none."""

    requests: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    number: int
    at: float
    tokens: int  # estimated until its answer is here


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was sent within the last minute, the oldest first."""

    sent: tuple[Sent, ...] = ()
    number: int = 0  # of the last one ever


def wait(bucket: Bucket, pace: Pace, tokens: int, now: float) -> float:
    """Seconds until a request of so many tokens may go; 0 for now. One that is larger than the limit goes when nothing else is
    in its minute."""
    recent = _recent(bucket, now)
    return max(0.0, *(moment - now for moment in (*_requests(recent, pace), *_tokens(recent, pace, tokens))), 0.0)


def take(bucket: Bucket, tokens: int, now: float) -> Bucket:
    """With one more that is sent now; its number is the bucket's."""
    number = bucket.number + 1
    return Bucket((*_recent(bucket, now), Sent(number, now, tokens)), number)


def correct(bucket: Bucket, number: int, tokens: int) -> Bucket:
    """What it took in truth; nothing where its minute is over."""
    sent = tuple(replace(each, tokens=tokens) if each.number == number else each for each in bucket.sent)
    return replace(bucket, sent=sent)


def _recent(bucket: Bucket, now: float) -> tuple[Sent, ...]:
    return tuple(each for each in bucket.sent if each.at + MINUTE > now)


def _requests(recent: tuple[Sent, ...], pace: Pace) -> Iterator[float]:
    if pace.requests is not None and len(recent) >= pace.requests:
        yield recent[-pace.requests].at + MINUTE


def _tokens(recent: tuple[Sent, ...], pace: Pace, tokens: int) -> Iterator[float]:
    """When so much has left the minute that the request fits."""
    if pace.tokens is None:
        return
    excess = sum(each.tokens for each in recent) + tokens - pace.tokens
    for each in recent:
        if excess <= 0:
            return
        excess -= each.tokens
        yield each.at + MINUTE
