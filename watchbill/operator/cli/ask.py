"""Asking: a command's client, made from the options before it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from watchbill.config.places import Places, glance
from watchbill.operator import zoned
from watchbill.operator.cli.root import Options, wants_json
from watchbill.operator.doors import Client, Plain, SocketDoor
from watchbill.operator.visible import all_visible

if TYPE_CHECKING:
    from watchbill.config.load import Loaded


def loaded(options: Options) -> "Loaded":
    """The configuration. Raises BadConfig."""
    from watchbill.config.load import load  # noqa: PLC0415 - its models are half of a command's start

    return load(options.config, options.environ, cwd=Path.cwd())


def places(options: Options) -> Places:
    """Where the configuration keeps its things, also where it does not hold. Raises BadConfig where nobody can tell."""
    return glance(options.config, options.environ, cwd=Path.cwd()) or loaded(options).places(options.environ)


def connect(options: Options) -> Client:
    """A client of the daemon, found by a glance at the configuration, else of the store. People hear its sentences in the
    machine's zone, as all moments that they are shown, and nothing that would command their terminal; programs hear it as it is,
    in UTC. Raises BadConfig."""
    return replace(_connect(options), heard=_heard)


def _heard(answer: Plain) -> Plain:
    if wants_json():
        return answer
    told: Plain = all_visible(zoned.answer(answer, None, datetime.now(UTC)))
    return told


def _connect(options: Options) -> Client:
    seen = glance(options.config, options.environ, cwd=Path.cwd())
    daemon = SocketDoor(seen.socket) if seen is not None and seen.socket.exists() else None
    if daemon is not None and daemon.answers():
        return Client(door=daemon)
    from watchbill.operator import client  # noqa: PLC0415 - the planner, the store and the API, which a daemon has ready

    return client.connect(loaded(options), options.environ)
