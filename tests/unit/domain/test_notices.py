"""What people are told of the journal, and in what words: a table. Whatever is not in it is silent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchbill.domain.events import EVENT_BY_NAME
from watchbill.domain.notices import HEARD, LONG, TOLD, notice_of, settled_by

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
AFTER = "2026-11-30T14:31:00Z"

# event, facts → subject, word, title, why, command
TABLE: tuple[tuple[str, dict[str, Any], tuple[str, str, str, str, str]], ...] = (
    (
        "task.review",
        {"task": "kael", "run": "r1", "why": "a protected  path\n was changed"},
        ("task kael", "review", "Review: Rewrite Kael", "a protected path was changed", "watchbill review show kael"),
    ),
    (
        "question.asked",
        {"question": "q1", "task": "kael", "repo": "novel", "title": "Which eyes?", "waits": True},
        (
            "question q1",
            "asked",
            "Question: Which eyes?",
            "Rewrite Kael: its task waits for your answer",
            "watchbill question show q1",
        ),
    ),
    (
        "question.asked",
        {"question": "q1", "task": "kael", "repo": "novel", "title": "Which eyes?", "waits": False},
        (
            "question q1",
            "asked",
            "Question: Which eyes?",
            "Rewrite Kael: its task goes on by its own recommendation",
            "watchbill question show q1",
        ),
    ),
    (
        "conflict.escalated",
        {"run": "r1", "task": "kael", "paths": ["a.md", "b.md"]},
        (
            "task kael",
            "conflict",
            "A conflict waits for you: Rewrite Kael",
            "in a.md, b.md",
            "watchbill review show kael",
        ),
    ),
    (
        "task.quarantined",
        {"task": "kael", "runs": ["r1"], "why": "the same finding"},
        (
            "task kael",
            "quarantined",
            "Set aside after failing thrice in the same way: Rewrite Kael",
            "the same finding",
            "watchbill task show kael",
        ),
    ),
    (
        "task.failed",
        {"task": "kael", "why": "4 attempts"},
        ("task kael", "failed", "Failed: Rewrite Kael", "4 attempts", "watchbill task retry kael"),
    ),
    (
        "task.reverted",
        {"task": "kael", "run": "r1", "commit": "a" * 40, "revert": "b" * 40, "why": "it broke pytest"},
        ("landing r1", "reverted", "Taken back: Rewrite Kael", "it broke pytest", "watchbill run show r1"),
    ),
    (
        "landing.undo_failed",
        {"undoing": 1, "task": "kael", "run": "r1", "why": "it does not merge"},
        (
            "task kael",
            "undo_failed",
            "Could not be taken back: Rewrite Kael",
            "it does not merge",
            "watchbill run diff r1",
        ),
    ),
    (
        "budget.alert",
        {"window": "day", "share": 0.8},
        ("budget day", "alert", "Budget day: 80% used", "", "watchbill budget"),
    ),
    (
        "budget.paused",
        {"window": "day", "until": AFTER},
        (
            "budget day",
            "paused",
            "Budget day: used up",
            f"paid work waits until {AFTER}; free work goes on",
            "watchbill budget",
        ),
    ),
    (
        "budget.resumed",
        {"window": "day"},
        ("budget day", "resumed", "Budget day: work goes on", "", "watchbill budget"),
    ),
    (
        "cost.over_bound",
        {"call": "c1", "provider": "gpt", "model": "big", "cost_micro_usd": 20_000, "bound_micro_usd": 10_000},
        (
            "call c1",
            "over_bound",
            "big of gpt is stopped: a call cost more than its bound",
            "it cost $0.0200, its bound was $0.0100",
            "watchbill provider allow gpt big -m WHY",
        ),
    ),
    (
        "provider.held",
        {"provider": "gpt", "model": "", "kind": "auth_failed", "until": None},
        (
            "provider gpt",
            "down",
            "Provider gpt is down",
            "auth_failed, until you act; its hours go to the others",
            "watchbill provider show gpt",
        ),
    ),
    (
        "provider.held",
        {"provider": "gpt", "model": "big", "kind": "exhausted", "until": AFTER},
        (
            "provider gpt",
            "down",
            "Provider gpt is down",
            f"exhausted (big), until {AFTER}; its hours go to the others",
            "watchbill provider show gpt",
        ),
    ),
    (
        "provider.breaker_opened",
        {"provider": "gpt", "model": "", "until": AFTER, "why": "503"},
        (
            "provider gpt",
            "down",
            "Provider gpt is down",
            f"503; next try {AFTER}; its hours go to the others",
            "watchbill provider show gpt",
        ),
    ),
    (
        "provider.breaker_closed",
        {"provider": "gpt", "model": ""},
        ("provider gpt", "back", "Provider gpt is back", "it is given work again", "watchbill provider show gpt"),
    ),
    (
        "provider.retiring",
        {"provider": "gpt", "model": "big", "at": AFTER},
        (
            f"model gpt big {AFTER}",
            "retiring",
            "Model big of gpt retires",
            f"on {AFTER}",
            "watchbill provider models gpt",
        ),
    ),
    (
        "landing.parted",
        {"repo": "novel", "target": "main", "paths": ["a.md"]},
        (
            "line novel",
            "parted",
            "novel: main and the integration branch do not merge",
            "in a.md; work goes on without your commits",
            "watchbill status",
        ),
    ),
    (
        "landing.rejoined",
        {"repo": "novel", "target": "main"},
        ("line novel", "rejoined", "novel: main and the integration branch merge again", "", "watchbill status"),
    ),
    (
        "head.broken",
        {"repo": "novel", "commit": "a" * 40, "who": "somebody", "why": "pytest"},
        (
            "repo novel",
            "broken",
            "novel: its head is broken, and that is not ours to revert",
            "pytest",
            "watchbill events --kind head.broken",
        ),
    ),
    (
        "setup.failed",
        {"repo": "novel", "why": "pip"},
        (
            "repo novel",
            "setup",
            "novel: a set-up command failed, so its programs cannot be run",
            "pip",
            "watchbill events --kind setup.failed",
        ),
    ),
    (
        "recurring.failed",
        {"entry": "lint", "occurrence": AFTER, "why": "no tree"},
        ("recurring lint", "failed", "Recurring lint could not look for its work", "no tree", "watchbill recurring"),
    ),
    (
        "config.rejected",
        {"path": "/etc/w.toml", "problems": ["line 3: what", "line 4"]},
        (
            "configuration",
            "rejected",
            "A changed configuration was rejected; the last good one stays in force",
            "line 3: what (and 1 more)",
            "watchbill --config /etc/w.toml config check",
        ),
    ),
    (
        "daemon.stuck",
        {"parts": ["planner", "database"]},
        (
            "daemon",
            "stuck",
            "The daemon makes no progress: planner, database",
            "look at the disks, then restart it",
            "watchbill doctor",
        ),
    ),
    ("daemon.unstuck", {"parts": []}, ("daemon", "unstuck", "The daemon goes on", "", "watchbill status")),
    (
        "daemon.fault",
        {"error": "x" * 600, "where": "probes"},
        (
            "fault probes",
            "fault",
            "Something unexpected failed: probes",
            f"{'x' * 499}…; the daemon goes on",
            "watchbill events --kind daemon.fault",
        ),
    ),
)


@pytest.mark.parametrize(("name", "facts", "told"), TABLE, ids=[row[0] for row in TABLE])
def test_each_is_told_with_its_reason_and_what_to_do(
    name: str, facts: dict[str, Any], told: tuple[str, str, str, str, str]
) -> None:
    notice = notice_of(name, facts, NOW, "Rewrite Kael")

    assert notice is not None
    assert (notice.subject, notice.word, notice.title, notice.why, notice.command) == told


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_told_has_its_fields_in_the_registry(name: str) -> None:
    rows = [facts for event, facts, _ in TABLE if event == name]

    assert rows or name in {"provider.released", "provider.reset"}
    assert all(facts.keys() == set(EVENT_BY_NAME[name].fields) for facts in rows)


def test_nothing_is_heard_that_cannot_be_emitted() -> None:
    assert EVENT_BY_NAME.keys() >= HEARD


@pytest.mark.parametrize("name", ["run.started", "task.landed", "task.proposed", "budget.refused", "notify.failed"])
def test_routine_is_silent(name: str) -> None:
    assert notice_of(name, dict.fromkeys(EVENT_BY_NAME[name].fields, "x"), NOW) is None


def test_a_hold_of_a_few_minutes_is_routine() -> None:
    def held(span: timedelta) -> object:
        facts = {"provider": "gpt", "model": "", "kind": "throttled", "until": (NOW + span).isoformat()}
        return notice_of("provider.held", facts, NOW)

    assert held(LONG - timedelta(seconds=1)) is None
    assert held(LONG) is not None


def test_a_task_without_a_title_is_named_by_its_id() -> None:
    notice = notice_of("task.failed", {"task": "kael", "why": ""}, NOW)

    assert notice is not None
    assert notice.title == "Failed: kael"


@pytest.mark.parametrize(
    ("name", "facts", "subject"),
    [
        ("task.approved", {"task": "kael"}, "task kael"),
        ("question.answered", {"question": "q1"}, "question q1"),
        ("config.reloaded", {}, "configuration"),
        ("task.review", {"task": "kael"}, ""),
    ],
)
def test_what_settles_a_subject_says_which(name: str, facts: dict[str, Any], subject: str) -> None:
    assert settled_by(name, facts) == subject
