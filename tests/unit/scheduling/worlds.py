"""Made-up worlds: snapshots and bills of every kind, small enough that everything meets everything.

Each follows from one number that hypothesis draws: much cheaper than drawing every field, so that many more are tried.
"""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from planning import NOON, REPO, live, state, task, terms

from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import Autonomy, TaskState
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling.bill import Mode, ModelTerms, RepoTerms, SlotPolicy, WatchBill
from watchbill.scheduling.slots import show_hours
from watchbill.scheduling.snapshot import Begun, HeldClaim, Record, Snapshot, WindowState

NAMES = tuple(ProviderName(name) for name in ("claude", "gpt", "copilot", "local"))
TYPES = ("write", "fix", "validate")
PATTERNS = ("**", "scenes", "scenes/*.txt", "scenes/a.txt", "SCENES/A.txt", "docs/a.md", "**/a.txt", "src/**", "src/x")
REPOS = (REPO, RepoName("other"))
MODELS = ((), (ModelTerms(id="m"),), (ModelTerms(id="n", uses=("fix",)), ModelTerms(id="m")))
CAPS = (None, None, MicroUsd(0), MicroUsd(60_000), MicroUsd(1_000_000))
STATES = (*[TaskState.QUEUED] * 6, TaskState.PROPOSED, TaskState.REVIEW, TaskState.FAILED)

seeds = st.integers(0, 2**32)


def worlds():
    return seeds.map(lambda seed: _world(Random(seed)))


def bills(policies: Sequence[SlotPolicy] = tuple(SlotPolicy)):
    return seeds.map(lambda seed: _bill(Random(seed), policies))


def _world(chance: Random) -> Snapshot:
    names = [f"t{number}" for number in range(chance.randrange(8))]
    running = chance.sample(names, chance.randint(0, min(2, len(names))))
    return Snapshot(
        tasks=tuple(_task(chance, name) for name in names),
        done=frozenset({TaskId("done")}),
        live=tuple(_live(chance, name) for name in running),
        held_claims=tuple(
            HeldClaim(repo=REPO, task=TaskId("t1"), pattern=pattern) for pattern in _some(chance, PATTERNS[1:], 1)
        ),
        providers=tuple(_state(chance, name) for name in _some(chance, NAMES, 4)),
        windows=tuple(
            WindowState(window=window, cap=chance.choice(CAPS), spent=_sum(chance), held=_sum(chance))
            for window in _some(chance, [Window(WindowKind.DAY, "2026-11-24"), Window(WindowKind.TASK, "t0")], 2)
        ),
        records={(name, kind): _record(chance) for name in _some(chance, NAMES, 2) for kind in _some(chance, TYPES, 2)},
        warm={TaskId("t2"): NAMES[0]} if chance.random() < 0.3 else {},
        pauses=tuple(_pause(chance) for _ in range(chance.choice([0, 0, 0, 1, 2]))),
        begun=tuple(_begun(chance) for _ in range(chance.choice([0, 0, 2]))),
    )


def _some(chance: Random, items: Sequence, at_most: int) -> list:
    return chance.sample(items, chance.randint(0, at_most))


def _sum(chance: Random) -> MicroUsd:
    return MicroUsd(chance.randrange(100_000))


def _moment(chance: Random):
    return NOON + timedelta(minutes=chance.randint(-600, 600))


def _maybe(chance: Random, share: float, value):
    return value if chance.random() < share else None


def _task(chance: Random, name: str):
    return task(
        name,
        repo=chance.choice(REPOS),
        kind=chance.choice(TYPES),
        files=" ".join(_some(chance, PATTERNS, 2)),
        needs=" ".join(_some(chance, ["t0", "t1", "done"], 2)) if chance.random() < 0.4 else "",
        state=chance.choice(STATES),
        priority=chance.randrange(3),
        autonomy=chance.choice([None, *Autonomy]),
        order=chance.randrange(4),
        provider=_maybe(chance, 0.2, chance.choice(NAMES)),
        attempts=chance.choice([0, 0, 0, 1, 2, 3, 4]),
        tried=tuple(_some(chance, NAMES, 2)),
        max_cost=chance.choice(CAPS),
        effort=_maybe(chance, 0.5, timedelta(minutes=chance.randint(1, 900))),
        not_before=_maybe(chance, 0.2, _moment(chance)),
        created_at=_maybe(chance, 0.7, _moment(chance)),
        released=chance.random() < 0.2,
        bumped_at=_maybe(chance, 0.2, _moment(chance)),
        pin=_maybe(chance, 0.1, chance.choice(NAMES)),
        extra={"note": "é\n"} if chance.random() < 0.2 else {},
    )


def _live(chance: Random, name: str):
    return live(
        name,
        chance.choice(NAMES),
        since=NOON - timedelta(minutes=chance.randrange(80)),
        claims=tuple(_some(chance, PATTERNS[1:], 1)),
        handing_over=chance.random() < 0.3,
    )


def _state(chance: Random, name: ProviderName):
    return state(
        name,
        score=chance.randint(0, 100),
        broken=chance.random() < 0.2,
        held_until=_maybe(chance, 0.4, _moment(chance)),
        pause=_maybe(
            chance, 0.1, Pause(scope=Scope.PROVIDER, name=name, until=_maybe(chance, 0.5, _moment(chance)), why="")
        ),
        idle_since=_maybe(chance, 0.5, _moment(chance)),
    )


def _pause(chance: Random) -> Pause:
    scope = chance.choice(
        [Scope.REPO, Scope.TYPE, Scope.TASK, Scope.TASK, *([Scope.ALL] if chance.random() < 0.1 else [])]
    )
    name = chance.choice(
        {Scope.ALL: ("",), Scope.REPO: REPOS, Scope.TYPE: TYPES, Scope.TASK: ("t0", "t1", "t2")}[scope]
    )
    return Pause(scope=scope, name=name, until=_maybe(chance, 0.6, _moment(chance)), why="", who="jo")


def _begun(chance: Random) -> Begun:
    return Begun(task=TaskId(chance.choice(["t0", "gone"])), repo=chance.choice(REPOS), at=_moment(chance))


def _record(chance: Random) -> Record:
    runs = chance.randrange(10)
    span = timedelta(minutes=runs)
    return Record(runs=runs, landed=chance.randint(0, runs), mean_cost=_sum(chance), mean_span=span)


def _bill(chance: Random, policies: Sequence[SlotPolicy]) -> WatchBill:
    return WatchBill(
        providers=tuple(_terms(chance, name) for name in NAMES[: chance.choice([0, 1, 2, 3, 4, 4, 4])]),
        policy=chance.choice(policies),
        zone=ZoneInfo(chance.choice(["UTC", "Asia/Kathmandu", "America/St_Johns"])),
        max_parallel=chance.randint(1, 4),
        mode=chance.choice([Mode.FULL, Mode.FULL, *Mode]),
        gradual_per_day=chance.randint(1, 3),
        repos=tuple(_repo(chance, name) for name in _some(chance, REPOS, 2)),
        caps=Caps(
            day=chance.choice(CAPS),
            month=chance.choice(CAPS),
            per_provider=chance.choice([{}, {"gpt": MicroUsd(70_000)}]),
        ),
    )


def _repo(chance: Random, name: RepoName) -> RepoTerms:
    own = chance.choice([None, None, 1])
    return RepoTerms(name=name, mode=chance.choice([None, *Mode]), gradual_per_day=own)


def _terms(chance: Random, name: ProviderName):
    return terms(
        name,
        show_hours(frozenset(_some(chance, range(24), 24))),
        always=chance.random() < 0.2,
        billing=chance.choice(tuple(Billing)),
        models=chance.choice(MODELS),
        strengths={kind: chance.random() for kind in _some(chance, (*TYPES, "*"), 4)},
        only_types=_maybe(chance, 0.2, frozenset({"write", "fix"})),
        concurrent=chance.randint(1, 3),
        configured=chance.random() < 0.85,
    )
