"""The canon before landing: what contradicts it goes back to whoever wrote it, or waits for a person."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import World, settle, task_of
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import finish, say, use

pytestmark = pytest.mark.anyio

CANON = "entities: [{id: ines, name: Ines, kind: person, attributes: {eyes: brown}}]\n"
WRONG = say("", use("write_file", path="notes.md", content="Ines had green eyes.\n"))
RIGHT = say("", use("write_file", path="notes.md", content="Ines had brown eyes.\n"))


def world(tmp_path: Path, mode: str) -> World:
    script = steps(WRONG, finish("done"), RIGHT, finish("mended"))
    here = World(root=tmp_path, scripts={"claude": script}, daemon=f'\n[lore]\nmode = "{mode}"\n').make()
    (here.path / "canon.yaml").write_text(CANON)
    here.commit("Add a canon")
    return here


@pytest.mark.parametrize(
    ("mode", "state", "lands"),
    [
        ("block", TaskState.LANDED, "Ines had brown eyes.\n"),
        ("review", TaskState.REVIEW, None),
        ("warn", TaskState.LANDED, "Ines had green eyes.\n"),
    ],
)
async def test_a_contradiction_does_what_the_mode_says(
    tmp_path: Path, mode: str, state: TaskState, lands: str | None
) -> None:
    here = world(tmp_path, mode)
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is state
    if lands is not None:
        assert here.show("notes.md") == lands
