"""Traces in watchbill.toml: where OpenTelemetry spans of the runs go. Off until an endpoint is named."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from urllib.parse import unquote

from watchbill.config.forms import Address, Key
from watchbill.config.keys import KeyMissing
from watchbill.config.lines import Path
from watchbill.config.section import Section

Complaint = tuple[Path, str, str]  # where, what is wrong, hint


class Traces(Section):
    """A trace for each run: the verbs of its task's way and its calls, without anything that was said to a model. Needs
    `pip install 'watchbill[otel]'`. A change needs a restart."""

    endpoint: Address | None = None
    """Address of a collector that speaks OTLP over HTTP, for instance "http://127.0.0.1:4318". Default: no traces."""

    headers: Key | None = None
    """Where the collector's headers are, a line each, as Authorization=Bearer%20TOKEN: `file:/path`, `env:NAME` or
    `credential:NAME`. Default: none."""


def checks(traces: Traces) -> Iterator[Complaint]:
    if traces.endpoint is not None and find_spec("opentelemetry") is None:
        yield ("traces", "endpoint"), "needs OpenTelemetry", "pip install 'watchbill[otel]'"
    if traces.headers is not None and traces.endpoint is None:
        yield ("traces", "headers"), "are for an endpoint, and there is none", ""


def headers_of(traces: Traces, environ: Mapping[str, str]) -> Mapping[str, str] | KeyMissing:
    """The collector's headers, or why they cannot be read."""
    if traces.headers is None:
        return {}
    lines = traces.headers.read_lines(environ)
    if isinstance(lines, KeyMissing):
        return lines
    pairs = [line.get_secret_value().partition("=") for line in lines]
    if not all(name and equals for name, equals, _ in pairs):
        return KeyMissing(why=f"{traces.headers}: each line is to be Name=value")
    return {name: unquote(value) for name, _, value in pairs}
