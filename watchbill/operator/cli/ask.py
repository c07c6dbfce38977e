"""Asking: a command's client, made from the options before it."""

from pathlib import Path

from watchbill.config.load import Loaded, load
from watchbill.operator import client
from watchbill.operator.cli.root import Options
from watchbill.operator.client import Client


def loaded(options: Options) -> Loaded:
    """The configuration. Raises BadConfig."""
    return load(options.config, options.environ, cwd=Path.cwd())


def connect(options: Options) -> Client:
    return client.connect(loaded(options), options.environ)
