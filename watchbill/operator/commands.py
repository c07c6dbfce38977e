"""Commands: what people may ask to be done. The daemon carries them out; without one, only moves that touch rows alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from watchbill.config.load import Loaded
from watchbill.config.places import Places
from watchbill.config.problems import BadConfig
from watchbill.domain.ids import Commit, ProviderName, QuestionId, RepoName, RunId, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.ports import ProbeResult
from watchbill.domain.questions import Question
from watchbill.domain.tasks import Task
from watchbill.domain.undoings import Undoing
from watchbill.operator.deciding import Change, Desk
from watchbill.operator.deeds import Broken
from watchbill.operator.entrance import Link
from watchbill.operator.evidence import Evidence, Found
from watchbill.operator.outlook import ConfigFacts
from watchbill.operator.purse import Done, MoneyWish
from watchbill.operator.rota import RotaWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What promoting a repository's integration branch came to."""

    repo: RepoName
    target: str
    commit: Commit | None  # where the target stands now; None when it did not move
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a fetch brought of a repository's target."""

    repo: RepoName
    target: str
    was: Commit | None  # where the target stood before
    now: Commit | None  # None: the owner's repository has no such branch
    commits: tuple[
        tuple[Commit, str], ...
    ]  # that are new, each with its subject: the newest first, and no more than fit
    count: int  # of all new ones
    rewritten: bool  # what stood there before is no longer on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A daemon on its way out."""

    runs: tuple[RunId, ...]  # that go to their checkpoints
    within: timedelta


class Commands(Protocol):
    """Each raises NotFound for an unknown name and IllegalMove where the task's state forbids it."""

    @property
    def desk(self) -> Desk:
        """Where people look at what waits for them, and at what landed."""
        ...

    async def approve(self, task: TaskId, tree: str, *, who: str, said: str) -> Task:
        """This exact tree lands. Raises NotShown where it is no longer what there is."""
        ...

    async def reject(self, task: TaskId, *, who: str, why: str) -> Task:
        """It is done anew, and whoever does it is told these words."""
        ...

    async def amend(self, task: TaskId, tree: str, change: Change, *, who: str, said: str) -> Task:
        """As a person changed it, it lands, if the gates let it. Raises NotShown."""
        ...

    async def rollback(self, run: RunId, *, who: str, why: str, retry: bool) -> Undoing:
        """Take back what a run landed. Still wanted where that takes longer, or nobody is there to land it."""
        ...

    async def cancel(self, task: TaskId, why: str) -> Task:
        """The task, cancelled; a running run of it stops at once."""
        ...

    async def retry(self, task: TaskId) -> Task:
        """The task, queued again with all its attempts before it."""
        ...

    async def accept(self, task: TaskId) -> Task:
        """A proposed task becomes work; one in review is approved as it is now."""
        ...

    async def answer(self, question: QuestionId, said: str) -> Question:
        """The question, settled; the task that waited for it goes on. IllegalMove when it was settled before."""
        ...

    async def pause(self, pause: Pause, *, at_once: bool) -> Pause:
        """Nothing of it starts any more; what is in work goes to its checkpoint, or breaks off at once."""
        ...

    async def resume(self, scope: Scope, name: str) -> Pause:
        """What was lifted. Raises NotFound when it was not paused."""
        ...

    async def release(self, task: TaskId) -> Task:
        """The task may start: its hold is lifted, and the mode no longer keeps it."""
        ...

    async def bump(self, task: TaskId, provider: ProviderName | None) -> Task:
        """The task, the next of its repository; only on that provider if one is given."""
        ...

    async def edit(self, task: TaskId, changes: Mapping[str, Any]) -> Task:
        """The task with these fields. Raises OwnedByQueue for what a queue file says."""
        ...

    async def add(self, name: str, text: str) -> None:
        """Put a file into the shared inbox."""
        ...

    async def money(self, wish: MoneyWish) -> Done:
        """A budget has more for a while, a stopped model is asked again, or an unknown call is booked at what it cost."""
        ...

    async def rota(self, wish: RotaWish) -> Done:
        """Hours stand with another provider for a while, or as they are written again."""
        ...

    async def probe(self, provider: ProviderName) -> ProbeResult:
        """Whether it is well, asked now and at no cost. One that is may be tried, whatever its breaker says."""
        ...

    async def reset(self, provider: ProviderName, *, who: str, why: str) -> Mapping[str, object]:
        """A person says that it is well: its breakers close, its hold is lifted. What that came to."""
        ...

    async def hand_over(self, task: TaskId, to: ProviderName | None, *, why: str) -> RunId | None:
        """Its run comes to its next checkpoint and ends there; the next one, on `to` if given, goes on. The run that was asked.

        Raises IllegalMove where nothing runs and nobody is named, or the task is over.
        """
        ...

    async def break_lock(self, task: TaskId, *, who: str, why: str) -> Broken:
        """Files that it holds are free: a run of it breaks off and it is held, or its branch no longer keeps them.

        Raises NotFound where it holds none.
        """
        ...

    async def drain(self, within: timedelta | None, *, who: str, why: str) -> Leaving:
        """The daemon leaves: runs go to their checkpoints, and what is not there in time breaks off. None: as configured."""
        ...

    async def caught_up(self, who: str, until: datetime) -> None:
        """This person knows what happened until then."""
        ...

    async def refresh(self) -> None:
        """Look at the queues and plan now."""
        ...

    async def reload(self, *, wait: bool) -> ConfigFacts:
        """Read the configuration anew; with `wait`, how it stands after that. Raises ConfigError when it was rejected."""
        ...

    async def configured(self) -> tuple[Loaded, Loaded | BadConfig, Places]:
        """What is in force, what a reload would find now, and where things are kept."""
        ...

    def tell(self, name: str, /, **facts: object) -> None:
        """Record an event of the registry."""
        ...

    async def sign_in(self) -> Link:
        """A link that signs a browser in. Raises NoWeb."""
        ...

    async def sync(self, repo: RepoName) -> Came:
        """Fetch the owner's branches and read their queues now. Raises GitError."""
        ...

    async def promote(self, repo: RepoName) -> Promotion:
        """Bring the integration branch onto the target, where nobody has that checked out. Raises GitError."""
        ...

    async def reconcile(self, evidence: Evidence) -> Found:
        """What a vendor's export says and proves; unknown calls are lowered to what it lets stand."""
        ...

    async def run_diff(self, run: RunId) -> str:
        """What the run changed, as a unified diff; "" when nothing."""
        ...
