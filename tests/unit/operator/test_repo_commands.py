"""watchbill repo add and remove: what is shown, asked, checked and written, and whom it is told."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from operator_makers import put, state_in, watchbill

from tests.stores import migrated
from watchbill.operator.cli import rewriting, root
from watchbill.operator.doors import Answer, Client, SocketDoor
from watchbill.operator.faults import BadQuestion, Exit, Refused
from watchbill.state.database import direct
from watchbill.state.folder import StateFolder

CONFIG = """\
# Mine.
[daemon]
state_dir = "state"

[[repo]]
name = "novel"
path = "."

[provider.local]
kind = "local"

[[recurring]]
name = "check"
every = "3h"
type = "validate"
prompt = "Check {target}."
find = { glob = "*.txt" }
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = state_in(tmp_path, monkeypatch, CONFIG)
    with direct(migrated(folder.db)) as conn:
        put(conn, "a", "b")
    poems = tmp_path / "poems"
    (poems / ".git").mkdir(parents=True)
    (poems / ".git" / "HEAD").write_text("ref: refs/heads/trunk\n")
    (poems / "TASKS.md").write_text("- [ ] Write a sonnet\n")
    return tmp_path


def config(home: Path) -> str:
    return (home / "watchbill.toml").read_text()


def test_a_repository_is_added_as_init_would_write_it(home: Path) -> None:
    said = watchbill("repo", "add", "poems", "--yes").output

    assert '+target = "trunk"' in said
    assert "1 open task in TASKS.md" in said
    assert "no daemon runs: it is in force with the next start" in said
    assert 'name = "poems"\npath = "poems"\ntarget = "trunk"' in config(home)
    assert config(home).startswith("# Mine.\n")
    assert '[[recurring]]\nrepo = "novel"\nname = "check"' in config(home)  # it was the only one's
    assert "poems" in watchbill("repo", "list").output


def test_what_was_added_is_removed_and_the_file_is_as_it_was(home: Path) -> None:
    (home / "watchbill.toml").write_text(CONFIG.replace('name = "check"', 'name = "check"\nrepo = "novel"'))
    before = config(home)
    watchbill("repo", "add", "poems", "--yes")

    told = json.loads(watchbill("repo", "remove", "poems", "--yes", "--json").output)

    assert config(home) == before
    assert (told["repo"], told["written"], told["in_force"], told["open_tasks"]) == ("poems", True, False, 1)


@pytest.mark.parametrize("words", [("add", "poems"), ("remove", "novel")])
def test_nothing_is_written_by_who_says_no_or_asks_for_json_alone(home: Path, words: tuple[str, ...]) -> None:
    (home / "watchbill.toml").write_text(f'{CONFIG}repo = "other"\n\n[[repo]]\nname = "other"\npath = "other"\n')
    before = config(home)

    answer = CliRunner().invoke(root.group, ["repo", *words], input="n\n")
    told = json.loads(watchbill("repo", *words, "--json").output)

    assert "nothing is written" in answer.output
    assert told["written"] is False
    assert told["diff"]
    assert config(home) == before


def test_open_tasks_of_what_is_removed_are_counted_first(home: Path) -> None:
    watchbill("repo", "add", "poems", "--yes")
    (home / "watchbill.toml").write_text(config(home).replace('repo = "novel"', 'repo = "poems"'))

    said = watchbill("repo", "remove", "novel", "--yes").output

    assert "novel has 2 open tasks, to wait" in said
    assert "watchbill task cancel --filter repo:novel" in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "."), "is here already: it is the repository novel"),
        (("add", "poems", "--name", "novel"), "give this one a --name"),
        (("add", "poems", "--name", "a b"), "nothing is written, for it would be no valid configuration"),
        (("add", "/"), "there is no git repository around /"),
        (("remove", "novel"), "repo: is missing: there is nothing to work on"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_cannot_be_is_refused_with_the_mend(words: tuple[str, ...], why: str, home: Path) -> None:
    before = config(home)

    assert why in watchbill("repo", *words, "--yes", code=Exit.USAGE).output
    assert config(home) == before


@pytest.mark.usefixtures("home")
def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    said = watchbill("repo", "remove", "novle", code=1).output

    assert "there is no repository 'novle'; there are novel" in said
    assert "watchbill repo list" in said


def test_repositories_in_one_array_are_left_to_their_owner(home: Path) -> None:
    flat = CONFIG.replace('[[repo]]\nname = "novel"\npath = "."\n', "")
    (home / "watchbill.toml").write_text(f'repo = [{{ name = "novel", path = "." }}]\n{flat}')

    assert "take it out there by hand" in watchbill("repo", "remove", "novel", code=Exit.USAGE).output
    assert "would be no valid configuration" in watchbill("repo", "add", "poems", "--yes", code=Exit.USAGE).output


def test_a_running_daemon_reads_it_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def write(_: SocketDoor, path: str, body: object) -> Answer:
        assert body is None
        asked.append(path)
        return Answer(status=200, text="{}")

    monkeypatch.setattr(SocketDoor, "answers", lambda _: True)
    monkeypatch.setattr(SocketDoor, "write", write)
    StateFolder(home / "state").socket.touch()

    assert "; it is in force" in watchbill("repo", "add", "poems", "--yes").output
    assert asked == ["/api/v1/config/reload?wait=true"]


def test_a_file_that_somebody_saves_meanwhile_stays_theirs(home: Path) -> None:
    place = home / "watchbill.toml"
    made = rewriting.Rewriting(place=place, before="# an older one\n", after="")

    with pytest.raises(BadQuestion, match="saved by somebody else"):
        made.write()
    assert config(home) == CONFIG


def test_the_mark_at_a_files_beginning_and_its_rights_stay(home: Path) -> None:
    place = home / "watchbill.toml"
    place.write_bytes(b"\xef\xbb\xbf" + CONFIG.encode())
    place.chmod(0o640)

    watchbill("repo", "add", "poems", "--yes")

    assert place.read_bytes().startswith(b"\xef\xbb\xbf# Mine.")
    assert place.stat().st_mode & 0o777 == 0o640
    assert not list(home.glob(".watchbill.toml*"))


def test_a_file_that_cannot_be_read_or_written_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadQuestion, match="nowhere cannot be read"):
        rewriting.read(home / "nowhere")
    monkeypatch.setattr(Path, "write_bytes", _refuse)

    assert "cannot be written: Read-only" in watchbill("repo", "add", "poems", "--yes", code=Exit.USAGE).output


def _refuse(*_: object) -> None:
    raise OSError(30, "Read-only file system")


# --- sync


SYNCED = {
    "repo": "novel",
    "target": "main",
    "was": "a" * 40,
    "now": "b" * 40,
    "count": 0,
    "commits": [],
    "rewritten": False,
}
ONE = [{"commit": "b" * 40, "subject": "A scene"}]


@pytest.mark.parametrize(
    ("came", "said"),
    [
        ({"now": "a" * 40}, "novel: main is at aaaaaaaaaa, as before\n"),
        ({"count": 1, "commits": ONE}, "novel: main went on: bbbbbbbbbb, 1 new commit\n  bbbbbbbbbb  A scene\n"),
        ({"count": 3, "commits": ONE}, "bbbbbbbbbb, 3 new commits\n  bbbbbbbbbb  A scene\n  … and 2 before them\n"),
        ({"rewritten": True}, "novel: main was rewritten: bbbbbbbbbb, 0 new commits\n"),
        ({"now": None}, "novel: main is not there: the repository has no such branch\n"),
    ],
)
def test_a_sync_says_what_came(home: Path, monkeypatch: pytest.MonkeyPatch, came: dict[str, object], said: str) -> None:
    monkeypatch.setattr(Client, "post", lambda _self, path: {**SYNCED, **came, "path": path})

    assert watchbill("repo", "sync").output.endswith(said)
    answer = json.loads(watchbill("repo", "sync", "novel", "--json").output)
    assert [each["path"] for each in answer["repos"]] == ["/repos/novel/sync"]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_repository_that_cannot_be_fetched_keeps_no_other_from_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    def post(_self: Client, path: str) -> dict[str, object]:
        if path == "/repos/gone/sync":
            raise Refused("refused.busy", "it is not there", "put it back")
        return {**SYNCED, "now": "a" * 40}

    (home / "gone" / ".git").mkdir(parents=True)
    two = CONFIG.replace("[[repo]]", '[[repo]]\nname = "gone"\npath = "gone"\n\n[[repo]]')
    (home / "watchbill.toml").write_text(two.replace("find = ", 'repo = "novel"\nfind = '))
    monkeypatch.setattr(Client, "post", post)

    result = CliRunner().invoke(root.group, ["repo", "sync", *more])

    assert result.exit_code == Exit.TEMPORARY
    assert "gone: it is not there" in result.stderr
    assert "put it back" in result.stderr
    if more:
        assert [each["repo"] for each in json.loads(result.stdout)["repos"]] == ["novel"]
    else:
        assert result.stdout == "novel: main is at aaaaaaaaaa, as before\n"


def test_a_sync_needs_the_daemon(home: Path) -> None:
    result = CliRunner().invoke(root.group, ["repo", "sync"])

    assert result.exit_code == Exit.UNREACHABLE
    assert "novel is fetched by the daemon, and none runs; the next one does so when it begins" in result.output
