"""The registry: a provider's factory by its kind, from the entry points of everything that is installed."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Provider
from watchbill.providers.setup import ProviderSetup

GROUP = "watchbill.providers"

Factory = Callable[[ProviderSetup], Provider]


def kinds() -> tuple[str, ...]:
    """Every kind that can be configured, sorted."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def load_factory(kind: str) -> Factory:
    """The function that builds a provider of this kind. Raises ConfigError with the kinds that there are."""
    points: tuple[EntryPoint, ...] = tuple(entry_points(group=GROUP, name=kind))
    if not points:
        raise ConfigError(f"there is no provider kind {kind!r}; there are {', '.join(kinds())}")
    factory: Factory = points[0].load()
    return factory
