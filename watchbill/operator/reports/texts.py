"""The document of scene progress: how far each text is on a day, and how that came about."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from watchbill.operator.doors import Plain
from watchbill.operator.drawing.trend import Line, Trend
from watchbill.operator.reports.document import Block, Document, Heading, Rows, Text, Tile, Tiles


def document(day: date, told: Plain) -> Document:
    return Document(
        title=f"Scene progress, {day}",
        subtitle="Words as they are counted, by file and by its tasks.",
        blocks=tuple(_blocks(told)),
    )


def _blocks(told: Plain) -> Iterator[Block]:
    texts = told["texts"]
    if not texts:
        yield Text(text="No text is counted: name some in [reports] scenes.")
        return
    known = [each["complete"] for each in texts if each["complete"] is not None]
    yield Tiles(
        tiles=[
            Tile(
                title="Words",
                value=f"{told['words']:,}",
                note="" if told["gained"] is None else f"{told['gained']:+,} since the count before",
            ),
            Tile(title="Texts", value=str(len(texts)), note=f"{sum(each == 1 for each in known)} complete"),
            Tile(title="Placeholders", value=str(told["placeholders"])),
        ]
    )
    yield Heading(text="By file and its tasks")
    yield scene_rows(texts)
    if told["groups"]:
        yield Heading(text="By group of tasks")
        yield group_rows(told["groups"])
    yield from words_by_day(told)


def group_rows(groups: Sequence[Plain]) -> Rows:
    return Rows(
        columns=("Group", "Tasks done>", "Complete>", "Words>", "Target>", "Texts"),
        rows=[
            (
                each["group"],
                f"{each['tasks_done']} of {each['tasks']}",
                f"{each['complete']:.0%}",
                f"{each['words']:,}",
                f"{each['target_words']:,} words" if each["target_words"] else "",
                ", ".join(each["texts"]),
            )
            for each in groups
        ],
    )


def words_by_day(told: Plain) -> Iterator[Block]:
    """Nothing before there are two days; a day that was not counted is a gap."""
    words = {date.fromisoformat(each["day"]): float(each["words"]) for each in told["by_day"]}
    if len(words) > 1:
        first, last = min(words), max(words)
        days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
        values = tuple(words.get(day) for day in days)
        yield Trend(title="Words, day by day", unit=" words", first=first, lines=(Line(name="words", values=values),))


def scene_rows(texts: Sequence[Plain]) -> Rows:
    return Rows(
        columns=("Text", "Words>", "Gained>", "Target>", "Tasks done>", "Complete>", "Placeholders>"),
        rows=[
            (
                each["path"],
                f"{each['words']:,}",
                f"{each['gained']:+,}" if each["gained"] else "",
                _target(each),
                f"{each['tasks_done']} of {each['tasks']}" if each["tasks"] else "",
                "" if each["complete"] is None else f"{each['complete']:.0%}",
                str(each["placeholders"] or ""),
            )
            for each in texts
        ],
    )


def _target(each: Plain) -> str:
    if each["target_words"]:
        return f"{each['target_words']:,} words"
    return f"{each['target_bytes']:,} bytes" if each["target_bytes"] else ""
