"""The dialogue with a model: ask for a turn, carry out its tools, until it finishes, is stopped, or cannot go on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from watchbill.daemon import unmerged
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.collecting import Collecting
from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.setbacks import End, end_after
from watchbill.daemon.sparing import Sparing
from watchbill.daemon.stint import Stint, stopped
from watchbill.daemon.workbench import Bench, Finished, carry_out, show_findings, spoken
from watchbill.domain import brief, compaction, stalling
from watchbill.domain.findings import Finding, Severity, waits_for_a_human
from watchbill.domain.outcomes import RETRY_SAME_PROVIDER, Answered, Setback, SetbackKind, Spared, TurnEnd
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.questions import Asked, QuestionState, result
from watchbill.domain.reviews import Review, ReviewState
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import TaskState
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, heard
from watchbill.state import accounts


class Dialogue:
    """One model's part of one run."""

    def __init__(
        self, stint: Stint, bench: Bench, provider: ModelProvider, briefer: Briefer, collecting: Collecting
    ) -> None:
        self._stint = stint
        self._bench = bench
        self._provider = provider
        self._briefer = briefer
        self._collecting = collecting
        self._warnings = unmerged.Warnings(stint)
        self._turns = 0
        self._has_shrunk = False
        self._asked: float | None = None  # when the last turn ended
        self._pause = timedelta(0)  # the longest between two turns

    async def hold(self) -> Landed | End:
        """Go on until the run has its end."""
        await self._begin()
        await self._stint.stage(Stage.WORK)
        while True:
            end = await self._step()
            if end is not None:
                return end

    async def _begin(self) -> None:
        """Tell the model its task, or what happened since the last provider stopped. A batch's answer has been told."""
        transcript = self._stint.session.transcript
        if await self._collecting.look():
            self._turns = sum(isinstance(entry, Reply) for entry in transcript.entries)
            return
        if transcript.entries:
            await self._stint.compact(self._stint.terms.session_tokens)
            if not transcript.open_calls:
                await self._tell_handoff()
            return
        told = await self._briefer.brief(self._stint)
        self._stint.set_system(told.system)
        await self._stint.remember(Told(text=told.prompt))

    async def _tell_handoff(self) -> None:
        """Once, and only of work: where nobody answered yet, the brief still says it all."""
        transcript, told = (
            self._stint.session.transcript,
            Told(text=brief.continuation(self._stint.session.handoff).text),
        )
        if any(isinstance(entry, Reply) for entry in transcript.entries) and transcript.entries[-1] != told:
            await self._stint.remember(told)

    async def _step(self) -> Landed | End | None:
        if (why := self._stint.stop()) is not None:
            return stopped(why)
        if calls := self._stint.session.transcript.open_calls:
            return await self._use_tools(calls)
        if self._turns >= self._stint.terms.max_turns:
            return _failed(f"{self._turns} turns without an end")
        self._turns += 1
        return await self._ask()

    async def _ask(self) -> End | None:
        """One turn. What passes is outwaited a little before the work goes to somebody else."""
        parts = self._stint.parts
        waited = await self._waited()
        if isinstance(waited, End):
            return waited
        turn = waited or await self._turn()
        waits = 0
        while isinstance(turn, Setback) and await self._may_pass(turn, waits):
            waits += 1
            await parts.clock.sleep(self._stint.terms.retry_after)
            turn = await self._turn()
        if isinstance(turn, Answered | Spared):
            return await self._heard(turn)
        self._stint.tell_setback(turn)
        if turn.kind is SetbackKind.CONTEXT_TOO_LONG and await self._shrink():
            return None
        return end_after(turn, self._stint.terms.zone, has_progress=self._stint.has_progress)

    async def _shrink(self) -> bool:
        """Once in a run: the same session in half of its words, where there is something to leave out."""
        if self._has_shrunk:
            return False
        self._has_shrunk = True
        return await self._stint.compact(compaction.size(self._stint.session.transcript) // 2)

    async def _waited(self) -> Answered | Setback | End | None:
        """What batches say of this turn: its answer, or that it is waited for. None: it is asked in the ordinary way."""
        known = self._collecting.take()
        if known is not None:
            return known
        await self._hear_people()
        request = self._request()
        is_known = isinstance(self._provider, Sparing) and await self._provider.knows(request)
        return None if is_known else await self._collecting.collect(request)

    async def _turn(self) -> TurnEnd:
        """Ask once, and remember how long the vendor's cache of what was said had to last."""
        clock = self._stint.parts.clock
        self._pause = max(self._pause, timedelta(seconds=clock.monotonic() - (self._asked or clock.monotonic())))
        turn = await self._provider.turn(self._request())
        self._asked = clock.monotonic()
        return turn

    async def _hear_people(self) -> None:
        if news := await self._stint.asker.news(self._stint.session.transcript):
            await self._stint.remember(Told(text=news))
        if news := await self._warnings.news():
            await self._stint.remember(Told(text=news))

    async def _may_pass(self, setback: Setback, waits: int) -> bool:
        terms = self._stint.terms
        if self._stint.stop() is not None:
            return False
        if setback.kind is SetbackKind.OVER_BUDGET:
            may_fit = not setback.never_fits and waits < terms.money_waits
            return may_fit and await self._money_is_held(setback.window)
        return setback.kind in RETRY_SAME_PROVIDER and setback.until is None and waits < terms.retries

    async def _money_is_held(self, window: str) -> bool:
        """Whether other calls hold money in the window that they may give back."""
        return await self._stint.parts.database.submit(lambda conn: accounts.held_in(conn, window)) > 0

    def _request(self) -> TurnRequest:
        terms = self._stint.terms
        return TurnRequest(
            purpose=self._stint.purpose,
            transcript=self._stint.session.transcript,
            tools=TOOLS,
            max_tokens=terms.max_tokens,
            deadline=terms.turn_deadline,
            effort=self._stint.step.effort if self._stint.step else None,
            pause=self._pause,
        )

    async def _heard(self, turn: Answered | Spared) -> End | None:
        turn = replace(turn, reply=heard(turn.reply))
        await self._stint.remember(turn.reply, answered=turn)
        if turn.reply.tool_calls:
            return None
        if _silent_replies(self._stint) > self._stint.terms.max_nudges:
            return _failed("it stopped without calling finish")
        await self._stint.remember(Told(text=brief.nudge().text))
        return None

    async def _use_tools(self, calls: tuple[ToolCall, ...]) -> Landed | End | None:
        """Carry out one reply's tools in their order, then store results and worktree in one transaction.

        A valid finish stays without a result until its end is decided: whoever takes over after a crash finds it open and
        goes on to gates and landing, without asking the model again.
        """
        results: list[ToolResult] = []
        finishes: list[tuple[ToolCall, Finished]] = []
        asks: list[tuple[ToolCall, Asked]] = []
        for call in calls:
            match spoken(call):
                case Finished() as said:
                    if strangers := await self._stint.strangers(said.undone):
                        results.append(_unknown(call, strangers))
                    else:
                        finishes.append((call, said))
                case Asked() as said:
                    asks.append((call, said))
                case refusal:
                    results.append(refusal or await self._carry_out(call))
        if asks:
            results += [_too_early(call) for call, _ in finishes]
            return await self._ask_people(asks, results)
        await self._stint.checkpoint(*results)
        if not finishes:
            return await self._look_for_circles()
        noted = [ToolResult(id=call.id, name=call.name, content="noted") for call, _ in finishes]
        return await self._finish(finishes[-1][1], noted)

    async def _look_for_circles(self) -> End | None:
        """What leads nowhere is told first, and ended if it goes on."""
        transcript = self._stint.session.transcript
        times = stalling.times(transcript)
        if times >= stalling.ENDED_AFTER:
            return _failed(f"no progress: the same step {times} times, with the same result")
        if times == stalling.TOLD_AFTER and not isinstance(transcript.entries[-1], Told):
            await self._stint.remember(Told(text=CIRCLE))
        return None

    async def _carry_out(self, call: ToolCall) -> ToolResult:
        done = await carry_out(call, self._bench)
        self._stint.parts.events.emit("run.tool", run=self._stint.run.id, tool=call.name, refused=done.refused)
        return done

    async def _ask_people(self, asks: list[tuple[ToolCall, Asked]], results: list[ToolResult]) -> End | None:
        """What is settled, or need not be waited for, is a result. A call that is waited for stays open: the run ends."""
        known = await self._stint.asker.ask([asked for _, asked in asks])
        waiting: list[Asked] = []
        for call, asked in asks:
            question = known.get(asked.digest)
            if question is None or (self._stint.asker.waits and question.state is QuestionState.OPEN):
                waiting.append(asked)
            else:
                results.append(ToolResult(id=call.id, name=call.name, content=result(question)))
        await self._stint.checkpoint(*results)
        return _waiting(waiting) if waiting else None

    async def _finish(self, said: Finished, noted: list[ToolResult]) -> Landed | End | None:
        """What the model calls finished is a claim; the diff and the gates decide."""
        known = self._stint.session.handoff.decisions
        decisions = tuple(dict.fromkeys((*known, *said.decisions)))
        self._stint.note(HandOff(summary=said.summary, next_steps=said.next_steps, decisions=decisions))
        if not said.done or self._stint.task.title.strip() in said.undone:
            await self._stint.remember(*noted)
            if self._stint.run.attempt >= MOST_RUNS:
                return self._stint.review(
                    f"it was handed on {MOST_RUNS} times: split it, or say more of what is wanted"
                )
            return _handed_on(has_changed=self._stint.tip != self._stint.began_at)
        await self._stint.leave_out(said.undone)
        verdict = await self._stint.gate()
        if verdict is not None and verdict.passes:
            return await self._land(noted) if self._is_reviewed(verdict.tree) else await self._want_review(verdict.tree)
        return await self._repair(noted, () if verdict is None else verdict.new)

    async def _land(self, noted: list[ToolResult]) -> Landed | End | None:
        """A conflict is the model's to resolve: it goes on, on what landed."""
        ended = await unmerged.land(self._stint)
        if not isinstance(ended, Conflicts):
            return ended
        await unmerged.give_back(self._stint, ended, *noted)
        await self._stint.stage(Stage.WORK)
        return None

    def _is_reviewed(self, tree: str) -> bool:
        """Whether nobody else has to look at it first."""
        review = self._stint.session.review
        if not self._stint.terms.collaboration.wants(self._stint.task.type):
            return True
        return review is not None and review.covers(tree)

    async def _want_review(self, tree: str) -> End:
        """The finish stays open: once it is approved it lands without another call."""
        known = self._stint.session.review
        if known is None or self._turns:
            rounds = known.rounds if known is not None else 0
            known = Review(state=ReviewState.WANTED, drafter=self._stint.run.provider, tree=tree, rounds=rounds)
        wanted = replace(known, state=ReviewState.WANTED, tree=tree)  # who only goes on to the gates drafted nothing
        await self._stint.set_review(wanted)
        why = "its draft passes the checks and waits for a review by another vendor"
        return End(state=RunState.HANDED_OFF, task_state=TaskState.QUEUED, why=why)

    async def _repair(self, noted: list[ToolResult], findings: tuple[Finding, ...]) -> End | None:
        blocking = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
        if waits_for_a_human(blocking):
            return self._stint.review(f"only a human decides: {show_findings(blocking)}", blocking)
        if self._stint.has_next_step and not blocking:
            return _failed("it says done and changed nothing")
        if self._stint.has_next_step:
            return _rejected(blocking)
        if self._stint.session.repairs >= self._stint.repo.max_repairs:
            return await unmerged.refused(self._stint, blocking) or _rejected(blocking)
        await self._stint.count_repair(*noted, Told(text=brief.repair(blocking).text if blocking else NOTHING_CHANGED))
        await self._stint.stage(Stage.WORK)
        return None


MOST_RUNS = 24  # runs of one task until handing it on becomes a question for a human
NOTHING_CHANGED = (
    "You called finish with done=true, but no file differs from the start. Make the change with write_file or edit_file, "
    "or call finish with done=false and say what stands in the way."
)


CIRCLE = (
    "You have done the same step three times with the same result. Nothing will change if you do it again: do something else, "
    "or call finish with done=false and say what stands in the way."
)


def _silent_replies(stint: Stint) -> int:
    """Replies without a tool call at the end of the transcript, in a row."""
    count = 0
    for entry in reversed(stint.session.transcript.entries):
        if isinstance(entry, Reply):
            if entry.tool_calls:
                break
            count += 1
    return count


def _waiting(asks: list[Asked]) -> End:
    why = f"it asked its people: {'; '.join(asked.title for asked in asks)}"
    return End(state=RunState.HANDED_OFF, task_state=TaskState.REVIEW, why=why, asks=tuple(asks))


def _too_early(call: ToolCall) -> ToolResult:
    why = "You asked something in the same breath: read the answer first, then finish."
    return ToolResult(id=call.id, name=call.name, content=why, refused=True)


def _unknown(call: ToolCall, titles: Sequence[str]) -> ToolResult:
    why = (
        f"undone names none of your tasks with {', '.join(map(repr, titles))}; give their titles as you were told them."
    )
    return ToolResult(id=call.id, name=call.name, content=why, refused=True)


def _handed_on(*, has_changed: bool) -> End:
    """Part of the work is progress; none of it is an attempt, or the task would go round for ever at our expense."""
    if has_changed:
        return End(state=RunState.HANDED_OFF, task_state=TaskState.QUEUED, why="it handed the rest on")
    return _failed("it handed the task on and changed nothing")


def _failed(why: str) -> End:
    return End(state=RunState.FAILED, task_state=TaskState.QUEUED, why=why)


def _rejected(findings: tuple[Finding, ...]) -> End:
    if not findings:
        return End(state=RunState.REVIEW, task_state=TaskState.REVIEW, why="it says done and changed nothing")
    return End(
        state=RunState.REJECTED,
        task_state=TaskState.QUEUED,
        why=f"the gates refuse it: {findings[0].place}{findings[0].message}",
        fresh=True,
        findings=findings,
    )
