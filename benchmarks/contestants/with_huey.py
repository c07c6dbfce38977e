"""Huey's life cycle: dequeue, then a task that puts its reservation and its settlement into Huey's store, then its result.

Four commits, fsync on. The queue is filled before, without fsync.
"""

from collections.abc import Callable

import race
from huey import SqliteHuey
from huey.api import Huey

MOST_A_SECOND = 4_000  # tasks that are put in before, for each second


def paying(huey: Huey) -> Callable[[int], object]:
    @huey.task()
    def pay(number: int) -> int:
        huey.put(f"reserve-{number}", 100_000)
        huey.put(f"settle-{number}", 12_345)
        return number

    called: Callable[[int], object] = pay
    return called


def main() -> None:
    folder, callers, seconds = race.terms()
    filling = SqliteHuey("race", filename=f"{folder}/huey.db", fsync=False)
    pay = paying(filling)
    for number in range(int((seconds + race.WARM_UP) * MOST_A_SECOND) + callers):
        pay(number)
    filling.storage.close()
    huey = SqliteHuey("race", filename=f"{folder}/huey.db", fsync=True, timeout=60)
    paying(huey)
    race.run_threads(lambda: huey.execute(huey.dequeue()), callers, seconds)


main()
