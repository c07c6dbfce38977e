"""The checker: a clean world passes every invariant, and each smallest broken world is caught by its own alone."""

import base64
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from watchbill.domain.calls import Bound, Call, CallState, Purpose, Settlement, Usage
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import CallId, Commit, ProviderName, RepoName, RunId, SessionId, TaskId, TaskType, Token
from watchbill.domain.invariants.checker import RULES, check
from watchbill.domain.invariants.evidence import (
    Claim,
    Delivered,
    Edit,
    EntryKind,
    Evidence,
    HttpRequest,
    Integrity,
    Intent,
    Lease,
    Ledger,
    LedgerEntry,
    Queue,
    QueueEntry,
    Rest,
    Rota,
    Secrets,
    Sums,
    TakenBack,
    TakeUp,
    Tenure,
    UserSide,
    UserState,
)
from watchbill.domain.money import MicroUsd
from watchbill.domain.rides import Ride, RideState
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.tasks import Delivery, Source, Task, TaskState
from watchbill.domain.windows import Caps

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REPO, CLAUDE, GPT = RepoName("game"), ProviderName("claude"), ProviderName("gpt")
ALL = frozenset(f"I{number}" for number in range(1, 21))
CANARY = "sk-canary/Ünlike+ly"


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def task(name: str, state: TaskState = TaskState.LANDED, *needs: str, line: int = 1) -> Task:
    return Task(
        id=TaskId(name),
        repo=REPO,
        title=name,
        type=TaskType("writing"),
        state=state,
        needs=tuple(TaskId(need) for need in needs),
        source=Source(path="QUEUE.md", line=line),
    )


def run(name: str, of: str, begin: int, end: int | None, state: RunState = RunState.LANDED, *, token: int = 1) -> Run:
    return Run(
        id=RunId(name),
        task=TaskId(of),
        repo=REPO,
        session=SessionId(f"s-{of}"),
        provider=CLAUDE,
        model="m",
        token=Token(token),
        state=state,
        stage=Stage.SETTLE,
        attempt=1,
        base=None,
        started_at=at(begin),
        ended_at=None if end is None else at(end),
    )


def ride(name: str, lead: str, by: str, *, landed_by: str | None = None) -> Ride:
    state = RideState.RIDING if landed_by is None else RideState.LANDED
    given = {"task": TaskId(name), "lead": TaskId(lead), "run": RunId(by), "digest": "d" * 64, "state": state}
    return Ride(**given, landed_by=None if landed_by is None else RunId(landed_by))


def windows(run_name: str, of: str) -> frozenset[str]:
    day = ("day:2026-11-24", "month:2026-11", "provider:claude:2026-11-24", "repo:game:2026-11-24")
    month = ("provider-month:claude:2026-11", "repo-month:game:2026-11", "type-month:writing:2026-11")
    return frozenset({*day, *month, "type:writing:2026-11-24", f"task:{of}", f"run:{run_name}"})


def call(name: str, by: str, of: str, minute: int, *, cost: int = 60, state: CallState = CallState.SETTLED) -> Call:
    purpose = Purpose(run=RunId(by), task=TaskId(of), repo=REPO, type=TaskType("writing"), provider=CLAUDE, model="m")
    settled = Settlement(cost=MicroUsd(cost), usage=Usage(tokens_out=5), price_source="test", request_id=f"req-{name}")
    return Call(
        id=CallId(name),
        purpose=purpose,
        state=state,
        bound=Bound(cost=MicroUsd(100), tokens_in=1, tokens_out=1, price_source="test"),
        settlement=settled if state is CallState.SETTLED else None,
        reserved_at=at(minute),
        ended_at=None,
    )


def entries(*parts: tuple[str, EntryKind, int]) -> tuple[LedgerEntry, ...]:
    return tuple(
        LedgerEntry(seq=seq, call=CallId(name), kind=kind, change=MicroUsd(change))
        for seq, (name, kind, change) in enumerate(parts, start=1)
    )


ENTRIES = entries(
    ("c1", EntryKind.RESERVE, 100),
    ("c1", EntryKind.SETTLE, -40),
    ("c2", EntryKind.RESERVE, 100),
    ("c2", EntryKind.SETTLE, -40),
)
SUMS = Sums(
    total=MicroUsd(120),
    by={"provider": {"claude": MicroUsd(120)}, "task": {"a": MicroUsd(60), "b": MicroUsd(60)}},
    by_window={
        **dict.fromkeys(windows("", "") - {"task:", "run:"}, MicroUsd(120)),
        **dict.fromkeys(("task:a", "task:b", "run:r1", "run:r2"), MicroUsd(60)),
    },
)
SIDE = UserState(head="main c0", index="i", stash=("s0",), refs={"refs/heads/main": "c0"}, files={"a.txt": "1"})


def request(seq: int, name: str | None, billed: int = 60, digest: str = "") -> HttpRequest:
    return HttpRequest(
        seq=seq,
        provider=CLAUDE,
        model="m",
        billed=MicroUsd(billed),
        answered=True,
        call=None if name is None else CallId(name),
        digest=digest or f"question {seq}",
    )


def intent(by: str, of: str, commit: str) -> Intent:
    return Intent(
        run=RunId(by),
        task=TaskId(of),
        commit=Commit(commit),
        tree=f"tree {commit}",
        target_ref="refs/heads/watchbill/main",
        delivery=Delivery.INTEGRATION,
        finished=True,
        landed=True,
        on_target=True,
    )


def delivered(by: str, commit: str, token: int = 1) -> Delivered:
    return Delivered(
        commit=Commit(commit),
        tree=f"tree {commit}",
        base_tree=f"onto {commit}",
        target_ref="refs/heads/watchbill/main",
        run=RunId(by),
        token=Token(token),
    )


def with_undone(state: TaskState = TaskState.REVERTED, **more: bool) -> dict[str, object]:
    """The second run's landing is taken back by k9."""
    back = TakenBack(
        run=RunId("r2"),
        task=TaskId("b"),
        revert=Commit("k9"),
        **{"finished": True, "done": True, "on_target": True, **more},
    )
    return {"taken_back": (back,), "tasks": (TASK_A, replace(TASK_B, state=state))}


def verdict(commit: str) -> Verdict:
    return Verdict(tree=f"tree {commit}", base=f"onto {commit}", new=(), debt=(), gates=("python",))


def claim(by: str, of: str, pattern: str, since: int, until: int | None) -> Claim:
    end = None if until is None else at(until)
    return Claim(repo=REPO, task=TaskId(of), run=RunId(by), pattern=pattern, since=at(since), until=end)


def entry(name: str, line: int, marker: str = "[x]") -> QueueEntry:
    return QueueEntry(repo=REPO, path="QUEUE.md", line=line, task=TaskId(name), marker=marker, due="[x]")


def clean() -> Evidence:
    """Two tasks, b after a, each landed by one run with one call."""
    return Evidence(
        calls=(call("c1", "r1", "a", 1), call("c2", "r2", "b", 11)),
        windows={CallId("c1"): windows("r1", "a"), CallId("c2"): windows("r2", "b")},
        caps=Caps(day=MicroUsd(160), month=MicroUsd(1000)),
        ledger=Ledger(entries=ENTRIES, earlier=ENTRIES[:2]),
        sums=SUMS,
        requests=(request(1, "c1"), request(2, "c2")),
        tasks=(task("a"), task("b", TaskState.LANDED, "a", line=2)),
        runs=(run("r1", "a", 0, 5), run("r2", "b", 10, 15)),
        rides=(),
        leases=(
            Lease(task=TaskId("a"), run=RunId("r1"), token=Token(1)),
            Lease(task=TaskId("b"), run=RunId("r2"), token=Token(1)),
        ),
        claims=(claim("r1", "a", "scenes", 0, 5), claim("r2", "b", "scenes/*.txt", 5, 15)),
        intents=(intent("r1", "a", "k1"), intent("r2", "b", "k2")),
        taken_back=(),
        delivered=(delivered("r1", "k1"), delivered("r2", "k2")),
        verdicts=(verdict("k1"), verdict("k2")),
        edits=(Edit(run=RunId("r1"), path="a.txt", accepted=b"new", found=b"new"),),
        take_ups=(TakeUp(session=SessionId("s-a"), run=RunId("r1"), stored="k0 3", taken="k0 3"),),
        queue=Queue(
            entries=(entry("a", 1), entry("b", 2)), text_before={"QUEUE.md": "a\nb"}, text_after={"QUEUE.md": "a\nb"}
        ),
        tenures=(
            Tenure(folder="state", pid=1, since=at(0), until=at(6)),
            Tenure(folder="state", pid=2, since=at(6)),
            Tenure(folder="other", pid=3, since=at(1)),
        ),
        rota=Rota(hours={CLAUDE: frozenset({9})}),
        user_sides=(UserSide(repo=REPO, before=SIDE, after=SIDE, may_edit=("QUEUE.md",)),),
        secrets=Secrets(canaries=(CANARY,), texts={"log": "all is well", "database": "nothing"}),
        rest=Rest(runnable=()),
        integrity=Integrity(integrity_check=("ok",), foreign_key_check=(), fsck=()),
    )


def side(**changes: object) -> dict[str, object]:
    after = replace(SIDE, **changes)
    return {"user_sides": (UserSide(repo=REPO, before=SIDE, after=after, may_edit=("QUEUE.md",)),)}


Broken = dict[str, object]
CLEAN = clean()
C1, C2 = CLEAN.calls
R1, R2 = CLEAN.runs
TASK_A, TASK_B = CLEAN.tasks
K1, K2 = CLEAN.delivered
N1, N2 = CLEAN.intents
Q = CLEAN.queue
LATE = replace(C2, reserved_at=at(61))
RIDER = task("c", TaskState.LANDED, "a", line=3)
LEFT = ride("c", "b", "r2")  # nobody let it go


def with_rider(rider: Task = RIDER, *rides: Ride, **changes: object) -> Broken:
    """A third task, c after a, that rode with b."""
    queue = replace(Q, entries=(*Q.entries, entry("c", 3)))
    return {
        "tasks": (TASK_A, TASK_B, rider),
        "queue": queue,
        "rides": rides or (ride("c", "b", "r2", landed_by="r2"),),
        **changes,
    }


BLOCKS = Finding(gate="python", rule="syntax", path="a.py", line=1, message="wrong")

BREACHES: dict[str, tuple[str, Callable[[], Broken]]] = {
    "a billed request without a call": ("I1", lambda: {"requests": (*CLEAN.requests, request(3, None))}),
    "a billed request of an unknown call": ("I1", lambda: {"requests": (*CLEAN.requests, request(3, "c9"))}),
    "a call of no run": (
        "I1",
        lambda: {
            "calls": (C1, replace(C2, purpose=replace(C2.purpose, run=RunId("r9")))),
            "windows": {C1.id: windows("r1", "a"), C2.id: windows("r9", "b")},
            "sums": replace(SUMS, by_window={**SUMS.by_window, "run:r9": 60, "run:r2": 0}),
        },
    ),
    "less recorded than billed": ("I2", lambda: {"requests": (request(1, "c1", 61), request(2, "c2"))}),
    "less recorded than billed, found by amount": (
        "I2",
        lambda: {"requests": (request(1, None, 10), request(2, None, 61))},
    ),
    "the day's cap is passed": ("I3", lambda: {"caps": Caps(day=MicroUsd(159))}),
    "a task's own cap is passed": ("I3", lambda: {"tasks": (TASK_A, replace(TASK_B, max_cost=MicroUsd(99)))}),
    "a window does not count a call": (
        "I3",
        lambda: {
            "windows": {C1.id: windows("r1", "a"), C2.id: windows("r2", "b") - {"month:2026-11"}},
            "sums": replace(SUMS, by_window={**SUMS.by_window, "month:2026-11": 60}),
        },
    ),
    "two requests on one call": ("I4", lambda: {"requests": (*CLEAN.requests, request(3, "c2", 0))}),
    "a settled call was never sent": ("I4", lambda: {"requests": (request(1, "c1"),)}),
    "an entry was changed": ("I5", lambda: {"ledger": Ledger(entries=ENTRIES, earlier=(replace(ENTRIES[0], seq=7),))}),
    "an entry is gone": ("I5", lambda: {"ledger": Ledger(entries=ENTRIES[:3], earlier=ENTRIES)}),
    "the ledger has a gap": ("I5", lambda: {"ledger": Ledger(entries=(*ENTRIES[:3], replace(ENTRIES[3], seq=5)))}),
    "a call's entries do not balance": (
        "I5",
        lambda: {"ledger": Ledger(entries=(*ENTRIES[:3], replace(ENTRIES[3], change=MicroUsd(-41))))},
    ),
    "an entry of an unknown call": (
        "I5",
        lambda: {"ledger": Ledger(entries=(*ENTRIES, replace(ENTRIES[0], seq=5, call=CallId("c9"))))},
    ),
    "a call was reserved twice": (
        "I5",
        lambda: {
            "ledger": Ledger(
                entries=entries(
                    *(
                        ("c1", EntryKind.RESERVE, 50),
                        ("c1", EntryKind.RESERVE, 50),
                        ("c1", EntryKind.SETTLE, -40),
                        ("c2", EntryKind.RESERVE, 100),
                        ("c2", EntryKind.SETTLE, -40),
                    )
                )
            )
        },
    ),
    "a sum differs": ("I6", lambda: {"sums": replace(SUMS, by={"type": {"writing": MicroUsd(119)}})}),
    "the total differs": ("I6", lambda: {"sums": replace(SUMS, total=MicroUsd(119))}),
    "a window's sum differs": ("I6", lambda: {"sums": replace(SUMS, by_window={**SUMS.by_window, "run:r9": 1})}),
    "another tree was judged": ("I7", lambda: {"verdicts": (verdict("k1"), replace(verdict("k2"), tree="tree k3"))}),
    "it was judged onto another tree": (
        "I7",
        lambda: {"verdicts": (verdict("k1"), replace(verdict("k2"), base="onto k3"))},
    ),
    "its gates refused it": ("I7", lambda: {"verdicts": (verdict("k1"), replace(verdict("k2"), new=(BLOCKS,)))}),
    "a commit without an intent": ("I8", lambda: {"intents": (N1, replace(N2, commit=Commit("k9")))}),
    "a commit that names no run": ("I8", lambda: {"delivered": (K1, K2, replace(K2, commit=Commit("k3"), run=None))}),
    "two commits of one run": (
        "I8",
        lambda: {
            "delivered": (K1, K2, replace(K2, commit=Commit("k3"))),
            "intents": (N1, N2, replace(N2, commit=Commit("k3"))),
        },
    ),
    "landed and not on its target": (
        "I8",
        lambda: {
            "intents": (N1, replace(N2, on_target=False)),
            "tasks": (TASK_A, replace(TASK_B, state=TaskState.CANCELLED)),
        },
    ),
    "on its target and not landed": (
        "I8",
        lambda: {
            "runs": (R1, replace(R2, state=RunState.LOST)),
            "tasks": (TASK_A, replace(TASK_B, state=TaskState.REVIEW)),
        },
    ),
    "undone, and its revert not on its target": ("I8", lambda: with_undone(on_target=False)),
    "a revert that was given up is on its target": ("I8", lambda: with_undone(TaskState.LANDED, done=False)),
    "landed, and undone": ("I8", lambda: with_undone(TaskState.LANDED)),
    "reverted, and nothing was undone": ("I8", lambda: {"tasks": (TASK_A, replace(TASK_B, state=TaskState.REVERTED))}),
    "an undoing that never ended": ("I18", lambda: with_undone(TaskState.LANDED, done=False, finished=False)),
    "a task is landed by nothing": (
        "I8",
        lambda: {"runs": (R1, replace(R2, state=RunState.REVIEW)), "intents": (N1, replace(N2, on_target=False))},
    ),
    "a rider is landed by another's run": ("I8", lambda: with_rider(RIDER, ride("c", "b", "r2", landed_by="r1"))),
    "a rider is landed while it rides": ("I8", lambda: with_rider(RIDER, replace(LEFT, state=RideState.LEFT))),
    "a rider is landed, and its lead's commit not": (
        "I8",
        lambda: with_rider(
            replace(RIDER, state=TaskState.CANCELLED),
            runs=(R1, replace(R2, state=RunState.REVIEW)),
            tasks=(TASK_A, replace(TASK_B, state=TaskState.REVIEW), replace(RIDER, state=TaskState.CANCELLED)),
            intents=(N1, replace(N2, on_target=False)),
        ),
    ),
    "an accepted edit is lost": (
        "I9",
        lambda: {"edits": (Edit(run=RunId("r1"), path="a.txt", accepted=b"new", found=b"old"),)},
    ),
    "two live claims meet": (
        "I10",
        lambda: {"claims": (claim("r1", "a", "scenes", 0, 5), claim("r2", "b", "scenes/*.txt", 4, None))},
    ),
    "a token does not rise": (
        "I10",
        lambda: {"leases": tuple(Lease(task=TaskId("a"), run=RunId("r1"), token=Token(3)) for _ in range(2))},
    ),
    "a commit bears an old token": ("I10", lambda: {"delivered": (K1, replace(K2, token=Token(7)))}),
    "a run began too early": (
        "I11",
        lambda: {"runs": (R1, replace(R2, started_at=at(4))), "calls": (C1, replace(C2, reserved_at=at(11)))},
    ),
    "a run began although its need is unknown": (
        "I11",
        lambda: {"tasks": (TASK_A, replace(TASK_B, needs=(TaskId("z"),)))},
    ),
    "a rider got on before what it needs": ("I11", lambda: with_rider(replace(RIDER, needs=(TaskId("b"),)))),
    "a run began before the rider that it needs landed": (
        "I11",
        lambda: with_rider(tasks=(TASK_A, replace(TASK_B, needs=(TaskId("a"), TaskId("c"))), RIDER)),
    ),
    "an entry is twice": ("I12", lambda: {"queue": replace(Q, entries=(*Q.entries, entry("a", 3)))}),
    "an entry has no task": ("I12", lambda: {"queue": replace(Q, entries=(*Q.entries, entry("z", 3)))}),
    "an open task is not in its queue": ("I12", lambda: {"tasks": (TASK_A, TASK_B, task("c", TaskState.QUEUED))}),
    "a marker is wrong": ("I12", lambda: {"queue": replace(Q, entries=(entry("a", 1, "[ ]"), entry("b", 2)))}),
    "a queue's text is changed": ("I12", lambda: {"queue": replace(Q, text_after={"QUEUE.md": "a\nc"})}),
    "a session was not continued": (
        "I13",
        lambda: {"take_ups": (TakeUp(session=SessionId("s-a"), run=RunId("r1"), stored="k0 3", taken="k0 2"),)},
    ),
    "two daemons": (
        "I14",
        lambda: {"tenures": (Tenure(folder="s", pid=1, since=at(0)), Tenure(folder="s", pid=2, since=at(6)))},
    ),
    "a run began off its watch": ("I15", lambda: {"rota": Rota(hours={CLAUDE: frozenset({8})})}),
    "a call off its watch under strict": (
        "I15",
        lambda: {
            "rota": replace(CLEAN.rota, strict=True),
            "calls": (C1, LATE),
            "runs": (R1, replace(R2, ended_at=at(70))),
        },
    ),
    "the owner's branch moved": ("I16", lambda: side(head="main c1")),
    "the owner's index changed": ("I16", lambda: side(index="j")),
    "the owner's stash changed": ("I16", lambda: side(stash=("s1", "s0"))),
    "an owner's ref moved": ("I16", lambda: side(refs={"refs/heads/main": "c1"})),
    "an owner's file changed": ("I16", lambda: side(files={"a.txt": "2"})),
    "an owner's file is gone": ("I16", lambda: side(files={})),
    "a secret in the log": ("I17", lambda: {"secrets": replace(CLEAN.secrets, texts={"log": f"key={CANARY}!"})}),
    "a task could still start": ("I18", lambda: {"rest": Rest(runnable=(TaskId("c"),))}),
    "a lease is still held": ("I18", lambda: {"rest": Rest(runnable=(), live_leases=(TaskId("c"),))}),
    "a run is still running": ("I18", lambda: {"runs": (R1, R2, run("r3", "b", 16, None, RunState.RUNNING, token=2))}),
    "a task is still running": (
        "I18",
        lambda: {"tasks": (TASK_A, TASK_B, replace(task("c", TaskState.RUNNING), source=None))},
    ),
    "a task rides with one that is over": (
        "I18",
        lambda: with_rider(replace(RIDER, state=TaskState.CANCELLED), LEFT),
    ),
    "a call is still open": (
        "I18",
        lambda: {
            "calls": (C1, C2, call("c3", "r2", "b", 12, state=CallState.SENT)),
            "caps": Caps(),
            "windows": {C1.id: windows("r1", "a"), C2.id: windows("r2", "b"), CallId("c3"): windows("r2", "b")},
            "ledger": Ledger(
                entries=(*ENTRIES, LedgerEntry(seq=5, call=CallId("c3"), kind=EntryKind.RESERVE, change=MicroUsd(100)))
            ),
            "sums": Sums(
                total=MicroUsd(220),
                by={},
                by_window={
                    name: amount + (100 if name in windows("r2", "b") else 0) for name, amount in SUMS.by_window.items()
                },
            ),
        },
    ),
    "an intent is still open": ("I18", lambda: {"intents": (N1, replace(N2, finished=False))}),
    "a call after its run": ("I19", lambda: {"calls": (C1, replace(C2, reserved_at=at(16)))}),
    "a question asked again": (
        "I19",
        lambda: {
            "calls": (C1, replace(C2, purpose=replace(C2.purpose, task=TaskId("a")))),
            "runs": (R1, replace(R2, task=TaskId("a"))),
            "tasks": (TASK_A,),
            "queue": replace(Q, entries=(entry("a", 1),)),
            "windows": {C1.id: windows("r1", "a"), C2.id: windows("r2", "a")},
            "sums": replace(SUMS, by_window={**SUMS.by_window, "task:a": 120, "task:b": 0}),
            "requests": (request(1, "c1", digest="q"), request(2, "c2", digest="q")),
        },
    ),
    "integrity_check complains": ("I20", lambda: {"integrity": replace(CLEAN.integrity, integrity_check=("row 1",))}),
    "integrity_check says nothing": ("I20", lambda: {"integrity": replace(CLEAN.integrity, integrity_check=())}),
    "foreign_key_check complains": ("I20", lambda: {"integrity": replace(CLEAN.integrity, foreign_key_check=("t|1",))}),
    "fsck complains": ("I20", lambda: {"integrity": replace(CLEAN.integrity, fsck=("missing blob",))}),
}


def test_clean_world_passes_every_invariant() -> None:
    report = check(clean())

    assert report.violations == ()
    assert frozenset(report.checked) == ALL
    assert report.not_checked == ()


@pytest.mark.parametrize("name", BREACHES)
def test_broken_world_is_caught_by_exactly_its_invariant(name: str) -> None:
    invariant, breach = BREACHES[name]

    report = check(replace(clean(), **breach()))

    assert report.broken == {invariant}, str(report)


def test_every_invariant_has_a_broken_world() -> None:
    assert {invariant for invariant, _ in BREACHES.values()} == ALL


def test_nothing_collected_means_nothing_checked() -> None:
    report = check(Evidence())

    assert report.checked == ()
    assert frozenset(report.not_checked) == ALL


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_invariant_without_its_evidence_is_named_as_not_checked(rule: object) -> None:
    optional = [need for need in rule.needs if getattr(Evidence(), need) is None]

    for need in optional:
        assert rule.name in check(replace(clean(), **{need: None})).not_checked


def test_every_rule_reads_evidence_that_exists_and_says_its_rule() -> None:
    names = {field.name for field in fields(Evidence)}

    for rule in RULES:
        assert set(rule.needs) <= names
        assert rule.says.startswith(f"{rule.name}: ")


def test_unmetered_provider_is_exempt_from_caps_and_from_one_request() -> None:
    broken = replace(clean(), caps=Caps(day=MicroUsd(1)), requests=(request(1, "c1", 0), request(2, "c1", 0)))

    assert check(broken).broken == {"I3", "I4"}
    assert not check(replace(broken, unmetered=frozenset({CLAUDE}))).broken


def test_request_is_attributed_by_the_vendors_own_id() -> None:
    requests = tuple(replace(request(seq, None), request_id=f"req-c{seq}") for seq in (1, 2))

    assert not check(replace(clean(), requests=requests)).broken


def test_nameless_requests_are_attributed_by_provider_model_and_amount() -> None:
    nameless = (request(1, None, 59), request(2, None, 60))

    assert not check(replace(clean(), requests=nameless)).broken
    assert "I1" in check(replace(clean(), requests=tuple(replace(one, model="n") for one in nameless))).broken


def test_free_request_without_a_call_is_no_breach() -> None:
    assert not check(replace(clean(), requests=(*CLEAN.requests, request(3, None, 0)))).broken


def test_settlement_above_its_bound_may_pass_the_cap_but_no_reservation_after_it() -> None:
    dear = replace(C2, settlement=replace(C2.settlement, cost=MicroUsd(150)))
    ledger = Ledger(entries=(*ENTRIES[:3], replace(ENTRIES[3], change=MicroUsd(50))))
    over = replace(clean(), calls=(C1, dear), ledger=ledger, sums=None)
    third = call("c3", "r2", "b", 12, state=CallState.RELEASED)
    entry = LedgerEntry(seq=5, call=third.id, kind=EntryKind.RESERVE, change=MicroUsd(1))
    release = LedgerEntry(seq=6, call=third.id, kind=EntryKind.RELEASE, change=MicroUsd(-1))
    after = replace(
        over,
        calls=(C1, dear, third),
        windows={**CLEAN.windows, third.id: windows("r2", "b")},
        ledger=Ledger(entries=(*ledger.entries, entry, release)),
    )

    assert not check(over).broken
    assert check(after).broken == {"I3"}


def test_unknown_call_stays_charged_at_its_bound_with_or_without_a_request() -> None:
    unknown = replace(C2, state=CallState.UNKNOWN, settlement=None)
    ledger = Ledger(entries=(*ENTRIES[:3], replace(ENTRIES[3], kind=EntryKind.LOSE, change=MicroUsd(0))))
    world = replace(clean(), calls=(C1, unknown), ledger=ledger, sums=None)

    assert not check(world).broken
    assert not check(replace(world, requests=(request(1, "c1"),))).broken


def test_released_call_has_no_request() -> None:
    released = replace(C2, state=CallState.RELEASED, settlement=None)
    ledger = Ledger(entries=(*ENTRIES[:3], replace(ENTRIES[3], kind=EntryKind.RELEASE, change=MicroUsd(-100))))
    world = replace(clean(), calls=(C1, released), ledger=ledger, sums=None, requests=(request(1, "c1"),))

    assert not check(world).broken
    assert check(replace(world, requests=(request(1, "c1"), request(2, "c2", 0)))).broken == {"I4"}


def test_rejected_work_may_be_asked_for_again_from_the_start() -> None:
    world = replace(
        clean(),
        calls=(C1, replace(C2, purpose=replace(C2.purpose, task=TaskId("a")))),
        runs=(replace(R1, state=RunState.REJECTED), replace(R2, task=TaskId("a"))),
        tasks=(TASK_A,),
        requests=(request(1, "c1", digest="q"), request(2, "c2", digest="q")),
    )

    assert "I19" not in check(world).broken


def test_need_that_its_human_finished_before_us_is_met() -> None:
    world = replace(
        clean(),
        runs=(R2,),
        calls=(),
        intents=(N2,),
        delivered=(K2,),
        tasks=(task("a", TaskState.VERIFIED), TASK_B),
        ledger=None,
        sums=None,
        requests=None,
        queue=None,
    )

    assert not check(world).broken


def test_need_landed_again_later_still_counts_from_its_first_landing() -> None:
    again = run("r3", "a", 20, 25, RunState.VERIFIED, token=2)

    assert not check(replace(clean(), runs=(R1, R2, again))).broken


def test_claims_in_different_repositories_or_of_one_task_do_not_meet() -> None:
    mine = claim("r1", "a", "scenes", 0, None)
    elsewhere = replace(claim("r2", "b", "scenes", 0, None), repo=RepoName("other"))
    next_run = claim("r3", "a", "scenes", 3, None)

    assert not check(replace(clean(), claims=(mine, elsewhere, next_run))).broken


def test_running_run_may_have_its_commit_on_the_target_already() -> None:
    world = replace(
        clean(),
        runs=(R1, replace(R2, state=RunState.RUNNING, ended_at=None)),
        tasks=(TASK_A, replace(TASK_B, state=TaskState.RUNNING)),
    )

    assert check(world).broken == {"I18"}


def test_run_outside_its_watch_is_licensed_by_what_the_log_says() -> None:
    rota = Rota(hours={CLAUDE: frozenset({8})}, licences={R1.id: "stands in for gpt", R2.id: "borrowed"}, strict=True)

    assert not check(replace(clean(), rota=rota)).broken


def test_call_within_the_grace_after_its_watch_is_no_breach() -> None:
    rota = replace(CLEAN.rota, strict=True)
    late = replace(C2, reserved_at=at(60) + timedelta(seconds=30))
    world = replace(clean(), rota=rota, calls=(C1, late), runs=(R1, replace(R2, ended_at=at(70))))

    assert not check(world).broken


def test_provider_without_hours_stands_every_watch() -> None:
    assert not check(replace(clean(), rota=Rota(hours={GPT: frozenset({1})}))).broken


def test_files_and_refs_that_are_ours_may_change() -> None:
    after = side(files={**SIDE.files, "QUEUE.md": "2"}, refs={**SIDE.refs, "refs/heads/watchbill/main": "k2"})

    assert not check(replace(clean(), **after)).broken


@pytest.mark.parametrize("shift", range(3))
def test_secret_is_found_inside_base64_at_every_place(shift: int) -> None:
    text = base64.b64encode(b"x" * shift + CANARY.encode() + b"tail").decode()

    assert check(replace(clean(), secrets=replace(CLEAN.secrets, texts={"db": text}))).broken == {"I17"}


@pytest.mark.parametrize("form", [quote(CANARY, safe=""), CANARY.encode("unicode_escape").decode()])
def test_secret_is_found_quoted_and_escaped(form: str) -> None:
    form = form.replace("\\xdc", "\\u00dc")

    assert check(replace(clean(), secrets=replace(CLEAN.secrets, texts={"db": form}))).broken == {"I17"}


def test_report_names_each_violation_with_its_facts_and_never_the_secret() -> None:
    world = replace(clean(), secrets=replace(CLEAN.secrets, texts={"log": CANARY}), rest=None)

    said = str(check(world))

    assert "I17: a secret stands in a text (canary=0, place=log)" in said
    assert "not checked: I18" in said
    assert CANARY not in said


def test_report_of_a_clean_world_says_so() -> None:
    assert str(check(clean())) == "no violation\nnot checked: nothing"


def test_rider_is_landed_by_the_run_of_its_lead() -> None:
    assert not check(replace(clean(), **with_rider())).broken


def test_rider_that_left_and_landed_by_itself_is_clean() -> None:
    alone = replace(ride("c", "b", "r2"), state=RideState.LEFT)
    world = with_rider(RIDER, alone, runs=(R1, R2, run("r3", "c", 16, 18)), intents=(N1, N2, intent("r3", "c", "k3")))

    assert not check(replace(clean(), **world, delivered=(K1, K2, delivered("r3", "k3")), verdicts=None)).broken
