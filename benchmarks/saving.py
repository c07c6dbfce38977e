"""The same work for less: the day of forty tasks with each lever alone, with all together, and by the naive hourly workflow."""

import os
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from benchmarks.day import DAY, RATES, Levers, Tally, decide, play
from benchmarks.results import Better, Effort, Result, Section
from benchmarks.vendor import CachingVendor

HOURS = 24
NONE, ALL = "no lever", "all together"
WAYS: Mapping[str, Levers] = {
    NONE: Levers(),
    "exact dedupe and single-flight alone": Levers(answers=True),
    "prompt caches alone": Levers(caches=True),
    "batches alone": Levers(batches=True),
    "merging alone": Levers(merges=True),
    "ladder alone": Levers(ladder=True),
    "all but the ladder": Levers(answers=True, caches=True, batches=True, merges=True),
    ALL: Levers(answers=True, caches=True, batches=True, merges=True, ladder=True),
}
AT_ONCE = 2 if (os.cpu_count() or 1) > 1 else 1  # days; what is counted does not depend on how long they take


def measure(effort: Effort) -> Iterator[Result | str]:
    ways = {NONE: WAYS[NONE]} if effort.quick else WAYS
    with ThreadPoolExecutor(AT_ONCE) as pool:
        days = {name: pool.submit(play, levers) for name, levers in ways.items()}
        first = days[NONE].result().first
        naive = _naive(first)
        yield _words("the naive hourly workflow", naive)
        yield _words("the same, were it to ask only for what can land", _naive(first, waits=True))
        for name, day in days.items():
            yield _words(f"watchbill, {name}", day.result())
            yield from _results(name, day.result(), naive)


def _results(name: str, tally: Tally, naive: Tally) -> Iterator[Result]:
    more, is_whole = Better.MORE, name == ALL
    yield Result(
        what=f"{name}: fewer calls",
        unit="%",
        samples=[100 * (1 - tally.calls / naive.calls)],
        aim=40.0 if is_whole else None,
        better=more,
        bound_by="A task is one answer here: what is left are the tasks themselves, what the checks refused, and tasks on one "
        "file where nothing merges them.",
    )
    yield Result(
        what=f"{name}: fewer dollars",
        unit="%",
        samples=[100 * (1 - tally.dollars / naive.dollars)],
        aim=50.0 if is_whole else None,
        better=more,
    )
    yield Result(what=f"{name}: landed", unit="tasks", samples=[tally.landed], aim=float(naive.landed), better=more)
    yield Result(
        what=f"{name}: paid runs that neither landed nor were continued",
        unit="%",
        samples=[100 * tally.lost / tally.paid],
        aim=1.0,
    )


def _words(name: str, tally: Tally) -> str:
    saved = f" ({tally.saved} saved)" if tally.saved else ""
    anew = f" Of {tally.paid} paid runs {tally.anew} were done anew by the next step." if tally.anew else ""
    return (
        f"{name}: {tally.calls} calls{saved}, {tally.tokens:,} tokens, ${tally.dollars:.4f}, "
        f"{tally.landed} of {len(DAY)} landed.{anew}"
    )


def _naive(first: Mapping[str, bytes], *, waits: bool = False) -> Tally:
    """Each hour one fresh request for each open task, as watchbill's first one was; `waits`: only for what can land."""
    tally, landed, tried = Tally(), set[str](), set[str]()
    with CachingVendor(decide, caches=False) as vendor:
        for _hour in range(HOURS):
            before, touched = frozenset(landed), set[str]()
            for job in (job for job in DAY if job.name not in before):
                place = f"{job.repo}/{job.path}"
                can_land = place not in touched and (not job.needs or job.needs in before)
                if waits and not can_land:
                    continue
                _post(vendor.anthropic_url, first[job.asks])
                good = not job.hard or job.name in tried  # told what was wrong, the second one is good
                tried.add(job.name)
                if good and can_land:
                    touched.add(place)
                    landed.add(job.name)
        tally.calls = len(vendor.calls)
        tally.tokens = sum(entry.tokens_in + entry.tokens_out for entry in vendor.calls)
        tally.dollars = sum(RATES[entry.model].cost(entry) for entry in vendor.calls)
    tally.landed = len(landed)
    return tally


def _post(url: str, body: bytes) -> None:
    headers = {"content-type": "application/json", "x-api-key": "none"}
    asked = urllib.request.Request(f"{url}/v1/messages", data=body, headers=headers, method="POST")
    with urllib.request.urlopen(asked, timeout=30) as said:
        said.read()


SECTION = Section(
    name="saving",
    title="The same work for less",
    how="One fixed day of forty tasks in two repositories: 14 alone (8 of which can wait for a batch), three chains of four that "
    "need each other, 4 on the same file, 6 whose answer does not pass the checks before a request tells what they found, and two "
    "pairs of twins that ask the same of the same files, one in each repository. The vendor on loopback bills by published rules: "
    "$3 and $15 for a million tokens ($1 and $5 of the small model, whose answers to the six never pass), a cached prefix of 1,024 "
    "tokens or more that lives 5 minutes at 1.25x to write and 0.1x to read, batches at half price. Tokens are four bytes. The "
    "model does all that its brief names in one answer. The naive workflow sends, every hour and for every open task, the very "
    "request that watchbill sends first to the big model, with nothing remembered but what was wrong: what needs a task that has "
    "not landed, or meets another on its file, is asked again. What it would need if it asked only for what can land stands beside it. Levers: "
    "`[saving]`, the vendor's caches, `[batch]`, `[[ladder]]`. A paid run counts as continued when it ended well or was put down "
    "with its work, and when the work was thrown away but a later run's brief tells why and what the checks found, as the next "
    "step of a ladder is told: how many those were is said with each day. Every other one that was rejected, failed, cancelled or "
    "lost counts as lost.",
    measure=measure,
)
