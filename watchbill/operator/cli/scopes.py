"""Scopes: what a pause is of, from the command line."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from watchbill.domain.pauses import Scope
from watchbill.operator.cli import names

F = TypeVar("F", bound=Callable[..., Any])


def options(command: F) -> F:
    """Adds --provider, --repo, --type and --task; none of them means everything."""
    for option in (
        click.option("--task", type=names.TASK, help="Only this task."),
        click.option("--type", "type_", help="Only tasks of this type."),
        click.option("--repo", type=names.REPO, help="Only this repository."),
        click.option("--provider", type=names.PROVIDER, help="Only this provider."),
    ):
        command = option(command)
    return command


def said(*, provider: str | None, repo: str | None, type_: str | None, task: str | None) -> dict[str, str]:
    """What the API is told. Raises UsageError for more than one."""
    named = {Scope.PROVIDER: provider, Scope.REPO: repo, Scope.TYPE: type_, Scope.TASK: task}
    given = [(scope, name) for scope, name in named.items() if name]
    if len(given) > 1:
        raise click.UsageError("say one of --provider, --repo, --type and --task; pauses add up")
    scope, name = given[0] if given else (Scope.ALL, "")
    return {"scope": scope, "name": name}
