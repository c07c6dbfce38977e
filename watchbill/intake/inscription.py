"""The questions file as it is written: a question is put in once, and moves into the part "Resolved" when it is settled.

Models' words stand in quotes and on single lines, so they cannot be taken for an answer. Nothing that people wrote is ever
taken out: what stands below a question moves with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.questions import Question, QuestionState, one_line
from watchbill.intake.grammar import decode
from watchbill.intake.questions import Entry, QuestionsFile, parse, resolved_part

_NEW = """# Questions

Asked by those who work here. Write what should be done behind **Answer:**, or tick an option; then the work goes on.

## Open

## Resolved
"""


def show(data: bytes, question: Question) -> bytes:
    """The file's bytes, showing the question as it stands: written if it is not there, resolved if it is settled.

    The same bytes when they show it already. The file has to be usable.
    """
    shown = data if parse(data).find(question.id) is not None else _append(data, question)
    return shown if question.state is QuestionState.OPEN else _resolve(shown, question)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """The file's own lines, with their carriage returns; its byte order mark apart."""

    mark: str
    lines: list[str]

    @property
    def end(self) -> str:
        return "\r" if self.lines[:-1] and self.lines[0].endswith("\r") else ""

    def with_lines(self, lines: Sequence[str]) -> bytes:
        return (self.mark + "\n".join(lines)).encode("utf-8", "surrogateescape")

    def with_block(self, above: Sequence[str], block: Sequence[str], below: Sequence[str]) -> bytes:
        """The block between blank lines, with the file's own line ends."""
        first, last = list(above), list(below)
        if any(line.strip() for line in first):
            if first[-1].strip():
                first[-1] = first[-1].rstrip("\r") + self.end
                first.append(self.end)
        else:
            first = []
        if not last or last[0].strip():
            last.insert(0, self.end if last else "")
        return self.with_lines([*first, *(line.rstrip("\r") + self.end for line in block), *last])


def _raw(data: bytes) -> _Raw:
    text = decode(data) if data.removeprefix(b"\xef\xbb\xbf").strip() else _NEW
    return _Raw(mark=text[: text.startswith("\ufeff")], lines=text.removeprefix("\ufeff").split("\n"))


def _append(data: bytes, question: Question) -> bytes:
    """Before the resolved ones, else at the end."""
    raw = _raw(data)
    place = resolved_part(raw.lines)
    place = len(raw.lines) if place is None else place
    return raw.with_block(raw.lines[:place], _block(question), raw.lines[place:])


def _resolve(data: bytes, question: Question) -> bytes:
    """Into the resolved part, or where it stands, if moving it would change what the others say."""
    before = parse(data)
    entry = before.find(question.id)
    if entry is None or entry.resolved:
        return data
    raw = _raw(data)
    above, block, below = raw.lines[: entry.line - 1], raw.lines[entry.line - 1 : entry.end], raw.lines[entry.end :]
    settled = [*_filled(block, entry, question), "", _resolution(entry, question)]
    moved = _moved(raw, above, settled, below)
    after = parse(moved)
    if _others(before, entry) == _others(after, entry) and (found := after.find(entry.id)) and found.resolved:
        return moved
    return raw.with_block(above, settled, below)


def _moved(raw: _Raw, above: list[str], block: Sequence[str], below: list[str]) -> bytes:
    while len(below) > 1 and not below[0].strip() and not "".join(above[-1:]).strip():
        below = below[1:]  # of the blank lines around it one stays
    rest = [*above, *below]
    place = resolved_part(rest)
    if place is None:
        return raw.with_block(rest, ["## Resolved", "", *block], [])
    return raw.with_block(rest[: place + 1], block, rest[place + 1 :])


def _others(file: QuestionsFile, but: Entry) -> list[tuple[object, ...]]:
    return sorted(
        (entry.id, entry.resolved, entry.answer, entry.unclear) for entry in file.entries if entry.id != but.id
    )


def _block(question: Question) -> list[str]:
    asked = question.asked
    options = [option for text in asked.options if (option := one_line(text))]
    lines = [
        f"### {question.id}: {one_line(asked.title) or 'a question'}",
        "",
        f"**Task:** `{question.task}`, asked by {question.provider} on {_day(question.asked_at)}"
        + ("" if question.waits else "; the work goes on meanwhile, by the recommendation"),
        "",
        *_quoted(asked.issue),
        *(f"- [ ] {number}. {option}" for number, option in enumerate(options, start=1)),
    ]
    if options:
        lines.append("")
    return [*lines, f"**Recommendation:** {one_line(asked.recommendation) or 'none'}", "", "**Answer:** "]


def _quoted(text: str) -> list[str]:
    """As a quote, which no heading, fence or comment in it can leave; with a blank line after it."""
    lines = ["".join(mark if mark.isprintable() else " " for mark in line).rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return [*(f"> {line}".rstrip() for line in lines), ""] if lines else []


def _filled(block: Sequence[str], entry: Entry, question: Question) -> list[str]:
    """The block with the answer in it, where nobody wrote one there."""
    if question.state is not QuestionState.ANSWERED or entry.answer == question.answer:
        return list(block)
    if entry.answer or entry.unclear:  # somebody wrote another one there: it stays, the resolution says what counted
        return list(block)
    place = entry.answer_line - entry.line
    asked = block[place].rstrip()
    first, *more = _quoted(question.answer)[:-1] or [""]
    said = [asked, "", first, *more] if more else [f"{asked} {first.removeprefix('> ')}"]
    return [*block[:place], *said, *block[place + 1 :]]


def _resolution(entry: Entry, question: Question) -> str:
    assert question.settled_at is not None, "a settled question says when"
    when = _day(question.settled_at)
    if question.state is QuestionState.WITHDRAWN:
        return f"**Resolved:** {when}, without an answer: {one_line(question.how)}"
    other = entry.answer != question.answer and (entry.answer or entry.unclear)
    counted = f"; what counted: {one_line(question.answer)}" if other else ""
    return f"**Resolved:** {when}, {one_line(question.how)}{counted}"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
