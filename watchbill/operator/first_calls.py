"""First calls: whether the first call for the queue's tasks fits into what a run may cost, before anybody waits for it.

A call is held at a token for each byte that it sends. So a brief that shows much of a canon can be more than a cap allows,
though the same words cost a quarter of that in the end.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from watchbill.config import repo_values
from watchbill.config.load import Loaded
from watchbill.config.provider_values import ProviderSetup
from watchbill.config.repo_values import RepoSettings
from watchbill.domain import brief
from watchbill.domain.billing import Billing
from watchbill.domain.calls import TURN_TOKENS
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MICROS
from watchbill.domain.tasks import OPEN, Task
from watchbill.domain.tools import TOOLS
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
_AROUND = 3_000  # the JSON around the words, and what vendors add unseen
_CENTS = Decimal("0.01")


class TooDear(NamedTuple):
    """A model whose first call is not sent: where it stands in the configuration, what is wrong, and the mend."""

    at: tuple[str | int, ...]
    wrong: str
    mend: str


class _Told(NamedTuple):
    task: Task
    tokens: int  # estimated
    size: int  # bytes


def too_dear(loaded: Loaded, setups: Iterable[ProviderSetup], now: datetime) -> Iterator[TooDear]:
    """A word on each model that is paid by the token, where its first call for one of the first open tasks fits no cap."""
    budget = loaded.settings.budget
    cap = min(budget.per_run_usd, budget.per_task_usd, budget.daily_usd)
    offers = [(setup, offer) for setup in setups for offer in catalog.offers_of([setup]) if _is_paid(loaded, setup)]
    dearest_of = {setup.name: catalog.pricing_of(offer) for setup, offer in offers}
    for repo in repo_values.repos_of(loaded) if offers else ():
        told: _Told | None = None
        for setup, offer in offers:
            for index, model in enumerate(offer.models):
                if _held(dearest_of[setup.name], model, 4 * repo.brief_tokens + _fixed(), now) <= cap:
                    continue  # whatever it is told
                told = told or _longest(loaded, repo)
                held = _held(dearest_of[setup.name], model, told.size, now) if told else Decimal(0)
                if told is not None and held > cap:
                    at = ("provider", setup.name, "models", index)
                    yield TooDear(at, _worded(repo, told, model, held, cap), _mend(held, loaded))


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


def _worded(repo: RepoSettings, told: _Told, model: str, held: Decimal, cap: Decimal) -> str:
    return (
        f"the first call of {model} for {told.task.id} of {repo.terms.name} is held at ${_cents(held)}: its brief has about "
        f"{told.tokens:,} tokens, and each of the call's {told.size:,} bytes is held as one; a run may cost ${cap}, so it never begins"
    )


def _mend(held: Decimal, loaded: Loaded) -> str:
    budget = loaded.settings.budget
    wanted = (held * _CALLS).to_integral_value(ROUND_CEILING)
    too = [name for name in ("per_task_usd", "daily_usd") if getattr(budget, name) < wanted]
    also = f" (and {' and '.join(too)} with it)" if too else ""
    return f"Set budget.per_run_usd to {wanted}.00{also}, room for a few calls; or a lower brief_tokens for the repository."


def _cents(dollars: Decimal) -> Decimal:
    return dollars.quantize(_CENTS, ROUND_CEILING)
