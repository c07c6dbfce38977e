"""The tally worker: finds a regular expression's matches in texts. A program of its own, so that it can be killed.

Python's matcher holds the interpreter while it backtracks, so a bad pattern would stop the daemon. Standard library only: it
is started by its path, without the package. One JSON object comes in, one goes out.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence

_SEEN_CHARACTERS = 4000  # of each line: longer ones are no text that anybody searches
_TOLD_CHARACTERS = 120  # of a match
_MOST_MATCHES = 3000  # of all texts: whoever starts programs keeps only so much of their words


def count(pattern: str, texts: Sequence[str]) -> list[int]:
    """The matches in each text, line by line. Raises re.error for what is no pattern.

    >>> count("TODO|FIXME", ["TODO a\\nb TODO FIXME", "done"])
    [3, 0]
    """
    wanted = re.compile(pattern)
    return [sum(1 for _ in _matches(wanted, text)) for text in texts]


def places(pattern: str, texts: Sequence[str]) -> list[list[tuple[int, str]]] | None:
    """Line (1-based) and text of each match in each text; None where there are too many to be told.

    >>> places("b.", ["a\\nbc bd", "b"])
    [[(2, 'bc'), (2, 'bd')], []]
    """
    wanted = re.compile(pattern)
    found = [[(line, match.group()[:_TOLD_CHARACTERS]) for line, match in _matches(wanted, text)] for text in texts]
    return found if sum(map(len, found)) <= _MOST_MATCHES else None


def _matches(wanted: "re.Pattern[str]", text: str) -> "Iterator[tuple[int, re.Match[str]]]":
    for number, line in enumerate(text.split("\n"), start=1):
        for match in wanted.finditer(line[:_SEEN_CHARACTERS].rstrip("\r")):
            yield number, match


if __name__ == "__main__":
    _asked = json.load(sys.stdin)
    json.dump({"count": count, "places": places}[_asked.pop("ask")](**_asked), sys.stdout)
