"""A text as the checks see it: what is prose, its paragraphs and sentences, and who speaks which words.

Everything keeps its place: a masked text is as long as the original, so that a quote is always an exact part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import Token, tokens

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\r?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "„": '"', "ʼ": "'", "\u00a0": " ", "\u2011": "-"}
)
_COMMAND = re.compile(r"[ \t]*\*[a-zA-Z_]\w*(?:[ \t].*)?", re.ASCII)
_HIDDEN = (
    re.compile(r"^(?:```|~~~).*?^(?:```|~~~)[^\n]*", re.DOTALL | re.MULTILINE),
    loose(r"\[/?[ibu]\]"),
    re.compile(r"[@$]!{0,2}\{[^}\n]{0,200}\}"),
    re.compile(r"(?<=\])\([^()\s]{1,300}\)"),
    re.compile(r"https?://[^\s)>\]]{1,500}"),
)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?![\w*])|(?<![\w_])_{1,2}(?=[^\s_])|(?<=[^\s_])_{1,2}(?![\w_])|[`~]"
)
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s|$)")
_SHORT = bag("mr mrs ms dr st prof capt col gen lt sgt rev hon sr jr no vs etc e.g i.e ch ep vol fr supt insp")
_OPEN_SINGLE = re.compile(r"(?:(?<=\s)|(?<=[—–(-])|\A)'(?=[A-Z0-9\[…])")
_CLOSE_SINGLE = re.compile(r"(?<=[.,!?…—–-])'(?=[\s)—–]|\Z)")


# What is longer, or has more marks of quotation, is no prose, and would be looked at again and again.
MAX_PARAGRAPH = 8_000  # characters
MAX_SENTENCE = 600
MAX_MARKS = 100  # of quotation in a paragraph


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or the part of one that is all speech or all narration."""

    start: int
    end: int
    paragraph: int
    speech: int = -1  # which speech of the text it belongs to; -1 is narration
    tokens: tuple[Token, ...] = ()

    @property
    def is_speech(self) -> bool:
        return self.speech >= 0


@dataclass(frozen=True, slots=True)
class Speech:
    start: int  # of its first word, after the mark
    end: int
    paragraph: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    path: str
    text: str  # as it stands in the file
    prose: str  # as long; markup, commands and front matter are blank
    front: str  # the front matter's own text
    paragraphs: tuple[tuple[int, int], ...]
    speeches: tuple[Speech, ...]
    sentences: tuple[Sentence, ...]
    is_scene: bool
    options: str  # as long as the file: what its choices offer, all else blank
    lines: tuple[int, ...] = field(repr=False)  # where each begins

    def in_paragraph(self, paragraph: int) -> str:
        if not 0 <= paragraph < len(self.paragraphs):
            return ""
        start, end = self.paragraphs[paragraph]
        return self.prose[start:end]

    def quote(self, start: int, end: int) -> str:
        """The exact words of the file there."""
        return self.text[start:end].strip()


def read(path: str, text: str) -> Passage:
    is_scene = _is_scene(path, text)
    front = _FRONT.match(text)
    prose = _mask(text, front.end() if front else 0, is_scene=is_scene)
    paragraphs = tuple(_paragraphs(prose, is_scene=is_scene))
    speeches = tuple(
        speech for place, (start, end) in enumerate(paragraphs) for speech in _speeches(prose, start, end, place)
    )
    return Passage(
        path=path,
        text=text,
        prose=prose,
        front=front[1] if front else "",
        paragraphs=paragraphs,
        speeches=speeches,
        sentences=tuple(_sentences(prose, paragraphs, speeches)),
        is_scene=is_scene,
        options=_options(text) if is_scene else "",
        lines=(0, *(match.end() for match in re.finditer("\n", text))),
    )


def _is_scene(path: str, text: str) -> bool:
    """ChoiceScript: a text file in which some line is a command of a scene."""
    if not path.endswith(".txt"):
        return False
    return bool(
        re.search(
            r"^[ \t]*\*(?:label|goto|goto_scene|choice|fake_choice|set|temp|create|finish|page_break|if|line_break|comment|ending|gosub|return|scene_list)\b",
            text,
            re.MULTILINE,
        )
    )


def _mask(text: str, start: int, *, is_scene: bool) -> str:
    plain = " " * start + text[start:].translate(_PLAIN).replace("\r", " ").replace("\t", " ")
    plain = _uncommented(plain)
    for pattern in _HIDDEN:
        plain = pattern.sub(_blank, plain)
    lines = plain.split("\n")
    for place, line in enumerate(lines):
        bare = line.lstrip()
        if is_scene and (_COMMAND.fullmatch(line) or bare.startswith("#")):
            lines[place] = " " * len(line)
        elif bare.startswith(("#", "|", ">", "- ", "* ", "+ ")) and not is_scene:
            lines[place] = _heading(line, bare)
    return _EMPHASIS.sub(_blank, "\n".join(lines))


def _options(text: str) -> str:
    """What the choices of a scene offer, "#Ask her", as prose of its own."""
    return "\n".join(
        line.replace("#", " ", 1) if line.lstrip().startswith("#") else " " * len(line) for line in text.split("\n")
    )


def _uncommented(text: str) -> str:
    """Without comments, at the same length. By find: a pattern would look from each opening to the end."""
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts += [text[at:start], re.sub(r"[^\n]", " ", text[start : end + 3])]
        at = end + 3
    return "".join((*parts, text[at:]))


def _heading(line: str, bare: str) -> str:
    """A heading or a table is no sentence; a quotation's or a bullet's mark is only taken away."""
    if bare.startswith(("#", "|")):
        return " " * len(line)
    lead = len(line) - len(bare)
    return " " * (lead + 1) + line[lead + 1 :]


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _paragraphs(prose: str, *, is_scene: bool) -> Iterator[tuple[int, int]]:
    """Parted by blank lines; in a scene every line is one."""
    at = 0
    pattern = re.compile("\n") if is_scene else _BLANK
    for gap in pattern.finditer(prose):
        yield from _pieces(prose, at, gap.start(), MAX_PARAGRAPH)
        at = gap.end()
    yield from _pieces(prose, at, len(prose), MAX_PARAGRAPH)


def _pieces(prose: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """A part of the text that is not blank, cut at white space where it is longer than any that people write."""
    while end - start > longest:
        cut = max(prose.rfind(" ", start, start + longest), prose.rfind("\n", start, start + longest))
        cut = cut if cut > start else start + longest
        if prose[start:cut].strip():
            yield start, cut
        start = cut
    if prose[start:end].strip():
        yield start, end


def _speeches(prose: str, start: int, end: int, paragraph: int) -> Iterator[Speech]:
    """What stands between marks. Speech that is not closed goes on to the paragraph's end."""
    if '"' in prose[start:end]:
        marks = [match.start() for match in re.finditer('"', prose[start:end])]
        if len(marks) > MAX_MARKS:
            return
        for left, right in zip(marks[::2], [*marks[1::2], end - start], strict=False):
            yield Speech(start + left + 1, start + right, paragraph)
        return
    at = start
    while (opening := _OPEN_SINGLE.search(prose, at, end)) is not None:
        closing = _CLOSE_SINGLE.search(prose, opening.end(), end)
        if closing is None:
            return
        yield Speech(opening.end(), closing.start(), paragraph)
        at = closing.end()


def _sentences(prose: str, paragraphs: tuple[tuple[int, int], ...], speeches: tuple[Speech, ...]) -> Iterator[Sentence]:
    by_paragraph: dict[int, list[tuple[int, Speech]]] = {}
    for place, speech in enumerate(speeches):
        by_paragraph.setdefault(speech.paragraph, []).append((place, speech))
    for paragraph, (start, end) in enumerate(paragraphs):
        at = start
        for place, speech in by_paragraph.get(paragraph, ()):
            yield from _split(prose, at, max(at, speech.start - 1), paragraph, -1)
            yield from _split(prose, speech.start, speech.end, paragraph, place)
            at = min(end, speech.end + 1)
        yield from _split(prose, at, end, paragraph, -1)


def _split(prose: str, start: int, end: int, paragraph: int, speech: int) -> Iterator[Sentence]:
    at = start
    for stop in _END.finditer(prose, start, end):
        if stop[0].startswith(".") and _is_abbreviation(prose, start, stop.start()):
            continue
        yield from _sentence(prose, at, stop.end(), paragraph, speech)
        at = stop.end()
    yield from _sentence(prose, at, end, paragraph, speech)


def _is_abbreviation(prose: str, start: int, stop: int) -> bool:
    word = re.search(r"[\w.]+\Z", prose[max(start, stop - 12) : stop])
    return word is not None and (
        word[0].lower() in _SHORT or (len(word[0]) == 1 and word[0].isupper() and word[0] != "I")
    )


def _sentence(prose: str, start: int, end: int, paragraph: int, speech: int) -> Iterator[Sentence]:
    for at, to in _pieces(prose, start, end, MAX_SENTENCE):
        words = prose[at:to]
        first, last = at + len(words) - len(words.lstrip()), at + len(words.rstrip())
        yield Sentence(first, last, paragraph, speech, tuple(tokens(prose, first, last)))
