"""Trees of processes, killed at a random place: after the restart nothing of them may be left.

python -m tests.trees --rounds 200          # prints one line a round, and what was left at the end
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchbill.workspace.confinement import Quarters

# children in the same group, in a session of their own, without a parent, without an environment, deaf to SIGTERM
SHAPES = (
    "sleep {n} & sleep {n} & echo begun; wait",
    "trap '' TERM; (setsid sleep {n} &) ; sleep {n} & echo begun; wait; sleep {n}",
    '(setsid env -i /bin/sh -c "sleep {n} & sleep {n}" &) ; echo begun; sleep {n}',
    'sh -c \'trap "" TERM HUP INT; sleep {n} & sh -c "sleep {n}; echo {n}"\' & echo begun; wait',
    "(sh -c '(setsid sh -c \"(setsid env -i sleep {n} &); sleep {n}\" &)' &) ; echo begun; exec sleep {n}",
)
BEGUN_WITHIN, GONE_WITHIN = 30.0, 30.0  # seconds; a loaded machine


@dataclass(frozen=True, kw_only=True)
class Round:
    victim: str
    left: int  # processes that outlived it


def play(chance: random.Random, folder: Path, number: int, *, sandbox: str = "none") -> Round:
    """One tree, one kill, one end: by whoever keeps it if that one lives, else by a new start."""
    root, worktree = folder / "agents", folder / "worktree"
    worktree.mkdir(exist_ok=True)
    nonce = f"86{os.getpid()}.{number:05d}"
    script = chance.choice(SHAPES).format(n=nonce)
    argv = [sys.executable, "-m", "tests.keeper", root, worktree, f"run-{number}", sandbox, script]
    keeper = subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent)
    try:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"begun\n"
        time.sleep(chance.random() * 0.05)
        victim = _kill_one(chance, keeper.pid, nonce)
        if victim != "the daemon":
            keeper.send_signal(signal.SIGTERM)
        keeper.wait(BEGUN_WITHIN)
        asyncio.run(Quarters(root=root).clear())
        return Round(victim=victim, left=_left(nonce))
    finally:
        keeper.kill()
        keeper.wait()


def _kill_one(chance: random.Random, daemon: int, nonce: str) -> str:
    below = list(_below(daemon))
    wardens = [pid for pid in below if b"warden.py" in _cmdline(pid)]
    places = {
        "the daemon": [daemon],
        "a warden": wardens,
        "somebody": [pid for pid in below if pid not in wardens],
        "nobody": [],
    }
    name = chance.choice(list(places))
    for pid in chance.sample(places[name], min(1, len(places[name]))):
        how = signal.SIGKILL if name == "the daemon" else chance.choice([signal.SIGKILL, signal.SIGTERM])
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    return name


def _below(root: int) -> Iterator[int]:
    parents = {int(place.name): _parent(place) for place in Path("/proc").iterdir() if place.name.isdigit()}
    for pid in parents:
        above = parents.get(pid)
        while above not in (None, 0, 1, root):
            above = parents.get(above)
        if above == root:
            yield pid


def _parent(place: Path) -> int | None:
    try:
        return int((place / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _left(nonce: str) -> int:
    """Whoever carries the nonce in its arguments, whatever it made of its environment; wardens may take an instant."""
    latest = time.monotonic() + GONE_WITHIN
    while (found := _carrying(nonce)) and time.monotonic() < latest:
        time.sleep(0.02)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)


def _carrying(nonce: str) -> list[int]:
    pids = [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()]
    return [pid for pid in pids if pid != os.getpid() and nonce.encode() in _cmdline(pid)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sandbox", choices=["none", "auto"], default="none")
    options = parser.parse_args()
    left = 0
    folder = Path(tempfile.mkdtemp())
    for number in range(options.rounds):
        done = play(random.Random(options.seed + number), folder, number, sandbox=options.sandbox)
        left += done.left
        sys.stdout.write(f"{number + 1:4} killed {done.victim}: {done.left} left\n")
    shutil.rmtree(folder)
    sys.stdout.write(f"{options.rounds} kills, {left} processes left\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
