"""The survey of a repository, and the configuration that follows from it."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchbill.config.load import parse
from watchbill.domain import regular
from watchbill.operator import survey as surveys
from watchbill.operator.cli import root as cli
from watchbill.operator.cli.init import notes
from watchbill.operator.drafting import toml_of
from watchbill.operator.faults import Exit
from watchbill.operator.survey import head_branch, repository_root, survey

BOTH = {"ANTHROPIC_API_KEY": "sk-canary", "OPENAI_API_KEY": "sk-canary"}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "My Novel"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(root)], check=True)
    return root


def write(root: Path, path: str, text: str = "") -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def test_a_bare_repository_gets_a_configuration_that_loads(repo: Path) -> None:
    found = survey(repo, {})

    settings = parse(toml_of(found))

    assert (settings.repo[0].name, settings.repo[0].target) == ("My-Novel", "trunk")
    assert set(settings.provider) == {"claude", "gpt", "local"}
    assert "# Not in use until $ANTHROPIC_API_KEY is set" in toml_of(found)
    assert "# Not there yet: write tasks into it" in toml_of(found)


def test_vendors_whose_keys_are_there_share_the_hours(repo: Path) -> None:
    text = toml_of(survey(repo, BOTH))

    settings = parse(text)

    assert [settings.provider[name].hours for name in ("claude", "gpt")] == ["0-23/2", "1-23/2"]
    assert "Not in use" not in text
    assert "sk-canary" not in text


def test_a_single_vendor_stands_every_hour(repo: Path) -> None:
    settings = parse(toml_of(survey(repo, {"OPENAI_API_KEY": "x"})))

    assert list(settings.provider) == ["gpt", "local"]
    assert settings.provider["gpt"].hours is None


def test_what_the_repository_has_is_taken_up(repo: Path) -> None:
    write(repo, "docs/AI_TASK_QUEUE.md", "- [ ] A\n- [x] B\n- [ ] C\n")
    write(repo, "TODO.md", "- [ ] D\n")
    write(repo, "AGENTS.md")
    write(repo, "lore/world.md")

    found = survey(repo, {})
    (settings,) = parse(toml_of(found)).repo

    assert found.open_tasks == 3
    assert settings.queue == ("docs/AI_TASK_QUEUE.md", "TODO.md")
    assert settings.rules == ("AGENTS.md",)
    assert settings.canon == ("lore/**",)


def test_a_copy_of_a_queue_is_left_out(repo: Path) -> None:
    write(repo, "docs/AI_TASK_QUEUE.md", "- [ ] Dig\n")
    write(repo, "AI_TASK_QUEUE.md", "- [ ] Dig\n")
    write(repo, "TODO.md", "- [ ] Fill\n")

    assert survey(repo, {}).queues == ("docs/AI_TASK_QUEUE.md", "TODO.md")


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"Makefile": "all:\ntest: all\n"}, ("make", "test")),
        ({"pyproject.toml": "", "tests/test_a.py": ""}, ("python3", "-m", "pytest", "-q")),
        ({"package.json": json.dumps({"scripts": {"test": "x"}})}, ("npm", "test")),
        ({"Cargo.toml": ""}, ("cargo", "test", "--offline")),
        ({"go.mod": ""}, ("go", "test", "./...")),
    ],
)
def test_test_commands_are_proposed_and_not_switched_on(
    repo: Path, files: dict[str, str], argv: tuple[str, ...]
) -> None:
    for path, text in files.items():
        write(repo, path, text)

    found = survey(repo, {})
    text = toml_of(found)

    assert [each for _, each in found.tests] == [argv]
    assert parse(text).repo[0].commands == ()
    switched_on = (
        text.replace("# [[repo.commands]]", "[[repo.commands]]").replace("# name", "name").replace("# argv", "argv")
    )
    assert parse(switched_on).repo[0].commands[0].argv == argv


@pytest.mark.parametrize("package", ["{", "[]", "{}", '{"scripts": null}'])
def test_a_package_without_tests_proposes_none(repo: Path, package: str) -> None:
    write(repo, "package.json", package)
    write(repo, "Makefile", "all:\n")

    assert survey(repo, {}).tests == ()


def test_languages_are_told_the_most_frequent_first(repo: Path) -> None:
    for path in ("a.py", "b.py", "game/scenes/one.txt", "node_modules/x.js", ".hidden/y.go", "notes.txt"):
        write(repo, path)

    assert survey(repo, {}).languages == ("Python", "ChoiceScript")


def test_a_huge_folder_is_not_walked_to_its_end(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "_MOST_FILES", 3)
    for number in range(9):
        write(repo, f"{number}.py")

    assert survey(repo, {}).languages == ("Python",)


def test_a_name_that_cannot_be_one_becomes_one(tmp_path: Path) -> None:
    root = tmp_path / "ä"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)

    assert survey(root, {}).name == "repository"


def test_a_detached_head_falls_back_to_main(repo: Path) -> None:
    write(repo, ".git/HEAD", "a" * 40)

    assert head_branch(repo) is None
    assert survey(repo, {}).target == "main"


def test_a_worktrees_branch_is_found(repo: Path, tmp_path: Path) -> None:
    git = ["git", "-C", str(repo), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side")], check=True)

    assert head_branch(tmp_path / "side") == "side"


def test_the_repository_around_a_folder_is_found(repo: Path, tmp_path: Path) -> None:
    write(repo, "a/b/c.md")

    assert repository_root(repo / "a" / "b") == repo
    assert repository_root(tmp_path) is None


# --- the command


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, repo: Path) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.chdir(repo)


def init(*words: str, code: int = 0, answer: str = "") -> Result:
    result = CliRunner().invoke(cli.group, ["init", *words], input=answer, prog_name="watchbill")
    assert result.exit_code == code, result.output
    return result


@pytest.mark.usefixtures("clean")
def test_it_shows_what_it_found_and_writes_on_yes(repo: Path) -> None:
    said = init("--yes").output

    assert "on branch trunk" in said
    assert "keys       OPENAI_API_KEY" in said
    assert "sk-canary" not in said
    assert parse((repo / "watchbill.toml").read_text()).repo[0].name == "My-Novel"


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False)])
def test_it_asks_before_it_writes(repo: Path, answer: str, written: bool) -> None:
    init(answer=answer)

    assert (repo / "watchbill.toml").exists() == written


@pytest.mark.usefixtures("clean")
def test_without_an_answer_nothing_is_written(repo: Path) -> None:
    init(code=Exit.FAILED)

    assert not (repo / "watchbill.toml").exists()


@pytest.mark.usefixtures("clean")
def test_print_writes_nothing_and_prints_toml(repo: Path) -> None:
    parse(init("--print").output)

    assert not (repo / "watchbill.toml").exists()


@pytest.mark.usefixtures("clean")
def test_what_is_there_is_kept_unless_forced(repo: Path) -> None:
    write(repo, "watchbill.toml", "mine")

    assert "is there already" in init("--yes", code=Exit.USAGE).output
    assert (repo / "watchbill.toml").read_text() == "mine"
    init("--yes", "--force")
    assert (repo / "watchbill.toml").read_text() != "mine"


def test_outside_of_any_repository_it_says_so(tmp_path: Path) -> None:
    assert "there is no git repository around" in init(str(tmp_path), code=Exit.USAGE).output


@pytest.mark.usefixtures("clean")
def test_without_any_key_it_says_what_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")

    assert "only local automation can work until one is set" in init("--yes").output


# --- the audit


def test_queue_places_that_cannot_be_understood_are_named(repo: Path) -> None:
    write(repo, "TASKS.md", "- [ ] A\n- [%] B\n")

    (place,) = survey(repo, {}).unreadable

    assert (place.path, place.line) == ("TASKS.md", 2)


def test_a_queue_that_cannot_be_read_says_so_and_stops_nothing(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, "TASKS.md", "- [ ] A\n")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(regular, "read", refuse)

    assert survey(repo, {}).unreadable[0].why == "the file cannot be read: Permission denied"


def test_workflows_that_are_no_yaml_are_named_with_their_line(repo: Path) -> None:
    write(repo, ".github/workflows/good.yaml", "on: push\n")
    write(repo, ".github/workflows/bad.yml", "on: push\njobs:\n  a: [\n")
    write(repo, ".github/workflows/notes.txt", "[")

    found = survey(repo, {})

    assert found.workflows == 2
    assert [(each.path, each.line) for each in found.broken_workflows] == [(".github/workflows/bad.yml", 4)]


@pytest.mark.usefixtures("clean")
def test_it_tells_what_is_broken_and_which_keys_are_set(repo: Path) -> None:
    write(repo, "TASKS.md", "- [%] B\n")
    write(repo, ".github/workflows/bad.yml", "a: [\n")

    said = init(answer="n\n").output

    assert "TASKS.md:1: " in said
    assert ".github/workflows/bad.yml:2: " in said
    assert "not set: ANTHROPIC_API_KEY" in said


@pytest.mark.usefixtures("clean")
def test_it_shows_what_it_would_change_as_a_diff(repo: Path) -> None:
    new = init(answer="n\n").output
    write(repo, "watchbill.toml", "# mine, without an end")
    changed = init("--force", answer="n\n").output

    assert "--- /dev/null" in new
    assert f"+++ {repo}/watchbill.toml" in new
    assert "\n+[daemon]\n" in new
    assert "\n-# mine, without an end\n" in changed


# --- other orchestrators' files

OLD: dict[str, dict[str, object]] = {
    "ai_providers": {
        "openai_gpt": {
            "enabled": True,
            "api_key_secret": "OPENAI_API_KEY",
            "models": ["gpt-4"],
            "schedule_slots": [1, 4],
        },
        "github_copilot": {"enabled": True, "schedule_slots": [2, 5]},
        "local_automation": {"enabled": True},
    },
    "orchestration": {"session_management": {"max_concurrent_sessions": 2}, "work_distribution": {"cost_aware": False}},
    "scheduling": {"workflow_coordination": {"scene_writer": {"frequency_hours": 3, "work_detection": True}}},
    "quality_assurance": {"telepathy": True},
}


@pytest.fixture
def old(tmp_path: Path) -> str:
    place = tmp_path / "multi-ai-config.json"
    place.write_text(json.dumps(OLD))
    return str(place)


@pytest.mark.usefixtures("clean")
def test_what_another_orchestrator_was_told_is_taken_over(repo: Path, old: str) -> None:
    said = init("--from", old, "--yes").output

    settings = parse((repo / "watchbill.toml").read_text())
    assert list(settings.provider) == ["gpt", "local"]
    assert settings.provider["gpt"].hours == "1,4"
    assert (settings.daemon.max_parallel, settings.routing.weights.cost) == (2, 0)
    assert [(entry.name, entry.type) for entry in settings.recurring] == [("scene_writer", "write")]
    assert '# kind = "copilot"' in (repo / "watchbill.toml").read_text()
    assert "gpt-4 was retired on 2026-10-23" in said
    assert "quality_assurance.telepathy: no counterpart" in said


@pytest.mark.usefixtures("clean")
def test_print_gives_pure_toml_and_the_report_on_stderr(repo: Path, old: str) -> None:
    result = init("--from", old, "--print")

    parse(result.stdout)
    assert "8 imported" in result.stderr
    assert not (repo / "watchbill.toml").exists()


@pytest.mark.usefixtures("clean")
def test_where_it_cannot_be_written_a_way_around_is_told(repo: Path, old: str) -> None:
    (repo / ".watchbill.toml.new").mkdir()

    result = init("--from", old, "--yes", code=Exit.USAGE)

    assert (
        "watchbill.toml cannot be written: Is a directory; keep it elsewhere: watchbill init --print" in result.stderr
    )


@pytest.mark.usefixtures("clean")
def test_json_tells_every_key_and_writes_only_on_yes(repo: Path, old: str) -> None:
    told = json.loads(init("--from", old, "--json").stdout)
    leaves = 12

    assert len(told["imports"]) == leaves
    assert {line["verdict"] for line in told["imports"]} == {"imported", "same as default", "no counterpart"}
    assert told["keys"] == {"ANTHROPIC_API_KEY": False, "OPENAI_API_KEY": True}
    assert (told["written"], (repo / "watchbill.toml").exists()) == (False, False)
    assert json.loads(init("--from", old, "--json", "--yes").stdout)["written"]
    assert parse((repo / "watchbill.toml").read_text())
    assert "is there already" in init("--from", old, "--json", "--yes", code=Exit.USAGE).stderr


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a":\n}', "old.json:2: the file: is no JSON"),
        (b"\xff", "old.json cannot be read: it is not UTF-8"),
        (b'{"a": 1}', "is neither multi-ai-config.json nor automation-settings.json"),
        (
            b'{"cost_management": {"daily_budget_usd": 500}}',
            "the proposed watchbill.toml:10: budget.daily_usd: is more than monthly_usd",
        ),
    ],
)
def test_what_cannot_be_taken_over_is_refused_with_its_place(
    repo: Path, tmp_path: Path, data: bytes, expected: str
) -> None:
    (tmp_path / "old.json").write_bytes(data)

    said = init("--from", str(tmp_path / "old.json"), "--yes", code=Exit.USAGE)

    assert expected in said.stderr
    assert not (repo / "watchbill.toml").exists()


@pytest.mark.usefixtures("clean")
def test_a_provider_whose_key_is_absent_is_marked(repo: Path, tmp_path: Path) -> None:
    place = tmp_path / "old.json"
    place.write_text('{"ai_providers": {"claude": {"models": ["claude-of-nobody", "claude-opus-5-5"]}}}')

    said = init("--from", str(place), "--print")

    assert "# Not in use until $ANTHROPIC_API_KEY is set" in said.stdout
    assert "claude-of-nobody is not in the price list" in said.stderr
    settings = parse(said.stdout)
    assert list(settings.provider) == ["claude", "local"]
    assert [model.id for model in settings.provider["claude"].models] == ["claude-opus-5-5"]


def test_recurring_work_that_nobody_could_do_is_noted(tmp_path: Path) -> None:
    text = """
[[repo]]
name = "a"
path = "."
[provider.gpt]
kind = "openai"
enabled = false
api_key = "env:GPT_KEY"
models = [{ id = "m" }]
[[recurring]]
name = "balance"
every = "1d"
type = "write"
provider = "gpt"
"""

    assert notes(text, tmp_path / "watchbill.toml", {}) == [
        "recurring balance: none that it names can do its tasks: gpt: it is switched off (enabled = false)"
    ]
