"""The kind of a failure, by its most exact evidence: size, typed codes, fields, sentences that the status allows, the status."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.domain.outcomes import LimitWindow, SetbackKind, WindowUse
from watchbill.providers.oracle import bodies, codes, resets, windows, words
from watchbill.providers.oracle.facts import Facts
from watchbill.providers.oracle.signal import Signal

K = SetbackKind
_KIND_BY_STATUS: Mapping[int, SetbackKind] = {
    401: K.AUTH_FAILED, 402: K.CREDIT_EXHAUSTED, 403: K.AUTH_FAILED, 404: K.MODEL_GONE, 407: K.NETWORK, 408: K.NETWORK,
    410: K.MODEL_GONE, 413: K.CONTEXT_TOO_LONG, 425: K.THROTTLED, 429: K.THROTTLED, 499: K.NETWORK, 511: K.NETWORK,
    451: K.AUTH_FAILED, 529: K.OVERLOADED,
}  # fmt: skip
_SERVER_ERROR = 500
_OF_QUOTAS = frozenset({None, 400, 402, 403, 429})  # statuses that a used-up window may come with
_SAYS_NOTHING_OF_SIZE = frozenset({401, 402, 404, 407})
_RAISED = re.compile(r"(?:\w+\.)*(?P<name>[A-Z]\w+): ")
_OF_GATES = frozenset({401, 403, 404, 407, 429, 511})  # of pages that stand between us and the vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    kind: SetbackKind
    rule: str  # the evidence that decided


def kind_of(signal: Signal, facts: Facts, use: WindowUse | None) -> Found:
    """What the failure is. `use` is the closed window that opens last, where one is known."""
    return (
        _by_size(facts)
        or _by_code(signal, facts)
        or _by_quota(facts, use)
        or _by_transport(signal, facts)
        or _by_words(signal, facts)
        or _by_vague_code(facts)
        or _by_status(signal, facts)
    )


def _by_size(facts: Facts) -> Found | None:
    if facts.status in _SAYS_NOTHING_OF_SIZE or not words.TOO_BIG.words.search(facts.text):
        return None
    if any(codes.EXACT.get(code) in (K.OVERLOADED, K.CREDIT_EXHAUSTED) for code in facts.codes):
        return None
    return Found(kind=words.TOO_BIG.kind, rule=words.TOO_BIG.name)


def _by_code(signal: Signal, facts: Facts) -> Found | None:
    for code in (*facts.codes, bodies.snake(signal.context.exception)):
        kind = codes.EXACT.get(code)
        if kind is not None:
            return Found(kind=kind, rule=f"code: {code}")
    return None


def _by_quota(facts: Facts, use: WindowUse | None) -> Found | None:
    """Fields made for the purpose: the names of the quotas that were exceeded, and closed windows."""
    if facts.status not in _OF_QUOTAS:
        return None
    window = windows.in_quota_ids(resets.quota_names(facts))
    if window is LimitWindow.MINUTE:
        return Found(kind=K.THROTTLED, rule="field: a quota per minute")
    if window is not LimitWindow.UNKNOWN:
        return Found(kind=K.EXHAUSTED, rule=f"field: a quota per {window}")
    if use is not None and not words.denies_limit(facts.text):
        return Found(kind=K.EXHAUSTED, rule=f"field: a closed window ({use.window})")
    return None


def _by_transport(signal: Signal, facts: Facts) -> Found | None:
    """An exception of the library that carries the request, where it was no vendor who answered."""
    if signal.status is not None:
        return None
    names = {bodies.snake(signal.context.exception.rpartition(".")[2]), bodies.snake(_raised(facts.text))}
    found = names & codes.CARRIERS
    return Found(kind=K.NETWORK, rule=f"exception: {min(found)}") if found else None


def _raised(text: str) -> str:
    """The class of an exception with which a text begins, without its module."""
    match = _RAISED.match(text)
    return match["name"] if match else ""


def _by_words(signal: Signal, facts: Facts) -> Found | None:
    if facts.status is not None and is_page(facts.text) and _is_gate(facts):
        return Found(kind=K.NETWORK, rule="a web page instead of an answer")
    allowed = words.allowed_by(facts.status if facts.status is not None else _implied_status(facts))
    if words.denies_limit(facts.text):
        allowed -= {K.EXHAUSTED}
    rule = words.rule_of(facts.text, allowed)
    if rule is words.CHECK_YOUR_PLAN and is_googles(signal):  # Google says so of every quota
        rule = words.rule_of(facts.text, allowed - {K.CREDIT_EXHAUSTED})
    return None if rule is None else Found(kind=rule.kind, rule=rule.name)


def is_page(text: str) -> bool:
    """Whether a text is a web page, or quotes one."""
    head = text.lstrip()[:200].lower()
    return head.startswith(("<!doctype html", "<head", "error code: 1")) or "<html" in head  # the last is Cloudflare's


def _is_gate(facts: Facts) -> bool:
    """Whether a page with a status is of somebody on the way; a vendor's own trouble has pages too."""
    return facts.status in _OF_GATES or not facts.headers.keys().isdisjoint(("x-squid-error", "cf-mitigated"))


def _implied_status(facts: Facts) -> int | None:
    """The status that a vague code stands for; a bad request may be anything."""
    implied = (codes.VAGUE[code] for code in facts.codes if code in codes.VAGUE)
    return next((status for kind, status in implied if kind is not K.BAD_REQUEST), None)


def is_googles(signal: Signal) -> bool:
    return signal.provider.startswith(("gemini", "google", "vertex"))


def _by_vague_code(facts: Facts) -> Found | None:
    if facts.status in _KIND_BY_STATUS:
        return None
    return next(
        (Found(kind=codes.VAGUE[code][0], rule=f"code: {code}") for code in facts.codes if code in codes.VAGUE), None
    )


def _by_status(signal: Signal, facts: Facts) -> Found:
    status = facts.status
    if status is not None:
        kind = _KIND_BY_STATUS.get(status) or (K.OVERLOADED if status >= _SERVER_ERROR else K.BAD_REQUEST)
        return Found(kind=kind, rule=f"status: {status}")
    exceptions = {bodies.snake(signal.context.exception), *facts.codes} & codes.TRANSPORT
    if exceptions:
        return Found(kind=K.NETWORK, rule=f"exception: {min(exceptions)}")
    if not facts.text and not facts.codes:
        return Found(kind=K.NETWORK, rule="nothing")
    if signal.channel == "stream":  # it had begun, so the request was good
        kind = K.OVERLOADED if facts.codes else K.NETWORK
        return Found(kind=kind, rule="an end of a stream that no rule knows")
    return Found(kind=K.BAD_REQUEST, rule="an error that no rule knows")
