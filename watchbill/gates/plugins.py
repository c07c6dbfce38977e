"""Gates by entry point: ours and those of other distributions, each loaded only when it is asked for."""

from collections.abc import Collection
from functools import cache

from watchbill.domain import installed
from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Gate


def names() -> Collection[str]:
    """Every gate that is installed; nothing is loaded for it."""
    return installed.points(installed.GATES).keys()


@cache
def load(name: str) -> Gate:
    """What its entry point leads to: a gate, or something that makes one when it is called.

    Raises ConfigError where there is none, where it cannot be loaded, and where it is no gate.
    """
    point = installed.points(installed.GATES).get(name)
    if point is None:
        raise ConfigError(f"no gate is named {name}")
    try:
        loaded = point.load()
        gate: Gate = loaded() if isinstance(loaded, type) or not hasattr(loaded, "check") else loaded
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise ConfigError(f"the gate {name} ({point.value}) cannot be loaded: {why}") from error
    if getattr(gate, "name", None) != name or not _is_gate(gate):
        raise ConfigError(f"the gate {name} ({point.value}) is none: it needs name = {name!r}, applies() and check()")
    return gate


def _is_gate(gate: Gate) -> bool:
    return all(callable(getattr(gate, word, None)) for word in ("applies", "check"))
