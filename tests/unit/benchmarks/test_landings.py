"""The benchmark of landings, small: nothing lands red, nothing is lost, and plain worktrees are measured alike."""

import asyncio

from benchmarks import harbour, plainly
from benchmarks.landings import AT_ONCE, SEED, Watched

COUNT = 24


def test_landings_side_by_side_leave_nothing_red_and_lose_nothing() -> None:
    jobs = harbour.jobs(COUNT, SEED)

    found = asyncio.run(Watched(jobs).work(harbour.files()))

    bad = sum(job.is_bad for job in jobs)
    assert (found.red, found.landed, found.refused) == (0, COUNT - bad, bad)
    assert found.pushes > 0


def test_plain_worktrees_lose_what_conflicts() -> None:
    jobs = harbour.jobs(COUNT, SEED)

    found = asyncio.run(plainly.work(jobs, harbour.files(), at_once=AT_ONCE, seed=SEED))

    assert found.landed + found.refused + found.for_people >= COUNT
    assert found.refused == sum(job.is_bad for job in jobs)
