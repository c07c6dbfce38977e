"""Rules of the look at a line that end it early: nothing is searched twice, and nobody is blamed who may not be to blame."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.worlds import World, settle
from watchbill.daemon.service import Service
from watchbill.domain.findings import Finding
from watchbill.domain.ids import RepoName
from watchbill.domain.undoings import UndoState
from watchbill.providers.scripted import Scene, Step, finish, say, use
from watchbill.state import intents

pytestmark = pytest.mark.anyio

REPO = RepoName("repo")
FOUND = tuple(Finding(gate="tests", rule="fails", path=path, line=1, message="it fails") for path in ("a.md", "b.md"))


def writes(scene: Scene) -> Step:
    done = finish("written")
    return say("", use("write_file", path="notes.md", content="# Notes\n")) if scene.turn == 0 else done


async def landing(service: Service) -> Any:
    await settle(service)
    refs = ["refs/heads/watchbill/main"]
    (found,) = await service.parts.database.submit(lambda conn: intents.landed_on(conn, REPO, refs, most=9))
    return found


async def test_line_that_is_green_at_another_look_blames_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with World(root=tmp_path, scripts={"claude": writes}).make().service() as service:
        culprit, lines = await landing(service), service.ticker._lines

        async def is_gone(*_: object) -> bool:
            return False

        monkeypatch.setattr(lines, "_has", is_gone)
        repo = service.orders.standing.repos[REPO]
        assert not await lines._is_certain(repo, culprit.commit, culprit, SimpleNamespace())  # type: ignore[arg-type]


async def test_revert_that_fails_is_kept_while_the_other_findings_are_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with World(root=tmp_path, scripts={"claude": writes}).make().service() as service:
        culprit, lines = await landing(service), service.ticker._lines
        looked: list[tuple[Finding, ...]] = []

        async def bisected(_repo: object, _head: object, _suspects: object, search: Any) -> object:
            looked.append(search.findings)
            return None if search.findings == FOUND else culprit

        async def certain(*_: object) -> bool:
            return True

        async def failed(*_: object) -> object:
            return SimpleNamespace(state=UndoState.CONFLICTS)

        monkeypatch.setattr(lines, "_bisect", bisected)
        monkeypatch.setattr(lines, "_is_certain", certain)
        monkeypatch.setattr(lines, "_undo", failed)
        line: Any = SimpleNamespace(ref=culprit.target_ref, head=culprit.commit)
        undone = await lines._take_back(service.orders.standing.repos[REPO], line, FOUND)

    assert undone is not None
    assert undone.state is UndoState.CONFLICTS
    assert {one for found in looked for one in found} == set(FOUND)
    assert len(looked) > 2


async def test_squash_that_was_looked_for_is_not_looked_for_again(tmp_path: Path) -> None:
    async with World(root=tmp_path, scripts={"claude": writes}).make().service() as service:
        culprit, lines = await landing(service), service.ticker._lines
        repo, last = service.orders.standing.repos[REPO], SimpleNamespace(theirs=culprit.commit)
        lines._searched[REPO] = (culprit.commit, culprit.commit)

        again = lines._take_in_squash(repo, culprit.target_ref, culprit.commit, last, culprit.commit)  # type: ignore[arg-type]

        assert not await again


async def test_what_is_shown_by_now_is_no_longer_put_off(tmp_path: Path) -> None:
    async with World(root=tmp_path, scripts={"claude": writes}).make().service() as service:
        deliverer, elsewhere = service.parts.deliverer, RepoName("elsewhere")
        gone = (REPO, "refs/heads/gone"), (elsewhere, "refs/heads/gone")
        deliverer.put_off.update(dict.fromkeys(gone, "in the way"))

        await deliverer.show_owner(service.orders.standing.repos[REPO])

        assert [name for name, _ in deliverer.put_off] == [elsewhere]
