"""Text by others on a terminal: shown, never obeyed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from watchbill.operator.cli import root, show
from watchbill.operator.visible import all_visible

ODD = "a\x1b]0;b\x07\x9b31m\u202ec"
SHOWN = "a␛]0;b␇«U+009B»31m«U+202E»c"


def test_every_text_of_an_answer_is_shown_and_names_of_fields_stay() -> None:
    assert all_visible({ODD: [ODD, {"n": 1, "none": None}]}) == {ODD: [SHOWN, {"n": 1, "none": None}]}
    assert all_visible("two\nlines\tand café") == "two\nlines\tand café"


def test_a_file_name_does_not_command_the_terminal(tmp_path: Path) -> None:
    (tmp_path / f"{ODD}.json").write_text("{")

    said = CliRunner().invoke(root.group, ["gate", "check", "--in", str(tmp_path)])

    assert said.output.startswith(f"{SHOWN}.json:1: ")


@pytest.mark.parametrize(("is_terminal", "told"), [(True, SHOWN), (False, ODD)])
def test_a_diff_is_shown_on_a_terminal_and_whole_for_a_program(
    is_terminal: bool, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(show.sys.stdout, "isatty", lambda: is_terminal)

    show.diff(ODD)

    assert capsys.readouterr().out == told
