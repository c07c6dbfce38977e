"""Where reports are written and when, and how long what was is kept."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watchbill.config import reports
from watchbill.config.load import load
from watchbill.config.settings import Settings
from watchbill.domain.errors import ConfigError

BASE = '[[repo]]\nname = "r"\npath = "."\n[provider.local]\nkind = "local"\n'


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "watchbill.toml"
    path.write_text(BASE + text)
    return load(path, {}, cwd=tmp_path).settings


def test_reports_lie_in_the_state_folder_or_where_the_owner_says(tmp_path: Path) -> None:
    config, state = tmp_path / "watchbill.toml", tmp_path / "state"
    plain, named = settings(tmp_path, ""), settings(tmp_path, '[reports]\ndir = "logs"\nstatus_hours = "18,6"\n')

    assert reports.folder_of(plain.reports, config, state) == state / "logs"
    assert reports.folder_of(named.reports, config, state) == tmp_path / "logs"
    assert reports.terms_of(named.reports, ZoneInfo("UTC")).status_hours == (6, 18)


def test_what_is_kept_is_kept_as_long_as_is_said(tmp_path: Path) -> None:
    kept = reports.limits_of(settings(tmp_path, '[retention]\nmetrics = "30d"\nlog_mb = 2\n').retention)

    assert (kept.metrics, kept.artefacts, kept.size) == (timedelta(days=30), timedelta(days=7), 2_000_000)


@pytest.mark.parametrize(
    "text", ['[reports]\nstatus_hours = "25"\n', "[retention]\nlog_mb = 0\n", '[retention]\nmetrics = "0d"\n']
)
def test_what_makes_no_sense_is_a_complaint(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        settings(tmp_path, text)
