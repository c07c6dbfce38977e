"""Record what the real programs say, for tests/unit/providers/agents: one file for each program and way to end.

.venv/real/bin/python -m tests.real.record tests/unit/providers/agents/streams
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from tests import vendors
from tests.conformance.test_agents import DEATH, Bench, bench, runs, said, writes, wrong
from tests.programs import PROGRAMS
from tests.vendors import Stop
from watchbill.providers.agents.vendor import Event, Job

KINDS = ("claude-code", "codex", "copilot")
WAYS: Mapping[str, tuple[Callable[[Bench], vendors.Answer], ...]] = {
    "done": (writes("b.txt"), said("All done.")),
    "talk": (said("You have hit your limit."),),
    "refused": (wrong(Stop(reason="refusal")),),
    "throttled": (wrong(vendors.throttled(1)),),
    "no-credit": (wrong(vendors.no_credit()),),
    "unauthorized": (wrong(vendors.unauthorized()),),
    "cut": (wrong(vendors.cut()),),
    "bad-request": (wrong(vendors.bad_request()),),
    "killed": (writes("b.txt"), runs(DEATH)),
}
NAMED = ("session.idle", "tool.execution_complete")  # an ending hangs on that they happened
OWN = re.compile(r"(127\.0\.0\.1:)\d+|/\S*/watchbill-real/\S+?(?=/b\.txt)")


async def record(kind: str, way: str, folder: Path) -> None:
    home = Path.home() / ".cache" / "watchbill-real" / f"record-{kind}-{way}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    events: list[Event] = []
    async with bench(PROGRAMS[kind], home, *WAYS[way]) as made:
        vendor: Any = made.provider._vendor
        play = vendor.play

        async def overheard(job: Job) -> AsyncIterator[Event]:
            async for event in play(job):
                if (event.keys() - {"nano_credits"} != {"type"} and event.keys() != {"method"}) or event[
                    "type"
                ] in NAMED:
                    events.append(event)
                yield event

        vendor.play = overheard
        end = await made.stint()
    shutil.rmtree(home)
    text = "".join(json.dumps(event) + "\n" for event in events)
    (folder / f"{kind}.{way}.jsonl").write_text(
        OWN.sub(lambda found: f"{found[1] or '/work'}{'1' if found[1] else ''}", text)
    )
    sys.stdout.write(f"{kind} {way}: {len(events)} events, {end}\n")


async def main(folder: Path) -> None:
    for kind in KINDS:
        for way in WAYS:
            await record(kind, way, folder)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(place))
