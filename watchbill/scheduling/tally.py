"""The tally worker: counts a regular expression's matches in texts. A program of its own, so that it can be killed.

Python's matcher holds the interpreter while it backtracks, so a bad pattern would stop the daemon. Standard library only: it
is started by its path, without the package. One JSON object comes in, one goes out.
"""

import json
import re
import sys
from collections.abc import Sequence

_SEEN_CHARACTERS = 4000  # of each line: longer ones are no text that anybody searches


def count(pattern: str, texts: Sequence[str]) -> list[int]:
    """The matches in each text, line by line. Raises re.error for what is no pattern.

    >>> count("TODO|FIXME", ["TODO a\\nb TODO FIXME", "done"])
    [3, 0]
    """
    wanted = re.compile(pattern)
    return [
        sum(1 for line in text.split("\n") for _ in wanted.finditer(line[:_SEEN_CHARACTERS].rstrip("\r")))
        for text in texts
    ]


if __name__ == "__main__":
    json.dump(count(**json.load(sys.stdin)), sys.stdout)
