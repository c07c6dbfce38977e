"""The entry point: the operator's commands, and those that run the daemon itself."""

import sys
from collections.abc import Coroutine
from pathlib import Path

import click

from watchbill.domain.errors import ConfigError
from watchbill.operator.cli import encodings, names, root
from watchbill.operator.faults import Exit


def main() -> None:
    """`watchbill`."""
    encodings.let_through()
    root.group()


@root.group.command()
@click.option("--paused", is_flag=True, help="Begin with everything paused: nothing starts until `watchbill resume`.")
@click.pass_obj
def serve(options: root.Options, *, paused: bool) -> None:
    """Run the daemon in the foreground until SIGTERM."""
    from watchbill.daemon import commands, leaving, privacy  # noqa: PLC0415 - SDKs and git are not loaded for `watchbill status`

    privacy.close()
    door = leaving.Door()
    try:
        code = _loop(door.let_out(commands.serve(options, paused=paused)))
    except ConfigError as error:  # a service manager knows this exit code, and need not try again
        click.echo(str(error), err=True)
        code = Exit.BAD_CONFIG
    finally:
        door.keep()
    sys.exit(code)


@root.group.command()
@click.option("--task", type=names.TASK, metavar="ID", help="Only this task.")
@click.option("--provider", type=names.PROVIDER, metavar="NAME", help="Only this provider, whatever the hour.")
@click.option(
    "--begin", "begins", is_flag=True, help="In CI, with no earlier state: nothing was spent, paid work may start."
)
@root.json_option
@click.pass_obj
def once(options: root.Options, *, task: str | None, provider: str | None, begins: bool, as_json: bool) -> None:
    """One tick to its end: start what is due, wait for it, leave. Exit code 1 when what started, or the task named, was not done."""
    from watchbill.daemon import commands, privacy  # noqa: PLC0415 - as above

    privacy.close()
    sys.exit(_loop(commands.once(options, task=task, provider=provider, begins=begins, as_json=as_json)))


@root.group.command()
@click.option("--fix", is_flag=True, help="Mend what is safe to mend, saying each step.")
@click.option("--online", is_flag=True, help="Ask every provider whether it is well, at no cost.")
@click.option(
    "--repos", is_flag=True, help="Try what may be read, written and pushed of each repository and its remotes."
)
@click.option("--go-live", is_flag=True, help="Only what has to be so before the watch is left alone.")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what somebody who helps needs into this .tar.gz: titles and paths are in it, keys are not.",
)
@root.json_option
@click.pass_obj
def doctor(
    options: root.Options, *, fix: bool, online: bool, repos: bool, go_live: bool, bundle: Path | None, as_json: bool
) -> None:
    """Look at everything that the watch needs, beside a running daemon or without one. Exit code 3 when something fails."""
    from watchbill.daemon import checkup  # noqa: PLC0415 - as above

    if go_live and (fix or online or repos or bundle):
        raise click.UsageError(
            "--go-live is a list of its own: ask for --fix, --online, --repos or --bundle without it"
        )
    wanted = checkup.Wanted(fix=fix, online=online, repos=repos, go_live=go_live, bundle=bundle, as_json=as_json)
    sys.exit(_loop(checkup.doctor(options, wanted)))


@root.group.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Make the demo's world here and keep it.")
@click.option("--seconds", type=click.IntRange(10, 600), default=40, show_default=True, help="How long its day takes.")
def demo(keep: Path | None, seconds: int) -> None:
    """A day of the real daemon on a small repository, without any key. It says what in it is scripted."""
    from watchbill.daemon.demo.show import run_demo  # noqa: PLC0415 - as above

    sys.exit(_loop(run_demo(keep=keep, day_seconds=seconds)))


def _loop(work: Coroutine[None, None, int]) -> int:
    import asyncio  # noqa: PLC0415 - commands that only ask need none of it

    return asyncio.run(work)


if __name__ == "__main__":
    main()
