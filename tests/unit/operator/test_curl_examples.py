"""The pages' curl examples, each run by curl itself against the API on a Unix socket, as the daemon serves it."""

import asyncio
import json
import re
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from tests import filled
from tests.filled import Filled
from watchbill.operator.guard import Guard, of_socket
from watchbill.operator.listen import listen
from watchbill.state import database

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    line for page in PAGES for line in re.findall(r"^ *(?:\$ )?(curl .*)$", page.read_text(), flags=re.MULTILINE)
]


async def ran(example: str, state: Path) -> None:
    """A stream has no end: it is cut off when it has begun."""
    is_stream = "text/event-stream" in example
    words = shlex.split(example.replace("STATE/", f"{state}/").replace("TASK", "polish-ch5"))
    words += ["--silent", "--show-error", "--fail-with-body", "--max-time", "60"]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    if is_stream:
        assert (await process.stdout.readline()).startswith(b"retry: "), example
        process.terminate()
    said, _ = await process.communicate()

    assert process.returncode == (-signal.SIGTERM if is_stream else 0), f"{example}\n{said.decode()}"
    if not is_stream:
        assert "error" not in json.loads(said), example


@pytest.mark.skipif(shutil.which("curl") is None, reason="NOT RUN: needs curl")
async def test_every_example_of_the_pages_is_answered(tmp_path: Path) -> None:
    assert len(EXAMPLES) >= 4
    with database.direct(tmp_path / "watchbill.db") as conn:
        vcs = await filled.clone(tmp_path)
        filled.fill_store(Filled(conn=conn, vcs=vcs, shown=await filled.commits(vcs, {})))
        guarded = Guard(filled.application(conn, vcs, tmp_path), of_socket)
        serving = asyncio.create_task(listen(guarded, tmp_path / "control.sock"))
        while not (tmp_path / "control.sock").exists():
            await asyncio.sleep(0.001)
        for example in EXAMPLES:
            await ran(example, tmp_path)
        serving.cancel()
        await asyncio.wait({serving})
