"""Loading: where the file is found, and every problem at once with its line."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from watchbill.config.load import load, parse
from watchbill.config.places import candidates, find
from watchbill.config.problems import BadConfig
from watchbill.domain.errors import ConfigError

MINIMAL = """\
[[repo]]
name = "novel"
path = "."

[provider.local]
kind = "local"
"""

CANARY = "sk-ant-canary-123"


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value).splitlines()


def complaint(text: str) -> str:
    (only,) = complaints(text)
    return only


def test_the_smallest_configuration_loads() -> None:
    settings = parse(MINIMAL)

    assert settings.repo[0].name == "novel"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[daemon]\nzonne = 1\n", "watchbill.toml:2: daemon.zonne: is no key here. Did you mean zone?"),
        ("[daemon]\ndaily_usd = 1\n", "watchbill.toml:2: daemon.daily_usd: is no key here. It belongs into [budget]."),
        (
            "[routing]\nqqq = 1\n",
            "watchbill.toml:2: routing.qqq: is no key here. Known here: weights, min_fit, max_attempts.",
        ),
        (
            '[daemon]\nslot_policy = "strickt"\n',
            "watchbill.toml:2: daemon.slot_policy: must be 'strict', 'prefer' or 'off'. Did you mean strict?",
        ),
        ("[daemon]\nslot_policy = 3\n", "watchbill.toml:2: daemon.slot_policy: must be 'strict', 'prefer' or 'off'."),
        ('[daemon]\nstages = "code"\n', "watchbill.toml:2: daemon.stages: must be a table in { }."),
        (
            '[[recurring]]\nname = "a"\nevery = "1h"\nfind = "*.md"\n',
            "watchbill.toml:4: recurring[1].find: must be a table in { }.",
        ),
        ('[daemon]\nstages = { qa = "code" }\n', "watchbill.toml:2: daemon.stages.qa: must be a list in [ ]."),
        ("[daemon]\nmax_parallel = 0\n", "watchbill.toml:2: daemon.max_parallel: must be greater than or equal to 1."),
        ("[[repo]]\n[[repo]]\nname='b'\npath='b'\n", "watchbill.toml:1: repo[1].name: is required."),
        (
            "[[repo]]\nname='a'\npath='a'\n[[repo.commands]]\nname='t'\nargv=['x']\n[[repo.commands]]\nname='u'\nargv=[]\n",
            "watchbill.toml:9: repo[1].commands[2].argv: must not be empty.",
        ),
        (
            "[provider.a]\nkind='x'\nmodels=[\n{id='m'},\n{id='n', prices=1},\n]\n",
            "watchbill.toml:5: provider.a.models[2].prices: is no key here. Did you mean price?",
        ),
        (
            "[provider.'a b']\nkind='local'\n",
            (
                "watchbill.toml:1: provider.a b: "
                "must be at most 64 letters, digits, dots, dashes and underscores, the first a letter or digit."
            ),
        ),
        ("x = [\n", "watchbill.toml:2: the file: is no TOML: Invalid value."),
        ("x", "watchbill.toml:1: the file: is no TOML: Expected '=' after a key in a key/value pair."),
        (
            "zzz = 3\n",
            "watchbill.toml:1: zzz: is no key here. Known here: daemon, budget, repo, provider, routing, saving, health, collaboration, recurring, ladder, batch, lore, reports, retention, web, notify, traces.",
        ),
    ],
)
def test_a_complaint_names_line_key_and_mend(text: str, expected: str) -> None:
    assert expected in complaints(text)


def test_all_problems_come_at_once_in_the_files_order() -> None:
    lines = complaints("[daemon]\nzonne = 1\ntick_min = 3\n[budget]\ndaily_usd = 'x'\n")

    assert [line.split(":")[1] for line in lines] == ["2", "3", "5"]


def test_a_key_that_stands_in_the_file_is_never_repeated() -> None:
    text = f"[provider.a]\nkind = 'anthropic'\napi_key = '{CANARY}'\nmodels = [{{ id = 'm' }}]\n"

    only = complaint(text)

    assert CANARY not in only
    assert "provider.a.api_key: must not be the key itself" in only


def test_settings_of_pydantic_settings_are_no_keys_here() -> None:
    lines = complaints(f"_env_file = '.env'\n_secrets_dir = '.'\n{MINIMAL}")

    assert [line.partition(": ")[2].partition(":")[0] for line in lines] == ["_env_file", "_secrets_dir"]


def test_windows_line_ends_count_once() -> None:
    assert complaint("[daemon]\r\n\r\nzonne = 1\r\n").startswith("watchbill.toml:3:")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "home")}


def test_the_named_file_comes_first(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "watchbill.toml").write_text("broken")
    (tmp_path / "other.toml").write_text(MINIMAL)

    assert load(Path("other.toml"), home, cwd=tmp_path).path == tmp_path / "other.toml"


def test_the_environment_names_a_file(tmp_path: Path, home: Mapping[str, str]) -> None:
    assert find({**home, "WATCHBILL_CONFIG": "/x/y.toml"}, cwd=tmp_path) == Path("/x/y.toml")


def test_it_is_found_upwards_to_the_repositorys_root(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    inner = tmp_path / "repo" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "repo" / "watchbill.toml").write_text(MINIMAL)

    assert find(home, cwd=inner) == tmp_path / "repo" / "watchbill.toml"


def test_nothing_above_the_repository_is_read(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    (tmp_path / "watchbill.toml").write_text(MINIMAL)

    assert find(home, cwd=tmp_path / "repo") is None


def test_the_users_own_file_comes_last(tmp_path: Path, home: Mapping[str, str]) -> None:
    own = tmp_path / "home" / "watchbill" / "watchbill.toml"
    own.parent.mkdir(parents=True)
    own.write_text(MINIMAL)

    assert find(home, cwd=tmp_path) == own


def test_the_users_own_file_is_under_dot_config_by_default(tmp_path: Path) -> None:
    assert list(candidates({}, cwd=tmp_path))[-1] == Path.home() / ".config" / "watchbill" / "watchbill.toml"


def test_no_file_at_all_says_how_to_make_one(tmp_path: Path, home: Mapping[str, str]) -> None:
    with pytest.raises(BadConfig, match="Make one: watchbill init"):
        load(None, home, cwd=tmp_path)


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"\xff", "it is not UTF-8")])
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, home: Mapping[str, str], content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "x.toml").write_bytes(content)

    with pytest.raises(BadConfig, match=why):
        load(Path("x.toml"), home, cwd=tmp_path)


def test_a_stray_variable_is_refused(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "watchbill.toml").write_text(MINIMAL)

    with pytest.raises(BadConfig) as caught:
        load(None, {**home, "WATCHBILL_STATEDIR": "x", "WATCHBILL_ZZ": "y"}, cwd=tmp_path)

    assert str(caught.value).splitlines() == [
        "environment: WATCHBILL_STATEDIR: is read by nothing. Did you mean WATCHBILL_STATE_DIR?",
        "environment: WATCHBILL_ZZ: is read by nothing. Settings stand in watchbill.toml.",
    ]


def test_stray_variables_and_the_files_problems_come_together(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "watchbill.toml").write_text("[daemon]\nzonne = 1\n")

    with pytest.raises(BadConfig) as caught:
        load(None, {**home, "WATCHBILL_ZZ": "y"}, cwd=tmp_path)

    assert [problem.key for problem in caught.value.problems] == ["WATCHBILL_ZZ", "daemon.zonne"]


def test_an_env_file_in_the_folder_is_never_read(
    tmp_path: Path, home: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watchbill.toml").write_text(MINIMAL)
    (tmp_path / ".env").write_text("DAEMON='{}'\nBUDGET=broken\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUDGET", "broken")

    assert load(None, home, cwd=tmp_path).settings == parse(MINIMAL)


def test_a_file_outside_is_called_by_its_whole_path(tmp_path: Path, home: Mapping[str, str]) -> None:
    (tmp_path / "x.toml").write_text("a = 1")
    (tmp_path / "sub").mkdir()

    with pytest.raises(BadConfig, match=f"^{tmp_path}/x.toml:1: "):
        load(tmp_path / "x.toml", home, cwd=tmp_path / "sub")
