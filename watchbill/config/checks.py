"""Checks across sections: what each key alone cannot show."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from watchbill.config import agents, batching, ladders, local_model, notifying, recurrence, traces
from watchbill.config.lines import Path
from watchbill.config.problems import did_you_mean
from watchbill.config.protected import BUILT_IN_PROTECTED
from watchbill.config.provider import Provider
from watchbill.config.rules import Rule
from watchbill.config.settings import Repo, Settings
from watchbill.domain.billing import Billing
from watchbill.domain.circles import circles
from watchbill.domain.ids import TaskId
from watchbill.intake.inference import STRENGTH_WORDS, TYPES, meant_by

Complaint = tuple[Path, str, str]  # where, what is wrong, hint

LOCAL = "local"
ANY_TYPE = "*"
_NEEDS_KEY = frozenset({"anthropic", "openai", "openai-chat", "claude-code", "codex"})


def cross_checks(settings: Settings, kinds: Collection[str], gates: Collection[str]) -> Iterator[Complaint]:
    """Everything that is wrong between keys. `kinds` are the installed kinds of providers, `gates` the installed gates."""
    yield from _presence(settings)
    yield from _spans(settings)
    yield from _stages(settings.daemon.stages)
    yield from _budget(settings)
    yield from _unique_repos(settings.repo)
    for index, repo in enumerate(settings.repo):
        yield from _repo(("repo", index), repo)
        yield from _gates(("repo", index, "gates"), repo.gates, gates)
    for name, provider in settings.provider.items():
        yield from _provider(("provider", name), provider, kinds)
    repos, providers = [repo.name for repo in settings.repo], list(settings.provider)
    yield from recurrence.checks(settings.recurring, repos=repos, providers=providers)
    yield from ladders.checks(settings)
    yield from batching.checks(settings)
    yield from notifying.checks(settings.notify)
    yield from traces.checks(settings.traces)


def _presence(settings: Settings) -> Iterator[Complaint]:
    if not settings.repo:
        yield ("repo",), "is missing: there is nothing to work on", "Add a [[repo]] with name and path."
    if not settings.provider:
        yield (
            ("provider",),
            "is missing: there is nobody to work",
            'Add [provider.local] with kind = "local", or a vendor.',
        )


def _spans(settings: Settings) -> Iterator[Complaint]:
    daemon = settings.daemon
    rising = ("session_soft", "session_stale", "session_dead")
    for low, high in (("tick_min", "tick_max"), *pairwise(rising)):
        if getattr(daemon, low) > getattr(daemon, high):
            yield ("daemon", high), f"is shorter than {low}", ""


def _stages(stages: Mapping[str, Sequence[str]]) -> Iterator[Complaint]:
    """Every word is a type, and no type waits for itself, by whatever way."""
    at: Path = ("daemon", "stages")
    for after, before in stages.items():
        for word in (after, *before):
            if not meant_by(word):
                yield _no_type((*at, after), word)
    needs = {
        TaskId(type_): tuple(TaskId(name) for word in before for name in meant_by(word))
        for after, before in stages.items()
        for type_ in meant_by(after)
    }
    for circle in circles(needs):
        yield at, f"has a circle: {' → '.join((*circle, circle[0]))}", "Such tasks on the same file would never start."


def _budget(settings: Settings) -> Iterator[Complaint]:
    repos = [repo.name for repo in settings.repo]
    providers = list(settings.provider)
    of_providers = ((f"per_provider_{unit}", providers) for unit in ("usd", "monthly_usd", "tokens", "runs"))
    of_repos = ((f"per_repo_{unit}", repos) for unit in ("usd", "monthly_usd"))
    for field, known in (*of_providers, *of_repos):
        caps: Mapping[str, object] = getattr(settings.budget, field)
        for name in caps:
            if name not in known:
                yield ("budget", field, name), "is not configured here", did_you_mean(name, known)
    for field in ("per_type_usd", "per_type_monthly_usd"):
        for word in getattr(settings.budget, field):
            if not meant_by(word):
                yield _no_type(("budget", field, word), word)
    yield from _collaboration(settings)
    if settings.budget.daily_usd > settings.budget.monthly_usd:
        yield ("budget", "daily_usd"), "is more than monthly_usd", ""


def _collaboration(settings: Settings) -> Iterator[Complaint]:
    """A draft that nobody may review would wait for ever."""
    said = settings.collaboration
    for index, word in enumerate(said.types):
        if not meant_by(word):
            yield _no_type(("collaboration", "types", index), word)
    for index, name in enumerate(said.reviewers):
        if name not in settings.provider:
            yield ("collaboration", "reviewers", index), "is not configured here", did_you_mean(name, settings.provider)
    behind = {
        vendor_of(name, provider) for name, provider in settings.provider.items() if local_model.models_of(provider)
    }
    if said.types and len(behind) < 2:  # noqa: PLR2004 - one drafts, another reviews
        yield ("collaboration", "types"), "need models of two vendors", "One drafts, another reviews."


VENDOR_BY_KIND = {
    "anthropic": "anthropic",
    "claude-code": "anthropic",
    "openai": "openai",
    "openai-chat": "openai",
    "codex": "openai",
}


def vendor_of(name: str, provider: Provider) -> str:
    """Who stands behind it: its address, else its kind's own vendor; anybody else is a vendor of its own."""
    if provider.base_url is not None:
        return provider.base_url.partition("://")[2].partition("/")[0]
    return VENDOR_BY_KIND.get(provider.kind, name)


def _unique_repos(repos: Sequence[Repo]) -> Iterator[Complaint]:
    facets: tuple[tuple[str, Callable[[Repo], object]], ...] = (
        ("name", lambda repo: repo.name),
        ("path", lambda repo: repo.path),
    )
    for field, facet in facets:
        first: dict[object, int] = {}
        for index, repo in enumerate(repos):
            earlier = first.setdefault(facet(repo), index)
            if earlier != index:
                yield ("repo", index, field), f"is the same as of repo[{earlier + 1}]", ""


def _repo(at: Path, repo: Repo) -> Iterator[Complaint]:
    if repo.integration == repo.target:
        yield (*at, "integration"), "is the target itself", 'Choose another name, or delivery = "land".'
    if repo.integration == "watchbill":
        yield (*at, "integration"), "would keep git from making watchbill/<task> branches", "Choose watchbill/main."
    yield from _files(at, repo)
    for position, pattern in enumerate(repo.unprotected):
        if pattern not in BUILT_IN_PROTECTED:
            yield (*at, "unprotected", position), "is no built-in pattern", did_you_mean(pattern, BUILT_IN_PROTECTED)
    if ".git" in repo.unprotected:
        yield (*at, "unprotected"), "names .git, which is always protected", ""
    yield from _own_rules(at, repo.rule)
    yield from _unique_commands(at, [command.name for command in repo.commands])


def _gates(at: Path, wishes: Collection[str], known: Collection[str]) -> Iterator[Complaint]:
    for name in wishes:
        if name not in known:
            guess = did_you_mean(name, known) or f"Installed: {', '.join(sorted(known))}."
            yield (*at, name), "is no gate that is installed", guess


def _files(at: Path, repo: Repo) -> Iterator[Complaint]:
    for position, path in enumerate(repo.queue):
        if _leaves(path):
            yield (*at, "queue", position), "leaves the repository", "Paths are relative to it."
    if _leaves(repo.questions):
        yield (*at, "questions"), "leaves the repository", "It is a file relative to it."
    if repo.questions in repo.queue:
        yield (*at, "questions"), "is the queue too", "Questions need a file of their own."
    if repo.handoff and _leaves(repo.handoff):
        yield (*at, "handoff"), "leaves the repository", "It is a file relative to it."
    if repo.handoff and repo.handoff in (*repo.queue, repo.questions):
        yield (*at, "handoff"), "is the queue or the questions file too", "It needs a file of its own."
    if repo.inbox is not None and _leaves(repo.inbox):
        yield (*at, "inbox"), "leaves the repository", "It is a folder relative to it, for instance docs/inbox."


def _leaves(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/") or path in (".", "")


def _provider(at: Path, provider: Provider, kinds: Collection[str]) -> Iterator[Complaint]:
    if provider.kind not in kinds:
        guess = did_you_mean(provider.kind, kinds) or f"Installed: {', '.join(sorted(kinds))}."
        yield (*at, "kind"), "is no kind of provider that is installed", guess
    if provider.kind in _NEEDS_KEY:
        yield from _vendor(at, provider)
    yield from agents.checks(at, provider)
    yield from local_model.checks(at, provider)
    yield from _types(at, provider)
    yield from _allowance(at, provider)
    if provider.commands and provider.kind != LOCAL:
        yield (*at, "commands"), "are only for kind local", ""
    if provider.plays and provider.kind != LOCAL:
        yield (*at, "plays"), "are only for kind local", ""
    for index, model in enumerate(local_model.models_of(provider)):
        if model.examples and not model.one_shot:
            yield (*at, "models", index, "examples"), "are only for one_shot models", "Add one_shot = true."


def _allowance(at: Path, provider: Provider) -> Iterator[Complaint]:
    billing, allowance = provider.billing, provider.allowance
    if billing is Billing.CREDITS and (allowance is None or allowance.credits is None):
        yield (*at, "allowance"), "is required for credits", "For instance allowance = { credits = 7000 }."
    if allowance is None:
        return
    if billing not in (Billing.CREDITS, Billing.SUBSCRIPTION):
        yield (*at, "allowance"), "is only for credits and subscriptions", 'Add billing = "credits" or "subscription".'
    if billing is Billing.CREDITS and (allowance.tokens is not None or allowance.runs is not None):
        yield (
            (*at, "allowance"),
            "of credits counts neither tokens nor runs",
            "See budget.per_provider_tokens and _runs.",
        )
    if billing is Billing.SUBSCRIPTION and allowance.credits is not None:
        yield (*at, "allowance", "credits"), "are only for billing by credits", ""


def _types(at: Path, provider: Provider) -> Iterator[Complaint]:
    """A word that means no task type would never match: it is a mistake that would stay silent."""
    named: list[tuple[Path, str]] = [((*at, "strengths", word), word) for word in provider.strengths]
    named += [((*at, "only_types", position), word) for position, word in enumerate(provider.only_types or ())]
    named += [((*at, "commands", word), word) for word in provider.commands]
    named += [((*at, "plays", position), word) for position, word in enumerate(provider.plays)]
    for index, model in enumerate(provider.models):
        named += [((*at, "models", index, "uses", position), word) for position, word in enumerate(model.uses)]
    for path, word in named:
        if word != ANY_TYPE and not meant_by(word):
            yield _no_type(path, word)


def _no_type(path: Path, word: str) -> Complaint:
    guess = did_you_mean(word, (*TYPES, *STRENGTH_WORDS)) or f"Known: {', '.join(sorted(TYPES))}."
    return path, "is no task type", guess


def _vendor(at: Path, provider: Provider) -> Iterator[Complaint]:
    if not provider.models and provider.kind not in agents.MODULE_BY_KIND:
        yield (*at, "models"), "is required for this kind", 'For instance models = [{ id = "…" }].'
    if provider.api_key is None and provider.base_url is None:
        yield (*at, "api_key"), "is required at the vendor's own address", 'For instance api_key = "env:NAME".'


def _unique_commands(at: Path, names: Sequence[str]) -> Iterator[Complaint]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (*at, "commands", index, "name"), "is there twice", ""


def _own_rules(at: Path, rules: tuple[Rule, ...]) -> Iterator[Complaint]:
    names = [rule.name for rule in rules]
    for place, rule in enumerate(rules):
        here: Path = (*at, "rule", place)
        if rule.name in names[:place]:
            yield (*here, "name"), "is there twice", ""
        if sum(demand is not None for demand in (rule.require, rule.forbid, rule.keep)) != 1:
            yield (*here, "require"), "or forbid or keep is needed: one of them", ""
        if rule.each is not None and rule.require is None:
            yield (*here, "each"), "is for require only", ""
        for position, word in enumerate(rule.types):
            if not meant_by(word):
                yield _no_type((*here, "types", position), word)
