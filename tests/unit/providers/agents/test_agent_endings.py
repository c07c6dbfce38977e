"""How each program's last words are read. The streams were said by the real programs: see tests/real/record.py."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from acp import schema
from hypothesis import given
from hypothesis import strategies as st

from tests.meters import MIDNIGHT
from watchbill.domain.effort import Effort
from watchbill.domain.outcomes import LimitWindow, SetbackKind, WindowUse
from watchbill.providers.agents import claude_code, codex, copilot, permits
from watchbill.providers.agents.acp import Acp, settings_of
from watchbill.providers.agents.acp import did as acp_did
from watchbill.providers.agents.acp import refusal as acp_refusal
from watchbill.providers.agents.programs import named
from watchbill.providers.agents.threaded import threaded
from watchbill.providers.agents.vendor import Door, Ending, Event, Failed, Finished, Unfinished, Vendor, digest

STREAMS = Path(__file__).parent / "streams"
DOOR = Door(url="http://127.0.0.1:4711", token="run-token")
VENDORS: dict[str, Vendor] = {
    "claude-code": claude_code.ClaudeCode(command=("claude",), readable=()),
    "codex": codex.Codex(command=("codex",), readable=()),
    "copilot": copilot.Copilot(command=("copilot",), readable=(), key="gh-key", speaks="openai", most=30),
    "acp": Acp(command=("agent",), env={"A": "{gateway}/x", "B": "{token}", "C": "{key}"}, readable=(), key="own-key"),
}


def said(name: str) -> list[Event]:
    return [json.loads(line) for line in (STREAMS / f"{name}.jsonl").read_text().splitlines()]


def ending(name: str) -> Ending:
    return VENDORS[name.partition(".")[0]].ending(said(name))


@pytest.mark.parametrize("kind", ["claude-code", "codex", "copilot"])
def test_a_result_without_an_error_is_finished(kind: str) -> None:
    assert ending(f"{kind}.done") == Finished(summary="All done.", used_tools=True)
    assert ending(f"{kind}.talk") == Finished(summary="You have hit your limit.", used_tools=False)


@pytest.mark.parametrize("name", ["claude-code.killed", "codex.killed"])
def test_whoever_is_gone_without_a_result_is_unfinished(name: str) -> None:
    found = ending(name)

    assert isinstance(found, Unfinished)
    assert found.last_words


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("claude-code.throttled", 429),
        ("claude-code.no-credit", 402),
        ("claude-code.cut", None),
        ("codex.throttled", 429),
        ("codex.cut", None),
        ("codex.no-credit", None),
        ("copilot.bad-request", 400),
    ],
)
def test_an_error_is_a_failure_with_its_status(name: str, status: int | None) -> None:
    found = ending(name)

    assert isinstance(found, Failed)
    assert found.status == status
    assert found.message


def test_claudes_own_word_for_a_refusal_is_exact() -> None:
    found = ending("claude-code.refused")

    assert isinstance(found, Failed)
    assert found.kind is SetbackKind.REFUSED


def test_claude_at_its_most_turns_is_truncated() -> None:
    last = {**said("claude-code.done")[-1], "subtype": "error_max_turns", "is_error": True}

    found = VENDORS["claude-code"].ending([last])

    assert isinstance(found, Failed)
    assert found.kind is SetbackKind.TRUNCATED


@given(name=st.sampled_from(sorted(path.stem for path in STREAMS.iterdir())), length=st.integers(0, 20))
def test_a_stream_that_broke_off_before_its_last_event_is_never_finished(name: str, length: int) -> None:
    events = said(name)

    assert not isinstance(VENDORS[name.partition(".")[0]].ending(events[: length % len(events)]), Finished)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({"type": "end", "stop_reason": "end_turn"}, Finished(summary="Hello.", used_tools=False)),
        ({"type": "end", "stop_reason": "cancelled"}, Unfinished(last_words="cancelled")),
        ({"type": "gone", "message": "no"}, Unfinished(last_words="no")),
    ],
)
def test_an_acp_agents_end_is_its_stop_reason(last: Event, expected: Ending) -> None:
    events = [{"type": "agent_message_chunk", "text": "Hel"}, {"type": "agent_message_chunk", "text": "lo."}, last]

    assert VENDORS["acp"].ending(events) == expected


@pytest.mark.parametrize(
    ("stop", "kind"), [("max_tokens", SetbackKind.TRUNCATED), ("refusal", SetbackKind.REFUSED), (None, None)]
)
def test_an_acp_agents_failures_are_typed_by_its_stop_reason(stop: str | None, kind: SetbackKind | None) -> None:
    last = {"type": "end", "stop_reason": stop} if stop else {"type": "end", "error": "429 slow down"}

    found = VENDORS["acp"].ending([last])

    assert isinstance(found, Failed)
    assert found.kind is kind


@pytest.mark.parametrize("kind", list(VENDORS))
def test_a_program_that_said_nothing_is_unfinished(kind: str) -> None:
    assert isinstance(VENDORS[kind].ending([]), Unfinished)


def test_copilot_tells_its_credits_in_billionths() -> None:
    assert VENDORS["copilot"].credits({"type": "assistant.usage", "nano_credits": 1_500_000_000}) == 1.5
    assert [VENDORS[kind].credits({}) for kind in ("claude-code", "codex", "acp")] == [0, 0, 0]


@pytest.mark.parametrize("kind", list(VENDORS))
def test_through_the_gateway_a_program_has_its_token_and_no_key(kind: str) -> None:
    program = VENDORS[kind].program(DOOR, "model-1")

    shown = json.dumps([dict(program.env), program.argv])
    assert "run-token" in shown
    assert "4711" in shown
    assert "gh-key" not in shown
    assert "own-key" not in shown
    assert program.port == 4711


@pytest.mark.parametrize(("kind", "key"), [("copilot", "gh-key"), ("acp", "own-key")])
def test_only_who_has_a_service_of_its_own_gets_its_key_and_the_network(kind: str, key: str) -> None:
    program = VENDORS[kind].program(None, "")

    assert key in program.env.values()
    assert program.port is None


def test_an_acp_agent_is_told_its_model_where_its_owner_says() -> None:
    vendor = Acp(command=("agent",), env={"M": "x/{model}"}, readable=(), key="")

    assert vendor.program(DOOR, "model-1").env == {"M": "x/model-1"}


def option(name: str, category: str | None, current: object, *values: str) -> Any:
    chosen = [SimpleNamespace(value=value) for value in values]
    return SimpleNamespace(id=name, category=category, current_value=current, options=chosen or None)


@pytest.mark.parametrize(
    ("options", "effort", "expected"),
    [
        ([option("effort", "thought_level", "default", "low", "max")], Effort.LOW, [("effort", "low")]),
        ([option("effort", "thought_level", "default", "low", "max")], Effort.HIGH, []),
        ([option("effort", "thought_level", "default", "low", "max")], None, []),
        ([option("effort", "thought_level", "low", "low", "max")], Effort.LOW, []),
        ([option("mode", "mode", "auto", "auto", "default")], None, [("mode", "default")]),
        ([option("mode", "mode", "build", "build", "plan"), option("fast", None, False)], Effort.LOW, []),
    ],
)
def test_an_acp_agent_is_set_to_ask_us_and_to_its_effort_where_it_knows_the_words(
    options: list[Any], effort: Effort | None, expected: list[tuple[str, str]]
) -> None:
    assert list(settings_of(options, effort)) == expected


def test_copilot_asks_in_the_words_that_its_owner_says() -> None:
    vendor = copilot.Copilot(command=("copilot",), readable=(), key="", speaks="anthropic", most=30)

    assert vendor.program(DOOR, "m").env["COPILOT_PROVIDER_TYPE"] == "anthropic"
    assert copilot.GITHUB_TOKEN not in vendor.program(None, "m").env


def test_a_named_program_is_shown_itself_and_never_its_folder(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("")
    link.symlink_to(real)

    argv, readable = named((str(link), "-x"), (Path("/opt/more"),))

    assert argv == (str(link), "-x")
    assert readable == (link, real.resolve(), Path("/opt/more"))


# --- permissions


def job(tmp_path: Path, *, is_sandboxed: bool = True) -> Any:
    def refused(path: str) -> str | None:
        return permits.refusal(path, worktree=tmp_path, claimed=["a.txt"])

    return SimpleNamespace(is_sandboxed=is_sandboxed, refusal=refused)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", None),
        ("{root}/a.txt", None),
        ("b.txt", "not one of the files"),
        ("../a.txt", "outside"),
        ("/etc/passwd", "outside"),
        ("away/x", "outside"),
        (".git/config", "git's own"),
    ],
)
def test_a_path_is_permitted_where_the_tasks_files_are(tmp_path: Path, path: str, expected: str | None) -> None:
    (tmp_path / "away").symlink_to("/")

    found = job(tmp_path).refusal(path.format(root=tmp_path))

    assert (found is None) if expected is None else (found is not None and expected in found)


@pytest.mark.parametrize(
    ("tool", "asked", "sandboxed", "permitted"),
    [
        ("Read", {"file_path": "/etc/passwd"}, True, True),
        ("Write", {"file_path": "a.txt"}, True, True),
        ("Edit", {"file_path": "b.txt"}, True, False),
        ("Bash", {"command": "ls"}, True, True),
        ("Bash", {"command": "ls"}, False, False),
        ("WebFetch", {"url": "x"}, True, False),
    ],
)
def test_claudes_tools_keep_to_the_tasks_files(
    tmp_path: Path, tool: str, asked: dict[str, str], *, sandboxed: bool, permitted: bool
) -> None:
    assert (claude_code.refusal(tool, asked, job(tmp_path, is_sandboxed=sandboxed)) is None) is permitted


@pytest.mark.parametrize(
    ("name", "file", "sandboxed", "permitted"),
    [
        ("PermissionRequestWrite", "a.txt", True, True),
        ("PermissionRequestWrite", "b.txt", True, False),
        ("PermissionRequestRead", "", True, True),
        ("PermissionRequestShell", "", True, True),
        ("PermissionRequestShell", "", False, False),
        ("PermissionRequestUrl", "", True, False),
    ],
)
def test_copilots_requests_keep_to_the_tasks_files(
    tmp_path: Path, name: str, file: str, *, sandboxed: bool, permitted: bool
) -> None:
    asked = type(name, (), {"file_name": file})()

    assert (copilot.refusal(asked, job(tmp_path, is_sandboxed=sandboxed)) is None) is permitted


@pytest.mark.parametrize(
    ("kind", "path", "sandboxed", "permitted"),
    [
        ("read", "b.txt", True, True),
        ("edit", "a.txt", True, True),
        ("edit", "b.txt", True, False),
        ("delete", "b.txt", True, False),
        ("execute", "", True, True),
        ("execute", "", False, False),
        ("fetch", "", True, False),
        (None, "", True, False),
    ],
)
def test_an_acp_agents_requests_keep_to_the_tasks_files(
    tmp_path: Path, kind: str | None, path: str, *, sandboxed: bool, permitted: bool
) -> None:
    diff = SimpleNamespace(type="diff", path=path)
    asked = SimpleNamespace(kind=kind, locations=None, content=[diff])

    assert (acp_refusal(asked, job(tmp_path, is_sandboxed=sandboxed)) is None) is permitted


# --- what is kept of what they say


def test_of_claudes_messages_only_what_an_ending_hangs_on_is_kept() -> None:
    words = ("subtype", "is_error", "num_turns", "stop_reason", "result", "errors", "api_error_status")
    result = type("ResultMessage", (), dict.fromkeys(words, 1))()
    tool = type("ToolUseBlock", (), {"name": "Write", "input": {"content": "x" * 999}})()
    assistant = type("AssistantMessage", (), {"content": [tool], "error": None})()
    system = type("SystemMessage", (), {"subtype": "init", "data": "x" * 999})()

    assert claude_code.told(result) == {"type": "result", **dict.fromkeys(words, 1)}
    told = claude_code.told(assistant)
    assert told == {"type": "assistant", "error": None, "tools": ["Write"], "did": [digest("Write", tool.input)]}
    assert claude_code.told(system) == {"type": "SystemMessage", "subtype": "init"}


def test_of_codex_notifications_only_what_an_ending_hangs_on_is_kept() -> None:
    def notification(method: str, **params: Any) -> Any:
        return SimpleNamespace(method=method, payload=SimpleNamespace(model_dump=lambda **_: params))

    item = codex.told(notification("item/completed", item={"type": "agentMessage", "text": "x", "id": 1}))
    turn = codex.told(notification("turn/completed", turn={"status": "completed", "items": [1]}))

    assert item == {"method": "item/completed", "item": {"type": "agentMessage", "text": "x"}}
    assert turn == {"method": "turn/completed", "turn": {"status": "completed"}}
    assert codex.told(notification("item/delta", delta="x")) == {"method": "item/delta"}


def test_of_copilots_events_only_what_an_ending_hangs_on_is_kept() -> None:
    def event(kind: str, **data: Any) -> Any:
        return SimpleNamespace(type=SimpleNamespace(value=kind), data=SimpleNamespace(**data, to_dict=dict))

    used = SimpleNamespace(total_nano_aiu=7)
    assert copilot.told(event("assistant.usage", copilot_usage=used)) == {"type": "assistant.usage", "nano_credits": 7}
    assert copilot.told(event("system.message", content="x" * 999)) == {"type": "system.message", "nano_credits": 0}
    told = copilot.told(event("session.error", message="no", status_code=None, error_type="query"))
    assert told == {"type": "session.error", "message": "no", "error_type": "query", "nano_credits": 0}


# --- what is the same step again


def of_claude(number: int, path: str, result: str) -> list[str]:
    use = type("ToolUseBlock", (), {"id": f"t{number}", "name": "Read", "input": {"path": path}})()
    back = type("ToolResultBlock", (), {"tool_use_id": f"t{number}", "content": result})()
    messages = (
        type("AssistantMessage", (), {"content": [use], "error": None})(),
        type("UserMessage", (), {"content": [back]})(),
        type("UserMessage", (), {"content": "go on"})(),
    )
    return [step for message in messages for step in claude_code.told(message)["did"]]


def of_codex(number: int, path: str, result: str) -> list[str]:
    item = {"type": "commandExecution", "command": path, "aggregatedOutput": result, "id": number, "durationMs": number}
    payload = SimpleNamespace(model_dump=lambda **_: {"item": item})
    return list(codex.told(SimpleNamespace(method="item/completed", payload=payload))["did"])


def of_copilot(number: int, path: str, result: str) -> list[str]:
    began = SimpleNamespace(tool_call_id=number, tool_name="view", arguments={"path": path})
    done = SimpleNamespace(tool_call_id=number, success=True, result=SimpleNamespace(content=result), error=None)
    kinds = {"tool.execution_start": began, "tool.execution_complete": done}
    events = [SimpleNamespace(type=SimpleNamespace(value=kind), data=data) for kind, data in kinds.items()]
    return [step for event in events for step in copilot.told(event)["did"]]


def of_acp(number: int, path: str, result: str) -> list[str]:
    start = schema.ToolCallStart(
        session_update="tool_call", tool_call_id=str(number), title="Read", raw_input={"path": path}
    )
    ticks = schema.ToolCallProgress(session_update="tool_call_update", tool_call_id=str(number), status="in_progress")
    done = ticks.model_copy(update={"status": "completed", "raw_output": result})
    return [step for update in (start, ticks, ticks, done) for step in acp_did(update.session_update, update)]


@pytest.mark.parametrize("steps", [of_claude, of_codex, of_copilot, of_acp])
def test_the_same_request_with_the_same_result_is_the_same_step(steps: Callable[[int, str, str], list[str]]) -> None:
    first = steps(1, "a.md", "text")

    assert steps(2, "a.md", "text") == first
    assert set(steps(3, "b.md", "text")) - set(first)
    assert set(steps(4, "a.md", "other")) - set(first)


# --- how far allowances are used

RESET = datetime(2026, 11, 24, 5, tzinfo=UTC)
LIMIT = {"status": "allowed_warning", "resets_at": int(RESET.timestamp()), "rate_limit_type": "five_hour"}


def uses(kind: str, event: Event) -> list[WindowUse]:
    return list(VENDORS[kind].uses(event, MIDNIGHT))


def test_claudes_limit_events_tell_how_far_its_windows_are_used() -> None:
    limit = type("RateLimitInfo", (), {**LIMIT, "utilization": 0.92, "raw": {"x": "x" * 999}})()
    event = claude_code.told(type("RateLimitEvent", (), {"rate_limit_info": limit})())

    assert event == {"type": "rate_limit", "rate_limit_info": {**LIMIT, "utilization": 0.92}}
    assert uses("claude-code", event) == [WindowUse(window=LimitWindow.FIVE_HOURS, used=0.92, resets_at=RESET)]


@pytest.mark.parametrize(
    "limit",
    [{**LIMIT, "utilization": None}, {**LIMIT, "rate_limit_type": "overage", "utilization": 1.0}],
)
def test_a_share_that_is_not_told_or_beyond_the_windows_is_no_use_of_them(limit: dict[str, Any]) -> None:
    assert uses("claude-code", {"type": "rate_limit", "rate_limit_info": limit}) == []


def test_codex_limit_events_tell_how_far_its_windows_are_used() -> None:
    windows = {"usedPercent": 91, "windowDurationMins": 300, "resetsAt": int(RESET.timestamp())}
    limits = {"limitId": "codex", "primary": windows, "secondary": {**windows, "usedPercent": 10}}
    payload = SimpleNamespace(model_dump=lambda **_: {"rateLimits": limits})
    event = codex.told(SimpleNamespace(method="account/rateLimits/updated", payload=payload))

    assert [(use.used, use.model) for use in uses("codex", event)] == [(0.91, ""), (0.1, "")]
    of_model = {**limits, "limitId": "codex_x", "normalModelSlug": "gpt-6.1-sol"}
    assert {use.model for use in uses("codex", {"rateLimits": of_model})} == {"gpt-6.1-sol"}
    assert uses("codex", {"rateLimits": {**limits, "limitId": "codex_x"}}) == []


def test_copilots_quotas_tell_what_is_left_of_those_that_end() -> None:
    quota = {
        "remainingPercentage": 8.0,
        "resetDate": "2026-12-01T00:00:00Z",
        "isUnlimitedEntitlement": False,
        "usageAllowedWithExhaustedQuota": False,
    }
    others = {"chat": {**quota, "isUnlimitedEntitlement": True}, "x": {**quota, "usageAllowedWithExhaustedQuota": True}}
    data = SimpleNamespace(to_dict=lambda: {"quotaSnapshots": {"premium_interactions": quota, **others}})
    event = copilot.told(SimpleNamespace(type=SimpleNamespace(value="assistant.usage"), data=data))

    (use,) = uses("copilot", event)
    assert (use.window, round(use.used, 2)) == (LimitWindow.MONTH, 0.92)
    assert use.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(VENDORS))
def test_an_event_without_a_limit_tells_no_use(kind: str) -> None:
    assert uses(kind, {"type": "x", "method": "x"}) == []


# --- threads


async def heard(work: Callable[..., None]) -> list[Event]:
    return [event async for event in threaded(work)]


def test_what_a_thread_tells_is_heard_to_its_end_and_its_fault_is_the_last() -> None:
    def work(tell: Any, _stops: Any) -> None:
        tell({"method": "one"})
        raise RuntimeError("gone away")

    events = asyncio.run(heard(work))

    assert events == [{"method": "one"}, {"method": "gone", "message": "RuntimeError: gone away"}]


def test_whoever_stops_listening_stops_the_work() -> None:
    stopped = []

    def work(tell: Any, stops: Any) -> None:
        stops(lambda: stopped.append(1))
        tell({"method": "one"})

    async def listen() -> None:
        events = threaded(work)
        assert await anext(events) == {"method": "one"}
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(listen())

    assert stopped == [1]
