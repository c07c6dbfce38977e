"""What some file system takes a name for. Pure."""

import re
import unicodedata

_GIT = re.compile(r"\.git|git~\d+")


def is_git(part: str) -> bool:
    """Whether some file system takes the name for `.git`: any case, its short name, ignored characters, trailing dots.

    >>> is_git(".GIT"), is_git("git~1"), is_git(".git. "), is_git(".gitignore")
    (True, True, True, False)
    """
    if part.isascii() and part[:1] not in (".", "g", "G"):
        return False  # nearly every name there is
    seen = "".join(mark for mark in part if unicodedata.category(mark) != "Cf")  # HFS+ ignores zero-width characters
    return _GIT.fullmatch(folded(seen).split(":")[0].rstrip(". ")) is not None


def folded(name: str) -> str:
    """The name as a file system sees it that ignores case and Unicode's ways of composing a letter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
