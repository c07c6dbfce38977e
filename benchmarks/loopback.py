"""A vendor on loopback that answers chat completions and adds up what it would bill, whatever the caller believes."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DOLLARS_IN, DOLLARS_OUT = 3.0, 15.0  # for a million tokens, of every model
BYTES_PER_TOKEN = 4
USUAL_OUTPUT = 1_000  # tokens that it answers where there is room
UNBOUND_OUTPUT = 4_000  # and where nobody said how much room there is
PACE = 0.1  # seconds that an answer takes


class Vendor:
    """What it heard and would bill."""

    def __init__(self) -> None:
        self.port = 0
        self.calls = 0
        self.billed = 0.0  # dollars
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self) -> None:
        with self._lock:
            self.calls, self.billed = 0, 0.0

    def answer(self, body: bytes) -> bytes:
        fields = json.loads(body)
        room = fields.get("max_tokens") or fields.get("max_completion_tokens")
        tokens_in = len(body) // BYTES_PER_TOKEN
        tokens_out = UNBOUND_OUTPUT if room is None else min(room, USUAL_OUTPUT)
        with self._lock:
            self.calls += 1
            self.billed += (tokens_in * DOLLARS_IN + tokens_out * DOLLARS_OUT) / 1_000_000
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        message = {"role": "assistant", "content": "So be it."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        said = {"id": "c", "object": "chat.completion", "created": 1, "model": fields["model"]}
        return json.dumps({**said, "choices": [choice], "usage": usage}).encode()


@contextmanager
def vendor() -> Iterator[Vendor]:
    here = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(PACE)
            said = here.answer(body)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # a burst comes at once
    daemon_threads = True
