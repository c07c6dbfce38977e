"""Agents whose single call is more than a run may cost are named before they are asked for the first time."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchbill.config import provider_values
from watchbill.config.load import load
from watchbill.operator import room

NOW = datetime(2026, 11, 24, tzinfo=UTC)
REPO = '[[repo]]\nname = "r"\npath = "r"\n'
PRICE = "price = { input = 3, output = 15 }"


def told(tmp_path: Path, provider: str, budget: str = "") -> list[str]:
    path = tmp_path / "watchbill.toml"
    path.write_text(f'{REPO}[provider.x]\napi_key = "env:K"\n{provider}\n[budget]\n{budget}\n')
    loaded = load(path, {}, cwd=tmp_path)
    return list(room.too_small(loaded, provider_values.providers_of(loaded.settings, {"K": "k"}), NOW))


def test_a_model_whose_smallest_call_is_more_than_a_run_may_cost_is_named_with_its_line_and_the_mend(
    tmp_path: Path,
) -> None:
    (line,) = told(
        tmp_path,
        'kind = "codex"\nmodels = [\n{ id = "small", price = { input = 1, output = 2 } },\n'
        '{ id = "big", price = { input = 5, output = 30 } },\n]',
    )

    assert line.startswith("watchbill.toml:9: provider.x.models[2]: a call of big is held at $1.04 at least")
    assert "a run may cost $0.50" in line
    assert line.endswith("Set budget.per_run_usd to 5.00 (and per_task_usd with it), room for a few calls.")


@pytest.mark.parametrize(
    ("provider", "budget"),
    [
        (f'kind = "codex"\nmodels = [{{ id = "m", {PRICE} }}]', "per_run_usd = 1.0"),
        (f'kind = "claude-code"\nmodels = [{{ id = "m", {PRICE} }}]', ""),
        (f'kind = "anthropic"\nmodels = [{{ id = "m", {PRICE} }}]', "per_run_usd = 0.01"),
        (f'kind = "codex"\nbilling = "subscription"\nmodels = [{{ id = "m", {PRICE} }}]', "per_run_usd = 0.01"),
        ('kind = "codex"\nmodels = [{ id = "nobody-sells-this" }]', "per_run_usd = 0.01"),
    ],
)
def test_nothing_is_said_where_it_fits_is_no_agents_is_paid_for_already_or_has_no_price(
    tmp_path: Path, provider: str, budget: str
) -> None:
    assert told(tmp_path, provider, budget) == []


def test_copilot_through_the_gateway_is_priced_in_the_words_that_it_speaks(tmp_path: Path) -> None:
    agent = 'agent = { command = ["/bin/true"], speaks = "openai" }'

    (line,) = told(tmp_path, f'kind = "copilot"\n{agent}\nmodels = [{{ id = "gpt-6.1-sol" }}]', "per_task_usd = 5.0")

    assert "gpt-6.1-sol is held at $0.5" in line
    assert line.endswith("Set budget.per_run_usd to 3.00, room for a few calls.")
