"""GitHub Copilot, through github-copilot-sdk and a program that the owner names: the library brings none.

On GitHub's own service its calls do not pass by us: they draw on an allowance. With `speaks` it asks our gateway instead.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import AgentProgram, AgentProvider
from watchbill.providers.agents.building import build_agent
from watchbill.providers.agents.programs import named
from watchbill.providers.agents.vendor import DID, Door, Ending, Event, Failed, Finished, Job, Unfinished, digest
from watchbill.providers.oracle import windows
from watchbill.providers.setup import ProviderSetup

GITHUB_TOKEN = "COPILOT_GITHUB_TOKEN"  # noqa: S105 - the name of a variable
NANO = 1e9
ASK_EVERY = 10.0  # seconds of silence
LEAST_CREDITS = 30  # that its library lets a session be limited to
SAID, USED = "assistant.message", "assistant.usage"
BEGAN, DONE = "tool.execution_start", "tool.execution_complete"
ENDS = frozenset({"session.idle", "session.error"})


def build(setup: ProviderSetup) -> AgentProvider:
    agent = setup.agent
    vendor = Copilot(
        command=agent.command,
        readable=agent.readable,
        key=setup.api_key,
        speaks=agent.speaks,
        most=agent.credits_per_run,
    )
    return build_agent(setup, vendor, speaks=agent.speaks)


class Copilot:
    """Implements Vendor."""

    def __init__(
        self, *, command: tuple[str, ...], readable: tuple[Path, ...], key: str, speaks: str, most: int
    ) -> None:
        self._command = command
        self._readable = readable
        self._key = key
        self._speaks = speaks
        self._most = most

    def program(self, door: Door | None, model: str) -> AgentProgram:
        env = {"COPILOT_HOME": "{home}/copilot", "COPILOT_DISABLE_KEYTAR": "1"}
        if door is not None:
            asked = self._provider(door)
            env |= {
                "COPILOT_OFFLINE": "true",
                "COPILOT_PROVIDER_TYPE": asked["type"],
                "COPILOT_PROVIDER_BASE_URL": asked["base_url"],
                "COPILOT_PROVIDER_API_KEY": door.token,
                "COPILOT_MODEL": model,
            }
        elif self._key:
            env[GITHUB_TOKEN] = self._key
        argv, readable = named(self._command, self._readable)
        return AgentProgram(argv=argv, env=env, readable=readable, port=None if door is None else door.port)

    async def play(self, job: Job) -> AsyncIterator[Event]:
        from copilot import CopilotClient  # noqa: PLC0415 - an extra
        from copilot.client import StdioRuntimeConnection  # noqa: PLC0415 - the same
        from copilot.rpc import PermissionDecisionApproveOnce, PermissionDecisionReject  # noqa: PLC0415 - the same

        def may(asked: Any, _invocation: Any) -> Any:
            why = refusal(asked, job)
            return PermissionDecisionApproveOnce() if why is None else PermissionDecisionReject(feedback=why)

        heard: asyncio.Queue[Event] = asyncio.Queue()
        client = CopilotClient(
            connection=StdioRuntimeConnection(path=str(job.program)),
            working_directory=str(job.worktree),
            use_logged_in_user=False,
        )
        try:
            await client.start()
            session = await client.create_session(
                on_permission_request=may,
                model=job.model,
                reasoning_effort=None if job.effort is None else job.effort.value,
                streaming=True,  # so that silence is silence
                working_directory=str(job.worktree),
                system_message={"mode": "append", "content": job.system},
                provider=None if job.door is None else self._provider(job.door),
                session_limits={"max_ai_credits": self._most}
                if job.door is None and self._most >= LEAST_CREDITS
                else None,
            )
            session.on(lambda event: heard.put_nowait(told(event)))
            await session.send(job.prompt)
            while True:
                event = await _next(heard, client)
                yield event
                if event["type"] in ENDS:
                    break
        except Exception as error:  # noqa: BLE001 - what its library raises is not known beforehand
            yield {"type": "gone", "message": f"{type(error).__name__}: {error}"}
        finally:
            await client.force_stop()

    def _provider(self, door: Door) -> dict[str, Any]:
        if self._speaks == "anthropic":
            return {"type": "anthropic", "base_url": door.url, "api_key": door.token}
        return {"type": "openai", "wire_api": "responses", "base_url": f"{door.url}/v1", "bearer_token": door.token}

    def ending(self, events: Sequence[Event]) -> Ending:
        last: Event = events[-1] if events else {}
        if last.get("type") == "session.error":
            said = {"code": last.get("error_code"), "type": last.get("error_type"), "message": last.get("message")}
            return Failed(message=last.get("message") or "", said={"error": said}, status=last.get("status_code"))
        if last.get("type") != "session.idle" or last.get("aborted"):
            return Unfinished(last_words=str(last.get("message", "")) if last.get("type") == "gone" else "")
        words = [event["content"] for event in events if event.get("type") == SAID and event.get("content")]
        used = any(event.get("type") == DONE for event in events)
        return Finished(summary=words[-1] if words else "", used_tools=used)

    def credits(self, event: Event) -> float:
        return float(event.get("nano_credits") or 0) / NANO

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:
        return [
            windows.of_quota(name, quota["remainingPercentage"], quota["resetDate"], now)
            for name, quota in event.get("quotas", {}).items()
        ]


async def _next(heard: "asyncio.Queue[Event]", client: Any) -> Event:
    """Its library says nothing when its program is gone: who is silent is asked whether it lives. Raises what it raises."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_EVERY):
                return await heard.get()
        async with asyncio.timeout(ASK_EVERY):
            await client.ping()


WORDS = ("content", "aborted", "error_type", "error_code", "message", "status_code")  # of an event's data, that matter


def told(event: Any) -> Event:
    """What of an event its ending and its price can hang on, in plain values."""
    used = getattr(event.data, "copilot_usage", None)
    kind = str(event.type.value)
    wanted = WORDS if kind in ENDS | {SAID} else ()
    words = {word: getattr(event.data, word) for word in wanted if hasattr(event.data, word)}
    plain = {word: value for word, value in words.items() if isinstance(value, str | int | bool)}
    shares = {"quotas": quotas} if kind == USED and (quotas := _quotas(event.data.to_dict())) else {}
    did = {DID: [_did(kind, event.data)]} if kind in (BEGAN, DONE) else {}
    return {"type": kind, **plain, **shares, **did, "nano_credits": getattr(used, "total_nano_aiu", 0)}


def _did(kind: str, data: Any) -> str:
    if kind == BEGAN:
        return digest(data.tool_name, data.arguments)
    return digest(data.success, getattr(data.result, "content", ""), getattr(data.error, "message", ""))


def _quotas(used: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Those that end something: what is beyond some is served too."""
    return {
        name: {word: quota.get(word) for word in ("remainingPercentage", "resetDate")}
        for name, quota in (used.get("quotaSnapshots") or {}).items()
        if not (quota["isUnlimitedEntitlement"] or quota["usageAllowedWithExhaustedQuota"])
    }


def refusal(asked: Any, job: Job) -> str | None:
    """Why what it asks for is not permitted; None when it is. A shell only where our sandbox holds it."""
    match type(asked).__name__:
        case "PermissionRequestWrite":
            return job.refusal(str(asked.file_name))
        case "PermissionRequestRead":
            return None
        case "PermissionRequestShell" if job.is_sandboxed:
            return None
        case other:
            return f"{other.removeprefix('PermissionRequest').lower() or 'this'} is not permitted in this task"
