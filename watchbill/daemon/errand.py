"""The errand of an agent: local automation is given a whole stint; the same gates judge what it leaves behind."""

from watchbill.daemon import proposals
from watchbill.daemon.delivery import Landed
from watchbill.daemon.setbacks import End, end_after
from watchbill.daemon.stint import Stint
from watchbill.daemon.workbench import Bench, show_findings
from watchbill.domain.findings import Severity, waits_for_a_human
from watchbill.domain.outcomes import Setback, StintDone
from watchbill.domain.ports import AgentProvider
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import TaskState


async def run_errand(stint: Stint, bench: Bench, provider: AgentProvider) -> Landed | End:
    """One stint and its end."""
    await stint.stage(Stage.WORK)
    end = await provider.stint(stint.task, bench)
    if isinstance(end, Setback):
        return end_after(end, stint.terms.zone, has_progress=False)
    stint.note(HandOff(summary=end.summary, next_steps=end.next_steps))
    verdict = await stint.gate()
    if verdict is None:
        return await _unchanged(stint, bench, end)
    if verdict.passes:
        return await stint.land()
    if waits_for_a_human(verdict.new):
        return stint.review(f"only a human decides: {show_findings(verdict.new)}", verdict.new)
    return End(
        state=RunState.REJECTED,
        task_state=TaskState.QUEUED,
        why="its change does not pass the gates",
        fresh=True,
        findings=verdict.new,
    )


async def _unchanged(stint: Stint, bench: Bench, end: StintDone) -> End:
    """Nothing was changed: either the checks say that all is well, or what they found becomes proposed tasks."""
    if end.verified:
        return End(state=RunState.VERIFIED, task_state=TaskState.VERIFIED, why=end.summary)
    findings = [finding for finding in await bench.check() if finding.severity is Severity.ERROR]
    parts = stint.parts
    proposed = await proposals.propose(
        stint.repo, findings, database=parts.database, clock=parts.clock, events=parts.events
    )
    return End(
        state=RunState.REVIEW,
        task_state=TaskState.REVIEW,
        why=f"{end.summary}; {len(proposed)} tasks proposed" if findings else end.summary,
        findings=tuple(findings[:20]),
    )
