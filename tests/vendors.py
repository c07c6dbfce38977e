"""A fake vendor on loopback: Anthropic Messages, OpenAI Responses and OpenAI Chat, well enough for the real SDKs.

What it answers is a pure function of the test's: decide(vendor, model, heard) → answer. Everything that reaches it is in its
journal, one entry for each HTTP request, with what a real vendor would have billed for it.

    with FakeVendor(lambda vendor, model, heard: [Use("read_file", {"path": "a.txt"})]) as fake:
        setup = ProviderSetup(..., base_url=fake.anthropic_url)   # or fake.openai_url
        ...
        assert [entry.status for entry in fake.calls] == [200]
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

ANTHROPIC, RESPONSES, CHAT = "anthropic", "openai", "openai-chat"
BYTES_PER_TOKEN = 4
BROKEN_OFF = ("an answer of several words, long enough to be cut in its middle",)
VENDOR_BY_PATH = {"/v1/messages": ANTHROPIC, "/v1/responses": RESPONSES, "/v1/chat/completions": CHAT}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One message of a request, in neutral words."""

    role: str  # system | user | assistant | tool
    text: str
    tools: tuple[str, ...] = ()  # names of the tools that an assistant called
    call: str = ""  # for a tool's result: the id that it answers


@dataclass(frozen=True)
class Use:
    tool: str
    args: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """An answer that ends otherwise than well: "max_tokens" or "refusal"."""

    reason: str
    parts: Sequence["str | Use"] = ("so far",)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong instead of, or in, an answer. Make them with the functions below."""

    status: int = 200
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # a body that is no answer
    content_type: str = "application/json"
    cut_after: int | None = None  # stream this many events, then close the connection
    clean_cut: bool = False  # end the chunked body in good order, but too early
    drip: float | None = None  # seconds between single bytes
    stall: bool = False  # send the head and nothing more
    reset: bool = False  # close without a word after the request was read
    in_stream: bool = False  # an error event in a stream that began well


def throttled(retry_after: int | None = 7) -> Fault:
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Fault(status=429, code="rate_limit_error", message="slow down", headers=headers)


def no_credit() -> Fault:
    return Fault(status=429, code="insufficient_quota", message="You exceeded your current quota")


def overloaded(status: int = 529) -> Fault:
    return Fault(status=status, code="overloaded_error", message="Overloaded")


def unauthorized() -> Fault:
    return Fault(status=401, code="authentication_error", message="invalid x-api-key")


def too_long() -> Fault:
    return Fault(status=400, code="invalid_request_error", message="prompt is too long: 210000 tokens > 200000 maximum")


def gone() -> Fault:
    return Fault(status=404, code="not_found_error", message="model: no such model")


def bad_request() -> Fault:
    return Fault(status=400, code="invalid_request_error", message="messages: wrong")


def cut(after: int = 3, *, clean: bool = False) -> Fault:
    return Fault(cut_after=after, clean_cut=clean)


def reset() -> Fault:
    return Fault(reset=True)


def drip(seconds: float = 0.05) -> Fault:
    return Fault(drip=seconds)


def stall() -> Fault:
    return Fault(stall=True)


def html() -> Fault:
    return Fault(raw=b"<html><body>Welcome to the hotel's network</body></html>", content_type="text/html")


def wrong_json() -> Fault:
    return Fault(raw=b'data: {"type": "message_start", "mess\n\n', content_type="text/event-stream")


def error_in_stream(code: str = "overloaded_error") -> Fault:
    return Fault(in_stream=True, code=code, message="Overloaded")


Answer = Sequence[str | Use] | Stop | Fault
Decide = Callable[[str, str, tuple[Heard, ...]], Answer]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One HTTP request as the vendor saw it."""

    number: int
    vendor: str  # "" for free endpoints
    path: str
    model: str
    status: int
    fault: bool
    tokens_in: int  # billed
    tokens_out: int  # billed
    body: bytes
    headers: Mapping[str, str]
    delivered: bool = False  # the whole answer was written
    cache_read: int = 0  # of tokens_in
    cache_write: int = 0  # of tokens_in

    @property
    def fields(self) -> dict[str, Any]:
        return json.loads(self.body)


class FakeVendor:
    """Runs in a thread of its own on an ephemeral loopback port, between `with` and its end (or start() and stop())."""

    def __init__(
        self, decide: Decide, *, port: int = 0, models: Sequence[str] = ("fake-1", "fake-2"), mute: bool = False
    ) -> None:
        self.mute = mute  # free endpoints never answer
        self.decide = decide
        self.port = port
        self.models = tuple(models)
        self._journal: list[Entry] = []
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="fake vendor", daemon=True)

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def journal(self) -> list[Entry]:
        with self._lock:
            return list(self._journal)

    @property
    def calls(self) -> list[Entry]:
        """The requests to billing endpoints."""
        return [entry for entry in self.journal if entry.vendor]

    def url_for(self, vendor: str) -> str:
        return self.anthropic_url if vendor == ANTHROPIC else self.openai_url

    def start(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("the fake vendor did not start")
        return self

    def stop(self) -> None:
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # it is gone already
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        connections: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await self._connection(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client went away, or we do
            finally:
                connections.discard(task)
                writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, path, _version = first.split(" ")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if not await self._respond(writer, method, path.partition("?")[0], headers, body):
                return

    async def _respond(
        self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> bool:
        """Answer one request; False when the connection is over."""
        vendor = VENDOR_BY_PATH.get(path, "") if method == "POST" else ""
        if not vendor:
            return await self._free(writer, path, headers, body)
        fields = json.loads(body)
        answer = self._decide(vendor, fields)
        fault = answer if isinstance(answer, Fault) else None
        entry = self._enter(vendor=vendor, path=path, model=fields["model"], answer=answer, body=body, headers=headers)
        if fault is not None and fault.reset:
            writer.transport.abort()
            return False
        if fault is not None and (fault.status != 200 or fault.raw is not None):
            await _plain(writer, fault.status, _error_body(vendor, fault), fault.content_type, fault.headers)
            self._delivered(entry)
            return True
        whole = await self._stream(writer, vendor, fields["model"], answer, entry)
        if whole:
            self._delivered(entry)
        return whole

    def _decide(self, vendor: str, fields: Mapping[str, Any]) -> Answer:
        try:
            return self.decide(vendor, fields["model"], hear(vendor, fields))
        except Exception as error:  # noqa: BLE001 -- the test's own mistake has to be seen in the test
            return Fault(status=500, code="decide_failed", message=repr(error))

    async def _free(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], body: bytes) -> bool:
        self._enter(vendor="", path=path, model="", answer=(), body=body, headers=headers)
        if self.mute:
            await asyncio.sleep(3600)
        if path == "/v1/messages/count_tokens":
            await _plain(writer, 200, json.dumps({"input_tokens": len(body) // BYTES_PER_TOKEN}).encode())
            return True
        if path != "/v1/models":
            await _plain(writer, 404, b'{"error": {"type": "not_found_error", "message": "no such path"}}')
            return True
        data = [
            {"id": name, "type": "model", "object": "model", "created": 1, "owned_by": "fake", "display_name": name}
            | {"created_at": "2026-01-01T00:00:00Z"}
            for name in self.models
        ]
        page = {"object": "list", "data": data, "has_more": False, "first_id": None, "last_id": None}
        await _plain(writer, 200, json.dumps(page).encode())
        return True

    async def _stream(
        self, writer: asyncio.StreamWriter, vendor: str, model: str, answer: Answer, entry: Entry
    ) -> bool:
        fault = answer if isinstance(answer, Fault) else Fault()
        said = BROKEN_OFF if answer is fault else answer
        names = {"request-id": f"req_{entry.number}", "x-request-id": f"req_{entry.number}"}
        writer.write(_head(200, "text/event-stream", {"transfer-encoding": "chunked", **names}))
        await writer.drain()
        if fault.stall:
            await asyncio.sleep(3600)
        for number, event in enumerate(_STREAMS[vendor](model, said, entry)):
            if fault.cut_after is not None and number >= fault.cut_after:
                return await _cut(writer, clean=fault.clean_cut)
            if fault.in_stream and number == 2:
                await _chunk(writer, _error_event(vendor, fault))
                break
            async for piece in _paced(event, fault.drip):
                await _chunk(writer, piece)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _enter(
        self, *, vendor: str, path: str, model: str, answer: Answer, body: bytes, headers: Mapping[str, str]
    ) -> Entry:
        fault = answer if isinstance(answer, Fault) else None
        refused = not vendor or (fault is not None and fault.status != 200)
        with self._lock:
            entry = Entry(
                number=len(self._journal),
                vendor=vendor,
                path=path,
                model=model,
                status=fault.status if fault else 200,
                fault=fault is not None,
                tokens_in=0 if refused else len(body) // BYTES_PER_TOKEN,
                tokens_out=0 if refused else tokens_of(answer),
                body=body,
                headers=dict(headers),
            )
            self._journal.append(entry)
        return entry

    def _delivered(self, entry: Entry) -> None:
        with self._lock:
            self._journal[entry.number] = replace(entry, delivered=True)


def tokens_of(answer: Answer) -> int:
    """The output that a vendor would bill; of an answer that breaks off, what it was going to say."""
    parts = answer.parts if isinstance(answer, Stop) else BROKEN_OFF if isinstance(answer, Fault) else answer
    size = sum(len(part) if isinstance(part, str) else len(json.dumps(dict(part.args))) for part in parts)
    return size // BYTES_PER_TOKEN + 1


def hear(vendor: str, fields: Mapping[str, Any]) -> tuple[Heard, ...]:
    """A request's messages in neutral words, whatever the wire format."""
    return tuple(_HEARING[vendor](fields))


def _hear_anthropic(fields: Mapping[str, Any]) -> Iterator[Heard]:
    if fields.get("system"):
        yield Heard(role="system", text=_text(fields["system"]))
    for message in fields["messages"]:
        blocks = message["content"]
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        for block in blocks:
            if block["type"] == "tool_result":
                yield Heard(role="tool", text=_text(block.get("content", "")), call=block["tool_use_id"])
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        tools = tuple(block["name"] for block in blocks if block["type"] == "tool_use")
        if text or tools:
            yield Heard(role=message["role"], text=text, tools=tools)


def _hear_responses(fields: Mapping[str, Any]) -> Iterator[Heard]:
    if fields.get("instructions"):
        yield Heard(role="system", text=fields["instructions"])
    items = fields["input"]
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        match item.get("type", "message"):
            case "function_call":
                yield Heard(role="assistant", text="", tools=(item["name"],))
            case "function_call_output":
                yield Heard(role="tool", text=_text(item["output"]), call=item["call_id"])
            case "message":
                yield Heard(role=item["role"], text=_text(item["content"]))


def _hear_chat(fields: Mapping[str, Any]) -> Iterator[Heard]:
    for message in fields["messages"]:
        tools = tuple(call["function"]["name"] for call in message.get("tool_calls") or ())
        yield Heard(
            role=message["role"],
            text=_text(message.get("content") or ""),
            tools=tools,
            call=message.get("tool_call_id", ""),
        )


_HEARING: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Heard]]] = {
    ANTHROPIC: _hear_anthropic,
    RESPONSES: _hear_responses,
    CHAT: _hear_chat,
}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _sse(data: Mapping[str, Any], *, named: bool = True) -> bytes:
    name = f"event: {data['type']}\n" if named else ""
    return f"{name}data: {json.dumps(data)}\n\n".encode()


def _parts(answer: Answer) -> tuple[Sequence[str | Use], str]:
    if isinstance(answer, Stop):
        return answer.parts, answer.reason
    assert not isinstance(answer, Fault)
    return answer, ""


def _speak_anthropic(model: str, answer: Answer, entry: Entry) -> Iterator[bytes]:
    parts, reason = _parts(answer)
    fresh = entry.tokens_in - entry.cache_read - entry.cache_write
    usage = {"input_tokens": fresh, "output_tokens": 1, "cache_read_input_tokens": entry.cache_read}
    message = {
        "id": f"msg_{entry.number}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "cache_creation_input_tokens": entry.cache_write},
    }
    yield _sse({"type": "message_start", "message": message})
    yield _sse({"type": "ping"})
    for index, part in enumerate(parts):
        if isinstance(part, str):
            block = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(part)]
        else:
            block = {"type": "tool_use", "id": f"toolu_{entry.number}_{index}", "name": part.tool, "input": {}}
            deltas = [
                {"type": "input_json_delta", "partial_json": piece} for piece in _pieces(json.dumps(dict(part.args)))
            ]
        yield _sse({"type": "content_block_start", "index": index, "content_block": block})
        for delta in deltas:
            yield _sse({"type": "content_block_delta", "index": index, "delta": delta})
        yield _sse({"type": "content_block_stop", "index": index})
    stop = reason or ("tool_use" if any(isinstance(part, Use) for part in parts) else "end_turn")
    delta = {"stop_reason": stop, "stop_sequence": None}
    yield _sse({"type": "message_delta", "delta": delta, "usage": {"output_tokens": entry.tokens_out}})
    yield _sse({"type": "message_stop"})


def _speak_responses(model: str, answer: Answer, entry: Entry) -> Iterator[bytes]:
    parts, reason = _parts(answer)
    counter = iter(range(1_000_000))

    def event(kind: str, **fields: Any) -> bytes:
        return _sse({"type": kind, "sequence_number": next(counter), **fields})

    frame = {
        "id": f"resp_{entry.number}",
        "object": "response",
        "created_at": 1,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    yield event("response.created", response={**frame, "status": "in_progress"})
    yield event("response.in_progress", response={**frame, "status": "in_progress"})
    items = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            item: dict[str, Any] = {"type": "message", "id": f"msg_{entry.number}_{index}", "role": "assistant"}
            place = {"item_id": item["id"], "output_index": index, "content_index": 0}
            empty = {"type": "output_text", "text": "", "annotations": []}
            yield event(
                "response.output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []}
            )
            yield event("response.content_part.added", **place, part=empty)
            for piece in _pieces(part):
                yield event("response.output_text.delta", **place, delta=piece, logprobs=[])
            yield event("response.output_text.done", **place, text=part, logprobs=[])
            item |= {"status": "completed", "content": [{**empty, "text": part}]}
        else:
            args = json.dumps(dict(part.args))
            item = {"type": "function_call", "id": f"fc_{entry.number}_{index}", "name": part.tool}
            item |= {"call_id": f"call_{entry.number}_{index}"}
            place = {"item_id": item["id"], "output_index": index}
            yield event(
                "response.output_item.added",
                output_index=index,
                item={**item, "status": "in_progress", "arguments": ""},
            )
            for piece in _pieces(args):
                yield event("response.function_call_arguments.delta", **place, delta=piece)
            yield event("response.function_call_arguments.done", **place, arguments=args, name=part.tool)
            item |= {"status": "completed", "arguments": args}
        yield event("response.output_item.done", output_index=index, item=item)
        items.append(item)
    usage = {
        "input_tokens": entry.tokens_in,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": entry.tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": entry.tokens_in + entry.tokens_out,
    }
    whole = {**frame, "output": items, "usage": usage}
    if reason:
        why = "max_output_tokens" if reason == "max_tokens" else "content_filter"
        yield event(
            "response.incomplete", response={**whole, "status": "incomplete", "incomplete_details": {"reason": why}}
        )
    else:
        yield event("response.completed", response={**whole, "status": "completed"})


def _speak_chat(model: str, answer: Answer, entry: Entry) -> Iterator[bytes]:
    parts, reason = _parts(answer)
    frame = {"id": f"chatcmpl-{entry.number}", "object": "chat.completion.chunk", "created": 1, "model": model}

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _sse({**frame, "choices": [choice], "usage": None}, named=False)

    yield chunk({"role": "assistant", "content": ""})
    calls = 0
    for part in parts:
        if isinstance(part, str):
            for piece in _pieces(part):
                yield chunk({"content": piece})
            continue
        function = {"name": part.tool, "arguments": ""}
        call = {"index": calls, "id": f"call_{entry.number}_{calls}", "type": "function", "function": function}
        yield chunk({"tool_calls": [call]})
        for piece in _pieces(json.dumps(dict(part.args))):
            yield chunk({"tool_calls": [{"index": calls, "function": {"arguments": piece}}]})
        calls += 1
    endings = {"max_tokens": "length", "refusal": "content_filter", "": "tool_calls" if calls else "stop"}
    yield chunk({}, endings[reason])
    usage = {"prompt_tokens": entry.tokens_in, "completion_tokens": entry.tokens_out}
    yield _sse({**frame, "choices": [], "usage": {**usage, "total_tokens": sum(usage.values())}}, named=False)
    yield b"data: [DONE]\n\n"


_STREAMS: Mapping[str, Callable[[str, Answer, Entry], Iterator[bytes]]] = {
    ANTHROPIC: _speak_anthropic,
    RESPONSES: _speak_responses,
    CHAT: _speak_chat,
}


def _pieces(text: str) -> list[str]:
    return [text[start : start + 12] for start in range(0, len(text), 12)] or [""]


def _error_body(vendor: str, fault: Fault) -> bytes:
    if fault.raw is not None:
        return fault.raw
    error = {"type": fault.code, "message": fault.message}
    body = (
        {"type": "error", "error": error}
        if vendor == ANTHROPIC
        else {"error": {**error, "code": fault.code, "param": None}}
    )
    return json.dumps(body).encode()


def _error_event(vendor: str, fault: Fault) -> bytes:
    error = {"type": fault.code, "message": fault.message}
    match vendor:
        case "anthropic":
            return _sse({"type": "error", "error": error})
        case "openai":
            return _sse(
                {"type": "error", "code": fault.code, "message": fault.message, "param": None, "sequence_number": 2}
            )
        case _:
            return _sse({"error": {**error, "code": fault.code}}, named=False)


def _head(status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _plain(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    writer.write(_head(status, content_type, {"content-length": str(len(body)), **(headers or {})}) + body)
    await writer.drain()


async def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


async def _cut(writer: asyncio.StreamWriter, *, clean: bool) -> bool:
    if clean:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return False
    writer.transport.abort()
    return False


async def _paced(event: bytes, seconds: float | None) -> AsyncIterator[bytes]:
    if seconds is None:
        yield event
        return
    for byte in event:
        await asyncio.sleep(seconds)
        yield bytes([byte])
