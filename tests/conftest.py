"""What every test may use."""

import pytest

from tests import examples  # noqa: F401 - the profile of `make test` is known before it is chosen
from watchbill.daemon import privacy


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is tried in the tests' own process does not shut that for all that come after it."""
    monkeypatch.setattr(privacy, "close", lambda: None)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
