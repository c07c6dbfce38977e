"""What an error says of a batch that was to be made: only what certainly was not taken is said to be so."""

import httpx2
import pytest
from pydantic_ai.exceptions import ModelHTTPError

from watchbill.domain.batches import Doubtful, Unsent
from watchbill.providers import metered
from watchbill.providers.batching import _not_accepted


def http(status: int) -> ModelHTTPError:
    return ModelHTTPError(status_code=status, model_name="m", body=None)


def test_a_connection_that_never_stood_left_nothing_behind() -> None:
    error = RuntimeError("wrapped")
    error.__cause__ = httpx2.ConnectError("no route")

    assert _not_accepted(error) == Unsent(why="RuntimeError: wrapped", never_left=True)


@pytest.mark.parametrize("status", [400, 401, 404, 413, 429])
def test_a_refusal_is_a_refusal(status: int) -> None:
    verdict = _not_accepted(http(status))

    assert isinstance(verdict, Unsent)
    assert not verdict.never_left


@pytest.mark.parametrize("status", [500, 502, 529])
def test_a_vendors_own_error_may_have_made_the_batch(status: int) -> None:
    verdict = _not_accepted(http(status))

    assert isinstance(verdict, Doubtful)
    assert verdict.refused


@pytest.mark.parametrize("error", [httpx2.ReadTimeout("late"), httpx2.RemoteProtocolError("cut"), TimeoutError()])
def test_silence_says_nothing(error: Exception) -> None:
    verdict = _not_accepted(error)

    assert isinstance(verdict, Doubtful)
    assert not verdict.refused


@pytest.mark.parametrize(
    ("method", "path", "free"),
    [
        ("POST", "/v1/messages/batches", False),
        ("POST", "/v1/batches", False),
        ("POST", "/v1/files", True),
        ("POST", "/v1/batches/b/cancel", True),
        ("DELETE", "/v1/files/f", True),
        ("GET", "/v1/messages/batches/b/results", True),
    ],
)
def test_of_a_batchs_requests_only_its_making_is_billed(method: str, path: str, *, free: bool) -> None:
    assert metered.is_free(httpx2.Request(method, f"https://vendor.example{path}")) is free
