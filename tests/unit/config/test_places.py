"""A glance: the daemon of a configuration is found although the file has become wrong since it was read."""

from pathlib import Path

import pytest

from watchbill.config.places import Places, candidates, glance, places_at
from watchbill.domain import homes
from watchbill.domain.errors import ConfigError

SOUND = '[daemon]\nstate_dir = "state"\n\n[[repo]]\nname = "r"\npath = "."\n'
NOWHERE: dict[str, str] = {}


def at(folder: Path, text: str, environ: dict[str, str] = NOWHERE) -> Places | None:
    (folder / "watchbill.toml").write_text(text)
    return glance(folder / "watchbill.toml", environ, cwd=folder)


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        SOUND.replace("name", "nmae"),  # no setting
        SOUND + "[provider.\n",  # no TOML, behind it
        "[[repo\n" + SOUND,  # before it
        SOUND.replace('"state"\n', '"state"\nmax_parallel = [\n'),  # in it
        "\ufeff" + SOUND,
    ],
)
def test_the_state_folder_is_found_whatever_else_is_wrong(tmp_path: Path, text: str) -> None:
    places = at(tmp_path, text)

    assert places is not None
    assert places.socket == tmp_path / "state/control.sock"


@pytest.mark.parametrize(
    "text", ["[daemon\nstate_dir = 'state'\n", "no = toml = at all", "[daemon]\nstate_dir = = 1\n"]
)
def test_what_cannot_be_read_of_it_is_its_default(tmp_path: Path, text: str) -> None:
    places = at(tmp_path, text, {"STATE_DIRECTORY": "/var/lib/watchbill"})

    assert places is not None
    assert places.state_dir == Path("/var/lib/watchbill")


@pytest.mark.parametrize("text", ["daemon = 3\n", "[daemon]\nstate_dir = 3\n"])
def test_a_state_folder_of_another_kind_is_for_the_loader_to_refuse(tmp_path: Path, text: str) -> None:
    assert at(tmp_path, text) is None


def test_a_file_that_is_no_text_is_for_the_loader_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "watchbill.toml").write_bytes(b"\xff\xfe")

    assert glance(tmp_path / "watchbill.toml", {}, cwd=tmp_path) is None


def test_a_stray_variable_is_for_the_loader_to_refuse(tmp_path: Path) -> None:
    assert at(tmp_path, SOUND, {"WATCHBILL_STATEDIR": "x"}) is None


def test_without_a_file_there_are_no_places(tmp_path: Path) -> None:
    assert glance(None, {"XDG_CONFIG_HOME": str(tmp_path)}, cwd=tmp_path) is None


def test_a_user_without_a_home_is_told_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "folder", lambda *_: None)

    with pytest.raises(ConfigError, match=r"has no home.*daemon\.state_dir, or \$WATCHBILL_STATE_DIR"):
        places_at(tmp_path / "watchbill.toml", None, {})
    assert at(tmp_path, "") is None
    assert list(candidates({}, cwd=tmp_path)) == [tmp_path / "watchbill.toml"]
