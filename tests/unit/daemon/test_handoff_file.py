"""The hand-off file in the owner's worktree: kept where it is there or named, and no edit of a person's is lost."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import World, settle
from watchbill.intake.noticeboard import BEGIN, END
from watchbill.providers.scripted import finish
from watchbill.workspace import swap

pytestmark = pytest.mark.anyio

NAME = "docs/AI_SESSION_HANDOFF.md"


def world(tmp_path: Path, repo: str = "", text: str | None = None) -> World:
    here = World(root=tmp_path, scripts={"claude": steps(WRITE, finish("done"))}, repo=repo).make()
    if text is not None:
        (here.path / NAME).write_text(text)
    return here


async def test_a_file_of_the_default_name_is_kept_where_it_is_there(tmp_path: Path) -> None:
    here = world(tmp_path, text="# Ours\n\nCall me first.\n")
    async with here.service() as service:
        await settle(service)

    said = (here.path / NAME).read_text()
    assert said.startswith("# Ours\n\nCall me first.\n")
    assert "one (Do one thing) on claude: landed" in said
    assert here.git("status", "--porcelain", NAME).strip() == f"?? {NAME}"  # never staged


async def test_it_is_not_made_unless_it_is_named_and_not_kept_where_that_is_switched_off(tmp_path: Path) -> None:
    async with world(tmp_path).service() as service:
        await settle(service)
    assert not (tmp_path / "repo" / NAME).exists()


@pytest.mark.parametrize(("name", "is_kept"), [("notes/HAND.md", True), ("", False)])
async def test_one_that_is_named_is_made(tmp_path: Path, name: str, *, is_kept: bool) -> None:
    here = world(tmp_path, repo=f'handoff = "{name}"', text="# Ours\n")
    async with here.service() as service:
        await settle(service)

    assert (here.path / NAME).read_text() == "# Ours\n"
    assert (bool(name) and (here.path / name).exists()) is is_kept


async def test_what_a_person_saves_in_that_very_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path, text="# Ours\n")
    place, real = here.path / NAME, swap.compare_and_swap

    def meanwhile(path: Path, expected: bytes, new: bytes) -> bool:
        if path == place and b"by hand" not in place.read_bytes():
            place.write_text(place.read_text() + "by hand\n")
        return real(path, expected, new)

    monkeypatch.setattr("watchbill.daemon.noticeboard.swap.compare_and_swap", meanwhile)
    async with here.service() as service:
        await settle(service)

    said = place.read_text()
    assert said.startswith("# Ours\nby hand\n")
    assert said.count(BEGIN) == said.count(END) == 1
    assert here.said("handoff.write_put_off")[0]["why"] == "somebody is editing it"


async def test_markers_that_are_no_pair_are_complained_of_once_and_left(tmp_path: Path) -> None:
    here = world(tmp_path, text=f"{BEGIN}\n")
    async with here.service() as service:
        await settle(service)

    assert (here.path / NAME).read_text() == f"{BEGIN}\n"
    assert len(here.said("handoff.write_put_off")) == 1
