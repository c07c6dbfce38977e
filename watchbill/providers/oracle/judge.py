"""The judge: how the turn ended, what a failure is, and what follows from it for scope, window and waiting."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from watchbill.domain.outcomes import LimitWindow, Scope, SetbackKind, WindowUse
from watchbill.providers.oracle import bodies, codes, endings, naming, resets, sentences, windows, words
from watchbill.providers.oracle.endings import Ending
from watchbill.providers.oracle.facts import Facts, facts_of
from watchbill.providers.oracle.kinds import is_page, kind_of
from watchbill.providers.oracle.signal import BETWEEN_US, Signal
from watchbill.providers.oracle.spoken import Mark
from watchbill.providers.oracle.verdict import Verdict

K, W = SetbackKind, LimitWindow
PACED = timedelta(minutes=15)  # a longer wait than this is an allowance used up, not pacing
_ERROR = 400
_USED_UP = frozenset({K.EXHAUSTED, K.CREDIT_EXHAUSTED})
_OF_REQUEST = frozenset({K.CONTEXT_TOO_LONG, K.REFUSED, K.TRUNCATED, K.BAD_REQUEST})
_OF_SOME_MODEL = frozenset({K.THROTTLED, K.EXHAUSTED, K.OVERLOADED})  # a model's limit or trouble may be its own


def classify(signal: Signal) -> Verdict:
    """The one verdict on a signal. Never raises for what a signal can hold."""
    if signal.channel == BETWEEN_US:
        return _plain(K.NETWORK, "the transport's word", str(signal.body or signal.context.exception))
    parts = bodies.parts_of(signal.body)
    whole = [*bodies.parts_of(list(signal.context.events)), *parts]
    if signal.status is not None and signal.status >= _ERROR:
        return _failed(signal, parts or whole, whole, "status")
    ending = endings.ending_of(whole)
    match ending.mark:
        case Mark.FAILED:
            return _failed(signal, ending.failures, whole, "body")
        case Mark.STOPPED | Mark.CLOSED:
            return _ended(signal, ending, whole)
        case Mark.PROGRESS:
            return _broken_off(signal, ending, whole)
        case Mark.NOTHING:
            return _unspoken(signal, parts, whole)


# --- how it ended


def _ended(signal: Signal, ending: Ending, whole: Sequence[object]) -> Verdict:
    """A turn that ended: by its reason, or by an answer that is nothing but an error."""
    reason = ending.reason
    if reason in endings.FINE and signal.context.stop_reason:
        reason = bodies.snake(signal.context.stop_reason)
    kind = endings.KIND_BY_REASON.get(reason)
    if kind is not None:
        return _stopped_by(kind, reason)
    if reason not in endings.TOOL_WANTED and sentences.is_error_alone(ending.text):
        verdict = _failed(signal, [ending.text], whole, "an answer that is nothing but an error")
        if verdict.kind is not K.BAD_REQUEST or not sentences.speaks_to_somebody(ending.text):
            return verdict
    return Verdict(kind=None, scope=Scope.REQUEST, window=W.NONE, resets_at=None, rule=f"ended: {reason or 'well'}")


def _stopped_by(kind: SetbackKind, reason: str) -> Verdict:
    scope = Scope.REQUEST if kind in _OF_REQUEST or endings.is_own_cap(reason) else Scope.ACCOUNT
    return Verdict(
        kind=kind,
        scope=scope,
        window=W.UNKNOWN if kind in _USED_UP else W.NONE,
        resets_at=None,
        rule=f"stop reason: {reason}",
        message=f"the answer ended with {reason}",
    )


def _broken_off(signal: Signal, ending: Ending, whole: Sequence[object]) -> Verdict:
    """A turn that had begun and has no end of its own: the context's, else it was cut."""
    if signal.context.stop_reason:
        return _ended(signal, _context_end(signal, ending.text), whole)
    if sentences.is_error_alone(ending.text):
        return _failed(signal, [ending.text], whole, "an answer that is nothing but an error")
    last_words = [part for part in whole if isinstance(part, str) and sentences.tells_of_error(part)]
    if last_words and (signal.context.exit_code or signal.context.exception):
        return _failed(signal, last_words[-1:], whole, "the last words")
    return _plain(K.NETWORK, "no end of the turn", "the answer broke off")


def _context_end(signal: Signal, text: str) -> Ending:
    return Ending(mark=Mark.STOPPED, reason=bodies.snake(signal.context.stop_reason), text=text)


def _unspoken(signal: Signal, parts: Sequence[object], whole: Sequence[object]) -> Verdict:
    """Nothing in the shape of a turn: text, an error's bare fields, or nothing at all."""
    context = signal.context
    text = "\n".join(part for part in parts if isinstance(part, str))
    if context.stop_reason and not context.exception:
        return _ended(signal, _context_end(signal, text), whole)
    objects = [part for part in parts if isinstance(part, Mapping)]
    if objects and not text:
        return _of_fields(signal, objects, whole)
    if is_page(text):
        return _plain(K.NETWORK, "a web page instead of an answer", "a web page instead of an answer")
    if context.exception or context.exit_code or signal.channel in ("exception", "error", "stderr"):
        return _failed(signal, _tail(text), whole, "the last words")
    if signal.status is not None:
        message = "the answer cannot be read" if text else "the answer is empty"
        return _plain(K.NETWORK, "a body that is no answer", message)
    return _of_words(signal, text, whole)


def _of_words(signal: Signal, text: str, whole: Sequence[object]) -> Verdict:
    """A program's output, of which nothing else is known."""
    if not text:
        return _plain(K.NETWORK, "nothing", "nothing was answered")
    if sentences.tells_of_error(text):
        said = sentences.last_words(text) if len(text) > sentences.MOST_CHARS else text
        return _failed(signal, [said], whole, "a program's words")
    return _fine("words without an error")


def _tail(text: str) -> list[object]:
    """The last paragraph of a long text where a rule knows what it says, else the whole."""
    if not text:
        return []
    last = sentences.last_words(text)
    is_known = words.rule_of(words.plain(last), frozenset(K)) is not None or words.TOO_BIG.words.search(
        words.plain(last)
    )
    return [last] if is_known and len(text) > sentences.MOST_CHARS else [text]


def _of_fields(signal: Signal, objects: Sequence[Mapping[str, object]], whole: Sequence[object]) -> Verdict:
    """Objects of no known form: an error where their fields are those of one, or a limit's state."""
    if signal.channel == "stream" and all(part.get("type") == "ping" for part in objects):
        return _plain(K.NETWORK, "no end of the turn", "the answer broke off before it began")
    facts = facts_of(objects, status=signal.status, headers=signal.headers)
    is_failure = facts.status is not None or any(code in codes.EXACT or code in codes.VAGUE for code in facts.codes)
    is_ended_badly = bool(signal.context.exception or signal.context.exit_code)
    if is_failure or is_ended_badly or sentences.is_error_alone(facts.text) or _closed(signal, objects) is not None:
        return _failed(signal, objects, whole, "fields")
    return _fine("no error in it")


# --- a failure


def _failed(signal: Signal, failures: Sequence[object], whole: Sequence[object], where: str) -> Verdict:
    facts = facts_of(failures, status=signal.status, headers=signal.headers)
    use = _closed(signal, [*whole, *failures])
    found = kind_of(signal, facts, use)
    kind, rule = found.kind, found.rule
    window = _window(signal, facts, kind, use)
    resets_at = _resets_at(signal, facts, kind, window, use)
    if kind is K.THROTTLED and resets_at is not None and resets_at - signal.received_at > PACED:
        kind, rule = K.EXHAUSTED, f"{rule}; a wait of more than {PACED}"
        window = _window(signal, facts, kind, use)
    model = _model(signal, facts, kind, use)
    return Verdict(
        kind=kind,
        scope=_scope(facts, kind, rule, model),
        window=window,
        resets_at=resets_at,
        account=naming.account_in(facts),
        model=model,
        rule=f"{rule} ({where})",
        message=facts.text,
    )


def _closed(signal: Signal, parts: Sequence[object]) -> WindowUse | None:
    """The closed window that opens last, of those that headers and bodies tell of."""
    now = signal.received_at
    quoted = facts_of(parts, status=None, headers=signal.headers).headers
    return resets.closed([*windows.in_headers(quoted, now), *windows.in_body(list(parts), now)])


def _window(signal: Signal, facts: Facts, kind: SetbackKind, use: WindowUse | None) -> LimitWindow:
    if kind is K.THROTTLED:
        return W.MINUTE
    if kind not in _USED_UP:
        return W.NONE
    named = [windows.in_quota_ids(resets.quota_names(facts))]
    named += [codes.WINDOW_BY_CODE[code] for code in facts.codes if code in codes.WINDOW_BY_CODE]
    named += [use.window] if use is not None and kind is K.EXHAUSTED else []
    spoken = windows.in_words(facts.text)
    named.append(W.UNKNOWN if spoken is W.MINUTE else spoken)
    if kind is K.EXHAUSTED and resets.is_copilots_quota(facts, signal.provider):
        named.append(W.MONTH)
    return next((window for window in named if window is not W.UNKNOWN), W.UNKNOWN)


def _resets_at(
    signal: Signal, facts: Facts, kind: SetbackKind, window: LimitWindow, use: WindowUse | None
) -> datetime | None:
    now, zone = signal.received_at, signal.context.zone
    match kind:
        case K.THROTTLED:
            return resets.pause(facts, now, zone)
        case K.OVERLOADED | K.NETWORK:
            return resets.retry_only(facts, now, zone)
        case K.EXHAUSTED if use is not None and use.resets_at is not None:
            return use.resets_at
        case K.EXHAUSTED | K.CREDIT_EXHAUSTED:
            known = resets.calendar(facts, signal.provider, window, now)
            if known is not None and resets.quota_names(facts):  # beats Google's retryDelay, which is a minute's
                return known
            return resets.allowance(facts, now, zone) or known
        case _:
            return None


def _model(signal: Signal, facts: Facts, kind: SetbackKind, use: WindowUse | None) -> str:
    if kind not in _OF_SOME_MODEL | _USED_UP | {K.MODEL_GONE}:
        return ""
    named = naming.model_in(facts, signal.context.model)
    return named or (use.model if use is not None and kind is K.EXHAUSTED else "")


def _scope(facts: Facts, kind: SetbackKind, rule: str, model: str) -> Scope:
    if kind in _OF_REQUEST or words.concerns_request(rule):
        return Scope.REQUEST
    if kind is K.MODEL_GONE:
        return Scope.MODEL
    names_model = bool(model) or naming.is_per_model(facts, resets.quota_names(facts))
    return Scope.MODEL if kind in _OF_SOME_MODEL and names_model else Scope.ACCOUNT


def _plain(kind: SetbackKind, rule: str, message: str) -> Verdict:
    return Verdict(kind=kind, scope=Scope.ACCOUNT, window=W.NONE, resets_at=None, rule=rule, message=message)


def _fine(rule: str) -> Verdict:
    return Verdict(kind=None, scope=Scope.REQUEST, window=W.NONE, resets_at=None, rule=rule)
