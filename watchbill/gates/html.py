"""HTML: elements are closed in the order in which they were opened, as far as the language asks for it; tags are whole.

The reader is Python's own, which takes text apart as browsers do. What browsers mend in silence, and authors leave out on
purpose (</p>, </li>, <html> …), passes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source, unchecked

VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "command", "embed", "frame", "hr", "image", "img", "input"}
    | {"keygen", "link", "meta", "param", "source", "track", "wbr"}
)
OPTIONAL_END = frozenset(
    {"html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot"}
    | {"colgroup", "caption", "rt", "rp", "rb", "rtc"}
)
# Of these browsers read nothing but their own end tag; Python's reader knows script and style only.
PLAIN_TEXT = frozenset({"title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"})
# Old formatting that is often crossed (<b><i></b></i>), which browsers mend as it was meant.
FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
TEMPLATE = re.compile(
    r"\{%|<%|<\?php|<\?=|\{\{[#/^]|\{#|th:each=|<#(?:if|list)\b"
    r"|\{\{-?\s*(?:if|else|end|range|with|define|template|block|partial)\b"  # of Go
)
UNFINISHED = re.compile(r"<(?:[a-zA-Z/!?])[^\n]{0,40}")


def look(source: Source) -> Iterator[Finding]:
    if TEMPLATE.search(source.text):
        yield unchecked(source, "it is a template, which is HTML only once it is filled in")
        return
    reader = _Reader()
    reader.feed(source.text)
    reader.stopped()
    for rule, line, message in sorted(set(reader.found), key=lambda one: (one[1], one[0], one[2])):
        yield source.finding(rule, line, message)


@dataclass(slots=True)
class _Open:
    name: str
    line: int


class _Reader(HTMLParser):
    """Keeps the elements that are open while the tags go by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, int, str]] = []
        self._open: list[_Open] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._in_plain_text(tag):
            return
        self._attributes(tag, attrs)
        if tag not in VOID:
            self._open.append(_Open(tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._in_plain_text(tag):
            self._attributes(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or self._in_plain_text(tag):
            return
        place = next((n for n in range(len(self._open) - 1, -1, -1) if self._open[n].name == tag), None)
        line = self.getpos()[0]
        if place is None:
            if tag not in OPTIONAL_END and tag not in FORMATTING:
                self.found.append(("stray-end", line, f"</{tag}> ends nothing that is open"))
            return
        between = self._open[place + 1 :]
        if tag in FORMATTING and any(one.name not in FORMATTING for one in between):
            del self._open[place]
            return
        del self._open[place:]
        for one in between:
            self._unclosed(one, f"before </{tag}> in line {line}")

    def stopped(self) -> None:
        """What is still open at the end of the file."""
        rest = self.rawdata
        line = self.getpos()[0]
        if self.cdata_elem is not None or UNFINISHED.match(rest):
            what = f"<{self.cdata_elem}>" if self.cdata_elem is not None else rest.split("\n")[0][:40]
            self.found.append(("unfinished", line, f"{what} has no end in this file"))
        for one in self._open:
            if one.name != self.cdata_elem:
                self._unclosed(one, "at the end of the file")

    def _unclosed(self, one: _Open, where: str) -> None:
        if one.name not in OPTIONAL_END and one.name not in FORMATTING:
            self.found.append(("unclosed", one.line, f"<{one.name}> is not closed {where}"))

    def _in_plain_text(self, tag: str) -> bool:
        last = self._open[-1].name if self._open else ""
        return last in PLAIN_TEXT and tag != last

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen: set[str] = set()
        for name, _ in attrs:
            if name in seen:
                told = f"<{tag}> has the attribute {name} twice; browsers take the first"
                self.found.append(("duplicate-attribute", self.getpos()[0], told))
            seen.add(name)


GATE = FileGate(name="html", suffixes=frozenset({".html", ".htm"}), look=look, isolated=True)
