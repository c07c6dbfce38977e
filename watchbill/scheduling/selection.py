"""Selection: who suits a task best, and everything that speaks against each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from watchbill.domain import claims
from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.lore import CONTINUITY
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.domain.tasks import Task
from watchbill.scheduling.affording import Short
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.decisions import Candidate, Reason, Rejection, Score
from watchbill.scheduling.fitting import Offer, estimate_of, fit_of, model_for, score, strength_of
from watchbill.scheduling.ladder import Step, ladder_for
from watchbill.scheduling.muster import Muster
from watchbill.scheduling.purse import Purse
from watchbill.scheduling.snapshot import FirstCall, Record, Snapshot
from watchbill.scheduling.turns import Turns

GOOD_FIT = 0.75  # from here on a free provider suffices, and goes before every paid one
WORTH_WAITING = timedelta(hours=3)  # a retry waits so long for another provider's turn: a round of a three-handed bill

LASTING = frozenset(
    {
        Reason.NOT_PINNED,
        Reason.NOT_CONFIGURED,
        Reason.WRONG_TYPE,
        Reason.MODEL_UNPRICED,
        Reason.BELOW_MIN_FIT,
        Reason.NOT_THE_STEP,
        Reason.NOT_A_REVIEWER,
        Reason.CALL_TOO_DEAR,
    }
)
BUSY = frozenset({Reason.PROVIDER_BUSY, Reason.BEHIND})


def candidates(task: Task, snapshot: Snapshot, bill: WatchBill, now: datetime) -> tuple[Candidate, ...]:
    """Every provider of the bill with its score and all that speaks against it now, the best first."""
    return Chooser(snapshot, bill, now).candidates(task)


class _Ask(NamedTuple):
    """What of a task decides who may do it: tasks that ask the same have the same candidates."""

    type: TaskType
    repo: RepoName
    pinned: ProviderName | None
    fallback: tuple[ProviderName, ...]
    last_tried: ProviderName | None
    warm: ProviderName | None
    left: MicroUsd | None
    climbed: tuple[str, ...]
    drafter: ProviderName | None  # whose draft is to be reviewed
    is_one_file: bool  # all that a one-shot model can be told of
    calls: tuple[FirstCall, ...] = ()  # what is known of its first calls


class Chosen(NamedTuple):
    candidates: tuple[Candidate, ...]  # the best first
    binding: Rejection | None  # why none can start now; None when the first one can


class Chooser:
    """Candidates for the tasks of one tick: prepared once, and told of every start so that the next task sees it."""

    def __init__(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> None:
        self._bill = bill
        self._now = now
        self._warm = snapshot.warm
        self._stalled = snapshot.stalled
        self._drafts = snapshot.drafts
        self._vendors = {terms.name: terms.vendor or terms.name for terms in bill.providers}
        self._records = snapshot.records
        self._climbs = snapshot.climbs
        self._calls: defaultdict[TaskId, list[FirstCall]] = defaultdict(list)
        for call in snapshot.first_calls:
            self._calls[call.task].append(call)
        self._barred = dict(_barred(snapshot, bill))
        self._muster = Muster(snapshot, now)
        self._purse = Purse(snapshot, bill, now)
        self._offers_by_type: dict[TaskType, tuple[Offer, ...]] = {}
        self._chosen: dict[tuple[object, ...], Chosen] = {}  # by the fields of _Ask
        self.turns = Turns(bill, self._muster.states, now)
        self.changes: set[datetime] = set()  # when a rejection that was given lapses by itself

    def has_place(self, types: AbstractSet[TaskType]) -> bool:
        """Whether some provider might begin a task of these types: it is well, has a free place, and the hour allows it."""
        warm = set(self._warm.values())
        return any(
            self._muster.has_place(terms)
            and (terms.only_types is None or not terms.only_types.isdisjoint(types))
            and self.turns.may_begin(terms, is_warm=terms.name in warm, running=self._muster.running)
            for terms in self._bill.providers
        )

    def candidates(self, task: Task) -> tuple[Candidate, ...]:
        return self.choose(task).candidates

    def choose(self, task: Task) -> Chosen:
        drafter = self._drafts.get(task.id) if self._bill.collaboration.wants(task.type) else None
        asked = (
            task.type,
            task.repo,
            None if drafter else task.pinned,
            () if task.pin or drafter else task.fallback,
            self._stalled.get(task.id) or (task.tried[-1] if task.tried else None),
            self._warm.get(task.id),
            self._purse.left_for(task),
            self._climbs.get(task.id, ()),
            drafter,
            len(task.claims) == 1 and claims.is_path(task.claims[0]),
            tuple(self._calls.get(task.id, ())),
        )
        chosen = self._chosen.get(asked)
        if chosen is None:
            chosen = self._chosen[asked] = self._choose(_Ask(*asked))
        return chosen

    def too_dear(self, task: Task, found: Iterable[Candidate]) -> list[tuple[Candidate, tuple[Short, ...]]]:
        """Where nobody can ever take a task, and only a cap keeps somebody from it: who, and which caps. Else nothing."""
        lasting = [(each, LASTING.intersection(one.reason for one in each.rejections)) for each in found]
        if not all(reasons for _, reasons in lasting):
            return []
        left, calls = self._purse.left_for(task), self._calls[task.id]
        return [
            (each, tuple(self._purse.shorts(call, task.repo, task.type, task_left=left)))
            for each, reasons in lasting
            if reasons == {Reason.CALL_TOO_DEAR} and (call := _call(calls, each.provider, each.model)) is not None
        ]

    def turns_at(self, budget: str) -> datetime | None:
        return self._purse.turns_at(budget)

    def begin(self, task: Task, chosen: Candidate) -> None:
        """Count a start of this tick against the provider's places and the budgets."""
        self._muster.begin(task.id, chosen)
        self._purse.promise(chosen.provider, task.repo, task.type, chosen.estimate)
        self._chosen.clear()

    def _choose(self, ask: _Ask) -> Chosen:
        found = self._weigh(ask)
        self.changes.update(one.until for each in found for one in each.rejections if one.until)
        return Chosen(found, None if found and found[0].eligible else _binding(ask.pinned, found))

    def _weigh(self, ask: _Ask) -> tuple[Candidate, ...]:
        step = self._step(ask)
        offers = tuple(self._offers_for(ask)) if step is None else tuple(self._offers_on(step, ask.type))
        against = {offer.terms.name: [*_beside(offer, step), *self._against(offer, ask)] for offer in offers}
        self._add_stand_by(ask, against)
        self._add_turns(ask, against)
        self._add_last_tried(ask, against)
        dearest = max((offer.estimate for offer in offers), default=ZERO)
        found = [
            Candidate(
                provider=offer.terms.name,
                model=offer.model.id if offer.model else "",
                score=self._score(offer, dearest),
                estimate=offer.estimate,
                rejections=tuple(against[offer.terms.name]),
                step=offer.step,
            )
            for offer in offers
        ]
        suffices = {o.terms.name for o in offers if o.terms.billing is Billing.FREE and o.fit >= GOOD_FIT}
        return tuple(sorted(found, key=lambda each: _rank(each, ask, suffices)))

    def _offers(self, type_: TaskType) -> tuple[Offer, ...]:
        if type_ not in self._offers_by_type:
            self._offers_by_type[type_] = tuple(self._offer(terms, type_) for terms in self._bill.providers)
        return self._offers_by_type[type_]

    def _offers_for(self, ask: _Ask) -> Iterator[Offer]:
        """The same, but of a provider whose model is too dear for this very task another model, if it has one."""
        for offer in self._offers(ask.type):
            dear = {
                call.model for call in ask.calls if call.provider == offer.terms.name and any(self._shorts(call, ask))
            }
            yield self._offer(offer.terms, ask.type, dear) if dear else offer

    def _shorts(self, call: FirstCall, ask: _Ask) -> Iterator[Short]:
        return self._purse.shorts(call, ask.repo, ask.type, task_left=ask.left)

    def _offer(self, terms: ProviderTerms, type_: TaskType, dear: AbstractSet[str] = frozenset()) -> Offer:
        record = self._records.get((terms.name, type_), Record())
        barred = {model for name, model in self._barred if name == terms.name} | self._models_out(terms) | dear
        unpriced = frozenset(model.id for model in terms.models if model.unpriced)
        # one that only rests is waited for; of the others a cap can be raised
        for out in (barred, dear | unpriced, unpriced):
            model = model_for(terms, type_, out)
            if model is None or model.id not in out:
                break
        estimate = estimate_of(terms, model or ModelTerms(id=""), record)
        against = self._barred.get((terms.name, model.id)) if model else None
        return Offer(terms, model, fit_of(terms, type_, record), estimate, against)

    def _models_out(self, terms: ProviderTerms) -> frozenset[str]:
        state = self._muster.state(terms.name)
        sick = {each.model for each in state.sick_models if each.broken_until and each.broken_until > self._now}
        return frozenset(sick | {rest.model for rest in state.resting if not rest.trying})

    def _step(self, ask: _Ask) -> Step | None:
        """The cheapest step of the task's ladder that may take it; None for a task that takes no ladder."""
        ladder = ladder_for(self._bill.ladders, ask.type, ask.repo)
        if ladder is None or ask.pinned is not None or ask.drafter is not None:
            return None
        left = ladder.left(ask.climbed)
        return next((step for step in left if self._may_take(step, ask)), left[0])

    def _may_take(self, step: Step, ask: _Ask) -> bool:
        """Whether a step can do it now or soon: a busy provider and a short rest are waited for, money is asked of all alike."""
        offers = [offer for offer in self._offers_on(step, ask.type) if offer.step is not None]
        spoken = [
            one
            for offer in offers
            for one in (*self._unsuitable(offer, ask), *self._muster.unwell(offer.terms.name, offer.model))
        ]
        return bool(offers) and all(one.until and one.until <= self._now + WORTH_WAITING for one in spoken)

    def _offers_on(self, step: Step, type_: TaskType) -> Iterator[Offer]:
        for offer in self._offers(type_):
            if offer.terms.name != step.provider:
                yield offer
                continue
            known = (model for model in offer.terms.models if model.id == step.model)
            model = next(known, ModelTerms(id=step.model))
            record = self._records.get((offer.terms.name, type_), Record())
            barred = self._barred.get((offer.terms.name, model.id))
            estimate = estimate_of(offer.terms, model, record)
            yield replace(offer, model=model, estimate=estimate, barred=barred, step=step)

    def _score(self, offer: Offer, dearest: MicroUsd) -> Score:
        terms = offer.terms
        return score(
            self._bill.weights,
            fit=offer.fit,
            cost=1.0 - offer.estimate / dearest if dearest else 1.0,
            health=self._muster.state(terms.name).score / 100,
            load=max(0, terms.concurrent - self._muster.running[terms.name]) / max(1, terms.concurrent),
        )

    def _against(self, offer: Offer, ask: _Ask) -> Iterator[Rejection]:
        """What speaks against a provider whatever the others do; what lasts longest comes first."""
        yield from self._unsuitable(offer, ask)
        yield from self._muster.unwell(offer.terms.name, offer.model)
        if offer.terms.billing is not Billing.FREE:
            yield from self._purse.refusals(
                offer.terms.name,
                ask.repo,
                ask.type,
                estimate=offer.estimate,
                task_left=ask.left,
                call=_call(ask.calls, offer.terms.name, offer.model.id) if offer.model else None,
            )
        yield from self._muster.occupied(offer.terms)

    def _unsuitable(self, offer: Offer, ask: _Ask) -> Iterator[Rejection]:
        terms = offer.terms
        if ask.pinned not in (None, terms.name) and terms.name not in ask.fallback:
            yield Rejection(reason=Reason.NOT_PINNED, detail=f"the task asks for {ask.pinned}")
        if ask.drafter is not None and not self._may_review(terms, ask.drafter):
            worded = f"{terms.name} does not review what {ask.drafter} drafted: another vendor does"
            yield Rejection(reason=Reason.NOT_A_REVIEWER, detail=worded)
        if ask.type == CONTINUITY and not _can_be_asked(terms, offer.model):
            worded = f"{terms.name} works on files, and a continuity check asks a model and changes none"
            yield Rejection(reason=Reason.WRONG_TYPE, detail=worded)
        if not terms.configured:
            yield Rejection(reason=Reason.NOT_CONFIGURED, detail=_missing(terms))
        if terms.only_types is not None and ask.type not in terms.only_types:
            does = ", ".join(sorted(terms.only_types)) or "nothing"
            yield Rejection(reason=Reason.WRONG_TYPE, detail=f"{terms.name} does {does}, not {ask.type}")
        elif offer.model is None:
            yield Rejection(reason=Reason.WRONG_TYPE, detail=f"no model of {terms.name} is meant for {ask.type}")
        elif not (offer.model.takes_riders or ask.is_one_file):
            worded = (
                f"{offer.model.id} of {terms.name} mends a passage of one file, and the task does not name just one"
            )
            yield Rejection(reason=Reason.WRONG_TYPE, detail=worded)
        elif offer.barred is not None:
            yield offer.barred
        else:
            yield from self._too_dear(terms, offer.model, ask)
        asked_for = offer.step is not None or terms.name in (ask.pinned, *ask.fallback)
        strength = strength_of(
            terms, ask.type
        )  # not its fit: failures of its own would leave the work with nobody, for ever
        if strength < self._bill.min_fit and not asked_for:
            worded = f"{terms.name} fits {ask.type} {strength:.2f}, at least {self._bill.min_fit:.2f} is wanted"
            yield Rejection(reason=Reason.BELOW_MIN_FIT, detail=worded)

    def _too_dear(self, terms: ProviderTerms, model: ModelTerms, ask: _Ask) -> Iterator[Rejection]:
        """That its call never fits under a cap, as far as is known."""
        call = _call(ask.calls, terms.name, model.id)
        short = next(self._shorts(call, ask), None) if call else None
        if short is not None:
            worded = f"a call of {terms.name} {model.id} {short.said}; {short.mend}"
            yield Rejection(reason=Reason.CALL_TOO_DEAR, detail=worded)

    def _may_review(self, terms: ProviderTerms, drafter: ProviderName) -> bool:
        is_other = self._vendors[terms.name] != self._vendors.get(drafter, drafter)
        return _can_be_asked(terms) and is_other and self._bill.collaboration.may_review(terms.name)

    def _add_stand_by(self, ask: _Ask, against: Mapping[ProviderName, list[Rejection]]) -> None:
        """Of the provider that is asked for and those that stand in for it only the first that is able may, whatever the
        hour; where none is now, the first that will be."""
        chain = [name for name in (ask.pinned, *ask.fallback) if name is not None and name in against]
        reasons = {name: {one.reason for one in against[name]} for name in chain}
        able = [name for name in chain if reasons[name] <= BUSY and name != ask.last_tried]
        later = [name for name in chain if reasons[name].isdisjoint(LASTING)]
        first = next(iter((*able, *later)), None)
        for name in chain:
            if name not in (first, ask.pinned):
                against[name].append(Rejection(reason=Reason.NOT_PINNED, detail=f"it stands in for {ask.pinned}"))

    def _add_turns(self, ask: _Ask, against: Mapping[ProviderName, list[Rejection]]) -> None:
        serves = any(not against[name] and name != ask.last_tried for name in self.turns.on_watch)
        for terms in self._bill.providers:
            refusal = self.turns.refusal(terms, warm=ask.warm, watch_serves=serves, running=self._muster.running)
            if refusal is not None:
                against[terms.name].append(refusal)

    def _add_last_tried(self, ask: _Ask, against: Mapping[ProviderName, list[Rejection]]) -> None:
        """Retry elsewhere: who failed last stands back while another can take over now or within WORTH_WAITING."""
        tried = ask.last_tried
        if tried is None or tried not in against:
            return
        others = [name for name in against if name != tried and self._comes_free(against[name])]
        if others:
            until = min((one.until for name in others for one in against[name] if one.until), default=None)
            worded = f"the last run on {tried} did not land; {', '.join(others)} can take over"
            against[tried].append(Rejection(reason=Reason.ALREADY_TRIED, detail=worded, until=until))

    def _comes_free(self, rejections: list[Rejection]) -> bool:
        return all(
            one.reason in BUSY
            or (one.reason is Reason.OUT_OF_SLOT and one.until is not None and one.until <= self._now + WORTH_WAITING)
            for one in rejections
        )


def _barred(snapshot: Snapshot, bill: WatchBill) -> Iterator[tuple[tuple[ProviderName, str], Rejection]]:
    """Models that no call may be made to, whatever else their providers do."""
    for terms in bill.providers:
        for model in terms.models:
            key = (terms.name, model.id)
            if model.unpriced:
                yield key, Rejection(reason=Reason.MODEL_UNPRICED, detail=f"{terms.name} {model.id}: {model.unpriced}")
            elif (why := snapshot.stopped.get(key)) is not None:
                way = f"look at its price, then: watchbill provider allow {terms.name} {model.id} -m WHY"
                yield key, Rejection(reason=Reason.MODEL_STOPPED, detail=f"{model.id} is stopped, since {why}; {way}")


def _call(calls: Iterable[FirstCall], provider: ProviderName, model: str) -> FirstCall | None:
    return next((call for call in calls if (call.provider, call.model) == (provider, model)), None)


def _beside(offer: Offer, step: Step | None) -> Iterator[Rejection]:
    if step is not None and offer.step is None:
        yield Rejection(reason=Reason.NOT_THE_STEP, detail=f"its ladder stands on {step.name}")


def _can_be_asked(terms: ProviderTerms, model: ModelTerms | None = None) -> bool:
    """Whether it is a model that answers a question: no program of its own, and not made for one passage only."""
    return bool(terms.models) and not terms.is_agent and (model is None or model.takes_riders)


def _missing(terms: ProviderTerms) -> str:
    return f"{terms.name}: {terms.missing}" if terms.missing else f"{terms.name} has no key"


def _rank(each: Candidate, ask: _Ask, suffices: set[ProviderName]) -> tuple[int, bool, bool, float]:
    """Sort key: who can start, then who could later; where the work is warm; free where that suffices; the score."""
    reasons = {one.reason for one in each.rejections}
    hindrance = 3 if reasons & LASTING else 2 if Reason.ALREADY_TRIED in reasons else 1 if reasons else 0
    return (hindrance, each.provider != ask.warm, each.provider not in suffices, -each.score.total)


def _binding(pinned: ProviderName | None, found: tuple[Candidate, ...]) -> Rejection:
    """The best candidate's first rejection; that nobody can at all where everybody's lasts."""
    able = next(filter(_is_able, found), None)
    named = next((each for each in found if each.provider == pinned), None) if pinned else None
    if named is not None and (able is None or _is_able(named)):
        return named.rejections[0]
    if able is not None:
        return able.rejections[0]
    if pinned is not None:
        return Rejection(reason=Reason.NO_CAPABLE_PROVIDER, detail=f"no provider is called {pinned}")
    reasons = "; ".join(each.rejections[0].detail for each in found) or "the bill names no provider"
    return Rejection(reason=Reason.NO_CAPABLE_PROVIDER, detail=reasons)


def _is_able(each: Candidate) -> bool:
    return LASTING.isdisjoint(one.reason for one in each.rejections)
