"""Pieces: the small work of the soak, and the vendor that does it, which has its bad times."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from tests.programs import PROGRAMS
from tests.vendors import (
    Answer,
    Entry,
    FakeVendor,
    Heard,
    Use,
    cut,
    error_in_stream,
    html,
    overloaded,
    reset,
    throttled,
)

SEED = 20261130
FILES = 120  # on which the work is
FAULTY = 0.03  # of all calls
FAULTS = (throttled(1), overloaded(), cut(), reset(), html(), error_in_stream())
MODELS = ("fake-1", "fake-2", "fake-3")
PROVIDERS, KINDS = ("claude", "gpt", "chat"), ("anthropic", "openai", "openai-chat")  # of these models
AGENT = PROGRAMS["acp"]
_PIECE = re.compile(r"(Write|Ask|Judge|Break|Share|Start) piece (\d+)")


class Vendor(FakeVendor):
    """One that has its bad times, and forgets what it was asked."""

    def __init__(self) -> None:
        super().__init__(self._play)
        self._rng = random.Random(SEED)
        self.ailing = ""  # a model

    def _delivered(self, entry: Entry) -> None:
        super()._delivered(replace(entry, body=b""))

    def _play(self, _vendor: str, model: str, heard: tuple[Heard, ...]) -> Answer:
        if model == self.ailing:
            return overloaded()
        if self._rng.random() < FAULTY:
            return self._rng.choice(FAULTS)
        return play(model, heard)


def play(model: str, heard: Sequence[Heard]) -> Answer:
    """The next action for the piece that the brief names."""
    brief = next(said.text for said in heard if said.role == "user")
    found = _PIECE.search(brief)
    assert found is not None, "a request is about a piece"
    kind, number = found[1], int(found[2])
    replies = sum(said.role == "assistant" for said in heard)
    if model == AGENT.model:
        text = f"Piece {number} by an agent.\n"
        return [AGENT.hands.write(place(kind, number), text)] if replies == 0 else ["Wrote it."]
    if kind == "Ask" and not any("Answer to Q-" in said.text for said in heard):
        options = ["The red one", "The blue one"]
        return [
            Use(
                "ask",
                {
                    "title": f"Which one for {number}?",
                    "issue": "It is not said.",
                    "options": options,
                    "recommendation": options[0],
                },
            )
        ]
    if any(said.tools and "write_file" in said.tools for said in heard if said.role == "assistant"):
        return [Use("finish", {"done": True, "summary": f"Piece {number} is done."})]
    return [Use("write_file", {"path": place(kind, number), "content": text_of(kind, number)})]


def place(kind: str, number: int) -> str:
    match kind:
        case "Share":
            return "shared.md"
        case "Break":
            return f"src/broken{number % 20}.py"
    return f"src/piece{number % FILES}.txt"


def text_of(kind: str, number: int) -> str:
    if kind == "Break":
        return f"def broken_{number}(:\n"
    return f"# Piece {number}\n\n" + "".join(f"Line {line} of {number}.\n" for line in range(20))


def entry(number: int) -> str:
    """One task of the queue; of fifty most are plain."""
    kind, more = "Write", ""
    match number % 50:
        case 7:
            kind = "Ask"
        case 17 | 37:
            kind, more = "Judge", " [autonomy:: LOW]"
        case 27:
            kind = "Break"
        case 3 | 23:
            kind = "Share"
        case 43:
            kind, more = "Start", " [provider:: agent]"
        case turn if turn % 3 == 0:
            more = f" [provider:: {PROVIDERS[turn // 3 % 3]}]"
    return f"- [ ] {kind} piece {number} #code [id:: p{number}] [files:: {place(kind, number)}]{more}\n"
