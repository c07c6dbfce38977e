"""Batches between their keys: what each key alone cannot show, and the plain values that they become."""

from collections.abc import Iterator

from watchbill.config.lines import Path
from watchbill.config.problems import did_you_mean
from watchbill.config.settings import Settings
from watchbill.domain.batches import BatchTerms
from watchbill.domain.ids import ProviderName
from watchbill.intake.inference import STRENGTH_WORDS, TYPES, meant_by

Complaint = tuple[Path, str, str]  # where, what is wrong, hint

KINDS = frozenset({"anthropic", "openai"})  # that have batches at their own address
WITHOUT = frozenset({"local", "openai-chat", "claude-code", "codex", "copilot", "acp", "local-model"})


def checks(settings: Settings) -> Iterator[Complaint]:
    for index, word in enumerate(settings.batch.types):
        if not meant_by(word):
            guess = did_you_mean(word, (*TYPES, *STRENGTH_WORDS)) or f"Known: {', '.join(sorted(TYPES))}."
            yield ("batch", "types", index), "is no task type", guess
    for index, name in enumerate(settings.batch.providers):
        provider = settings.provider.get(name)
        if provider is None:
            yield ("batch", "providers", index), "is not configured here", did_you_mean(name, list(settings.provider))
        elif provider.kind in WITHOUT:
            yield ("batch", "providers", index), f"is of kind {provider.kind}, which has no batches", ""


def terms_of(settings: Settings) -> BatchTerms:
    batch = settings.batch
    own = [name for name, provider in settings.provider.items() if provider.kind in KINDS and provider.base_url is None]
    return BatchTerms(
        types=frozenset(name for word in batch.types for name in meant_by(word)),
        window=batch.window,
        most=batch.most,
        providers=frozenset(map(ProviderName, (*own, *batch.providers))),
    )
