"""One day of forty tasks in two repositories, worked off by a real daemon against a vendor that bills by published rules."""

import json
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.vendor import CachingVendor, Rate
from tests.acceptance.harness import QUEUE, Town
from tests.batchvendor import BatchVendor
from tests.vendors import ANTHROPIC, Answer, Heard, Use
from watchbill.operator.doors import SocketDoor

BIG, SMALL = "big-1", "small-1"
RATES: Mapping[str, Rate] = {BIG: Rate(input=3, output=15), SMALL: Rate(input=1, output=5)}
PATIENCE = 300.0  # seconds in which nothing lands
LOOK_EVERY = 0.5  # seconds
RULES = "".join(
    f"{number}. Chapter {number} keeps to what chapter {number - 1} says of it.\n" for number in range(1, 250)
)
BAD = frozenset({"rejected", "failed", "cancelled", "lost"})  # ends of runs whose work was not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A task of the day."""

    name: str
    repo: str = "town"
    file: str = ""
    needs: str = ""
    hard: bool = False  # broken until somebody says what the checks found; a small model's is always
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
    caches: bool = False
    batches: bool = False
    merges: bool = False  # small tasks on the same file in one run
    ladder: bool = False


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the vendor was asked and billed, and what became of the work."""

    calls: int = 0
    tokens: int = 0
    dollars: float = 0.0
    landed: int = 0
    saved: int = 0  # calls, as the daemon counts them
    paid: int = 0  # runs
    anew: int = 0  # of them, those whose work was not kept, and whose findings were told to the next one
    lost: int = 0  # of them, those whose work was not kept, and of which nobody was told
    first: dict[str, bytes] = field(default_factory=dict)  # the first request of each task


def decide(_vendor: str, model: str, heard: tuple[Heard, ...]) -> Answer:
    """The whole work that the brief names, in one answer.

    What is hard is broken until the request tells what the checks found, and always when a small model does it.
    """
    jobs = _jobs(next(said.text for said in heard if said.role == "user"))
    replies = sum(said.role == "assistant" for said in heard)
    uses = []
    for path in dict.fromkeys(job.path for job in jobs):
        here = [job for job in jobs if job.path == path]
        name = "_".join([*(job.name.partition("-")[2] or job.name for job in here), str(replies)])
        is_told = any(f"{path}:" in said.text for said in heard if said.role != "assistant")
        broken = any(job.hard for job in here) and (model == SMALL or not is_told)
        good = f'"""Piece {name}."""\n' + "".join(f"LINE_{n} = {n}\n" for n in range(40))
        uses.append(Use("write_file", {"path": path, "content": "def broken(:\n" if broken else good}))
    return [*uses, Use("finish", {"done": True, "summary": "Written."})]


def _jobs(brief: str) -> Sequence[Job]:
    """The work that a brief names; twins are asked alike."""
    return list({job.asks: job for job in DAY if job.asks in brief and job.path in brief}.values())


def play(levers: Levers) -> Tally:
    """The forty tasks through a daemon with these levers. Raises RuntimeError when it gets nowhere."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchbill-bench-")))
        vendor = stack.enter_context(CachingVendor(decide, caches=levers.caches))
        waiting = stack.enter_context(BatchVendor(decide))
        waiting.finishes_at_once = True
        town = _town(folder, levers, vendor, waiting)
        stack.enter_context(town.serve())
        door = SocketDoor(town.state / "control.sock")
        landed = _until_done(door)
        tally = _billed(vendor, waiting)
        tally.landed = landed
        tally.saved = _read(door, "/costs")["savings"]["calls_saved"]
        _judge(tally, door)
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
    more = _saving(levers)
    more += '[batch]\ntypes = ["code"]\nwindow = "1s"\nproviders = ["patient"]\n' if levers.batches else ""
    more += ladder if levers.ladder else ""
    port = '\n[[repo]]\nname = "port"\npath = "port"\nmax_repairs = 1\n'
    daemon = '[daemon]\nstate_dir = "state"\nslot_policy = "off"\ntick_min = "1s"\nmax_parallel = 4\n[budget]\nper_run_usd = 2\n'
    town.configure(providers, daemon=daemon, more=more, repo=f"max_repairs = 1\n{port}")
    return town


def _saving(levers: Levers) -> str:
    return f"[saving]\nanswers = {str(levers.answers).lower()}\nmerge = {str(levers.merges).lower()}\n"


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


def _until_done(door: SocketDoor) -> int:
    """How many tasks landed, once that are all."""
    landed, since = 0, time.monotonic()
    while landed < len(DAY):
        state = _read(door, "/state")
        if state["counts"]["landed"] > landed:
            landed, since = state["counts"]["landed"], time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            told = {name: state[name] for name in ("counts", "running", "waiting", "why_idle", "problems")}
            raise RuntimeError(f"nothing landed for {PATIENCE:.0f} s: {json.dumps(told)}")
        time.sleep(LOOK_EVERY)
    return landed


def _read(door: SocketDoor, path: str, **said: object) -> dict[str, Any]:
    answer = door.read(f"/api/v1{path}", said)
    assert answer.is_success, answer.text
    found: dict[str, Any] = json.loads(answer.text)
    return found


def _billed(vendor: CachingVendor, waiting: BatchVendor) -> Tally:
    tally = Tally()
    for entry in vendor.calls:
        tally.calls += 1
        tally.tokens += entry.tokens_in + entry.tokens_out
        tally.dollars += RATES[entry.model].cost(entry)
        for job in _jobs(_brief(entry.body)):
            tally.first.setdefault(job.asks, entry.body)
    for made in waiting.batches.values():
        for tokens_in, tokens_out in made.billed.values():
            tally.calls += 1
            tally.tokens += tokens_in + tokens_out
            tally.dollars += RATES[BIG].batched(tokens_in, tokens_out)
    return tally


def _brief(body: bytes) -> str:
    text = json.loads(body)["messages"][0]["content"]
    return text if isinstance(text, str) else "".join(block["text"] for block in text)


def _judge(tally: Tally, door: SocketDoor) -> None:
    """What became of the paid runs whose work was not kept: whether a later brief tells why they ended."""
    runs = _read(door, "/runs", limit=200)["runs"]
    paid = [run for run in runs if run["cost_micro_usd"]]
    bad = [run for run in paid if run["state"] in BAD]
    tally.paid = len(paid)
    tally.anew = sum(_is_told(run, runs, door) for run in bad)
    tally.lost = len(bad) - tally.anew


def _is_told(bad: Mapping[str, Any], runs: Iterable[Mapping[str, Any]], door: SocketDoor) -> bool:
    later = [run["id"] for run in runs if run["task"] == bad["task"] and run["attempt"] > bad["attempt"]]
    return any(bad["reason"] in _read(door, f"/runs/{run}", prompt="true")["prompt"] for run in later)
