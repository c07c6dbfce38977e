"""Rules of how many processes a program may have, where the kernel counts all that its user runs."""

import os
import resource
import threading
from collections.abc import Iterator

import pytest

from watchbill.workspace.limits import Limits, fitted

TEN = Limits(processes=10)
THREADS = 30


@pytest.fixture
def busy() -> Iterator[None]:
    """This user runs thirty threads more."""
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("busy")
def test_what_its_user_runs_already_takes_nothing_from_a_program() -> None:
    assert fitted(TEN, user=os.geteuid(), has_own_count=False).processes > TEN.processes + THREADS


@pytest.mark.usefixtures("busy")
def test_where_the_count_begins_anew_it_is_as_said() -> None:
    assert fitted(TEN, user=os.geteuid(), has_own_count=True) == TEN


@pytest.mark.parametrize(
    ("allowed", "processes"), [(resource.RLIM_INFINITY, 4096), (8192, 4096), (400, 300), (7, 6), (1, 1)]
)
def test_a_quarter_of_what_the_user_may_still_start_stays_free(
    monkeypatch: pytest.MonkeyPatch, allowed: int, processes: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, resource.RLIM_INFINITY))
    nobody = 4_000_000_000  # runs nothing

    assert fitted(Limits(), user=nobody, has_own_count=True).processes == processes


def test_the_count_of_a_user_without_room_leaves_the_program_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1, 1))

    assert fitted(TEN, user=os.geteuid(), has_own_count=True).processes == 1
