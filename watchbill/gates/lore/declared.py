"""What a ChoiceScript game declares for all its scenes."""

import re

STARTUP = "startup.txt"
_CREATE = re.compile(r"^[ \t]*\*create(?:_array)?[ \t]+(\w+)", re.MULTILINE)


def declared_in(text: str) -> frozenset[str]:
    """The variables that a game's startup.txt declares, lower case."""
    return frozenset(found.lower() for found in _CREATE.findall(text))
