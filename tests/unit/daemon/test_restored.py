"""Restored: in CI a state folder that begins anew does free work only, until the owner says that nothing was spent before."""

from pathlib import Path

import pytest

from watchbill.daemon import restored
from watchbill.domain.errors import StateError
from watchbill.state.folder import StateFolder

IN_CI = {"CI": "true"}


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def begun(folder: StateFolder) -> StateFolder:
    folder.make()
    folder.db.touch()
    return folder


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "0"}])
def test_outside_ci_a_new_state_is_simply_new(folder: StateFolder, environ: dict[str, str]) -> None:
    assert restored.knows_spend(folder, environ, begins=False)
    assert not folder.root.exists()


def test_a_restored_state_knows_what_was_spent(folder: StateFolder) -> None:
    assert restored.knows_spend(begun(folder), IN_CI, begins=False)


def test_a_new_one_in_ci_does_not_nor_does_it_learn_it_by_being_restored(folder: StateFolder) -> None:
    first = restored.knows_spend(folder, IN_CI, begins=False)

    assert not first
    assert not restored.knows_spend(begun(folder), IN_CI, begins=False)
    assert not restored.knows_spend(folder, {}, begins=False)  # taken home, it knows no more


def test_the_owner_says_once_that_nothing_was_spent(folder: StateFolder) -> None:
    restored.knows_spend(folder, IN_CI, begins=False)

    assert restored.knows_spend(begun(folder), IN_CI, begins=True)
    assert restored.knows_spend(folder, IN_CI, begins=False)


def test_a_folder_that_takes_no_mark_stops_it(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)

    with pytest.raises(StateError, match=r"cannot write .*SPEND_UNKNOWN: No space left"):
        restored.knows_spend(folder, IN_CI, begins=False)
