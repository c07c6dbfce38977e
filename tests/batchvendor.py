"""A fake vendor of batches on loopback: Anthropic's Message Batches and OpenAI's Batch API over files, as they document them.

What a batch's requests are answered is decide(vendor, model, heard), as for single requests; a Fault with a status makes its
request errored. `finish` ends what is there: all of it, or with some requests expired or cancelled. What is lost on the way back
(`forget_answers`) is there all the same.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.vendors import ANTHROPIC, BYTES_PER_TOKEN, RESPONSES, Decide, Fault, Use, hear, tokens_of

DAY = timedelta(hours=24)
Json = dict[str, Any]


@dataclass(kw_only=True)
class Made:
    """A batch as the vendor has it."""

    id: str
    vendor: str
    requests: Mapping[str, Json]  # by custom id
    created_at: datetime
    input_file: str = ""
    metadata: Json = field(default_factory=dict)
    status: str = "in_progress"  # ended for Anthropic; completed, expired, cancelled for OpenAI
    results: dict[str, Json] = field(default_factory=dict)
    billed: dict[str, tuple[int, int]] = field(default_factory=dict)  # tokens in and out, of what succeeded


class BatchVendor:
    """Runs in threads on an ephemeral loopback port, between `with` and its end."""

    def __init__(self, decide: Decide, *, now: Any = None) -> None:
        self.decide = decide
        self.now = now or (lambda: datetime.now(UTC))
        self.batches: dict[str, Made] = {}
        self.files: dict[str, bytes] = {}
        self.journal: list[tuple[str, str]] = []  # method and path
        self.refuse: tuple[int, str] | None = None  # a status and a code, for creating
        self.forget_answers = False  # creates and says nothing: the connection is cut
        self.answers_badly = 0  # status for everything that is asked
        self.finishes_at_once = False
        self.answers = threading.Event()  # while it is not set, who creates a batch waits for its answer
        self.answers.set()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def do_DELETE(self) -> None:
                self._serve("DELETE")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                path = self.path.partition("?")[0]
                answer = vendor.serve(method, path, body, self.headers.get("content-type", ""))
                if answer is None:
                    self.close_connection = True
                    return
                status, data, kind = answer
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's word
                """Nothing is told."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="batch vendor", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url_for(self, vendor: str) -> str:
        return f"http://127.0.0.1:{self.port}" + ("" if vendor == ANTHROPIC else "/v1")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def creates(self) -> int:
        return sum(method == "POST" and path.endswith("/batches") for method, path in self.journal)

    def finish(self, *, expired: int = 0, cancelled: int = 0, missing: int = 0) -> None:
        """End every batch that is under way; the last requests of each end as told."""
        for made in self.batches.values():
            if made.status != "in_progress":
                continue
            names = list(made.requests)
            served = len(names) - expired - cancelled - missing
            for place, name in enumerate(names):
                if place < served:
                    self._serve_one(made, name)
                elif place < served + expired:
                    made.results[name] = _unrun(made.vendor, "expired")
                elif place < served + expired + cancelled:
                    made.results[name] = _unrun(made.vendor, "canceled")
            made.status = "ended" if made.vendor == ANTHROPIC else "expired" if expired else "completed"

    def _serve_one(self, made: Made, name: str) -> None:
        params = made.requests[name]
        answer = self.decide(made.vendor, params["model"], hear(made.vendor, params))
        if isinstance(answer, Fault):
            made.results[name] = _errored(made.vendor, answer)
            return
        tokens = len(json.dumps(params)) // BYTES_PER_TOKEN, tokens_of(answer)
        made.billed[name] = tokens
        say = _message if made.vendor == ANTHROPIC else _response
        made.results[name] = say(name, params["model"], answer, tokens)

    # --- the wire

    def serve(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes, str] | None:
        self.journal.append((method, path))
        if self.answers_badly:
            return _error(self.answers_badly, "api_error")
        if path.startswith("/v1/messages/batches"):
            return self._anthropic(method, path.removeprefix("/v1/messages/batches").strip("/"), body)
        if path.startswith("/v1/files"):
            return self._files(method, path.removeprefix("/v1/files").strip("/"), body, kind)
        if path.startswith("/v1/batches"):
            return self._openai(method, path.removeprefix("/v1/batches").strip("/"), body)
        return _error(404, "not_found_error")

    def _anthropic(self, method: str, rest: str, body: bytes) -> tuple[int, bytes, str] | None:
        if method == "POST" and not rest:
            requests = {each["custom_id"]: each["params"] for each in json.loads(body)["requests"]}
            return self._create(ANTHROPIC, requests)
        if not rest:
            return _json(self._page([self._shown(made) for made in self._newest(ANTHROPIC)]))
        name, _, deed = rest.partition("/")
        made = self.batches.get(name)
        if made is None:
            return _error(404, "not_found_error")
        if deed == "results":
            lines = [json.dumps({"custom_id": key, "result": value}) for key, value in made.results.items()]
            return 200, "\n".join(lines).encode(), "application/x-jsonl"
        if deed == "cancel":
            self.finish(cancelled=len(made.requests))
        return _json(self._shown(made))

    def _openai(self, method: str, rest: str, body: bytes) -> tuple[int, bytes, str] | None:
        if method == "POST" and not rest:
            said = json.loads(body)
            lines = [json.loads(line) for line in self.files[said["input_file_id"]].splitlines() if line]
            requests = {line["custom_id"]: line["body"] for line in lines}
            return self._create(RESPONSES, requests, input_file=said["input_file_id"])
        if not rest:
            return _json(self._page([self._shown(made) for made in self._newest(RESPONSES)]))
        name, _, deed = rest.partition("/")
        made = self.batches.get(name)
        if made is None:
            return _error(404, "not_found_error")
        if deed == "cancel":
            self.finish(cancelled=len(made.requests))
        return _json(self._shown(made))

    def _files(self, method: str, rest: str, body: bytes, kind: str) -> tuple[int, bytes, str]:
        if method == "POST":
            mark = re.search(r"boundary=(\S+)", kind)
            assert mark is not None, "a file is uploaded as a form"
            parts = body.split(b"--" + mark[1].strip('"').encode())
            content = (
                next(part for part in parts if b"filename=" in part).partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            )
            name = f"file-{len(self.files) + 1}"
            self.files[name] = content
            return _json(
                {"id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": "b.jsonl"}
                | {"purpose": "batch", "status": "processed"}
            )
        name = rest.partition("/")[0]
        if method == "DELETE":
            self.files.pop(name, None)
            return _json({"id": name, "object": "file", "deleted": True})
        if name not in self.files:
            return _error(404, "not_found_error")
        return 200, self.files[name], "application/octet-stream"

    def _create(self, vendor: str, requests: Mapping[str, Json], input_file: str = "") -> tuple[int, bytes, str] | None:
        if self.refuse is not None:
            return _error(*self.refuse)
        name = f"{'msgbatch' if vendor == ANTHROPIC else 'batch'}_{len(self.batches) + 1}"
        made = Made(id=name, vendor=vendor, requests=requests, created_at=self.now(), input_file=input_file)
        self.batches[name] = made
        if self.finishes_at_once:
            self.finish()
        self.answers.wait(60)
        return None if self.forget_answers else _json(self._shown(made))

    def _newest(self, vendor: str) -> list[Made]:
        return [made for made in reversed(self.batches.values()) if made.vendor == vendor]

    def _page(self, data: list[Json]) -> Json:
        ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return {"object": "list", "data": data, "has_more": False, "first_id": ends[0], "last_id": ends[1]}

    def _shown(self, made: Made) -> Json:
        return self._shown_anthropic(made) if made.vendor == ANTHROPIC else self._shown_openai(made)

    def _shown_anthropic(self, made: Made) -> Json:
        ended = made.status == "ended"
        kinds = [result["type"] for result in made.results.values()]
        counts = {word: kinds.count(word) for word in ("succeeded", "errored", "canceled", "expired")}
        return {
            "id": made.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": {**counts, "processing": 0 if ended else len(made.requests)},
            "created_at": made.created_at.isoformat(),
            "expires_at": (made.created_at + DAY).isoformat(),
            "ended_at": made.created_at.isoformat() if ended else None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": f"{self.url_for(ANTHROPIC)}/v1/messages/batches/{made.id}/results" if ended else None,
        }

    def _shown_openai(self, made: Made) -> Json:
        good = {name: result for name, result in made.results.items() if result["response"]}
        bad = {name: result for name, result in made.results.items() if not result["response"]}
        for label, results in (("output", good), ("error", bad)):
            lines = [json.dumps({"id": f"r_{name}", "custom_id": name, **result}) for name, result in results.items()]
            self.files[f"{label}-{made.id}"] = "\n".join(lines).encode()
        ended = made.status != "in_progress"
        return {
            "id": made.id,
            "object": "batch",
            "endpoint": "/v1/responses",
            "completion_window": "24h",
            "created_at": int(made.created_at.timestamp()),
            "input_file_id": made.input_file,
            "status": made.status,
            "output_file_id": f"output-{made.id}" if ended and good else None,
            "error_file_id": f"error-{made.id}" if ended and bad else None,
            "request_counts": {"total": len(made.requests), "completed": len(good), "failed": len(bad)},
        }


def _message(name: str, model: str, answer: Any, tokens: tuple[int, int]) -> Json:
    parts, reason = (answer.parts, answer.reason) if hasattr(answer, "reason") else (answer, "")
    content = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "tool_use", "id": f"toolu_{name[-20:]}_{place}", "name": part.tool, "input": dict(part.args)}
        for place, part in enumerate(parts)
    ]
    stop = reason or ("tool_use" if any(isinstance(part, Use) for part in parts) else "end_turn")
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "service_tier": "batch"}
    message = {"id": f"msg_{name[-20:]}", "type": "message", "role": "assistant", "model": model, "content": content}
    return {"type": "succeeded", "message": {**message, "stop_reason": stop, "stop_sequence": None, "usage": usage}}


def _response(name: str, model: str, answer: Any, tokens: tuple[int, int]) -> Json:
    parts, reason = (answer.parts, answer.reason) if hasattr(answer, "reason") else (answer, "")
    output = []
    for place, part in enumerate(parts):
        if isinstance(part, str):
            text = {"type": "output_text", "text": part, "annotations": []}
            output.append(
                {"type": "message", "id": f"m_{place}", "role": "assistant", "status": "completed", "content": [text]}
            )
        else:
            call = {
                "type": "function_call",
                "id": f"fc_{place}",
                "call_id": f"call_{name[-20:]}_{place}",
                "name": part.tool,
            }
            output.append({**call, "arguments": json.dumps(dict(part.args)), "status": "completed"})
    usage = {
        "input_tokens": tokens[0],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(tokens),
    }
    body = {"id": f"resp_{name[-20:]}", "object": "response", "created_at": 1, "model": model, "output": output}
    body |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": usage, "status": "completed"}
    if reason:
        body |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return {"response": {"status_code": 200, "request_id": f"req_{name[-20:]}", "body": body}, "error": None}


def _errored(vendor: str, fault: Fault) -> Json:
    error = {"type": fault.code, "message": fault.message}
    if vendor == ANTHROPIC:
        return {"type": "errored", "error": {"type": "error", "error": error, "request_id": None}}
    return {"response": {"status_code": fault.status, "request_id": "r", "body": {"error": error}}, "error": None}


def _unrun(vendor: str, how: str) -> Json:
    if vendor == ANTHROPIC:
        return {"type": how}
    code = "batch_expired" if how == "expired" else "batch_cancelled"
    return {"response": None, "error": {"code": code, "message": how}}


def _json(data: Json) -> tuple[int, bytes, str]:
    return 200, json.dumps(data).encode(), "application/json"


def _error(status: int, code: str) -> tuple[int, bytes, str]:
    error = {"type": code, "message": code, "code": code}
    return status, json.dumps({"type": "error", "error": error}).encode(), "application/json"
