"""The reference: JSON Schema for editors, a commented example, and the page of all keys, each made from the models."""

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from watchbill.config.agents import Agent
from watchbill.config.batch import Batch
from watchbill.config.budget import Allowance, Budget
from watchbill.config.collaboration import Collaboration
from watchbill.config.health import Health
from watchbill.config.lore import Lore
from watchbill.config.notify import Notify
from watchbill.config.protected import BUILT_IN_PROTECTED
from watchbill.config.provider import Model, Price, Provider
from watchbill.config.recurring import Find, Recurring
from watchbill.config.reports import Reports, Retention
from watchbill.config.routing import Ladder, LadderStep, Routing, Weights
from watchbill.config.rules import Rule
from watchbill.config.saving import Saving
from watchbill.config.settings import Command, Daemon, Repo, Settings
from watchbill.config.traces import Traces
from watchbill.config.web import Web
from watchbill.config.worker import Worker

_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WIDTH = 100

_INTRO = """\
# Configuration

One file, `watchbill.toml`. This page is made from the program's own models: `watchbill config path` says which file is in
force, `config check` what is wrong with it, `config show` what it means, `config example` prints one to start from, and
`config schema` prints the JSON Schema for editors.

**Which file:** `--config FILE`, else `$WATCHBILL_CONFIG`, else `watchbill.toml` in this folder or upwards to the root of the
git repository, else `~/.config/watchbill/watchbill.toml`. Relative paths in it start at its folder. A `.env` file is never
read. Of the environment only `WATCHBILL_CONFIG`, `WATCHBILL_SOCKET` and `WATCHBILL_STATE_DIR` are read; any other
`WATCHBILL_` variable is refused, as are unknown keys.

**Spans** are written as `"15s"`, `"30m"`, `"2h"`, `"1h30m"`; **money** in US dollars; **hours** as `"0-23/3"`, `"9-11,14-16"`,
`"22-2"`, `"*"` or `"none"`.

**Keys** (of vendors) never stand in the file. `file:/path` reads a file, `credential:NAME` a systemd credential
(`LoadCredential=NAME:/path`), `env:NAME` an environment variable, which works but can be read by other programs of the same
user. A provider whose key is missing stays out, with a reason in `status`, and its hours go to the others."""

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "[daemon]": Daemon,
    "[budget]": Budget,
    "[[repo]]": Repo,
    "[[repo.commands]]": Command,
    "[[repo.rule]]": Rule,
    "[provider.NAME]": Provider,
    "[provider.NAME] allowance": Allowance,
    "[provider.NAME] agent": Agent,
    "[provider.NAME] worker": Worker,
    "[[provider.NAME.models]]": Model,
    "[[provider.NAME.models]] price": Price,
    "[routing]": Routing,
    "[routing.weights]": Weights,
    "[[ladder]]": Ladder,
    "[[ladder.steps]]": LadderStep,
    "[saving]": Saving,
    "[health]": Health,
    "[collaboration]": Collaboration,
    "[batch]": Batch,
    "[notify]": Notify,
    "[traces]": Traces,
    "[lore]": Lore,
    "[reports]": Reports,
    "[retention]": Retention,
    "[web]": Web,
    "[[recurring]]": Recurring,
    "[recurring.find]": Find,
}

_EXAMPLE_REPO = {"name": "novel", "path": "."}
_EXAMPLE_PROVIDERS: Mapping[str, Mapping[str, Any]] = {
    "claude": {
        "kind": "anthropic",
        "api_key": "env:ANTHROPIC_API_KEY",
        "hours": "0-23/3",
        "models": [{"id": "claude-sonnet-5-5"}],
        "strengths": {"write": 0.95, "polish": 0.9, "lore": 0.9, "code": 0.8},
    },
    "gpt": {
        "kind": "openai",
        "api_key": "env:OPENAI_API_KEY",
        "hours": "1-23/3",
        "models": [{"id": "gpt-6.1-sol"}],
        "strengths": {"code": 0.9, "docs": 0.9, "polish": 0.8},
    },
    "local": {"kind": "local"},
}


_SCENES = "choicescript_game/scenes/*.txt"
_EXAMPLE_RECURRING: Sequence[tuple[str, Mapping[str, Any]]] = (
    (
        (
            "Work that comes again and again: four entries of a ChoiceScript game. In another repository they find nothing, "
            "and what finds nothing costs nothing. This one: scenes that are too short. GitHub Copilot stands in here once "
            "there is a [provider.copilot]; until then gpt."
        ),
        {
            "name": "scene-writer",
            "every": "3h",
            "type": "write",
            "title": "Go on with {target}",
            "prompt": "Go on with this scene where it is thin: what the place is like, what is at stake, a choice that matters.",
            "find": {"glob": _SCENES, "exclude": "**/choicescript_stats.txt", "smaller_than": "1500 words"},
            "provider": "claude",
            "fallback": ["gpt"],
        },
    ),
    (
        "Half an hour after the scene writer's times: scenes in which nothing is tasted or smelled.",
        {
            "name": "content-polish",
            "every": "4h",
            "offset": "30m after scene-writer",
            "type": "polish",
            "title": "Polish {target}",
            "prompt": "Let the reader taste or smell something. Keep every label, goto and variable as it is.",
            "find": {
                "glob": _SCENES,
                "exclude": "**/choicescript_stats.txt",
                "absent": r"(?i)\b(?:taste|smell|scent|odou?r)",
            },
            "provider": "claude",
        },
    ),
    (
        (
            "Scenes that move many stats and changed since the last look. The local automation stands in once it has a "
            'command for it: commands = { balance = [["…"]] }.'
        ),
        {
            "name": "stat-balancer",
            "every": "12h",
            "type": "balance",
            "title": "Balance the stats in {target}",
            "prompt": "No path through this scene may be better than every other one. Change amounts only.",
            "find": {"glob": _SCENES, "contains": r"^\s*\*set \w+ %?[+-]", "at_least": 20, "changed": True},
            "provider": "gpt",
            "fallback": ["local"],
        },
    ),
    (
        "Free: every file of the game that changed since the last look.",
        {
            "name": "game-tester",
            "every": "6h",
            "type": "validate",
            "title": "Check {target}",
            "find": {"glob": "choicescript_game/**/*.txt", "changed": True},
            "provider": "local",
        },
    ),
)


def schema() -> dict[str, Any]:
    """JSON Schema of watchbill.toml, for editors."""
    return {"$schema": _SCHEMA_DIALECT, **Settings.model_json_schema()}


def example() -> str:
    """A watchbill.toml that loads. What is commented out is the default; uncommenting it changes nothing."""
    blocks = [
        "#:schema ./watchbill.schema.json\n# What is commented out is the default. All keys: docs/configuration.md",
        _section("[daemon]", Daemon, {}),
        _section("[budget]", Budget, {}),
        _section("[[repo]]", Repo, _EXAMPLE_REPO),
        *(_provider(name, values) for name, values in _EXAMPLE_PROVIDERS.items()),
        _section("[routing]", Routing, {}),
        *(_recurring(about, values) for about, values in _EXAMPLE_RECURRING),
    ]
    return "\n\n".join(blocks) + "\n"


def _section(header: str, model: type[BaseModel], given: Mapping[str, Any]) -> str:
    defaults = _defaults(model)
    lines = [header]
    for name, info in model.model_fields.items():
        if name in given or defaults.get(name) is not None:
            lines += [f"# {line}" for line in _wrapped(_meaning(info))]
            lines.append(f"{name} = {toml(given[name])}" if name in given else f"# {name} = {toml(defaults[name])}")
    return "\n".join(lines)


def _provider(name: str, values: Mapping[str, Any]) -> str:
    return "\n".join([f"[provider.{name}]", *(f"{key} = {toml(value)}" for key, value in values.items())])


def _recurring(about: str, values: Mapping[str, Any]) -> str:
    lines = [f"# {line}" for line in _wrapped(about)]
    return "\n".join([*lines, "[[recurring]]", *(f"{key} = {toml(value)}" for key, value in values.items())])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def toml(value: object) -> str:
    """A value as TOML writes it on one line.

    >>> toml({"id": "m", "uses": ("*",)})
    '{ id = "m", uses = ["*"] }'
    """
    match value:
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return str(value)
        case Mapping():
            known = {str(key): item for key, item in value.items() if item is not None}  # TOML has no word for nothing
            inner = ", ".join(f"{_toml_key(key)} = {toml(item)}" for key, item in known.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            return _quoted(str(value))


def _toml_key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _quoted(key)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's basic string is JSON's but for DEL


def page() -> str:
    """docs/configuration.md."""
    parts = [_INTRO, *(_table(header, model) for header, model in _SECTIONS.items()), _protected()]
    return "\n\n".join(parts) + "\n"


def _table(header: str, model: type[BaseModel]) -> str:
    defaults = _defaults(model)
    rows = [
        f"| `{name}` | {_in_cell(_default_shown(info, defaults.get(name)))} | {_in_cell(_meaning(info))} |"
        for name, info in model.model_fields.items()
    ]
    about = " ".join((model.__doc__ or "").split())
    return "\n".join([f"## `{header}`", "", about, "", "| key | default | meaning |", "|---|---|---|", *rows])


def _in_cell(text: str) -> str:
    """A stroke would end the cell, in code too."""
    return text.replace("|", "\\|")


def _default_shown(info: FieldInfo, default: object) -> str:
    if info.is_required():
        return "required"
    return f"`{toml(default)}`" if default not in (None, {}, ()) else "-"


def _protected() -> str:
    lines = [f"- `{pattern}`" for pattern in BUILT_IN_PROTECTED]
    return "\n".join(["## Built-in protected paths", "", "A change to one of these waits for review.", "", *lines])


def _meaning(info: FieldInfo) -> str:
    return " ".join((info.description or "").split())


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """What each key that has one is by default, as it would be written in the file."""
    return model.model_construct().model_dump()
