"""Codex, through openai-codex and the program that it brings. Its own sandbox is off where ours holds it."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import AgentProgram, AgentProvider
from watchbill.providers.agents.building import build_agent
from watchbill.providers.agents.programs import named
from watchbill.providers.agents.threaded import threaded
from watchbill.providers.agents.vendor import DID, Door, Ending, Event, Failed, Finished, Job, Unfinished, digest
from watchbill.providers.oracle import windows
from watchbill.providers.setup import ProviderSetup

SPEAKS = "openai"
TOKEN = "GATEWAY_TOKEN"  # noqa: S105 - the name of a variable
RETRIES = 1
LIMITS = "account/rateLimits/updated"
KEPT_METHODS = frozenset({"turn/completed", "item/completed", "error", LIMITS})
OWN_LIMIT = "codex"  # the account's; others are for single models
TALK = frozenset({"agentMessage", "userMessage", "reasoning"})
CHANGING = frozenset({"id", "durationMs", "processId"})  # of an item, each time it is done


def build(setup: ProviderSetup) -> AgentProvider:
    return build_agent(setup, Codex(command=setup.agent.command, readable=setup.agent.readable), speaks=SPEAKS)


class Codex:
    """Implements Vendor."""

    def __init__(self, *, command: tuple[str, ...], readable: tuple[Path, ...]) -> None:
        self._command = command
        self._readable = readable

    def program(self, door: Door | None, model: str) -> AgentProgram:  # noqa: ARG002 - it is told the model with the job
        if self._command:
            argv, readable = named(self._command, self._readable)
        else:
            bundled = _bundled()
            argv, readable = (str(bundled),), (bundled.parent.parent,)  # the programs that it starts lie beside it
        settings = {
            "model_provider": "watchbill",
            "model_providers.watchbill.name": "watchbill",
            "model_providers.watchbill.base_url": "" if door is None else f"{door.url}/v1",
            "model_providers.watchbill.env_key": TOKEN,
            "model_providers.watchbill.wire_api": "responses",
            "model_providers.watchbill.request_max_retries": RETRIES,
            "model_providers.watchbill.stream_max_retries": RETRIES,
            "web_search": "disabled",
            "analytics.enabled": False,
            "check_for_update_on_startup": False,
            "features.multi_agent": False,
        }
        told = [word for name, value in settings.items() for word in ("--config", f"{name}={json.dumps(value)}")]
        env = {"CODEX_HOME": "{home}/codex", **({} if door is None else {TOKEN: door.token})}
        return AgentProgram(
            argv=(*argv, *told, "app-server", "--listen", "stdio://"),
            env=env,
            files={"codex/.keep": ""},  # it does not make its folder itself
            readable=readable,
            port=None if door is None else door.port,
        )

    def play(self, job: Job) -> AsyncIterator[Event]:
        return threaded(lambda tell, stops: _play(job, tell, stops))

    def ending(self, events: Sequence[Event]) -> Ending:
        last: Event = events[-1] if events else {}
        if last.get("method") == "gone":
            return Unfinished(last_words=str(last["message"]))
        turn = last.get("turn") if last.get("method") == "turn/completed" else None
        if turn is None or turn["status"] not in ("completed", "failed"):
            return Unfinished()
        if turn["status"] == "failed" or turn.get("error"):
            return _failed(turn.get("error") or {})
        items = [event["item"] for event in events if event.get("method") == "item/completed"]
        words = [item["text"] for item in items if item["type"] == "agentMessage"]
        used = any(item["type"] not in TALK for item in items)
        return Finished(summary=words[-1] if words else "", used_tools=used)

    def credits(self, event: Event) -> float:  # noqa: ARG002 - its calls pass by us, each with its price
        return 0

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:
        """Of the account, or of a model that is named: whose another limit is, is not known."""
        limits = event.get("rateLimits") or {}
        model = limits.get("normalModelSlug") or ""
        if not model and limits.get("limitId", OWN_LIMIT) != OWN_LIMIT:
            return ()
        return [replace(use, model=model) for use in windows.in_body(limits, now)]


def _play(job: Job, tell: Any, stops: Any) -> None:
    """Its library is made of threads; this one is the run's own."""
    from openai_codex import ApprovalMode, Codex as Client, CodexConfig, Sandbox  # noqa: I001, PLC0415 - an extra
    from openai_codex.types import ReasoningEffort  # noqa: PLC0415 - the same

    config = CodexConfig(launch_args_override=(str(job.program),), cwd=str(job.worktree))
    with Client(config) as client:
        stops(client.close)
        thread = client.thread_start(
            cwd=str(job.worktree),
            model=job.model,
            model_provider="watchbill",
            sandbox=Sandbox.full_access if job.is_sandboxed else Sandbox.workspace_write,
            approval_mode=ApprovalMode.deny_all,
            developer_instructions=job.system,
            ephemeral=True,
        )
        effort = None if job.effort is None else ReasoningEffort(job.effort.value)
        for notification in thread.turn(job.prompt, effort=effort).stream():
            tell(told(notification))


def told(notification: Any) -> Event:
    """What of a notification its ending can hang on, in plain values."""
    if notification.method not in KEPT_METHODS:
        return {"method": notification.method}
    params = notification.payload.model_dump(mode="json", by_alias=True, exclude_none=True)
    item = params.get("item")
    did: list[str] = []
    if item is not None:
        if item["type"] not in TALK:
            did = [digest({word: value for word, value in item.items() if word not in CHANGING})]
        params["item"] = {word: item[word] for word in ("type", "text", "status") if word in item}
    if "turn" in params:
        params["turn"] = {word: params["turn"][word] for word in ("status", "error") if word in params["turn"]}
    return {
        "method": notification.method,
        **{word: params[word] for word in ("item", "turn", "error", "rateLimits") if word in params},
        **({DID: did} if did else {}),
    }


def _failed(error: Any) -> Failed:
    """Its own word for the error is a name, or a name with the status that it saw."""
    info = error.get("codexErrorInfo")
    word, details = next(iter(info.items()), ("", None)) if isinstance(info, dict) else (info, None)
    status = details.get("httpStatusCode") if isinstance(details, dict) else None
    message = error.get("message", "")
    return Failed(message=message, said={"error": {"code": word and str(word), "message": message}}, status=status)


def _bundled() -> Path:
    from codex_cli_bin import bundled_codex_path  # noqa: PLC0415 - an extra

    return Path(bundled_codex_path())
