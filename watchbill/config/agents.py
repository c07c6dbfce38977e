"""Agent programs in watchbill.toml: their keys, what those mean between each other, and what a machine lacks for them."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from watchbill.config import lines
from watchbill.config.forms import Span, Text
from watchbill.config.section import Section
from watchbill.domain.billing import Billing

if TYPE_CHECKING:
    from watchbill.config.provider import Provider

Complaint = tuple[lines.Path, str, str]  # where, what is wrong, hint

MODULE_BY_KIND: Mapping[str, str] = {  # the library that each kind's extra brings
    "claude-code": "claude_agent_sdk",
    "codex": "openai_codex",
    "copilot": "copilot",
    "acp": "acp",
}
_OWN_GATEWAY = frozenset({"claude-code", "codex"})  # they always ask through the gateway
NAMED = frozenset({"copilot", "acp"})  # whose program the owner has to name


class Speaks(StrEnum):
    ANTHROPIC = "anthropic"
    OPENAI = "openai"


class Agent(Section):
    """An agent program of kind `claude-code`, `codex`, `copilot` or `acp`."""

    command: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """Its program and arguments. Default: the one that its library brings; `copilot` and `acp` bring none."""

    speaks: Speaks | None = None
    """In whose words it asks for models: `anthropic` or `openai`. Then it is sent to the metering gateway, where each of its
    calls is held and booked, and the provider's key stays with the daemon. Default for `copilot` and `acp`: it has a service
    of its own, no call of it can be seen, and each run draws on the `allowance`."""

    env: Mapping[str, Text] = Field(default_factory=dict)
    """Only for `acp`: variables for it. `{gateway}` is the gateway's address, `{token}` the run's token for it, `{model}` the
    run's model, `{home}` a folder of its own, `{key}` the provider's key, which only who has a service of its own is given."""

    readable: tuple[Path, ...] = ()
    """Folders beside the system's that its program needs, for instance the one where npm put it. Everything else of the
    machine but the worktree is hidden from it, unless the repository has sandbox = "none"."""

    stint_timeout: Span = timedelta(minutes=60)
    """It is stopped after this, with every process that it started. As `daemon.session_soft`: what takes longer is cut up."""

    silence: Span = timedelta(minutes=5)
    """It is stopped when it says and asks nothing for so long: longer than any pause of a program that lives."""

    standstill: Span = timedelta(minutes=15)
    """It is stopped when, for so long, its tools do nothing new, its model is not asked and its files stay as they are, whatever
    it says meanwhile: longer than any command that these programs wait for by themselves. Who only repeats what it did before
    is stopped as soon as that is plain."""

    credits_per_run: Annotated[int, Field(ge=0, le=100_000)] = 30
    """Credits that a run of an agent with a service of its own is held at, and Copilot is told to keep to. It is no hard
    limit: their calls do not pass by us. Thirty is the least that Copilot lets itself be limited to."""


def checks(at: lines.Path, provider: "Provider") -> Iterator[Complaint]:
    agent, kind = provider.agent, provider.kind
    if kind not in MODULE_BY_KIND:
        if agent != Agent():
            yield (*at, "agent"), f"is only for kinds {', '.join(MODULE_BY_KIND)}", ""
        return
    if not provider.models:
        yield (*at, "models"), "is required for this kind", 'For instance models = [{ id = "…" }].'
    if kind in NAMED and agent.command is None:
        yield (*at, "agent", "command"), "is required for this kind", 'For instance command = ["/opt/…/copilot"].'
    if kind in _OWN_GATEWAY and agent.speaks is not None:
        yield (*at, "agent", "speaks"), "is only for copilot and acp: this kind always asks the gateway", ""
    if agent.env and kind != "acp":
        yield (*at, "agent", "env"), "is only for kind acp", ""
    if kind in NAMED and agent.speaks is None and provider.billing in (None, Billing.METERED):
        hint = 'Write billing = "credits", "subscription" or "free", or agent.speaks to send it through the gateway.'
        yield (*at, "billing"), "cannot be metered: it has a service of its own, whose calls are not seen", hint
    for word in ("requests_per_minute", "tokens_per_minute"):
        if kind in NAMED and agent.speaks is None and getattr(provider, word) is not None:
            hint = "Take it out, or write agent.speaks to send it through the gateway."
            yield (*at, word), "cannot be kept: it has a service of its own, whose calls are not seen", hint


def lacking(
    provider: "Provider",
    *,
    has_module: Callable[[str], bool] = lambda name: find_spec(name) is not None,
    has_program: Callable[[str], bool] = lambda name: shutil.which(name) is not None,
) -> str:
    """What the machine lacks for it, and the mend; "" when nothing."""
    module = MODULE_BY_KIND.get(provider.kind)
    if module is not None and not has_module(module):
        return f"it needs more than is installed: pip install 'watchbill[{provider.kind}]'"
    command = provider.agent.command
    if module is not None and command is not None and not has_program(command[0]):
        return f"there is no program {command[0]}: install it, or mend agent.command"
    return ""
