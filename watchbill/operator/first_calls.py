"""First calls: whether the first call for the queue's tasks fits into what a run may cost, before anybody waits for it.

A call is held at a token for each byte that it sends. So a brief that shows much of a canon can be more than a cap allows,
though the same words cost a quarter of that in the end.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from watchbill.config import repo_values
from watchbill.config.load import Loaded
from watchbill.config.provider_values import ProviderSetup
from watchbill.config.repo_values import RepoSettings
from watchbill.domain import brief
from watchbill.domain.billing import Billing
from watchbill.domain.calls import OVERHEAD_TOKENS, TURN_TOKENS
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MICROS
from watchbill.domain.tasks import OPEN, Task
from watchbill.domain.tools import LEAST_BYTES, TOOLS
from watchbill.intake import claims
from watchbill.intake.reconcile import Discover, reconcile
from watchbill.intake.tasks import Terms
from watchbill.operator import catalog
from watchbill.operator.gathering import gather
from watchbill.operator.preview import queue_files
from watchbill.workspace.trees import FolderTree

if TYPE_CHECKING:
    from watchbill.providers.pricing import Pricing

_LOOKED_AT = 5  # open tasks of a repository: the first ones show how much a brief has here
_CALLS = 4  # that a run should have room for
# First calls: a second one is held at more, and the first has cost a part of what it was held at.
_HARDLY_TWO = Decimal("1.5")
_CHECKS = "local"  # the kind that works without a model
_AROUND = 3_000  # the JSON around the words, and what vendors add unseen
_CENTS = Decimal("0.01")


class TooDear(NamedTuple):
    """A model whose first call is not sent: where it stands in the configuration, what is wrong, and the mend."""

    at: tuple[str | int, ...]
    wrong: str
    mend: str


class _Cap(NamedTuple):
    key: str  # below budget
    dollars: Decimal


class _Told(NamedTuple):
    task: Task
    tokens: int  # estimated
    size: int  # bytes


def too_dear(loaded: Loaded, setups: Iterable[ProviderSetup], now: datetime) -> Iterator[TooDear]:
    """A word on each model that is paid by the token, where its first call for one of the first open tasks fits no cap, or
    hardly another one after it."""
    offers = _paid_offers(loaded, setups)
    dearest_of = {setup.name: catalog.pricing_of(offer) for setup, offer in offers}
    for repo in repo_values.repos_of(loaded) if offers else ():
        told: _Told | None = None
        for setup, offer in offers:
            cap = _lowest(loaded, setup, repo)
            for index, model in enumerate(offer.models):
                most = _held(dearest_of[setup.name], model, 4 * repo.brief_tokens + _fixed(), now)
                if most * _HARDLY_TWO <= cap.dollars:
                    continue  # whatever it is told
                told = told or _longest(loaded, repo)
                held = _held(dearest_of[setup.name], model, told.size, now) if told else Decimal(0)
                if told is not None and held * _HARDLY_TWO > cap.dollars:
                    at = ("provider", setup.name, "models", index)
                    yield TooDear(
                        at, _worded(repo, told, model, held, cap), _mend(held, cap, _caps(loaded, setup, repo))
                    )


def all_of(loaded: Loaded, setups: Sequence[ProviderSetup], now: datetime) -> list[TooDear]:
    """That nothing fits, where that is so; else a word on each model whose first call does not."""
    none = nothing_fits(loaded, setups, now)
    return [none] if none is not None else list(too_dear(loaded, setups, now))


def nothing_fits(loaded: Loaded, setups: Sequence[ProviderSetup], now: datetime) -> TooDear | None:
    """That the caps keep every task from everybody: not even a call that is told next to nothing fits. None where one does,
    or somebody works who is not paid by the token."""
    others = (setup for setup in setups if setup.kind != _CHECKS and loaded.settings.provider[setup.name].enabled)
    offers = _paid_offers(loaded, setups)
    if not offers or not all(_is_paid(loaded, setup) for setup in others):
        return None
    least: tuple[Decimal, str, _Cap, list[_Cap]] | None = None
    for setup, offer in offers:
        pricing = catalog.pricing_of(offer)
        for model, repo in product(offer.models, repo_values.repos_of(loaded)):
            held, cap = _held(pricing, model, _least(), now), _lowest(loaded, setup, repo)
            if held <= cap.dollars:
                return None
            if least is None or held < least[0]:
                least = held, model, cap, _caps(loaded, setup, repo)
    if least is None:
        return None
    held, model, cap, caps = least
    wrong = f"no task can begin: the shortest call, of {model}, is held at ${_cents(held)}, and budget.{cap.key} is ${cap.dollars}"
    return TooDear(("budget", cap.key.partition(".")[0]), wrong, _mend(held, cap, caps))


def _paid_offers(loaded: Loaded, setups: Iterable[ProviderSetup]) -> list[tuple[ProviderSetup, catalog.Offer]]:
    return [(setup, offer) for setup in setups for offer in catalog.offers_of([setup]) if _is_paid(loaded, setup)]


def _caps(loaded: Loaded, setup: ProviderSetup, repo: RepoSettings) -> list[_Cap]:
    """Every cap in dollars that binds all calls of a provider for a repository. A month's is never below a day's."""
    budget = loaded.settings.budget
    named = {
        "per_provider_usd": (budget.per_provider_usd, setup.name),
        "per_provider_monthly_usd": (budget.per_provider_monthly_usd, setup.name),
        "per_repo_usd": (budget.per_repo_usd, repo.terms.name),
        "per_repo_monthly_usd": (budget.per_repo_monthly_usd, repo.terms.name),
    }
    return [
        *(_Cap(key, getattr(budget, key)) for key in ("per_run_usd", "per_task_usd", "daily_usd")),
        *(_Cap(f"{key}.{name}", caps[name]) for key, (caps, name) in named.items() if name in caps),
    ]


def _lowest(loaded: Loaded, setup: ProviderSetup, repo: RepoSettings) -> _Cap:
    return min(_caps(loaded, setup, repo), key=lambda cap: cap.dollars)


def _is_paid(loaded: Loaded, setup: ProviderSetup) -> bool:
    """Also where its key is still to come; not where its owner switched it off."""
    provider = loaded.settings.provider[setup.name]
    is_metered = provider.billing in (None, Billing.METERED)
    return provider.enabled and is_metered and catalog.is_listed(setup.kind) and setup.agent is None


def _held(pricing: "Pricing", model: str, size: int, now: datetime) -> Decimal:
    """Dollars; nothing where no price is known, which is told elsewhere."""
    try:
        bound = pricing.bound(model, tokens_in=size, tokens_out=TURN_TOKENS, terms={}, at=now)
    except Unpriced:
        return Decimal(0)
    return Decimal(bound.cost) / MICROS


def _fixed() -> int:
    """Bytes of a request beside its words: the tools, and what is around them."""
    return _AROUND + len(json.dumps([[tool.name, tool.help, dict(tool.schema)] for tool in TOOLS]))


def _least() -> int:
    """Bytes that every request is held at, whatever it is told."""
    return OVERHEAD_TOKENS + LEAST_BYTES


def _longest(loaded: Loaded, repo: RepoSettings) -> _Told | None:
    """The longest brief of the first open tasks, as it would be made of the folder as it stands; None without any."""
    if not repo.path.is_dir():
        return None
    tree = FolderTree(repo.path)
    briefs = [(task, _brief(tree, task, repo)) for task in islice(_open_tasks(loaded, repo, tree), _LOOKED_AT)]
    told = [
        _Told(
            task=task,
            tokens=made.tokens,
            size=len(json.dumps([made.system, made.prompt], ensure_ascii=False).encode()) + _fixed(),
        )
        for task, made in briefs
    ]
    return max(told, key=lambda one: one.size, default=None)


def _brief(tree: FolderTree, task: Task, repo: RepoSettings) -> brief.Brief:
    found = gather(tree, [task], rules=repo.rules, canon=repo.lore.canon, brief_tokens=repo.brief_tokens)
    return brief.assemble(
        task,
        rules=found.rules,
        canon=found.canon,
        files=found.files,
        claims=task.reach,
        budget_tokens=repo.brief_tokens,
        templates=found.templates,
    )


def _open_tasks(loaded: Loaded, repo: RepoSettings, tree: FolderTree) -> Iterator[Task]:
    """As the queues name them now, the most urgent first."""
    terms = Terms(names=claims.names(repo.aliases, tree.paths()), zone=loaded.settings.daemon.zone)
    found = reconcile([], queue_files(repo), repo=repo.terms.name, terms=terms, plain=repo.plain_markers)
    tasks = (action.task for action in found.actions if isinstance(action, Discover))
    yield from sorted((task for task in tasks if task.state in OPEN), key=lambda task: task.priority)


def _worded(repo: RepoSettings, told: _Told, model: str, held: Decimal, cap: _Cap) -> str:
    limit = f"a run may cost ${cap.dollars}" if cap.key == "per_run_usd" else f"budget.{cap.key} is ${cap.dollars}"
    then = "it never begins" if held > cap.dollars else "a run may well end after one call, and the next one go on"
    return (
        f"the first call of {model} for {told.task.id} of {repo.terms.name} is held at ${_cents(held)}: its brief has about "
        f"{told.tokens:,} tokens, and each of the call's {told.size:,} bytes is held as one; {limit}, so {then}"
    )


def _mend(held: Decimal, cap: _Cap, caps: Iterable[_Cap]) -> str:
    wanted = (held * _CALLS).to_integral_value(ROUND_CEILING)
    too = [each.key for each in caps if each.key != cap.key and each.dollars < wanted]
    also = f" (and {' and '.join(too)} with it)" if too else ""
    return (
        f"Set budget.{cap.key} to {wanted}.00{also}, room for a few calls; or a lower brief_tokens for the repository."
    )


def _cents(dollars: Decimal) -> Decimal:
    return dollars.quantize(_CENTS, ROUND_CEILING)
