"""Visible: text by others as it may stand on a page or a terminal, with every character that would hide, reorder or command shown."""

import re
from typing import Any

_CONTROL = range(0x20)
_DELETE = 0x7F
# Controls, marks that change the direction of text, characters without width, the byte order mark, surrogates, private use.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """The text with pictures of its controls, and the numbers of what cannot be seen.

    >>> visible("a" + chr(27) + "[31m" + chr(0x202E) + "b")
    'a␛[31m«U+202E»b'
    """
    return _ODD.sub(_shown, text)


def all_visible(value: Any) -> Any:
    """The same of every text in what JSON can hold; names of fields stay, which may be paths that are asked for again."""
    match value:
        case str():
            return visible(value)
        case dict():
            return {key: all_visible(one) for key, one in value.items()}
        case list():
            return [all_visible(one) for one in value]
        case _:
            return value


def is_plain(text: str) -> bool:
    """Whether it can be shown as it is, and comes back unchanged from a form."""
    return _ODD.search(text) is None


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code in _CONTROL:
        return chr(0x2400 + code)
    return "\u2421" if code == _DELETE else f"«U+{code:04X}»"
