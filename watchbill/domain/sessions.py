"""Sessions: the provider-neutral memory of the work on a task, over all its runs."""

from dataclasses import dataclass, field

from watchbill.domain.ids import Commit, RepoName, SessionId, TaskId
from watchbill.domain.reviews import Review
from watchbill.domain.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """What the next run is told of the work so far."""

    goal: str = ""
    summary: str = ""  # what was done, in the last provider's words or ours
    decisions: tuple[str, ...] = ()  # and why, in the words of those who took them
    done: tuple[str, ...] = ()  # by what its tools did
    next_steps: tuple[str, ...] = ()  # what is left
    evidence: tuple[str, ...] = ()  # what its last check said
    findings: tuple[str, ...] = ()  # what the gates said of the last try
    why: str = ""  # why the last provider stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    id: SessionId
    task: TaskId
    repo: RepoName
    transcript: Transcript = field(default_factory=Transcript)
    checkpoint: Commit | None = None  # the worktree as of the last stored tool results
    handoff: HandOff = field(default_factory=HandOff)
    review: Review | None = None  # of its draft, by another vendor
    repairs: int = 0  # how often the gates sent it back within this session
    version: int = 0  # rises with each save
