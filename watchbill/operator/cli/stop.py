"""watchbill stop: end the daemon, and say what became of each run."""

from datetime import timedelta

import click

from watchbill.domain.errors import ConfigError
from watchbill.operator.cli import leaving, show
from watchbill.operator.cli.ask import connect, places
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Client, Plain, SocketDoor
from watchbill.state.folder import StateFolder

_TOLD = ("id", "task", "title", "provider", "state", "reason")
_GOES_ON = "goes on with the next start"
_WORDS = {  # a run's end, as somebody who stops the daemon wants to know it; of others their state suffices
    "handed_off": f"came to its checkpoint, {_GOES_ON}",
    "lost": f"broke off, {_GOES_ON}",
    "landed": "landed before",
}


@click.command("stop")
@leaving.options
@json_option
@click.pass_obj
def command(options: Options, *, timeout: timedelta | None, reason: str, as_json: bool) -> None:
    """End the daemon and wait until it has ended; where none runs, that is well too.

    It leaves as at SIGTERM: nothing new begins, runs go to their next checkpoint, and what is not there in time breaks off,
    its call charged at its bound. What became of each run is said then. Exit code 7 when the daemon is still there a minute
    after that time.
    """
    kept = places(options)
    folder = StateFolder(kept.state_dir)
    holder = folder.holder()
    door = SocketDoor(kept.socket)
    answer = {"runs": []} if holder is None else _ended(options, folder, door, timeout=timeout, why=reason)
    runs = _told(options, answer["runs"])
    if as_json:
        show.as_json({"was_running": holder is not None, "pid": holder, "runs": runs})
    elif not options.quiet:
        click.echo("no daemon runs" if holder is None else f"the daemon has ended (it was process {holder})")
        _show(options, runs)


def _ended(options: Options, folder: StateFolder, door: SocketDoor, *, timeout: timedelta | None, why: str) -> Plain:
    """Who holds the folder and answers nobody is on its way in or out: it is waited for."""
    if door.answers():
        return leaving.leave(options, Client(door=door), folder, timeout=timeout, why=why)
    with progress(options, "it answers nobody: waiting until it has left"):
        leaving.wait(folder, leaving.TO_PUT_AWAY if timeout is None else timeout.total_seconds())
    return {"runs": []}


def _told(options: Options, runs: list[str]) -> list[Plain]:
    """What the store says of them now; their names alone where the file has become wrong, and so nobody can look."""
    if not runs:
        return []
    try:
        client = connect(options)
    except ConfigError:
        return [
            {**dict.fromkeys(_TOLD, ""), "id": run, "state": "see watchbill run show, once the file is mended"}
            for run in runs
        ]
    found = [client.get(f"/runs/{run}") for run in runs]
    return [{name: run[name] for name in _TOLD} for run in found]


def _show(options: Options, runs: list[Plain]) -> None:
    rows = [(run["id"], run["provider"], run["title"], str(_WORDS.get(run["state"], run["state"]))) for run in runs]
    if rows:
        show.table(show.console(options), ("run", "provider", "task", "what became of it"), rows)
