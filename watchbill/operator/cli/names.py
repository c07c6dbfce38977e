"""Names: what TASK, RUN, PROVIDER and the like may be, for shells that complete them. A running daemon is asked."""

import os
from collections.abc import Callable, Iterator

import click
from click.shell_completion import CompletionItem

from watchbill.domain.errors import WatchbillError
from watchbill.operator.cli import ask
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Client, SocketDoor

_MOST = 100  # that a person would look through

Named = tuple[str, str | None]  # a name, and what a shell says beside it


class Name(click.ParamType):  # type: ignore[type-arg] # it has a parameter since click 8.5 only
    """Any text; a shell is told which names there are."""

    name = "text"

    def __init__(self, known: Callable[[Client, str], Iterator[Named]]) -> None:
        self._known = known

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's own signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Nothing where no daemon answers: to open its store would take longer than anybody waits for a Tab."""
        try:
            client = _daemon(ctx)
            found = () if client is None else tuple(self._known(client, incomplete))
        except WatchbillError:
            return []
        return [CompletionItem(name, help=said) for name, said in found if name.startswith(incomplete)]


def _daemon(ctx: click.Context) -> Client | None:
    said = ctx.find_root().params
    if said.get("folder"):
        os.chdir(said["folder"])
    door = SocketDoor(ask.places(Options(config=said.get("config"))).socket)
    return Client(door=door) if door.answers() else None


def _tasks(client: Client, incomplete: str) -> Iterator[Named]:
    """The open ones; all, once it is said how it begins."""
    wanted = {"filter": "state:all", "text": incomplete} if incomplete else {}
    yield from ((task["id"], task["title"]) for task in client.get("/tasks", limit=_MOST, **wanted)["tasks"])


def _runs(client: Client, _incomplete: str) -> Iterator[Named]:
    yield from ((run["id"], run["title"]) for run in client.get("/runs", limit=_MOST)["runs"])


def _providers(client: Client, _incomplete: str) -> Iterator[Named]:
    yield from ((each["name"], each["state"]) for each in client.get("/providers")["providers"])


def _repos(client: Client, _incomplete: str) -> Iterator[Named]:
    yield from ((each["name"], None) for each in client.get("/repos")["repos"])


def _questions(client: Client, _incomplete: str) -> Iterator[Named]:
    yield from ((each["id"], each["title"]) for each in client.get("/questions")["questions"])


def _subjects(client: Client, incomplete: str) -> Iterator[Named]:
    """What `why` is asked about."""
    yield from _providers(client, incomplete)
    yield from _tasks(client, incomplete)
    yield from _runs(client, incomplete)


TASK = Name(_tasks)
RUN = Name(_runs)
PROVIDER = Name(_providers)
REPO = Name(_repos)
QUESTION = Name(_questions)
SUBJECT = Name(_subjects)
