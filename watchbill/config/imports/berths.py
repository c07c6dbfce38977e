"""Berths: a foreign file's providers, each with the name and the kind that it gets here, and the rules of its keys."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from watchbill.config.agents import NAMED
from watchbill.config.imports.leaves import Document
from watchbill.config.imports.models import CURRENT, retires_on
from watchbill.config.imports.rules import (
    Berth,
    Convert,
    Merge,
    Outcome,
    Piece,
    Rule,
    Seen,
    Verdict,
    World,
    always,
    claim,
    count,
    name_for,
    note,
    place,
    text,
)
from watchbill.config.imports.targets import PROVIDER, Unfit
from watchbill.intake.inference import meant_by
from watchbill.scheduling.bill import ALL_HOURS
from watchbill.scheduling.slots import show_hours

SECTION = "ai_providers"
LOCAL = "local"
KEY_BY_KIND: Mapping[str, str] = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}

# The first word that a provider's name holds says what it is.
_KINDS = (
    ("anthropic", "claude", "anthropic"),
    ("claude", "claude", "anthropic"),
    ("openai", "gpt", "openai"),
    ("gpt", "gpt", "openai"),
    ("copilot", "copilot", "copilot"),
    (LOCAL, LOCAL, LOCAL),
)
_LOCAL_TYPES = ("validate", "format", "lint")  # what local automation does without commands of the owner's
_STRENGTH, _PREFERRED = (
    0.9,
    0.95,
)  # a word under "strengths", and one under "prefer_for", says how well but not how much


def berths_of(document: Document, world: World) -> dict[str, Berth]:
    """By the providers' names in the file, in its order."""
    found: dict[str, Berth] = {}
    for leaf in document.leaves:
        if leaf.path[0] == SECTION and len(leaf.path) > 2:  # noqa: PLR2004 - section, provider, key
            name = str(leaf.path[1])
            if name not in found:
                found[name] = _berth(name, [berth.name for berth in found.values()], world)
    return found


def _berth(name: str, taken: Collection[str], world: World) -> Berth:
    for word, ours, kind in _KINDS:
        if word in name.lower():
            free = ours if ours not in taken else name_for(name)
            return Berth(name=free, kind=kind, lacks=_lacks(kind, world))
    return Berth(name=name_for(name), kind="", lacks="nobody knows what it is")


def _lacks(kind: str, world: World) -> str:
    if kind not in world.kinds:
        return f"no adapter for {kind} is installed"
    return "its program, its models and how it is billed have to be written by hand" if kind in NAMED else ""


def _own(rule: Callable[[Seen, Berth], Outcome]) -> Rule:
    """A rule about one provider of the file, which knows its berth."""

    def found(seen: Seen) -> Outcome:
        berth = seen.berths[seen.names[0]]
        if not berth.kind:
            return Outcome(verdict=Verdict.NONE, why=f"nobody knows what provider {seen.names[0]} is; add it by hand")
        outcome = rule(seen, berth)
        if berth.is_ready:
            return outcome
        why = f"as a comment: {berth.lacks}"
        return replace(outcome, why="; ".join(filter(None, (outcome.why, why))))

    return found


def _to(key: str, convert: Convert, why: str = "") -> Rule:
    return _own(lambda seen, berth: place((PROVIDER, berth.name, key), seen.value, convert, why=why))


def _secret(value: object) -> str:
    """Never repeats the value: it may be the key itself."""
    if not text(value).isidentifier() or not text(value).isascii():
        raise Unfit("it names no environment variable; a key itself never stands in a file, so replace it if it did")
    return f"env:{value}"


def _slots(seen: Seen, berth: Berth) -> Outcome:
    at = (PROVIDER, berth.name, "hours")
    if seen.value == "continuous" and berth.kind == LOCAL:
        return Outcome(verdict=Verdict.DEFAULT, to=".".join(at), why="local automation stands by at every hour")
    return place(at, seen.value, _hours)


def _hours(value: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not set(map(count, value)) <= ALL_HOURS:
        raise Unfit("it is no list of hours from 0 to 23")
    return show_hours(frozenset(map(count, value)))


def _models(seen: Seen, berth: Berth) -> Outcome:
    if not isinstance(seen.value, list) or not all(isinstance(model, str) and model for model in seen.value):
        return Outcome(verdict=Verdict.NONE, why="it is no list of models")
    told = {str(model): _fate(str(model), berth.kind, seen.world) for model in seen.value}
    kept = [model for model, (usable, _) in told.items() if usable]
    words = [f"{model} {word}" for model, (_, word) in told.items() if word]
    if not kept and berth.kind in CURRENT:
        kept = [CURRENT[berth.kind]]
        words.append(f"{kept[0]} is proposed instead")
    at = (PROVIDER, berth.name, "models")
    return place(at, [{"id": model} for model in kept], lambda models: models, why="; ".join(words))


def _fate(model: str, vendor: str, world: World) -> tuple[bool, str]:
    """Whether it can be used, and what there is to say about it."""
    day = retires_on(model)
    if day is not None and day <= world.today:
        return False, f"was retired on {_day(day)}"
    if not world.is_priced(vendor, model):
        return False, "is not in the price list, and without a price no call can be bounded"
    return True, f"will be retired on {_day(day)}" if day else ""


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _strengths(fit: float) -> Rule:
    def rule(seen: Seen, berth: Berth) -> Outcome:
        if not isinstance(seen.value, list):
            return Outcome(verdict=Verdict.NONE, why="it is no list of words")
        words = [str(word) for word in seen.value]
        types = list(dict.fromkeys(type_ for word in words for type_ in meant_by(word)))
        lost = [word for word in words if not meant_by(word)]
        why = f"no task type is known for {', '.join(lost)}" if lost else ""
        return _local_strengths(types, why) if berth.kind == LOCAL else _fitted(berth, types, fit, why)

    return _own(rule)


def _fitted(berth: Berth, types: Sequence[str], fit: float, why: str) -> Outcome:
    at = (PROVIDER, berth.name, "strengths")
    if not types:
        return Outcome(verdict=Verdict.NONE, why=why or "it is empty")
    pieces = tuple(Piece(at=(*at, type_), value=fit, merge=Merge.MOST) for type_ in types)
    return Outcome(verdict=Verdict.IMPORTED, to=".".join(at), why=why, pieces=pieces)


def _local_strengths(types: Sequence[str], why: str) -> Outcome:
    beyond = [type_ for type_ in types if type_ not in _LOCAL_TYPES]
    more = f"{', '.join(beyond)}: only with commands of yours, provider.local.commands" if beyond else ""
    verdict = Verdict.DEFAULT if set(types) & set(_LOCAL_TYPES) else Verdict.NONE
    return Outcome(verdict=verdict, why="; ".join(filter(None, ("its checks and formatting", more, why))))


def _free(seen: Seen, berth: Berth) -> Outcome:
    at = (PROVIDER, berth.name, "billing")
    if not claim(seen.value) or berth.kind == LOCAL:
        return Outcome(verdict=Verdict.DEFAULT, to=".".join(at), why="free for local, else metered")
    return place(at, "free", text)


BATCHES = "types that may wait a day go to the vendors' batches at half the price: [batch] types"

RULES: Mapping[str, Rule] = {
    "*.enabled": _to("enabled", claim),
    "*.api_key_secret": _to("api_key", _secret),
    "*.models": _own(_models),
    "*.strengths": _strengths(_STRENGTH),
    "*.rate_limits.requests_per_minute": _to("requests_per_minute", count),
    "*.rate_limits.tokens_per_minute": _to("tokens_per_minute", count),
    "*.rate_limits.unlimited": always(True, "a provider has no limits but those that it is given"),
    "*.cost_optimization.prefer_for": _strengths(_PREFERRED),
    "*.cost_optimization.cache_system_prompts": always(True, "what is told is laid out for the vendors' prompt caches"),
    "*.cost_optimization.batch_requests": note(BATCHES),
    "*.cost_optimization.use_cheaper_models_when_possible": note(
        "the first of `models` is used; give a cheaper one its own `uses`"
    ),
    "*.cost_optimization.unlimited_usage": note("nobody's usage is unlimited: Copilot bills credits since June 2026"),
    "*.cost_optimization.always_free": _own(_free),
    "*.schedule_slots": _own(_slots),
}
