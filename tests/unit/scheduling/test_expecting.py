"""Expectations of what a run costs: by its like, else by its cap."""

from hypothesis import given
from hypothesis import strategies as st
from planning import GPT, bill, local, task

from watchbill.domain.ids import TaskType
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.windows import Caps
from watchbill.scheduling.expecting import FEWEST_RUNS, Like, expect

LIKE = Like(provider=GPT.name, model="m", type=TaskType("write"))
METERED = bill(GPT, caps=Caps(per_run=usd("0.5"), per_task=usd(2)))


def costs(*micros: int) -> dict[Like, list[MicroUsd]]:
    return {LIKE: sorted(map(MicroUsd, micros))}


def test_enough_runs_give_their_median_and_their_dear_end() -> None:
    found = expect(costs(*range(10, 110, 10)), LIKE, task("a"), METERED)

    assert (found.runs, found.p50, found.p90) == (10, 50, 90)
    assert found.words == "$0.00005, p90 $0.00009 by 10 runs of its like"


def test_too_few_runs_fall_back_to_the_lowest_cap_and_say_so() -> None:
    found = expect(costs(1, 2, 3, 4), LIKE, task("a", max_cost=usd("0.3")), METERED)

    assert (found.p50, found.p90, found.most) == (None, None, usd("0.3"))
    assert found.words == "at most $0.30, its cap: 4 runs of its like are too few to say more (5 are wanted)"


def test_without_history_and_caps_nothing_limits_it() -> None:
    found = expect({}, LIKE, task("a"), bill(GPT, caps=Caps()))

    assert found.words.startswith("nothing caps it: 0 runs of its like")


def test_another_models_runs_are_not_alike() -> None:
    assert expect(costs(1, 2, 3, 4, 5), LIKE._replace(model="n"), task("a"), METERED).runs == 0


def test_free_work_is_free_without_history() -> None:
    mine = local()

    found = expect({}, LIKE._replace(provider=mine.name), task("a"), bill(mine))

    assert (found.p50, found.p90, found.words) == (0, 0, "free")


@given(st.lists(st.integers(0, 10**6), min_size=FEWEST_RUNS, max_size=60))
def test_what_is_expected_has_happened_before(micros: list[int]) -> None:
    found = expect(costs(*micros), LIKE, task("a"), METERED)

    assert found.p50 is not None
    assert found.p90 is not None
    assert found.p50 <= found.p90
    assert {found.p50, found.p90} <= set(micros)
