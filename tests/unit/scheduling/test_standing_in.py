"""Standing in: who does a task when the provider that it asks for cannot."""

import pytest
from planning import CLAUDE, COPILOT, GPT, HOUR, NOON, bill, live, pause, state, task, terms, world

from watchbill.domain.ids import ProviderName
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.planner import plan


def asked(*fallback: str, **fields):
    return task("a", provider=ProviderName("claude"), fallback=tuple(map(ProviderName, fallback)), **fields)


def chosen(snapshot, terms_=None):
    """Who of claude, gpt and copilot may start, and what the task waits for."""
    decided = plan(snapshot, terms_ or bill(CLAUDE, GPT, COPILOT, policy=SlotPolicy.OFF), NOON).decisions
    return [getattr(one, "provider", None) or one.binding.reason.value for one in decided]


def test_a_stand_in_stands_back_while_the_provider_that_is_asked_for_can():
    assert chosen(world(asked("gpt"))) == ["claude"]


@pytest.mark.parametrize(
    "down", [{"broken": True}, {"held_until": NOON + HOUR}, {"pause": pause("provider", "claude")}]
)
def test_a_stand_in_goes_when_it_cannot(down):
    assert chosen(world(asked("gpt"), providers=(state("claude", **down),))) == ["gpt"]


def test_stand_ins_go_in_their_order():
    down = (state("claude", broken=True), state("copilot", broken=True))

    assert chosen(world(asked("copilot", "gpt"), providers=down[:1])) == ["copilot"]
    assert chosen(world(asked("copilot", "gpt"), providers=down)) == ["gpt"]


def test_nobody_else_stands_in():
    assert chosen(world(asked("gpt"), providers=(state("claude", broken=True), state("gpt", broken=True)))) == [
        "provider_unhealthy"
    ]


def test_who_is_not_configured_or_does_not_do_it_is_stood_in_for():
    for unable in ({"configured": False}, {"only_types": frozenset({"fix"})}):
        terms_ = bill(terms("claude", **unable), GPT, policy=SlotPolicy.OFF)
        assert chosen(world(asked("gpt")), terms_) == ["gpt"]


def test_a_provider_that_the_bill_does_not_name_is_stood_in_for():
    assert chosen(world(asked("gpt")), bill(GPT, policy=SlotPolicy.OFF)) == ["gpt"]


def test_a_busy_provider_and_its_hour_are_waited_for():
    assert chosen(world(asked("gpt"), live=(live("b", "claude"),))) == ["provider_busy"]
    assert chosen(world(asked("gpt")), bill(terms("claude", "1"), GPT, policy=SlotPolicy.STRICT)) == ["out_of_slot"]


def test_the_stand_in_takes_over_what_failed_and_gives_back_what_failed_on_it():
    assert chosen(world(asked("gpt", tried=(ProviderName("claude"),)))) == ["gpt"]
    assert chosen(world(asked("gpt", tried=(ProviderName("gpt"),)))) == ["claude"]


def test_where_all_of_them_are_down_the_first_that_will_be_able_is_waited_for():
    down = (state("claude", held_until=NOON + HOUR), state("gpt", held_until=NOON + 2 * HOUR))

    (wait,) = plan(world(asked("gpt"), providers=down), bill(CLAUDE, GPT, policy=SlotPolicy.OFF), NOON).decisions

    assert wait.binding.until == NOON + HOUR
    (wait,) = plan(
        world(asked("gpt"), providers=down), bill(terms("claude", configured=False), GPT, policy=SlotPolicy.OFF), NOON
    ).decisions
    assert wait.binding.until == NOON + 2 * HOUR


def test_a_pin_by_hand_has_no_stand_in():
    down = (state("gpt", broken=True),)

    assert chosen(world(asked("copilot", pin=ProviderName("gpt")), providers=down)) == ["provider_unhealthy"]
