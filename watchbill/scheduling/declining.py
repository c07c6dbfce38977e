"""A provider's share of the queue: what it would begin now, what others take, and what speaks against giving it the rest."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.scheduling.decisions import Decision, Reason, Rejection, Start, Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Tasks that one reason keeps from a provider, the most urgent first."""

    tasks: tuple[TaskId, ...]
    first: Rejection  # of the first of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    starts: tuple[TaskId, ...]
    elsewhere: tuple[TaskId, ...]  # it could take them, but others begin them
    declined: tuple[Against, ...]  # something speaks against this provider, the most frequent first
    waiting: tuple[Against, ...]  # nothing speaks against it: they wait for something else


def share_of(provider: ProviderName, decisions: Iterable[Decision]) -> Share:
    """What plan() decided, as it concerns one provider."""
    starts: list[TaskId] = []
    elsewhere: list[TaskId] = []
    declined: defaultdict[Reason, list[tuple[TaskId, Rejection]]] = defaultdict(list)
    waiting: defaultdict[Reason, list[tuple[TaskId, Rejection]]] = defaultdict(list)
    for decision in decisions:
        if not isinstance(decision, Start | Wait):
            continue
        if isinstance(decision, Start) and decision.provider == provider:
            starts.append(decision.task)
            continue
        spoken = next((each.rejections for each in decision.candidates if each.provider == provider), ())
        if spoken:
            declined[spoken[0].reason].append((decision.task, spoken[0]))
        elif isinstance(decision, Start):
            elsewhere.append(decision.task)
        else:
            waiting[decision.binding.reason].append((decision.task, decision.binding))
    return Share(
        starts=tuple(starts),
        elsewhere=tuple(elsewhere),
        declined=_by_frequency(declined.values()),
        waiting=_by_frequency(waiting.values()),
    )


def _by_frequency(groups: Iterable[list[tuple[TaskId, Rejection]]]) -> tuple[Against, ...]:
    found = [Against(tasks=tuple(task for task, _ in group), first=group[0][1]) for group in groups]
    return tuple(sorted(found, key=lambda each: -len(each.tasks)))
