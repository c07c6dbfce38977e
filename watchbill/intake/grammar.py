"""The queue's grammar: the text of a queue file to entries. Never raises; what it cannot read it reports by line."""

import re

from watchbill.domain.ids import RepoName
from watchbill.intake import inline
from watchbill.intake.blocks import Block, Dead, Heading, Item, Para, blocks
from watchbill.intake.drafts import Draft, Owner, Section, cut, finished
from watchbill.intake.entries import (
    MARK_BY_SIGN,
    MARK_BY_STATUS,
    Check,
    Field,
    Mark,
    QueueFile,
    Unreadable,
)
from watchbill.intake.frontmatter import read_front_matter
from watchbill.intake.unseen import unseen

MAX_CHARACTERS = 16_000_000  # 10 MB took 12.5 s of one core and 0.7 GB; beyond this it is no queue
MAX_LINES = 400_000
_UNDECODED = re.compile(r"[\ud800-\udfff]")

_BOX = re.compile(r"\[([^\[\]\n]{0,3})\](?=[ \t\r]|$)[ \t]*")
_LEGEND = re.compile(r"=(?:\s|$)")
_LEGEND_HEADING = re.compile(r"\blegend\b", re.IGNORECASE)
_ID_HEADING = re.compile(r"([A-Z][A-Z0-9]{0,15}(?:-[A-Z0-9]{1,15}){0,4}?-\d{1,8})[:.)]?[ \t]+(\S.*)")
_BLOCKED_BY = re.compile(r"blocked[ _-]by[ _:-]+(.+)", re.IGNORECASE)
_PRIORITY = (re.compile(r"\bpriority[ \t:#-]{0,4}(\d)\b", re.IGNORECASE), re.compile(r"\bP(\d)\b"))


def decode(data: bytes) -> str:
    """The text of a queue file's bytes. What is not UTF-8 becomes lone surrogates, so that it can be written back unchanged."""
    return data.decode("utf-8", "surrogateescape")


def parse(text: str, path: str, repo: RepoName) -> QueueFile:
    """Everything that the file says. `line` counts what stands between line feeds, and nothing else, from 1.

    A text that is too long, or that is not text, comes back with usable=False: nothing follows from what it lacks.
    """
    if why := _no_queue(text):
        return QueueFile(repo=repo, path=path, unreadable=(Unreadable(path=path, line=1, why=why),), usable=False)
    return _Reader(text, path, repo).read()


def _no_queue(text: str) -> str:
    if "\0" in text:
        return "it holds NUL characters, so it is not UTF-8 text: save it as UTF-8"
    if len(text) > MAX_CHARACTERS or text.count("\n") > MAX_LINES:
        return f"it is longer than {MAX_CHARACTERS:,} characters or {MAX_LINES:,} lines: split it"
    return "it is empty" if not text.strip("\ufeff \t\r\n") else ""


class _Reader:
    def __init__(self, text: str, path: str, repo: RepoName) -> None:
        self._path, self._repo = path, repo
        self._lines = _UNDECODED.sub("\ufffd", text).split("\n")
        self._undecoded = [line for line, said in enumerate(text.split("\n")) if _UNDECODED.search(said)]
        self._drafts: list[Draft] = []
        self._sections: list[Section] = []
        self._owner_by_item: dict[int, Owner] = {}
        self._items: list[Item] = []  # keeps them alive while their identities are keys
        self._seen: set[int] = set()  # lines whose item was understood
        self._dead_by_line: dict[int, Dead] = {}
        self._unreadable: list[Unreadable] = []

    def read(self) -> QueueFile:
        prose = [self._lines[0].removeprefix("\ufeff"), *self._lines[1:]]
        front = read_front_matter(prose)
        prose[: front.lines] = [""] * front.lines
        if front.why:
            self._report(0, front.why)
        for line in self._undecoded:
            self._report(line, "it is not UTF-8: the bytes that could not be read are shown as \ufffd")
        for block in blocks(prose):
            self._block(block)
        self._close_sections(0, len(self._lines))
        for line, why in unseen(self._lines, self._seen, self._dead_by_line):
            self._report(line, why)
        return QueueFile(
            repo=self._repo,
            path=self._path,
            entries=tuple(finished(draft, self._lines, self._path, order) for order, draft in enumerate(self._drafts)),
            unreadable=tuple(sorted(self._unreadable, key=lambda one: one.line)),
            defaults=front.defaults,
        )

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self._heading(block)
            case Item():
                self._item(block)
            case Para():
                self._para(block)
            case _:
                self._dead(block)

    # ── headings ──

    def _heading(self, heading: Heading) -> None:
        self._close_sections(heading.depth, heading.line)
        box = _BOX.match(heading.text)
        mark = MARK_BY_SIGN.get(box[1]) if box else None
        title = heading.text[box.end() :].strip() if box and mark else heading.text.strip()
        section = Section(heading=heading, title=title, priority=_priority(title))
        outer = self._owning_section()
        self._sections.append(section)
        if box and mark:
            section.draft = self._open_task(
                line=heading.line,
                end=len(self._lines),
                text_end=heading.end,
                text=title,
                mark=mark,
                span=self._box_span(heading.line, box[1]),
            )
            cut(outer, heading.line)
        elif box:
            self._report_box(heading.line, box[1])

    def _close_sections(self, depth: int, line: int) -> None:
        while self._sections and self._sections[-1].heading.depth >= depth:
            section = self._sections.pop()
            if section.draft:
                section.draft.end = min(section.draft.end, line)

    def _status(self, stated: Field, line: int) -> None:
        """A heading such as `### AB-12 Title` becomes a task by its status line."""
        section = self._sections[-1] if self._sections else None
        named = _ID_HEADING.fullmatch(section.title) if section and not section.draft else None
        if not section or not named:
            return
        if self._drafts and self._drafts[-1].line > section.heading.line:
            self._report(line, "a status behind the first task of its section tells nothing: put it under the heading")
            return
        blocked = _BLOCKED_BY.fullmatch(stated.value)
        mark = Mark.OPEN if blocked else MARK_BY_STATUS.get(_status_word(stated.value))
        if mark is None:
            words = "READY, IN_PROGRESS, NEEDS_REVIEW, DONE, FAILED, CANCELLED or BLOCKED_BY_<id>"
            self._report(line, f"the status {stated.value[:40]!r} is not known: write {words}")
            return
        cut(self._owning_section(), section.heading.line)
        section.draft = self._open_task(
            line=section.heading.line,
            end=len(self._lines),
            text_end=section.heading.end,
            text=named[2],
            mark=mark,
            span=self._status_span(line, stated.value),
            mark_line=line,
        )
        section.draft.explicit_id = named[1]
        section.draft.is_status = True
        section.draft.consumed.add(line)
        if blocked:
            section.draft.fields.append(Field(key="after", value=blocked[1], line=line + 1))

    def _status_span(self, line: int, value: str) -> tuple[int, int]:
        start = self._lines[line].replace("\r", " ").rindex(value)  # as the parser saw it; the value ends the field
        return start, start + len(value)

    # ── paragraphs under a heading task ──

    def _para(self, para: Para) -> None:
        for number, text in enumerate(para.text.split("\n"), start=para.line):
            self._para_line(text.strip(), number)

    def _para_line(self, text: str, line: int) -> None:
        stated = inline.read_field(text, line + 1)
        if stated and stated.folded_key == "status":
            self._status(stated, line)
            return
        section = self._owning_section()
        if section is None or section.draft is None:
            return
        section.open_field = None
        if stated is None:
            return
        if not stated.value:
            section.open_field = len(section.draft.fields)
        section.draft.fields.append(stated)
        section.draft.consumed.add(line)

    def _owning_section(self) -> Section | None:
        return next((section for section in reversed(self._sections) if section.draft), None)

    # ── list items ──

    def _item(self, item: Item) -> None:
        self._items.append(item)
        self._seen.add(item.text_line)
        owner = self._owner_of(item)
        first = item.text.split("\n", 1)[0]
        box = _BOX.match(first)
        if box and box[1] in MARK_BY_SIGN:
            self._owner_by_item[id(item)] = self._box_item(item, owner, box, first)
            return
        if box:
            self._report_box(item.text_line, box[1])
        self._owner_by_item[id(item)] = self._plain_item(item, owner)

    def _owner_of(self, item: Item) -> Owner:
        if item.parent is not None:
            return self._owner_by_item[id(item.parent)]
        section = self._owning_section()
        return Owner(section.draft, section.open_field) if section else Owner(None)

    def _box_item(self, item: Item, owner: Owner, box: re.Match[str], first: str) -> Owner:
        mark, rest = MARK_BY_SIGN[box[1]], first[box.end() :].strip()
        if owner.draft is not None:
            owner.draft.checklist.append(Check(text=rest, done=mark is Mark.DONE, line=item.text_line + 1))
            owner.draft.consumed.add(item.text_line)
            return Owner(owner.draft)
        if _LEGEND.match(rest) or self._in_legend():
            return Owner(None)
        span = self._box_span(item.text_line, box[1])
        if not inline.read_title(rest, 0).text:
            self._report(item.text_line, "a task without a title: write what is to be done behind the box")
            return Owner(None)
        above = self._items_above(item)
        return Owner(
            self._open_task(
                line=item.text_line, end=item.end, text_end=item.text_end, text=rest, mark=mark, span=span, above=above
            )
        )

    def _plain_item(self, item: Item, owner: Owner) -> Owner:
        """A field of the task around it, a part of such a field, or ordinary text."""
        stated = inline.read_field(item.text, item.text_line + 1) if item.text else None
        if stated and stated.folded_key == "status" and owner.draft is None:
            self._status(stated, item.text_line)
            return Owner(None)
        if owner.draft is None:
            return Owner(None)
        if stated:
            owner.draft.fields.append(stated)
            owner.draft.consumed.update(range(item.text_line, item.text_end))
            return Owner(owner.draft, len(owner.draft.fields) - 1)
        if owner.field is not None and item.text:
            self._append(owner.draft, owner.field, item)
        return owner

    def _append(self, draft: Draft, place: int, item: Item) -> None:
        known = draft.fields[place]
        value = f"{known.value}\n{item.text}" if known.value else item.text
        draft.fields[place] = Field(key=known.key, value=value, line=known.line)
        draft.consumed.update(range(item.text_line, item.text_end))

    def _items_above(self, item: Item) -> tuple[str, ...]:
        above: list[str] = []
        while item.parent is not None:
            item = item.parent
            above.append(item.text.split("\n", 1)[0])
        return tuple(reversed(above))

    def _in_legend(self) -> bool:
        return bool(self._sections) and _LEGEND_HEADING.search(self._sections[-1].title) is not None

    # ── what both kinds of task share ──

    def _open_task(
        self,
        *,
        line: int,
        end: int,
        text_end: int,
        text: str,
        mark: Mark,
        span: tuple[int, int],
        mark_line: int | None = None,
        above: tuple[str, ...] = (),
    ) -> Draft:
        title = inline.read_title(text, line + 1)
        headings = [section.title for section in self._sections if section.heading.line != line]
        draft = Draft(
            line=line,
            end=end,
            text_end=text_end,
            title=title,
            mark=mark,
            mark_line=line if mark_line is None else mark_line,
            span=span,
            trail=(*headings, *above),
            priority=self._priority_here(),
            fields=list(title.fields),
        )
        self._drafts.append(draft)
        return draft

    def _priority_here(self) -> int | None:
        return next((one.priority for one in reversed(self._sections) if one.priority is not None), None)

    def _box_span(self, line: int, sign: str) -> tuple[int, int]:
        start = self._lines[line].index("[") + 1  # nothing before the box can hold a bracket
        return start, start + len(sign)

    # ── what is no task ──

    def _dead(self, dead: Dead) -> None:
        if self._sections:
            self._sections[-1].open_field = None
        for line in range(dead.line, dead.end):
            self._dead_by_line[line] = dead

    def _report_box(self, line: int, sign: str) -> None:
        inner = sign.strip()
        if inner.isdigit() or len(inner) > 1:
            return  # a footnote, or words in brackets
        self._report(line, f"[{sign}] is no marker: write [ ], [→], [?], [x], [!] or [-]")

    def _report(self, line: int, why: str) -> None:
        self._unreadable.append(Unreadable(path=self._path, line=line + 1, why=why))


def _priority(heading: str) -> int | None:
    found = next((found for pattern in _PRIORITY if (found := pattern.search(heading))), None)
    return int(found[1]) if found else None


def _status_word(value: str) -> str:
    word = value.split("(", 1)[0].strip(" \t*_`.").casefold()
    return "_".join(word.replace("-", " ").replace("_", " ").split())
