"""From the save of a queue file to the first request on the wire."""

import time
from collections.abc import Iterator

from benchmarks.results import Effort, Result, Section
from benchmarks.towns import add, town
from tests.acceptance.player import Player, finish, write
from tests.vendors import Answer, Heard

QUIET = 0.6  # seconds after a landing in which its last writes end


def measure(effort: Effort) -> Iterator[Result]:
    to_wire, to_landed = [], []
    with town() as (where, player, vendor):
        vendor.decide = heard = _Ear(player)
        with where.serve() as daemon:
            daemon.wait("daemon.tick_idle")
            for number in range(effort.of(2, 20) + 1):
                name = f"n{number:03}"
                player.steps = {f"Write {name}": [write(f"{name}.md", "Text.\n"), finish()]}
                heard.first = None
                saved = add(where, f"- [ ] Write {name} [id:: {name}] [files:: {name}.md] [provider:: claude]\n")
                daemon.wait("task.landed", task=name)
                to_landed.append((time.monotonic() - saved) * 1000)
                assert heard.first is not None
                to_wire.append((heard.first - saved) * 1000)
                time.sleep(QUIET)
    what = "queue file saved → first request at the vendor"
    yield Result(what=f"{what}, the first after a start, which loads the SDK", unit="ms", samples=to_wire[:1])
    yield Result(
        what=what,
        unit="ms",
        samples=to_wire[1:],
        aim=150.0,
        bound_by="After a notice of the file system the rest of the save is waited for, and each step is on the disk.",
    )
    yield Result(what="queue file saved → landed (two turns)", unit="ms", samples=to_landed[1:])


class _Ear:
    """Notes when the first request of a task came."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self.first: float | None = None

    def __call__(self, vendor: str, model: str, heard: tuple[Heard, ...]) -> Answer:
        self.first = self.first or time.monotonic()
        return self._player(vendor, model, heard)


SECTION = Section(
    name="wire",
    title="From a saved queue file to the vendor",
    how="The daemon is a process with default settings on a small repository, idle; the queue file is saved with one more "
    "task; the vendor is a server on loopback, asked through Anthropic's SDK. Before the request, the file is noticed and "
    "parsed, the plan made and journaled, the worktree and the brief written, and the money held.",
    measure=measure,
)
