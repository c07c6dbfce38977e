import subprocess
import sys

import pytest

from tests.meters import MemoryMeter, StillClock
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName
from watchbill.providers import registry
from watchbill.providers.setup import ProviderSetup


def test_the_kinds_are_those_of_the_entry_points() -> None:
    assert set(registry.kinds()) >= {"anthropic", "openai", "openai-chat", "local"}


def test_an_unknown_kind_names_those_that_there_are() -> None:
    with pytest.raises(
        ConfigError, match="no provider kind 'gemini'; there are acp, anthropic, claude-code, codex, copilot, local"
    ):
        registry.load_factory("gemini")


def test_finding_the_factories_loads_no_sdk() -> None:
    program = (
        "import sys; from watchbill.providers import registry; "
        "[registry.load_factory(kind) for kind in registry.kinds()]; "
        "sys.exit(','.join({'anthropic', 'openai', 'pydantic_ai'} & set(sys.modules)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
    assert done.returncode == 0


def test_a_setup_never_shows_its_key() -> None:
    setup = ProviderSetup(
        name=ProviderName("v"), kind="anthropic", clock=StillClock(), meter=MemoryMeter(), api_key="sk-canary"
    )

    assert "canary" not in repr(setup)
