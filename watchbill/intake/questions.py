"""The questions file as it is read: what was asked, what people wrote, and what was settled. Pure, on the file's bytes.

A question is a heading `### Q-7: …` and what stands below it, up to the next question, section, or heading of its depth. It
is read line by line: no fence or comment that somebody left open can hide a question.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from watchbill.domain.ids import QuestionId
from watchbill.intake.entries import Unreadable
from watchbill.intake.grammar import decode

MAX_CHARACTERS = 4_000_000  # beyond this it is no file that people answer in
MAX_ANSWER = 20_000  # characters: an answer is sent to a model and kept for ever

_QUESTION = re.compile(r" {0,3}#{1,6}[ \t]+(Q-[1-9][0-9]{0,8})\b")
_SECTION = re.compile(r" {0,3}#{1,2}[ \t]+(Open|Resolved)[ \t#]*", re.IGNORECASE)
_HEADING = re.compile(r" {0,3}(#{1,3})(?:[ \t]|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ANSWER = re.compile(r" {0,3}(?:[-*+][ \t]+)?(?:\*\*Answer:\*\*|\*\*Answer\*\*:|Answer:)(.*)", re.IGNORECASE)
_RESOLVED = re.compile(r" {0,3}\*\*Resolved:\*\*", re.IGNORECASE)
_OPTION = re.compile(r"[ \t]*[-*+][ \t]+\[([^\]]{0,3})\](?:[ \t]+(.*))?")
_NUMBER = re.compile(r"[0-9]+\.[ \t]+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE = re.compile(r"[ \t]*([-*_])[ \t]*(?:\1[ \t]*){2,}")
_UNDECODED = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question as it stands in the file."""

    id: QuestionId
    line: int  # 1-based line of its heading
    end: int  # 1-based last line that belongs to it
    resolved: bool
    answer: str = ""
    answer_line: int = 0  # 1-based; 0: there is no such line
    unclear: str = ""  # why the answer cannot be understood
    unclear_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsFile:
    entries: tuple[Entry, ...] = ()
    twins: tuple[Entry, ...] = ()  # questions whose number stands above them already
    unusable: str = ""  # why the file as a whole tells nothing

    def find(self, id_: QuestionId) -> Entry | None:
        return next((entry for entry in self.entries if entry.id == id_), None)

    def unreadable(self, path: str, asked: Collection[QuestionId]) -> tuple[Unreadable, ...]:
        """What cannot be understood of those that are asked, by line. What else stands there is its owner's affair."""
        if self.unusable:
            return (Unreadable(path=path, line=1, why=self.unusable),)
        unclear = [
            (one.unclear_line, f"{one.id}: {one.unclear}") for one in self.entries if one.unclear and one.id in asked
        ]
        twins = [
            (one.line, f"{one.id} is there twice: only the first one counts") for one in self.twins if one.id in asked
        ]
        return tuple(Unreadable(path=path, line=line, why=why) for line, why in sorted((*unclear, *twins)))

    @property
    def highest(self) -> int:
        """The highest number of a question that stands there, ours or not; 0 when there is none."""
        return max((int(entry.id.removeprefix("Q-")) for entry in self.entries), default=0)


def parse(data: bytes) -> QuestionsFile:
    """Everything that the file says. Never raises."""
    text = decode(data)
    if why := _no_file(text):
        return QuestionsFile(unusable=why)
    lines = _lines(text)
    found = [_entry(lines, span) for span in _spans(lines)]
    first = {entry.id: entry for entry in reversed(found)}
    return QuestionsFile(
        entries=tuple(entry for entry in found if first[entry.id] is entry),
        twins=tuple(entry for entry in found if first[entry.id] is not entry),
    )


def resolved_part(raw: Sequence[str]) -> int | None:
    """Where the heading of the resolved part stands, 0-based; None when there is none."""
    found = ((number, _SECTION.fullmatch(line.rstrip("\r"))) for number, line in enumerate(raw))
    return next((number for number, match in found if match and match[1].casefold() == "resolved"), None)


@dataclass(slots=True, kw_only=True)
class _Span:
    """Lines of one question, 0-based, end exclusive."""

    id: QuestionId
    start: int
    end: int
    resolved: bool
    fenced: set[int] = field(default_factory=set)


def _no_file(text: str) -> str:
    if "\0" in text:
        return "it holds NUL characters, so it is not UTF-8 text: save it as UTF-8"
    return f"it is longer than {MAX_CHARACTERS:,} characters" if len(text) > MAX_CHARACTERS else ""


def _lines(text: str) -> list[str]:
    """The lines as they are compared; the file's own keep their carriage returns and its mark."""
    return [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]


def _spans(lines: Sequence[str]) -> list[_Span]:
    spans: list[_Span] = []
    open_span: _Span | None = None
    resolved = False
    fence = ""
    for number, line in enumerate(lines):
        question, section = _QUESTION.match(line), _SECTION.fullmatch(line)
        heading = None if fence else _HEADING.match(line)
        if question or section or heading:
            if open_span:
                open_span.end = number
            open_span, fence = None, ""
            if section:
                resolved = section[1].casefold() == "resolved"
            elif heading and not question and len(heading[1]) < 3:  # noqa: PLR2004  # a section of somebody else's
                resolved = False
        if question:
            open_span = _Span(id=QuestionId(question[1]), start=number, end=len(lines), resolved=resolved)
            spans.append(open_span)
        elif not (section or heading):
            if fence and open_span:
                open_span.fenced.add(number)
            fence = _fence_after(line, fence)
    return spans


def _fence_after(line: str, fence: str) -> str:
    found = _FENCE.match(line)
    if not fence:
        return found[1] if found else ""
    closes = found and found[1][0] == fence[0] and len(found[1]) >= len(fence) and not line[found.end() :].strip()
    return "" if closes else fence


def _entry(lines: Sequence[str], span: _Span) -> Entry:
    inside = [number for number in range(span.start + 1, span.end) if number not in span.fenced]
    settled = next((number for number in range(span.start + 1, span.end) if _RESOLVED.match(lines[number])), None)
    place = next((number for number in inside if _ANSWER.match(lines[number])), None)
    read = Entry(
        id=span.id,
        line=span.start + 1,
        end=_last(lines, span) + 1,
        resolved=span.resolved or settled is not None,
        answer_line=0 if place is None else place + 1,
    )
    words = "" if place is None else _words(lines, place, span.end if settled is None else max(settled, place + 1))
    options = [
        (number, found)
        for number in inside
        if (place is None or number < place) and (found := _OPTION.fullmatch(lines[number]))
    ]
    return _answered(read, words, options)


def _last(lines: Sequence[str], span: _Span) -> int:
    return max((number for number in range(span.start, span.end) if lines[number].strip()), default=span.start)


def _words(lines: Sequence[str], place: int, end: int) -> str:
    first = _ANSWER.match(lines[place])
    assert first is not None, "it was found there"
    said = "\n".join((first[1], *lines[place + 1 : end])).strip()
    if len(said) <= MAX_ANSWER:  # a comment that is never closed is looked for to the end, from each of its beginnings
        said = _COMMENT.sub("", said).strip()
    above, _, last = said.rpartition("\n")
    return above.strip() if _RULE.fullmatch(last) else said


def _answered(read: Entry, words: str, options: Sequence[tuple[int, re.Match[str]]]) -> Entry:
    ticked = [(number, found) for number, found in options if found[1].strip()]
    strange = [number for number, found in ticked if found[1].strip() not in ("x", "X")]
    if strange:
        return replace(read, unclear="what stands in the box is no tick: write [x]", unclear_line=strange[0] + 1)
    if len(ticked) > 1 and not words:
        why = "several options are ticked and nothing is written: leave one, or write what is meant"
        return replace(read, unclear=why, unclear_line=ticked[1][0] + 1)
    if not read.answer_line and not ticked:
        return replace(read, unclear="its **Answer:** line is gone: write one", unclear_line=read.line)
    chosen = [_NUMBER.sub("", (found[2] or "").strip(), count=1) for _, found in ticked]
    answer = "\n".join(part for part in (*chosen, words) if part)
    line = read.answer_line or read.line
    if _UNDECODED.search(answer):
        return replace(read, unclear="the answer is not UTF-8: save the file as UTF-8", unclear_line=line)
    if len(answer) > MAX_ANSWER:
        return replace(read, unclear=f"the answer is longer than {MAX_ANSWER:,} characters", unclear_line=line)
    return replace(read, answer=answer)
