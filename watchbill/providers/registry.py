"""The registry: a provider's factory by its kind, from the entry points of everything that is installed."""

from collections.abc import Callable

from watchbill.domain import installed
from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Provider
from watchbill.providers.setup import ProviderSetup

Factory = Callable[[ProviderSetup], Provider]


def kinds() -> tuple[str, ...]:
    """Every kind that can be configured, sorted."""
    return tuple(sorted(installed.points(installed.PROVIDERS)))


def load_factory(kind: str) -> Factory:
    """The function that builds a provider of this kind. Raises ConfigError with the kinds that there are."""
    point = installed.points(installed.PROVIDERS).get(kind)
    if point is None:
        raise ConfigError(f"there is no provider kind {kind!r}; there are {', '.join(kinds())}")
    factory: Factory = point.load()
    return factory
