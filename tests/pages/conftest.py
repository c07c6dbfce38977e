"""One browser and one filled site for all that look at the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import browser as browsers
from tests import filled


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with filled.served(tmp_path_factory.mktemp("site")) as url:
        yield url


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browsers.Browser]:
    if browsers.MISSING:
        pytest.skip(browsers.WHY_MISSING)
    with browsers.browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def browser(opened: browsers.Browser) -> browsers.Browser:
    """As somebody finds it who sits down at a desk."""
    opened.size(1280, 860)
    opened.is_dark(False)
    opened.runs_scripts(True)
    opened.complaints()
    return opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[str]:
    """A site of one's own, for those who change something."""
    with filled.served(tmp_path) as url:
        yield url
