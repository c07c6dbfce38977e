"""From the start of the process to ready, with many tasks in the store."""

import time
from collections.abc import Iterator

from benchmarks.results import Effort, Result, Section
from benchmarks.towns import add, town
from tests.acceptance.harness import Daemon, Town
from watchbill.operator.doors import SocketDoor

AIM = 1000.0  # ms


def measure(effort: Effort) -> Iterator[Result | str]:
    tasks = effort.of(500, 10_000)
    ready, planned = [], []
    with town() as (where, _player, _vendor):
        first = "- [ ] Write 0 [id:: t0] [files:: notes/0.md] [provider:: nobody]\n"  # so that none of them starts
        rest = (f"- [ ] Write {n} [id:: t{n}] [files:: notes/{n}.md] [after:: t0]\n" for n in range(1, tasks))
        add(where, first + "".join(rest))
        begun = time.monotonic()
        _started(where)[0].stop()
        yield f"Reading the queue of {tasks:,} new tasks, planning and stopping took {time.monotonic() - begun:.1f} s once."
        for _ in range(effort.of(1, 5)):
            daemon, to_ready, to_plan = _started(where)
            daemon.kill()  # so that every start is a recovery too
            ready.append(to_ready)
            planned.append(to_plan)
    yield Result(
        what=f"killed and started again with {tasks:,} tasks → ready",
        unit="ms",
        samples=ready,
        aim=AIM,
        bound_by="Most of it is importing: pydantic, the settings' models, FastAPI and its models.",
    )
    yield Result(what=f"the same → first plan over {tasks:,} tasks made and journaled", unit="ms", samples=planned)


def _started(where: Town) -> tuple[Daemon, float, float]:
    """A daemon whose first tick is over; milliseconds until it answered on its socket, and until then."""
    begun = time.monotonic()
    daemon = where.start()
    door = SocketDoor(where.state / "control.sock")
    while not (daemon.told("daemon.ready") and door.answers()):
        assert daemon.process.poll() is None, daemon.text[-3000:]
        time.sleep(0.01)
    ready = time.monotonic() - begun
    daemon.wait("daemon.tick_idle")
    return daemon, ready * 1000, (time.monotonic() - begun) * 1000


SECTION = Section(
    name="restart",
    title="Starting again",
    how="A daemon with both vendors' adapters is killed with all tasks open and started again as a process; ready is when it "
    "has said `daemon.ready` and answers on its control socket.",
    measure=measure,
)
