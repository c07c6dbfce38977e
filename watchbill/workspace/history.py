"""History: what commits changed in numbers, whose they are, and which ones stand between two."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.domain.ids import Commit, RunId
from watchbill.workspace.gitcmd import EMAIL, Git

_PLAIN = ("--no-ext-diff", "--no-textconv", "--no-renames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    path: str
    added: int | None  # lines; None where it is no text
    removed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    name: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A commit: whether we made it, for which run, and whether it joins several."""

    commit: Commit
    is_ours: bool
    is_merge: bool
    run: RunId | None


async def counts(git: Git, base: Commit, commit: Commit) -> Sequence[Counts]:
    """Sorted by path."""
    result = await git.run("diff-tree", "-r", "-z", "--numstat", *_PLAIN, base, commit)
    lines = result.stdout.decode(errors="surrogateescape").split("\0")
    return [_counts(line) for line in lines if line]


def _counts(line: str) -> Counts:
    """
    >>> _counts("3\\t1\\tdocs/a b.md")
    Counts(path='docs/a b.md', added=3, removed=1)
    """
    added, removed, path = line.split("\t", 2)
    if added == "-":
        return Counts(path=path, added=None, removed=None)
    return Counts(path=path, added=int(added), removed=int(removed))


async def first_parents(git: Git, since: Commit, until: Commit, *, most: int) -> Sequence[Commit]:
    listing = await git.text("rev-list", "--first-parent", f"--max-count={most + 1}", until, f"^{since}")
    found = [Commit(line) for line in reversed(listing.split())]
    return found if len(found) <= most else []


_MADE = "--format=%H%x00%ce%x00%P%x00%(trailers:key=Run-Id,valueonly,separator=%x20)"


async def commits(git: Git, until: Commit, *, but: Sequence[Commit]) -> Sequence[Made]:
    result = await git.run("log", "--topo-order", "--reverse", _MADE, until, *(f"^{known}" for known in but))
    return [_made(line) for line in result.stdout.decode(errors="replace").splitlines() if line]


def _made(line: str) -> Made:
    """
    >>> _made("1f7a\0watchbill@localhost\x0009ab\0run-7")
    Made(commit='1f7a', is_ours=True, is_merge=False, run='run-7')
    """
    commit, email, parents, runs = line.split("\0")
    run = RunId(runs.split()[-1]) if runs.split() else None  # the last is ours: see messages
    return Made(commit=Commit(commit), is_ours=email == EMAIL, is_merge=" " in parents, run=run)


async def author_of(git: Git, commit: Commit) -> Author:
    listing = await git.run("show", "--no-patch", "--format=%an%x00%s", commit)
    name, subject = listing.stdout.decode(errors="replace").rstrip("\n").split("\0")
    return Author(name=name, subject=subject)
