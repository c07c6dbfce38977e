"""Models whose first call fits no cap are named before a task waits for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchbill.config import provider_values
from watchbill.config.load import Loaded, load
from watchbill.config.provider_values import ProviderSetup
from watchbill.operator.first_calls import TooDear, all_of, nothing_fits, too_dear

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
    return list(too_dear(*written(path), NOW))


def written(path: Path) -> tuple[Loaded, list[ProviderSetup]]:
    loaded = load(path, {}, cwd=path.parent)
    return loaded, list(provider_values.providers_of(loaded.settings, {"K": "k"}))


def test_a_first_call_that_no_run_may_pay_is_told_with_its_tokens_its_price_the_cap_and_the_mend(
    tmp_path: Path,
) -> None:
    (dear,) = told(tmp_path, budget="per_run_usd = 0.40")

    assert dear.at == ("provider", "x", "models", 0)
    assert "the first call of m for well of r is held at $0.7" in dear.wrong
    assert "about 23," in dear.wrong
    assert "a run may cost $0.40" in dear.wrong
    assert dear.mend.startswith("Set budget.per_run_usd to 3.00 (and per_task_usd with it)")


def test_a_cap_with_room_for_hardly_more_than_a_first_call_is_told_too(tmp_path: Path) -> None:
    (dear,) = told(tmp_path, budget="per_run_usd = 0.80")

    assert dear.wrong.endswith("a run may cost $0.80, so a run may well end after one call, and the next one go on")
    assert dear.mend.startswith("Set budget.per_run_usd to 3.00")


@pytest.mark.parametrize(
    "how",
    [
        {"budget": "per_run_usd = 1.20"},
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


@pytest.mark.parametrize(
    ("budget", "key"),
    [
        ("per_run_usd = 9.00\nper_task_usd = 0.40", "per_task_usd"),
        ("per_run_usd = 9.00\nper_provider_usd = { x = 0.40 }", "per_provider_usd.x"),
        ("per_run_usd = 9.00\nper_repo_monthly_usd = { r = 0.40 }", "per_repo_monthly_usd.r"),
    ],
)
def test_whichever_cap_binds_is_the_one_that_is_named(tmp_path: Path, budget: str, key: str) -> None:
    (dear,) = told(tmp_path, budget=budget)

    assert f"budget.{key} is $0.40, so it never begins" in dear.wrong
    assert dear.mend.startswith(f"Set budget.{key} to 3.00")


def config(tmp_path: Path, budget: str, more: str = "") -> tuple[Loaded, list[ProviderSetup]]:
    (tmp_path / "r").mkdir(exist_ok=True)
    path = tmp_path / "watchbill.toml"
    path.write_text(f'[[repo]]\nname = "r"\npath = "r"\n[provider.x]\n{MODEL}\n{more}\n[budget]\n{budget}\n')
    return written(path)


def test_caps_under_which_no_call_of_anybody_fits_are_told_first_and_alone(tmp_path: Path) -> None:
    here = config(tmp_path, "daily_usd = 0.10", '[provider.checks]\nkind = "local"')

    none = nothing_fits(*here, NOW)

    assert none is not None
    assert none.at == ("budget", "daily_usd")
    assert none.wrong.startswith("no task can begin: the shortest call, of m, is held at $0.1")
    assert none.wrong.endswith("and budget.daily_usd is $0.10")
    assert none.mend.startswith("Set budget.daily_usd to 1.00")
    assert all_of(*here, NOW) == [none]


@pytest.mark.parametrize(
    ("budget", "more"),
    [
        ("per_run_usd = 0.50", ""),
        (
            "daily_usd = 0.10",
            '[provider.y]\nkind = "anthropic"\napi_key = "env:K"\nmodels = [{ id = "m" }]\nbilling = "subscription"',
        ),
        ("per_provider_usd = { x = 0.10 }", MODEL.replace("kind", "[provider.y]\nkind", 1)),
    ],
)
def test_while_one_call_of_somebody_fits_nothing_of_the_kind_is_told(tmp_path: Path, budget: str, more: str) -> None:
    assert nothing_fits(*config(tmp_path, budget, more), NOW) is None


def test_where_nobody_is_paid_by_the_token_caps_keep_nobody_back(tmp_path: Path) -> None:
    loaded, _ = config(tmp_path, "daily_usd = 0.10")

    assert nothing_fits(loaded, [], NOW) is None
