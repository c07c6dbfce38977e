"""A signal: everything that a provider's answer, stream, program or exception says, whichever way it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

BETWEEN_US = "transport"  # the channel of what a library of ours says happened on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What whoever received the signal knows besides."""

    zone: tzinfo = UTC  # the host's: for clocks that name none
    model: str = ""  # that was asked
    stop_reason: str = ""
    exit_code: int | None = None
    exception: str = ""  # the name of its type
    events: tuple[object, ...] = ()  # that came before the body
    max_tokens: int | None = None  # that the request allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    provider: str = ""
    channel: str = ""  # http, stream, cli, sdk, acp, exception, or transport …
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: object = None  # JSON values or text
    received_at: datetime
    context: Context = field(default_factory=Context)
