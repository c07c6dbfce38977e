"""The manual: watchbill(1) in the man pages' own language, made from the commands' help."""

import textwrap
from collections.abc import Iterator
from datetime import date

import click

from watchbill import __version__
from watchbill.operator.pages import EXITS

_WIDTH = 72  # characters of a line of source, before hyphens are escaped
_FILES = (
    ("watchbill.toml", "the configuration; watchbill config example prints one"),
    ("WATCHBILL_STOP", "in the state folder: while it is there, no new work begins"),
)
_VARIABLES = (
    ("WATCHBILL_CONFIG", "the configuration's path"),
    ("WATCHBILL_STATE_DIR", "the state folder, where the configuration names none"),
    ("NO_COLOR", "set: no colours"),
)


def manual(root: click.Group, day: date) -> str:
    """The page as roff with the man macros."""
    context = click.Context(root, info_name="watchbill", **root.context_settings)
    lines = [
        f'.TH WATCHBILL 1 {day:%Y-%m-%d} "watchbill {__version__}" "User Commands"',
        ".SH NAME",
        "watchbill \\- several AI providers stand watch over git repositories, around the clock",
        ".SH SYNOPSIS",
        f".B watchbill\n{_plain('[OPTIONS] COMMAND [ARGS]...')}",
        ".SH DESCRIPTION",
        *_paragraphs(root.help or ""),
        ".SH OPTIONS",
        *_options(root, context),
        ".SH COMMANDS",
        *_commands(root, context),
        ".SH EXIT STATUS",
        *_listed((str(code.value), meaning.replace("`", "")) for code, meaning in EXITS.items()),
        ".SH ENVIRONMENT",
        *_listed(_VARIABLES),
        ".SH FILES",
        *_listed(_FILES),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group) and not command.invoke_without_command:
            yield from _commands(command, inner)
            continue
        yield f".SS {_quoted(' '.join([inner.command_path, *command.collect_usage_pieces(inner)]))}"
        yield from _paragraphs(command.help or "")
        yield from _options(command, inner)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    yield from _listed(record for record in records if record[0] not in ("--help", "-h, --help"))


def _listed(rows: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Iterator[str]:
    for term, about in rows:
        yield ".TP"
        yield f".B {_plain(term)}"
        yield from _wrapped(about) or ["\\&"]


def _paragraphs(text: str) -> Iterator[str]:
    for place, paragraph in enumerate(textwrap.dedent(text).strip().split("\n\n")):
        if place:
            yield ".PP"
        if paragraph.strip():
            yield from _wrapped(paragraph.replace("\b", ""))


def _wrapped(text: str) -> list[str]:
    return [_plain(line) for line in textwrap.wrap(" ".join(text.split()), _WIDTH, break_on_hyphens=False)]


def _quoted(text: str) -> str:
    return '"' + _plain(text).replace('"', "\\(dq") + '"'


def _plain(text: str) -> str:
    """Text that roff takes for nothing else: no escapes, no requests, hyphens that can be copied."""
    shown = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown
