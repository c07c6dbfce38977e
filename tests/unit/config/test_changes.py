"""Changes between two configurations, by the names that their owner knows."""

import pytest

from watchbill.config.changes import changes, restarts
from watchbill.config.load import parse

BASE = """
[daemon]
state_dir = "state"

[budget]
daily_usd = 5

[[repo]]
name = "novel"
path = "novel"

[provider.local]
kind = "local"
"""

LADDER = """
[[ladder]]
types = ["fix"]
trust_checks = true
steps = [{ provider = "local" }, { provider = "own" }]
"""
OWN = '[provider.own]\nkind = "local"\n'


def between(old: str, new: str) -> tuple[str, ...]:
    return changes(parse(BASE), parse(BASE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("", "", ()),
        ("daily_usd = 5", "daily_usd = 5.00", ()),
        ("daily_usd = 5", "daily_usd = 4", ("budget.daily_usd",)),
        ('path = "novel"', 'path = "elsewhere"', ("repo.novel",)),
        ('name = "novel"', 'name = "book"', ("repo.book", "repo.novel")),
        ("[provider.local]", '[provider.own]\nkind = "local"\n[provider.local]', ("provider.own",)),
        ("[[repo]]", "[routing]\nmin_fit = 0.5\n[[repo]]", ("routing.min_fit",)),
        ("[[repo]]", f"{OWN}{LADDER}[[repo]]", ("ladder.1", "provider.own")),
    ],
)
def test_what_differs_is_named(old: str, new: str, changed: tuple[str, ...]) -> None:
    assert between(old, new) == changed


def test_ladders_have_no_names_and_are_told_by_their_places() -> None:
    first, second = BASE + OWN + LADDER, LADDER.replace("fix", "code")
    old, new = parse(first + second), parse(first + second.replace("code", "test"))

    assert changes(old, old) == ()
    assert changes(old, new) == ("ladder.2",)


def test_only_what_is_held_open_needs_a_restart() -> None:
    new = parse(BASE.replace('"state"', '"other"').replace("daily_usd = 5", "daily_usd = 4"))

    assert restarts(parse(BASE), new) == ("daemon.state_dir",)
