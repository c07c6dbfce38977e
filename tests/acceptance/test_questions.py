"""A model asks, a person answers, and the work goes on: through the real daemon, file and command line."""

import os
import signal

import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor, Use

pytestmark = pytest.mark.vendors

QUESTIONS = "docs/AI_QUESTIONS.md"
WELL = "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md]\n"
ASK = [
    Use(
        "ask",
        {
            "title": "How deep?",
            "issue": "The task does not say.",
            "options": ["Ten feet", "Twenty feet"],
            "recommendation": "Ten feet: the spade is short.",
        },
    )
]
STEPS = [ASK, write("well.md", "Twenty feet deep.\n"), finish("Dug.")]


def test_an_answer_in_the_file_lets_the_work_go_on(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {"Dig the well": STEPS}
    town.write(QUEUE, WELL)
    with town.serve() as daemon:
        daemon.wait("questions.written")
        needs = town.ask("status")["needs_you"]
        listed = town.ask("question", "list")["questions"]
        daemon.wait("queue.written", task="well", marker="review")
        marker = town.read(QUEUE)
        asked = len(vendor.calls)
        town.write(QUESTIONS, town.read(QUESTIONS).replace("- [ ] 2.", "- [x] 2."))
        daemon.wait("task.landed", task="well")
        daemon.wait("questions.written", count=2)
    whole = town.ask("task", "show", "well")

    assert [(one["kind"], one["command"]) for one in needs] == [("question", "watchbill question show Q-1")]
    assert [(one["id"], one["task"], one["state"]) for one in listed] == [("Q-1", "well", "open")]
    assert "- [?] Dig the well" in marker
    assert (whole["state"], whole["attempts"]["counted"]) == ("landed", 0)
    assert asked == 1
    assert [said.text for said in player.heard[1] if said.role == "tool"] == ["Answer to Q-1 (How deep?): Twenty feet"]
    assert town.ask("question", "show", "Q-1")["how"] == f"answered in {QUESTIONS}"
    head, _, resolved = town.read(QUESTIONS).partition("## Resolved")
    assert ("Q-1" in head, "### Q-1" in resolved, "**Resolved:** " in resolved) == (False, True, True)
    assert QUESTIONS not in town.git("diff", "--cached", "--name-only")


def test_an_answer_on_the_command_line_survives_kill_9_and_is_heard_once(
    town: Town, player: Player, vendor: FakeVendor
) -> None:
    player.steps = {"Dig the well": STEPS}
    town.write(QUEUE, WELL)
    killed = town.start()
    killed.wait("questions.written")
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    said = town.run("answer", "Q-1", "--option", "2", "and", "no", "more")
    again = town.run("answer", "Q-1", "never mind")
    shown = town.run("question", "show", "Q-1")
    with town.serve() as daemon:
        daemon.wait("task.landed", task="well")
        daemon.wait("questions.written")

    assert said.code == 0, said
    assert said.out == "Q-1 is answered: Twenty feet\nand no more\n"
    assert (again.code, "it is answered" in again.err) == (6, True)
    assert "answered by hand" in shown.out
    assert len(vendor.calls) == 3
    answers = [said.text for said in player.heard[-1] if said.role == "tool" and "Q-1" in said.text]
    assert answers == ["Answer to Q-1 (How deep?): Twenty feet\nand no more"]
    assert "**Answer:**\n\n> Twenty feet\n> and no more\n" in town.read(QUESTIONS)


def test_what_is_no_question_or_no_answer_is_refused_in_words(town: Town) -> None:
    with town.serve():
        nobody = town.run("answer", "Q-9", "yes")
        empty = town.run("question", "list")

    assert (nobody.code, nobody.err) == (1, "there is no question 'Q-9'\n→ watchbill question list --all\n")
    assert empty.out.endswith("Nobody asks anything. --all shows settled ones too.\n")
