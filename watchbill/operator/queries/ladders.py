"""Ladders as answers: how each step's results did, and how much of what passed was no good after all."""

from watchbill.operator.doors import Plain
from watchbill.state import steps
from watchbill.state.engine import Connection


def totals(conn: Connection) -> list[Plain]:
    """By task type and step, of all time; empty where no run ever was a step of a ladder."""
    return [
        {
            "type": total.type,
            "step": total.step,
            "runs": total.runs,
            "passed": total.passed,
            "failed": total.failed,
            "undone": total.undone,
            "false_accept_rate": None if total.false_accept_rate is None else round(total.false_accept_rate, 4),
        }
        for total in steps.totals(conn)
    ]
