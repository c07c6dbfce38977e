"""Periods: a word behind a command, before or after its options, that says of which time: today, yesterday, month, 7d."""

import re
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

WORDS: Mapping[str, str] = {
    "today": "since midnight, in the budget's zone",
    "yesterday": "the day before, whole",
    "month": "since the first of the month",
    "7d": "so long until now: 12h, 7d, 4w",
}
_SPAN = re.compile(r"[0-9]{1,3}[mhdw]")


class Periodic(click.Group):
    """A group whose command, called without one of its commands, takes such a word as `period`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(click.Option(["--period"], hidden=True))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._spelt(args))

    def _spelt(self, args: list[str]) -> list[str]:
        """With the word as the option that it stands for. Behind the name of a command nothing is ours."""
        takes = {
            name
            for param in self.params
            if isinstance(param, click.Option) and param.nargs and not param.is_flag
            for name in param.opts
        }
        before = ""
        for place, said in enumerate(args):
            is_value = before in takes
            before = said
            if said.startswith("-") or is_value:
                continue
            if not _is_period(said):
                return args
            return [*args[:place], "--period", said, *args[place + 1 :]]
        return args

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [f"[{'|'.join(WORDS)}]", *super().collect_usage_pieces(ctx)]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        words = [CompletionItem(word, help=said) for word, said in WORDS.items() if word.startswith(incomplete)]
        return [*words, *super().shell_complete(ctx, incomplete)]


def between(period: str) -> tuple[str, str | None]:
    """Since when, and until when, as the API takes it."""
    return (period, "today") if period == "yesterday" else (period, None)


def _is_period(said: str) -> bool:
    return said in WORDS or _SPAN.fullmatch(said) is not None
