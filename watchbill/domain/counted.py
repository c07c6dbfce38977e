"""Counted: a number of things, in words for people."""


def counted(number: int, noun: str) -> str:
    """
    >>> counted(1, "text"), counted(2, "text")
    ('1 text', '2 texts')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
