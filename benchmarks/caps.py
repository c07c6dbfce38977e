"""Budgets beside LiteLLM's: what a vendor bills under a cap, when calls come at once, cost more than is left, or have no price."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx2

from benchmarks.exact import begin
from benchmarks.loopback import Vendor, vendor
from benchmarks.results import Effort, Result, Section
from watchbill.daemon.clocks import SystemClock
from watchbill.domain.calls import Purpose, Settlement, Usage
from watchbill.domain.errors import OverBudget, Unpriced
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps
from watchbill.providers.metered import MeteredTransport, Turn, paying
from watchbill.providers.pricing import Pricing
from watchbill.providers.rates import Rates
from watchbill.state import ledger
from watchbill.state.database import Database
from watchbill.state.storemeter import StoreMeter

ROOT = Path(__file__).parent.parent
LITELLM_PYTHON = ROOT / ".venv/litellm/bin/python"
BAD_VERSIONS = ("1.82.7", "1.82.8")  # these carried malware
PATIENCE = 300  # seconds
WAYS = {"router": "LiteLLM's router budget", "own": "LiteLLM's max_budget"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    cap: float  # dollars
    at_once: int
    rounds: int = 1
    model: str = "bench-model"
    priced: bool = True
    max_tokens: int | None = 1_000
    prompt: str = "Write a scene. " * 100


SCENARIOS = (
    Scenario(name="burst of 50, room for about 6", cap=0.1, at_once=50),
    Scenario(name="small budget: less than one call, 10 in turn", cap=0.01, at_once=1, rounds=10),
    Scenario(name="unpriced model, 50 in turns of 5", cap=0.05, at_once=5, rounds=10, model="no-such", priced=False),
    Scenario(name="no max_tokens, 10 in turn", cap=0.05, at_once=1, rounds=10, max_tokens=None),
)


def measure(effort: Effort) -> Iterator[Result | str]:
    why = _missing()
    if why:
        yield why
    scenarios = SCENARIOS[:2] if effort.quick else SCENARIOS
    with vendor() as there:
        for scenario in scenarios:
            asyncio.run(_ours(there, scenario))
            yield _result(scenario, "watchbill", there, aim=1.0)
            yield f"{scenario.name}: watchbill sent {there.calls}, of a cap of ${scenario.cap} ${there.billed:.4f} were billed."
            for way, name in WAYS.items() if not why else ():
                there.reset()
                said = _theirs(there, scenario, way)
                yield _result(scenario, name, there)
                yield f"{scenario.name}: {name} ({said['version']}) sent {there.calls}: ${there.billed:.4f}."
            there.reset()


def _result(scenario: Scenario, who: str, there: Vendor, aim: float | None = None) -> Result:
    return Result(
        what=f"{scenario.name}: {who}, billed by the cap", unit="x", samples=[there.billed / scenario.cap], aim=aim
    )


def _missing() -> str:
    """Why LiteLLM cannot take part; "" when it can."""
    if not LITELLM_PYTHON.exists():
        return f"LiteLLM is not measured: there is no {LITELLM_PYTHON.relative_to(ROOT)} (make bench makes it)."
    asked = "from importlib.metadata import version; print(version('litellm'))"
    done = subprocess.run([LITELLM_PYTHON, "-c", asked], capture_output=True, text=True, check=False)
    found = done.stdout.strip()
    return f"LiteLLM is not measured: its version is {found!r}." if done.returncode or found in BAD_VERSIONS else ""


def _theirs(there: Vendor, scenario: Scenario, way: str) -> dict[str, str]:
    program = Path(__file__).parent / "contestants/with_litellm.py"
    done = subprocess.run(
        [LITELLM_PYTHON, program, there.url, json.dumps(asdict(scenario)), way],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return said


async def _ours(there: Vendor, scenario: Scenario) -> None:
    """The same requests through the metering transport and the store, as every provider's go."""
    there.reset()
    clock = SystemClock()
    rates = Rates(input=Decimal(3), output=Decimal(15))
    pricing = Pricing(overrides={scenario.model: rates} if scenario.priced else {})
    caps = Caps(day=MicroUsd(round(scenario.cap * 1_000_000)))
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        async with Database.open(Path(folder) / "watchbill.db") as store:
            purpose = await store.submit(lambda conn: begin(conn, "t0"))
            meter = StoreMeter(database=store, clock=clock, caps=lambda: caps)
            transport = MeteredTransport(
                httpx2.AsyncHTTPTransport(), meter=meter, pricing=pricing, clock=clock, silence=timedelta(seconds=30)
            )
            async with httpx2.AsyncClient(transport=transport, timeout=60) as client:
                caller = _Caller(client=client, store=store, purpose=purpose, pricing=pricing, clock=clock)
                for _ in range(scenario.rounds):
                    await asyncio.gather(*(caller.call(there, scenario) for _ in range(scenario.at_once)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    client: httpx2.AsyncClient
    store: Database
    purpose: Purpose
    pricing: Pricing
    clock: SystemClock

    async def call(self, there: Vendor, scenario: Scenario) -> None:
        body: dict[str, object] = {
            "model": scenario.model,
            "messages": [{"role": "user", "content": scenario.prompt}],
        }
        if scenario.max_tokens is not None:
            body["max_tokens"] = scenario.max_tokens
        turn = Turn(purpose=self.purpose)
        try:
            with paying(turn):
                answer = await self.client.post(f"{there.url}/chat/completions", json=body)
        except (OverBudget, Unpriced):
            return
        used = answer.json()["usage"]
        usage = Usage(tokens_in=used["prompt_tokens"], tokens_out=used["completion_tokens"])
        cost, source = self.pricing.price(scenario.model, usage, terms={}, at=self.clock.now())
        settlement = Settlement(cost=cost, usage=usage, price_source=source)
        call = turn.call
        assert call is not None, "an answer came over the metered line"
        await self.store.submit(lambda conn: ledger.settle(conn, call, settlement, self.clock.now()))


SECTION = Section(
    name="caps",
    title="Budgets beside LiteLLM's",
    how="A vendor on loopback adds up what it would bill ($3 and $15 for a million tokens, 0.1 s an answer, 1,000 tokens where "
    "there is room, 4,000 where nobody says how much); what is printed is its bill by the cap, so up to 1x keeps the cap. "
    "watchbill's requests go through its metering transport and store; a refused one is not tried again. LiteLLM is installed from PyPI in an environment of its "
    "own and asked through its Router with a provider budget, and plainly with max_budget; it is told the same prices (of the "
    "unpriced model none), has no retries, and 1.5 s between rounds to write down what was spent. Its proxy's budgets by key "
    "need a PostgreSQL server and are not measured; its max_budget adds nothing up for chat answers in version 1.110.2.",
    measure=measure,
)
