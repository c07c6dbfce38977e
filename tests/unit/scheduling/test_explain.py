"""The explanation: every check in words, the constraint that binds, the earliest start and how to force it."""

import pytest
from planning import CLAUDE, GPT, HOUR, MINUTE, NOON, REPO, bill, live, pause, state, task, terms, three_handed, world

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.money import ZERO, MicroUsd, usd
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.decisions import Reason, Start
from watchbill.scheduling.explain import explain
from watchbill.scheduling.snapshot import WindowState

STRICT = SlotPolicy.STRICT


def told(name, snapshot, terms_, now=NOON):
    explanation = explain(TaskId(name), snapshot, terms_, now)
    assert explanation is not None
    return explanation


def failing(explanation):
    return {check.name: check.words for check in explanation.checks if not check.passes}


def words(explanation):
    return {check.name: check.words for check in explanation.checks}


def test_an_unknown_task_has_no_explanation():
    assert explain(TaskId("gone"), world(), bill(CLAUDE), NOON) is None


def test_a_task_that_starts_passes_every_check():
    one = told("a", world(task("a")), three_handed())

    assert isinstance(one.decision, Start)
    assert words(one) == {
        "task": "queued",
        "depends on": "nothing",
        "files": "scenes/a.txt: free",
        "place": "0 of 3 runs at once are under way",
        "budget": "every budget has room for a run",
        "slot": "the watch lasts until 13:00 UTC",
        "provider": "claude can take it",
    }
    assert failing(one) == {}
    assert (one.binding, one.force) == (None, "")
    assert one.earliest is not None
    assert one.earliest.at == NOON


def test_watch_that_everybody_stands_at_every_hour_has_no_end():
    assert words(told("a", world(task("a")), bill(terms("claude", "*"))))["slot"] == "the watch never changes"


def test_an_unmet_need_is_shown_with_its_state_and_the_start_after_it():
    queue = world(task("a", needs="b c"), task("b"), done=frozenset({TaskId("c")}))

    one = told("a", queue, bill(CLAUDE))

    assert failing(one) == {"depends on": "b (queued), c (done)"}
    assert one.earliest is not None
    assert one.earliest.at == NOON + 10 * MINUTE


def test_needs_that_run_or_are_unknown_are_shown_as_such():
    queue = world(task("a", needs="b z"), task("b"), live=(live("b"),))

    assert failing(told("a", queue, bill(CLAUDE)))["depends on"] == "b (running), z (no open task is called so)"


def test_a_file_in_work_is_shown_with_its_holder():
    queue = world(task("a", files="scenes"), live=(live("b"),))

    assert failing(told("a", queue, bill(terms("x", concurrent=2)))) == {
        "files": "scenes/b.txt is in work for b on claude"
    }


def test_a_file_that_goes_to_an_earlier_task_is_shown():
    queue = world(task("a", files="x"), task("b", files="x"))

    assert failing(told("b", queue, bill(terms("x", concurrent=2)))) == {
        "files": "x was just given to a, which goes before: it stands earlier in the queue"
    }


def test_a_lack_of_places_is_shown_and_can_be_forced():
    queue = world(task("a"), task("b"))

    one = told("b", queue, bill(terms("x", concurrent=2), max_parallel=1))

    assert failing(one) == {"place": "the last place went to a: it stands earlier in the queue"}
    assert one.force == "watchbill once --task b --provider x"


def test_a_budget_that_a_call_did_not_fit_into_says_so():
    day = WindowState(
        window=Window(kind=WindowKind.DAY, name="2026-11-24"),
        cap=usd(5),
        spent=usd("4.375"),
        held=ZERO,
        short=usd("0.65"),
    )

    one = told("a", world(task("a"), windows=(day,)), bill(CLAUDE, caps=Caps(day=usd(5))))

    assert failing(one) == {"budget": "day:2026-11-24 has $0.625 left, and the call that was refused is held at $0.65"}


def test_a_budget_that_is_used_up_is_shown_with_its_sums():
    one = told("a", world(task("a")), bill(CLAUDE, caps=Caps(day=MicroUsd(0))))

    assert failing(one) == {"budget": "day:2026-11-24 has $0.00 left, a run is expected to cost $0.05"}
    assert (one.earliest, one.force) == (None, "")


def test_another_providers_watch_is_shown_with_the_turn_and_can_be_forced():
    pinned = task("a", provider=ProviderName("gpt"))

    one = told("a", world(pinned), three_handed(policy=STRICT))

    assert list(failing(one)) == ["slot"]
    assert one.earliest is not None
    assert (one.earliest.at, one.earliest.provider) == (NOON + HOUR, "gpt")
    assert one.force == "watchbill once --task a --provider gpt"


@pytest.mark.parametrize(
    ("name", "queue", "terms_", "force"),
    [
        ("b", world(task("a"), task("b")), bill(terms("x", concurrent=2), max_parallel=1), "watchbill task bump b"),
        (
            "a",
            world(task("a", provider=ProviderName("gpt"))),
            three_handed(policy=STRICT),
            "watchbill schedule override 12 gpt --for 1h -m WHY",
        ),
    ],
)
def test_beside_a_daemon_it_is_brought_forward_by_a_word_to_it(name, queue, terms_, force):
    assert explain(TaskId(name), queue, terms_, NOON, serves=True).force == force


def test_a_sick_provider_is_shown():
    one = told("a", world(task("a"), providers=(state("claude", broken=True),)), bill(CLAUDE))

    assert failing(one)["provider"] == "claude: it failed several times in a row"


def test_alternatives_carry_scores_and_every_rejection():
    one = told("a", world(task("a"), providers=(state("gpt", pause=pause("provider", "gpt")),)), bill(CLAUDE, GPT))

    assert [each.provider for each in one.alternatives] == ["claude", "gpt"]
    assert [each.reason for each in one.alternatives[1].rejections] == [Reason.PROVIDER_PAUSED, Reason.OUT_OF_SLOT]


@pytest.mark.parametrize(
    ("fields", "detail", "force"),
    [
        ({"state": TaskState.FAILED}, "it used up its attempts; retry it by hand", "watchbill task retry a"),
        ({"attempts": 4}, "4 of 4 attempts did not land", "watchbill task retry a"),
        ({"state": TaskState.REVIEW}, "it waits for a review", ""),
        (
            {"state": TaskState.REVIEW, "note": "waits for the answer to Q-1 (How?)"},
            "waits for the answer to Q-1 (How?)",
            "",
        ),
    ],
)
def test_what_keeps_the_task_itself_back_is_shown(fields, detail, force):
    one = told("a", world(task("a", **fields)), bill(CLAUDE))

    assert failing(one) == {"task": detail}
    assert (one.earliest, one.force) == (None, force)


def test_a_running_task_says_where_it_runs():
    one = told("a", world(task("a", state=TaskState.RUNNING), live=(live("a"),)), bill(CLAUDE))

    assert words(one)["task"] == "runs on claude since 11:59 UTC"
    assert (one.decision, one.binding, one.earliest) == (None, None, None)


def test_a_run_that_is_relieved_needs_no_start():
    long = live("a", since=NOON - 2 * HOUR)

    assert told("a", world(task("a"), live=(long,)), bill(CLAUDE)).earliest is None


def test_a_bill_without_providers_says_so():
    one = told("a", world(task("a", files="")), bill())

    assert failing(one) == dict.fromkeys(("budget", "slot", "provider"), "the bill names no provider")
    assert words(one)["files"] == "it writes none: free"


def test_hours_that_do_not_matter_are_called_so():
    assert words(told("a", world(task("a")), bill(CLAUDE, policy=SlotPolicy.OFF)))["slot"] == "hours do not matter"


def test_a_paused_repository_is_shown():
    assert (
        failing(told("a", world(task("a"), pauses=(pause("repo", REPO),)), bill(CLAUDE)))["task"] == "novel is paused"
    )


def test_nobody_suited_is_shown_with_the_best_ones_reason():
    one = told("a", world(task("a")), bill(terms("x", configured=False)))

    assert failing(one)["provider"] == "x has no key"
