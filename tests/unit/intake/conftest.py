"""Makers for queues and what is known of them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def real_queue() -> str:
    """The first user's own queue, which lies beside the project and is no part of it."""
    path = ROOT.parent / "shared" / "data" / "aethromoor" / "AI_TASK_QUEUE.md"
    if not path.is_file():
        pytest.skip(f"the first user's queue is not here: {path}")
    return path.read_bytes().decode()


@pytest.fixture
def novel_queue() -> str:
    """A queue of our own in the same form."""
    return (Path(__file__).parent / "novel_queue.md").read_bytes().decode()
