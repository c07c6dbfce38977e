"""DBOS's life cycle: a workflow with two steps. Its start, its steps and its end are four commits. SQLite as shipped."""

import itertools

import race
from dbos import DBOS


@DBOS.step()
def reserve(number: int) -> int:
    return 100_000 + number


@DBOS.step()
def settle(number: int) -> int:
    return 12_345 + number


@DBOS.workflow()
def pay(number: int) -> int:
    reserve(number)
    return settle(number)


def main() -> None:
    folder, callers, seconds = race.terms()
    DBOS(
        config={
            "name": "race",
            "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
            "log_level": "ERROR",
            "enable_otlp": False,
        }
    )
    DBOS.launch()
    numbers = itertools.count()
    race.run_threads(lambda: pay(next(numbers)), callers, seconds)


main()
