"""The brake at work: looks for the file WATCHBILL_STOP often enough that no second passes, whatever else goes wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchbill.domain.pauses import Pause
from watchbill.domain.ports import Events
from watchbill.state import brake

LOOK_EVERY = 0.5  # seconds; looking is one stat, and no notice of the system's has to arrive for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    stop_file: Path
    events: Events

    def is_pulled(self) -> bool:
        return brake.is_pulled(self.stop_file)

    def pause(self) -> Pause | None:
        return brake.pause_of(self.stop_file)

    async def watch(self, *, halt: Callable[[], None], wake: Callable[[], None]) -> None:
        """Tell when the file comes and goes. While it is there, halt is called at every look: nothing slips through."""
        was = False
        while True:
            now = self.is_pulled()
            if now:
                halt()
            if now != was:
                was = now
                self._tell()
                wake()
            await asyncio.sleep(LOOK_EVERY)

    def _tell(self) -> None:
        pause = self.pause()
        if pause is None:
            self.events.emit("daemon.unhalted", file=str(self.stop_file))
        else:
            self.events.emit("daemon.halted", file=str(self.stop_file), why=pause.why)
