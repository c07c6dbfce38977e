"""The messenger: implements Notifier by a courier process for each message, which is killed at its deadline."""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from watchbill.domain.notices import Notice
from watchbill.domain.ports import Proc, ProcResult

DEADLINE = timedelta(seconds=30)  # mail servers greet slowly; a machine that is busy starts Python slowly
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
)  # fmt: skip
_SHORTEST = 4  # characters of a part of an address that is worth hiding: fewer are in every word


@dataclass(frozen=True, slots=True, kw_only=True)
class Messenger:
    proc: Proc
    deadline: timedelta = DEADLINE
    argv: tuple[str, ...] = (sys.executable, "-P", "-m", "watchbill.operator.courier")
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    async def send(self, url: str, title: str, body: str) -> str:
        done = await self.proc.run(
            self.argv,
            cwd=Path("/"),
            env={name: self.environ[name] for name in _PASSED_ON if name in self.environ},
            timeout=self.deadline,
            stdin=json.dumps({"url": url, "title": title, "body": body}).encode(),
        )
        return clean(self._why(done), url)

    def _why(self, done: ProcResult) -> str:
        if done.timed_out:
            return f"no answer within {self.deadline.total_seconds():g} s"
        try:
            return str(json.loads(done.stdout)["why"])
        except (ValueError, KeyError, TypeError):
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.code}"]
            return f"its process failed: {last[0]}"


def words(notice: Notice, page: str = "") -> tuple[str, str]:
    """Title and body of a message: what, why, what to do about it, and where to look.

    >>> words(Notice(event="e", subject="s", word="w", title="Review: Kael", why="protected", command="watchbill review show 7"))
    ('watchbill: Review: Kael', 'protected\\n→ watchbill review show 7')
    """
    lines = [
        notice.why,
        f"{notice.times} changes of it are in this one message" if notice.times > 1 else "",
        f"→ {notice.command}" if notice.command else "",
        f"{page}{notice.page}" if page and notice.page else "",
    ]
    return f"watchbill: {notice.title}", "\n".join(filter(None, lines)) or notice.title


def clean(text: str, url: str) -> str:
    """The text without the address and without any part of it that may be a secret: all but scheme and host."""
    longest_first = sorted((url, *parts(url)), key=len, reverse=True)
    hidden = re.compile("|".join(map(re.escape, longest_first)))
    return hidden.sub(lambda found: "[address]" if found[0] == url else "[secret]", text)


def parts(url: str) -> set[str]:
    """What of an address may be a secret: all but its scheme and its host."""
    rest = url.partition("://")[2]
    host = re.split(r"[:?]", rest.partition("/")[0].rpartition("@")[2])[0]
    shown = {host} if "." in host or host == "localhost" else set()  # else many services have a token there
    found = set(re.split(r"[/:?&=,#@]", rest)) - shown
    return {part for each in found for part in (each, unquote(each)) if len(part) >= _SHORTEST}
