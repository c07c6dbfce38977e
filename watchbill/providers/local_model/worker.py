"""The worker: a small program of its own that holds one model and answers on a socket in its folder, and does nothing else.

    python -I -S worker.py < SPEC-LINE

The first line of standard input says what to hold; the end of standard input is the end of the worker. It says one line when
it is ready, and its errors on the error stream. Standard library only, and the model's library, whose place the line names.
"""

import ctypes
import json
import os
import sys
from contextlib import suppress
from typing import Any

READY = "ready"
SOCKET = "model.sock"  # relative: its full path may be longer than a socket's name can be
_ERRORS_ONLY = 1
_NICER = 5  # whoever checks work beside it goes first
_FIRST_TO_GO = 800  # of 1000: where memory runs out, the kernel ends this and not the daemon
_PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    spec = json.loads(sys.stdin.readline())
    _lower()
    sys.path.append(spec["library"])
    import xllamacpp  # noqa: PLC0415 - only now is its place known

    try:
        server = xllamacpp.Server(_params(xllamacpp, spec))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.write(f"{READY} {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # an answer under way would be waited for


def _lower() -> None:
    """Nothing that a model's file could make of this process shall have more rights, or matter more, than it needs."""
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(_NICER)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - pathlib is slow to load
        file.write(str(_FIRST_TO_GO))  # where /proc may not be written, the kernel chooses by itself


def _params(xllamacpp: Any, spec: dict[str, Any]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = spec["weights"]
    params.model_alias = {spec["name"]}
    params.hostnames = [SOCKET]
    params.api_keys = [spec["token"]]
    params.n_ctx = spec["context"] * spec["slots"]
    params.n_parallel = spec["slots"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = spec["threads"]
    params.use_jinja = True  # the chat template that the file brings
    params.sampling.temp = 0  # the same question has the same answer
    params.sampling.seed = 7
    params.cache_ram_mib = 0  # else prompts are kept beside the context, up to 8 GB
    params.fit_params = params.warmup = params.ui = params.endpoint_slots = False
    params.verbosity = _ERRORS_ONLY
    return params


if __name__ == "__main__":
    main()
