"""Collaborating: which drafts are reviewed, and by whom: another vendor than who drafted them."""

from dataclasses import dataclass

from watchbill.domain.ids import ProviderName, TaskType


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaboration:
    types: frozenset[TaskType] = frozenset()
    reviewers: frozenset[ProviderName] = frozenset()  # none: any of another vendor
    rounds: int = 2

    def wants(self, type_: TaskType) -> bool:
        return type_ in self.types

    def may_review(self, name: ProviderName) -> bool:
        return not self.reviewers or name in self.reviewers
