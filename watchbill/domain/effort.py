"""Effort: how hard a model is asked to think."""

from enum import StrEnum


class Effort(StrEnum):
    """The vendors' common words; a model that knows fewer takes the nearest one."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
