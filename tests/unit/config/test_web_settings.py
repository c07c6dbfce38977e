"""Where the page is served: on loopback, or nowhere."""

import pytest

from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.config.web import parse_listen

REST = '[[repo]]\nname = "r"\npath = "."\n[provider.local]\nkind = "local"\n'


def test_it_listens_nowhere_unless_asked_to() -> None:
    assert parse(REST).web.listen is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8620", ("127.0.0.1", 8620)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("127.3.2.1:65535", ("127.3.2.1", 65535)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_loopback_addresses_are_taken(text: str, address: tuple[str, int]) -> None:
    assert parse_listen(text) == address


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0.0.0.0:8620", "must be a loopback address"),
        ("[::]:8620", "must be a loopback address"),
        ("192.168.1.7:80", "must be a loopback address"),
        ("[::ffff:10.0.0.1]:80", "must be a loopback address"),
        ("example.org:80", "must be a loopback address"),
        ("127.0.0.1", 'write it as "127.0.0.1:8620"'),
        ("127.1:80", "is no address"),
        ("127.0.0.1:65536", "above 65535"),
    ],
)
def test_everything_else_is_refused_with_its_place_and_the_mend(text: str, wrong: str) -> None:
    with pytest.raises(BadConfig, match=r"watchbill.toml:2: web.listen: .*") as refused:
        parse(f'[web]\nlisten = "{text}"\n{REST}')

    assert wrong in str(refused.value)
