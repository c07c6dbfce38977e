"""Notes: one markdown file that is one task. Its front matter are the fields, its first heading the title, the rest the body."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from watchbill.intake import inline
from watchbill.intake.blocks import Heading, blocks
from watchbill.intake.entries import Entry, Field, Mark, fold_key
from watchbill.intake.frontmatter import MAX_BRACKETS, MAX_CHARACTERS, MAX_LINES

MAX_SIZE = 256_000  # bytes; what is longer is material, and material belongs into the repository

_FENCES = ("---", "...")
_REFUSED = re.compile(r"<!-- refused: [^\n]*-->\s*")
_REFUSED_KEY = re.compile(r"refused\s*:")
_OWN = frozenset(fold_key(key) for key in ("title", "repo", "refused", "tags"))  # read here, not by the task's reader
_TAGS = re.compile(r"[\s,#]+")


class Unfit(ValueError):
    """A file cannot be a task; the text says why, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    entry: Entry
    repo: str  # as stated; "" when it is not


def decode(data: bytes) -> str:
    """Raises Unfit for what is no text of a reasonable size."""
    if len(data) > MAX_SIZE:
        raise Unfit(f"it is longer than {MAX_SIZE:,} bytes: put the material into a file of the repository and name it")
    if b"\0" in data:
        raise Unfit("it holds NUL characters, so it is no text: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unfit(f"it is not UTF-8 in line {line}: save it as UTF-8") from error


def read_note(text: str, path: str) -> Note:
    """The task that the file asks for. Raises Unfit."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    first = 1 if _REFUSED.fullmatch(lines[0]) else 0  # the reason of the last time
    fields, body_from = _front_matter(lines, first)
    said = {item.folded_key: item.value for item in reversed(fields)}
    title, body = _title(fields, ["" if n < body_from else line for n, line in enumerate(lines)])
    if not title.text:
        raise Unfit('it has no title: write a heading such as "# What is to be done", or title: in its front matter')
    entry = Entry(
        path=path,
        line=1,
        end=len(lines),
        text_end=1,
        mark=Mark.OPEN,
        mark_line=1,
        span=(0, 0),
        is_status=False,
        title=title.text,
        fields=(*(item for item in fields if item.folded_key not in _OWN), *title.fields),
        tags=(*title.tags, *(tag.casefold() for tag in _TAGS.split(said.get("tags", "")) if tag)),
        body=tuple(body),
    )
    return Note(entry=entry, repo=said.get("repo", "").strip())


def _title(fields: Sequence[Field], lines: list[str]) -> tuple[inline.Title, list[str]]:
    """The title, and the lines that are left as the body."""
    stated = next((item for item in fields if item.folded_key == "title" and item.value.strip()), None)
    if stated is not None:
        return inline.read_title(" ".join(stated.value.split()), stated.line), _trimmed(lines)
    heading = next((block for block in blocks(lines) if isinstance(block, Heading)), None)
    if heading is None:
        return inline.read_title("", 1), []
    rest = [line for n, line in enumerate(lines) if not heading.line <= n < heading.end]
    return inline.read_title(" ".join(heading.text.split()), heading.line + 1), _trimmed(rest)


def _trimmed(lines: Sequence[str]) -> list[str]:
    told = [n for n, line in enumerate(lines) if line.strip()]
    return list(lines[told[0] : told[-1] + 1]) if told else []


def _front_matter(lines: Sequence[str], first: int) -> tuple[list[Field], int]:
    """The fields, and the line that the rest begins with."""
    if first >= len(lines) or lines[first].rstrip() != "---":
        return [], first
    end = _end(lines, first)
    if end is None:
        raise Unfit(f"its front matter begins in line {first + 1} and never ends: close it with a line of three dashes")
    text = "\n".join(lines[first + 1 : end])
    if len(text) > MAX_CHARACTERS or sum(text.count(mark) for mark in "[{") > MAX_BRACKETS:
        raise Unfit("its front matter is too large: put the text below it")
    return list(_fields(text, first + 2)), end + 1


def _end(lines: Sequence[str], first: int) -> int | None:
    limit = first + MAX_LINES
    return next((n for n in range(first + 1, min(limit, len(lines))) if lines[n].rstrip() in _FENCES), None)


def _fields(text: str, line: int) -> Iterator[Field]:
    """Every key with its value as it is written there: 0.30 stays 0.30, a date stays a date."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unfit(f"its front matter is no YAML: {' '.join(str(error).split())[:160]}") from error
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        raise Unfit("its front matter is no mapping: write one `key: value` a line")
    for key, value in node.value:
        at = line + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            raise Unfit(f"a key of its front matter is no word (line {at})")
        yield Field(key=key.value, value=_value(key.value, value, at), line=at)


def _value(key: str, node: yaml.Node, line: int) -> str:
    if isinstance(node, yaml.ScalarNode):
        return "" if node.tag.endswith(":null") else str(node.value).strip()
    if isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return "\n".join(str(item.value) for item in node.value)
    raise Unfit(f"{key[:40]!r} in line {line} is neither a text nor a list of texts")


def with_reason(data: bytes, why: str) -> bytes:
    """The file with the reason for its refusal in it: as a key of its front matter, else as a comment above it."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    bare = _REFUSED.sub("", text, count=1) if _REFUSED.match(text) else text
    lines = bare.split("\n")
    told = " ".join(why.split())
    end = _end(lines, 0) if lines[0].rstrip() == "---" else None
    if end is None:
        marked = [f"<!-- refused: {told.replace('--', '- -')} -->", *lines]
    else:
        kept = [line for line in lines[1:end] if not _REFUSED_KEY.match(line)]
        marked = [lines[0], f"refused: {json.dumps(told, ensure_ascii=False)}", *kept, *lines[end:]]
    return "\n".join(marked).encode("utf-8", "surrogateescape")


def compose(fields: Mapping[str, str], body: str) -> str:
    """A file that reads back as these fields and this body. Empty values are left out."""
    said = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value]
    text = "\n".join(["---", *said, "---"]) + "\n"
    return f"{text}\n{body.strip(chr(10))}\n" if body.strip() else text
