"""Bags of words, and patterns of them: the lists that the checks know by heart, written as running text."""

import re


def bag(words: str) -> frozenset[str]:
    """The words of a text, each once.

    >>> sorted(bag("one two two"))
    ['one', 'two']
    """
    return frozenset(words.split())


def row(words: str) -> tuple[str, ...]:
    """The words of a text, in their order.

    >>> row("one two two")
    ('one', 'two', 'two')
    """
    return tuple(words.split())


def loose(pattern: str) -> re.Pattern[str]:
    """A pattern that small and capital letters match alike."""
    return re.compile(pattern, re.IGNORECASE)


def either(words: str) -> re.Pattern[str]:
    """A loose pattern of any of these, as whole words.

    >>> bool(either("hear(?:s|d)?|saw").search("Heard")), bool(either("saw").search("sawn"))
    (True, False)
    """
    return loose(rf"\b(?:{words})\b")
