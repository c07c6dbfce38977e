"""A managed repository, whole: its terms, its git, its gates and its queue files, as one value that runs are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit, RepoName
from watchbill.domain.ports import Gate, Merge
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Delivery
from watchbill.gates.change import Limits
from watchbill.gates.commands import CommandGate
from watchbill.scheduling.bill import RepoTerms
from watchbill.workspace.repository import Repository
from watchbill.workspace.sandbox import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffFile:
    path: str  # relative to the owner's worktree
    make: bool  # whether it is made where it is not there


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRepo:
    terms: RepoTerms
    path: Path  # the owner's repository
    vcs: Repository
    gates: tuple[Gate, ...]
    queues: tuple[str, ...] = ()  # paths or globs of queue files, relative to the owner's worktree
    questions: str = "docs/AI_QUESTIONS.md"  # where models ask, relative to the owner's worktree
    on_question: OnQuestion = OnQuestion.WAIT  # of tasks that state none
    handoff: HandoffFile | None = None
    inbox: Path | None = None  # a folder of the owner's with one task a file
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    rules_files: tuple[str, ...] = ()
    canon_files: tuple[str, ...] = ()
    lore_judged: bool = False  # whether a reviewer is asked what contradicts the canon
    commands: tuple[CommandGate, ...] = ()
    sandbox: Sandbox = field(default_factory=Sandbox)
    max_repairs: int = 2
    limits: Limits = field(default_factory=Limits)  # what one change may be
    plain_markers: bool = False  # write only [ ] and [x]
    comments: bool = True  # a comment line under a finished task
    patches: Path | None = None
    brief_tokens: int = 24_000

    @property
    def name(self) -> RepoName:
        return self.terms.name

    @property
    def target_ref(self) -> str:
        """The owner's target branch as our clone sees it."""
        return f"refs/remotes/owner/{self.terms.target}"

    @property
    def integration_ref(self) -> str:
        return f"refs/heads/{self.terms.integration}"

    async def start_point(self) -> Commit:
        """The commit that new work begins at: the integration branch with the target's news, else the target.

        Raises GitError where the owner's repository has no such target branch.
        """
        ours = await self._ours()
        tip = await self.kept_up(ours)
        if isinstance(tip, Merge):
            assert ours is not None, "only two branches can conflict"
            return ours  # the conflict is its owner's to solve
        return tip

    async def parted(self) -> tuple[str, ...]:
        """The paths in which the integration branch and its target do not merge; none where they do.

        Raises GitError where the owner's repository has no such target branch.
        """
        tip = await self.kept_up(await self._ours())
        return tip.conflicts if isinstance(tip, Merge) else ()

    async def _ours(self) -> Commit | None:
        return await self.vcs.resolve(self.integration_ref) if self.terms.delivery is Delivery.INTEGRATION else None

    async def kept_up(self, ours: Commit | None) -> Commit | Merge:
        """Our branch with what its owner put on the target meanwhile; the Merge where the two conflict."""
        theirs = await self.vcs.resolve(self.target_ref)
        if theirs is None:
            raise GitError(f"there is no branch {self.terms.target!r} in {self.path}; make it, or set `target`")
        if ours is None:
            return theirs
        if await self.vcs.is_ancestor(theirs, ours):  # so it nearly always is
            return ours
        if await self.vcs.is_ancestor(ours, theirs):
            return theirs
        merged = await self.vcs.keep_up(ours, theirs)
        return merged.commit or merged
