"""Stores that cannot be used: newer, damaged, read-only. People are told what is wrong and what to do; nothing is changed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.daemon.main import main
from watchbill.domain.ids import TaskId
from watchbill.operator.cli import root
from watchbill.operator.faults import Exit
from watchbill.state import database, schema, tasks
from watchbill.state.engine import connect
from watchbill.state.folder import StateFolder

assert main, "it adds serve and once to the group"

CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "a"\npath = "."\nqueue = ["q.md"]\n[provider.local]\nkind = "local"\n'
QUEUE = "- [ ] One #write [id:: one]\n- [ ] Two [id:: two] [after:: one]\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose state knows two tasks and a little history."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "watchbill.toml").write_text(CONFIG)
    (folder / "q.md").write_text(QUEUE)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for words in (["init", "-q", "-b", "main"], ["add", "q.md"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    assert ask(folder, "once").exit_code == 0
    return folder


def ask(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        root.group, ["--config", str(folder / "watchbill.toml"), *words], env={"HOME": str(folder)}
    )


def copy(whole: Path, to: Path) -> Path:
    shutil.rmtree(to / "here", ignore_errors=True)
    shutil.copytree(whole, to / "here", symlinks=True)
    return to / "here"


def in_words(said: Result) -> str:
    """What was said to people; a traceback says nothing to them."""
    assert said.exception is None or isinstance(said.exception, SystemExit), repr(said.exception)
    return said.stderr


def test_a_store_of_a_newer_program_is_refused_with_the_mend(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    conn = connect(here / "state/watchbill.db")
    newest = schema.version(conn)
    conn.execute(f"PRAGMA user_version = {newest + 1}")
    conn.close()

    for words in (("status",), ("task", "list"), ("once",), ("serve",)):
        said = ask(here, *words)
        assert said.exit_code != 0
        assert f"newer watchbill (schema {newest + 1}, this one knows {newest}); install that version" in in_words(said)
    assert ask(here, "status").exit_code == Exit.NEWER


@examples(20, part=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    how=st.sampled_from(["cut", "flip", "noise", "zeros"]),
    where=st.floats(0, 1),
    noise=st.binary(min_size=1, max_size=64),
    often=st.integers(1, 40),
)
@example(how="cut", where=0.5, noise=b"x", often=1)
@example(how="cut", where=0.0, noise=b"x", often=1)
@example(how="cut", where=0.01, noise=b"x", often=1)
@example(how="noise", where=0.0, noise=b"this is no database at all, but a text", often=1)
@example(how="zeros", where=0.25, noise=b"x", often=11)
def test_a_damaged_store_is_told_in_words_or_still_answers(
    whole: Path, tmp_path: Path, *, how: str, where: float, noise: bytes, often: int
) -> None:
    here = copy(whole, tmp_path)
    damage(here / "state/watchbill.db", how=how, where=where, noise=noise, often=often)

    for words in (("status",), ("once",)):
        said = in_words(ask(here, *words))
        assert not said or len(said) > 10


def damage(place: Path, *, how: str, where: float, noise: bytes, often: int) -> None:
    data = bytearray(place.read_bytes())
    at = int(where * (len(data) - 1))
    match how:
        case "cut":
            del data[at:]
        case "flip":
            for step in range(often):
                data[(at + step * 997) % len(data)] ^= noise[step % len(noise)] or 1
        case "zeros":
            data[at : at + often * 512] = bytes(len(data[at : at + often * 512]))
        case _:
            data[at : at + len(noise)] = noise
    place.write_bytes(data)


def test_a_folder_in_the_stores_place_is_refused_with_the_mend(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    (here / "state/watchbill.db").unlink()
    (here / "state/watchbill.db").mkdir()

    said = ask(here, "status")

    assert said.exit_code == Exit.FAILED
    assert "watchbill.db" in in_words(said)


def test_a_file_in_the_state_folders_place_is_refused_with_the_mend(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    shutil.rmtree(here / "state")
    (here / "state").write_text("mine")

    for words in (("status",), ("once",)):
        said = ask(here, *words)
        assert said.exit_code != 0 or words == ("status",)
        assert "Traceback" not in in_words(said)
    assert (here / "state").read_text() == "mine"


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """A small file system of its own there; the test is skipped where that is not allowed."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"only root may mount a file system here: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_state_folder_that_cannot_be_written_is_told_in_words(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    shutil.move(here / "state", here / "kept")
    with mounted(here / "state", "size=8m") as place:
        shutil.copytree(here / "kept", place, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)

        for words in (("status",), ("once",), ("serve",), ("task", "cancel", "one")):
            said = ask(here, *words)
            assert said.exit_code != 0
            assert "ead-only" in in_words(said), said.output
            assert str(place) in in_words(said)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_state_folder_of_somebody_elses_is_told_in_words(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    (here / "state/lock").unlink(missing_ok=True)
    (here / "state").chmod(0o500)

    for words in (("status",), ("once",), ("serve",), ("task", "cancel", "one")):
        said = ask(here, *words)
        assert said.exit_code != 0
        assert "ermission denied" in in_words(said), said.output


def test_what_was_only_read_is_as_it_was(whole: Path, tmp_path: Path) -> None:
    here = copy(whole, tmp_path)
    before = ask(here, "task", "list", "--json").stdout

    with StateFolder(here / "state").lock(), database.direct(here / "state/watchbill.db") as conn:
        assert tasks.get(conn, TaskId("one")) is not None
    assert [line for line in ask(here, "task", "list", "--json").stdout.split("\n") if "generated_at" not in line] == [
        line for line in before.split("\n") if "generated_at" not in line
    ]
