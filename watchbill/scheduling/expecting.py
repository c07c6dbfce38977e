"""Expectations: what a run will cost, by what its like has cost; where that is too little, by what it may cost at most. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import ZERO, MicroUsd, show
from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.burning import quantile

FEWEST_RUNS = 5  # fewer say nothing about the dearest of ten


class Like(NamedTuple):
    """Runs that are alike."""

    provider: ProviderName
    model: str
    type: TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    runs: int  # of its like that were judged
    p50: MicroUsd | None  # half of them cost no more; None with too few
    p90: MicroUsd | None
    most: MicroUsd | None  # what the caps of a run and its task let it cost; None where nothing does

    @property
    def words(self) -> str:
        if self.most == 0:
            return "free"
        if self.p50 is not None and self.p90 is not None:
            return f"{show(self.p50)}, p90 {show(self.p90)} by {self.runs} runs of its like"
        limit = "nothing caps it" if self.most is None else f"at most {show(self.most)}, its cap"
        those = "1 run of its like is" if self.runs == 1 else f"{self.runs} runs of its like are"
        return f"{limit}: {those} too few to say more ({FEWEST_RUNS} are wanted)"


def expect(costs_by_like: Mapping[Like, Sequence[MicroUsd]], like: Like, task: Task, bill: WatchBill) -> Expected:
    """What a run of the task will cost with that provider and model. The costs are sorted, the least first."""
    costs = costs_by_like.get(like, ())
    if any(terms.name == like.provider and terms.billing is Billing.FREE for terms in bill.providers):
        return Expected(runs=len(costs), p50=ZERO, p90=ZERO, most=ZERO)
    limits = (bill.caps.per_run, bill.caps.per_task, task.max_cost)
    enough = len(costs) >= FEWEST_RUNS
    return Expected(
        runs=len(costs),
        p50=quantile(costs, 0.5) if enough else None,
        p90=quantile(costs, 0.9) if enough else None,
        most=min((limit for limit in limits if limit is not None), default=None),
    )
