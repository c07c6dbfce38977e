"""Every page over a filled store, asked without a browser: it answers, escapes what others wrote, and its forms do what they say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from tests import filled
from tests.filled import NOW, REPO, Filled
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.pauses import Scope
from watchbill.domain.questions import Asked
from watchbill.domain.runs import RunState
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.operator.web.rendering import HEADERS
from watchbill.state import briefs, pauses, questions, sessions, verdicts

MARKUP = "</pre></textarea><script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover=alert(1) {{ 7 * 7 }}"
ODD = "\x1b[31mred\x07 \u202eesrever\u202c \u200b{% raw %}"
HOSTILE = f"{MARKUP} {ODD}"

PAGES = (
    "/",
    "/queue",
    "/queue?q=state:all",
    "/queue?q=nonsense:x",
    "/queue?q=nothing-fits-this",
    "/queue?page=2",
    "/queue/graph",
    "/queue/graph?repo=glass-desert",
    "/queue/effect?deed=hold&task=write-ch5&task=maps&task=nobody",
    "/queue/effect?deed=bump&whole=true&q=state:ready",
    "/queue/effect?deed=cancel&task=glacier-46",
    "/tasks/polish-ch5",
    "/tasks/glacier-46",
    "/tasks/canon-kael",
    "/tasks/maps",
    "/tasks/reader-dark",
    "/runs",
    "/runs?q=provider:claude",
    "/runs?q=a:b",
    "/runs/run-1",
    "/runs/run-120",
    "/runs/run-120/rollback",
    "/runs/run-121",
    "/runs/run-122",
    "/sessions",
    "/sessions/session-119",
    "/locks",
    "/review",
    "/review/canon-kael",
    "/events",
    "/events?q=level:warning",
    "/events?q=no:such",
)
OURS = re.compile(r"/static/(htmx\.min|page)\.[0-9a-f]{12}\.js")


class Sound(HTMLParser):
    """Collects what no page of ours may hold: code, styles and places of others, whoever wrote what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "script" and not OURS.fullmatch(said.get("src") or ""):
            self.faults.append(f"script {said}")
        if tag in ("style", "iframe", "object", "embed", "base", "img", "font"):
            self.faults.append(f"{tag} {said}")
        for name, value in said.items():
            if name.startswith(("on", "hx-on")) or name == "style":
                self.faults.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "hx-get") and urlsplit(value or "").netloc:
                self.faults.append(f"{tag} {name}={value}")
            if name in ("href", "action") and re.match(r"\s*[a-z]+:", value or "", re.IGNORECASE):
                self.faults.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u200b]", data):
            self.faults.append(f"hidden characters in {data[:80]!r}")


def faults(text: str) -> list[str]:
    found = Sound()
    found.feed(text)
    found.close()
    twice = {name for name in found.ids if found.ids.count(name) > 1}
    return [*found.faults, *(f"id {name} twice" for name in sorted(twice))]


LONG = HOSTILE + " and so on" * 300


def hostile(store: Filled) -> None:
    """A task whose every word is written by somebody who means harm, in work, in review, with a question."""
    conn = store.conn
    for name, priority in (("evil-1", 0), ("evil-2", 1)):
        filled.put(
            conn, name, NOW, title=HOSTILE, type=TaskType("write"), claims=(f"{name}/{MARKUP}",), requirements=HOSTILE,
            success=HOSTILE, body=HOSTILE, note=HOSTILE, extra={MARKUP: HOSTILE, "origin": HOSTILE}, priority=priority,
        )  # fmt: skip


def speak(store: Filled) -> None:
    """What a hijacked model says, does and leaves."""
    hostile(store)
    conn = store.conn
    run = filled.begin(store, "evil-2", filled.CLAUDE, NOW - timedelta(minutes=9))
    held = sessions.get(conn, run.task)
    assert held is not None
    talk = Transcript(
        entries=(
            Told(text=LONG),
            Told(text=HOSTILE),
            Reply(text=HOSTILE, model=MARKUP, tool_calls=(ToolCall(id="1", name=MARKUP, args={MARKUP: HOSTILE}),)),
            ToolResult(id="1", name=MARKUP, content=HOSTILE, refused=True),
        )
    )
    handoff = HandOff(summary=HOSTILE, decisions=(HOSTILE,), next_steps=(HOSTILE,), why=HOSTILE)
    shown = replace(held, transcript=talk, handoff=handoff, checkpoint=store.shown["evil"])
    sessions.save(conn, run, shown, NOW)
    briefs.store(conn, run, HOSTILE)
    finding = Finding(gate=MARKUP, rule=MARKUP, path=MARKUP, line=1, message=HOSTILE)
    verdicts.store(conn, run, Verdict(tree="t", base="u", new=(finding,), debt=(finding,), gates=(MARKUP,)), NOW)
    asked = Asked(title=HOSTILE, issue=HOSTILE, options=(HOSTILE,), recommendation=MARKUP)
    questions.ask(conn, run, [asked], waits=False, above=0, now=NOW)
    filled.end(conn, run, RunState.REVIEW, TaskState.REVIEW, HOSTILE, NOW)
    pauses.put(conn, Scope.TYPE, "fix", until=None, why=HOSTILE, who=MARKUP, now=NOW)
    filled.happened(conn, "inbox.refused", 1, box=MARKUP, file=HOSTILE, why=HOSTILE)
    filled.happened(conn, "task.waiting", 1, task="evil-1", reason="x", detail=HOSTILE, tools=[HOSTILE])


EVIL = {f"evil <b>{chr(0x202E)} & 'x'.md": (HOSTILE + "\n").encode(), "-rf.md": b"\xff\xfe\x00binary"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with (
        filled.served(tmp_path_factory.mktemp("site"), speak, more={"evil": EVIL}) as url,
        httpx2.Client(base_url=url) as client,
    ):
        yield client


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A site of one's own, for what changes something."""
    with filled.served(tmp_path_factory.mktemp("world")) as url, httpx2.Client(base_url=url) as client:
        yield client


def test_link_to_a_review_that_is_settled_leads_to_its_task(site: httpx2.Client) -> None:
    told = site.get("/review/maps", follow_redirects=False)

    assert (told.status_code, told.headers["location"]) == (303, "/tasks/maps")


def test_what_was_told_at_length_is_folded(site: httpx2.Client) -> None:
    run = re.search(r"/runs/run-[0-9]+", site.get("/tasks/evil-2").text)
    assert run is not None

    page = site.get(run[0]).text

    assert f'<summary>Told <span class="quiet">{len(LONG)} characters</span></summary>' in page
    assert page.count("<h3>Told</h3>") == 1


@pytest.mark.parametrize(
    "path", [*PAGES, "/tasks/evil-1", "/tasks/evil-2", "/review/evil-2", "/runs/run-124", "/sessions/evil-2"]
)
def test_page_answers_and_nothing_of_others_becomes_markup_or_hides(site: httpx2.Client, path: str) -> None:
    answer = site.get(path)

    assert answer.status_code == 200, answer.text[-2000:]
    assert faults(answer.text) == []
    assert "None" not in re.sub(r"<[^>]*>", "", answer.text)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "as of" in answer.text


@pytest.mark.parametrize("path", ["/tasks/evil-1", "/review/evil-2", "/runs/run-124", "/queue", "/events", "/"])
def test_what_others_wrote_is_shown_as_they_wrote_it(site: httpx2.Client, path: str) -> None:
    text = site.get(path).text

    assert "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;" in text
    assert "␛[31m" in text
    assert "«U+202E»" in text
    assert "{{ 7 * 7 }}" in text


def test_oddly_named_and_binary_files_are_shown_in_a_review_and_cannot_be_broken_by_a_form(site: httpx2.Client) -> None:
    text = site.get("/review/evil-2").text

    assert "evil &lt;b&gt;" in text
    assert text.count("cannot be edited here") == 2


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "There is no page &#x2f;nowhere"),
        ("/tasks/nobody", 404, "there is no task"),
        ("/runs/run-999", 404, "there is no run"),
        ("/sessions/none", 404, "there is no task"),
        ("/queue?page=0", 400, "greater than or equal to 1"),
        ("/queue/effect?deed=burn&task=maps", 409, "is called"),
        ("/queue/effect?deed=hold", 409, "no task is marked"),
        ("/runs/run-121/rollback", 409, "landed nothing"),
        ("/tasks/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404, "&lt;script&gt;"),
    ],
)
def test_what_cannot_be_shown_is_a_page_that_says_why(site: httpx2.Client, path: str, status: int, says: str) -> None:
    answer = site.get(path)

    assert answer.status_code == status
    assert says in answer.text
    assert faults(answer.text) == []


def test_api_keeps_its_own_errors(site: httpx2.Client) -> None:
    assert site.get("/api/v1/tasks/nobody").json()["error"]["code"] == "not_found"
    assert site.get("/api/v1/nothing").json()["error"]["code"] == "not_found"


def test_page_of_nothing_says_what_comes_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        filled.served(tmp_path_factory.mktemp("empty"), empty=True) as url,
        httpx2.Client(base_url=url) as client,
    ):
        for path, says in (
            ("/", "the queue is empty"),
            ("/queue", "watchbill task add"),
            ("/runs", "Nothing has run yet"),
            ("/sessions", "No open task"),
            ("/locks", "every path is free"),
            ("/review", "Nothing waits for you"),
            ("/events", "Nothing has happened yet"),
        ):
            answer = client.get(path)
            assert says in answer.text, path
            assert faults(answer.text) == []


def post(site: httpx2.Client, path: str, **fields: str) -> httpx2.Response:
    return site.post(path, content=urlencode(fields), headers={"Content-Type": "application/x-www-form-urlencoded"})


def tree_of(site: httpx2.Client, task: str) -> str:
    found = re.search(r'name="tree" value="([0-9a-f]{40})"', site.get(f"/review/{task}").text)
    assert found is not None
    return found[1]


def test_forms_do_what_they_say_and_lead_to_a_page_that_tells_it(world: httpx2.Client) -> None:
    steps: tuple[tuple[str, Mapping[str, str], str, str], ...] = (
        ("/queue/do", {"deed": "hold", "task": "write-ch5", "why": "wait", "back": "/queue?q=x"}, "/queue?q=x&did=hold&n=1", "1 task held"),
        ("/queue/do", {"deed": "release", "task": "write-ch5", "back": "//evil.example"}, "/?did=release&n=1", "released"),
        ("/queue/do", {"deed": "bump", "task": "write-ch5", "provider": "gpt"}, "/queue?did=bump&n=1", "brought forward"),
        ("/queue/do", {"deed": "retry", "task": "maps"}, "/queue?did=retry&n=1", "queued again"),
        ("/queue/do", {"deed": "cancel", "task": "epilogue"}, "/queue?did=cancel&n=1", "cancelled"),
        ("/pause", {"scope": "type", "name": "write", "why": "tired"}, "/?did=pause&n=1", "write is paused by web page: tired"),
        ("/pause", {"scope": "all", "why": "flight"}, "/?did=pause&n=1", "paused by web page: flight"),
        ("/resume", {"scope": "all"}, "/?did=resume&n=1", "Pause everything"),
        ("/resume", {"scope": "type", "name": "write", "back": "/queue"}, "/queue?did=resume&n=1", "Resumed"),
        ("/refresh", {}, "/queue?did=refresh&n=1", "Looking"),
        ("/tasks/glacier-46/handoff", {"provider": "gpt", "why": "hotter"}, "/tasks/glacier-46?did=handoff&n=1", "hand over"),
        ("/questions/1/answer", {"option": "1", "text": "and tell them"}, "/review?did=answer&n=1", "Answered"),
        ("/runs/run-120/rollback", {"why": "dull", "retry": "1"}, "/runs/run-120?did=rollback&n=1", "taken back"),
    )  # fmt: skip
    for path, fields, leads, says in steps:
        answer = post(world, path.replace("/questions/1/", f"/questions/{_question(world)}/"), **fields)

        assert (answer.status_code, answer.headers.get("location")) == (303, leads), answer.text[-600:]
        assert says in world.get(leads).text, path


def _question(site: httpx2.Client) -> str:
    found = site.get("/api/v1/questions").json()["questions"]
    return str(found[0]["id"])


def test_lock_is_broken_by_the_page(world: httpx2.Client) -> None:
    locks = world.get("/locks").text
    holder = re.search(r"/locks/([^/]+)/break", locks)
    assert holder is not None

    answer = post(world, holder[0], why="it hangs")

    assert (answer.status_code, answer.headers["location"]) == (303, "/locks?did=break&n=1")
    assert post(world, holder[0], why=" ").status_code == 409


def test_person_rejects_with_words_edits_and_approves(world: httpx2.Client) -> None:
    tree = tree_of(world, "canon-kael")
    assert post(world, "/review/canon-kael/reject", why="  ").status_code == 409
    stale = post(world, "/review/canon-kael/approve", tree="0" * 40)
    assert stale.status_code == 409
    assert "not what was shown" in stale.text
    same = post(world, "/review/canon-kael/edit", tree=tree)
    assert "nothing was changed" in same.text

    edited = post(world, "/review/canon-kael/edit", tree=tree, file0="# Canon\r\n\r\nKael is gone.\r\n")

    assert edited.headers["location"] == "/review?did=amend&n=1"
    card = world.get("/review/canon-kael").text
    assert "Approved: it lands by itself" in card
    assert "Kael is gone." in card
    assert post(world, "/review/canon-kael/reject", why="no, as it was").status_code == 303
    assert "no, as it was" in world.get("/tasks/canon-kael").text


def test_person_approves_exactly_what_was_shown(world: httpx2.Client) -> None:
    tree = tree_of(world, "canon-kael")

    answer = post(world, "/review/canon-kael/approve", tree=tree)

    assert answer.headers["location"] == "/review?did=approve&n=1"
    assert "approved" in world.get("/review").text


@pytest.mark.parametrize(
    ("path", "body", "kind", "says"),
    [
        ("/queue/do", b"{}", "application/json", "a form is sent as"),
        ("/queue/do", b"deed=%FF", "application/x-www-form-urlencoded", "cannot be read"),
        (
            "/queue/do",
            b"deed=hold&why=" + b"x" * (4 * 1024 * 1024),
            "application/x-www-form-urlencoded",
            "at most 4 MiB",
        ),
        ("/queue/do", b"deed=cancel&task=nobody", "application/x-www-form-urlencoded", "nothing was done"),
        ("/pause", b"scope=moon", "application/x-www-form-urlencoded", "can be paused"),
        ("/queue/do", b"deed=", "application/x-www-form-urlencoded", "is called"),
    ],
)
def test_what_no_form_of_ours_sends_is_refused(
    site: httpx2.Client, path: str, body: bytes, kind: str, says: str
) -> None:
    answer = site.post(path, content=body, headers={"Content-Type": kind})

    assert answer.status_code in (400, 404, 409), answer.text[:300]
    assert says in answer.text


def test_accepting_makes_a_proposal_work(tmp_path_factory: pytest.TempPathFactory) -> None:
    def propose(store: Filled) -> None:
        filled.put(store.conn, "found-1", NOW, title="Mend a link", state=TaskState.PROPOSED, repo=REPO)

    with (
        filled.served(tmp_path_factory.mktemp("proposed"), propose) as url,
        httpx2.Client(base_url=url) as client,
    ):
        assert 'action="/tasks/found-1/accept"' in client.get("/").text

        answer = post(client, f"/tasks/{TaskId('found-1')}/accept")

        assert answer.headers["location"] == "/tasks/found-1?did=accept&n=1"
