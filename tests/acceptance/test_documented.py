"""What the documentation shows is what happens: its console blocks are typed by a person who has nothing but the program."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PROGRAM = f'#!/bin/sh\nexec "{sys.executable}" -m watchbill.daemon.main "$@"\n'


def typed(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of the page's console blocks, with the lines that it is shown to print."""
    for block in re.findall(r"^```console\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            ends = lines.index("END") if "<<'END'" in lines[0] else 0
            yield "\n".join(lines[: ends + 1]), lines[ends + 1 :]


def is_shown(shown: list[str], printed: str) -> bool:
    """Whether it printed what is shown: `…` alone stands for any lines, within a line for any words."""
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else f"{_line(line)}\n" for line in shown)
    return re.fullmatch(pattern, f"{printed.rstrip()}\n" if printed.strip() else "") is not None


def _line(shown: str) -> str:
    """Columns are as wide as what stands in them."""
    words = [".*?".join(re.escape(part) for part in word.split("…")) for word in shown.split(" ") if word]
    return r"\s*" + r"\s+".join(words) + r"\s*?"


def test_what_is_shown_stands_for_what_is_printed() -> None:
    assert is_shown(["a …", "…", "z"], "a  b\nc\nd\nz\n")
    assert is_shown(["…", "z"], "z\n")
    assert not is_shown(["a", "z"], "a\nb\nz\n")


@pytest.mark.parametrize("page", ["first-hour.md"])
def test_a_page_is_typed_as_it_stands(page: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "watchbill"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    environ = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
    }
    here = tmp_path

    for command, shown in typed(page):
        script = f'{command}\necho "in $PWD"'
        done = subprocess.run(
            ["sh", "-c", script], cwd=here, env=environ, check=False, capture_output=True, text=True, timeout=90
        )
        printed, _, place = done.stdout.rstrip("\n").rpartition("in ")
        here = Path(place)
        assert is_shown(shown, printed), f"$ {command}\n{printed}\n{done.stderr}"
