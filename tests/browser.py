"""A browser: headless Chromium, driven by its own driver over the W3C's WebDriver protocol; nothing of it but two programs."""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromedriver")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
WHY_MISSING = (
    f"the pages were NOT looked at in a browser: {' and '.join(MISSING)} cannot be found (Debian: apt-get install "
    "chromium chromium-driver)"
)
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "Space": " ", "Shift": "\ue008"}
_ARGS = (
    "--headless",
    "--no-sandbox",  # containers run it as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own name for one


class Browser:
    """One window. Every wait has an end."""

    def __init__(self, port: int, profile: Path) -> None:
        self._port = port
        options = {"args": [*_ARGS, f"--user-data-dir={profile}"], "binary": shutil.which("chromium")}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self._session = self._ask("POST", "/session", {"capabilities": wanted})["sessionId"]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())["value"]
        finally:
            connection.close()
        assert response.status == 200, f"{method} {path}: {answer.get('error')}: {answer.get('message')}"
        return answer

    def _do(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask(method, f"/session/{self._session}/{what}", body)

    def devtools(self, command: str, **params: Any) -> Any:
        return self._do("POST", "goog/cdp/execute", {"cmd": command, "params": params})

    def go(self, url: str) -> None:
        self._do("POST", "url", {"url": url})

    @property
    def url(self) -> str:
        return str(self._do("GET", "url"))

    def run(self, script: str, *args: Any) -> Any:
        """What a script in the page returns. Also where the page itself may run none."""
        return self._do("POST", "execute/sync", {"script": script, "args": list(args)})

    def run_later(self, script: str, *args: Any) -> Any:
        """The same, for a script that calls its last argument when it is done."""
        return self._do("POST", "execute/async", {"script": script, "args": list(args)})

    def text(self) -> str:
        return str(self.run("return document.body.innerText"))

    def press(self, *keys: str) -> None:
        """Keys one after another, as a person would; names as in KEYS."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def write(self, text: str) -> None:
        self.press(*text)

    def click(self, selector: str) -> None:
        found = self._do("POST", "element", {"using": "css selector", "value": selector})[_ELEMENT]
        self._do("POST", f"element/{found}/click", {})

    def until(self, script: str, *args: Any, seconds: float = 10) -> Any:
        """Wait until the script returns something true; what it returned."""
        latest = time.monotonic() + seconds
        while not (found := self.run(script, *args)):
            assert time.monotonic() < latest, f"in vain: {script} on {self.url}\n{self.text()[:800]}"
            time.sleep(0.03)
        return found

    def size(self, width: int, height: int) -> None:
        """Of the window, in CSS pixels."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def is_dark(self, dark: bool) -> None:
        value = "dark" if dark else "light"
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def runs_scripts(self, allowed: bool) -> None:
        self.devtools("Emulation.setScriptExecutionDisabled", value=not allowed)

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of the window, or of the whole page."""
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}} if whole else {}
        return base64.b64decode(self.devtools("Page.captureScreenshot", captureBeyondViewport=whole, **clip)["data"])

    def complaints(self) -> list[str]:
        """What the browser says against the pages since the last time: errors, refused styles and scripts."""
        said = self._do("POST", "se/log", {"type": "browser"})
        return [entry["message"] for entry in said if entry["level"] in ("SEVERE", "WARNING")]

    def end(self) -> None:
        self._ask("DELETE", f"/session/{self._session}")


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        opened = Browser(port, profile)
        try:
            yield opened
        finally:
            opened.end()
    finally:
        driver.terminate()
        driver.wait(timeout=10)


def _await(port: int) -> None:
    latest = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < latest, "chromedriver does not answer"
            time.sleep(0.05)
        else:
            return
