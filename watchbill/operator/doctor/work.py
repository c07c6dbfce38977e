"""What there is to work on: the owner's repositories and what we may do there, the queues, and our clones."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from watchbill.config.repo_values import RepoSettings
from watchbill.domain import regular
from watchbill.domain.errors import GitError
from watchbill.domain.tasks import Delivery
from watchbill.intake import grammar
from watchbill.intake.entries import Mark
from watchbill.operator import unread
from watchbill.operator.doctor.findings import Fix, Found, fail, ok, unchecked, warn
from watchbill.operator.doctor.patient import Patient
from watchbill.workspace import clone, swap
from watchbill.workspace.inspection import Inspection, inspect

_SHOWN = 5  # unreadable places of one queue


async def repositories(patient: Patient) -> Iterator[Found]:
    return iter([found for repo in patient.repos for found in await _repository(patient, repo)])


async def _repository(patient: Patient, repo: RepoSettings) -> list[Found]:
    name = repo.terms.name
    try:
        seen = await inspect(repo.path, patient.proc, patient.clock)
    except (GitError, OSError) as error:
        return [fail(f"cannot be read: {error}", "Mend it, or its path in watchbill.toml", subject=name)]
    troubles = [*_branches(repo, seen), *_rights(repo, seen)]
    return troubles or [ok(f"{repo.path} on {repo.terms.target}", subject=name)]


def _branches(repo: RepoSettings, seen: Inspection) -> Iterator[Found]:
    terms = repo.terms
    if terms.target not in seen.branches:
        known = ", ".join(sorted(seen.branches)[:_SHOWN]) or "none"
        yield fail(
            f"there is no branch {terms.target}; there are: {known}",
            "Make it, with a first commit, or name another as target",
            subject=terms.name,
        )
    shown = {Delivery.INTEGRATION: terms.integration, Delivery.LAND: terms.target}.get(terms.delivery)
    if shown in seen.checked_out and not seen.updates_worktrees:
        yield fail(
            f"{shown} is checked out, so it is never moved: work lands, and you do not see it",
            f"Switch to another branch there, or: git -C {repo.path} config receive.denyCurrentBranch updateInstead",
            subject=terms.name,
        )
    ours = [terms.integration] if terms.delivery is Delivery.INTEGRATION else []
    if terms.delivery is Delivery.BRANCH:
        ours = ["watchbill/task"]
    for branch in ours:
        for other in sorted(seen.branches):
            if branch.startswith(f"{other}/") or other.startswith(f"{branch}/"):
                yield fail(
                    f"a branch {other} keeps git from making {branch}",
                    f"git -C {repo.path} branch -m {other} NEW-NAME",
                    subject=terms.name,
                )


def _rights(repo: RepoSettings, seen: Inspection) -> Iterator[Found]:
    name = repo.terms.name
    if repo.terms.delivery is Delivery.PATCH:
        return  # nothing is written there
    if not seen.is_writable:
        yield fail(
            f"{repo.path} cannot be written: its branches cannot be moved",
            'Give the user that watchbill runs as the right to, or use delivery = "patch"',
            subject=name,
        )
    elif seen.is_strangers:
        yield fail(
            f"{repo.path} belongs to another user, who could not use what watchbill writes there",
            f"Run watchbill as that user, or: git -C {repo.path} config core.sharedRepository group",
            subject=name,
        )


async def queues(patient: Patient) -> Iterator[Found]:
    return iter([found for repo in patient.repos for found in _queues(repo)])


def _queues(repo: RepoSettings) -> Iterator[Found]:
    for path in unread.queue_paths(repo.path, repo.queue):
        yield _queue(repo, path)


def _queue(repo: RepoSettings, path: Path) -> Found:
    subject = f"{repo.terms.name}: {path.relative_to(repo.path)}"
    try:
        read = grammar.parse(grammar.decode(regular.read(path)), path.name, repo.terms.name)
    except FileNotFoundError:
        return warn("is not there yet", "Write tasks into it: - [ ] What is to be done", subject=subject)
    except OSError as error:
        return fail(
            f"cannot be read: {error.strerror}", "Give the user that watchbill runs as the right to", subject=subject
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return fail(
            f"{path.parent} cannot be written, so no marker can be set",
            "Give the user that watchbill runs as the right to write there",
            subject=subject,
        )
    if read.unreadable:
        places = "; ".join(f"line {place.line}: {place.why}" for place in read.unreadable[:_SHOWN])
        return warn(
            f"{len(read.unreadable)} places cannot be understood: {places}", "Mend these lines", subject=subject
        )
    open_tasks = sum(entry.mark is Mark.OPEN for entry in read.entries)
    return ok(f"{open_tasks} open of {len(read.entries)} tasks", subject=subject)


async def clones(patient: Patient) -> Iterator[Found]:
    return _clones(patient)


def _clones(patient: Patient) -> Iterator[Found]:
    """Locks that a killed git left in our clones, and swaps of queue files that were cut off."""
    if not patient.is_at_rest:
        yield unchecked("a daemon works with its clones and queues")
        return
    found = [*_git_locks(patient), *_swaps(patient)]
    yield from found or [ok("no lock and no half-done swap is left")]


def _git_locks(patient: Patient) -> Iterator[Found]:
    for bare in sorted(patient.folder.repos.glob("*.git")):
        for lock in clone.locks(bare):
            fix = Fix(words=f"delete {lock}", mend=partial(lock.unlink, missing_ok=True))
            yield warn(f"a git that was killed left {lock}", "The next start deletes it", fix=fix)


def _swaps(patient: Patient) -> Iterator[Found]:
    for repo in patient.repos:
        for path in unread.queue_paths(repo.path, repo.queue):
            for leftover in swap.leftovers(path):
                fix = Fix(words=f"finish the swap of {path}", mend=partial(_tidy, path))
                words = f"a swap that was cut off left {leftover}"
                yield warn(words, "The next start finishes it; nothing of yours is lost", fix=fix)


def _tidy(path: Path) -> None:
    swap.tidy(path)
