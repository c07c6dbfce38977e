"""watchbill lore: check, init and waive, as people and scripts call them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchbill.operator.cli import root as cli

CANON = "entities: [{id: ines, name: Ines, kind: person, attributes: {eyes: brown}}]\nspelling: [{id: s, use: grey, not: [gray]}]\n"
WRONG = "---\nchapter: 2\n---\n\nInes had green eyes.\n\nA gray day.\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "lore").mkdir()
    (tmp_path / "lore/canon.yaml").write_text(CANON)
    (tmp_path / "ch02.md").write_text(WRONG)
    return tmp_path


def lore(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli.group, ["lore", *words], prog_name="watchbill")
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def test_check_tells_place_rule_and_both_passages_and_exits_three(world: Path) -> None:
    said = lore("check", "ch02.md", code=3).output.splitlines()

    assert said == [
        "ch02.md:5: attribute: 'green eyes'",
        "    the canon (ines): eyes: brown",
        "ch02.md:7: spelling: 'gray'",
        "    the canon (s): use grey, not gray",
        "2 findings in 1 text",
    ]


def test_what_a_text_says_cannot_command_the_terminal(world: Path) -> None:
    (world / "ch02.md").write_text("---\nchapter: 2\n---\n\nInes had \x1b[2Jgreen eyes.\n\nA gray\u202e day.\n")
    (world / "lore/canon.yaml").write_text(CANON.replace("brown", '"brown\\u001b[2J"'))

    assert not {"\x1b", "\u202e"} & set(lore("check", "ch02.md", code=3).output)


def test_check_in_json_has_the_documented_keys(world: Path) -> None:
    answer = json.loads(lore("check", "ch02.md", "--canon", "lore/canon.yaml", "--json", code=3).stdout)

    assert answer["canon"] == ["lore/canon.yaml"]
    assert answer["checked"] == 1
    assert answer["problems"] == []
    assert answer["findings"][0] == {
        "path": "ch02.md",
        "line": 5,
        "rule": "attribute",
        "canon_id": "ines",
        "quote": "green eyes",
        "canon": "eyes: brown",
        "confidence": 0.85,
    }


def test_a_text_without_contradictions_exits_with_nothing(world: Path) -> None:
    (world / "ch03.md").write_text("Ines had brown eyes.\n")

    assert lore("check", "ch03.md").output == "0 findings in 1 text\n"
    assert json.loads(lore("check", "ch03.md", "--json").stdout)["findings"] == []


def test_a_folder_stands_for_the_texts_below_it(world: Path) -> None:
    for name in ("README.md", ".hidden.md", "a.py", "scenes/ch03.txt"):
        path = world / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(WRONG)

    found = json.loads(lore("check", ".", "--json", code=3).stdout)

    assert {one["path"] for one in found["findings"]} == {"ch02.md", "scenes/ch03.txt"}


def test_the_canon_is_the_configured_one_where_there_is_a_configuration(world: Path) -> None:
    (world / "bible.yaml").write_text("banned_words: [{id: b, words: [day]}]\n")
    (world / "watchbill.toml").write_text(
        '[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n[lore]\ncanon = ["bible.yaml"]\n'
    )

    assert [one["rule"] for one in json.loads(lore("check", "ch02.md", "--json", code=3).stdout)["findings"]] == [
        "banned-word"
    ]


def test_a_canon_that_is_not_there_is_told_with_the_mend(world: Path) -> None:
    (world / "lore/canon.yaml").unlink()
    (world / "empty").mkdir()

    assert "watchbill lore init" in lore("check", "ch02.md", code=2).output
    assert "has no canon" in lore("check", "ch02.md", "--canon", "empty", code=2).output


def test_a_canon_that_cannot_be_read_is_told_and_exits_three(world: Path) -> None:
    (world / "lore/canon.yaml").write_text("a: [")
    (world / "ch02.md").write_text("Nothing.\n")

    assert "lore/canon.yaml:1:" in lore("check", "ch02.md", code=3).output


def test_waive_keeps_a_finding_beside_the_canon_with_its_reason(world: Path) -> None:
    said = lore("waive", "ch02.md:5", "--reason", "lenses").output

    assert "ch02.md:5: attribute (ines) 'green eyes' is kept: lenses" in said
    assert "reason: lenses" in (world / "lore/lore-waivers.yaml").read_text()
    answer = json.loads(lore("check", "ch02.md", "--json", code=3).stdout)
    assert [one["rule"] for one in answer["findings"]] == ["spelling"]
    assert [one["rule"] for one in answer["waived"]] == ["attribute"]
    assert "1 finding in 1 text, 1 waived" in lore("check", "ch02.md", code=3).output
    lore("waive", "ch02.md:7", "--reason", "an old page", "--rule", "spelling")
    assert lore("check", "ch02.md").output == "0 findings in 1 text, 2 waived\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ch02.md", "--reason", "x"), "is no FILE:LINE"),
        (("gone.md:3", "--reason", "x"), "is no FILE:LINE"),
        (("ch02.md:1", "--reason", "x"), "nothing at ch02.md:1 contradicts the canon"),
        (("ch02.md:5", "--reason", "x", "--rule", "date"), "by rule date"),
        (("ch02.md:0", "--reason", "x", "--quote", "A gray day"), "is no FILE:LINE"),
        (("ch02.md:5", "--reason", "x", "--quote", "A gray day"), "'A gray day' does not begin at ch02.md:5"),
        (("ch02.md:5", "--reason", "x", "--quote", ""), "'' does not begin at ch02.md:5"),
        (("ch02.md:5", "--reason", "x", "--quote", "..."), "'...' does not begin at ch02.md:5"),
    ],
)
def test_what_cannot_be_waived_is_told(world: Path, words: tuple[str, ...], told: str) -> None:
    assert told in lore("waive", *words, code=2).output
    assert not (world / "lore/lore-waivers.yaml").exists()


def test_what_a_model_named_is_kept_by_the_words_that_begin_at_its_line(world: Path) -> None:
    (world / "ch03.md").write_text("She slept.\n\nHe came by\nthe bridge.\n")

    said = lore("waive", "ch03.md:3", "--quote", "came by the bridge", "--reason", "a new one").output

    assert "ch03.md:3: judged 'came by the bridge' is kept: a new one" in said
    assert "rule: judged" in (world / "lore/lore-waivers.yaml").read_text()


@pytest.mark.parametrize("indent", ["", "  "])
def test_what_an_owner_wrote_beside_the_waivers_stays(world: Path, indent: str) -> None:
    kept = f"# ours\nwaivers:\n{indent}- {{rule: judged, quote: a bridge, reason: new}}  # see chapter 9\n"
    (world / "lore/lore-waivers.yaml").write_text(kept)

    lore("waive", "ch02.md:5", "--reason", "lenses")

    text = (world / "lore/lore-waivers.yaml").read_text()
    assert text.startswith(kept)
    assert "reason: lenses" in text


@pytest.mark.parametrize("written", ["", "waivers: []\n"])
def test_comments_stay_where_no_waiver_is_left(world: Path, written: str) -> None:
    (world / "lore/lore-waivers.yaml").write_text(f"# ours\n{written}")

    lore("waive", "ch02.md:5", "--reason", "lenses")

    text = (world / "lore/lore-waivers.yaml").read_text()
    assert text.startswith("# ours\nwaivers:\n- rule: attribute\n")
    assert lore("check", "ch02.md", code=3).output.endswith("1 waived\n")


def test_waivers_in_a_form_of_their_own_are_written_anew_and_none_is_lost(world: Path) -> None:
    kept = "# ours\nwaivers: [{rule: judged, quote: a bridge, reason: new}]\n"
    (world / "lore/lore-waivers.yaml").write_text(kept)

    lore("waive", "ch02.md:5", "--reason", "lenses")

    text = (world / "lore/lore-waivers.yaml").read_text()
    assert text.startswith("# ours\n")
    assert "quote: a bridge" in text
    assert "reason: lenses" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("waivers: [{rule: judged,\n", "lore-waivers.yaml:2:"),
        ("waivers: none\n", "waivers is a list; begin each with `- rule:`"),
        ("waivers: [{rule: judged, reason: x}]\n", "waiver 1 has no quote, so that it is not clear what it keeps"),
        ("waivers: [{rule: name, quote: Ina}, x]\n", "waiver 1 has no canon_id"),
        ("waivers: [x]\n", "waiver 1 has no rule and no canon_id and no quote"),
    ],
)
def test_waivers_that_cannot_be_read_are_told_and_stay_as_they_are(world: Path, text: str, told: str) -> None:
    (world / "lore/lore-waivers.yaml").write_text(text)

    assert told in lore("waive", "ch02.md:5", "--reason", "lenses", code=2).output
    assert told in json.loads(lore("check", "ch02.md", "--json", code=3).stdout)["problems"][0]["message"]
    assert (world / "lore/lore-waivers.yaml").read_text() == text


MARKDOWN = "# People\n\n## Ines\n\n- Eyes: brown\n- Voice: like rain on a roof\n"


def test_init_drafts_a_canon_and_says_what_it_was_unsure_of(world: Path) -> None:
    (world / "bible.md").write_text(MARKDOWN)

    said = lore("init", "bible.md").output

    assert said.startswith("Wrote canon.yaml: 1 entities, 1 voice rules\n  unsure  bible.md:6: a way of speaking")
    assert "# unsure: bible.md:6: a way of speaking" in (world / "canon.yaml").read_text()
    assert [
        one["rule"]
        for one in json.loads(lore("check", "ch02.md", "--canon", "canon.yaml", "--json", code=3).stdout)["findings"]
    ] == ["attribute"]


def test_init_never_writes_over_a_file(world: Path) -> None:
    (world / "lore/bible.md").write_text(MARKDOWN)

    assert "stays as it is" in lore("init", "lore/bible.md", code=2).output
    assert (world / "lore/canon.yaml").read_text() == CANON
    assert lore("init", "lore/bible.md", "--print").output.startswith("# A draft from bible.md.")
    assert json.loads(lore("init", "lore", "--out", "new.yaml", "--json").stdout)["counts"] == {
        "entities": 1,
        "voice_rules": 1,
    }
    assert (world / "new.yaml").is_file()


def test_init_needs_a_markdown_document(world: Path) -> None:
    (world / "a.txt").write_text("x")

    assert "no Markdown document" in lore("init", "a.txt", code=2).output


def test_the_variables_of_a_game_beside_a_scene_are_known(world: Path) -> None:
    (world / "lore/canon.yaml").write_text("variables: [{id: t, name: trust, type: number}]\n")
    (world / "scenes").mkdir()
    (world / "startup.txt").write_text("*create courage 3\n")
    (world / "scenes/a.txt").write_text("*label a\n*set courage 4\n*set valour 4\n")

    assert [one["quote"] for one in json.loads(lore("check", "scenes/a.txt", "--json", code=3).stdout)["findings"]] == [
        "valour"
    ]
