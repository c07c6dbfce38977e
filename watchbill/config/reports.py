"""Reports and retention in watchbill.toml: where reports are written and when, and how long what was is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from watchbill.config.forms import HoursText, Span, Text
from watchbill.config.section import Section
from watchbill.domain import homes
from watchbill.scheduling.reporting import Keeping, ReportTerms
from watchbill.scheduling.slots import parse_hours


class Reports(Section):
    """What is written for people without being asked for: multi-ai/ (each run, day and week), scene-progress/ (how far the
    texts are, each day) and agent-management/ (how everything stands, at `status_hours`)."""

    dir: Path | None = None
    """Folder of these three, relative to this file. In a repository, for instance "logs", each gets a .gitignore of its own, so
    that git never sees it. Default: logs in the state folder. A change needs a restart."""

    status_hours: HoursText = "6,18"
    """Hours of the day, in the daemon's zone, at which the status is written: before breakfast, and after work."""

    scenes: tuple[Text, ...] = ("**/scenes/**/*.txt",)
    """Globs of the texts whose words are counted, beside those that recurring entries look at for their size and those that
    tasks name. By default ChoiceScript's scenes."""


class Retention(Section):
    """What is removed, each night, and when. The ledger, runs, gate records and everything that open work needs is kept."""

    metrics: Span = timedelta(days=90)
    """How long events, journaled decisions, what was asked over the control API and written reports are kept; of older events the number of each day stays."""

    artefacts: Span = timedelta(days=7)
    """How long prompts, transcripts and patch files of tasks that are over, and leftovers of runs, are kept. What landed stays in
    git: `watchbill run diff` shows it as long as you like."""

    log_mb: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Megabytes that all written reports may take; the oldest go first. Some three thousand runs of usual size."""


def terms_of(reports: Reports, zone: ZoneInfo) -> ReportTerms:
    return ReportTerms(zone=zone, status_hours=tuple(sorted(parse_hours(reports.status_hours))), scenes=reports.scenes)


def folder_of(reports: Reports, config: Path, state_dir: Path) -> Path:
    """Where reports are written, absolute."""
    return state_dir / "logs" if reports.dir is None else (config.parent / homes.expanded(reports.dir)).absolute()


def limits_of(retention: Retention) -> Keeping:
    return Keeping(metrics=retention.metrics, artefacts=retention.artefacts, size=retention.log_mb * 1_000_000)
