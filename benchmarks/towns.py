"""Towns for the benchmarks: a small repository with a vendor on loopback, and a daemon as a process with default settings."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.harness import QUEUE, Daemon, Town
from tests.acceptance.player import Player
from tests.vendors import FakeVendor

DAEMON = '[daemon]\nstate_dir = "state"\nslot_policy = "off"\n'


@contextmanager
def town() -> Iterator[tuple[Town, Player, FakeVendor]]:
    """Both real SDK adapters are configured against the vendor; the queue is empty."""
    player = Player()
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder, FakeVendor(player) as vendor:
        made = Town(Path(folder))
        made.write("README.md", "# A town\n")
        made.write(QUEUE, "# Work\n")
        made.commit("The beginning")
        providers = made.provider("claude", "anthropic", vendor.anthropic_url, "fake-1")
        providers += made.provider("gpt", "openai", vendor.openai_url, "fake-2")
        made.configure(providers, daemon=DAEMON)
        yield made, player, vendor


def add(where: Town, text: str) -> float:
    """Save the queue with this at its end, as editors do; the monotonic moment of the save."""
    place = where.repo / QUEUE
    saved = place.with_suffix(".new")
    saved.write_text(place.read_text() + text)
    moment = time.monotonic()
    saved.replace(place)
    return moment


def cpu_seconds(daemon: Daemon) -> float:
    """Processor time that the process, its threads and its ended children have used so far."""
    root = Path(f"/proc/{daemon.process.pid}")
    own = sum(int((thread / "schedstat").read_text().split()[0]) for thread in (root / "task").iterdir())
    children = sum(map(int, (root / "stat").read_text().rpartition(")")[2].split()[13:15]))
    return own / 1e9 + children / os.sysconf("SC_CLK_TCK")


def resident_mb(daemon: Daemon) -> float:
    pages = int(Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
