"""One command that measures everything and prints it: python benchmarks/run.py [--quick] [--only NAME] [--write FILE]."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    caps,
    durable,
    exact,
    handoff,
    idle,
    landings,
    liars,
    overhead,
    pages,
    past,
    plan,
    restart,
    sandbox,
    saving,
    soak,
    status,
    wire,
)
from benchmarks.results import Effort, Measured, Section, document, line
from watchbill.state.engine import dbapi, journal_mode

SECTIONS = (
    plan,
    durable,
    wire,
    overhead,
    status,
    pages,
    past,
    restart,
    idle,
    exact,
    caps,
    saving,
    handoff,
    landings,
    liars,
    sandbox,
    soak,
)


def main() -> None:
    """Prints each number as it comes; `--write` makes docs/benchmarks.md of them, with `--only` just of these sections."""
    sections = {module.SECTION.name: module.SECTION for module in SECTIONS}
    asked = _arguments(list(sections))
    effort = Effort(quick=asked.quick)
    done = [_measured(sections[name], effort) for name in asked.only or sections]
    if asked.write is not None:
        before = asked.write.read_text() if asked.only and asked.write.exists() else ""
        asked.write.write_text(document(done, date=asked.date, machine=machine(), before=before))
    if not any(one.results for one in done):
        sys.exit("nothing was measured")


def machine() -> str:
    """The processor, memory, kernel and versions that the numbers depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} x {_processor()}, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {dbapi.sqlite_version} ({journal_mode()}), load at the end {load:.1f}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return named[0] if named else platform.machine()


def _arguments(names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short repetitions: shows that it works")
    parser.add_argument("--only", action="append", choices=names, help="only this part; may be repeated")
    parser.add_argument(
        "--write",
        type=Path,
        help="write the document here, for instance docs/benchmarks.md; with --only, these sections of it",
    )
    parser.add_argument("--date", help="the day that the document names, for instance 2026-11-24")
    asked = parser.parse_args()
    if asked.write is not None and not asked.date:
        parser.error("--write needs --date: the document says when its numbers were taken")
    return asked


def _measured(section: Section, effort: Effort) -> Measured:
    print(f"\n{section.title}", flush=True)
    results, notes = [], []
    for found in section.measure(effort):
        if isinstance(found, str):
            print(f"  {found}", flush=True)
            notes.append(found)
            continue
        what, aim, median, span, ratio = line(found)
        print(f"  {what:58} {median:>14}  {span:28} {aim:12} {ratio}", flush=True)
        results.append(found)
    return Measured(section=section, results=results, notes=notes)


if __name__ == "__main__":
    main()
