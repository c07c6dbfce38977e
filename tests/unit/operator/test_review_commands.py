"""watchbill review and run rollback, as people type them while no daemon runs."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.worlds import FILES, World, settle
from watchbill.operator.cli.root import group
from watchbill.providers.scripted import Say, Scene, finish, say, use

QUEUE = """# Queue

## PRIORITY 1

- [ ] Write it down [id:: draft] [files:: notes.md]
  - **AI Autonomy:** LOW
- [ ] Say nothing [id:: empty] [files:: other.md]
  - **AI Autonomy:** LOW
- [ ] Change the rules [id:: rules] [files:: AGENTS.md]
- [ ] Land at once [id:: done] [files:: done.md]
- [ ] Build on it [id:: next] [after:: done] [files:: next.md]
"""
PATHS = {"draft": "notes.md", "rules": "AGENTS.md", "done": "done.md", "next": "next.md"}


def works(scene: Scene) -> Say:
    path = PATHS.get(scene.purpose.task)
    if path is None or scene.turn:
        return finish("written")
    return say("", use("write_file", path=path, content="# Draft\n\nOne line.\n"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world whose drafts wait for their person."""
    files = {**FILES, "AGENTS.md": "# Rules\n", "docs/AI_TASK_QUEUE.md": QUEUE}
    here = World(root=tmp_path_factory.mktemp("model"), scripts={"claude": works}, files=files).make()

    async def live() -> None:
        async with here.service() as service:
            await settle(service)

    asyncio.run(live())
    return here.root


Ask = Callable[..., Result]


@pytest.fixture
def ask(model: Path, tmp_path: Path) -> Ask:
    root = tmp_path / "world"
    shutil.copytree(model, root, symlinks=True)

    def asked(*words: str, **more: str) -> Result:
        return CliRunner().invoke(group, ["--config", str(root / "watchbill.toml"), *words], **more)  # type: ignore[arg-type]

    return asked


def answer(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_list_says_who_asked_and_how_much_it_is(ask: Ask) -> None:
    said = ask("review", "list")

    assert [line.split()[0] for line in said.stdout.splitlines()[1:]] == ["draft", "empty", "rules"]
    assert "autonomy LOW" in said.stdout
    assert "protected-path AGENTS.md" in said.stdout
    assert "+3 -0" in said.stdout


def test_card_has_what_there_is_to_decide_and_the_ways_to_do_it(ask: Ask) -> None:
    card = ask("review", "show", "rules").stdout

    for part in (
        "asked by  protected-path AGENTS.md",
        "AGENTS.md  +3 -1",
        "change ✗",
        "waives protected-path of AGENTS.md",
    ):
        assert part in card
    assert "watchbill review approve rules --tree " in card
    assert "is protected" in card


def test_card_of_work_that_changed_nothing_offers_no_approval(ask: Ask) -> None:
    card = ask("review", "show", "empty").stdout

    assert "nothing was changed" in card
    assert "review approve" not in card
    assert ask("review", "approve", "empty").exit_code == 6


def test_card_of_a_conflict_has_both_sides_and_what_was_tried(ask: Ask, tmp_path: Path) -> None:
    here = World(root=tmp_path / "world", scripts={"claude": works})
    assert ask("review", "approve", "draft").exit_code == 0
    (here.path / "notes.md").write_text("".join(f"Mine {number}.\n" for number in range(70)))
    here.commit("Write it myself")

    async def live() -> None:
        async with here.service() as service:
            await settle(service)

    asyncio.run(live())
    card = ask("review", "show", "draft").stdout

    assert "three-way merge failed in notes.md → given to a person" in card
    sides = card.partition("last its own change)\n")[2].partition("\napproving\n")[0]
    said = [line.strip() for line in sides.splitlines()]
    assert [line.split()[0] for line in said if line[:7] in ("<<<<<<<", "=======", ">>>>>>>")] == [
        "<<<<<<<",
        "=======",
        ">>>>>>>",
    ]
    assert {"notes.md", "Mine 0.", "… and 50 more lines", "One line."} <= set(said)
    assert "Mine 20." not in said
    assert "1 finding that no approval waives keeps it from landing" in card
    listed = next(line for line in ask("review", "list").stdout.splitlines() if line.startswith("draft"))
    assert "…" in listed
    assert "Write it down" in listed


def test_card_of_a_conflict_says_who_deleted_a_file_and_what_stands_against_that(ask: Ask, tmp_path: Path) -> None:
    here = World(root=tmp_path / "world", scripts={"claude": works})
    assert ask("review", "approve", "rules").exit_code == 0
    before = (here.path / "AGENTS.md").read_text().splitlines()[0]
    here.git("rm", "--quiet", "AGENTS.md")
    here.commit("Do without")

    async def live() -> None:
        async with here.service() as service:
            await settle(service)

    asyncio.run(live())
    card = ask("review", "show", "rules").stdout

    sides = [
        line.strip() for line in card.partition("last its own change)\n")[2].partition("\napproving\n")[0].splitlines()
    ]
    assert sides[:3] == [
        "AGENTS.md: what landed deleted it, this task changed it; the changed file stands there",
        "what both began from:",
        before,
    ]
    assert "what the other side made of it:" in sides


def test_diff_is_printed_and_nothing_else(ask: Ask) -> None:
    assert ask("review", "show", "draft", "--diff").stdout.startswith("diff --git a/notes.md b/notes.md")
    assert "+# Draft" in str(answer(ask("review", "show", "draft", "--diff", "--json"))["diff"])


def test_decision_about_another_tree_than_was_shown_is_refused(ask: Ask) -> None:
    refused = ask("review", "approve", "draft", "--tree", "abcdef")

    assert refused.exit_code == 6
    assert "not what was shown any more" in refused.stderr


def test_approved_work_is_listed_as_such_and_needs_nobody(ask: Ask) -> None:
    said = ask("review", "approve", "draft", "-m", "fine").stdout
    (line,) = [each for each in answer(ask("review", "list", "--json"))["reviews"] if each["task"] == "draft"]  # type: ignore[attr-defined]

    assert "lands on watchbill/main" in said
    assert "draft is approved" in said
    assert (line["state"], line["why"].partition(" by ")[0]) == ("approved", "approved")
    assert "draft" not in [each["task"] for each in answer(ask("status", "--json"))["needs_you"]]  # type: ignore[attr-defined]


def test_rejecting_needs_words_and_queues_it_again(ask: Ask) -> None:
    assert ask("review", "reject", "draft").exit_code == 2
    assert answer(ask("review", "reject", "draft", "-m", "shorter", "--json"))["state"] == "queued"
    assert ask("review", "show", "draft").exit_code == 6


def test_editor_is_opened_on_the_changed_files(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/One/Two/")
    monkeypatch.delenv("VISUAL", raising=False)
    ask("review", "edit", "draft")

    assert "+Two line." in ask("review", "show", "draft", "--diff").stdout


def test_editor_that_changes_nothing_decides_nothing(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    same = ask("review", "edit", "draft")
    empty = ask("review", "edit", "empty")
    monkeypatch.delenv("VISUAL")
    monkeypatch.delenv("EDITOR", raising=False)
    none = ask("review", "edit", "draft")

    assert (same.exit_code, empty.exit_code, none.exit_code) == (2, 2, 2)
    assert "nothing was changed" in same.stderr
    assert "there is no $EDITOR" in none.stderr


def test_edit_takes_files_from_a_folder_or_a_patch(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "my.patch").write_text(
        "--- a/notes.md\n+++ b/notes.md\n@@ -1,3 +1,3 @@\n # Draft\n \n-One line.\n+Two.\n"
    )
    nothing = ask("review", "edit", "draft", "--from", str(tmp_path / "mine"))
    both = ask("review", "edit", "draft", "--from", str(tmp_path / "mine"), "--patch", str(tmp_path / "my.patch"))
    (tmp_path / "mine/AGENTS.md").write_text("# Mine\n")
    ask("review", "edit", "rules", "--from", str(tmp_path / "mine"))
    ask("review", "edit", "draft", "--patch", str(tmp_path / "my.patch"))

    assert (nothing.exit_code, both.exit_code) == (2, 2)
    assert "+# Mine" in ask("review", "show", "rules", "--diff").stdout
    assert "+Two." in ask("review", "show", "draft", "--diff").stdout


def test_what_is_sent_has_to_be_base64(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("watchbill.operator.cli.review._coded", lambda data: data.decode())
    (tmp_path / "my.patch").write_text("no base64")

    assert ask("review", "edit", "draft", "--patch", str(tmp_path / "my.patch")).exit_code == 2


def test_patch_that_does_not_fit_is_said_with_what_it_has_to_fit(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "my.patch").write_text("diff --git a/no.md b/no.md\nbanana\n")

    said = ask("review", "edit", "draft", "--patch", str(tmp_path / "my.patch"))

    assert said.exit_code == 2
    assert "the patch does not fit draft (No valid patches" in said.output
    assert "watchbill review show draft --diff" in said.output


def test_rollback_shows_what_it_does_and_asks_first(ask: Ask) -> None:
    (run,) = answer(ask("run", "list", "--task", "done", "--json"))["runs"]  # type: ignore[attr-defined]
    shown = ask("run", "rollback", run["id"], input="n\n")
    unasked = ask("run", "rollback", run["id"], "--json")
    done = answer(ask("run", "rollback", run["id"], "--yes", "--retry", "--json"))
    again = ask("run", "rollback", run["id"], "--yes")

    assert "adds a commit to watchbill/main that takes back" in shown.stdout
    assert "next needed it and stays" in shown.stdout
    assert (shown.exit_code, unasked.exit_code, again.exit_code) == (1, 2, 6)
    assert (done["state"], done["retry"]) == ("wanted", True)
    assert "queued again and told why" in str(done["effect"])


def test_rollback_of_what_landed_nothing_is_refused(ask: Ask) -> None:
    (run,) = answer(ask("run", "list", "--task", "draft", "--json"))["runs"]  # type: ignore[attr-defined]

    assert ask("run", "rollback", run["id"], "--yes").exit_code == 6
    assert ask("run", "rollback", "run-99", "--yes").exit_code == 1
