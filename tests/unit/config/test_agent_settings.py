"""Agent programs in watchbill.toml."""

from pathlib import Path

import pytest

from watchbill.config import agents, provider_values
from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.config.provider import Provider

REPO = '[[repo]]\nname = "novel"\npath = "."\n'
MODELS = 'models = [{ id = "m", price = { input = 1, output = 1 } }]\n'


def agent(kind: str, more: str) -> str:
    return f'{REPO}[provider.x]\nkind = "{kind}"\n{more}'


@pytest.mark.parametrize(
    ("text", "key", "wrong"),
    [
        (agent("local", "agent = { silence = '1m' }\n"), "provider.x.agent", "is only for kinds"),
        (agent("codex", 'api_key = "env:K"\n'), "provider.x.models", "is required for this kind"),
        (agent("codex", MODELS), "provider.x.api_key", "is required at the vendor's own address"),
        (
            agent("codex", f'api_key = "env:K"\nagent = {{ speaks = "openai" }}\n{MODELS}'),
            "provider.x.agent.speaks",
            "always asks the gateway",
        ),
        (agent("copilot", f'billing = "free"\n{MODELS}'), "provider.x.agent.command", "is required for this kind"),
        (
            agent("copilot", f'agent = {{ command = ["c"], env = {{ A = "b" }} }}\nbilling = "free"\n{MODELS}'),
            "provider.x.agent.env",
            "is only for kind acp",
        ),
        (agent("acp", f'agent = {{ command = ["c"] }}\n{MODELS}'), "provider.x.billing", "cannot be metered"),
        (
            agent("acp", f'agent = {{ command = ["c"] }}\nbilling = "free"\nrequests_per_minute = 5\n{MODELS}'),
            "provider.x.requests_per_minute",
            "cannot be kept",
        ),
    ],
)
def test_the_complaint_names_the_key(text: str, key: str, wrong: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse(text)

    assert [problem.key for problem in caught.value.problems] == [key]
    assert wrong in caught.value.problems[0].wrong


@pytest.mark.parametrize(
    "more", ['agent = { command = ["c"], speaks = "openai" }', 'agent = { command = ["c"] }\nbilling = "free"']
)
def test_whoever_speaks_to_the_gateway_is_metered_and_who_does_not_has_an_allowance(more: str) -> None:
    assert parse(agent("acp", f"{more}\n{MODELS}")).provider["x"].kind == "acp"


def provider(**more: object) -> Provider:
    return Provider.model_validate({"kind": "acp", "agent": {"command": ["c"]}, **more})


@pytest.mark.parametrize(
    ("has_module", "has_program", "words"),
    [
        (True, True, ""),
        (False, True, "pip install 'watchbill[acp]'"),
        (True, False, "there is no program c"),
    ],
)
def test_what_the_machine_lacks_is_said_with_its_mend(*, has_module: bool, has_program: bool, words: str) -> None:
    found = agents.lacking(provider(), has_module=lambda _: has_module, has_program=lambda _: has_program)

    assert (words in found) if words else found == ""


def test_other_kinds_lack_nothing() -> None:
    assert agents.lacking(Provider(kind="local"), has_module=lambda _: False) == ""


def test_its_values_are_plain_and_homes_are_spelt_out() -> None:
    text = agent(
        "acp",
        f'billing = "free"\nagent = {{ command = ["~/agent", "~"], readable = ["~/lib"], env = {{ A = "{{key}}" }} }}\n{MODELS}',
    )

    (setup,) = provider_values.providers_of(parse(text), {})

    home = str(Path.home())
    assert setup.missing.startswith("there is no program") or setup.missing.startswith("it needs")
    assert setup.agent is not None
    assert setup.agent.command == (f"{home}/agent", "~")
    assert setup.agent.readable == (Path(home) / "lib",)
    assert (setup.agent.speaks, dict(setup.agent.env)) == ("", {"A": "{key}"})
