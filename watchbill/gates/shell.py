"""Shell: bash reads every script without running it (`bash -n`). Scripts of other shells are told from it by their first line."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source, unchecked

READS = timedelta(seconds=5)
PROGRAM = re.compile(r"#!\s*(?:\S*/env(?:\s+-\S+)*\s+)?(?:\S*/)?([\w.+-]+)")
OURS = frozenset({"sh", "bash", "dash", "ash"})
SAID = re.compile(r"/dev/stdin: (?:-c: )?line (\d+): (.*)")
ENVIRONMENT = {"PATH": "", "LC_ALL": "C"}  # no BASH_ENV, no exported functions


def look(source: Source) -> Iterator[Finding]:
    program = PROGRAM.match(source.text)
    if program is not None and program[1] not in OURS:
        yield unchecked(source, f"it is written for {program[1]}")
        return
    if "\0" in source.text:
        return  # hygiene says so
    said = _read(source.data)
    for number, words in SAID.findall(said):
        if words.startswith("warning: here-document"):
            yield source.finding("unfinished", int(number), "a here-document has no end in this file")
        elif not words.startswith(("warning:", "`")):
            yield source.finding("syntax", int(number), words)


def _read(script: bytes) -> str:
    """What bash complains of. extglob is on: a script that sets it itself would be misread without."""
    command = [_bash() or "bash", "--norc", "--noprofile", "-O", "extglob", "-n", "/dev/stdin"]
    seconds = READS.total_seconds()
    done = subprocess.run(command, input=script, env=ENVIRONMENT, capture_output=True, timeout=seconds, check=False)
    return done.stderr.decode(errors="replace")


def _bash() -> str | None:
    return shutil.which("bash", path=os.defpath)


def lacks() -> str:
    return "" if _bash() else "bash is not installed"


GATE = FileGate(name="shell", suffixes=frozenset({".sh", ".bash"}), look=look, lacks=lacks, isolated=True)
