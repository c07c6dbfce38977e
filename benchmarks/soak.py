"""A soak: the daemon left alone with a steady supply of small work, failing vendors, people, and viewers that come and go.

    python -m benchmarks.soak --minutes 40 --keep FOLDER

writes a line of gauges each ten seconds into FOLDER and says at the end what of them grew.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import gauges
from benchmarks.crew import Crew
from benchmarks.gauges import Gauges
from benchmarks.pieces import AGENT, KINDS, MODELS, PROVIDERS, Vendor
from benchmarks.results import Effort, Result, Section
from tests.acceptance.harness import QUEUE, Process, Town, started
from tests.vendors import FakeVendor

DAEMON = """[daemon]
state_dir = "state"
zone = "{zone}"
slot_policy = "off"
tick_min = "1s"
tick_max = "5s"
max_parallel = 6
lease_ttl = "15s"
[budget]
daily_usd = 100000
monthly_usd = 100000
[health]
probe_every = "1m"
[web]
listen = "127.0.0.1:0"
[saving]
answers_kept = "10m"
[retention]
artefacts = "10m"
[routing]
max_attempts = 2
"""


class Home(Town):
    """A town whose daemon has a counter inside."""

    @property
    def counts(self) -> Path:
        return self.home / "counts.jsonl"

    def begin(self, args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], out: Path, err: Path) -> Process:  # type: ignore[override]  # a plain function there, to be swapped
        if args[-1] != "serve":
            return started(args, cwd=cwd, environ=environ, out=out, err=err)
        program = (sys.executable, "-m", "benchmarks.inside", str(self.counts))
        (self.home / "tmp").mkdir()
        with out.open("a") as said, err.open("a") as told:
            return subprocess.Popen(
                [*program, *args], cwd=cwd, env={**environ, "TMPDIR": str(self.home / "tmp")}, stdout=said, stderr=told
            )

    def settle(self, vendor: FakeVendor) -> None:
        self.write("README.md", "# A town\n")
        self.write("shared.md", "# What all share\n")
        self.write(QUEUE, "# Work\n\n")
        self.commit("The beginning")
        urls = (vendor.anthropic_url, vendor.openai_url, vendor.openai_url)
        each = zip(PROVIDERS, KINDS, urls, MODELS, strict=True)
        providers = "".join(self.provider(*facts, "concurrent = 2") for facts in each)
        agent = f"agent = {{ {AGENT.settings()} }}\nstrengths = {{ '*' = 0.01 }}"
        providers += self.provider("agent", AGENT.kind, vendor.anthropic_url, AGENT.model, agent)
        self.configure(providers, daemon=DAEMON.format(zone=midnight_soon(datetime.now(UTC))), repo='sandbox = "none"')


def midnight_soon(now: datetime) -> str:
    """The zone in which the next full hour begins a day, so that the nightly sweep comes while we look."""
    east = -(now.hour + 1) % 24
    return f"Etc/GMT-{east}" if east <= 12 else f"Etc/GMT+{24 - east}"


def soak(folder: Path, seconds: float) -> tuple[list[Gauges], Home, Crew]:
    with ExitStack() as stack:
        vendor = stack.enter_context(Vendor())
        town = Home(folder)
        town.settle(vendor)
        daemon = stack.enter_context(town.serve())
        address = daemon.wait("web.listening")["address"]
        crew = Crew(town, vendor, address=address, counts=town.counts)
        looks = asyncio.run(crew.work(daemon.process.pid, seconds, folder / "gauges.jsonl"))
    return gauges.with_rates(looks), town, crew


STEADY = ("rss MB", "pss MB", "objects", "asyncio tasks", "threads", "fds", "wal MB", "worktrees", "temporary files")
SLACK = 1.1  # of the second quarter's median: what more work at the moment may bring
WATCHED = ("loop lag ms", "/api/v1/state ms", "/metrics ms")


def results(looks: Sequence[Gauges]) -> Iterator[Result]:
    """What must not grow, and what is only told: how long things take is the machine's, too."""
    yield Result(what="runs that ended", unit="runs", samples=[looks[-1]["runs ended"]])
    halves = gauges.halves(looks)
    for name in STEADY:
        early, late = halves[name]
        about = "What holds it is in the kinds of objects and the rows that python -m benchmarks.soak prints."
        ratio = late / early if early else 1 + late
        what = f"{name}: {early:,.0f} in the second quarter; the last by that"
        yield Result(what=what, unit="x", samples=[ratio], aim=SLACK, bound_by=about)
    for name in ("loose objects", "loose refs"):
        yield Result(what=f"{name} at the end, the nightly sweep behind", unit="", samples=[looks[-1][name]])
    yield Result(what="database, each run", unit="kB", samples=[1000 * gauges.of_run(looks, "database MB")])
    for name in WATCHED:
        yield Result(what=f"{name}, median of the last quarter", unit="ms", samples=[halves[name][1]])


def measure(effort: Effort) -> Iterator[Result | str]:
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        looks, _town, crew = soak(Path(folder), effort.of(60, 3600))
    yield from results(looks)
    yield f"Viewers were told {crew.seen:,} events; of what people asked, {crew.refused} came too late and was refused."


SECTION = Section(
    name="soak",
    title="Left alone for an hour",
    how="The daemon as a process with a steady supply of small tasks on one repository: three vendors on loopback in three wire "
    "shapes and an agent program, 3 % of whose calls fail in one of six ways, and each of which is overloaded for 20 seconds "
    "from time to time; questions that are answered, drafts that are approved or refused, changes that do not pass, an "
    "owner who pushes to the file that all share, a viewer of the pages and events that comes and goes, and commands. Each 10 "
    "seconds everything is counted that could grow. Retention is ten minutes, and the nightly sweep falls into the hour.",
    measure=measure,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--keep", type=Path, required=True, help="a folder that is not there yet")
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True)
    looks, town, crew = soak(asked.keep.absolute(), asked.minutes * 60)
    print(f"{looks[-1]['runs ended']:.0f} runs, {crew.seen} events seen, {crew.refused} refusals")
    print(f"{'':36}{'2nd quarter':>14}{'last':>14}{'of a run':>12}")
    for name, (early, late) in gauges.halves(looks).items():
        print(f"{name:36}{early:14,.1f}{late:14,.1f}{gauges.of_run(looks, name):12.4f}")
    print("\nobjects that became more")
    for kind, (early, late) in gauges.kept(town.counts).items():
        if late > early * 1.1:
            print(f"{kind:36}{early:14,}{late:14,}")


if __name__ == "__main__":
    main()
