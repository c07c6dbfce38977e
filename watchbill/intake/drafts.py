"""Entries while they are being read, and how they are finished."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchbill.intake import inline
from watchbill.intake.blocks import Heading
from watchbill.intake.entries import Check, Entry, Field, Mark

COMMENT = re.compile(r"^[ \t>]*<!-- watchbill: [^\n]*-->[ \t\r]*$")  # the one line of ours under an entry


@dataclass(slots=True, kw_only=True)
class Draft:
    """An entry while it is being read."""

    line: int  # 0-based, as all lines in here; `end` is exclusive
    end: int
    text_end: int
    title: inline.Title
    mark: Mark
    mark_line: int
    span: tuple[int, int]
    is_status: bool = False
    explicit_id: str = ""
    trail: tuple[str, ...] = ()
    priority: int | None = None
    fields: list[Field] = field(default_factory=list)
    checklist: list[Check] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Owner:
    """To which task a list item belongs, and to which field of it (by place), if to any."""

    draft: Draft | None
    field: int | None = None


@dataclass(slots=True, kw_only=True)
class Section:
    heading: Heading
    title: str  # the heading's text without a marker
    draft: Draft | None = None
    priority: int | None = None
    open_field: int | None = None  # the place of a field that a list may follow


def cut(outer: Section | None, line: int) -> None:
    """A heading task ends where a heading task inside its section begins."""
    if outer and outer.draft:
        outer.draft.end = min(outer.draft.end, line)


def finished(draft: Draft, lines: Sequence[str], path: str, order: int) -> Entry:
    """The entry that the draft became, `lines` being the whole file."""
    end = _last_line(draft, lines)
    return Entry(
        path=path,
        line=draft.line + 1,
        end=end,
        text_end=draft.text_end,
        mark=draft.mark,
        mark_line=draft.mark_line + 1,
        span=draft.span,
        is_status=draft.is_status,
        title=draft.title.text,
        explicit_id=draft.explicit_id,
        trail=draft.trail,
        priority=draft.priority,
        fields=tuple(draft.fields),
        tags=draft.title.tags,
        checklist=tuple(draft.checklist),
        body=_body(draft, lines, end),
        commented=draft.text_end < end and COMMENT.match(lines[draft.text_end]) is not None,
        order=order,
    )


def _last_line(draft: Draft, lines: Sequence[str]) -> int:
    end = draft.end
    while end > draft.text_end and not lines[end - 1].strip():
        end -= 1
    return end


def _body(draft: Draft, lines: Sequence[str], end: int) -> tuple[str, ...]:
    """What was written under it and is nothing else, as written but for carriage returns and blank edges."""
    kept = [
        lines[line].rstrip("\r")
        for line in range(draft.line + 1, end)
        if line not in draft.consumed and not COMMENT.match(lines[line])
    ]
    while kept and not kept[-1].strip():
        kept.pop()
    first = next((n for n, line in enumerate(kept) if line.strip()), 0)
    return tuple(kept[first:])
