"""The errand of an agent: it is given a whole stint; its diff and the gates judge what it leaves behind, never its words."""

from functools import partial

from watchbill.daemon import proposals, unmerged, widening
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End, end_after
from watchbill.daemon.stint import Stint, stopped
from watchbill.daemon.terms import Stop
from watchbill.daemon.workbench import Bench, show_findings
from watchbill.domain import brief
from watchbill.domain.claims import Widen, covers
from watchbill.domain.errors import GitError
from watchbill.domain.findings import Severity, Verdict, waits_for_a_human
from watchbill.domain.outcomes import Setback, StintDone, StintStopped
from watchbill.domain.ports import AgentProvider, StintRequest
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.widening import Free, Held, Unfit
from watchbill.workspace.confinement import Quarters


class Errand:
    """One agent's part of one run."""

    def __init__(
        self, stint: Stint, bench: Bench, provider: AgentProvider, *, briefer: Briefer, quarters: Quarters
    ) -> None:
        self._stint = stint
        self._bench = bench
        self._provider = provider
        self._briefer = briefer
        self._quarters = quarters

    async def run(self) -> Landed | End:
        """The stint and its end."""
        stint = self._stint
        if (why := stint.stop()) is not None:
            return stopped(why)
        await stint.stage(Stage.WORK)
        end = await self._provider.stint(self._request(), self._bench)
        match end:
            case StintStopped():
                await self._keep_what_is_done()
                return stopped(stint.stop() or Stop.RELIEVED)
            case Setback():
                await self._keep_what_is_done()
                stint.tell_setback(end)
                return end_after(end, stint.terms.zone, has_progress=stint.has_progress)
            case StintDone():
                return await self._judge(end)

    def _request(self) -> StintRequest:
        stint = self._stint
        run, task = stint.run, stint.task
        return StintRequest(
            task=task,
            purpose=stint.purpose,
            worktree=self._bench.root,
            confine=partial(self._quarters.confined, run=run.id, worktree=self._bench.root, sandbox=stint.repo.sandbox),
            brief=self._brief,
            tree=self._tree,
            effort=stint.step.effort if stint.step else None,
            stop=lambda: stint.stop() is not None,
        )

    async def _brief(self) -> tuple[str, str]:
        told = await self._briefer.brief(self._stint, brief.AGENT_FRAME)
        return told.system, told.prompt

    async def _tree(self) -> str:
        """It writes while we read: what cannot be read now is another time."""
        try:
            return await self._stint.repo.vcs.tree_of(await self._stint.snapshot())
        except GitError:
            return ""

    async def _judge(self, end: StintDone) -> Landed | End:
        stint = self._stint
        stint.note(HandOff(summary=end.summary, next_steps=end.next_steps))
        if end.is_work:
            await stint.went_well()
        verdict = await stint.gate()
        if verdict is None:
            return await self._unchanged(end)
        strays = await self._take_strays(verdict)
        if isinstance(strays, Free) and stint.repo.widen is Widen.FREE:
            verdict = await stint.gate() or verdict
        elif isinstance(strays, Free):
            return await self._offered(strays, verdict)
        if verdict.passes:
            landed = await unmerged.land(stint)
            return await unmerged.hand_back(stint, landed) if isinstance(landed, Conflicts) else landed
        if waits_for_a_human(verdict.new):
            await stint.checkpoint()
            return stint.review(f"only a human decides: {show_findings(verdict.new)}", verdict.new)
        return await unmerged.refused(stint, verdict.new) or stint.again(
            "its change does not pass the gates", RunState.REJECTED, verdict.new
        )

    async def _take_strays(self, verdict: Verdict) -> Free | Held | Unfit | None:
        """What becomes of a change outside of the task's files that nothing else speaks against; None for any other.

        Where it is free it is granted if the repository says so, else offered to a person.
        """
        stint, paths = self._stint, widening.outside(verdict.new)
        if not paths or stint.repo.widen is Widen.NEVER:
            return None
        if stint.repo.widen is Widen.ASKED:
            return await stint.widener.offer(paths)
        answer = await stint.widener.ask(paths, "changed without having been asked for")
        stint.take_in(answer)
        return answer

    async def _offered(self, strays: Free, verdict: Verdict) -> End:
        await self._stint.checkpoint()
        why = f"it also changed {', '.join(strays.patterns)}, which nobody has: accepting the task lands that, too"
        return self._stint.review(why, verdict.new)

    async def _keep_what_is_done(self) -> None:
        """The next one goes on from there, unless it holds what it may not: then nobody shall have to answer for it."""
        stint = self._stint
        if not stint.run.model:
            return  # local automation begins anew each time
        commit = await stint.snapshot()
        changed = await stint.repo.vcs.changed_paths(stint.tip, commit)
        if changed and all(covers(stint.task.reach, path) for path in changed):
            await stint.checkpoint()
            stint.has_progress = True

    async def _unchanged(self, end: StintDone) -> End:
        """Nothing was changed: the checks say that all is well, what they found becomes proposed tasks, or nothing was done."""
        stint = self._stint
        if end.is_work:
            return await unmerged.refused(stint, ()) or stint.review("it says done and changed nothing")
        if end.verified:
            return End(state=RunState.VERIFIED, task_state=TaskState.VERIFIED, why=end.summary)
        findings = [finding for finding in await self._bench.check() if finding.severity is Severity.ERROR]
        return await proposals.put_forward(stint, end.summary, findings)
