"""Providers in watchbill.toml: who does work, with which models, at what price and in which hours."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from watchbill.config.agents import Agent
from watchbill.config.budget import Allowance
from watchbill.config.forms import Address, Argv, Dollars, HoursText, Key, Share, Span, Text
from watchbill.config.section import Section
from watchbill.config.worker import Worker
from watchbill.domain.billing import Billing


class Price(Section):
    """A model's price in US dollars for a million tokens, in place of the price list's."""

    input: Dollars
    """Input."""

    output: Dollars
    """Output."""

    cache_read: Dollars | None = None
    """Input read from a cache. Default: as input."""

    cache_write: Dollars | None = None
    """Input written to a cache. Default: twice input, the most that vendors ask, so that a reservation stays a bound."""


class Model(Section):
    """A model of a provider, and what it is meant for."""

    id: Text
    """The vendor's name of it."""

    uses: Annotated[tuple[Text, ...], Field(min_length=1)] = ("*",)
    """Task types, the preferred first; * for all."""

    cost_per_run_usd: Dollars = Decimal("0.05")
    """What a run is expected to cost in US dollars until its own history says better. Only used for choosing."""

    retires: date | None = None
    """The day on which its vendor retires it, as a date (2027-01-15). You are warned a month before. Not needed where the vendor's
    own list tells it, as Anthropic's does."""

    price: Price | None = None
    """In place of the price list's, for models that it does not know. Without any price a model gets no work."""

    one_shot: bool | None = None
    """Default: true for kind `local-model`, else false. For models that are too small for tools: it is asked once, for the one passage that the task's one file marks as
    `{==passage==}`, and its answer takes the passage's place. The checks judge that like all work."""

    examples: tuple[tuple[Text, Text], ...] = ()
    """Only with `one_shot`: passages and what they should be, told as if it had been asked before, for instance
    [["He go home.", "He goes home."]]. A very small model needs about four to answer in kind."""


class Provider(Section):
    """Somebody who does work: a vendor's models, anything that speaks like one, or the local automation."""

    kind: Text
    """`anthropic`, `openai`, `openai-chat` (anything compatible), `local` (checks and commands of your own); agent programs:
    `claude-code`, `codex`, `copilot`, `acp` (any that speaks the Agent Client Protocol); `local-model` (one that watchbill runs
    itself, see `worker`); or another installed one."""

    enabled: bool = True
    """Whether it gets work. Switched off it stays here for later, its key is not read and its hours go to the others."""

    api_key: Key | None = None
    """Where its key is: `file:/path`, `env:NAME` or `credential:NAME` (systemd). Never the key itself."""

    base_url: Address | None = None
    """Address of its API. Default: the vendor's own."""

    hours: HoursText | None = None
    """Hours of the day that are its watch, in the daemon's zone, for instance "0-23/3". Default: all; `local` stands by at
    every hour and owns none."""

    billing: Billing | None = None
    """How it is paid. `metered`: each call costs what the price list says. `credits`: the `allowance` pays first, at what it is
    worth by the price list. `subscription`: its calls cost nothing and draw on the `allowance`. `free`: nothing is counted but
    calls. Default: `free` for `local` and `local-model`, else `metered`."""

    allowance: Allowance | None = None
    """What is paid for already: { credits = 7000, overage = "ask" }, or { runs = 40, period = "day" } of a subscription."""

    models: tuple[Model, ...] = ()
    """Its models, the first is the default one. Kind `local-model` is one model, and needs none named."""

    strengths: Mapping[str, Share] = Field(default_factory=dict)
    """How well it suits a task type, 0 to 1, with * for the rest. Default: 0.5 for all; own results move it."""

    only_types: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """Task types that it may do. Default: all; for `local`: validate, format, lint, those that it has commands for, and
    those that it `plays`; for a `local-model` with `one_shot`: polish."""

    concurrent: Annotated[int, Field(ge=1, le=64)] = 1
    """Its runs at once. One: vendors pace accounts, and a second run would only slow the first."""

    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Requests that it is sent in any minute; the next one waits. Default: as fast as it answers. A vendor that says "too
    fast" is heard in any case. Of an agent program its calls count, each as it comes to the gateway."""

    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Tokens, in and out, that it is sent in any minute; a request that would be too many waits. Counted as estimated until its
    answer says what it took. Providers with one key at one vendor's share both limits' minute. Default: no limit."""

    agent: Agent = Agent()
    """How its program works, for agent programs only."""

    worker: Worker = Worker()
    """Which file it holds and what it may take, for `local-model` only."""

    commands: Mapping[Text, Annotated[tuple[Argv, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Only for `local`: programs by the task type that they do, each a list of program and arguments, for instance
    { validate = [["pytest", "-q"]] }. They run in the sandbox."""

    command_timeout: Span = timedelta(minutes=5)
    """Only for `local`: such a program is killed, and has failed, after this."""

    plays: tuple[Text, ...] = ()
    """Only for `local`: task types that it does by play-testing the ChoiceScript games that the task's files belong to, for
    instance ["qa"]: playthroughs by chance, and a look for scenes, labels and endings that no path leads to. None by default:
    other repositories mean something else by testing."""

    playthroughs: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Only for `local`: playthroughs of such a task. A thousand, as ChoiceScript's own random test is mostly asked for."""
