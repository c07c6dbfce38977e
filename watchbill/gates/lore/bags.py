"""Bags of words: the lists that the checks know by heart, written as running text."""


def bag(words: str) -> frozenset[str]:
    """The words of a text, each once.

    >>> sorted(bag("one two two"))
    ['one', 'two']
    """
    return frozenset(words.split())
