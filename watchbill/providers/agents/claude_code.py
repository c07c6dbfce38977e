"""Claude Code, through claude-agent-sdk and the program that it bundles. Its permission callback knows the run's files."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

from watchbill.domain.outcomes import SetbackKind, WindowUse
from watchbill.domain.ports import AgentProgram, AgentProvider
from watchbill.providers.agents.building import build_agent
from watchbill.providers.agents.programs import named
from watchbill.providers.agents.vendor import DID, Door, Ending, Event, Failed, Finished, Job, Unfinished, digest
from watchbill.providers.oracle import windows
from watchbill.providers.setup import ProviderSetup

SPEAKS = "anthropic"
OUTPUT_TOKENS = 16_000  # of one answer: its own choice of 128,000 would hold two dollars for each call
RETRIES = 2  # of its own ten: each is a call that is charged at its bound when it was cut
MAX_TURNS = 200
READING = frozenset({"Read", "Glob", "Grep"})
PATH_BY_WRITER: Mapping[str, str] = {"Write": "file_path", "Edit": "file_path", "NotebookEdit": "notebook_path"}
SHELL = "Bash"
LIMIT_WORDS = ("status", "resets_at", "rate_limit_type", "utilization")


def build(setup: ProviderSetup) -> AgentProvider:
    agent = setup.agent
    vendor = ClaudeCode(command=agent.command, readable=agent.readable)
    return build_agent(setup, vendor, speaks=SPEAKS)


class ClaudeCode:
    """Implements Vendor."""

    def __init__(self, *, command: tuple[str, ...], readable: tuple[Path, ...]) -> None:
        self._command = command
        self._readable = readable

    def program(self, door: Door | None, model: str) -> AgentProgram:
        argv, readable = named(self._command or (str(_bundled()),), self._readable)
        env = {
            "CLAUDE_CONFIG_DIR": "{home}/claude",
            "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(OUTPUT_TOKENS),
            "CLAUDE_CODE_MAX_RETRIES": str(RETRIES),
            "ANTHROPIC_SMALL_FAST_MODEL": model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        }
        if door is not None:
            env |= {"ANTHROPIC_BASE_URL": door.url, "ANTHROPIC_AUTH_TOKEN": door.token}
        return AgentProgram(argv=argv, env=env, readable=readable, port=None if door is None else door.port)

    async def play(self, job: Job) -> AsyncIterator[Event]:
        from claude_agent_sdk import (  # noqa: PLC0415 - an extra
            ClaudeAgentOptions,
            ClaudeSDKClient,
            PermissionResultAllow,
            PermissionResultDeny,
        )

        async def may(tool: str, asked: dict[str, Any], _context: Any) -> Any:
            why = refusal(tool, asked, job)
            return PermissionResultAllow() if why is None else PermissionResultDeny(message=why)

        said: list[str] = []
        options = ClaudeAgentOptions(
            cli_path=job.program,
            cwd=job.worktree,
            model=job.model,
            system_prompt={"type": "preset", "preset": "claude_code", "append": job.system},
            tools=[*READING, *PATH_BY_WRITER, *([SHELL] if job.is_sandboxed else [])],
            can_use_tool=may,
            setting_sources=[],  # the repository's own settings could start programs
            strict_mcp_config=True,
            max_turns=MAX_TURNS,
            effort=None if job.effort is None else job.effort.value,
            stderr=said.append,
        )
        try:
            async with ClaudeSDKClient(options) as client:
                await client.query(job.prompt)
                async with aclosing(client.receive_response()) as messages:
                    async for message in messages:
                        yield told(message)
        except Exception as error:  # noqa: BLE001 - what its library raises is not known beforehand: its program is gone
            yield {"type": "gone", "message": "; ".join([f"{type(error).__name__}: {error}", *said[-3:]])}

    def ending(self, events: Sequence[Event]) -> Ending:
        last: Event = events[-1] if events else {}
        if last.get("type") != "result":
            return Unfinished(last_words=str(last.get("message", "")) if last.get("type") == "gone" else "")
        summary = last.get("result") or "; ".join(last.get("errors") or ()) or str(last["subtype"])
        if last.get("stop_reason") == "refusal":
            return Failed(message=summary, kind=SetbackKind.REFUSED)
        if last["subtype"] == "error_max_turns":
            return Failed(message=f"it took {last['num_turns']} turns", kind=SetbackKind.TRUNCATED)
        if last["is_error"] or last["subtype"] != "success":
            return Failed(message=summary, status=last.get("api_error_status"))
        return Finished(summary=summary, used_tools=any(event.get("tools") for event in events))

    def credits(self, event: Event) -> float:  # noqa: ARG002 - its calls pass by us, each with its price
        return 0

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:
        """A share that is not told is not taken for none, and what is paid beyond the windows is none of them."""
        info = event.get("rate_limit_info") or {}
        is_known = info.get("utilization") is not None or info.get("status") == "rejected"
        return windows.in_body(info, now) if is_known and info.get("rate_limit_type") != "overage" else ()


def told(message: Any) -> Event:
    """What of a message its ending can hang on, in plain values."""
    kind = type(message).__name__
    if kind == "ResultMessage":
        words = ("subtype", "is_error", "num_turns", "stop_reason", "result", "errors", "api_error_status")
        return {"type": "result", **{word: getattr(message, word) for word in words}}
    if kind == "AssistantMessage":
        used = [part for part in message.content if type(part).__name__ == "ToolUseBlock"]
        did = [digest(part.name, part.input) for part in used]
        return {"type": "assistant", "error": message.error, "tools": [part.name for part in used], DID: did}
    if kind == "UserMessage":
        results = [part for part in message.content if type(part).__name__ == "ToolResultBlock"]
        return {"type": kind, DID: [digest(part.content) for part in results]}
    if kind == "RateLimitEvent":
        limit = {word: getattr(message.rate_limit_info, word) for word in LIMIT_WORDS}
        return {"type": "rate_limit", "rate_limit_info": limit}
    return {"type": kind, "subtype": getattr(message, "subtype", None)}


def refusal(tool: str, asked: Mapping[str, Any], job: Job) -> str | None:
    """Why a tool may not be used so; None when it may."""
    if tool in READING or (tool == SHELL and job.is_sandboxed):
        return None
    if tool not in PATH_BY_WRITER:
        return f"{tool} is not among the tools of this task"
    return job.refusal(str(asked.get(PATH_BY_WRITER[tool], "")))


def _bundled() -> Path:
    """The program inside the library, which is not imported for it: that takes a second."""
    from importlib.util import find_spec  # noqa: PLC0415 - only where it is configured

    spec = find_spec("claude_agent_sdk")
    assert spec is not None, "a provider whose extra is not installed is not built"
    assert spec.origin is not None
    return Path(spec.origin).parent / "_bundled" / "claude"
