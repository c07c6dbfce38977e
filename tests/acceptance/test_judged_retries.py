"""The daemon against llmock, which breaks answers on purpose and judges how the client took it: its own report must pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import llmock
from tests.acceptance.harness import QUEUE, Town
from tests.llmock import LlMock, breaks, fails, reply

pytestmark = pytest.mark.vendors

MODEL_BY_KIND = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "openai-chat": "gpt-6.1-sol"}
DONE = reply("finish", {"done": True, "summary": "Wrote it."})


@pytest.fixture(params=list(MODEL_BY_KIND))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[LlMock]:
    with llmock.serve(tmp_path) as running:
        yield running


@pytest.fixture
def town(tmp_path: Path, mock: LlMock, kind: str) -> Town:
    made = Town(tmp_path)
    made.write("README.md", "# A town\n")
    made.write(QUEUE, "- [ ] Write a.txt #write [id:: a] [files:: a.txt]\n")
    made.commit("The beginning")
    providers = made.provider("vendor", kind, mock.url_for(kind), MODEL_BY_KIND[kind])
    made.configure(providers, more="[budget]\nper_run_usd = 5.0  # each broken answer stays charged at its bound\n")
    return made


def writes(name: str) -> llmock.Behaviour:
    return reply("write_file", {"path": name, "content": "new\n"})


def test_what_passes_is_tried_once_more_and_half_an_answer_is_never_used(town: Town, mock: LlMock) -> None:
    looks = [reply("list_files", {"glob": f"{number}/**"}) for number in range(12)]
    mock.queue(llmock.slowly(0.3), breaks("truncate"), *looks, writes("a.txt"), DONE)
    with town.serve() as daemon:
        for number, fault in enumerate((breaks("disconnect"), fails(500)), start=1):
            daemon.wait("run.turn", count=number)
            mock.queue(fault)
        daemon.wait("task.landed")

    code, verdict = mock.report()
    assert (code, verdict["passed"], verdict["findings"]) == (0, True, [])
    assert verdict["faults_injected"] == 3
    assert town.show("watchbill/main", "a.txt") == "new\n"


def test_a_stated_wait_is_kept_and_a_refused_login_is_asked_once(town: Town, mock: LlMock) -> None:
    mock.queue(fails(429, retry_after=2), writes("a.txt"), DONE)
    with town.serve() as daemon:
        daemon.wait("task.landed")
        mock.queue(fails(401))
        town.write(QUEUE, town.read(QUEUE) + "- [ ] Write b.txt #write [id:: b] [files:: b.txt]\n")
        daemon.wait("provider.held", kind="auth_failed")
        sent = len(mock.requests())

    code, verdict = mock.report()
    assert (code, verdict["passed"], verdict["faults_injected"]) == (0, True, 2)
    # who waited goes on as another run, in other words: llmock does not see that it is the same work
    assert {finding["code"] for finding in verdict["findings"]} <= {"gave_up"}
    assert len(mock.requests()) == sent
