"""Stand-ins for the workers of local models: started where the real ones would be, and remembered.

workers = StandIns(tmp_path, port=fake.port)
setup = ProviderSetup(..., worker=workers.setup())
"""

import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from watchbill.domain.ports import AgentProgram, Confined
from watchbill.providers.setup import WorkerSetup

PROGRAM = Path(__file__).with_name("fakeworker.py")


class StandIns:
    """Starts stand-ins where a real one would be started, and remembers what was wanted of them."""

    def __init__(self, folder: Path, *, port: int = 0, how: str = "serve") -> None:
        self.folder = folder
        self.port = port
        self.how = how
        self.programs: list[AgentProgram] = []
        self.homes: list[Path] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.wrong = ""

    def setup(self, *, model: str = "m", idle_after: timedelta = timedelta(minutes=10)) -> WorkerSetup:
        return WorkerSetup(
            model=model,
            weights=self.folder / "weights.gguf",
            wrong_file=lambda: self.wrong,
            threads=1,
            context=512,
            slots=2,
            idle_after=idle_after,
            confine=self.confine,
            events=self,
        )

    def emit(self, name: str, **facts: object) -> None:
        self.told.append((name, facts))

    @property
    def events(self) -> list[str]:
        return [name for name, _ in self.told]

    @asynccontextmanager
    async def confine(self, program: AgentProgram) -> AsyncIterator[Confined]:
        self.programs.append(program)
        home = self.folder / f"home-{len(self.homes)}"
        home.mkdir()
        script = home / "start"
        words = shlex.join([sys.executable, "-I", "-S", str(PROGRAM), str(self.port), self.how])
        script.write_text(f"#!/bin/sh\ncd {shlex.quote(str(home))}\necho $$ > pid\nexec {words}\n")
        script.chmod(0o700)
        self.homes.append(home)
        yield Confined(program=script, home=home, is_sandboxed=False)

    def is_alive(self, number: int) -> bool:
        """The process of the one that was started so many starts after the first."""
        return Path("/proc", (self.homes[number] / "pid").read_text().strip()).exists()

    def specs(self) -> list[dict[str, Any]]:
        return [json.loads((home / "spec.json").read_text()) for home in self.homes]
