"""Our bare clone: made, and put right at each start. Its configuration is ours alone and runs nothing."""

import os
from pathlib import Path

from watchbill.workspace.gitcmd import Git

SCRATCH = "watchbill"  # a folder in the clone for private indexes and spools; emptied at start

CONFIG = """\
# Written by watchbill at each start. Nothing here may run a program or change a byte of a file.
[core]
\trepositoryFormatVersion = 0
\tbare = true
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tautocrlf = false
\tsafecrlf = false
\tfileMode = true
\tsymlinks = true
\tignoreCase = false
\tprecomposeUnicode = false
\tprotectHFS = true
\tprotectNTFS = true
\tlogAllRefUpdates = false
\tquotePath = true
\tfsync = all
[gc]
\tauto = 0
[maintenance]
\tauto = false
[pack]
\tthreads = 1
[protocol]
\tallow = never
[protocol "file"]
\tallow = always
[fetch]
\trecurseSubmodules = false
[commit]
\tgpgSign = false
[log]
\tshowSignature = false
[diff]
\trenames = false
[merge]
\trenames = true
[i18n]
\tcommitEncoding = utf-8
"""

# These have the last word over .gitattributes; working-tree-encoding may only be unset, any value is an error.
ATTRIBUTES = "* -text -crlf -ident -filter !eol !working-tree-encoding !diff !merge !export-subst !export-ignore\n"


async def ensure(bare: Path, git: Git) -> None:
    """Make the clone, or mend what a killed predecessor left: locks, half-made folders, a changed configuration.

    Only for the one daemon that holds the state folder: no other process works on the clone.
    """
    _prepare(bare)
    await git.run(
        "init", "--bare", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=watchbill-unborn"
    )
    _finish(bare)


def _prepare(bare: Path) -> None:
    bare.mkdir(parents=True, exist_ok=True)
    for left in (*locks(bare), *_halves(bare)):
        left.unlink(missing_ok=True)
    _settle(bare / "config", CONFIG)  # before git init, which reads what is there


def _finish(bare: Path) -> None:
    _settle(bare / "config", CONFIG)  # git init adds what it found out about the file system
    for folder in (bare / "info", bare / SCRATCH):
        folder.mkdir(exist_ok=True)
    _settle(bare / "info" / "attributes", ATTRIBUTES)


def locks(bare: Path) -> list[Path]:
    """Git's own, which a git that was killed leaves behind."""
    return [*bare.glob("*.lock"), *(bare / "refs").rglob("*.lock"), *(bare / "objects" / "info").glob("*.lock")]


def _halves(bare: Path) -> list[Path]:
    """Objects and packs that a git which was killed did not come to the end of."""
    return [*(bare / "objects").glob("*/tmp_*"), *(bare / "objects" / "pack").glob(".tmp-*")]


def _settle(path: Path, text: str) -> None:
    """Write the file so that it is either the old or the new one, and only when it has to change."""
    if path.is_file() and path.read_text(errors="replace") == text:
        return
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
