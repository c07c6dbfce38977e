"""The web's token: made once, ours alone."""

from pathlib import Path

import pytest

from watchbill.domain.errors import StateError
from watchbill.state import webtoken


def test_it_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    place = tmp_path / "web-token"
    made = webtoken.kept(place)

    assert (webtoken.kept(place), len(made) >= 43, place.stat().st_mode & 0o777) == (made, True, 0o600)


def test_one_that_others_may_read_is_refused_with_the_mend(tmp_path: Path) -> None:
    place = tmp_path / "web-token"
    webtoken.kept(place)
    place.chmod(0o640)

    with pytest.raises(StateError, match=r"others .* remove it"):
        webtoken.kept(place)


@pytest.mark.parametrize("written", [b"", b"short\n", b"\xff" * 50])
def test_what_is_no_token_is_refused(tmp_path: Path, written: bytes) -> None:
    place = tmp_path / "web-token"
    place.touch(0o600)
    place.write_bytes(written)

    with pytest.raises(StateError, match="remove it"):
        webtoken.kept(place)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "web-token").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError):
        webtoken.kept(tmp_path / "web-token")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot keep"):
        webtoken.kept(tmp_path / "gone" / "web-token")
