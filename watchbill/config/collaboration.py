"""Collaboration in watchbill.toml: which work is reviewed by a second vendor before it lands."""

from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Name, Text
from watchbill.config.section import Section


class Collaboration(Section):
    """One provider drafts; what passes the checks is read by another one of a different vendor, which lets it land or asks for
    changes. Both are paid from the task's budget."""

    types: tuple[Text, ...] = ()
    """Task types that are reviewed so, for instance ["write"]. None by default: each review is one more call."""

    reviewers: tuple[Name, ...] = ()
    """Providers that may review. Default: any of another vendor than who drafted."""

    rounds: Annotated[int, Field(ge=1, le=10)] = 2
    """Reviews of one draft. When the last of them still asks for changes, a person decides: two who do not agree by then rarely
    will."""
