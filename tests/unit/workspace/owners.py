"""A real repository, and what its owner would do in it by hand; a clock that stands."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watchbill.domain.ids import Commit


class FakeClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, span: timedelta) -> None:
        self.moment += span


OWNER_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Owner",
    "GIT_AUTHOR_EMAIL": "owner@example.org",
    "GIT_COMMITTER_NAME": "Owner",
    "GIT_COMMITTER_EMAIL": "owner@example.org",
}


class OwnerRepository:
    """What a person would do by hand."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *argv: str) -> str:
        done = subprocess.run(["git", "-C", self.root, *argv], env=OWNER_ENV, capture_output=True, check=True)
        return done.stdout.decode(errors="surrogateescape").strip()

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def plumb(self, *argv: str, stdin: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", "-C", self.root, *argv], env=OWNER_ENV, input=stdin, capture_output=True, check=True
        ).stdout

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "Write") -> Commit:
        self.write(files or {})
        self.git("-c", "core.autocrlf=false", "add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return Commit(self.git("rev-parse", "HEAD"))
