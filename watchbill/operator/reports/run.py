"""A run's report: what it came to, whole, as it is kept among the written reports."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from watchbill.domain.ids import RunId
from watchbill.domain.money import MicroUsd, show
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import runs
from watchbill.operator.reports.document import Block, Document, Heading, Mood, Point, Points, Rows, Text, Tile, Tiles
from watchbill.state import runs as run_rows
from watchbill.state import tasks
from watchbill.state.engine import Connection

_GOOD, _IN_VAIN = ("landed", "verified"), ("failed", "rejected", "lost")
VERSION = 1  # rises when a key changes its meaning or goes away


def run_report(conn: Connection, run_id: RunId) -> Plain:
    """An ended run's report: JSON values only, times in UTC, the same however late it is written. Raises NotFound."""
    run = run_rows.get(conn, run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id!r}", hint="watchbill run list")
    task = tasks.get(conn, run.task)
    whole = runs.one(conn, run.ended_at or run.started_at, run_id)
    return {"report": VERSION, **whole, "task_state": None if task is None else task.state}


def document(report: Plain) -> Document:
    """The same for people."""
    return Document(
        title=f"{report['id']}: {report['title']}",
        subtitle=f"{report['provider']} {report['model']} on {report['repo']}, attempt {report['attempt']}".replace(
            "  ", " "
        ),
        blocks=tuple(_blocks(report)),
    )


def _blocks(report: Plain) -> Iterator[Block]:
    landed = report["state"] in _GOOD
    yield Tiles(
        tiles=[
            Tile(
                title="End",
                value=report["state"],
                note=report["reason"],
                mood=Mood.GOOD if landed else Mood.BAD if report["state"] in _IN_VAIN else Mood.PLAIN,
            ),
            Tile(title="Cost", value=show(MicroUsd(report["cost_micro_usd"])), note=f"{report['calls']} calls"),
            Tile(
                title="Time",
                value=f"{report['seconds'] / 60:.1f} min",
                note=f"from {datetime.fromisoformat(report['started_at']):%Y-%m-%d %H:%M} UTC",
            ),
            Tile(title="Task", value=report["task"], note=f"{report['type']}, now {report['task_state']}"),
        ]
    )
    if report["commit"]:
        yield Points(
            points=[Point(text=f"Landed {report['commit'][:10]}", command=f"watchbill run diff {report['id']}")]
        )
    if report["riders"]:
        yield Text(text=f"Done with it: {', '.join(each['task'] for each in report['riders'])}")
    yield from _verdicts(report)
    yield from _calls(report)
    if report["conflicts"]:
        yield Heading(text="Conflicts")
        yield Rows(
            columns=("Tried", "Worked", "Files"),
            rows=[
                (each["rung"], "yes" if each["worked"] else "no", ", ".join(each["paths"]))
                for each in report["conflicts"]
            ],
        )


def _verdicts(report: Plain) -> Iterator[Block]:
    if not report["verdicts"]:
        return
    yield Heading(text="What the gates said")
    yield Rows(
        columns=("Passes", "New>", "Debt>", "First of what is new"),
        rows=[
            ("yes" if each["passes"] else "no", str(len(each["new"])), str(len(each["debt"])), _first(each["new"]))
            for each in report["verdicts"]
        ],
    )


def _first(findings: Sequence[Plain]) -> str:
    if not findings:
        return ""
    found = findings[0]
    place = found["path"] + (f":{found['line']}" if found["line"] else "")
    return f"{place} {found['gate']}/{found['rule']}: {found['message'].splitlines()[0] if found['message'] else ''}"


def _calls(report: Plain) -> Iterator[Block]:
    if not report["call_list"]:
        return
    yield Heading(text="Calls")
    yield Rows(
        columns=("Call", "Model", "State", "Tokens in>", "Tokens out>", "Cost>"),
        rows=[
            (
                each["id"],
                each["model"],
                each["state"],
                "" if each["tokens_in"] is None else f"{each['tokens_in']:,}",
                "" if each["tokens_out"] is None else f"{each['tokens_out']:,}",
                "" if each["cost_micro_usd"] is None else show(MicroUsd(each["cost_micro_usd"])),
            )
            for each in report["call_list"]
        ],
    )
