"""The page alone: a person answers, approves, reloads and frees files in a browser's way, and the daemon does it."""

import re
import sqlite3
from urllib.parse import urlencode

import httpx2
import pytest

from tests.acceptance.harness import QUEUE, Town
from tests.acceptance.player import Player, finish, write
from tests.vendors import FakeVendor, Use

pytestmark = pytest.mark.vendors

WORK = """# Work

- [ ] Paint the gate [id:: gate] [files:: gate.md]
- [ ] Hang the bell [id:: bell] [files:: bell.md] [autonomy:: LOW]
"""
WHICH = {
    "title": "Which colour?",
    "issue": "None is named.",
    "options": ["red", "green"],
    "recommendation": "red",
}


class Browser:
    """Signed in by the link that `watchbill web` gives, once."""

    def __init__(self, town: Town) -> None:
        link = town.ask("web")["url"]
        self._root = re.match(r"http://[^/]+", link)[0]  # type: ignore[index]
        self._client = httpx2.Client(base_url=self._root, follow_redirects=True)
        answer = self._client.get(link)
        if "<form" in answer.text and "once" in answer.text:
            self._client.post(
                "/sign-in", content=urlencode({"once": link.partition("once=")[2]}), headers=self._headers
            )

    @property
    def _headers(self) -> dict[str, str]:
        own = {"Origin": self._root, "Sec-Fetch-Site": "same-origin"}
        return {**own, "Content-Type": "application/x-www-form-urlencoded"}

    def see(self, path: str) -> str:
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, **fields: str) -> str:
        answer = self._client.post(path, content=urlencode(fields), headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.mark.deep
def test_a_person_steers_by_the_page_and_puts_back_a_copy(town: Town, player: Player, vendor: FakeVendor) -> None:
    player.steps = {
        "Paint the gate": [[Use("ask", WHICH)], write("gate.md", "Green.\n"), finish("Painted.")],
        "Hang the bell": [write("bell.md", "Loud.\n"), finish("It hangs.")],
    }
    provider = town.provider("claude", "anthropic", vendor.anthropic_url, "fake-1")
    town.configure(provider, more='[web]\nlisten = "127.0.0.1:0"\n')
    town.write(QUEUE, WORK)
    with town.serve() as daemon:
        daemon.wait("web.listening")
        page = Browser(town)
        question = daemon.wait("question.asked")["question"]
        daemon.wait("task.review", task="bell")

        assert "Which colour?" in page.see("/review")
        assert "Answered" in page.send(f"/questions/{question}/answer", option="2", text="")
        daemon.wait("task.landed", task="gate")
        tree = re.search(r'name="tree" value="(\w+)"', page.see("/review/bell"))
        assert tree is not None
        assert "Approved" in page.send("/review/bell/approve", tree=tree[1])
        daemon.wait("task.landed", task="bell")

        town.config.write_text(town.config.read_text().replace("max_parallel = 1", "max_parallel = 2"))
        assert "max_parallel" in page.see("/config")
        assert "read anew" in page.send("/config/reload")
        assert town.ask("config", "diff") == {"pending": [], "problems": []}
        assert town.run("db", "backup", str(town.home / "copy.db")).code == 0

        assert town.run("drain", "-m", "a new disk").out == "the daemon has left\n"
        assert daemon.process.wait(10) == 0

    assert town.run("db", "restore", str(town.home / "copy.db"), "--yes").code == 0
    with town.serve() as again:
        again.wait("daemon.ready")
        landed = {task["id"] for task in town.ask("task", "list", "--all")["tasks"] if task["state"] == "landed"}
    assert landed == {"gate", "bell"}
    assert sqlite3.connect(town.home / "copy.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
