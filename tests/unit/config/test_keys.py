"""Keys: references only, and what is read stays masked."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from watchbill.config.keys import KeyMissing, KeyRef

CANARY = "sk-canary-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        "",
        "env:",
        "env:1A",
        "env:A-B",
        "env:Ä",
        "file:relative",
        "file:",
        "credential:",
        "credential:a/b",
        "credential:..",
        "vault:x",
        7,
    ],
)
def test_what_is_no_reference_is_refused_without_repeating_it(text: object) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        KeyRef.parse(text)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("text", ["env:ANTHROPIC_API_KEY", "file:/etc/keys/a", "credential:anthropic"])
def test_a_reference_is_shown_as_it_was_written(text: str) -> None:
    assert str(KeyRef.parse(text)) == text


def test_a_key_from_the_environment_is_masked() -> None:
    key = KeyRef.parse("env:KEY").read({"KEY": f" {CANARY}\n"})

    assert isinstance(key, SecretStr)
    assert key.get_secret_value() == CANARY
    assert CANARY not in repr(key)


def test_a_key_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{CANARY}\n")

    key = KeyRef.parse(f"file:{tmp_path}/key").read({})

    assert isinstance(key, SecretStr)
    assert key.get_secret_value() == CANARY


def test_a_key_is_read_from_systemds_credentials(tmp_path: Path) -> None:
    (tmp_path / "anthropic").write_text(CANARY)

    key = KeyRef.parse("credential:anthropic").read({"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert isinstance(key, SecretStr)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("env:NOBODY", "the environment has no NOBODY"),
        ("env:BLANK", "it is empty"),
        ("env:TWO", "not one key"),
        ("file:/nowhere/key", "/nowhere/key does not exist"),
        ("credential:anthropic", "add LoadCredential="),
    ],
)
def test_an_absent_key_has_a_reason(text: str, why: str) -> None:
    key = KeyRef.parse(text).read({"BLANK": " ", "TWO": "a\nb"})

    assert isinstance(key, KeyMissing)
    assert why in key.why


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    key = KeyRef.parse(f"file:{tmp_path}").read({})

    assert isinstance(key, KeyMissing)
    assert "cannot be read" in key.why


def test_bytes_that_are_no_text_are_no_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")

    key = KeyRef.parse(f"file:{tmp_path}/key").read({})

    assert key == KeyMissing(why=f"file:{tmp_path}/key: {tmp_path}/key cannot be read: it is not text")
