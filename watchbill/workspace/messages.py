"""Commit messages: what a task's commit says of where it comes from."""

import re
from collections.abc import Sequence

from watchbill.domain.ids import Commit, RunId, TaskId, Token

_OURS = re.compile(r"^(?=(task-id|run-id|token|reverts|reverts-run|undoing)\s*:)", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|[\ud800-\udfff]")


def trailers(message: str, *, task: TaskId, riders: Sequence[TaskId] = (), run: RunId, token: Token) -> str:
    """The message with its trailers, for people to read: recovery goes by rows, never by what a commit says.

    The run's own task stands before those that were done with it.
    Lines of the message that look like our trailers are quoted, since a model may have written them.
    """
    text = _plain(message) or "Change made for a task"
    ids = "\n".join(f"Task-Id: {each}" for each in (task, *riders))
    return f"{text}\n\n{ids}\nRun-Id: {run}\nToken: {token}\n"


def undoing(title: str, why: str, evidence: str, *, task: TaskId, commit: Commit, run: RunId, name: str) -> str:
    """What a revert says: what it takes back, why, and what was seen. It bears no Run-Id: it is no run's result."""
    body = "\n\n".join(part for part in map(_plain, (why, evidence)) if part)
    subject = " ".join(_plain(title).split())
    return f'Revert "{subject}"\n\n{body}\n\nTask-Id: {task}\nReverts: {commit}\nReverts-Run: {run}\nUndoing: {name}\n'


def _plain(text: str) -> str:
    return _OURS.sub("> ", _CONTROL.sub("", text)).strip()
