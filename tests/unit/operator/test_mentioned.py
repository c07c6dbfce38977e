"""Pages that people write name only commands and options that there are."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from watchbill.daemon import main  # noqa: F401 - its commands hang themselves onto the group
from watchbill.operator import pages
from watchbill.operator.cli import root
from watchbill.scheduling.decisions import Reason

ROOT = Path(__file__).resolve().parents[3]
MADE = pages.pages(root.group)
PAGES = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.name not in MADE)]
MENTIONED = re.compile(r"(?:`|^ {4}|^\$ )watchbill((?: [^`#|\n]+)?)", re.MULTILINE)


def mentioned(page: Path) -> Iterator[list[str]]:
    for words in MENTIONED.findall(page.read_text("utf-8")):
        yield words.replace("…", "").split()


def wrong(words: list[str]) -> str:
    """What of a command line is not there: a command, or an option; "" when all is."""
    command: click.Command = root.group
    for word in words:
        if (
            word.startswith("-")
            and word != "-"
            and not any(word.partition("=")[0] in param.opts for param in command.params)
        ):
            return f"watchbill {' '.join(words)}: no option {word}"
        if isinstance(command, click.Group) and word.isalpha() and word.islower():
            inner = command.get_command(click.Context(command), word)
            if inner is None and (command.list_commands(click.Context(command)) and not command.invoke_without_command):
                return f"watchbill {' '.join(words)}: no command {word}"
            command = inner or command
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    assert [said for words in mentioned(page) if (said := wrong(words))] == []


def test_a_wrong_name_would_be_seen() -> None:
    assert wrong(["task", "grpah"]) == "watchbill task grpah: no command grpah"
    assert wrong(["plan", "--days", "3"]) == "watchbill plan --days 3: no option --days"


def test_reasons_that_the_troubleshooting_names_are_reasons() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")

    named = {
        word for row in re.findall(r"^\| (`[a-z_`, ]+`) \|", text, re.MULTILINE) for word in re.findall(r"[a-z_]+", row)
    }
    assert named - {"refused"} <= set(Reason)
