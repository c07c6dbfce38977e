"""The blocks of a markdown text with their exact lines: headings, list items, paragraphs, and stretches that are no prose.

markdown-it decides what is what. It drops what nests deeper than it likes, which is why `covered` says what it did see.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Each list level costs two; ours is far beyond what people write and far below Python's recursion limit.
MAX_NESTING = 60

# Without inline rules: titles are read as written. Without references: `[x]: ...` is text here.
_PARSER = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).disable(["reference"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    line: int  # 0-based, as everything in this module; `end` is exclusive
    end: int
    depth: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Para:
    line: int
    end: int
    text: str


@dataclass(slots=True, kw_only=True)
class Item:
    """A list item. `text` is its first paragraph; `parent` the item around it."""

    line: int
    end: int
    parent: "Item | None"
    text: str = ""
    text_line: int = -1
    text_end: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Code or HTML: nothing in it is a task."""

    line: int
    end: int
    kind: str  # fence | code_block | html_block
    parent: Item | None


Block = Heading | Para | Item | Dead

_DEAD = frozenset({"fence", "code_block", "html_block"})


@dataclass(slots=True)
class _Walk:
    open_items: list[Item] = field(default_factory=list)
    heading: Token | None = None


def blocks(lines: list[str]) -> Iterator[Block]:
    """The blocks in the order of their first lines. Lines are numbered as given, whatever is in them.

    An item is yielded when it begins; its text is complete before the next block is yielded.
    """
    tokens: list[Token] = []
    _PARSER.block.parse(_tame(lines), _PARSER, {}, tokens)
    walk = _Walk()
    pending: Item | None = None  # an item whose text has not come yet
    for token in tokens:
        if token.type == "list_item_open":
            if pending:
                yield pending
            pending = _open_item(walk, token)
        elif token.type == "list_item_close":
            if pending:
                yield pending
            pending = None
            walk.open_items.pop()
        elif token.type == "inline" and pending:
            _give_text(pending, token)
            yield pending
            pending = None
        elif (block := _block(walk, token)) is not None:
            if pending:
                yield pending
            pending = None
            yield block


def _tame(lines: list[str]) -> str:
    """The text with the two characters that markdown-it would turn into others or into line ends made harmless, one for one."""
    return "\n".join(lines).replace("\r", " ").replace("\0", " ")


def _open_item(walk: _Walk, token: Token) -> Item:
    line, end = _map(token)
    item = Item(line=line, end=end, parent=walk.open_items[-1] if walk.open_items else None)
    walk.open_items.append(item)
    return item


def _give_text(item: Item, token: Token) -> None:
    item.text_line, item.text_end = _map(token)
    item.text = token.content


def _block(walk: _Walk, token: Token) -> Block | None:
    if token.type == "heading_open":
        walk.heading = token
        return None
    if token.type == "heading_close":
        walk.heading = None
        return None
    line, end = _map(token) if token.map else (0, 0)
    if token.type in _DEAD:
        return Dead(line=line, end=end, kind=token.type, parent=walk.open_items[-1] if walk.open_items else None)
    if token.type != "inline" or walk.open_items:
        return None
    if walk.heading is not None and walk.heading.level == 0:
        return Heading(line=line, end=end, depth=int(walk.heading.tag[1:]), text=token.content)
    return Para(line=line, end=end, text=token.content)


def _map(token: Token) -> tuple[int, int]:
    assert token.map is not None  # block tokens that open something always carry one
    return token.map[0], token.map[1]
