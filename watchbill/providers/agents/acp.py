"""Any agent that speaks the Agent Client Protocol, through agent-client-protocol and the command that the owner names."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from watchbill.domain.effort import Effort
from watchbill.domain.errors import ToolRefused
from watchbill.domain.outcomes import SetbackKind, WindowUse
from watchbill.domain.ports import AgentProgram, AgentProvider
from watchbill.providers.agents.building import build_agent
from watchbill.providers.agents.programs import named
from watchbill.providers.agents.vendor import DID, Door, Ending, Event, Failed, Finished, Job, Unfinished, digest
from watchbill.providers.setup import ProviderSetup

MESSAGE_BYTES = 50_000_000
STDERR_CHARS = 1_000  # its last words
KEY = "{key}"
MODE, THINKING = "mode", "thought_level"  # the protocol's categories of settings
ASKING = "default"  # Claude's adapter begins in a mode in which its model permits itself what it asks for
WRITING = frozenset({"edit", "delete", "move"})
WORK = frozenset(
    {"title", "kind", "raw_input", "raw_output", "content"}
)  # of a tool's call, what is the same for the same
READING = frozenset({"read", "search", "think"})
KIND_BY_STOP: Mapping[str, SetbackKind] = {
    "max_tokens": SetbackKind.TRUNCATED,
    "max_turn_requests": SetbackKind.TRUNCATED,
    "refusal": SetbackKind.REFUSED,
}


def build(setup: ProviderSetup) -> AgentProvider:
    agent = setup.agent
    vendor = Acp(command=agent.command, env=agent.env, readable=agent.readable, key=setup.api_key)
    return build_agent(setup, vendor, speaks=agent.speaks)


class Acp:
    """Implements Vendor."""

    def __init__(
        self, *, command: tuple[str, ...], env: Mapping[str, str], readable: tuple[Path, ...], key: str
    ) -> None:
        self._command = command
        self._env = env
        self._readable = readable
        self._key = key

    def program(self, door: Door | None, model: str) -> AgentProgram:
        """Words in braces in its environment are filled in; only without a gateway is there a key."""
        way = {"{gateway}": "", "{token}": "", KEY: self._key}
        if door is not None:
            way = {"{gateway}": door.url, "{token}": door.token}
        known = {**way, "{model}": model}
        env = {name: _filled(value, known) for name, value in self._env.items()}
        argv, readable = named(self._command, self._readable)
        return AgentProgram(argv=argv, env=env, readable=readable, port=None if door is None else door.port)

    async def play(self, job: Job) -> AsyncIterator[Event]:
        import acp  # noqa: PLC0415 - an extra

        heard: asyncio.Queue[Event] = asyncio.Queue()
        agent = await asyncio.create_subprocess_exec(
            job.program,
            cwd=job.worktree,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MESSAGE_BYTES,
        )
        last_words = asyncio.create_task(_last_words(agent))
        connection = acp.connect_to_agent(_Client(job, heard), agent.stdin, agent.stdout)
        talking = asyncio.create_task(_talk(connection, job, heard))
        try:
            while True:
                event = await heard.get()
                if event["type"] == "gone":
                    agent.terminate() if agent.returncode is None else None
                    event = {**event, "message": f"{event['message']}; {await last_words}".strip("; ")}
                yield event
                if event["type"] in ("end", "gone"):
                    break
        finally:
            talking.cancel()
            await asyncio.wait({talking})
            if agent.returncode is None:
                agent.terminate()
            await connection.close()
            await agent.wait()
            await asyncio.wait({last_words})

    def ending(self, events: Sequence[Event]) -> Ending:
        last: Event = events[-1] if events else {}
        if last.get("type") != "end":
            return Unfinished(last_words=str(last.get("message", "")) if last.get("type") == "gone" else "")
        words = "".join(event["text"] for event in events if event["type"] == "agent_message_chunk")
        used = any(event["type"] == "tool_call" for event in events)
        stop = str(last.get("stop_reason"))
        if stop in KIND_BY_STOP:
            return Failed(message=f"it ended with {stop}: {words[-500:]}", kind=KIND_BY_STOP[stop])
        if "error" in last:
            return Failed(message=str(last["error"]))
        return Finished(summary=words, used_tools=used) if stop == "end_turn" else Unfinished(last_words=stop)

    def credits(self, event: Event) -> float:  # noqa: ARG002 - the protocol tells no price
        return 0

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:  # noqa: ARG002 - nor any allowance
        return ()


class _Client:
    """What an agent may ask of us. Files are read and written by the run's own hands, which keep to its files."""

    def __init__(self, job: Job, heard: "asyncio.Queue[Event]") -> None:
        self._job = job
        self._heard = heard

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:  # noqa: ARG002 - there is one
        text = getattr(getattr(update, "content", None), "text", "")
        kind = getattr(update, "session_update", type(update).__name__)
        self._heard.put_nowait({"type": kind, "text": text if isinstance(text, str) else "", DID: did(kind, update)})

    async def request_permission(self, session_id: str, tool_call: Any, options: Sequence[Any], **_: Any) -> Any:  # noqa: ARG002 - the same
        import acp.schema as words  # noqa: PLC0415 - an extra

        allowed = refusal(tool_call, self._job) is None
        wanted = "allow_once" if allowed else "reject_once"
        chosen = next((option for option in options if option.kind == wanted), None)
        if chosen is None:
            return words.RequestPermissionResponse(outcome=words.DeniedOutcome(outcome="cancelled"))
        outcome = words.AllowedOutcome(outcome="selected", option_id=chosen.option_id)
        return words.RequestPermissionResponse(outcome=outcome)

    async def read_text_file(
        self,
        session_id: str,  # noqa: ARG002 - the same
        path: str,
        line: int | None = None,
        limit: int | None = None,
        **_: Any,
    ) -> Any:
        import acp.schema as words  # noqa: PLC0415 - an extra

        text = await self._carried_out(self._job.bench.read_file(self._relative(path)))
        lines = text.splitlines(keepends=True)[(line or 1) - 1 :]
        return words.ReadTextFileResponse(content="".join(lines if limit is None else lines[:limit]))

    async def write_text_file(self, session_id: str, path: str, content: str, **_: Any) -> Any:  # noqa: ARG002 - the same
        import acp.schema as words  # noqa: PLC0415 - an extra

        await self._carried_out(self._job.bench.write_file(self._relative(path), content))
        return words.WriteTextFileResponse()

    def on_connect(self, conn: Any) -> None:
        """Nothing is asked of an agent before the job is told."""

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self._job.worktree) if Path(path).is_absolute() else path

    async def _carried_out(self, deed: Any) -> Any:
        import acp  # noqa: PLC0415 - an extra

        try:
            return await deed
        except ToolRefused as refused:
            raise acp.RequestError.invalid_params({"reason": str(refused)}) from refused


def did(kind: str, update: Any) -> list[str]:
    """What a tool was begun with, and what came of it; what is told in between may be told again and again."""
    if kind != "tool_call" and getattr(update, "status", None) not in ("completed", "failed"):
        return []
    return [digest(update.model_dump(mode="json", include=WORK))]


def refusal(tool_call: Any, job: Job) -> str | None:
    """Why a tool may not be used so; None when it may. A shell only where our sandbox holds it."""
    kind = tool_call.kind or "other"
    if kind in READING or (kind == "execute" and job.is_sandboxed):
        return None
    if kind not in WRITING:
        return f"{kind} is not permitted in this task"
    paths = [place.path for place in tool_call.locations or ()]
    paths += [part.path for part in tool_call.content or () if getattr(part, "type", "") == "diff"]
    refused = [why for path in paths if (why := job.refusal(str(path))) is not None]
    return refused[0] if refused else None


def settings_of(options: Sequence[Any], effort: Effort | None) -> Iterator[tuple[str, str]]:
    """What is set of an agent's own settings: to ask us before it writes, and how hard its model thinks, where it knows the words."""
    for option in options:
        wanted = {MODE: ASKING, THINKING: effort and effort.value}.get(str(option.category))
        values = [getattr(each, "value", None) for each in getattr(option, "options", None) or ()]
        if wanted in values and wanted != option.current_value:
            yield str(option.id), str(wanted)


async def _talk(connection: Any, job: Job, heard: "asyncio.Queue[Event]") -> None:
    import acp  # noqa: PLC0415 - an extra
    import acp.schema as words  # noqa: PLC0415 - the same

    try:
        files = words.FileSystemCapabilities(read_text_file=True, write_text_file=True)
        able = words.ClientCapabilities(fs=files, terminal=False)
        await connection.initialize(protocol_version=acp.PROTOCOL_VERSION, client_capabilities=able)
        session = await connection.new_session(cwd=str(job.worktree), mcp_servers=[])
        for option, value in settings_of(session.config_options or (), job.effort):
            await connection.set_config_option(option, session.session_id, value)
        told = [words.TextContentBlock(type="text", text=f"{job.system}\n\n{job.prompt}")]
        answer = await connection.prompt(session_id=session.session_id, prompt=told)
        heard.put_nowait({"type": "end", "stop_reason": answer.stop_reason})
    except acp.RequestError as error:
        heard.put_nowait({"type": "end", "error": f"{error}: {error.data}" if error.data else str(error)})
    except Exception as error:  # noqa: BLE001 - what its library raises when a program is gone is not known beforehand
        heard.put_nowait({"type": "gone", "message": f"{type(error).__name__}: {error}"})


async def _last_words(agent: asyncio.subprocess.Process) -> str:
    assert agent.stderr is not None
    words = b""
    while part := await agent.stderr.read(4_096):
        words = (words + part)[-STDERR_CHARS:]
    return words.decode(errors="replace").strip()


def _filled(value: str, known: Mapping[str, str]) -> str:
    for word, text in known.items():
        value = value.replace(word, text)
    return value
