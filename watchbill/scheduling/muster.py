"""The muster: who is well and has a free place, in one tick."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.scheduling.bill import ModelTerms, ProviderTerms
from watchbill.scheduling.decisions import Candidate, Reason, Rejection
from watchbill.scheduling.snapshot import ModelRest, ModelState, ProviderState, Snapshot
from watchbill.scheduling.turns import is_broken, is_held


class Muster:
    """The providers as the snapshot has them, and what they were given since."""

    def __init__(self, snapshot: Snapshot, now: datetime) -> None:
        self._now = now
        self.states: Mapping[ProviderName, ProviderState] = {state.name: state for state in snapshot.providers}
        self.running = Counter(run.provider for run in snapshot.live)
        self._running_models = Counter((run.provider, run.model) for run in snapshot.live)
        self._last: dict[ProviderName, TaskId] = {}  # what it was given in this tick

    def begin(self, task: TaskId, chosen: Candidate) -> None:
        """Count a start of this tick against the provider's places."""
        self._last[chosen.provider] = task
        self.running[chosen.provider] += 1
        self._running_models[chosen.provider, chosen.model] += 1

    def state(self, name: ProviderName) -> ProviderState:
        return self.states.get(name, ProviderState(name=name))

    def has_place(self, terms: ProviderTerms) -> bool:
        return self.running[terms.name] < self._places(terms)

    def occupied(self, terms: ProviderTerms) -> Iterator[Rejection]:
        """That it has no free place; nothing while it has one."""
        if self.has_place(terms):
            return
        last = self._last.get(terms.name)
        if last is not None:
            yield Rejection(reason=Reason.BEHIND, detail=f"{terms.name} was just given {last}, which goes before")
        else:
            yield Rejection(
                reason=Reason.PROVIDER_BUSY,
                detail=f"{terms.name} runs {self.running[terms.name]} of {self._places(terms)}",
            )

    def unwell(self, name: ProviderName, model: ModelTerms | None) -> Iterator[Rejection]:
        """What is wrong with a provider, or with the model that would be asked."""
        state = self.state(name)
        if state.pause is not None and state.pause.is_on(self._now):
            yield Rejection(reason=Reason.PROVIDER_PAUSED, detail=state.pause.said, until=state.pause.until)
        if is_broken(state, self._now):
            why = state.broken_why or "it failed several times in a row"
            yield Rejection(reason=Reason.PROVIDER_UNHEALTHY, detail=f"{name}: {why}", until=state.broken_until)
        elif state.on_trial and self.running[name]:
            yield _on_trial(name)
        for sick in state.sick_models:
            if model is not None and sick.model == model.id:
                yield from self._sick(name, sick)
        if is_held(state, self._now):
            why = state.held_why or "its account is on hold"
            yield Rejection(reason=Reason.PROVIDER_HELD, detail=f"{name}: {why}", until=state.held_until)
        for rest in state.resting:
            if model is not None and rest.model == model.id:
                yield from self._resting(name, rest)

    def _sick(self, name: ProviderName, sick: ModelState) -> Iterator[Rejection]:
        if sick.broken_until is None:
            if self.running[name]:
                yield _on_trial(f"{sick.model} of {name}")
        elif sick.broken_until > self._now:
            why = f"{sick.model} of {name} failed several times in a row: {sick.why}"
            yield Rejection(reason=Reason.PROVIDER_UNHEALTHY, detail=why, until=sick.broken_until)

    def _resting(self, name: ProviderName, rest: ModelRest) -> Iterator[Rejection]:
        if not rest.trying:
            detail = f"{rest.model} of {name}: {rest.why}"
            yield Rejection(reason=Reason.PROVIDER_HELD, detail=detail, until=rest.until)
        elif self._running_models[name, rest.model]:
            detail = f"one run tries whether {rest.model} of {name} is well again"
            yield Rejection(reason=Reason.PROVIDER_BUSY, detail=detail)

    def _places(self, terms: ProviderTerms) -> int:
        """How many runs it may have at once: one, while it is tried whether its account is well again."""
        return min(1, terms.concurrent) if self.state(terms.name).trying else terms.concurrent


def _on_trial(name: str) -> Rejection:
    return Rejection(
        reason=Reason.PROVIDER_UNHEALTHY, detail=f"{name} is tried by one run, to see whether it is well again"
    )
