"""watchbill gate: the checks that there are, tried on files of a folder."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from watchbill.operator.cli import root as cli


def gate(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli.group, ["gate", *words], prog_name="watchbill")
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def test_every_gate_is_listed_with_what_it_lacks(monkeypatch) -> None:
    monkeypatch.setattr("watchbill.gates.css.find_spec", lambda _: None)

    rows = {each["name"]: each for each in json.loads(gate("list", "--json").stdout)["gates"]}

    assert rows["python"] == {"name": "python", "default": "on", "lacks": ""}
    assert "watchbill[syntax]" in rows["css"]["lacks"]
    assert rows["choicescript-play"]["default"] == "off"
    assert "choicescript-play" in gate("list").stdout


def test_files_are_checked_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<div>")
    (tmp_path / "b.json").write_text("{}")

    assert gate("check", "--in", str(tmp_path), code=3).stdout.splitlines() == [
        "a.html:1: <div> is not closed at the end of the file [html/unclosed, error]",
        "2 files, 1 finding",
    ]
    assert gate("check", "b.json", "--in", str(tmp_path)).stdout == "1 file, 0 findings\n"
    assert json.loads(gate("check", "--gate", "json", "--in", str(tmp_path), "--json").stdout) == {
        "files": 2,
        "findings": [],
    }


def test_a_game_is_played(tmp_path: Path) -> None:
    (tmp_path / "startup.txt").write_text("*title T\n*create luck 50\n*rand luck 1 6\n*goto_scene gone\n")

    said = gate("play", "--in", str(tmp_path), "--runs", "7", code=3).stdout

    assert "played startup.txt 7 times: 0 came to an end, at 0 places; 100% of the lines" in said
    assert "luck 1 to 50" in said or "luck 2 to 50" in said
    assert (
        "startup.txt:4: there is no scene gone (stopped 7 of 7 playthroughs) [choicescript-play/missing-scene, error]"
        in said
    )
    (tmp_path / "startup.txt").write_text("*title T\n*finish\n")
    (game,) = json.loads(gate("play", "--in", str(tmp_path), "--json").stdout)["games"]
    assert (game["startup"], game["runs"], game["ended"], game["findings"]) == ("startup.txt", 1000, 1000, [])
    assert game["endings"] == [{"path": "startup.txt", "line": 2, "times": 1000}]


def test_where_there_is_no_game_it_says_so(tmp_path: Path) -> None:
    assert "There is no ChoiceScript game" in gate("play", "--in", str(tmp_path)).stdout


def test_a_path_that_finds_no_file_is_no_clean_bill(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")

    for command in ("check", "play"):
        assert "'b.json' is no file of the folder" in gate(command, "b.json", "--in", str(tmp_path), code=2).stderr
    assert gate("check", "*.json", "--in", str(tmp_path)).stdout == "1 file, 0 findings\n"
