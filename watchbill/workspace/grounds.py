"""Grounds: which repositories have the same files, because they share a remote or are worktrees of one repository."""

import re
from collections.abc import Iterator
from pathlib import Path

from watchbill.domain import homes
from watchbill.domain.errors import ConfigError, GitError
from watchbill.workspace.owner import common_folder, git_folder

_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
_VALUE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)")
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/@]*@)?(?P<host>[^/]*)/*(?P<path>.*)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@]+@)?(?P<host>[^/:]{2,}):(?!//)(?P<path>.+)")  # one letter before the colon is a drive
_CHAIN = 8  # clones of clones on this machine that are followed


def ground_of(source: Path) -> str:
    """The name of what a repository shares with others: its remote `origin`, else its first, else its own folder.

    A remote on this machine is followed to its own remote. Credentials in an address are no part of the name, nor is how
    it is reached: one repository by https and by ssh is one ground. Raises GitError where there is no repository.
    """
    folder = common_folder(git_folder(source)).resolve()
    for _ in range(_CHAIN):
        address = _remote(folder)
        if address is None:
            break
        if (name := named(address)) is not None:
            return name
        nearer = _local(address, folder)
        if nearer is None:
            return address
        if nearer == folder:
            break
        folder = nearer
    return str(folder)


def named(address: str) -> str | None:
    """Host and path of a remote's address, however it is reached; None for one on this machine.

    >>> named("git@GitHub.com:acme/novel.git"), named("https://token@github.com/acme/novel/"), named("/srv/novel.git")
    ('github.com/acme/novel', 'github.com/acme/novel', None)
    """
    found = _ADDRESS.fullmatch(address) or _SCP.fullmatch(address)
    if found is None or found.groupdict().get("scheme", "").casefold() == "file":
        return None
    path = found["path"].strip("/").removesuffix(".git").strip("/")
    host = re.sub(r":(?:22|80|443|9418)$", "", found["host"])
    return f"{host}/{path}".casefold()


def _remote(folder: Path) -> str | None:
    try:
        text = (folder / "config").read_text(errors="replace")
    except OSError:
        return None
    urls: dict[str, str] = {}
    for name, url in _urls(text):
        urls.setdefault(name, url)  # of several of one remote, the first is fetched from
    return urls.get("origin") or next(iter(urls.values()), None)


def _urls(text: str) -> Iterator[tuple[str, str]]:
    """Name and address of each remote in a git configuration. Included files are not looked into."""
    name: str | None = None
    for line in text.splitlines():
        rest = line.strip()
        if section := _SECTION.match(rest):
            name = section[2] if section[1].casefold() == "remote" else None
            rest = rest[section.end() :].strip()
        if name is not None and (value := _VALUE.fullmatch(rest)) and value[1].casefold() == "url":
            yield name, value[2].strip().strip('"')


def _local(address: str, folder: Path) -> Path | None:
    """The repository's folder that a path names, as git would read it; None where there is none."""
    try:
        path = homes.expanded(Path(address.removeprefix("file://")))
        return common_folder(git_folder(folder.parent / path)).resolve()
    except (ConfigError, GitError, OSError):
        return None
