"""The pages of the plan and the record: schedule, what-if, budget, providers, reports. Each answers, escapes, and does what it says."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from tests import filled
from tests.filled import CLAUDE, GPT, NOW, Filled
from tests.unit.operator.web.test_site import HOSTILE, MARKUP, faults
from watchbill.config.problems import BadConfig
from watchbill.domain.ids import RunId
from watchbill.domain.money import usd
from watchbill.domain.outcomes import Setback, SetbackKind
from watchbill.domain.ports import ProbeResult
from watchbill.domain.windows import WindowKind
from watchbill.operator import purse, rota
from watchbill.operator.faults import DaemonUnreachable
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import management, periods
from watchbill.operator.reports.run import run_report
from watchbill.operator.reports.shelf import RUNS, SCENES, STANDING, Shelf
from watchbill.operator.web.plans import Plans
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import events, troubles

PAGES = (
    "/",
    "/schedule",
    "/schedule/what-if",
    "/schedule/what-if?out=claude&ahead=24",
    "/schedule/what-if?hours-gpt=0-5&day=1&month=2&parallel=1&policy=strict&ahead=6",
    "/budget",
    "/budget?since=today",
    "/budget?since=7d",
    "/providers",
    "/reports",
    "/reports/now/day",
    "/reports/now/week",
    "/reports/day-2026-11-23",
    "/reports/status-2026-11-24",
    "/reports/scenes-2026-11-23",
    "/reports/run-120",
    "/config",
    "/config?q=BUDGET",
    "/config?q=nothing-is-called-so",
)
FOLDER: list[Path] = []


def outlook() -> Outlook:
    return filled.outlook(reports=FOLDER[-1])


def speak(store: Filled) -> None:
    conn = store.conn
    rota.do(
        conn, rota.Stand(provider=GPT, hours=frozenset({15, 16}), until=None, who=MARKUP, why=HOSTILE), filled.BILL, NOW
    )
    purse.do(
        conn,
        purse.More(kind=WindowKind.DAY, amount=usd(2), until=NOW + timedelta(hours=3), who=MARKUP, why=HOSTILE),
        filled.CAPS,
        NOW,
    )
    troubles.note(
        conn, CLAUDE, MARKUP, Setback(kind=SetbackKind.OVERLOADED, message=HOSTILE), NOW - timedelta(minutes=4)
    )
    for hours, score in ((30, 100), (9, 40), (8, 100)):
        facts = {"provider": CLAUDE, "score": score, "before": None}
        events.append(conn, "provider.scored", facts, NOW - timedelta(hours=hours))
    shelf = Shelf(FOLDER[-1])
    day = periods.daily(conn, outlook(), "2026-11-23")
    shelf.put(RUNS, "day-2026-11-23", {"json": json.dumps(day), "md": "# A day\n"}, NOW)
    told = management.standing(conn, outlook())
    shelf.put(STANDING, "status-2026-11-24", {"json": json.dumps(told)}, NOW)
    scenes = {
        "report": 1,
        "day": "2026-11-23",
        "texts": [],
        "words": 0,
        "gained": None,
        "placeholders": 0,
        "by_day": [],
    }
    shelf.put(SCENES, "scenes-2026-11-23", {"json": json.dumps(scenes)}, NOW)
    whole = {**run_report(conn, RunId("run-120")), "title": HOSTILE}
    shelf.put(RUNS, "run-120", {"json": json.dumps(whole)}, NOW)
    shelf.put(RUNS, "of-tomorrow", {"json": '{"report": 99}'}, NOW)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    FOLDER.append(tmp_path_factory.mktemp("logs"))
    with (
        filled.served(tmp_path_factory.mktemp("site"), speak, outlook) as url,
        httpx2.Client(base_url=url, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def world(tmp_path: Path) -> Iterator[httpx2.Client]:
    """A site of one's own, for what changes something."""
    with filled.served(tmp_path) as url, httpx2.Client(base_url=url, timeout=30) as client:
        yield client


def post(site: httpx2.Client, path: str, **fields: str) -> httpx2.Response:
    return site.post(path, content=urlencode(fields), headers={"Content-Type": "application/x-www-form-urlencoded"})


@pytest.mark.parametrize("path", PAGES)
def test_page_answers_and_nothing_of_others_becomes_markup_or_hides(site: httpx2.Client, path: str) -> None:
    answer = site.get(path)

    assert answer.status_code == 200, answer.text[-2000:]
    assert faults(answer.text) == []
    assert "nan" not in answer.text.casefold().replace("finan", "").replace("maintenan", "")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/schedule", "stands 15-16 until"),
        ("/schedule", "kept from work until"),
        ("/schedule/what-if?out=claude", "If claude is out"),
        ("/schedule/what-if?policy=prefer", "If all stays as it is"),
        ("/budget", "may have $2.00 more until"),
        ("/budget", "By provider and type"),
        ("/providers", "its account rests until"),
        ("/providers", "not taken <span"),
        ("/providers", "credits worth"),
        ("/reports", "Worth changing"),
        ("/reports/now/day", "Reports"),
        ("/config", "What a reload would bring"),
        ("/config", "watchbill.toml:7"),
        ("/config", "after a restart"),
        ("/config?q=nothing-is-called-so", "No key fits"),
    ],
)
def test_page_says_what_is_so(site: httpx2.Client, path: str, says: str) -> None:
    assert says in site.get(path).text


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/schedule/what-if?hours-gpt=25", 400, "25 is no hour"),
        ("/schedule/what-if?day=much", 400, "no amount of dollars"),
        ("/schedule/what-if?ahead=3", 400, "no time ahead"),
        ("/schedule/what-if?parallel=many", 400, "no number of runs"),
        ("/schedule/what-if?policy=moon", 400, "no slot policy"),
        ("/schedule/what-if?out=nobody", 400, "no provider is called"),
        ("/budget?since=ever", 409, "no span here"),
        ("/reports/nothing", 404, "no written report"),
        ("/reports/day-2026-11-23?form=pdf", 404, "no written report"),
        ("/reports/now/year", 404, "no report of a"),
    ],
)
def test_what_cannot_be_answered_says_why(site: httpx2.Client, path: str, status: int, says: str) -> None:
    answer = site.get(path)

    assert answer.status_code == status
    assert says in answer.text
    assert faults(answer.text) == []


def test_a_report_in_another_form_and_one_of_another_version_are_shown_as_they_are(site: httpx2.Client) -> None:
    as_text = site.get("/reports/day-2026-11-23?form=md")
    unknown = site.get("/reports/of-tomorrow")

    assert (as_text.text, as_text.headers["content-type"]) == ("# A day\n", "text/plain; charset=utf-8")
    assert (unknown.status_code, unknown.text) == (200, '{"report": 99}')


def test_supposing_on_the_page_writes_nothing(site: httpx2.Client) -> None:
    before = site.get("/api/v1/events").json()["next_after"]

    assert "epilogue" in site.get("/schedule/what-if?out=claude").text

    assert site.get("/api/v1/events").json()["next_after"] == before


def test_forms_do_what_they_say(world: httpx2.Client) -> None:
    for path, fields, leads, says in (
        ("/schedule/override", {"provider": "gpt", "hours": "14-16", "for": "", "why": "away"}, "/schedule?did=override&n=1", "stands 14-16 until"),
        ("/schedule/clear", {"number": "1", "why": "back"}, "/schedule?did=clear&n=1", "Hours are as they are written"),
        ("/budget/raise", {"of": "day:", "usd": "$1.50", "for": "2h", "why": "deadline"}, "/budget?did=raise&n=1", "may have $1.50 more"),
        ("/budget/end", {"of": "day:", "why": "done"}, "/budget?did=raise-end&n=1", "as it is written again"),
        ("/providers/gpt/reset", {"why": "the vendor is back"}, "/providers?of=gpt&did=reset&n=1", "Its breakers are closed"),
        ("/config/reload", {}, "/config?did=reload&n=1", "was read anew"),
        ("/pause", {"scope": "provider", "name": "claude", "why": "x", "back": "/providers"}, "/providers?did=pause&n=1", "Resume"),
    ):  # fmt: skip
        answer = post(world, path, **fields)

        assert (answer.status_code, answer.headers.get("location")) == (303, leads), answer.text[-600:]
        assert says in world.get(leads).text, path


@pytest.mark.parametrize(
    ("path", "fields", "status", "says"),
    [
        ("/schedule/override", {"provider": "gpt", "hours": "x", "why": "a"}, 409, "is no number"),
        ("/schedule/override", {"provider": "gpt", "hours": "1", "for": "soon", "why": "a"}, 409, "30m"),
        ("/schedule/override", {"provider": "nobody", "hours": "1", "why": "a"}, 404, "no provider is called"),
        ("/schedule/clear", {"number": "one", "why": "a"}, 409, "no number of an override"),
        ("/budget/raise", {"of": "moon:", "usd": "1", "for": "1h", "why": "a"}, 409, "no budget is called"),
        ("/budget/raise", {"of": "day:", "usd": "lots", "for": "1h", "why": "a"}, 409, "no amount of dollars"),
        ("/budget/raise", {"of": "day:", "usd": "1", "for": "long", "why": "a"}, 409, "how long"),
        ("/budget/allow", {"provider": "gpt", "model": "m", "why": "a"}, 404, "is not stopped"),
        ("/providers/nobody/reset", {"why": "a"}, 404, "no provider is called"),
        ("/providers/claude/reset", {"why": " "}, 409, "say why"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused_and_changes_nothing(
    site: httpx2.Client, path: str, fields: dict[str, str], status: int, says: str
) -> None:
    answer = post(site, path, **fields)

    assert answer.status_code == status, answer.text[-400:]
    assert says in answer.text


def test_pages_of_nothing_say_so(tmp_path: Path) -> None:
    with filled.served(tmp_path, empty=True) as url, httpx2.Client(base_url=url, timeout=30) as client:
        for path, says in (
            ("/schedule", "Hours are as they are written"),
            ("/budget", "nothing was spent"),
            ("/providers", "Nothing speaks against it"),
            ("/reports", "No report was written yet"),
            ("/schedule/what-if?out=gpt", "Nothing begins within that time"),
        ):
            answer = client.get(path)
            assert says in answer.text, path
            assert faults(answer.text) == []


def test_where_hours_do_not_matter_no_form_gives_them_away(tmp_path: Path) -> None:
    bill = replace(filled.BILL, policy=SlotPolicy.OFF)
    with filled.served(tmp_path, said=lambda: filled.outlook(bill=bill)) as url, httpx2.Client(base_url=url) as client:
        assert "Hours do not matter" in client.get("/schedule").text


@pytest.mark.parametrize(("said", "says"), [(True, "A reload would be rejected"), (False, "Nothing is in force")])
def test_a_file_that_is_wrong_and_no_daemon_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bool, says: str
) -> None:
    async def configured(self: filled.Hands) -> object:
        if not said:
            raise DaemonUnreachable("no daemon runs")
        force, _, places = await hands(self)
        return force, BadConfig([force.source.problem(("budget", "daily_usd"), "-1 is below 0")]), places

    hands = filled.Hands.configured
    monkeypatch.setattr(filled.Hands, "configured", configured)
    with filled.served(tmp_path) as url, httpx2.Client(base_url=url) as client:
        answer = client.get("/config")

    assert says in answer.text
    assert faults(answer.text) == []


@pytest.mark.anyio
async def test_a_forecast_that_takes_long_is_made_once_beside_the_pages() -> None:
    plans, looks, may_end = Plans(), [], asyncio.Event()

    async def look() -> Snapshot:
        looks.append(1)
        await may_end.wait()
        return Snapshot()

    assert await plans.latest(filled.outlook(), look) is None
    assert await plans.latest(filled.outlook(), look) is None
    may_end.set()
    made = await plans.latest(filled.outlook(), look)
    again = await plans.latest(filled.outlook(), look)

    assert made is not None
    assert again is made
    assert looks == [1]


@pytest.mark.anyio
async def test_a_forecast_that_fails_is_tried_again() -> None:
    plans = Plans()

    async def fails() -> Snapshot:
        raise OSError("the disk")

    async def works() -> Snapshot:
        return Snapshot()

    assert await plans.latest(filled.outlook(), fails) is None
    assert await plans.latest(filled.outlook(), works) is not None


@pytest.mark.parametrize(("well", "status", "says"), [(True, 303, ""), (False, 409, "gpt is not well: 502")])
def test_a_probe_says_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, well: bool, status: int, says: str
) -> None:
    async def probe(self: filled.Hands, provider: str) -> ProbeResult:
        return ProbeResult(well=well, message="502")

    monkeypatch.setattr(filled.Hands, "probe", probe)
    with filled.served(tmp_path) as url, httpx2.Client(base_url=url) as client:
        answer = post(client, "/providers/gpt/probe")

    assert answer.status_code == status
    assert says in answer.text
