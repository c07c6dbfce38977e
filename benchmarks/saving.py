"""One day of forty tasks against a vendor with published rules: each lever alone, all together, and the naive hourly workflow."""

import json
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.results import Better, Effort, Result, Section
from benchmarks.vendor import CachingVendor, Rate
from tests.acceptance.harness import QUEUE, Daemon, Town
from tests.batchvendor import BatchVendor
from tests.vendors import ANTHROPIC, Answer, Heard, Use
from watchbill.operator.doors import SocketDoor

BIG, SMALL = "big-1", "small-1"
RATES: Mapping[str, Rate] = {BIG: Rate(input=3, output=15), SMALL: Rate(input=1, output=5)}
HOURS = 24
PATIENCE = 120.0  # seconds
RULES = "".join(
    f"{number}. Chapter {number} keeps to what chapter {number - 1} says of it.\n" for number in range(1, 250)
)
LOST = frozenset({"rejected", "failed", "cancelled", "lost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A task of the day."""

    name: str
    repo: str = "town"
    file: str = ""
    needs: str = ""
    hard: bool = False  # its first answer is broken; a small model's every answer is
    patient: bool = False  # it can wait for a batch
    title: str = ""

    @property
    def asks(self) -> str:
        return self.title or f"Write piece {self.name} of the tale."

    @property
    def path(self) -> str:
        return self.file or f"src/{self.name}.py"

    @property
    def entry(self) -> str:
        more = f" [after:: {self.needs}]" if self.needs else ""
        more += " [provider:: patient]" if self.patient else ""
        return f"- [ ] {self.asks} #code [id:: {self.name}] [files:: {self.path}]{more}\n"


PLAIN = [Job(name=f"p{number:02}", patient=number < 8) for number in range(14)]
CHAINS = [
    Job(name=f"c{row}{place}", needs=f"c{row}{place - 1}" if place else "") for row in range(3) for place in range(4)
]
SHARED = [Job(name=f"s{number}", file="src/shared.py") for number in range(4)]
HARD = [Job(name=f"h{number}", hard=True) for number in range(6)]
TWINS = [
    Job(name=f"{repo}-{word}", repo=repo, file=f"src/{word}.py", title=f"Write the table of {word}.")
    for word in ("tides", "stars")
    for repo in ("town", "port")
]
DAY = (*TWINS, *PLAIN, *CHAINS, *SHARED, *HARD)  # the twins begin on the same tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    answers: bool = False  # exact dedupe and single-flight
    merging: bool = False  # of small tasks on one file
    caches: bool = False
    batches: bool = False
    ladder: bool = False


WAYS: Mapping[str, Levers] = {
    "no lever": Levers(),
    "exact dedupe and single-flight alone": Levers(answers=True),
    "merging alone": Levers(merging=True),
    "prompt caches alone": Levers(caches=True),
    "batches alone": Levers(batches=True),
    "ladder alone": Levers(ladder=True),
    "all but the ladder": Levers(answers=True, merging=True, caches=True, batches=True),
    "all together": Levers(answers=True, merging=True, caches=True, batches=True, ladder=True),
}


@dataclass(slots=True, kw_only=True)
class Tally:
    calls: int = 0
    tokens: int = 0
    dollars: float = 0.0
    landed: int = 0
    lost: float = 0.0  # share of the paid runs that neither landed nor were continued
    first: dict[str, bytes] = field(default_factory=dict)  # the first request of each task


def measure(effort: Effort) -> Iterator[Result | str]:
    ways = dict(list(WAYS.items())[:1]) if effort.quick else WAYS
    done = {name: _day(levers) for name, levers in ways.items()}
    naive = _naive(done["no lever"].first)
    yield _words("the naive hourly workflow", naive)
    for name, tally in done.items():
        yield _words(f"watchbill, {name}", tally)
    for name, tally in done.items():
        whole = name == "all together"
        fewer, cheaper = 100 * (1 - tally.calls / naive.calls), 100 * (1 - tally.dollars / naive.dollars)
        more = Better.MORE
        yield Result(
            what=f"{name}: fewer calls",
            unit="%",
            samples=[fewer],
            aim=40.0 if whole else None,
            better=more,
            bound_by="A task is one answer here, and a ladder asks twice where its small model fails.",
        )
        yield Result(
            what=f"{name}: fewer dollars", unit="%", samples=[cheaper], aim=50.0 if whole else None, better=more
        )
        yield Result(what=f"{name}: landed", unit="tasks", samples=[tally.landed], aim=float(naive.landed), better=more)
        yield Result(
            what=f"{name}: paid runs that neither landed nor were continued",
            unit="%",
            samples=[100 * tally.lost],
            aim=1.0,
            bound_by="What a small model does badly is thrown away: its step's run is paid, and the next one begins anew.",
        )


def _words(name: str, tally: Tally) -> str:
    return f"{name}: {tally.calls} calls, {tally.tokens:,} tokens, ${tally.dollars:.4f}, {tally.landed} of {len(DAY)} landed."


def _job(heard: Sequence[Heard]) -> Job:
    brief = next(said.text for said in heard if said.role == "user")
    found = [job for job in DAY if job.asks in brief and job.path in brief]
    return found[0]


def decide(_vendor: str, model: str, heard: tuple[Heard, ...]) -> Answer:
    """The whole work in one answer; of a hard task the first one is broken, and every one of a small model."""
    job = _job(heard)
    replies = sum(said.role == "assistant" for said in heard)
    broken = job.hard and (model == SMALL or replies == 0)
    name = f"{job.name.partition('-')[2] or job.name}_{replies}" if job.file else job.name
    text = "def broken(:\n" if broken else f'"""Piece {name}."""\n' + "".join(f"LINE_{n} = {n}\n" for n in range(40))
    return [
        Use("write_file", {"path": job.path, "content": text}),
        Use("finish", {"done": True, "summary": "Written."}),
    ]


def _day(levers: Levers) -> Tally:
    """The forty tasks through a daemon with these levers."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchbill-bench-")))
        vendor = stack.enter_context(CachingVendor(decide, caches=levers.caches))
        waiting = stack.enter_context(BatchVendor(decide))
        waiting.finishes_at_once = True
        town = _town(folder, levers, vendor, waiting)
        daemon = stack.enter_context(town.serve())
        _until_done(daemon)
        runs = SocketDoor(town.state / "control.sock").read("/api/v1/runs", {"limit": 200})
        tally = _tally(vendor, waiting, json.loads(runs.text)["runs"])
        tally.landed = len(daemon.told("task.landed"))
    return tally


def _town(folder: Path, levers: Levers, vendor: CachingVendor, waiting: BatchVendor) -> Town:
    town = Town(folder)
    for place in (town.repo, folder / "port"):
        _settle(town, place)
    patient = waiting.url_for(ANTHROPIC) if levers.batches else vendor.anthropic_url
    providers = _provider(town, "big", vendor.anthropic_url, BIG) + _provider(
        town, "small", vendor.anthropic_url, SMALL
    )
    providers += _provider(town, "patient", patient, BIG)
    ladder = (
        '[[ladder]]\ntypes = ["code"]\ntrust_checks = true\n'
        f'steps = [{{ provider = "small", model = "{SMALL}" }}, {{ provider = "big", model = "{BIG}" }}]\n'
    )
    more = f"[saving]\nanswers = {str(levers.answers).lower()}\nmerge = {str(levers.merging).lower()}\n"
    more += '[batch]\ntypes = ["code"]\nwindow = "1s"\nproviders = ["patient"]\n' if levers.batches else ""
    more += ladder if levers.ladder else ""
    port = '\n[[repo]]\nname = "port"\npath = "port"\nmax_repairs = 1\n'
    daemon = '[daemon]\nstate_dir = "state"\nslot_policy = "off"\ntick_min = "1s"\nmax_parallel = 4\n[budget]\nper_run_usd = 2\n'
    town.configure(providers, daemon=daemon, more=more, repo=f"max_repairs = 1\n{port}")
    return town


def _settle(town: Town, place: Path) -> None:
    """A repository with long rules and its tasks."""
    place.mkdir(exist_ok=True)
    town.repo, home = place, town.repo
    if not (place / ".git").exists():
        town.git("init", "--quiet", "--initial-branch=main")
    entries = [job.entry for job in DAY if job.repo == place.name]
    town.write("AGENTS.md", f"# Rules\n\n{RULES}")
    town.write("src/base.py", '"""The beginning."""\n')
    town.commit("The beginning")
    town.write(QUEUE, "# Work\n\n" + "".join(entries))  # in no commit: both repositories have the same tree
    town.repo = home


def _provider(town: Town, name: str, url: str, model: str) -> str:
    rate = RATES[model]
    price = f"input = {rate.input}, output = {rate.output}, cache_read = {rate.input / 10}, cache_write = {rate.input * 1.25}"
    wanted = "0.9" if name == "big" else "0.2"  # without a ladder the big one does what is open to all
    return (
        f'\n[provider.{name}]\nkind = "anthropic"\napi_key = "file:{town.key}"\nbase_url = "{url}"\n'
        f'models = [{{ id = "{model}", price = {{ {price} }} }}]\nstrengths = {{ "*" = {wanted} }}\nconcurrent = 4\n'
    )


def _until_done(daemon: Daemon) -> None:
    daemon.wait("task.landed", count=len(DAY), seconds=PATIENCE)


def _tally(vendor: CachingVendor, waiting: BatchVendor, runs: Sequence[Mapping[str, object]]) -> Tally:
    tally = Tally()
    for entry in vendor.calls:
        tally.calls += 1
        tally.tokens += entry.tokens_in + entry.tokens_out
        tally.dollars += RATES[entry.model].cost(entry)
        tally.first.setdefault(_asked(entry.body), entry.body)
    for made in waiting.batches.values():
        for tokens_in, tokens_out in made.billed.values():
            tally.calls += 1
            tally.tokens += tokens_in + tokens_out
            tally.dollars += RATES[BIG].batched(tokens_in, tokens_out)
    paid = [run for run in runs if run["cost_micro_usd"]]
    tally.lost = sum(run["state"] in LOST for run in paid) / max(1, len(paid))
    return tally


def _asked(body: bytes) -> str:
    """Which task a request is for, told by its text; twins ask alike."""
    text = json.loads(body)["messages"][0]["content"]
    words = text if isinstance(text, str) else "".join(block["text"] for block in text)
    return next(job.asks for job in DAY if job.asks in words and job.path in words)


def _naive(first: Mapping[str, bytes]) -> Tally:
    """Each hour one fresh request for each open task, as watchbill's first one was; what cannot land is asked again."""
    tally, landed, tried = Tally(), set[str](), set[str]()
    with CachingVendor(decide, caches=False) as vendor:
        for _hour in range(HOURS):
            before, touched = frozenset(landed), set[str]()
            for job in (job for job in DAY if job.name not in before):
                _post(vendor.anthropic_url, first[job.asks])
                good = not job.hard or job.name in tried  # told what was wrong, the second one is good
                tried.add(job.name)
                place = f"{job.repo}/{job.path}"
                if good and place not in touched and (not job.needs or job.needs in before):
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
    "need each other, 4 on the same file, 6 whose first answer does not pass the checks, and two pairs of twins that ask the same "
    "of the same files. The vendor on loopback bills by published rules: $3 and $15 for a million tokens ($1 and $5 of the small "
    "model, which fails at the six), a cached prefix of 1,024 tokens or more that lives 5 minutes at 1.25x to write and 0.1x to "
    "read, batches at half price. Tokens are four bytes. The model does a task in one answer. The naive workflow sends, every hour and for every open "
    "task, the very request that watchbill sends first, with nothing remembered but what was wrong; what needs a task that has not "
    "landed, or meets another on its file, is asked again. Levers: `[saving] answers` and `merge`, the vendor's caches, `[batch]`, `[[ladder]]`. "
    "A run counts as lost when it was paid and ended rejected, failed, cancelled or lost, also where a later one landed its task.",
    measure=measure,
)
