"""A picture: an SVG with a title, a sentence that describes it, and the table of what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from watchbill.operator.drawing.shapes import number, words

WIDE, NARROW = 900.0, 380.0  # pixels: a desk's picture, and a phone's
IS_NARROW = 560  # below this a picture leaves out what a phone has no room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The same as the picture, for who does not see it; the first column names the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def html(self, caption: str) -> str:
        head = "".join(f'<th scope="col">{words(column)}</th>' for column in self.columns)
        body = "".join(f"<tr>{_cells(row)}</tr>" for row in self.rows)
        return (
            f'<table class="numbers"><caption>{words(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def markdown(self) -> str:
        rows = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return "\n".join(f"| {' | '.join(map(_in_markdown, row))} |" for row in rows) + "\n"


def _cells(row: Sequence[str]) -> str:
    name, *values = row
    return f'<th scope="row">{words(name)}</th>' + "".join(f"<td>{words(value)}</td>" for value in values)


def _in_markdown(text: str) -> str:
    return words(" ".join(text.split())).replace("|", "\\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    kind: str  # a class that its style goes by
    name: str  # unique on a page: its ids begin so
    title: str
    said: str  # in one sentence
    width: float
    height: float
    parts: tuple[str, ...]
    table: Table

    def svg(self) -> str:
        """To stand in a page that has our style sheet."""
        return self._document("")

    def standalone(self) -> str:
        """To stand alone, as a file or in a report: with its style."""
        return self._document(f"<style>{style()}</style>")

    def table_html(self) -> str:
        return self.table.html(self.title)

    def _document(self, style_: str) -> str:
        high, broad = number(self.height), number(self.width)
        name = "".join(_fit_for_an_id(letter) for letter in self.name)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture {self.kind}" viewBox="0 0 {broad} {high}" '
            f'width="{broad}" height="{high}" role="img" aria-labelledby="{name}-title {name}-said">'
        )
        told = f'<title id="{name}-title">{words(self.title)}</title><desc id="{name}-said">{words(self.said)}</desc>'
        return "\n".join([head, told + style_, *self.parts, "</svg>\n"])


def _fit_for_an_id(letter: str) -> str:
    """Two names never give the same id."""
    return letter if letter.isascii() and (letter.isalnum() or letter == "-") else f"_{ord(letter):x}"


@lru_cache(maxsize=1)
def style() -> str:
    """The pictures' style sheet, light and dark."""
    return (resources.files(__package__) / "picture.css").read_text(encoding="utf-8")
