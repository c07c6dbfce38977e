"""The templates behind everything that a provider is told: built in as package data, each replaceable by the repository."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

NAMES = (
    "system",
    "agent",
    "task",
    "continuation",
    "repair",
    "nudge",
    "one_shot",
    "continuity",
    "review",
    "reviewed",
    "conflict",
    "collision",
)

# A template is the repository's text: it gets this many steps and no Python object, only texts, lists and mappings.
FUEL = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    text: str
    warnings: tuple[str, ...] = ()  # an override that could not be used, and why; the built-in was used for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """`overrides`: template text by name, for the names in NAMES."""

    overrides: Mapping[str, str] = field(default_factory=dict)

    def render(self, name: str, values: Mapping[str, Any]) -> Rendered:
        """The named template with the values in it. A broken override is named in `warnings`, the built-in takes its place."""
        import minijinja  # noqa: PLC0415 - 2 MB, which nobody needs before the first brief

        warnings = self._unknown()
        override = self.overrides.get(name)
        if override is None:
            return Rendered(text=_render(name, built_in(name), values), warnings=warnings)
        try:
            return Rendered(text=_render(name, override, values, fuel=FUEL), warnings=warnings)
        except minijinja.TemplateError as error:
            why = f"the template {name}.md of the repository cannot be used ({error.message}); the built-in one is used"
            return Rendered(text=_render(name, built_in(name), values), warnings=(*warnings, why))

    def _unknown(self) -> tuple[str, ...]:
        known = ", ".join(NAMES)
        strange = sorted(set(self.overrides) - set(NAMES))
        return tuple(
            f"there is no template called {name!r}, so it is not used: the names are {known}" for name in strange
        )


@cache
def built_in(name: str) -> str:
    return resources.files("watchbill.domain").joinpath("templates", f"{name}.md").read_text(encoding="utf-8")


def _render(name: str, text: str, values: Mapping[str, Any], *, fuel: int | None = None) -> str:
    import minijinja  # noqa: PLC0415 - as above

    environment = minijinja.Environment(
        templates={name: text},
        undefined_behavior="strict",
        auto_escape_callback=lambda _: False,
        trim_blocks=True,
        lstrip_blocks=True,
        fuel=fuel,
    )
    return environment.render_template(name, **values).strip() + "\n"
