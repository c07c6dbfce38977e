"""Ladders between their keys: what each key alone cannot show, and the plain values that they become."""

from collections.abc import Iterator, Sequence

from watchbill.config.lines import Path
from watchbill.config.local_model import models_of
from watchbill.config.problems import did_you_mean
from watchbill.config.routing import Ladder, LadderStep
from watchbill.config.rules import OnFail
from watchbill.config.settings import Repo, Settings
from watchbill.domain.ids import ProviderName, RepoName, TaskType
from watchbill.intake.inference import STRENGTH_WORDS, TYPES, meant_by
from watchbill.scheduling import ladder as rungs

Complaint = tuple[Path, str, str]  # where, what is wrong, hint

# No check reads what these make.
PROSE = frozenset(map(TaskType, ("write", "polish", "lore", "continuity", "docs", "review", "analysis")))
PARSERS = frozenset(
    {"python", "json", "json-lines", "yaml", "toml", "xml", "ini", "csv", "html", "css", "shell", "sql", "javascript"}
    | {"typescript", "go", "rust", "java", "ruby", "php", "lua", "choicescript", "choicescript-play"}
)
_OVERRIDE = "trust_checks = true takes it all the same."


def checks(settings: Settings) -> Iterator[Complaint]:
    taken: set[tuple[TaskType, str]] = set()
    for place, ladder in enumerate(settings.ladder):
        at: Path = ("ladder", place)
        yield from _named(at, ladder, settings)
        yield from _steps(at, ladder, settings)
        served = {(name, repo.name) for name in _types(ladder) for repo in _repos(ladder, settings)}
        if taken & served:
            yield (*at, "types"), "has a type that an earlier ladder serves there", "The first would always be taken."
        taken |= served
        if not ladder.trust_checks:
            yield from _untrusted(at, ladder, settings)


def values_of(ladders: Sequence[Ladder]) -> tuple[rungs.Ladder, ...]:
    return tuple(
        rungs.Ladder(
            types=frozenset(_types(ladder)),
            steps=tuple(map(_step, ladder.steps)),
            repos=None if ladder.repos is None else frozenset(map(RepoName, ladder.repos)),
        )
        for ladder in ladders
    )


def _step(step: LadderStep) -> rungs.Step:
    return rungs.Step(provider=ProviderName(step.provider), model=step.model or "", effort=step.effort)


def _types(ladder: Ladder) -> list[TaskType]:
    return [name for word in ladder.types for name in meant_by(word)]


def _repos(ladder: Ladder, settings: Settings) -> list[Repo]:
    return [repo for repo in settings.repo if ladder.repos is None or repo.name in ladder.repos]


def _named(at: Path, ladder: Ladder, settings: Settings) -> Iterator[Complaint]:
    for index, word in enumerate(ladder.types):
        if not meant_by(word):
            guess = did_you_mean(word, (*TYPES, *STRENGTH_WORDS)) or f"Known: {', '.join(sorted(TYPES))}."
            yield (*at, "types", index), "is no task type", guess
    repos = [repo.name for repo in settings.repo]
    for index, name in enumerate(ladder.repos or ()):
        if name not in repos:
            yield (*at, "repos", index), "is not configured here", did_you_mean(name, repos)


def _steps(at: Path, ladder: Ladder, settings: Settings) -> Iterator[Complaint]:
    if len(ladder.steps) > settings.routing.max_attempts:
        yield (*at, "steps"), "has more steps than routing.max_attempts", "Its last steps would never be taken."
    names = [_step(step).name for step in ladder.steps]
    for index, step in enumerate(ladder.steps):
        here = (*at, "steps", index)
        provider = settings.provider.get(step.provider)
        models = [model.id for model in models_of(provider)] if provider else []
        if provider is None:
            yield (*here, "provider"), "is not configured here", did_you_mean(step.provider, list(settings.provider))
        elif step.model is None and models:
            yield here, "names no model", f"For instance model = {models[0]!r}."
        elif step.model is not None and step.model not in models:
            yield (*here, "model"), f"is no model of {step.provider}", did_you_mean(step.model, models)
        if names[index] in names[:index]:
            yield here, "is there twice", ""


def _untrusted(at: Path, ladder: Ladder, settings: Settings) -> Iterator[Complaint]:
    """What a cheap model does badly has to be found out by something."""
    if prose := sorted(PROSE.intersection(_types(ladder))):
        yield (*at, "types"), f"names {', '.join(prose)}, and no check tells good prose from bad", _OVERRIDE
    for repo in _repos(ladder, settings):
        if not _has_gate(repo):
            hint = f"Give it a command that blocks, or name a parser that matters in its gates. {_OVERRIDE}"
            yield at, f"serves {repo.name}, which has no check worth trusting", hint


def _has_gate(repo: Repo) -> bool:
    """A command that blocks, or a parser that the owner names: the built-in ones are on where they have nothing to say."""
    blocks = any(command.on_fail is not OnFail.WARN for command in repo.commands)
    return blocks or any(repo.gates.get(name, False) for name in PARSERS)
