"""Validations: how the line that work builds on stood each time that it was checked whole."""

from dataclasses import dataclass

from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit, RepoName


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What broke the line and is not ours to revert: a person's commit, or nobody knows what."""

    commit: Commit | None  # the first that has the findings, where one was found
    who: str  # its author; "" where nobody is to blame
    why: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    repo: RepoName
    ours: Commit | None  # our branch; None where there is none yet
    theirs: Commit  # the owner's target
    gates: tuple[str, ...]  # those that looked, each with what it was then
    findings: tuple[Finding, ...]
    flakes: tuple[Finding, ...] = ()  # seen once, and not when it was looked again
    blame: Blame | None = None
