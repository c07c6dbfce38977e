"""Puzzles of several steps: clues that name the next one, an answer that grows, and a player that knows only what it is told.

The player's next action is a function of the transcript and of the files that it reads: a hand-off that loses or garbles
something makes it look again, or fail.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from tests.vendors import Heard, Use

_CLUE = re.compile(r"step (\d+) of (\w+) has the code (\w+)(?: and goes on in (\S+?\.txt))?")
_ASKED = re.compile(r"Solve puzzle (p\d+)")
_WROTE = re.compile(r"- write_file\(")  # in a line about a step that was shortened
PER_WRITE = 2  # clues


@dataclass(frozen=True, slots=True, kw_only=True)
class Puzzle:
    name: str
    codes: tuple[str, ...]

    @property
    def out(self) -> str:
        return f"out/{self.name}.json"

    @property
    def entry(self) -> str:
        return f"- [ ] Solve puzzle {self.name} #code [id:: {self.name}] [files:: {self.out}]\n"

    @property
    def answer(self) -> str:
        return answer(self.codes)

    @property
    def calls(self) -> int:
        """How many answers an uninterrupted player gives."""
        return len(self.codes) + -(-len(self.codes) // PER_WRITE) + 2

    def clues(self) -> dict[str, str]:
        """Text by path. Where a clue stands follows from nothing but the one before."""
        found = {}
        for step, code in enumerate(self.codes):
            last = step == len(self.codes) - 1
            onward = "" if last else f" and goes on in {self.place(step + 1)}"
            found[self.place(step)] = f"step {step} of {self.name} has the code {code}{onward}\n"
        return found

    def place(self, step: int) -> str:
        if step == 0:
            return f"clues/{self.name}/first.txt"
        return f"clues/{self.name}/{sha256(f'{self.name} {self.codes[step - 1]}'.encode()).hexdigest()[:12]}.txt"


def answer(codes: Sequence[str]) -> str:
    return (
        json.dumps({"codes": list(codes), "seal": sha256(" ".join(codes).encode()).hexdigest()[:16]}, indent=2) + "\n"
    )


def make(count: int, seed: int) -> list[Puzzle]:
    chance = random.Random(seed)
    return [
        Puzzle(
            name=f"p{number:02}",
            codes=tuple(f"{chance.randrange(16**6):06x}" for _ in range(chance.randint(3, 7))),
        )
        for number in range(count)
    ]


def asked_of(heard: Sequence[Heard]) -> str:
    """Which puzzle a request is about."""
    found = next(_ASKED.search(said.text) for said in heard if said.role == "user" and _ASKED.search(said.text))
    assert found is not None, "a request is about a puzzle"
    return found[1]


def play(name: str, heard: Sequence[Heard]) -> Sequence[Use]:
    """The next action. It reads clues, writes what it has after every second, looks at the file, and finishes."""
    said = [each for each in heard if each.role != "system"]
    codes, onward = _clues(name, said)
    is_last = bool(codes) and onward is None
    if not is_last and len(codes) // PER_WRITE <= _writes(said):
        return [Use("read_file", {"path": onward or f"clues/{name}/first.txt"})]
    path = f"out/{name}.json"
    if is_last and _last_read(said) == answer(codes).strip():
        return [Use("finish", {"done": True, "summary": f"Puzzle {name} is solved."})]
    if is_last and _last_tool(said) == "write_file" and _writes(said) * PER_WRITE >= len(codes):
        return [Use("read_file", {"path": path})]
    return [Use("write_file", {"path": path, "content": answer(codes)})]


def _clues(name: str, said: Sequence[Heard]) -> tuple[list[str], str | None]:
    """The codes from the first one on, as far as they are known, and where the next clue is."""
    known = {
        int(step): (code, onward or None)
        for each in said
        for step, of, code, onward in _CLUE.findall(each.text)
        if of == name
    }
    codes: list[str] = []
    onward: str | None = f"clues/{name}/first.txt"
    while len(codes) in known:
        code, onward = known[len(codes)]
        codes.append(code)
    return codes, onward


def _writes(said: Sequence[Heard]) -> int:
    return sum(each.tools.count("write_file") for each in said) + sum(len(_WROTE.findall(each.text)) for each in said)


def _last_tool(said: Sequence[Heard]) -> str:
    return next((each.tools[-1] for each in reversed(said) if each.tools), "")


def _last_read(said: Sequence[Heard]) -> str:
    """What the last tool answered, if it was a reading."""
    if _last_tool(said) != "read_file":
        return ""
    return next((each.text.strip() for each in reversed(said) if each.role == "tool"), "")
