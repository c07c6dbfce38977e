"""A long queue's future is made in a process of its own, and is the same."""

import asyncio

from operator_makers import NOW, bill, task

from watchbill.operator import foretelling
from watchbill.scheduling.simulate import simulate
from watchbill.scheduling.snapshot import Snapshot


def test_a_long_queue_is_forecast_elsewhere_and_alike() -> None:
    seen = Snapshot(tasks=tuple(task(f"t{number}", order=number) for number in range(400)))

    found = asyncio.run(foretelling.foretell(seen, bill(), NOW, hours=1))

    assert found == simulate(seen, bill(), NOW, hours=1)
