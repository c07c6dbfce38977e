"""Grounds: repositories that share a remote, however it is written, have the same files."""

import subprocess
from pathlib import Path

import pytest

from watchbill.domain.errors import GitError
from watchbill.workspace.grounds import ground_of, named


def repository(at: Path, *remotes: tuple[str, str]) -> Path:
    subprocess.run(["git", "init", "--quiet", at], check=True)
    for name, url in remotes:
        subprocess.run(["git", "-C", at, "remote", "add", name, url], check=True)
    return at


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/Acme/Novel.git",
        "https://somebody:secret@github.com/acme/novel",
        "git@github.com:acme/novel.git",
        "github.com:acme/novel/",
        "ssh://git@github.com:22/acme/novel.git",
        "git://GITHUB.com/acme/novel",
    ],
)
def test_a_remote_is_one_however_it_is_reached(address: str) -> None:
    assert named(address) == "github.com/acme/novel"


@pytest.mark.parametrize("address", ["/srv/novel", "../novel", "file:///srv/novel", "C:/novel", "novel.git"])
def test_a_path_is_no_address(address: str) -> None:
    assert named(address) is None


def test_another_port_is_another_place() -> None:
    assert named("ssh://git@host:2222/a") != named("ssh://git@host/a")


def test_origin_goes_before_other_remotes(tmp_path: Path) -> None:
    here = repository(tmp_path / "a", ("fork", "git@x.org:me/a"), ("origin", "git@x.org:acme/a"))

    assert ground_of(here) == "x.org/acme/a"
    assert ground_of(repository(tmp_path / "b", ("fork", "git@x.org:me/a"))) == "x.org/me/a"


def test_the_first_address_of_a_remote_counts(tmp_path: Path) -> None:
    here = repository(tmp_path / "a", ("origin", "git@x.org:acme/a"))
    subprocess.run(["git", "-C", here, "remote", "set-url", "--add", "origin", "git@y.org:acme/a"], check=True)

    assert ground_of(here) == "x.org/acme/a"


def test_a_clone_on_this_machine_shares_its_originals_ground(tmp_path: Path) -> None:
    original = repository(tmp_path / "a")
    clone = repository(tmp_path / "b", ("origin", str(original)))
    third = repository(tmp_path / "c", ("origin", f"file://{clone}"))

    assert ground_of(original) == ground_of(clone) == ground_of(third) == str((original / ".git").resolve())


def test_a_clone_of_a_clone_shares_its_remote(tmp_path: Path) -> None:
    original = repository(tmp_path / "a", ("origin", "https://x.org/acme/a"))

    assert ground_of(repository(tmp_path / "b", ("origin", str(original)))) == "x.org/acme/a"


def test_a_circle_of_clones_ends(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    repository(one, ("origin", str(other)))
    repository(other, ("origin", str(one)))

    assert ground_of(one) in (str(one / ".git"), str(other / ".git"))
    itself = repository(tmp_path / "c", ("origin", str(tmp_path / "c")))
    assert ground_of(itself) == str(itself / ".git")


def test_a_remote_that_is_not_there_is_a_name_all_the_same(tmp_path: Path) -> None:
    assert ground_of(repository(tmp_path / "a", ("origin", "/nowhere/a"))) == "/nowhere/a"


def test_a_repository_without_configuration_is_its_own_ground(tmp_path: Path) -> None:
    here = repository(tmp_path / "a")
    (here / ".git/config").unlink()

    assert ground_of(here) == str(here / ".git")


def test_other_sections_name_no_remote(tmp_path: Path) -> None:
    here = repository(tmp_path / "a")
    (here / ".git/config").write_text(
        '[core]\n\turl = x.org:no\n[submodule "s"] url = x.org:no\n[Remote "o"] URL = "git@x.org:acme/a"\n\tfetch = x\n'
    )

    assert ground_of(here) == "x.org/acme/a"


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError):
        ground_of(tmp_path)
