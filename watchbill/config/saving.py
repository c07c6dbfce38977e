"""Saving in watchbill.toml: which calls are not made since their answer is known, and how long answers are kept for that."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Span
from watchbill.config.section import Section


class Saving(Section):
    """Fewer calls for the same work. Only the identical request on the identical files is ever spared: what is merely alike
    is sent."""

    answers: bool = True
    """Whether a task is given the stored answer of another task that asked exactly the same (model, parameters, messages,
    tools and files), and waits for it where that is under way. Never its own: a task that asks again is really answered
    again. On: what is the same to the byte has no better answer."""

    answers_kept: Span = timedelta(days=7)
    """How long answers are kept for that. A week: by then the files have changed."""

    answers_mb: Annotated[int, Field(ge=1, le=10_000)] = 32
    """Megabytes that all kept answers may take in the database; the oldest go first. Some ten thousand of usual size."""
