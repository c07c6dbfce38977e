"""The big agent programs against aimock: neither the program nor the vendor is ours, only what stands between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import aimock, programs
from tests.aimock import AiMock
from tests.conformance.test_agents import bench, said
from tests.programs import Program
from watchbill.domain.calls import CallState
from watchbill.domain.outcomes import StintDone

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

BIG = ("claude-code", "codex", "copilot")


@pytest.fixture(params=BIG)
def program(request: pytest.FixtureRequest) -> Program:
    return programs.here(request.param)


@pytest.fixture
def mock(program: Program, home: Path, tmp_path: Path) -> Iterator[AiMock]:
    edit = program.hands.write(str(home / "worktree" / "b.txt"), "new\n")
    fixtures = [
        {"match": {"toolCallId": "edit-1"}, "response": {"content": "All done."}},
        {
            "match": {"userMessage": "Write b.txt"},
            "response": {"toolCalls": [{"id": "edit-1", "name": edit.tool, "arguments": dict(edit.args)}]},
        },
    ]
    with aimock.serve(fixtures, tmp_path) as running:
        yield running


async def test_a_scripted_edit_is_made_through_the_gateway_and_booked(
    program: Program, home: Path, mock: AiMock
) -> None:
    url = mock.anthropic_url if program.speaks == "anthropic" else mock.openai_url
    async with bench(program, home, said("unused"), url=url) as b:
        end = await b.stint()

        assert end == StintDone(summary="All done.", is_work=True)
        assert (b.worktree / "b.txt").read_text() == "new\n"
        assert set(b.meter.states) == {CallState.SETTLED}
        assert len(b.meter.calls) == len(mock.journal()) >= 2
        assert b.fake.calls == []
