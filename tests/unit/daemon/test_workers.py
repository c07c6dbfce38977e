"""What the worker of a local model is started with."""

import asyncio
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from watchbill.config.local_model import WorkerSettings
from watchbill.config.provider_values import ProviderSetup
from watchbill.daemon import workers
from watchbill.domain.errors import Unsafe
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import AgentProgram
from watchbill.providers.setup import WorkerSetup
from watchbill.workspace.sandbox import Sandbox

pytestmark = pytest.mark.anyio
has_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def made(tmp_path: Path, *, quarters: Path | None) -> WorkerSetup:
    worker = WorkerSettings(
        weights=tmp_path / "m.gguf",
        is_own=True,
        threads=1,
        context=512,
        memory_bytes=512 << 20,
        idle_after=timedelta(minutes=1),
    )
    setup = ProviderSetup(
        name=ProviderName("small"),
        kind="local-model",
        api_key=None,
        missing="",
        base_url=None,
        models=("m",),
        concurrent=2,
    )
    return workers.setup_of(setup, worker, quarters=quarters, events=None)


def test_it_answers_as_many_at_once_as_the_provider_has_runs(tmp_path: Path) -> None:
    setup = made(tmp_path, quarters=None)

    assert (setup.model, setup.slots, setup.confine) == ("m", 2, None)
    assert setup.wrong_file().endswith("m.gguf: mend worker.weights")


@pytest.fixture(params=["none", pytest.param("bwrap", marks=has_bwrap)])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "none":
        monkeypatch.setattr(Sandbox, "check", _refuse)
    return request.param


def _refuse(_: Sandbox) -> None:
    raise Unsafe("no bubblewrap here")


async def test_it_runs_in_the_machines_sandbox_where_there_is_one_and_says_so(tmp_path: Path, sandbox: str) -> None:
    setup = made(tmp_path, quarters=tmp_path / "agents")
    secret = tmp_path / "key"
    secret.write_text("sk-canary")
    program = AgentProgram(argv=("/bin/sh", "-c", f"cat {secret}; pwd"), env={}, offline=True)
    assert setup.confine is not None

    async with setup.confine(program) as confined:
        process = await asyncio.create_subprocess_exec(confined.program, stdout=subprocess.PIPE)
        out, _ = await asyncio.wait_for(process.communicate(), 60)

    assert confined.is_sandboxed is (sandbox == "bwrap")
    assert ("sk-canary" in out.decode()) is (sandbox == "none")
    assert out.decode().endswith(f"{confined.home}\n")


async def test_each_start_has_a_home_of_its_own_where_it_works_within_its_memory(tmp_path: Path) -> None:
    setup = made(tmp_path, quarters=tmp_path / "agents")
    program = AgentProgram(argv=("/bin/sh", "-c", "pwd; ulimit -d; ulimit -f"), env={})
    assert setup.confine is not None

    said = []
    async with setup.confine(program) as one, setup.confine(program) as two:
        for confined in (one, two):
            process = await asyncio.create_subprocess_exec(confined.program, stdout=subprocess.PIPE)
            out, _ = await asyncio.wait_for(process.communicate(), 60)
            said.append(out.decode().split())

    assert said == [[str(one.home), "524288", "2048"], [str(two.home), "524288", "2048"]]
    assert one.home != two.home
    assert one.home.parent.name.startswith("model-small-")
    assert list((tmp_path / "agents").iterdir()) == []
