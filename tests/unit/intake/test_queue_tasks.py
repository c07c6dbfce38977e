"""From entries to tasks: every field, and a report with a default for every bad one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Autonomy, Delivery, Source, Task
from watchbill.intake import stated
from watchbill.intake.grammar import parse
from watchbill.intake.tasks import MAX_TITLE, TaskRead, Terms, to_task

REPO = RepoName("novel")


def read(text: str, terms: Terms | None = None) -> TaskRead:
    queue = parse(text, "q.md", REPO)
    return to_task(queue.entries[-1], id=TaskId("a"), repo=REPO, terms=terms or Terms(), defaults=queue.defaults)


def task(text: str) -> Task:
    found = read(text)
    assert found.unreadable == ()
    return found.task


def test_every_field_arrives() -> None:
    found = task(
        """# P2
- [ ] Polish it [type:: polish] [provider:: Claude] [max_usd:: 0.30] [not_before:: 2026-12-01]
  - **Priority:** 1
  - **Files:** a.txt
  - **Effort:** 1h 30m
  - **Requirements:** be brief
  - **Success:** it is brief
  - **AI Autonomy:** LOW (a human must look)
  - **Delivery:** branch
  - **Branch hint:** x
  - [x] one point

  free words
"""
    )

    assert found == Task(
        id=TaskId("a"),
        repo=REPO,
        title="Polish it",
        type="polish",
        priority=1,
        autonomy=Autonomy.LOW,
        claims=("a.txt",),
        provider=ProviderName("claude"),
        requirements="be brief",
        success="it is brief\n- [x] one point",
        body="  free words",
        effort=timedelta(minutes=90),
        max_cost=MicroUsd(300_000),
        delivery=Delivery.BRANCH,
        source=Source(path="q.md", line=2),
        extra={"Branch hint": "x", "group": "P2", "type because": "its type field says so"},
        not_before=datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_a_bare_task_has_the_defaults() -> None:
    found = task("- [ ] The lamp")

    assert (found.priority, found.autonomy, found.claims, found.max_cost, found.delivery) == (
        5,
        None,
        ("**",),
        None,
        None,
    )


def test_a_task_says_what_it_does_about_its_questions() -> None:
    assert task("- [ ] A [on_question:: proceed]").on_question is OnQuestion.PROCEED


def test_front_matter_is_the_default_of_every_entry() -> None:
    front = "---\ndefaults: {type: lore, autonomy: high, provider: gpt, max_usd: 2, files: a.txt, priority: 7}\n---\n"
    found = task(f"{front}- [ ] The lamp")

    assert (found.type, found.autonomy, found.provider, found.max_cost, found.claims, found.priority) == (
        "lore",
        Autonomy.HIGH,
        "gpt",
        2_000_000,
        ("a.txt",),
        7,
    )


def test_a_heading_wins_over_front_matter_and_a_field_over_both() -> None:
    front = "---\ndefaults: {priority: 7}\n---\n# P2\n"

    assert (task(f"{front}- [ ] A").priority, task(f"{front}- [ ] A ⏫").priority) == (2, 1)


@pytest.mark.parametrize(
    "field",
    [
        "[priority:: soon]",
        "[not_before:: later]",
        "[delivery:: pigeon]",
        "[on_question:: guess]",
        "[autonomy:: some]",
        "[type:: juggling]",
    ],
)
def test_a_bad_value_is_reported_and_the_default_stands(field: str) -> None:
    found = read(f"\n- [ ] The lamp {field}")

    assert [(one.path, one.line) for one in found.unreadable] == [("q.md", 2)]
    assert "write" in found.unreadable[0].why
    default = read("\n- [ ] The lamp").task
    assert (found.task.priority, found.task.not_before, found.task.autonomy) == (5, None, None)
    assert (found.task.delivery, found.task.type) == (default.delivery, default.type)


def test_a_cap_that_nobody_can_read_lets_nothing_be_spent() -> None:
    found = read("- [ ] A [max_usd:: little]")

    assert (found.task.max_cost, len(found.unreadable)) == (0, 1)


def test_an_unknown_provider_stays_pinned_and_is_reported() -> None:
    terms = Terms(providers=frozenset({ProviderName("claude")}))
    found = read("- [ ] A [provider:: cluade]", terms)

    assert (found.task.provider, "claude" in found.unreadable[0].why) == ("cluade", True)
    assert read("- [ ] A [provider:: claude]", terms).unreadable == ()


def test_what_is_no_name_of_a_provider_is_reported() -> None:
    found = read("- [ ] A [provider:: any of them]")

    assert (found.task.provider, len(found.unreadable)) == (None, 1)


def test_refused_paths_are_reported_and_unknown_ones_hinted_at() -> None:
    refused, unknown = read("- [ ] A\n  - Files: a\\b"), read("- [ ] A\n  - Files: all of it")

    assert (refused.task.claims, len(refused.unreadable), refused.hints) == (("**",), 1, ())
    assert (unknown.task.claims, unknown.unreadable, len(unknown.hints)) == (("**",), (), 1)


def test_a_vague_effort_is_kept_and_not_reported() -> None:
    found = task("- [ ] A\n  - **Effort:** medium\n  - **Estimate:** 2 days")

    assert (found.effort, found.extra["Effort"]) == (None, "medium")
    assert "Estimate" not in found.extra


def test_unknown_tags_are_kept() -> None:
    assert task("- [ ] A #someday #polish").extra["tags"] == "#someday"


def test_a_due_date_is_kept_and_never_holds_a_task_back() -> None:
    found = task("- [ ] A 📅 2026-12-01")

    assert (found.extra["due"], found.not_before) == ("2026-12-01", None)


@pytest.mark.parametrize("sign", ["⏳", "🛫"])
def test_a_scheduled_day_begins_in_the_zone(sign: str) -> None:
    found = read(f"- [ ] A {sign} 2026-12-01", Terms(zone=ZoneInfo("Europe/Berlin"))).task

    assert found.not_before == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_very_long_title_is_cut_and_kept_in_the_body() -> None:
    found = task(f"- [ ] {'word ' * 200}")

    assert (len(found.title), found.body.count("word")) == (MAX_TITLE, 200)


def test_order_may_count_over_all_queues() -> None:
    entry = parse("- [ ] A", "q.md", REPO).entries[0]

    assert to_task(entry, id=TaskId("a"), repo=REPO, terms=Terms(), order=9).task.order == 9
    assert to_task(entry, id=TaskId("a"), repo=REPO, terms=Terms()).task.order == 0


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30 minutes", 30), ("1.5 hours", 90), ("1,5 h", 90), ("2h 15m", 135), ("2 days", 960), ("1 week", 2400)],
)
def test_spans_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert stated.effort(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "cost"), [("0.30", 300_000), ("$5", 5_000_000), ("0,5 USD", 500_000), ("1 $", 1_000_000)]
)
def test_amounts_are_read_as_people_write_them(text: str, cost: int) -> None:
    assert stated.amount(text) == cost


@pytest.mark.parametrize("text", ["-1", "1e3", "NaN", "", "1,000,000"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        stated.amount(text)


@pytest.mark.parametrize(("text", "level"), [("P0", 0), ("9", 9), ("High", 2), ("critical (now)", 0)])
def test_priorities_are_read_as_people_write_them(text: str, level: int) -> None:
    assert stated.priority(text) == level


@pytest.mark.parametrize("text", ["2026-13-01", "0001-01-01T00:00:00+14:00", "soon"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no moment"):
        stated.moment(UTC)(text)


def test_a_moment_with_its_own_zone_keeps_it() -> None:
    assert stated.moment(UTC)("2026-12-01T07:00+02:00") == datetime(2026, 12, 1, 5, tzinfo=UTC)
