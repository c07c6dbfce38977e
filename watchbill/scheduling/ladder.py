"""Ladders: cheaper first, checked. A step whose result did not pass is left, and the next one begins anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.domain.effort import Effort
from watchbill.domain.ids import ProviderName, RepoName, TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who does the work on one step, and how hard it is asked to think."""

    provider: ProviderName
    model: str = ""  # "" for local automation
    effort: Effort | None = None  # None: as the model does by itself

    @property
    def name(self) -> str:
        """How it is called in rows, events and answers.

        >>> Step(provider=ProviderName("claude"), model="opus", effort=Effort.HIGH).name
        'claude/opus (high)'
        """
        whole = f"{self.provider}/{self.model}" if self.model else self.provider
        return f"{whole} ({self.effort})" if self.effort else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    types: frozenset[TaskType]
    steps: tuple[Step, ...]  # the cheapest first, at least one
    repos: frozenset[RepoName] | None = None  # None: all

    def serves(self, type_: TaskType, repo: RepoName) -> bool:
        return type_ in self.types and (self.repos is None or repo in self.repos)

    def left(self, failed: Sequence[str]) -> tuple[Step, ...]:
        """The steps behind the highest one that failed; the last step stays when all did."""
        names = [step.name for step in self.steps]
        behind = max((names.index(name) + 1 for name in failed if name in names), default=0)
        return self.steps[min(behind, len(self.steps) - 1) :]

    def told(self, step: Step, failed: Sequence[str]) -> str:
        """Why a task is on this step, for people."""
        place = self.steps.index(step)
        fallen = [one.name for one in self.steps[:place] if one.name in failed]
        unable = [one.name for one in self.left(failed) if self.steps.index(one) < place]
        said = f"step {place + 1} of {len(self.steps)} of its ladder, {step.name}"
        if fallen:
            said += f"; what {', '.join(fallen)} did was not good enough"
        if unable:
            said += f"; {', '.join(unable)} cannot take it"
        return said


def has_next(ladders: Sequence[Ladder], step: Step | None, type_: TaskType, repo: RepoName) -> bool:
    """Whether another step of the ladder follows on this one."""
    ladder = ladder_for(ladders, type_, repo)
    return ladder is not None and step in ladder.steps[:-1]


def ladder_for(ladders: Sequence[Ladder], type_: TaskType, repo: RepoName) -> Ladder | None:
    return next((ladder for ladder in ladders if ladder.serves(type_, repo)), None)
