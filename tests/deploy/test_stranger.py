"""A stranger's hour: README's first two chapters, word for word, on a Debian that has python3, git and make and nothing else.

make stranger        needs root, mmdebstrap, systemd-container and the network; about five minutes; says how long each step took
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.harness import ROOT
from tests.deploy import roots

roots.need("mmdebstrap", "systemd-nspawn")
pytestmark = pytest.mark.deep

NEEDS = ("ca-certificates", "git", "make", "passwd", "python3", "python3-venv")
HOME = "/home/stranger"
HOUR = 3600  # seconds, for all of it
SERVED = 60  # seconds that the daemon is let run before it is asked to stop
REPOSITORY = """
git init -q -b main novel && cd novel && git config user.name Stranger && git config user.email stranger@example.org
printf '# A novel\\n' >README.md && mkdir docs
printf -- '- [ ] Check the novel #validate\\n  - **Files:** `README.md`\\n' >docs/AI_TASK_QUEUE.md
git add . && git commit -q -m Begin
"""


def commands(chapter: str) -> list[str]:
    """The indented lines of a chapter of README, without what is said about them."""
    text = "\n" + (ROOT / "README.md").read_text().split(f"## {chapter}\n", 1)[1].split("\n## ", 1)[0]
    block = text.split("\n\n    ", 1)[1].split("\n\n", 1)[0]
    return [re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    lower = roots.debian("bare", NEEDS)
    with roots.overlaid(lower, tmp_path_factory.mktemp("stranger")) as merged:
        roots.in_root(merged, "useradd", "--create-home", "stranger")
        place = merged / HOME.lstrip("/") / "watchbill"
        files = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in files.split("\n")[:-1]:
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
        roots.in_root(merged, "chown", "-R", "stranger:", HOME)
        yield merged


def test_a_stranger_follows_readme_to_a_daemon_that_does_a_task(root: Path) -> None:
    times: dict[str, float] = {}

    def step(words: str, *, at: str = "watchbill", code: int = 0) -> str:
        began = time.monotonic()
        path = f"PATH={HOME}/watchbill/.venv/bin:$PATH"  # README says where the program is
        line = f"cd {HOME}/{at} && {path} && {words}"
        said = roots.in_root(root, "runuser", "-u", "stranger", "--", "sh", "-c", line, code=code)
        times[words.strip().splitlines()[0][:60]] = time.monotonic() - began
        return said

    (demo,) = commands("See it work, without any key")
    init, doctor, plan, serve = commands("Real use, in four steps")
    seen = step(demo)
    step(REPOSITORY, at=".")
    made = step(f"echo y | {init}", at="novel")
    looked = step(f"{doctor} || test $? = 3", at="novel")
    planned = step(plan, at="novel")
    step(f"timeout --signal=TERM --kill-after=60 {SERVED} {serve}; test $? = 124", at="novel")
    status = step("watchbill status", at="novel")
    tasks = step("watchbill task list --all", at="novel")

    print("\n" + "\n".join(f"{seconds:6.1f} s  {words}" for words, seconds in times.items()))  # noqa: T201 - a record
    assert sum(times.values()) < HOUR
    assert "Next: watchbill init" in seen
    assert "watchbill.toml" in made
    assert "git" in looked
    assert "Check the novel" in planned or "check" in planned.lower()
    assert "no daemon runs" in status
    assert "verified" in tasks or "landed" in tasks, tasks
