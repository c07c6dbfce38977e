"""watchbill gate: the checks that there are, and trying them on files here. Asks no daemon and writes nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchbill.domain import claims
from watchbill.domain.counted import counted
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Gate, Tree
from watchbill.operator.cli import show
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit
from watchbill.operator.visible import visible

if TYPE_CHECKING:
    from watchbill.gates.choicescript.playtest import Played

_FOLDER = click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=".",
    help="The folder whose files are looked at. Default: here.",
)


@click.group("gate")
def command() -> None:
    """List the gates, and try them on files of a folder: the same code judges every change before it lands."""


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Every gate that is installed, whether it looks by itself, and what it lacks here."""
    from watchbill.gates import plugins, registry  # noqa: PLC0415 - they load every parser

    builtin = registry.builtin_gates()
    lacks = registry.unequipped(builtin)
    names = [*(gate.name for gate in builtin), *sorted(set(plugins.names()) - {gate.name for gate in builtin})]
    rows = [(name, "on" if place < len(builtin) else "off", lacks.get(name, "")) for place, name in enumerate(names)]
    if as_json:
        show.as_json({"gates": [{"name": name, "default": default, "lacks": why} for name, default, why in rows]})
        return
    show.table(show.console(options), ("gate", "by default", "lacks"), rows)


def _wanted(tree: Tree, paths: Sequence[str]) -> list[str]:
    """The files that are meant. Raises UsageError for a path that finds none: what was not looked at is not well."""
    known = list(tree.paths())
    for path in paths:
        if not any(claims.covers((path,), each) for each in known):
            raise click.UsageError(f"{path!r} is no file of the folder, and finds none: paths are relative to --in")
    return [path for path in known if not paths or claims.covers(paths, path)]


@command.command("check")
@click.argument("paths", nargs=-1)
@_FOLDER
@click.option(
    "--gate", "names", multiple=True, help="Only this gate, also one that is off by default; may be repeated."
)
@json_option
@click.pass_context
def check(ctx: click.Context, *, paths: Sequence[str], folder: Path, names: Sequence[str], as_json: bool) -> None:
    """Everything that the gates find in files as they are; there is no base, so old and new alike.

    PATHS are paths or globs inside the folder; none: all. The exit code is 3 when something would block a change.
    """
    from watchbill.gates import judge, plugins, registry  # noqa: PLC0415 - they load every parser
    from watchbill.workspace.trees import FolderTree  # noqa: PLC0415 - only here

    gates: Sequence[Gate] = tuple(map(plugins.load, names)) if names else registry.builtin_gates()
    tree = FolderTree(folder)
    wanted = _wanted(tree, paths)
    found: list[Finding] = []
    with progress(ctx.obj, "") as going:
        for gate in gates:
            going.at(f"{gate.name} looks at {counted(len(wanted), 'file')}")
            found += judge.checked(gate, tree, wanted)
    if as_json:
        show.as_json({"files": len(wanted), "findings": [_plain(finding) for finding in found]})
    else:
        for finding in found:
            click.echo(_line(finding))
        click.echo(f"{counted(len(wanted), 'file')}, {counted(len(found), 'finding')}")
    _leave(ctx, found)


@command.command("play")
@click.argument("paths", nargs=-1)
@_FOLDER
@click.option(
    "--runs", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Playthroughs of a game."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed plays the same.")
@json_option
@click.pass_context
def play(ctx: click.Context, *, paths: Sequence[str], folder: Path, runs: int, seed: int, as_json: bool) -> None:
    """Play the ChoiceScript games of a folder by chance: what stops them, what no path leads to, how far variables go.

    PATHS are scenes or globs inside the folder; none: all. The exit code is 3 when a playthrough was stopped.
    """
    from watchbill.gates.choicescript import playtest  # noqa: PLC0415 - only here
    from watchbill.workspace.trees import FolderTree  # noqa: PLC0415 - only here

    tree: Tree = FolderTree(folder)
    wanted = _wanted(tree, paths)
    with progress(ctx.obj, f"playing {counted(len(wanted), 'scene')}, {runs} times"):
        games = playtest.play(tree, wanted, runs=runs, seed=seed)
    found = [finding for game in games for finding in game.findings]
    if as_json:
        show.as_json({"games": [_game(game) for game in games]})
    else:
        for game in games:
            click.echo(visible(playtest.summary(game)))
            for finding in game.findings:
                click.echo(_line(finding))
        if not games:
            click.echo("There is no ChoiceScript game: no startup.txt that declares one.")
    _leave(ctx, found)


def _leave(ctx: click.Context, found: Sequence[Finding]) -> None:
    if any(finding.severity is Severity.ERROR for finding in found):
        ctx.exit(Exit.CONDITION_FALSE)


def _game(game: "Played") -> Plain:
    return {
        "startup": game.home,
        "runs": game.runs,
        "ended": game.ended,
        "visited": game.visited,
        "endings": [{"path": path, "line": line, "times": times} for path, line, times in game.endings],
        "ranges": {name: [least, greatest] for name, least, greatest in game.ranges},
        "findings": [_plain(finding) for finding in game.findings],
    }


def _plain(finding: Finding) -> Plain:
    return {
        "gate": finding.gate,
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "severity": finding.severity,
        "message": finding.message,
    }


def _line(finding: Finding) -> str:
    return visible(f"{finding.place}{finding.message}") + f" [{finding.gate}/{finding.rule}, {finding.severity}]"
