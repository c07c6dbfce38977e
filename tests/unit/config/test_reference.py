"""The reference is made from the models and stays true."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from watchbill.config import reference
from watchbill.config.load import parse
from watchbill.config.provider import Model, Provider
from watchbill.config.settings import Daemon, Repo, Settings

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_example_loads() -> None:
    settings = parse(reference.example())

    assert set(settings.provider) == {"claude", "gpt", "local"}


def test_what_the_example_comments_out_is_the_default() -> None:
    whole = re.sub(r"^# (\w+ = )", r"\1", reference.example(), flags=re.MULTILINE)

    assert parse(whole) == parse(reference.example())


def test_the_schema_knows_every_section_and_is_json() -> None:
    schema = json.loads(json.dumps(reference.schema()))

    known = {
        "daemon",
        "budget",
        "repo",
        "provider",
        "routing",
        "recurring",
        "ladder",
        "saving",
        "health",
        "collaboration",
        "batch",
        "lore",
        "reports",
        "retention",
        "web",
        "notify",
        "traces",
    }
    assert set(schema["properties"]) == known
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("model", [Daemon, Repo, Provider, Model])
def test_every_key_says_what_it_means(model: type[Daemon | Repo | Provider | Model]) -> None:
    assert all(info.description for info in model.model_fields.values())


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "configuration.md").read_text("utf-8") == reference.page(), "make it new: watchbill docs write docs"


@pytest.mark.parametrize(
    "value",
    [True, 3, 0.5, 'a"b\\c\n\t\x7f\x01é', ["a", 1], {"a b": {"c": [1]}, "d": {}}],
)
def test_values_are_written_as_toml_reads_them(value: object) -> None:
    assert tomllib.loads(f"x = {reference.toml(value)}") == {"x": value}


def test_dollars_are_written_exactly() -> None:
    assert reference.toml(Decimal("5.00")) == "5.00"


def test_settings_cannot_be_changed() -> None:
    settings = parse(reference.example())

    with pytest.raises(ValueError, match="frozen"):
        settings.daemon = Daemon()

    assert isinstance(settings, Settings)
