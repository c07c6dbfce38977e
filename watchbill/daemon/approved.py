"""Approved work: it lands as a person saw it, in a run of its own, which asks no provider."""

from watchbill.daemon import unmerged
from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint, stopped
from watchbill.daemon.workbench import show_findings
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState


async def land(stint: Stint) -> Landed | End:
    """Gates, then landing. What keeps it from landing is for the person to see: nobody else changes what they approved."""
    if (why := stint.stop()) is not None:
        return stopped(why)
    verdict = await stint.gate()
    assert verdict is not None, "only what changes something is approved"
    if not verdict.passes:
        return stint.review(f"approved, but the gates refuse it: {show_findings(verdict.new)}", verdict.new)
    end = await stint.land()
    if isinstance(end, Conflicts):
        return await unmerged.escalate(stint, end, "approved, but it does not merge with what landed meanwhile")
    if isinstance(end, Landed) or end.state is RunState.DEFERRED:
        return end
    return End(
        state=RunState.REVIEW, task_state=TaskState.REVIEW, why=f"approved, but {end.why}", findings=end.findings
    )
