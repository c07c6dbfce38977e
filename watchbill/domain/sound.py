"""Texts as everybody can store and send them. File names, answers and complaints may hold half characters, which nobody can."""

import math
from collections.abc import Mapping
from typing import Any


def text(said: str) -> str:
    """With U+FFFD for half characters: JSON can say them, and file names that are not UTF-8 are read as such."""
    return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def value(said: Any) -> Any:
    """The same for every text in a JSON value; null for what is no number. Other values stay as they are."""
    match said:
        case str():
            return text(said)
        case Mapping():
            return {text(str(key)): value(item) for key, item in said.items()}
        case list() | tuple():
            return type(said)(value(item) for item in said)
        case float() if not math.isfinite(said):
            return None  # Python reads NaN and Infinity as JSON, nobody else does
        case _:
            return said
