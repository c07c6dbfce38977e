"""watchbill config: check, show and explain the configuration."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from watchbill.config import advice, provider_values, reference
from watchbill.config.places import candidates, find
from watchbill.operator import first_calls, room
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option


@click.group("config")
def command() -> None:
    """Check, show and explain the configuration."""


@command.command("check")
@json_option
@click.pass_obj
def check(options: Options, *, as_json: bool) -> None:
    """Say everything that is wrong, each with file, line and key; exit with 2 then. What is only unwise is told too."""
    found = loaded(options)
    setups = provider_values.providers_of(found.settings, options.environ)
    noted = [
        *advice.advice_of(found, setups, found.places(options.environ)),
        *room.too_small(found, setups, datetime.now(UTC)),
        *(str(found.source.problem(*dear)) for dear in first_calls.all_of(found, setups, datetime.now(UTC))),
    ]
    if as_json:
        show.as_json({"path": str(found.path), "valid": True, "advice": noted})
        return
    for line in noted:
        click.echo(f"note: {line}")
    if not options.quiet:
        click.echo(f"{found.path} is valid")


@command.command("show")
@json_option
@click.pass_obj
def show_(options: Options, *, as_json: bool) -> None:
    """The settings in force, defaults included. Keys are shown as where they come from, never as themselves."""
    found = loaded(options)
    settings = found.settings.model_dump(mode="json", exclude_none=True)
    places = found.places(options.environ)
    where = {"config": str(places.config), "state_dir": str(places.state_dir), "socket": str(places.socket)}
    if as_json:
        show.as_json({"places": where, "settings": settings})
        return
    for name, path in where.items():
        click.echo(f"# {name}: {path}")
    click.echo(_toml(settings))


def _toml(settings: dict[str, dict[str, object] | list[dict[str, object]]]) -> str:
    blocks = []
    for name, section in settings.items():
        tables = _tables(name, section)
        blocks += [
            "\n".join([header, *(f"{key} = {reference.toml(value)}" for key, value in table.items())])
            for header, table in tables
        ]
    return "\n\n".join(blocks)


def _tables(name: str, section: dict[str, object] | list[dict[str, object]]) -> list[tuple[str, dict[str, object]]]:
    if isinstance(section, list):
        return [(f"[[{name}]]", table) for table in section]
    if name == "provider":
        return [(f"[{name}.{key}]", table) for key, table in section.items() if isinstance(table, dict)]
    return [(f"[{name}]", section)]


@command.command("diff")
@json_option
@click.pass_obj
def diff(options: Options, *, as_json: bool) -> None:
    """What a reload would change in the running daemon: each key as it is in force and as the file has it."""
    answer = connect(options).get("/config")
    pending, problems = answer["pending"], answer["problems"]
    if as_json:
        show.as_json({"pending": pending, "problems": problems})
        return
    for problem in problems:
        click.echo(f"the file is rejected: {problem}")
    rows = [
        (
            each["key"],
            _said(each["in_force"]),
            _said(each["in_file"]),
            "needs a restart" if each["needs_restart"] else "",
        )
        for each in pending
    ]
    if rows:
        show.table(show.console(options), ("key", "in force", "in the file", "note"), rows)
    elif not problems and not options.quiet:
        click.echo("what is in force is what the file says")


def _said(value: object) -> str:
    """TOML has no word for nothing."""
    return "" if value is None else reference.toml(value)


@command.command("schema")
def schema() -> None:
    """The JSON Schema of watchbill.toml, for editors."""
    click.echo(json.dumps(reference.schema(), indent=2, ensure_ascii=False))


@command.command("path")
@click.pass_obj
def path(options: Options) -> None:
    """Which file is in force; with -v, where it is looked for."""
    cwd = Path.cwd()
    if options.verbose:
        for place in candidates(options.environ, cwd=cwd):
            click.echo(f"{'found' if place.is_file() else 'absent':<7}{place}", err=True)
    found = options.config or find(options.environ, cwd=cwd)
    if found is None:
        loaded(options)  # raises with the mend
    click.echo(found)


@command.command("example")
def example() -> None:
    """A commented watchbill.toml to start from."""
    click.echo(reference.example(), nl=False)
