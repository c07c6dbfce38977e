"""Saving in watchbill.toml: which calls are not made since their answer is known, and how long answers are kept for that."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Span
from watchbill.config.section import Section


class Saving(Section):
    """Fewer calls for the same work. Of requests only the identical one on the identical files is ever spared: what is merely
    alike is sent."""

    answers: bool = True
    """Whether a task is given the stored answer of another task that asked exactly the same (model, parameters, messages,
    tools and files), and waits for it where that is under way. Never its own: a task that asks again is really answered
    again. On: what is the same to the byte has no better answer."""

    answers_kept: Span = timedelta(days=7)
    """How long answers are kept for that. A week: by then the files have changed."""

    answers_mb: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Megabytes that all kept answers may take in the database; the oldest go first. Some ten thousand of usual size."""

    merge: bool = True
    """Whether small tasks of one type on exactly the same files are done in one run, which makes one commit of them. Only
    where each could go next anyway, lands on a shared branch, waits for no review and has no cap of its own; where such a
    run comes to nothing, each of them is done by itself. On: they would wait for each other, and tell a model the same
    files again and again."""

    merge_tasks: Annotated[int, Field(ge=2, le=16)] = 4
    """How many tasks one run does at most. A few: a commit of many is hard to look at, and to undo."""

    merge_text: Annotated[int, Field(ge=100, le=10_000)] = 1_000
    """How many characters a small task's words have at most. What asks for more than some paragraphs is no small task; nor is
    one whose author says that it takes more than 30 minutes."""
