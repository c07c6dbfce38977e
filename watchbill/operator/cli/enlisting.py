"""watchbill repo add and remove: a repository more or less in watchbill.toml."""

from dataclasses import replace
from pathlib import Path

import click

from watchbill.config import reference, repo_values, tables
from watchbill.config.load import Loaded
from watchbill.operator import drafting
from watchbill.operator.cli import names, rewriting
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.survey import Survey, repository_root, survey

_LIST = "watchbill repo list"


@click.command("add")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="How it is called. Default: as its folder.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def add(options: Options, *, path: Path, name: str | None, yes: bool, as_json: bool) -> None:
    """Add the repository at PATH to watchbill.toml, as `init` would write it; all else in the file stays as it is.

    Shows the difference and asks; what would be no valid configuration is not written. A running daemon reads it at once.
    """
    configured = loaded(options)
    found = _found(options, path, name)
    _refuse_known(configured, found)
    place = configured.path.resolve()
    before = rewriting.read(place)
    table = drafting.repo(found, path=_seen_from(configured.path.parent, found.root))
    made = rewriting.Rewriting(place=place, before=before, after=tables.with_repo(_owned(before, configured), table))
    if not as_json and not options.quiet:
        click.echo(f"{found.root}: {_tasks(found.open_tasks)} in {', '.join(found.queues) or 'no queue yet'}\n")
    said = {"repo": found.name, "file": str(place), "open_tasks": found.open_tasks}
    rewriting.carry_out(options, made, said, question=f"Add {found.name} to {place}?", yes=yes, as_json=as_json)


@click.command("remove")
@click.argument("name", type=names.REPO)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def remove(options: Options, *, name: str, yes: bool, as_json: bool) -> None:
    """Take the repository NAME out of watchbill.toml, with its comments and the tables below it.

    Nothing of the repository itself is touched, and what was done in it stays on record. Its open tasks wait, and go on when
    it is added again under the same name. Shows the difference and asks.
    """
    configured = loaded(options)
    names = [repo.name for repo in configured.settings.repo]
    if name not in names:
        raise NotFound(f"there is no repository {name!r}; there are {', '.join(names)}", hint=_LIST)
    place = configured.path.resolve()
    before = rewriting.read(place)
    made = rewriting.Rewriting(place=place, before=before, after=_without(before, names.index(name), configured))
    waiting = next(each["open"] for each in connect(options).get("/repos")["repos"] if each["name"] == name)
    if not as_json and not options.quiet:
        click.echo(f"{name} has {_tasks(waiting)}, to wait until it is added again; its files stay as they are")
        click.echo(f"→ if nothing is to come of them: watchbill task cancel --filter repo:{name}\n" if waiting else "")
    said = {"repo": name, "file": str(place), "open_tasks": waiting}
    rewriting.carry_out(options, made, said, question=f"Take {name} out of {place}?", yes=yes, as_json=as_json)


def _found(options: Options, path: Path, name: str | None) -> Survey:
    root = repository_root(path.resolve())
    if root is None:
        raise BadQuestion(f"there is no git repository around {path}: make one with git init")
    with progress(options, f"looking through {root}"):
        found = survey(root, options.environ)
    return replace(found, name=name or found.name)


def _refuse_known(configured: Loaded, found: Survey) -> None:
    for repo in repo_values.repos_of(configured):
        if repo.path.resolve() == found.root:
            raise BadQuestion(f"{found.root} is here already: it is the repository {repo.terms.name}")
        if repo.terms.name == found.name:
            raise BadQuestion(
                f"a repository is called {repo.terms.name} already, at {repo.path}: give this one a --name"
            )


def _owned(text: str, configured: Loaded) -> str:
    """Recurring work of the only repository says whose it is, once there are two."""
    names = [repo.name for repo in configured.settings.repo]
    return tables.with_owner(text, f"repo = {reference.toml(names[0])}") if len(names) == 1 else text


def _seen_from(home: Path, root: Path) -> str:
    """Relative where it lies in the configuration's folder, so that both can move together."""
    home = home.resolve()
    return str(root.relative_to(home)) if root.is_relative_to(home) else str(root)


def _tasks(count: int) -> str:
    return "1 open task" if count == 1 else f"{count} open tasks"


def _without(text: str, number: int, configured: Loaded) -> str:
    try:
        return tables.without_repo(text, number)
    except tables.NoTable:
        raise BadQuestion(
            f"{configured.path} does not write its repositories as [[repo]] tables: take it out there by hand"
        ) from None
