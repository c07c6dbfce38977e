"""Merging: small tasks on the same files are done in one run. The first of them leads it, the others ride.

Nobody is overtaken by it. A task rides only while it would have been next: where a ready one that is not merged stands
between the two in the order of work, only those of that one's priority still may, and none where it wants one of the files.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from watchbill.domain.batches import wish_of
from watchbill.domain.claims import any_overlap, normal
from watchbill.domain.ids import TaskId
from watchbill.domain.lore import CONTINUITY
from watchbill.domain.tasks import Autonomy, Delivery, Task
from watchbill.scheduling.bill import Merging, Mode, RepoTerms, WatchBill
from watchbill.scheduling.decisions import Candidate
from watchbill.scheduling.snapshot import Snapshot

SMALL = timedelta(minutes=30)  # of a person's time, where the author stated it
_SHARED = frozenset({Delivery.INTEGRATION, Delivery.LAND})  # a branch or a patch of its own is what its people wait for

Placed = tuple[int, Task]  # with the priority that it has in the order of work


def fits(lead: Task, rider: Task, bill: WatchBill) -> bool:
    """Whether the two themselves let one run do both: the same files, named one by one, and the same terms."""
    return (
        rider.id != lead.id
        and (rider.repo, rider.type, rider.pinned) == (lead.repo, lead.type, lead.pinned)
        and _files(rider) == _files(lead)
        and _terms(rider, bill) == _terms(lead, bill)
        and all(_may_be_merged(task, bill) for task in (lead, rider))
    )


def is_small(task: Task, merging: Merging) -> bool:
    """By its author's estimate, where there is one; and always by the length of what it asks for."""
    words = sum(len(text) for text in (task.title, task.requirements, task.success, task.body))
    return words <= merging.text and (task.effort is None or task.effort <= SMALL)


def riders_of(
    lead: Task, behind: Iterable[Placed], bill: WatchBill, *, alone: frozenset[TaskId], is_ready: Callable[[Task], bool]
) -> Iterator[Task]:
    """Who rides with the lead, of those that stand behind it in the order of work."""
    merging = bill.merging
    if merging is None or lead.id in alone or not is_small(lead, merging):
        return
    left, passed = merging.tasks - 1, None  # passed: the priority of the first ready one that is not merged
    for priority, task in behind:
        if not left or (passed is not None and priority > passed):
            return
        if not is_ready(task):
            continue
        if task.id not in alone and is_small(task, merging) and fits(lead, task, bill):
            left -= 1
            yield task
        elif task.repo == lead.repo and any_overlap(task.reach, lead.reach):
            return
        elif passed is None:
            passed = priority


class Merger:
    """Who rides with whom in one tick: what the snapshot knows, and what is put together now."""

    def __init__(
        self, snapshot: Snapshot, bill: WatchBill, ordered: Sequence[Placed], *, is_ready: Callable[[Task], bool]
    ) -> None:
        self._bill = bill
        self._ordered = ordered
        self._alone = snapshot.alone
        self._is_ready = is_ready
        self._lead_by_rider = dict(snapshot.rides)
        self._leads = set(self._lead_by_rider.values())

    def lead_of(self, task: TaskId) -> TaskId | None:
        return self._lead_by_rider.get(task)

    def begin(self, lead: Task, chosen: Candidate) -> tuple[TaskId, ...]:
        """Who rides in a run that begins: who rode with the lead before it, else who may now."""
        if not self._takes_riders(chosen):
            self._lead_by_rider = {rider: other for rider, other in self._lead_by_rider.items() if other != lead.id}
            return ()
        if lead.id not in self._leads:
            self._lead_by_rider |= {rider.id: lead.id for rider in self._new_riders(lead)}
        return tuple(sorted(rider for rider, its_lead in self._lead_by_rider.items() if its_lead == lead.id))

    def _takes_riders(self, chosen: Candidate) -> bool:
        """Local automation and agents are told of one task only, and a one-shot model of one passage."""
        mine = [terms for terms in self._bill.providers if terms.name == chosen.provider and not terms.is_agent]
        models = [model for terms in mine for model in terms.models if model.id == chosen.model]
        return chosen.model != "" and bool(mine) and all(model.takes_riders for model in models)

    def _new_riders(self, lead: Task) -> Iterator[Task]:
        place = next(place for place, (_, task) in enumerate(self._ordered) if task.id == lead.id)
        behind = self._ordered[place + 1 :]
        if any(fits(lead, task, self._bill) for _, task in behind):  # else nobody else need be looked at
            yield from riders_of(lead, behind, self._bill, alone=self._alone, is_ready=self._is_free)

    def _is_free(self, task: Task) -> bool:
        return task.id not in self._lead_by_rider and self._is_ready(task)


def _files(task: Task) -> frozenset[str]:
    return frozenset(map(normal, task.reach))


def _terms(task: Task, bill: WatchBill) -> tuple[object, ...]:
    repo = _repo(task, bill)
    autonomy = task.autonomy or repo.autonomy
    return autonomy, repo.delivery_of(task.delivery), task.fallback, task.on_question, wish_of(task)


def _may_be_merged(task: Task, bill: WatchBill) -> bool:
    """Nothing of its own is at stake: no review, no cap, no branch; and nobody lets tasks start one by one."""
    repo = _repo(task, bill)
    return (
        task.type != CONTINUITY
        and (repo.mode or bill.mode) is Mode.FULL
        and repo.delivery_of(task.delivery) in _SHARED
        and (task.autonomy or repo.autonomy) is not Autonomy.LOW
        and task.max_cost is None
        and not task.artefacts
        and bool(task.reach)
        and all(_is_one_file(pattern) for pattern in task.reach)
    )


def _is_one_file(pattern: str) -> bool:
    """As far as a name tells: no glob, no folder."""
    return "." in pattern.rsplit("/", maxsplit=1)[-1] and not any(mark in pattern for mark in "*?")


def _repo(task: Task, bill: WatchBill) -> RepoTerms:
    return next((terms for terms in bill.repos if terms.name == task.repo), RepoTerms(name=task.repo))
