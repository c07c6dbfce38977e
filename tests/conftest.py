"""What every test may use."""

import pytest

from tests import examples  # noqa: F401 - the profile of `make test` is known before it is chosen


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
