"""What the rest of watchbill is given."""

from datetime import timedelta
from pathlib import Path

import pytest

from watchbill.config.advice import advice_of
from watchbill.config.bill_values import bill_of
from watchbill.config.load import Loaded, parse
from watchbill.config.protected import BUILT_IN_PROTECTED
from watchbill.config.provider_values import providers_of
from watchbill.config.repo_values import repos_of
from watchbill.domain import claims
from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import usd
from watchbill.scheduling.bill import ALL_HOURS, SlotPolicy, WatchBill

CANARY = "sk-canary-42"
TEXT = """\
[daemon]
zone = "Europe/Berlin"
slot_policy = "strict"
session_soft = "10m"
peak_hours = "9-10"

[budget]
daily_usd = 0.30
per_provider_usd = { claude = 0.1 }
per_repo_usd = { novel = 0.2 }
per_type_usd = { lore = 0.07 }

[[repo]]
name = "novel"
path = "books/novel"
delivery = "branch"
protected = ["lore/**"]
unprotected = ["**/AGENTS.md"]
aliases = { "All scene files" = ["scenes/**"] }
gates = { choicescript = false }
sandbox = "none"
[[repo.commands]]
name = "tests"
argv = ["pytest", "-q"]
timeout = "3m"
on_fail = "warn"

[provider.claude]
kind = "anthropic"
api_key = "env:CLAUDE_KEY"
hours = "0-23/3"
models = [
  { id = "big", price = { input = 3, output = 15 } },
  { id = "small", uses = ["docs"], cost_per_run_usd = 0.01 },
]
strengths = { write = 0.9 }
only_types = ["write", "docs"]

[provider.local]
kind = "local"
commands = { validate = [["make", "check"]] }
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return Loaded(settings=parse(TEXT), path=tmp_path / "watchbill.toml")


def bill(loaded: Loaded, *configured: str) -> WatchBill:
    return bill_of(loaded.settings, configured)


def test_the_bill_has_the_daemons_terms(loaded: Loaded) -> None:
    made = bill(loaded)

    assert (made.policy, str(made.zone), made.session_soft) == (
        SlotPolicy.STRICT,
        "Europe/Berlin",
        timedelta(minutes=10),
    )
    assert made.tempo.peak_hours == {9, 10}


def test_money_arrives_without_drift(loaded: Loaded) -> None:
    caps = bill(loaded).caps

    assert (caps.day, caps.month) == (usd("0.30"), usd(100))
    assert (caps.per_provider, caps.per_repo, caps.per_type) == (
        {"claude": 100_000},
        {"novel": 200_000},
        {"lore": 70_000},
    )


def test_budgets_turn_in_the_daemons_zone_unless_they_have_their_own(loaded: Loaded) -> None:
    own = parse(TEXT.replace("daily_usd", 'zone = "Asia/Tokyo"\ndaily_usd'))

    assert str(bill(loaded).caps.zone) == "Europe/Berlin"
    assert str(bill_of(own, ()).caps.zone) == "Asia/Tokyo"


def test_a_providers_terms(loaded: Loaded) -> None:
    claude = bill(loaded, "claude").providers[0]

    assert (claude.configured, claude.always, claude.billing) == (True, False, Billing.METERED)
    assert claude.hours == set(range(0, 24, 3))
    assert claude.strengths == {"*": 0.5, "write": 0.9}
    assert claude.only_types == {"write", "docs"}
    assert [(model.id, model.uses, model.cost_per_run) for model in claude.models] == [
        ("big", ("*",), usd("0.05")),
        ("small", ("docs",), usd("0.01")),
    ]


def test_local_automation_stands_by_at_every_hour_for_nothing(loaded: Loaded) -> None:
    local = bill(loaded).providers[1]

    assert (local.always, local.hours, local.billing, local.configured) == (True, ALL_HOURS, Billing.FREE, False)


def test_local_automation_does_its_checks_and_what_it_has_commands_for(loaded: Loaded) -> None:
    settings = parse(TEXT.replace("commands = { validate", "commands = { documentation"))

    assert bill(loaded).providers[1].only_types == {"validate", "format", "lint"}
    assert bill_of(settings, ()).providers[1].only_types == {"validate", "format", "lint", "docs"}


def test_a_vendor_does_anything_unless_told_otherwise() -> None:
    settings = parse(TEXT.replace('only_types = ["write", "docs"]', ""))

    assert bill_of(settings, ()).providers[0].only_types is None


def test_who_is_good_at_lore_reads_texts_against_it_unless_told_otherwise() -> None:
    said = {"lore": bill_of(parse(TEXT.replace("{ write = 0.9 }", "{ lore = 0.8 }")), ())}
    said["both"] = bill_of(parse(TEXT.replace("{ write = 0.9 }", "{ continuity = 0.2, lore = 0.8 }")), ())
    narrow = bill_of(parse(TEXT.replace('only_types = ["write", "docs"]', 'only_types = ["lore"]')), ())

    fits = {name: one.providers[0].strengths for name, one in said.items()}
    assert fits == {
        "lore": {"*": 0.5, "lore": 0.8, "continuity": 0.8},
        "both": {"*": 0.5, "lore": 0.8, "continuity": 0.2},
    }
    assert narrow.providers[0].only_types == {"lore", "continuity"}


def test_words_of_older_configurations_mean_task_types() -> None:
    settings = parse(TEXT.replace("{ write = 0.9 }", "{ creative_writing = 0.8, write = 0.9, bug_fixing = 0.7 }"))

    assert bill_of(settings, ()).providers[0].strengths == {"*": 0.5, "write": 0.9, "fix": 0.7}


def test_local_automation_with_hours_takes_a_slot() -> None:
    local = bill_of(parse(TEXT + 'hours = "1"\nbilling = "subscription"\n'), ()).providers[1]

    assert (local.always, local.hours, local.billing) == (False, {1}, Billing.SUBSCRIPTION)


def test_a_repository(loaded: Loaded) -> None:
    (repo,) = repos_of(loaded)

    assert repo.path == loaded.path.parent / "books" / "novel"
    assert repo.terms == bill(loaded).repos[0]
    assert set(repo.protected) == {
        *BUILT_IN_PROTECTED,
        "lore/**",
        *("docs/AI_QUESTIONS.md", "docs/AI_SESSION_HANDOFF.md", "docs/AI_TASK_QUEUE.md"),
        *("AI_WORKER_RULES.md", "CLAUDE.md"),
    } - {"**/AGENTS.md"}
    assert (repo.sandboxed, repo.gates, repo.aliases) == (
        False,
        {"choicescript": False},
        {"All scene files": ("scenes/**",)},
    )
    assert [(c.name, c.argv, c.timeout, c.on_fail) for c in repo.commands] == [
        ("tests", ("pytest", "-q"), timedelta(minutes=3), "warn")
    ]


def test_a_key_reaches_the_provider_masked(loaded: Loaded) -> None:
    claude = providers_of(loaded.settings, {"CLAUDE_KEY": CANARY})[0]

    assert claude.api_key is not None
    assert claude.api_key.get_secret_value() == CANARY
    assert CANARY not in repr(claude)
    assert not claude.missing


def test_a_provider_without_its_key_stays_with_the_reason(loaded: Loaded) -> None:
    claude = providers_of(loaded.settings, {})[0]

    assert (claude.api_key, claude.missing) == (None, "env:CLAUDE_KEY: the environment has no CLAUDE_KEY")


def test_local_commands_are_kept_by_type(loaded: Loaded) -> None:
    local = providers_of(loaded.settings, {})[1]

    assert local.commands == {TaskType("validate"): (("make", "check"),)}


def test_a_price_without_cache_prices_assumes_the_worst(loaded: Loaded) -> None:
    price = providers_of(loaded.settings, {})[0].price_by_model["big"]

    assert (price.input, price.output, price.cache_read, price.cache_write) == (usd(3), usd(15), usd(3), usd(6))


def test_a_price_with_cache_prices_is_taken_at_its_word() -> None:
    settings = parse(TEXT.replace("output = 15", "output = 15, cache_read = 0.3, cache_write = 3.75"))

    price = providers_of(settings, {})[0].price_by_model["big"]

    assert (price.cache_read, price.cache_write) == (usd("0.3"), usd("3.75"))


def test_no_dump_of_the_settings_holds_a_key(loaded: Loaded) -> None:
    assert '"api_key":"env:CLAUDE_KEY"' in loaded.settings.model_dump_json()


@pytest.mark.parametrize(
    ("environ", "state_dir"),
    [
        ({"WATCHBILL_STATE_DIR": "/s/own"}, "/s/own"),
        ({"STATE_DIRECTORY": "/var/lib/watchbill"}, "/var/lib/watchbill"),
    ],
)
def test_the_environment_names_the_state_folder(loaded: Loaded, environ: dict[str, str], state_dir: str) -> None:
    places = loaded.places(environ)

    assert places.state_dir == Path(state_dir)
    assert places.socket == Path(state_dir) / "control.sock"


def test_the_state_folder_is_relative_to_the_file(tmp_path: Path) -> None:
    loaded = Loaded(
        settings=parse('[daemon]\nstate_dir = "state"\n' + TEXT.partition("\n\n")[2]), path=tmp_path / "w.toml"
    )

    assert loaded.places({}).state_dir == tmp_path / "state"


def test_two_configurations_never_share_a_state_folder_by_accident(loaded: Loaded, tmp_path: Path) -> None:
    other = Loaded(settings=loaded.settings, path=tmp_path / "b" / "watchbill.toml")
    environ = {"XDG_STATE_HOME": "/s"}

    one, two = loaded.places(environ).state_dir, other.places(environ).state_dir

    assert one != two
    assert one.parent == two.parent == Path("/s/watchbill")


def test_the_socket_can_stand_elsewhere(loaded: Loaded) -> None:
    assert loaded.places({"WATCHBILL_SOCKET": "/run/w.sock"}).socket == Path("/run/w.sock")


def test_what_works_but_is_unwise_is_said(loaded: Loaded) -> None:
    setups = providers_of(loaded.settings, {})
    places = loaded.places({"WATCHBILL_SOCKET": "/" + "x" * 107})

    advice = advice_of(loaded, setups, places)

    assert [line.split(":")[0] for line in advice] == [
        "repo novel",
        "provider.claude",
        "provider.claude.api_key",
        "repo novel",
        f"{places.socket}",
    ]


@pytest.mark.parametrize(("path", "why"), [("twon", "there is no folder"), (".", "is no git repository")])
def test_a_repository_that_is_not_there_is_said(tmp_path: Path, path: str, why: str) -> None:
    text = f'[[repo]]\nname = "a"\npath = "{path}"\n[provider.local]\nkind = "local"\n'
    loaded = Loaded(settings=parse(text), path=tmp_path / "w.toml")

    (line,) = advice_of(loaded, providers_of(loaded.settings, {}), loaded.places({"WATCHBILL_STATE_DIR": "/s"}))

    assert line.startswith("repo a: it cannot be worked on: ")
    assert why in line


def test_a_sound_configuration_needs_no_advice(tmp_path: Path) -> None:
    loaded = Loaded(
        settings=parse('[[repo]]\nname = "a"\npath = "."\n[provider.local]\nkind = "local"\n'), path=tmp_path / "w.toml"
    )
    environ = {"WATCHBILL_STATE_DIR": "/s"}
    (tmp_path / ".git").mkdir()

    assert advice_of(loaded, providers_of(loaded.settings, environ), loaded.places(environ)) == ()


def test_a_provider_that_is_switched_off_stays_and_its_key_is_not_read() -> None:
    settings = parse(TEXT.replace('hours = "0-23/3"', "enabled = false"))

    claude, _ = providers_of(settings, {"CLAUDE_KEY": CANARY})

    assert (claude.api_key, claude.missing) == (None, "it is switched off (enabled = false)")


def test_the_limits_of_a_minute_go_with_the_provider() -> None:
    settings = parse(TEXT.replace('hours = "0-23/3"', "requests_per_minute = 5\ntokens_per_minute = 900"))

    claude, local = providers_of(settings, {})

    assert (claude.requests_per_minute, claude.tokens_per_minute) == (5, 900)
    assert (local.requests_per_minute, local.tokens_per_minute) == (None, None)


def test_a_recurring_entry_that_nobody_it_names_can_do_is_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    text = """
[[repo]]
name = "a"
path = "."
[provider.local]
kind = "local"
only_types = ["format"]
[provider.gpt]
kind = "openai"
enabled = false
api_key = "env:GPT_KEY"
models = [{ id = "m" }]
[[recurring]]
name = "balance"
every = "1d"
type = "write"
title = "Balance"
find = { glob = "*.md", smaller_than = "5 words" }
provider = "gpt"
fallback = ["local"]
"""
    loaded = Loaded(settings=parse(text), path=tmp_path / "w.toml")

    advice = advice_of(loaded, providers_of(loaded.settings, {}), loaded.places({"WATCHBILL_STATE_DIR": "/s"}))

    assert (
        "recurring balance: none that it names can do its tasks: "
        "gpt: it is switched off (enabled = false); local does no write"
    ) in advice


def test_the_bill_says_why_a_provider_cannot_be_used() -> None:
    settings = parse(TEXT)

    claude = bill_of(settings, (), {ProviderName("claude"): "it is switched off"}).providers[0]

    assert (claude.configured, claude.missing) == (False, "it is switched off")


@pytest.mark.parametrize(
    ("kind", "more", "vendor"),
    [
        ("anthropic", "", "anthropic"),
        ("openai-chat", "", "openai"),
        ("openai", 'base_url = "http://127.0.0.1:9/v1"', "127.0.0.1:9"),
        ("scripted", "", "p"),
    ],
)
def test_who_stands_behind_a_provider(kind: str, more: str, vendor: str) -> None:
    settings = parse(
        f'[provider.p]\nkind = "{kind}"\napi_key = "env:K"\nmodels = [{{ id = "m" }}]\n{more}\n[[repo]]\nname = "n"\npath = "."\n'
    )

    assert bill_of(settings, {"p"}).providers[0].vendor == vendor


@pytest.mark.parametrize(
    "path",
    [
        *(
            ".github/workflows/ci.yml",
            ".GitHub/Workflows/ci.yml",
            ".gitea/workflows/a.yml",
            "docs/CODEOWNERS",
            "ci/Jenkinsfile",
        ),
        *("a/AGENTS.md", "agents.md", "web/.claude/skills/a.md", ".github/prompts/a.prompt.md", ".kiro/steering/a.md"),
        *(
            ".vscode/tasks.json",
            "a.code-workspace",
            "web/.devcontainer/a.json",
            ".cursorrules",
            "web/.npmrc",
            ".git/config",
        ),
    ],
)
def test_what_makes_tools_run_code_is_protected(path: str) -> None:
    assert claims.covers(BUILT_IN_PROTECTED, path)
