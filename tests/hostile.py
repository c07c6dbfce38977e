"""A hostile repository: whatever a repository can hold to make a program run its code, leave its folder, or drown in it.

`arm` makes an ordinary repository hostile. Whatever of it is run leaves a line in the log of traps.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

TRAPS: Mapping[str, str] = {
    "core.fsmonitor": "TRAP fsmonitor",
    "core.pager": "TRAP pager",
    "core.editor": "TRAP editor",
    "core.sshCommand": "TRAP ssh",
    "core.alternateRefsCommand": "TRAP alternates",
    "core.gitProxy": "TRAP proxy",
    "filter.trap.clean": "TRAP clean",
    "filter.trap.smudge": "TRAP smudge",
    "filter.trap.process": "TRAP process",
    "filter.trap.required": "true",
    "merge.trap.driver": "TRAP merge %O %A %B",
    "merge.default": "trap",
    "diff.trap.textconv": "TRAP textconv",
    "diff.trap.command": "TRAP diff",
    "diff.external": "TRAP external",
    "gpg.program": "TRAP gpg",
    "gpg.ssh.program": "TRAP sshgpg",
    "commit.gpgSign": "true",
    "push.gpgSign": "if-asked",
    "log.showSignature": "true",
    "receive.certNonceSeed": "x",
    "uploadpack.packObjectsHook": "TRAP packobjects",
    "remote.origin.url": "ext::TRAP remote",
    "remote.origin.uploadpack": "TRAP uploadpack",
    "remote.origin.receivepack": "TRAP receivepack",
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
    "extensions.partialClone": "origin",
    "core.repositoryFormatVersion": "1",
    "trailer.trap.command": "TRAP trailer",
    "trailer.trap.cmd": "TRAP trailer",
    "credential.helper": "!TRAP credential",
    "alias.worktree": "!TRAP alias",
    "alias.config": "!TRAP alias",
    "protocol.allow": "always",
    "gc.auto": "1",
    "maintenance.auto": "true",
    "receive.procReceiveRefs": "refs/for",
}
HOOKS = (
    "reference-transaction",
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
    "push-to-checkout",
    "proc-receive",
    "pre-push",
    "pre-commit",
    "post-commit",
    "commit-msg",
    "prepare-commit-msg",
    "post-checkout",
    "post-merge",
    "post-index-change",
    "post-rewrite",
    "pre-auto-gc",
    "fsmonitor-watchman",
)
ODD_NAMES = (
    b"new\nline.md",
    b"tab\there.md",
    b"quo\"te's.md",
    b"-rf",
    b"--upload-pack=touch",
    b"$(id).md",
    b";id;.md",
    b"not-utf8-\xff\xfe.md",
    b"trailing. ",
    b"README.MD",  # beside README.md
    "gnp\u202edm.md".encode(),  # read from right to left it ends otherwise
    "zero\u200bwidth.md".encode(),
    "Ca\u0301fe.md".encode(),
    "C\u00e1fe.md".encode(),  # the same letters, composed
    b"con.md",
    b"x" * 252 + b".md",
    b"%2e%2e%2f.md",
    b"*.md",
    b":(top)magic",
    b"{{target}}.md",
)


def trap(folder: Path) -> tuple[Path, Path]:
    """A program that only leaves a line in a log, and the log."""
    log, program = folder / "sprung", folder / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {log}\n')
    program.chmod(0o755)
    return program, log


def arm(root: Path, folder: Path) -> Path:
    """Set every trap that a repository's configuration, hooks and attributes can hold. The log of what was sprung."""
    program, log = trap(folder)
    hooks = folder / "hooks"
    for place in (hooks, root / ".git/hooks"):
        place.mkdir(exist_ok=True)
        for hook in HOOKS:
            (place / hook).write_text(f"#!/bin/sh\necho hook {hook} >> {log}\n")
            (place / hook).chmod(0o755)
    with (root / ".git/config").open("a") as config:
        for name, value in {**TRAPS, "core.hooksPath": str(hooks)}.items():
            section, _, rest = name.partition(".")
            inner, _, key = rest.rpartition(".")
            escaped = value.replace("TRAP", str(program)).replace('"', '\\"')
            header = f'[{section} "{inner}"]' if inner else f"[{section}]"
            config.write(f'{header}\n\t{key} = "{escaped}"\n')
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("* filter=trap merge=trap diff=trap text\n")
    return log


def fill(root: Path, folder: Path) -> None:
    """Files, links and attributes that mislead whoever checks them out. To be committed by the owner's git, before arm()."""
    (root / ".gitattributes").write_text("* text eol=crlf ident\n*.md filter=trap merge=trap diff=trap\n")
    (root / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c {folder}/trap\n')
    links = {"passwd": "/etc/passwd", "out": str(folder), "up": "../..", "loop": "loop", "dotgit": ".git"}
    for name, to in links.items():
        (root / name).symlink_to(to)
    (root / "inside").mkdir()
    (root / "inside/out").symlink_to("../out")
    for name in ODD_NAMES:
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(b"odd\n")
    (root / "line.md").write_bytes(b"x" * 400_000)
    deep = root.joinpath(*["d"] * 30)
    deep.mkdir(parents=True)
    (deep / "leaf.md").write_text("deep\n")
    many = root / "many"
    many.mkdir()
    for number in range(60):
        (many / f"{number}.md").write_text("")


def mislead(root: Path, folder: Path) -> None:
    """Objects and refs that git follows somewhere else: an alternate store, a replaced commit, a graft, a submodule."""
    git(root, "clone", "-q", "--bare", str(root), str(folder / "alternate.git"))
    (root / ".git/objects/info/alternates").write_text(f"{folder}/alternate.git/objects\n")
    head = git(root, "rev-parse", "HEAD")
    tree = git(
        root, "mktree", stdin=f"100644 blob {git(root, 'hash-object', '-w', '--stdin', stdin='evil')}\tevil.md\n"
    )
    fake = git(root, "commit-tree", "-m", "Not what it seems", tree)
    (root / ".git/refs/replace").mkdir(parents=True)
    (root / f".git/refs/replace/{head}").write_text(f"{fake}\n")
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/grafts").write_text(f"{head}\n")


def climbing_tree(root: Path) -> None:
    """A branch whose tree names git's own folder and the folder above, which no git would check out."""
    blob = git(root, "hash-object", "-w", "--stdin", stdin="#!/bin/sh\n")
    inner = git(root, "mktree", stdin=f"100755 blob {blob}\tpost-checkout\n")
    hooks = git(root, "mktree", stdin=f"040000 tree {inner}\thooks\n")
    # mktree refuses such names, and so does fsck; an enemy writes the object themselves
    entry = bytes.fromhex(hooks)
    raw = b"40000 ..\0" + entry + b"40000 .GIT\0" + entry
    tree = git(root, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)
    git(root, "update-ref", "refs/heads/main", git(root, "commit-tree", "-m", "Climb", tree))


def bomb(root: Path) -> None:
    """A few objects that unfold to 10^9 files."""
    tree = git(root, "mktree", stdin=f"100644 blob {git(root, 'hash-object', '-w', '--stdin', stdin='x')}\tf0.md\n")
    for _ in range(9):
        tree = git(root, "mktree", stdin="".join(f"040000 tree {tree}\td{number}\n" for number in range(10)))
    git(root, "update-ref", "refs/heads/main", git(root, "commit-tree", "-m", "Boom", tree))


def git(root: Path, *words: str, stdin: str | bytes = b"") -> str:
    """The owner's git, before anything is armed."""
    who = {f"GIT_{role}_{what}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **who}
    sent = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(["git", "-C", root, *words], env=env, input=sent, capture_output=True, check=True)
    return done.stdout.decode(errors="replace").strip()
