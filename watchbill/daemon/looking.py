"""The looker: asks gates that look apart, kills the process that a file was too much for, and goes on with the next one."""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from watchbill.domain.findings import Finding
from watchbill.domain.ports import Gate, Proc, ProcResult, Tree
from watchbill.gates import apart
from watchbill.gates.apart import Piece

MOST_PIECES = 200  # at once, and of so many bytes
MOST_BYTES = 16 << 20
MOST_DEATHS = 3  # then nobody is asked any more: what is left was not checked either
COMMAND = (sys.executable, "-I", "-m", apart.__name__)
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}
SAID = 200  # characters of what a dead process said


class Looker:
    def __init__(self, proc: Proc) -> None:
        self._proc = proc

    async def look(
        self, gates: Sequence[Gate], tree: Tree, paths: Sequence[str], *, beside: Sequence[Tree] = ()
    ) -> list[Finding]:
        """What the gates among these that look apart find in the paths that the tree has. `beside` is what it is compared with."""
        present = set(await asyncio.to_thread(tree.paths))
        wanted = [path for path in paths if path in present]
        todo = await asyncio.to_thread(apart.pieces, gates, tree, wanted, beside)
        found: list[Finding] = []
        deaths = 0
        while todo and deaths < MOST_DEATHS:
            batch = _batch(todo)
            done = await self._proc.run(
                COMMAND,
                cwd=Path("/"),
                env=ENVIRONMENT,
                timeout=timedelta(seconds=apart.SECONDS),
                stdin=await asyncio.to_thread(apart.asked, batch),
            )
            answers = apart.answered(batch, done.stdout)
            found += [finding for answer in answers for finding in answer]
            todo = todo[len(answers) :]
            if todo and (done.code != 0 or not answers):
                deaths += 1
                found.append(apart.too_hard(todo.pop(0), _why(done)))
        return [*found, *(apart.too_hard(piece, "was not asked after several others had failed") for piece in todo)]


def _batch(todo: Sequence[Piece]) -> Sequence[Piece]:
    """The first of them, at least one."""
    room = MOST_BYTES
    for count, piece in enumerate(todo[:MOST_PIECES]):
        room -= len(piece.data)
        if room < 0:
            return todo[: max(count, 1)]
    return todo[:MOST_PIECES]


def _why(done: ProcResult) -> str:
    if done.timed_out:
        return f"took more than {apart.SECONDS} s"
    said = done.stderr.strip().split("\n")[-1][-SAID:]
    return f"ended with {done.code}{f': {said}' if said else ''}"
