"""What the daemon takes while there is nothing to do, and how much memory."""

import time
from collections.abc import Iterator

from benchmarks.results import Effort, Result, Section
from benchmarks.towns import add, cpu_seconds, resident_mb, town
from tests.acceptance.player import finish, write

SETTLED = 3.0  # seconds after the start


def measure(effort: Effort) -> Iterator[Result]:
    seconds = effort.of(5, 60)
    with town() as (where, player, _vendor):
        player.steps = {f"Write {name}": [write(f"{name}.md", "Text.\n"), finish()] for name in ("first", "second")}
        with where.serve() as daemon:
            daemon.wait("daemon.tick_idle")
            time.sleep(SETTLED)
            before, begun = cpu_seconds(daemon), time.monotonic()
            time.sleep(seconds)
            share = (cpu_seconds(daemon) - before) / (time.monotonic() - begun)
            yield Result(
                what=f"share of a core over {seconds} idle seconds",
                unit="%",
                samples=(share * 100,),
                aim=0.2,
                bound_by="Each second brings two looks for the file WATCHBILL_STOP, one at the clocks and one at files whose "
                "system tells nothing; each idle tick reads queues, refs and the store. No git is started.",
            )
            before_any = (
                "No vendor's SDK is loaded by then. As each import grows the process: 21 MB are our own modules, 11 pydantic with "
                "pydantic-settings, 10 FastAPI with our routes, and the rest Python, its library and OpenSSL."
            )
            imports = "To that come Anthropic's SDK with 41 MB, pydantic-ai with 19 and genai-prices' list with 5."
            yield Result(
                what="resident memory before the first call",
                unit="MB",
                samples=(resident_mb(daemon),),
                aim=80.0,
                bound_by=before_any,
            )
            for name, provider, aim in (("first", "claude", 160.0), ("second", "gpt", None)):
                add(where, f"- [ ] Write {name} [id:: {name}] [files:: {name}.md] [provider:: {provider}]\n")
                daemon.wait("task.landed", task=name)
                what = "after the first run (Anthropic's SDK)" if aim else "after a run on each (OpenAI's SDK too)"
                samples = (resident_mb(daemon),)
                yield Result(what=f"resident memory {what}", unit="MB", samples=samples, aim=aim, bound_by=imports)


SECTION = Section(
    name="idle",
    title="Doing nothing",
    how="The daemon as a process with default settings, both vendors' adapters configured, an empty queue. The processor's "
    "time includes its threads and the git processes that it starts; memory is the resident set of the daemon.",
    measure=measure,
)
