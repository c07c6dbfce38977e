"""Targets: a key of watchbill.toml as an import's goal; whether a value fits it, and whether it is so by default."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from watchbill.config.budget import Budget
from watchbill.config.provider import Provider
from watchbill.config.recurring import Recurring
from watchbill.config.reports import Retention
from watchbill.config.routing import Routing
from watchbill.config.saving import Saving
from watchbill.config.settings import Daemon, Repo

At = tuple[str, ...]  # ("daemon", "zone"), ("provider", "claude", "hours"), ("repo", "gates", "markdown")

PROVIDER = "provider"
RECURRING = "recurring"
_HOMES: Mapping[str, type[BaseModel]] = {
    "daemon": Daemon,
    "budget": Budget,
    "routing": Routing,
    "retention": Retention,
    "saving": Saving,
    "repo": Repo,
    PROVIDER: Provider,
    RECURRING: Recurring,
}
_NAMED = (PROVIDER, RECURRING)  # the second part is a name there
_UNSAID: Mapping[str, object] = {"gates": True}  # what an entry of a mapping is that nobody wrote


class Unfit(Exception):
    """A value that its key cannot take; the text says why."""


def fits(at: At, value: object) -> object:
    """The value as the settings would hold it. Raises Unfit."""
    info, entry = _field(at)
    adapter: TypeAdapter[Any] = TypeAdapter(info.rebuild_annotation())
    try:
        return adapter.validate_python({entry: value})[entry] if entry else adapter.validate_python(value)
    except ValidationError as error:
        said: str = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise Unfit(said.removeprefix("Value error, ").removeprefix("Input ").replace("should", "must", 1)) from error


def is_default(at: At, value: object) -> bool:
    """Whether the key has this value where nobody writes it. Raises Unfit."""
    info, entry = _field(at)
    default = _UNSAID.get(at[-2]) if entry else info.get_default(call_default_factory=True)
    return bool(fits(at, value) == default)


def _field(at: At) -> tuple[FieldInfo, str]:
    """The key's field; the name of the entry where the key stands in a mapping, else nothing."""
    model = _HOMES[at[0]]
    rest = at[2:] if at[0] in _NAMED else at[1:]
    info = model.model_fields[rest[0]]
    for part in rest[1:]:
        if not (isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)):
            return info, part
        info = info.annotation.model_fields[part]
    return info, ""
