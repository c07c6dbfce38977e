"""Models whose first call fits no cap are named before a task waits for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchbill.config import provider_values
from watchbill.config.load import load
from watchbill.operator.first_calls import TooDear, too_dear

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MODEL = 'kind = "anthropic"\napi_key = "env:K"\nmodels = [{ id = "m", price = { input = 3, output = 15 } }]'
QUEUE = "- [ ] Write the well [id:: well] [files:: well.md]\n- [x] Done [id:: done] [files:: big.md]\n"
LONG = "The well is deep. " * 5_000


def told(
    tmp_path: Path, *, budget: str = "", provider: str = MODEL, queue: str = QUEUE, canon: str = LONG
) -> list[TooDear]:
    (tmp_path / "r/docs").mkdir(parents=True)
    (tmp_path / "r/docs/AI_TASK_QUEUE.md").write_text(queue)
    (tmp_path / "r/lore.md").write_text(canon)
    path = tmp_path / "watchbill.toml"
    path.write_text(
        f'[[repo]]\nname = "r"\npath = "r"\nrules = ["lore.md"]\n[provider.x]\n{provider}\n[budget]\n{budget}\n'
    )
    loaded = load(path, {}, cwd=tmp_path)
    return list(too_dear(loaded, provider_values.providers_of(loaded.settings, {"K": "k"}), NOW))


def test_a_first_call_that_no_run_may_pay_is_told_with_its_tokens_its_price_the_cap_and_the_mend(
    tmp_path: Path,
) -> None:
    (dear,) = told(tmp_path, budget="per_run_usd = 0.40")

    assert dear.at == ("provider", "x", "models", 0)
    assert "the first call of m for well of r is held at $0.7" in dear.wrong
    assert "about 23," in dear.wrong
    assert "a run may cost $0.40" in dear.wrong
    assert dear.mend.startswith("Set budget.per_run_usd to 3.00 (and per_task_usd with it)")


@pytest.mark.parametrize(
    "how",
    [
        {"budget": "per_run_usd = 1.00"},
        {"budget": "per_run_usd = 0.40", "canon": "Short.\n"},
        {"budget": "per_run_usd = 0.40", "queue": "- [x] Done [id:: done]\n"},
        {"budget": "per_run_usd = 0.40", "provider": f'{MODEL}\nbilling = "subscription"'},
        {"provider": 'kind = "anthropic"\napi_key = "env:K"\nmodels = [{ id = "nobody-sells-this" }]'},
        {"provider": 'kind = "local"'},
        {"budget": "per_run_usd = 0.40", "provider": f"{MODEL}\nenabled = false"},
    ],
)
def test_nothing_is_told_where_it_fits_where_nothing_is_open_or_nothing_is_paid(
    tmp_path: Path, how: dict[str, str]
) -> None:
    assert told(tmp_path, **how) == []  # type: ignore[arg-type]


def test_a_repository_or_a_queue_that_is_not_there_is_told_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "watchbill.toml"
    path.write_text(f'[[repo]]\nname = "r"\npath = "r"\n[provider.x]\n{MODEL}\n[budget]\nper_run_usd = 0.10\n')
    loaded = load(path, {}, cwd=tmp_path)
    setups = provider_values.providers_of(loaded.settings, {"K": "k"})

    assert list(too_dear(loaded, setups, NOW)) == []
    (tmp_path / "r").mkdir()
    assert list(too_dear(loaded, setups, NOW)) == []
