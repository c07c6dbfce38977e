"""The batch section: what may wait, and who takes batches."""

from datetime import timedelta
from pathlib import Path

import pytest

from watchbill.config import batching
from watchbill.config.load import load
from watchbill.domain.errors import ConfigError

BASE = """
[[repo]]
name = "r"
path = "."
[provider.claude]
kind = "anthropic"
api_key = "env:A"
models = [{ id = "claude-sonnet-5-5" }]
[provider.gpt]
kind = "openai"
base_url = "https://gateway.example/v1"
models = [{ id = "gpt-6.1-sol" }]
[provider.local]
kind = "local"
"""


def written(tmp_path: Path, batch: str) -> Path:
    path = tmp_path / "watchbill.toml"
    path.write_text(BASE + batch)
    return path


def test_vendors_at_their_own_address_take_batches_and_others_when_it_is_said(tmp_path: Path) -> None:
    plain = batching.terms_of(load(written(tmp_path, ""), {}, cwd=tmp_path).settings)
    said = batching.terms_of(load(written(tmp_path, '[batch]\nproviders = ["gpt"]'), {}, cwd=tmp_path).settings)

    assert plain.providers == {"claude"}
    assert said.providers == {"claude", "gpt"}


def test_nothing_waits_until_it_is_said(tmp_path: Path) -> None:
    terms = batching.terms_of(load(written(tmp_path, ""), {}, cwd=tmp_path).settings)

    assert (terms.types, terms.window, terms.most) == (frozenset(), timedelta(minutes=30), 100)


@pytest.mark.parametrize(
    ("batch", "why"),
    [
        ('types = ["polsh"]', "is no task type"),
        ('providers = ["claud"]', "is not configured here"),
        ('providers = ["local"]', "has no batches"),
    ],
)
def test_what_cannot_be_is_a_complaint(tmp_path: Path, batch: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        load(written(tmp_path, f"[batch]\n{batch}"), {}, cwd=tmp_path)
