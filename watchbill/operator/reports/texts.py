"""The document of scene progress: how far each text is on a day, and how that came about."""

from collections.abc import Iterator, Sequence
from datetime import date

from watchbill.operator.doors import Plain
from watchbill.operator.reports.document import Block, Chart, Document, Heading, Line, Rows, Text, Tile, Tiles


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
    by_day = told["by_day"]
    if len(by_day) > 1:
        yield Heading(text="Day by day")
        yield Chart(
            title="Words",
            unit=" words",
            first=date.fromisoformat(by_day[0]["day"]),
            lines=(Line(name="words", values=tuple(float(each["words"]) for each in by_day)),),
        )


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
