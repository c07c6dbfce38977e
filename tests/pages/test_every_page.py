"""Every page in a real browser: by keyboard alone, on a phone, in the dark, without scripts, and as axe-core sees it."""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests import filled, pictures
from tests.browser import Browser
from tests.filled import NOW, Filled
from watchbill.domain.pauses import Scope
from watchbill.operator.outlook import ConfigFacts, DaemonFacts, Outlook
from watchbill.state import pauses

pytestmark = [pytest.mark.deep, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".venv/page/node_modules/axe-core/axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"  # axe-core 4.14.1 as npm has it
SHOTS = os.environ.get("SCREENSHOTS")  # a folder; `make page` sets it

PAGES = {
    "overview": "/",
    "queue": "/queue",
    "queue-filtered": "/queue?q=state:blocked",
    "queue-graph": "/queue/graph",
    "effect": "/queue/effect?deed=hold&task=write-ch5&task=maps",
    "task": "/tasks/polish-ch5",
    "runs": "/runs",
    "run": "/runs/run-120",
    "rollback": "/runs/run-120/rollback",
    "sessions": "/sessions",
    "session": "/sessions/session-119",
    "locks": "/locks",
    "reviews": "/review",
    "review": "/review/canon-kael",
    "events": "/events?q=kind:run.*,task.*",
    "schedule": "/schedule",
    "what-if": "/schedule/what-if?out=claude&ahead=24",
    "budget": "/budget",
    "providers": "/providers",
    "reports": "/reports",
    "report": "/reports/now/week",
    "config": "/config",
    "nowhere": "/nowhere",
}
SHOWN = (
    "overview",
    "queue",
    "task",
    "run",
    "review",
    "locks",
    "events",
    "schedule",
    "what-if",
    "budget",
    "providers",
    "config",
)  # in the documentation
EXPECTED = re.compile(r"/nowhere - Failed to load resource: the server responded with a status of 404")


def unexpected(browser: Browser) -> list[str]:
    return [said for said in browser.complaints() if not EXPECTED.search(said)]


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_serious_finding_in_light_dark_and_narrow(site: str, browser: Browser, name: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not here: `make page` fetches it")
    source = AXE.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256
    for width, dark in ((1280, False), (1280, True), (360, False), (360, True)):
        browser.size(width, 860)
        browser.is_dark(dark)
        browser.go(site + PAGES[name])
        browser.run(source.decode())
        found = browser.run_later("const done = arguments[0]; axe.run().then(done, (e) => done({violations: [{id: String(e), impact: 'serious', nodes: []}]}))")  # fmt: skip
        told = [
            f"{one['id']}: {[(node['html'][:160], node['any'][:1]) for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical", "moderate")
        ]
        assert not told, f"{name} at {width}{', dark' if dark else ''}:\n" + "\n".join(told)


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone_and_the_policy_refuses_nothing(site: str, browser: Browser, name: str) -> None:
    browser.size(360, 740)
    browser.go(site + PAGES[name])

    assert browser.run("return document.documentElement.scrollWidth") <= 360
    assert unexpected(browser) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_used_by_keyboard_alone(site: str, browser: Browser, name: str) -> None:
    """Everything that can be clicked is reached by Tab, in the order of the page, and shows that it is."""
    browser.go(site + PAGES[name])
    wanted = browser.run(
        "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]"
        ".filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.closest('dialog')).length"
    )
    seen: set[int] = set()
    rounds = 0  # through the page; the browser's own places lie between its end and its beginning
    for _ in range(min(wanted + 12, 120)):
        browser.press("Tab")
        place = browser.run(
            "const at = document.activeElement; if (at === document.body) return null;"
            "const all = [...document.querySelectorAll('*')]; const style = getComputedStyle(at);"
            "return [all.indexOf(at), style.outlineStyle !== 'none' || at.matches('.skip, input[type=radio]')]"
        )
        if place is None:
            rounds += 1
            if rounds > 1:
                break
            continue
        assert place[1], f"nothing shows where one is: element {place[0]} of {name}"
        seen.add(place[0])
    assert len(seen) >= min(wanted - 4, 100), f"{len(seen)} of {wanted} are reached"


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_read_without_scripts(site: str, browser: Browser, name: str) -> None:
    browser.go(site + PAGES[name])
    told = browser.run("return document.querySelector('main').innerText.length")
    browser.runs_scripts(False)
    browser.go(site + PAGES[name])
    browser.runs_scripts(True)

    assert browser.run("return typeof htmx") == "undefined"
    assert browser.run("return document.querySelector('main').innerText.length") >= told * 0.9


def test_the_menu_of_a_phone_covers_the_page_and_goes_away(site: str, browser: Browser) -> None:
    browser.size(360, 740)
    browser.go(site + "/")
    browser.click(".menu")
    covered = browser.run(
        "const at = document.querySelector('nav#nav').getBoundingClientRect(); return [at.width, at.height]"
    )
    browser.click("nav .close")

    assert covered == [360, 740]
    assert browser.run("return document.querySelector('nav#nav').checkVisibility()") is False


def test_a_form_works_without_scripts(world: str, browser: Browser) -> None:
    browser.runs_scripts(False)
    browser.go(world + "/queue/effect?deed=hold&task=write-ch5")
    browser.press("Tab")  # the button has the focus when the page opens; from it one tab further, and back
    browser.press("Enter")
    browser.go(world + "/tasks/write-ch5")
    browser.runs_scripts(True)

    assert "Hold" in browser.text()


def test_a_person_decides_by_keys_alone(world: str, browser: Browser) -> None:
    browser.go(world + "/review")
    browser.press("j", "Enter")
    browser.until("return location.pathname === '/review/canon-kael'")

    browser.press("x")
    browser.until("return document.activeElement.name === 'why'")
    browser.write("keep the oath")
    browser.press("Tab", "Enter")

    browser.until("return document.body.innerText.includes('Rejected')")
    browser.go(world + "/tasks/canon-kael")
    assert "keep the oath" in browser.text()


def test_a_person_approves_by_one_key(world: str, browser: Browser) -> None:
    browser.go(world + "/review/canon-kael")

    browser.press("a")

    browser.until("return document.body.innerText.includes('Approved. It lands by itself')")
    browser.go(world + "/review/canon-kael")
    assert "Approved: it lands by itself" in browser.text()


def test_a_person_edits_and_approves(world: str, browser: Browser) -> None:
    browser.go(world + "/review/canon-kael")
    browser.press("e")
    browser.until("return document.activeElement.name === 'file0'")
    browser.write("# ")

    browser.click("details[data-key=e] button")

    browser.until("return document.body.innerText.includes('Edited and approved')")
    browser.go(world + "/review/canon-kael")
    assert "# # Canon" in browser.text()


def test_many_tasks_are_held_after_their_effect_was_shown(world: str, browser: Browser) -> None:
    browser.go(world + "/queue?q=state:ready")
    browser.click("input[name=task]")
    browser.click("button[value=hold]")
    browser.until("return location.pathname === '/queue/effect'")
    assert "nothing of it starts until it is released" in browser.text()

    browser.click("button.main")

    browser.until("return document.body.innerText.includes('1 task held')")


@pytest.mark.skipif(SHOTS is None, reason="pictures are made by `make page`")
def test_pictures_for_the_documentation(site: str, browser: Browser) -> None:
    assert SHOTS is not None
    place = ROOT / SHOTS
    place.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        browser.go(site + PAGES[name])
        (place / f"{name}.png").write_bytes(pictures.small(browser.picture()))
    browser.is_dark(True)
    browser.go(site + "/")
    (place / "overview-dark.png").write_bytes(pictures.small(browser.picture()))
    browser.size(360, 740)
    browser.go(site + "/review/canon-kael")
    (place / "review-phone.png").write_bytes(pictures.small(browser.picture()))


def _paused(filled_store: Filled) -> None:
    conn = filled_store.conn
    pauses.put(conn, Scope.ALL, "", until=NOW + timedelta(hours=2), why="the power is cut at four", who="ines", now=NOW)


def _rejected() -> Outlook:
    facts = ConfigFacts(
        loaded_at=NOW - timedelta(days=2), rejected_at=NOW - timedelta(minutes=3), problems=("budget.daily_usd: -1 is below 0",)
    )  # fmt: skip
    return filled.outlook(configuration=facts)


def _young() -> Outlook:
    return filled.outlook(daemon=DaemonFacts(pid=1, started_at=NOW - timedelta(seconds=4), version="0.1.0"))


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (
            (False, _paused, filled.outlook),
            ("everything is paused by ines", "the power is cut at four", "watchbill resume"),
        ),
        ((False, None, _rejected), ("The configuration was rejected 3 min ago", "below 0")),
        ((False, None, lambda: filled.outlook(daemon=None, configuration=None)), ("No daemon runs", "watchbill serve")),
        ((True, None, filled.outlook), ("the queue is empty",)),
        ((True, None, _young), ("has just started",)),
    ],
    ids=["paused", "rejected", "no-daemon", "empty", "starting"],
)
def test_states_in_which_little_can_be_shown_say_what_is_so(
    tmp_path: Path,
    browser: Browser,
    shown: tuple[bool, Callable[[Filled], None] | None, Callable[[], Outlook]],
    words: tuple[str, ...],
) -> None:
    empty, fill, said = shown
    with filled.served(tmp_path, fill, said, empty=empty) as url:
        browser.go(url + "/")

        text = browser.text()

        assert [word for word in words if word not in text] == []
        assert browser.complaints() == []
