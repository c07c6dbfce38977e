"""Changes: which settings differ between two configurations, and which of them only a restart brings into force."""

from collections.abc import Mapping

from pydantic import BaseModel

from watchbill.config.settings import Settings
from watchbill.domain.ids import ProviderName

# its lock is held, its database and its socket are open; who reads reports is told one folder
NEEDS_RESTART = frozenset({"daemon.state_dir", "reports.dir"})


def changes(old: Settings, new: Settings) -> tuple[str, ...]:
    """The keys that differ, sorted: daemon.zone, provider.claude, repo.novel, ladder.1 (those have no names)."""
    before, after = _keys(old), _keys(new)
    return tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))


def restarts(started: Settings, new: Settings) -> tuple[str, ...]:
    """The keys of `new` that wait for a restart: the daemon keeps what it started with."""
    return tuple(key for key in changes(started, new) if key in NEEDS_RESTART)


def fell_out(before: Mapping[ProviderName, str], now: Mapping[ProviderName, str]) -> tuple[str, ...]:
    """Providers that nothing was missing of before, and what is now. A key may go without any change of settings."""
    return tuple(f"{name}: {why}" for name, why in now.items() if name not in before)


def _keys(settings: Settings) -> dict[str, object]:
    sections = {name: getattr(settings, name) for name in Settings.model_fields}
    return {f"{name}.{key}": value for name, section in sections.items() for key, value in _parts(section).items()}


def _parts(section: object) -> dict[str, object]:
    """A section's own keys, or the names of the things that it lists: their places where they have none."""
    if isinstance(section, BaseModel):
        return {name: getattr(section, name) for name in type(section).model_fields}
    if isinstance(section, Mapping):
        return dict(section)
    assert isinstance(section, tuple), "a section is a table, a table of tables or a list of tables"
    return {getattr(each, "name", str(place)): each for place, each in enumerate(section, 1)}
