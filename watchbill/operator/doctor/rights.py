"""Rights: what the user that watchbill runs as may do with each repository and its remotes, really tried, without a change."""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from watchbill.config.repo_values import RepoSettings
from watchbill.domain.errors import GitError
from watchbill.domain.ports import ProcResult
from watchbill.domain.tasks import Delivery
from watchbill.operator.doctor.findings import Found, fail, ok, warn
from watchbill.operator.doctor.patient import Patient
from watchbill.workspace.owner import QUIET, git_folder

_PATIENCE = timedelta(seconds=20)  # for a remote that does not answer
_TRIED = "refs/heads/watchbill/doctor"  # nothing is made there: the push is a dry run
_SHOWN = 200  # characters of what git says
_KEPT = ("PATH", "HOME", "SSH_AUTH_SOCK", "XDG_CONFIG_HOME", "LANG")  # the user's own keys and credential helpers
_NO_QUESTIONS = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "SSH_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
}


async def rights(patient: Patient) -> Iterator[Found]:
    """Of each repository: whether it can be read, written and pushed to, and the same of its remotes."""
    return iter([found for repo in patient.repos for found in await _repository(patient, repo)])


async def _repository(patient: Patient, repo: RepoSettings) -> list[Found]:
    name = repo.terms.name
    try:
        folder = git_folder(repo.path)
    except (GitError, OSError) as error:
        return [fail(f"cannot be read: {error}", "Mend it, or its path in watchbill.toml", subject=name)]
    head = await _git(patient, folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{repo.terms.target}")
    if head.code:
        return [fail(f"has no branch {repo.terms.target} to read", "Make it, with a first commit", subject=name)]
    commit = head.stdout.strip()
    shown = f"refs/heads/{repo.terms.integration}" if repo.terms.delivery is Delivery.INTEGRATION else _TRIED
    found = [await _own(patient, folder, repo, commit, shown)]
    remotes = (await _git(patient, folder, "remote")).stdout.split()
    return [*found, *[await _remote(patient, folder, f"{name}: {remote}", remote, commit) for remote in remotes]]


async def _own(patient: Patient, folder: Path, repo: RepoSettings, commit: str, shown: str) -> Found:
    """What we do there: fetch its branches, and show our own by a push."""
    name = repo.terms.name
    if repo.terms.delivery is Delivery.PATCH:
        return ok("can be read; nothing is written there, as delivery is patch", subject=name)
    tried = await _push(patient, folder, str(folder), commit, shown)
    if tried.code == 0:
        return ok(f"can be read, and {shown.removeprefix('refs/heads/')} can be pushed to it", subject=name)
    mend = 'Give the user that watchbill runs as the right to write there, or use delivery = "patch"'
    return fail(f"can be read and not be pushed to: {_said(tried)}", mend, subject=name)


async def _remote(patient: Patient, folder: Path, subject: str, remote: str, commit: str) -> Found:
    read = await _git(patient, folder, "ls-remote", "--heads", remote)
    if read.code:
        mend = f"Only you push there, not watchbill; to mend it: git -C {folder} ls-remote {remote}"
        return warn(f"cannot be read: {_said(read)}", mend, subject=subject)
    tried = await _push(patient, folder, remote, commit, _TRIED)
    if tried.code:
        mend = f"Only you push there, not watchbill; to mend it: git -C {folder} push --dry-run {remote}"
        return warn(f"can be read and not be pushed to: {_said(tried)}", mend, subject=subject)
    return ok("can be read and pushed to", subject=subject)


async def _push(patient: Patient, folder: Path, to: str, commit: str, ref: str) -> ProcResult:
    return await _git(patient, folder, "push", "--dry-run", "--no-verify", "--porcelain", to, f"+{commit}:{ref}")


async def _git(patient: Patient, folder: Path, *words: str) -> ProcResult:
    settings = [word for setting in QUIET for word in ("-c", setting)]
    argv = ["git", f"--git-dir={folder}", *settings, *words]
    return await patient.proc.run(argv, cwd=Path("/"), env=_environment(os.environ), timeout=_PATIENCE)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {**{name: environ[name] for name in _KEPT if name in environ}, **_NO_QUESTIONS, "LC_ALL": "C"}


def _said(result: ProcResult) -> str:
    """The last thing that git said, without what a remote's address may hold."""
    if result.timed_out:
        return f"no answer within {_PATIENCE.total_seconds():g} s"
    lines = [line for line in result.stderr.splitlines() if line.startswith(("fatal:", "error:", "remote:", "ssh:"))]
    last = (lines or result.stderr.splitlines() or [f"exit code {result.code}"])[0]
    return _bare(last)[:_SHOWN]


def _bare(text: str) -> str:
    """Addresses without who signs in there."""
    words = [
        f"{word.partition('://')[0]}://{word.rpartition('@')[2]}" if "://" in word and "@" in word else word
        for word in text.split()
    ]
    return " ".join(words)
