"""Setbacks: what a vendor's failure means for a run. The oracle says what it is; here it gets the words for people."""

from dataclasses import replace
from datetime import datetime

from watchbill.domain import sound
from watchbill.domain.errors import AtRest
from watchbill.domain.outcomes import LimitWindow, Scope, Setback, SetbackKind
from watchbill.providers.oracle import judge
from watchbill.providers.oracle.signal import Signal

MESSAGE_CHARS = 500
_SCOPE_BY_KIND = {
    SetbackKind.MODEL_GONE: Scope.MODEL,
    SetbackKind.UNPRICED: Scope.MODEL,
    SetbackKind.MODEL_STOPPED: Scope.MODEL,
    SetbackKind.CONTEXT_TOO_LONG: Scope.REQUEST,
    SetbackKind.REFUSED: Scope.REQUEST,
    SetbackKind.TRUNCATED: Scope.REQUEST,
    SetbackKind.UNUSABLE: Scope.REQUEST,
    SetbackKind.BAD_REQUEST: Scope.REQUEST,
    SetbackKind.OVER_BUDGET: Scope.REQUEST,
}


def classify(signal: Signal) -> Setback:
    """The setback that a signal of failure is. What reads like an answer after all is none that can be used."""
    verdict = judge.classify(signal)
    kind = verdict.kind or SetbackKind.NETWORK
    scope = Scope.ACCOUNT if verdict.kind is None else verdict.scope
    return setback(kind, verdict.message, scope=scope, until=verdict.resets_at, limit=verdict.window)


def resting(fault: AtRest) -> Setback:
    """Nothing was sent, since the account or the model is on hold."""
    return replace(setback(SetbackKind(fault.kind), str(fault), until=fault.until), resting=True)


def setback(
    kind: SetbackKind,
    message: str,
    *,
    scope: Scope | None = None,
    until: datetime | None = None,
    limit: LimitWindow = LimitWindow.NONE,
) -> Setback:
    """A setback with the scope that its kind has when nothing narrower is said."""
    storable = message.encode("utf-8", "replace").decode()  # half a character would stop the row that keeps it
    shown = " ".join(storable.split())[:MESSAGE_CHARS] or kind.value
    return Setback(
        kind=kind,
        message=sound.text(shown),
        scope=scope or _SCOPE_BY_KIND.get(kind, Scope.ACCOUNT),
        until=until,
        limit=limit,
    )
