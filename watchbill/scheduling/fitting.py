"""Fitting: how well a provider suits a task type, which of its models is meant, and what a run is expected to cost."""

from collections.abc import Container
from dataclasses import dataclass

from watchbill.domain.billing import Billing
from watchbill.domain.ids import TaskType
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, Weights
from watchbill.scheduling.decisions import Rejection, Score
from watchbill.scheduling.ladder import Step
from watchbill.scheduling.snapshot import Record

ANY_TYPE = "*"
NEUTRAL_FIT = 0.5  # of a provider that nobody said anything about
PRIOR_RUNS = 8  # so many own results weigh as much as the configured strengths


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider brings to a task type, whatever the hour."""

    terms: ProviderTerms
    model: ModelTerms | None
    fit: float
    estimate: MicroUsd
    barred: Rejection | None = None  # why its model gets no work, whatever the provider does
    step: Step | None = None  # of the task's ladder


def fit_of(terms: ProviderTerms, type_: TaskType, record: Record) -> float:
    """The configured strength, moved towards the share of own runs that landed, as their number grows.

    A strength of 0.9 with no runs is 0.9; with 8 runs of which none landed it is 0.45.
    """
    return (strength_of(terms, type_) * PRIOR_RUNS + record.landed) / (PRIOR_RUNS + record.runs)


def strength_of(terms: ProviderTerms, type_: TaskType) -> float:
    """What its owner says of it."""
    return terms.strengths.get(type_, terms.strengths.get(ANY_TYPE, NEUTRAL_FIT))


def estimate_of(terms: ProviderTerms, model: ModelTerms, record: Record) -> MicroUsd:
    """What a run is expected to take in micro-dollars, of credits or in money: the model's prior, moved towards the mean of
    own runs; nothing where nothing is paid by the call."""
    if terms.billing in (Billing.FREE, Billing.SUBSCRIPTION):
        return ZERO
    if terms.billing is Billing.CREDITS:  # its own history is of money, which it only costs beyond its credits
        return model.cost_per_run
    return MicroUsd((model.cost_per_run * PRIOR_RUNS + record.mean_cost * record.runs) // (PRIOR_RUNS + record.runs))


def model_for(terms: ProviderTerms, type_: TaskType, barred: Container[str] = ()) -> ModelTerms | None:
    """The model that names the type earliest among its uses, else the one that serves any; None when none does.

    One of `barred` only where no other does.
    """
    for models in ([model for model in terms.models if model.id not in barred], terms.models):
        for use in (type_, ANY_TYPE):
            meant = [model for model in models if use in model.uses]
            if meant:
                return min(meant, key=lambda model: model.uses.index(use))
    return None if terms.models else ModelTerms(id="")


def score(weights: Weights, *, fit: float, cost: float, health: float, load: float) -> Score:
    total = weights.fit * fit + weights.cost * cost + weights.health * health + weights.load * load
    return Score(fit=fit, cost=cost, health=health, load=load, total=total)
