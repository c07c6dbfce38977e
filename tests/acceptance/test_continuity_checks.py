"""A continuity check through the real daemon, the real SDKs and the command line: a model reads, a person hears what it found."""

import os
import signal
from collections import Counter

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player
from tests.vendors import FakeVendor, Use

pytestmark = pytest.mark.vendors

CANON = "# Canon\n\n## Ines\n\n- **Mood:** calm\n- Keeps her temper for the whole of the book.\n"
WORK = "# Work\n\n- [ ] Check the continuity of the book [id:: read] [files:: chapters/]\n"
NAMED = [
    {
        "quote": "threw the cup at the wall",
        "canon": "Keeps her temper for the whole of the book",
        "canon_id": "Ines",
        "why": "she keeps her temper",
    }
]


@pytest.mark.parametrize("kind", ["anthropic", "openai", "openai-chat"])
def test_what_a_model_names_is_proposed_as_a_task(town: Town, player: Player, vendor: FakeVendor, kind: str) -> None:
    url = vendor.anthropic_url if kind == "anthropic" else vendor.openai_url
    player.steps = {
        "ch01.md": [[Use("contradictions", {"contradictions": []})]],
        "ch02.md": [[Use("contradictions", {"contradictions": NAMED})]],
    }
    town.write("canon.md", CANON)
    town.write("chapters/ch01.md", "Ines slept.\n")
    town.write("chapters/ch02.md", "It was cold.\n\nInes threw the cup at the wall.\n")
    town.write(QUEUE, WORK)
    town.commit("A book")
    town.configure(town.provider("reader", kind, url, "fake-1"))
    with town.serve() as daemon:
        daemon.wait("run.ended", task="read")
    whole = town.ask("task", "show", "read")
    card = town.ask("review", "show", "read")
    (proposed,) = town.ask("task", "list", "--state", "proposed")["tasks"]
    shown = town.run("review", "show", "read").out

    assert (whole["type"], whole["state"], len(vendor.calls)) == ("continuity", "review", 2)
    assert whole["note"] == "reader read 2 texts and named 1 contradiction; 1 task proposed"
    (found,) = card["from"]["findings"]
    both = "'threw the cup at the wall' does not go with the canon (ines): Keeps her temper for the whole of the book"
    assert found.startswith(f"chapters/ch02.md:3: judged: {both}")
    assert f"found\n  {found}\n" in shown
    assert "counts the check as done" in shown
    assert "watchbill review approve read\n" in shown
    assert (proposed["title"], proposed["type"]) == ("Mend 1 finding in chapters/ch02.md", "lore")
    assert "Keeps her temper" in town.run("run", "show", whole["runs"][0]["id"], "--prompt").out
    assert town.log("main") == ["A book", "The beginning"]

    assert town.run("review", "approve", "read", "-m", "seen").code == 0
    done = town.ask("task", "show", "read")
    assert done["state"] == "verified"
    assert done["note"].endswith(": seen")
    with town.serve() as daemon:
        daemon.wait("queue.written")
    assert "- [x] Check the continuity of the book" in town.read(QUEUE)


def test_after_kill_9_no_text_is_asked_about_again_that_was_answered(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    texts = [f"chapters/ch0{number}.md" for number in (1, 2, 3)]
    player.steps = {text: [[Use("contradictions", {"contradictions": []})]] for text in texts}
    town.write("canon.md", CANON)
    for text in texts:
        town.write(text, "Ines slept.\n")
    town.write(QUEUE, WORK)
    town.commit("A book")
    killed = town.start()
    killed.wait("run.turn")
    player.hold()
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    player.release()
    with town.serve() as daemon:
        daemon.wait("task.verified", task="read")

    asked = Counter(text for heard in player.heard for text in texts if text in heard[-1].text)
    assert sorted(asked) == texts
    assert sum(asked.values()) <= len(texts) + 1  # the one that was under way
