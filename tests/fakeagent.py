"""An agent program for tests: speaks the Agent Client Protocol on its pipes and Anthropic's Messages with its gateway.

It does what its model says, as the big ones do: `write` a file itself, `ask` its client to write one, run a `shell` line,
`beg` for a permission first. A refusal of its vendor ends it with an error, as the protocol has it.
"""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import acp
from acp import schema


class Agent:
    def __init__(self) -> None:
        self.client: Any = None
        self.cwd = Path()

    def on_connect(self, conn: Any) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> schema.InitializeResponse:
        return schema.InitializeResponse(protocol_version=protocol_version)

    async def new_session(self, cwd: str, **_: Any) -> schema.NewSessionResponse:
        self.cwd = Path(cwd)
        return schema.NewSessionResponse(session_id="s")

    async def cancel(self, session_id: str, **_: Any) -> None: ...

    async def prompt(self, prompt: list[Any], **_: Any) -> schema.PromptResponse:
        messages: list[dict[str, Any]] = [{"role": "user", "content": prompt[0].text}]
        while True:
            status, answer = await asyncio.to_thread(_ask, messages)
            if status != 200:
                raise acp.RequestError.internal_error({"status": status, "said": answer})
            if answer["stop_reason"] == "refusal":
                return schema.PromptResponse(stop_reason="refusal")
            messages.append({"role": "assistant", "content": answer["content"]})
            results = [await self._use(part) for part in answer["content"] if part["type"] == "tool_use"]
            if not results:
                await self._say("".join(part["text"] for part in answer["content"]))
                return schema.PromptResponse(stop_reason="end_turn")
            messages.append({"role": "user", "content": results})

    async def _use(self, part: dict[str, Any]) -> dict[str, Any]:
        start = schema.ToolCallStart(
            session_update="tool_call",
            tool_call_id=part["id"],
            title=part["name"],
            status="pending",
            raw_input=part["input"],
        )
        await self.client.session_update(session_id="s", update=start)
        try:
            said = await getattr(self, f"_{part['name']}")(**part["input"])
        except acp.RequestError as error:
            said = f"refused: {error.data}"
        end = schema.ToolCallProgress(
            session_update="tool_call_update", tool_call_id=part["id"], status="completed", raw_output=said
        )
        await self.client.session_update(session_id="s", update=end)
        return {"type": "tool_result", "tool_use_id": part["id"], "content": said}

    async def _write(self, path: str, text: str) -> str:
        (self.cwd / path).write_text(text)
        return "written"

    async def _ask(self, path: str, text: str) -> str:
        await self.client.write_text_file(session_id="s", path=str(self.cwd / path), content=text)
        return (await self.client.read_text_file(session_id="s", path=path, limit=1)).content

    async def _beg(self, path: str, kind: str) -> str:
        place = schema.ToolCallLocation(path=str(self.cwd / path))
        asked = schema.ToolCallUpdate(tool_call_id="x", kind=kind, locations=[place])
        options = [
            schema.PermissionOption(option_id=kind, name=kind, kind=kind) for kind in ("allow_once", "reject_once")
        ]
        answer = await self.client.request_permission(session_id="s", tool_call=asked, options=options)
        return str(answer.outcome.option_id)

    async def _shell(self, command: str) -> str:
        done = await asyncio.to_thread(subprocess.run, ["/bin/sh", "-c", command], cwd=self.cwd, capture_output=True)
        return done.stdout.decode()

    async def _chatter(self) -> str:
        while True:
            await self._say("still at it ")
            await asyncio.sleep(0.02)

    async def _exit(self, words: str) -> str:
        sys.stderr.write(words)
        sys.stderr.flush()
        os._exit(0)

    async def _say(self, text: str) -> None:
        content = schema.TextContentBlock(type="text", text=text)
        chunk = schema.AgentMessageChunk(session_update="agent_message_chunk", content=content)
        await self.client.session_update(session_id="s", update=chunk)


def _ask(messages: list[dict[str, Any]]) -> tuple[int, Any]:
    body = {"model": os.environ["MODEL"], "max_tokens": 500, "messages": messages, "stream": True}
    request = urllib.request.Request(
        f"{os.environ['GATEWAY']}/v1/messages",
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {os.environ['TOKEN']}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, _assembled(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def _assembled(stream: str) -> dict[str, Any]:
    """The message that a stream of events comes to."""
    parts: list[dict[str, Any]] = []
    stop = None
    for line in stream.splitlines():
        event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
        match event.get("type"):
            case "content_block_start":
                parts.append({**event["content_block"], "json": ""})
            case "content_block_delta" if event["delta"]["type"] == "text_delta":
                parts[-1]["text"] += event["delta"]["text"]
            case "content_block_delta":
                parts[-1]["json"] += event["delta"]["partial_json"]
            case "message_delta":
                stop = event["delta"]["stop_reason"]
    for part in parts:
        written = part.pop("json")
        if part["type"] == "tool_use":
            part["input"] = json.loads(written or "{}")
    return {"content": parts, "stop_reason": stop}


if __name__ == "__main__":
    asyncio.run(acp.run_agent(Agent()))
