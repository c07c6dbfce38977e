"""Flights: requests that are being looked up or are under way, so that the identical one is sent once at a time."""

import asyncio

from watchbill.domain.ids import RunId


class Flights:
    """One flight a request, one request a run. Who is late waits for the landing, and looks what it left behind."""

    def __init__(self) -> None:
        self._runs: dict[str, RunId] = {}
        self._landings: dict[RunId, tuple[str, asyncio.Event]] = {}

    def board(self, key: str, run: RunId) -> asyncio.Event | None:
        """None when the run may go; else what is set once the one under way has landed. What it flew before has ended."""
        self.land(run)
        ahead = self._runs.get(key)
        if ahead is not None:
            return self._landings[ahead][1]
        self._runs[key] = run
        self._landings[run] = (key, asyncio.Event())
        return None

    def land(self, run: RunId) -> None:
        """Its answer is stored, or there is none. Does nothing when it does not fly."""
        if run in self._landings:
            key, landed = self._landings.pop(run)
            del self._runs[key]
            landed.set()
