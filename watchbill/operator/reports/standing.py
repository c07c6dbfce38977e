"""The document of how everything stands: workers, queue, scenes, branches, health, and what to do."""

from collections.abc import Iterator

from watchbill.operator.doors import Plain
from watchbill.operator.reports.document import Block, Document, Heading, Mood, Point, Points, Rows, Text, Tile, Tiles

_MOODS = {"healthy": Mood.GOOD, "warning": Mood.SO_SO, "critical": Mood.BAD}


def document(answer: Plain) -> Document:
    return Document(
        title="Agent management status",
        subtitle=f"{answer['timestamp']}, mode {answer['configuration']['mode']}.",
        blocks=tuple(_blocks(answer)),
    )


def _blocks(answer: Plain) -> Iterator[Block]:
    queue, health = answer["task_queue"], answer["health"]
    yield Tiles(
        tiles=[
            Tile(
                title="Health",
                value=f"{answer['health_score']} of 100",
                note=health["health"],
                mood=_MOODS[health["health"]],
            ),
            Tile(title="Queue", value=f"{queue['completed']} of {queue['total']} done", note=_queued(queue)),
            Tile(
                title="Needs you",
                value=str(len(answer["needs_you"]) or "nothing"),
                mood=Mood.SO_SO if answer["needs_you"] else Mood.GOOD,
            ),
        ]
    )
    yield Heading(text="Workers")
    yield Rows(
        columns=("Worker", "State", "Well>", "Hours", "Done 24 h>", "Cost 24 h>", "Note"),
        rows=[
            (
                name,
                each["status"],
                str(each["score"]),
                each["hours"] + (", now" if each["on_watch"] else ""),
                f"{each['landed_24h'] + each.get('verified_24h', 0)} of {each['runs_24h']}",
                f"${each['cost_24h_usd']:.2f}",
                each["note"],
            )
            for name, each in answer["workers"].items()
        ],
    )
    yield from _scenes(answer)
    yield Heading(text="Branches")
    clashing = [each for each in answer["merge_conflicts"] if each["has_conflicts"]]
    if clashing:
        yield Points(
            points=[
                Point(text=f"{each['branch']} does not merge with {each['against']}: {', '.join(each['paths'])}")
                for each in clashing
            ]
        )
    else:
        yield Text(text=f"All {len(answer['merge_conflicts'])} that are looked at merge.")
    if health["deductions"]:
        yield Heading(text="What speaks against its health")
        yield Points(
            points=[Point(text=f"-{one['points']}: {one['why'].splitlines()[0]}") for one in health["deductions"]]
        )
    yield Heading(text="Recommendations")
    if answer["recommendations"]:
        yield Points(points=[Point(text=one["evidence"], command=one["run"]) for one in answer["recommendations"]])
    else:
        yield Text(text="None: go on.")


def _queued(queue: Plain) -> str:
    said = (
        ("pending", "total_pending"),
        ("in progress", "in_progress"),
        ("in review", "needs_review"),
        ("failed", "failed"),
    )
    return ", ".join(f"{queue[key]} {word}" for word, key in said if queue[key])


def _scenes(answer: Plain) -> Iterator[Block]:
    if not answer["scene_completion"]:
        return
    yield Heading(text="Scene completion")
    yield Rows(
        columns=("Text", "Words>", "Lines>", "Placeholders>", "Tasks done>", "Complete>"),
        rows=[
            (
                path,
                f"{each['words']:,}",
                f"{each['lines']:,}",
                str(each["placeholders"] or ""),
                f"{each['tasks_done']} of {each['tasks']}" if each["tasks"] else "",
                "" if each["estimated_complete"] is None else f"{each['estimated_complete']} %",
            )
            for path, each in answer["scene_completion"].items()
        ],
    )
