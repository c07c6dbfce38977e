"""Bags of words: the lists that the checks know by heart, written as running text."""


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
