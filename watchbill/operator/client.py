"""The client of a configuration: through the daemon's socket where one answers, else through our own hands on the store."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from watchbill.config import advice, bill_values, provider_values, repo_values, reports
from watchbill.config.load import Loaded
from watchbill.operator import catalog
from watchbill.operator.doors import Client, SocketDoor
from watchbill.operator.outlook import Outlook
from watchbill.operator.own import OwnDoor
from watchbill.state import brake
from watchbill.state.folder import StateFolder


def connect(loaded: Loaded, environ: Mapping[str, str]) -> Client:
    """A client of the daemon that serves this configuration, else of its store."""
    places = loaded.places(environ)
    daemon = SocketDoor(places.socket)
    if places.socket.exists() and daemon.answers():
        return Client(door=daemon)
    return Client(
        door=OwnDoor(
            folder=StateFolder(places.state_dir),
            repos=repo_values.repos_of(loaded),
            outlook=lambda: outlook_of(loaded, environ, datetime.now(UTC)),
        )
    )


def outlook_of(loaded: Loaded, environ: Mapping[str, str], now: datetime) -> Outlook:
    """The outlook of a configuration without its daemon."""
    places = loaded.places(environ)
    folder = StateFolder(places.state_dir)
    setups = provider_values.providers_of(loaded.settings, environ)
    missing = {setup.name: setup.missing for setup in setups if setup.missing}
    return Outlook(
        now=now,
        bill=bill_values.bill_of(loaded.settings, {setup.name for setup in setups} - missing.keys(), missing),
        config=str(loaded.path),
        recurring=bill_values.recurring_of(loaded.settings),
        offers=catalog.offers_of(setups),
        missing_by_provider=missing,
        broken_repos=advice.absent_repos(loaded),
        reports=reports.folder_of(loaded.settings.reports, loaded.path, places.state_dir),
        report_terms=reports.terms_of(loaded.settings.reports, loaded.settings.daemon.zone),
        disk_used=folder.disk_used(),
        stop=brake.pause_of(folder.stop_file),
        is_left=folder.holder() in (None, os.getpid()),  # ours is the look itself
    )
