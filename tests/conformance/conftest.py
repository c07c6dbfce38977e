"""What the conformance suites of agents share."""

from tests.programs import home, program  # noqa: F401 - fixtures
