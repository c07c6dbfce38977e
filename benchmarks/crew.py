"""The crew of the soak: an owner and their people, who add work, answer, judge, push and look, for as long as it lasts."""

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2

from benchmarks import gauges
from benchmarks.gauges import Gauges
from benchmarks.pieces import MODELS, SEED, Vendor, entry
from tests.acceptance.harness import QUEUE, Town
from watchbill.operator.doors import Client, SocketDoor
from watchbill.operator.faults import AnswerLate, Refused

OPEN = 24  # entries that wait in the queue at a time
SHOWN = 200  # entries that the owner leaves in the queue's file
LOOK_EVERY = 10.0  # seconds
AILING = 20.0  # seconds that a vendor's bad time lasts
AIL_EVERY = 240.0  # seconds


class Crew:
    """The owner and their people: they add work, answer, judge, push, and look."""

    def __init__(self, town: Town, vendor: Vendor, *, address: str, counts: Path) -> None:
        self._town = town
        self._vendor = vendor
        self._address = address
        self._counts = counts  # as somebody inside writes them
        self._client = Client(door=SocketDoor(town.state / "control.sock"))
        self._rng = random.Random(SEED)
        self._added = 0
        self.seen = 0  # events that viewers got
        self.refused = 0

    async def work(self, pid: int, seconds: float, out: Path) -> list[Gauges]:
        """For so long; the gauges as they were read."""
        parts = (self._supply, self._answer, self._judge, self._push, self._ail, self._watch, self._look_in)
        people = [asyncio.create_task(self._again(part)) for part in parts]
        looks, began = [], time.monotonic()
        try:
            while time.monotonic() - began < seconds:
                await asyncio.sleep(LOOK_EVERY)
                looks.append(await asyncio.to_thread(gauges.read, self._town, pid, self._counts))
                looks[-1]["seconds"] = time.monotonic() - began
                with out.open("a") as file:
                    file.write(json.dumps(looks[-1]) + "\n")
                if failed := next((one for one in people if one.done()), None):
                    failed.result()
        finally:
            for one in people:
                one.cancel()
            await asyncio.gather(*people, return_exceptions=True)
        return looks

    async def _again(self, part: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await part()
            except (Refused, AnswerLate):  # a person was too late, or too early
                self.refused += 1
                await asyncio.sleep(1)

    async def _get(self, path: str, **asked: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._client.get, path, **asked)

    async def _post(self, path: str, body: dict[str, Any] | None = None) -> None:
        await asyncio.to_thread(self._client.post, path, body)

    async def _supply(self) -> None:
        counts = (await self._get("/state"))["counts"]
        missing = OPEN - counts["queued"]
        if missing > OPEN // 3:
            await asyncio.to_thread(self._save, missing)
        await asyncio.sleep(1)

    def _save(self, missing: int) -> None:
        """The queue with new entries at its end; the oldest that are over are taken out."""
        queue = self._town.repo / QUEUE
        head, *entries = re.split(r"^(?=- \[)", queue.read_text(), flags=re.MULTILINE)
        surplus = max(0, len(entries) - SHOWN)
        kept = [one for number, one in enumerate(entries) if number >= surplus or not one.startswith("- [x]")]
        new = [entry(number) for number in range(self._added, self._added + missing)]
        saved = queue.with_suffix(".new")
        saved.write_text(head + "".join([*kept, *new]))
        saved.replace(queue)
        self._added += missing

    async def _answer(self) -> None:
        for question in (await self._get("/questions"))["questions"]:
            if question["state"] == "open":
                await self._post(f"/questions/{question['id']}/answer", {"option": 1})
        await asyncio.sleep(3)

    async def _judge(self) -> None:
        """Of three drafts one is refused; what failed for good is cancelled."""
        for review in (await self._get("/reviews"))["reviews"]:
            if review["state"] == "review" and review["tree"] and self._rng.random() < 0.66:
                await self._post(f"/reviews/{review['task']}/approve", {"tree": review["tree"]})
            elif review["state"] == "review":
                await self._post(f"/reviews/{review['task']}/reject", {"why": "not so"})
        for task in (await self._get("/tasks", state="failed", limit=200))["tasks"]:
            await self._post(f"/tasks/{task['id']}/cancel", {"why": "given up"})
        await asyncio.sleep(5)

    async def _push(self) -> None:
        await asyncio.sleep(20)
        await asyncio.to_thread(self._commit)

    def _commit(self) -> None:
        """The owner changes what all share, and takes over what landed."""
        self._town.write("shared.md", f"# What all share\n\nBy hand: {self._rng.random()}\n")
        self._town.git("commit", "--quiet", "-m", "By hand", "shared.md")
        self._town.git("merge", "--quiet", "-m", "Pull", "-X", "ours", "watchbill/main")

    async def _ail(self) -> None:
        await asyncio.sleep(AIL_EVERY - AILING)
        self._vendor.ailing = self._rng.choice(MODELS)
        await asyncio.sleep(AILING)
        self._vendor.ailing = ""

    async def _watch(self) -> None:
        """Somebody opens the page, follows what happens for a while, and goes."""
        token = (self._town.state / "web-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=f"http://{self._address}", headers=headers, timeout=60) as client:
            for path in ("/", "/queue", "/runs", "/providers", "/budget", "/events"):
                (await client.get(path)).raise_for_status()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(0.5, 20)):
                    async with client.stream("GET", "/api/v1/events/stream", timeout=None) as answer:
                        async for line in answer.aiter_lines():
                            self.seen += line.startswith("id:")

    async def _look_in(self) -> None:
        await asyncio.sleep(30)
        for words in (("status",), ("plan",), ("task", "list"), ("report", "daily")):
            said = await asyncio.to_thread(self._town.run, *words)
            if said.code not in (0, 3):
                raise RuntimeError(f"{words}: {said}")
        for place_ in self._town.home.glob("said-*"):
            place_.unlink()
