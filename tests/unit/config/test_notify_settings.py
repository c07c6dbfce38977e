"""The notify section: who is told, of what, and when not. Addresses are never in it."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watchbill.config import notifying
from watchbill.config.load import load
from watchbill.config.notifying import NotifySetup
from watchbill.domain.errors import ConfigError
from watchbill.scheduling.telling import Terms

BASE = '[daemon]\nzone = "Europe/Berlin"\n[[repo]]\nname = "r"\npath = "."\n[provider.local]\nkind = "local"\n'


def setup(tmp_path: Path, notify: str, **environ: str) -> NotifySetup:
    path = tmp_path / "watchbill.toml"
    path.write_text(f"{BASE}[notify]\n{notify}")
    return notifying.setup_of(load(path, {}, cwd=tmp_path).settings, environ)


def test_nobody_is_told_anything_until_it_is_said(tmp_path: Path) -> None:
    assert setup(tmp_path, "").targets == ()


def test_each_line_of_a_file_is_an_address_with_a_name_that_does_not_show_it(tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("# mail\nmailto://me:pw@example.org\n\n  json://localhost  \n")

    found = setup(tmp_path, f'targets = ["file:{tmp_path}/urls", "env:URL"]', URL="tgram://1/2")

    assert [target.name for target in found.targets] == [
        f"file:{tmp_path}/urls#1",
        f"file:{tmp_path}/urls#2",
        "env:URL",
    ]
    assert found.secrets == {"mailto://me:pw@example.org", "json://localhost", "tgram://1/2"}
    assert "pw" not in repr(found)


@pytest.mark.parametrize(
    ("text", "why"), [(None, "does not exist"), ("# none\n", "it is empty"), ("json://a b\n", "is not one key")]
)
def test_a_reference_without_an_address_is_missing_and_says_why(tmp_path: Path, text: str | None, why: str) -> None:
    if text is not None:
        (tmp_path / "urls").write_text(text)

    assert why in setup(tmp_path, f'targets = ["file:{tmp_path}/urls"]').missing[f"file:{tmp_path}/urls"]


def test_an_environment_without_it_is_told(tmp_path: Path) -> None:
    assert setup(tmp_path, 'targets = ["env:URL"]').missing == {"env:URL": "env:URL: the environment has no URL"}


def test_hours_are_read_in_the_daemons_zone(tmp_path: Path) -> None:
    found = setup(tmp_path, 'quiet_hours = "23:00-07:00"\ndigest = "07:30"\npage = "http://watch.example:8620/"')

    assert found.terms == Terms(
        events=("*",),
        urgent=("daemon.stuck", "cost.over_bound"),
        quiet=(time(23), time(7)),
        digest=time(7, 30),
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert found.page == "http://watch.example:8620"


@pytest.mark.parametrize(
    ("notify", "why"),
    [
        ('targets = ["mailto://me:pw@example.org"]', "must not be the key itself"),
        ('targets = ["env:A", "env:A"]', "is there twice"),
        ('events = ["task.reviw"]', "Did you mean task.review"),
        ('events = ["run.*"]', "Known: budget.alert"),
        ('urgent = ["nothing"]', "matches nothing"),
        ('quiet_hours = "23:00"', "two different times"),
        ('quiet_hours = "07:00-07:00"', "two different times"),
        ('quiet_hours = "23:00-24:00"', "a time of day"),
        ('digest = "7:30"', "a time of day"),
        ('page = "localhost"', "must be an address"),
    ],
)
def test_what_cannot_be_is_a_complaint(tmp_path: Path, notify: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        setup(tmp_path, notify)

    assert why.lower() in str(caught.value).lower()
    assert "pw@" not in str(caught.value)
