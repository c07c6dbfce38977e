"""watchbill db: the database file: check, copy, put back, shrink, export."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from watchbill.domain.errors import StateError
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import loaded
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.faults import Exit
from watchbill.state import engine, schema, upkeep
from watchbill.state.engine import Connection
from watchbill.state.folder import A_COMMAND, StateFolder


@click.group("db")
def command() -> None:
    """The database: check, copy, put back, shrink and export it."""


@command.command("check")
@json_option
@click.pass_obj
def check(options: Options, *, as_json: bool) -> None:
    """Whether the database is sound, beside a running daemon too. Exit code 3 when it is not."""
    with _reading(options) as conn:
        version, found = schema.version(conn), upkeep.complaints(conn)
    if as_json:
        show.as_json({"sound": not found, "schema": version, "complaints": found})
    else:
        click.echo("\n".join(found) or f"sound, schema {version}")
    click.get_current_context().exit(Exit.CONDITION_FALSE if found else Exit.OK)


@command.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def backup(options: Options, *, file: Path, as_json: bool) -> None:
    """Write a checked copy as of this moment to FILE, beside a running daemon too."""
    with progress(options, f"copying to {file}"), _reading(options) as conn:
        size = upkeep.backup(conn, file)
    if as_json:
        show.as_json({"file": str(file), "bytes": size})
    elif not options.quiet:
        click.echo(f"{file}: {size:,} bytes, sound")


@command.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def restore(options: Options, *, file: Path, yes: bool, as_json: bool) -> None:
    """Put the copy FILE in the database's place; the daemon has to be stopped. What was there is kept beside it.

    What happened after the copy is forgotten, money spent among it; the repositories stay as they are.
    """
    folder = _folder(options)
    upkeep.sound(file)
    with folder.lock(A_COMMAND):  # a daemon is told of before anybody is asked
        if not yes:
            click.confirm(
                f"{folder.db} becomes what {file} holds, and what happened since is forgotten. Go on?", abort=True
            )
        kept = upkeep.restore(folder.db, file, datetime.now(UTC))
    if as_json:
        show.as_json({"file": str(folder.db), "kept": None if kept is None else str(kept)})
    elif not options.quiet:
        click.echo(f"{folder.db} is what {file} holds" + (f"; what was there: {kept}" if kept else ""))


@command.command("vacuum")
@json_option
@click.pass_obj
def vacuum(options: Options, *, as_json: bool) -> None:
    """Give back the room that deleted rows left; the daemon has to be stopped."""
    folder = _there(options)
    with progress(options, "shrinking"), folder.lock(A_COMMAND):
        before, after = upkeep.vacuum(folder.db)
    if as_json:
        show.as_json({"before_bytes": before, "after_bytes": after})
    elif not options.quiet:
        click.echo(f"{before:,} bytes, now {after:,}")


@command.command("export")
@click.pass_obj
def export(options: Options) -> None:
    """Print every row as a line of JSON, with its table's name, beside a running daemon too."""
    with _reading(options) as conn:
        for line in upkeep.export(conn):
            click.echo(line)


@contextmanager
def _reading(options: Options) -> Iterator[Connection]:
    """The database, beside its writer where the journal allows that, else under the lock. Raises StateError while that is held."""
    folder = _there(options)
    if engine.journal_mode() == "wal" and folder.holder() is not None:
        with closing(engine.connect_for_reading(folder.db)) as conn:
            yield conn
        return
    with folder.lock(A_COMMAND), closing(engine.connect(folder.db)) as conn:
        yield conn


def _there(options: Options) -> StateFolder:
    """The state folder with its database; raises StateError where there is none, or where nobody can read beside its writer."""
    folder = _folder(options)
    if not folder.db.exists():
        raise StateError(f"there is no database at {folder.db} yet: it is made at the first start")
    return folder


def _folder(options: Options) -> StateFolder:
    return StateFolder(loaded(options).places(options.environ).state_dir)
