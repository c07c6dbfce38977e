"""A document as one HTML file that needs nothing else: light and dark, narrow and wide, and on paper."""

from collections.abc import Iterator
from html import escape
from importlib import resources

from watchbill.operator.drawing import picture, trend
from watchbill.operator.drawing.trend import Trend
from watchbill.operator.reports.document import Block, Document, Heading, Points, Rows, Text, Tiles


def write(document: Document) -> str:
    style = resources.files("watchbill.operator.reports").joinpath("report.css").read_text(encoding="utf-8")
    if any(isinstance(block, Trend) for block in document.blocks):
        style += picture.style()
    body = "\n".join(part for place, block in enumerate(document.blocks) for part in _block(block, place))
    title, subtitle = escape(document.title), escape(document.subtitle)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
</header>
{body}
</main>
</body>
</html>
"""


def _block(block: Block, place: int) -> Iterator[str]:
    match block:
        case Tiles():
            yield from _tiles(block)
        case Heading():
            yield f"<h2>{escape(block.text)}</h2>"
        case Text():
            yield f"<p>{escape(block.text)}</p>"
        case Points():
            yield from _points(block)
        case Rows():
            yield from _rows(block)
        case Trend():
            drawn = trend.draw(block, width=picture.WIDE, name=f"trend-{place}")
            yield f"<figure><figcaption>{escape(block.title)}</figcaption>{drawn.svg()}</figure>"


def _tiles(block: Tiles) -> Iterator[str]:
    yield '<dl class="tiles">'
    for tile in block.tiles:
        note = f'<dd class="note">{escape(tile.note)}</dd>' if tile.note else ""
        yield f'<div class="tile {tile.mood}"><dt>{escape(tile.title)}</dt><dd class="value">{escape(tile.value)}</dd>{note}</div>'
    yield "</dl>"


def _points(block: Points) -> Iterator[str]:
    kind = "points" if any(point.command for point in block.points) else "points words"
    yield f'<ul class="{kind}">'
    for point in block.points:
        command = f"<code>{escape(point.command)}</code>" if point.command else ""
        yield f"<li><span>{escape(point.text)}</span>{command}</li>"
    yield "</ul>"


def _rows(block: Rows) -> Iterator[str]:
    kinds = [' class="number"' if column.endswith(">") else "" for column in block.columns]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(column.rstrip(">"))}</th>'
        for column, kind in zip(block.columns, kinds, strict=True)
    )
    yield f'<div class="rows" tabindex="0" role="region" aria-label="{escape(block.columns[0])}"><table><thead><tr>{heads}</tr></thead><tbody>'
    for row in block.rows:
        cells = "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"
    if block.note:
        yield f'<p class="note">{escape(block.note)}</p>'
