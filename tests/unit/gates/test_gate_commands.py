"""The repository's own commands as gates."""

from datetime import timedelta

import pytest

from watchbill.domain.findings import Severity
from watchbill.domain.ports import ProcResult
from watchbill.gates.commands import CommandGate, OnFail

TESTS = CommandGate(name="tests", argv=("pytest", "-q"), match=("src/**",), timeout=timedelta(minutes=5))


def result(code: int = 0, stdout: str = "", stderr: str = "", *, timed_out: bool = False) -> ProcResult:
    return ProcResult(code=code, stdout=stdout, stderr=stderr, timed_out=timed_out)


def test_a_command_is_wanted_when_a_path_matches() -> None:
    assert TESTS.is_wanted(["docs/a.md", "src/a.py"])
    assert not TESTS.is_wanted(["docs/a.md"])


def test_exit_code_zero_is_no_finding() -> None:
    assert TESTS.findings(result(stdout="noise", stderr="noise")) == ()


def test_a_failure_carries_the_tail_of_what_was_said() -> None:
    (found,) = TESTS.findings(result(1, "\n".join(f"line {n}" for n in range(100)), "summary\n"))

    assert (found.gate, found.rule, found.path, found.text) == ("tests", "failed", "", "")
    assert found.message.startswith("pytest -q ended with exit code 1\n")
    assert found.message.endswith("line 99\nsummary")
    assert "line 20\n" not in found.message


@pytest.mark.parametrize(
    ("ended", "rule", "words"),
    [
        (result(-9), "failed", "was killed by signal 9"),
        (result(124, timed_out=True), "timeout", "did not end within 0:05:00"),
    ],
)
def test_how_it_ended_is_said(ended, rule, words) -> None:
    (found,) = TESTS.findings(ended)

    assert (found.rule, found.message) == (rule, f"pytest -q {words}")


def test_a_command_that_only_warns_never_blocks() -> None:
    (found,) = CommandGate(name="lint", argv=("lint",), on_fail=OnFail.WARN).findings(result(1))

    assert found.severity is Severity.WARNING


def test_the_same_failure_on_the_base_is_the_same_finding() -> None:
    (one,), (other,) = TESTS.findings(result(1, "3 failed")), TESTS.findings(result(1, "4 failed"))

    assert one.identity == other.identity
