"""The pages that are made from the program are the program's."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchbill.daemon import main  # noqa: F401 - its commands hang themselves onto the group
from watchbill.domain import calls, errors, runs, tasks
from watchbill.domain.events import EVENTS
from watchbill.operator import pages
from watchbill.operator.cli import root as cli
from watchbill.operator.faults import FAULT_BY_CODE, FAULTS, Exit, NotFound, NotShown, envelope, fault_of, hint_of

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("name", list(pages.pages(cli.group)))
def test_a_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages.pages(cli.group)[name], "make it new: watchbill docs write docs"


def test_every_command_has_its_section() -> None:
    page = pages.cli(cli.group)

    for path in ("watchbill status", "watchbill task list", "watchbill serve", "watchbill config schema"):
        assert f"## `{path}`" in page
    assert "watchbill docs" not in page.replace("watchbill docs write", "")


def test_every_exit_code_has_its_meaning() -> None:
    assert set(pages.EXITS) == set(Exit)


def test_every_event_has_its_row() -> None:
    assert all(f"| `{spec.name}` |" in pages.events() for spec in EVENTS)


def test_every_move_is_drawn_and_told() -> None:
    page, drawn = pages.lifecycle(), pages.lifecycles()

    for name, table in (("task", tasks.TRANSITIONS), ("run", runs.TRANSITIONS), ("call", calls.TRANSITIONS)):
        picture = drawn[f"lifecycle-{name}.svg"]
        assert picture.count('marker-end="url(#tip)"') == sum(map(len, table.values())) + 1  # and where it begins
        assert all(f"From {source} to {target}." in picture for source, targets in table.items() for target in targets)
    assert "| settled | nowhere more |" in page


def test_the_pages_are_written_by_a_hidden_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.group, ["docs", "write", str(tmp_path / "docs")], prog_name="watchbill")

    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "docs").iterdir()) == sorted(pages.pages(cli.group))


def test_the_narrowest_fault_counts() -> None:
    assert fault_of(NotFound("x")).code == "not_found"
    assert fault_of(errors.ToolRefused("x")).code == "failed"
    assert len(FAULT_BY_CODE) == len(FAULTS)


@pytest.mark.parametrize(
    ("error", "about", "hint"),
    [
        (errors.IllegalMove("x"), {"task": "ch-1"}, "watchbill task show ch-1"),
        (errors.IllegalMove("x"), {"run": "run-7"}, "watchbill run show run-7"),
        (errors.IllegalMove("x"), {}, "watchbill task show TASK"),
        (NotShown("x"), {"task": "ch-1"}, "watchbill review show ch-1"),
        (NotFound("x", hint="watchbill {task}"), {"task": "ch-1"}, "watchbill {task}"),
    ],
)
def test_a_mend_names_what_was_asked_about(error: errors.WatchbillError, about: dict[str, str], hint: str) -> None:
    assert hint_of(error, about) == hint


def test_the_envelope_is_json() -> None:
    assert json.loads(json.dumps(envelope("a", "b", "c"))) == {"error": {"code": "a", "message": "b", "hint": "c"}}
