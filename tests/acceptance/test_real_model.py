"""A real model does a real task: SmolLM2 mends a marked sentence, over both vendors' SDKs, through the daemon as a process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import smollm
from tests.acceptance.harness import QUEUE, Said, Town
from tests.smollm import SmolLM

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


# not "openai": llama.cpp's Responses API refuses an earlier reply that did not come from itself, and examples are such
@pytest.fixture(params=["anthropic", "openai-chat"])
def town(request: pytest.FixtureRequest, tmp_path: Path, model: SmolLM) -> Town:
    """A story with one wrong sentence, and the model behind one vendor's SDK."""
    url = model.anthropic_url if request.param == "anthropic" else model.openai_url
    made = Town(tmp_path)
    made.write("story.md", BEFORE)
    made.write(QUEUE, ENTRY)
    made.commit("The beginning")
    made.configure(
        f"""
[provider.smol]
kind = "{request.param}"
base_url = "{url}"

[[provider.smol.models]]
id = "{smollm.MODEL}"
price = {{ input = 0, output = 0 }}
one_shot = true
examples = {json.dumps(EXAMPLES)}
"""
    )
    return made


def test_a_small_model_mends_a_marked_sentence(town: Town) -> None:
    said = town.run("once", "--json")

    assert said.code == 0, said.err
    assert said.json == {"started": ["mend"], "done": ["mend"]}
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
    assert said.json == {"started": ["mend"], "done": []}
    assert town.task("Mend")["state"] == "queued"
    assert town.log("main") == ["Mark a sentence that is right", "The beginning"]
    town.git("rev-parse", "--verify", "--quiet", "watchbill/main", code=1)
    (call,) = town.calls("mend")
    assert call["state"] == "settled"


def gates_of(said: Said) -> list[tuple[int, bool]]:
    """New findings and verdict of each time that the gates judged the work."""
    events = [json.loads(line) for line in said.err.splitlines()]
    return [(event["new"], event["passes"]) for event in events if event["event"] == "run.gated"]
