"""The search worker: finds a regular expression's matches in texts. A program of its own, so that it can be killed.

Python's matcher holds the interpreter while it backtracks, so a hostile pattern would stop the daemon. Standard library
only: it is started by its path, without the package. One JSON object comes in, one goes out.
"""

import json
import re
import sys

_SEEN_CHARACTERS = 4000  # of each line: longer ones are no text that anybody searches
_SHOWN_CHARACTERS = 300


def matches(pattern: str, texts: list[tuple[str, str]], most: int) -> dict[str, object]:
    """`found` lines as path:line: text, at most so many, and whether there are `more`; or the pattern's `error`."""
    try:
        wanted = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return {"error": str(error)}
    found: list[str] = []
    for path, text in texts:
        for number, line in enumerate(text.split("\n"), start=1):
            if wanted.search(line[:_SEEN_CHARACTERS].rstrip("\r")):
                if len(found) == most:
                    return {"found": found, "more": True}
                found.append(f"{path}:{number}: {line[:_SHOWN_CHARACTERS].rstrip()}")
    return {"found": found, "more": False}


if __name__ == "__main__":
    json.dump(matches(**json.load(sys.stdin)), sys.stdout)
