"""One shot: a model that is too small for tools is asked for one passage, and its answer becomes tool calls like anybody's.

The task has one file, and the file marks the passage as {==passage==} (CriticMarkup's highlight). What comes back is stored,
carried out and judged as any model's turn is; after a crash the stored reply is used, by whoever goes on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from watchbill.daemon.stint import Stint
from watchbill.daemon.workbench import Bench
from watchbill.domain import brief
from watchbill.domain.errors import ToolRefused
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind, Spared, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.domain.tools import FINISH
from watchbill.domain.transcript import Entry, Reply, Told, ToolCall, Transcript
from watchbill.state import briefs

MARKED = re.compile(r"\{==(.+?)==\}", re.DOTALL)
GROWTH = 2  # a longer answer talks about the passage instead of mending it
LEAST_TOKENS = 16  # below it OpenAI's Responses refuse a request
SHOWN = 200  # characters of an answer that was of no use

Examples = Sequence[tuple[str, str]]  # a passage, and what it should be
OneShots = Mapping[tuple[ProviderName, str], Examples]  # by provider and model


class OneShot:
    """Implements ModelProvider for one run, over the provider that really is asked."""

    def __init__(self, provider: ModelProvider, *, stint: Stint, bench: Bench, examples: Examples) -> None:
        self.name = provider.name
        self._provider = provider
        self._stint = stint
        self._bench = bench
        self._examples = examples

    async def turn(self, request: TurnRequest) -> TurnEnd:
        """The answer as an edit of the marked passage and a claim to be done; without such a passage nothing is asked."""
        try:
            path, passage = await self._marked()
        except ToolRefused as refusal:
            return Setback(kind=SetbackKind.BAD_REQUEST, message=str(refusal), scope=Scope.REQUEST)
        asked = self._request(request, passage.strip())
        await self._keep(asked.transcript.system, passage.strip())
        turn = await self._provider.turn(asked)
        return turn if isinstance(turn, Setback) else _judged(turn, path, passage)

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def aclose(self) -> None:
        """The provider is its builder's to close."""

    async def _marked(self) -> tuple[str, str]:
        """The file and its marked passage, as the worktree has them now. Raises ToolRefused where there is not just one."""
        if len(self._stint.task.reach) != 1:
            raise ToolRefused(f"a one-shot model mends one file, and the task has {len(self._stint.task.reach)}")
        (path,) = self._stint.task.reach
        passages = MARKED.findall(await self._bench.read_file(path))
        if len(passages) != 1:
            raise ToolRefused(f"a one-shot model mends one {{==passage==}}, and {path} marks {len(passages)}")
        return path, passages[0]

    def _request(self, request: TurnRequest, passage: str) -> TurnRequest:
        """The passage behind the examples, which are told as if it had answered them before."""
        entries: list[Entry] = []
        for before, after in self._examples:
            entries += [Told(text=before), Reply(text=after)]
        system = brief.one_shot(self._stint.task).text
        room = max(LEAST_TOKENS, GROWTH * len(passage.encode()))  # no tokenizer makes more than a token of a byte
        return replace(
            request,
            transcript=Transcript(system=system, entries=(*entries, Told(text=passage))),
            tools=(),
            max_tokens=min(request.max_tokens, room),
        )

    async def _keep(self, system: str, passage: str) -> None:
        """What `run show --prompt` shows is what was sent: not the brief, which waits in the session for others."""
        examples = [f"── example ──\n{before}\n── its answer ──\n{after}" for before, after in self._examples]
        shown = "\n".join([f"── system ──\n{system}", *examples, f"── passage ──\n{passage}"])
        await self._stint.parts.database.submit(lambda conn: briefs.store(conn, self._stint.run, shown))


def _judged(turn: Answered | Spared, path: str, passage: str) -> TurnEnd:
    """The answer as tool calls, or what is wrong with it: billed, and of no use."""
    answer = turn.reply.text.strip()
    wrong = _wrong(answer, passage.strip())
    if wrong:
        message = f"its answer {wrong}: {' '.join(answer.split())[:SHOWN]}"
        return Setback(
            kind=SetbackKind.UNUSABLE,
            message=message,
            scope=Scope.REQUEST,
            call=turn.call if isinstance(turn, Answered) else None,
            settlement=turn.settlement if isinstance(turn, Answered) else None,
        )
    edit = {"path": path, "old_text": f"{{=={passage}==}}", "new_text": answer}
    done = {"done": True, "summary": f"mended the marked passage of {path}"}
    calls = (
        ToolCall(id=f"edit-{turn.call}", name="edit_file", args=edit),
        ToolCall(id=f"finish-{turn.call}", name=FINISH, args=done),
    )
    # without its native form: the vendor's own words know nothing of these calls
    return replace(turn, reply=replace(turn.reply, tool_calls=calls, native=""))


def _wrong(answer: str, passage: str) -> str:
    if not answer:
        return "is empty"
    if answer == passage:
        return "is the passage unchanged"
    if len(answer) > GROWTH * len(passage) or answer.count("\n") > passage.count("\n"):
        return "is more than the passage"
    return "keeps the marks" if "{==" in answer or "==}" in answer else ""
