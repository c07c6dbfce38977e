"""Routing in watchbill.toml: who gets which task, and the ladders that begin with the cheapest."""

from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Name, Positive, Share, Text
from watchbill.config.section import Section
from watchbill.domain.effort import Effort


class Weights(Section):
    """How much each part counts when a provider is chosen; they need not sum to one."""

    fit: Positive = 0.55
    """Strength for the task's type. Most: a bad edit costs more than it saves."""

    cost: Positive = 0.2
    """What a run is expected to cost, less is better."""

    health: Positive = 0.15
    """How well it answers of late."""

    load: Positive = 0.1
    """How free it is."""


class Routing(Section):
    """Who gets which task."""

    weights: Weights = Weights()
    """What counts how much."""

    min_fit: Share = 0.3
    """A provider whose `strengths` are below this for a type, 0 to 1, is not given its tasks at all. Its own results only say who
    goes first: failures alone keep nobody away for good."""

    max_attempts: Annotated[int, Field(ge=1, le=20)] = 4
    """Runs that may fail before a task is given up. Waiting for limits, hours, money or people never counts."""


class LadderStep(Section):
    """One step of a ladder."""

    provider: Name
    """Who does the work on it."""

    model: Text | None = None
    """Which of its models. Only local automation has none."""

    effort: Effort | None = None
    """How hard the model is asked to think: `low`, `medium` or `high`. Default: nothing is said of it."""


class Ladder(Section):
    """Cheaper first, checked: a task of these types begins on the first step, and where the checks refuse what a step did, the
    next one begins anew with the findings. Tasks that name a provider take no ladder."""

    types: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Task types that take it."""

    repos: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Only in these repositories. Default: in all."""

    steps: Annotated[tuple[LadderStep, ...], Field(min_length=2)]
    """The steps, the cheapest first, for instance [{ provider = "claude", model = "…" }, …]."""

    trust_checks: bool = False
    """Take it although nothing here can tell good work of these types from bad: of prose, and where the repository neither
    has a command that blocks nor names a parser in its `gates`. Off, since what a cheap model does badly would land."""
