"""The pages in a real browser, in short: they hold together, keys work, nothing is refused by the policy. `make page` looks longer."""

import pytest

from tests.browser import Browser

pytestmark = pytest.mark.slow

SHORT = ("/", "/queue", "/runs/run-120", "/review/canon-kael", "/events")
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_pages_hold_together_wide_and_narrow_and_the_browser_has_nothing_against_them(
    site: str, browser: Browser
) -> None:
    for width in (1280, 360):
        browser.size(width, 800)
        for path in SHORT:
            browser.go(site + path)

            assert browser.run(OVERFLOW) <= 0, f"{path} scrolls sideways at {width}"
            assert browser.run("return document.querySelectorAll('h1').length") == 1
    assert browser.complaints() == []


def test_keys_lead_from_page_to_page_and_through_a_list(site: str, browser: Browser) -> None:
    browser.go(site + "/")
    browser.press("g", "q")
    browser.until("return location.pathname === '/queue'")

    browser.press("j", "j", "Space")
    assert browser.until("return document.querySelector('[data-marked]').textContent") == "1"
    browser.press("k", "Enter")
    browser.until("return location.pathname.startsWith('/tasks/')")

    browser.go(site + "/queue")
    browser.press("/")
    browser.write("type:polish")
    browser.press("Enter")
    browser.until("return location.search.includes('polish')")
    assert "Polish chapter 5" in browser.text()
    browser.press("?")
    assert browser.until("return document.getElementById('keys').open")


def test_a_page_is_drawn_anew_when_something_happens(world: str, browser: Browser) -> None:
    browser.go(world + "/events")
    script = "fetch('/refresh', {method: 'POST', body: new URLSearchParams({back: '/queue'})})"
    browser.until("return document.readyState === 'complete'")

    browser.run(f"setTimeout(() => {script}, 400)")

    browser.until(
        "return [...document.querySelectorAll('.log li .name')].slice(0, 3).some((one) => one.textContent === 'daemon.tick_idle')"
    )
