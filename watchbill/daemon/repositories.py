"""A managed repository, whole: its terms, its git, its gates and its queue files, as one value that runs are given."""

import errno
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from watchbill.domain.claims import Widen
from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit, RepoName
from watchbill.domain.ports import Gate, Merge
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Delivery
from watchbill.gates.change import Limits
from watchbill.gates.commands import CommandGate
from watchbill.gates.lore.gate import LoreGate
from watchbill.gates.rules import Rule
from watchbill.scheduling.bill import RepoTerms
from watchbill.workspace.environments import Environment, Environments
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
    lore: LoreGate = field(default_factory=LoreGate)  # what is its canon, and which texts are held against it
    lore_judged: bool = False  # whether a reviewer is asked what contradicts the canon
    commands: tuple[CommandGate, ...] = ()
    own_rules: tuple[Rule, ...] = ()
    sandbox: Sandbox = field(default_factory=Sandbox)
    human_editing: timedelta = timedelta(minutes=10)  # how long a file that its owner changed is left to them
    widen: Widen = Widen.ASKED
    environments: Environments | None = None  # what its set-up commands make; None where it has none
    max_repairs: int = 2
    limits: Limits = field(default_factory=Limits)  # what one change may be
    binary: tuple[str, ...] = ()  # where it may write binary files
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

    @property
    def line_ref(self) -> str | None:
        """Our branch that new work builds on; None where each task has its own."""
        match self.terms.delivery:
            case Delivery.INTEGRATION:
                return self.integration_ref
            case Delivery.LAND:
                return f"refs/heads/{self.terms.target}"
            case _:
                return None

    @property
    def followed(self) -> tuple[str, ...]:
        """The owner's branches that ours go by: the target, and their copy of the line."""
        own = (self.line_ref.removeprefix("refs/heads/"),) if self.line_ref else ()
        return tuple(dict.fromkeys((self.terms.target, *own)))

    async def is_followed(self) -> bool:
        """Whether what their owner did to these branches is done to ours, too."""
        return all([await self._is_followed(branch) for branch in self.followed])

    async def _is_followed(self, branch: str) -> bool:
        was, now = await self.vcs.seen(branch)
        if now is None or was == now:
            return True
        # a target that only went on is taken in by whoever lands next
        return branch == self.terms.target and (was is None or await self.vcs.is_ancestor(was, now))

    def find(self, path: str | Path) -> Path:
        """Where the owner keeps this file, relative to their worktree.

        Raises OSError for a link that leads out of it: a repository must not say which other files are read and edited.
        """
        place = self.path / path
        try:
            real = place.resolve()
        except RuntimeError as error:  # so Python says before 3.13 that links lead in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(place)) from error
        if not real.is_relative_to(self.path.resolve()):
            raise OSError(
                errno.EXDEV, "it is a link that leads out of the repository, which is not followed", str(place)
            )
        return place

    @asynccontextmanager
    async def environment(self) -> AsyncIterator[Environment | None]:
        """What its programs need beside the worktree, by the target's lock files. Raises SetupFailed and GitError."""
        if self.environments is None:
            yield None
            return
        async with self.environments.ready(await self._target(), self.vcs.read_tree) as environment:
            yield environment

    async def start_point(self) -> Commit:
        """The commit that new work begins at: our branch with the target's news, else the target.

        Raises GitError where the owner's repository has no such target branch.
        """
        ours = await self.vcs.resolve(self.line_ref) if self.line_ref else None
        tip = await self.kept_up(ours)
        if isinstance(tip, Merge):
            assert ours is not None, "only two branches can conflict"
            return ours  # the conflict is its owner's to solve
        return tip

    async def parted(self) -> tuple[str, ...]:
        """The paths in which the integration branch and its target do not merge; none where they do.

        Raises GitError where the owner's repository has no such target branch.
        """
        ours = await self.vcs.resolve(self.integration_ref) if self.terms.delivery is Delivery.INTEGRATION else None
        tip = await self.kept_up(ours)
        return tip.conflicts if isinstance(tip, Merge) else ()

    async def parted_from_own(self) -> tuple[str, ...]:
        """The paths in which our line and its owner's copy of it do not merge; none where they do."""
        ours = await self.vcs.resolve(self.line_ref) if self.line_ref else None
        if ours is None or self.line_ref is None:
            return ()
        _, theirs = await self.vcs.seen(self.line_ref.removeprefix("refs/heads/"))
        return () if theirs is None else (await self.vcs.keep_up(ours, theirs)).conflicts

    async def _target(self) -> Commit:
        theirs = await self.vcs.resolve(self.target_ref)
        if theirs is None:
            raise GitError(f"there is no branch {self.terms.target!r} in {self.path}; make it, or set `target`")
        return theirs

    async def kept_up(self, ours: Commit | None) -> Commit | Merge:
        """Our branch with what its owner put on the target meanwhile; the Merge where the two conflict."""
        theirs = await self._target()
        if ours is None:
            return theirs
        if await self.vcs.is_ancestor(theirs, ours):  # so it nearly always is
            return ours
        if await self.vcs.is_ancestor(ours, theirs):
            return theirs
        merged = await self.vcs.keep_up(ours, theirs)
        return merged.commit or merged
