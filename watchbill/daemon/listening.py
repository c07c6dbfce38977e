"""Listening: the control API on the Unix socket, and on loopback when the configuration asks for it; one application for both."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from watchbill.daemon.control import Control
from watchbill.daemon.recorder import Recorder
from watchbill.daemon.standing import Address, Orders
from watchbill.domain.errors import StateError
from watchbill.operator.entrance import Entrance, Front
from watchbill.operator.outlook import Outlook
from watchbill.state import webtoken

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from watchbill.operator.viewers import Viewers

TRY_AGAIN = timedelta(seconds=30)  # a port may become free


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    control: Control
    orders: Orders
    outlook: Callable[[], Outlook]
    recorder: Recorder
    front: Front
    secrets: set[str]  # what no log shows
    socket: Path
    token: Path

    async def run(self) -> None:
        """Answer on both until cancelled. Only the socket is worth the daemon's end: raises StateError where it cannot be made."""
        from watchbill.operator.api import create_app  # noqa: PLC0415 - `once` and the demo never serve
        from watchbill.operator.guard import Guard, of_socket  # noqa: PLC0415 - the same
        from watchbill.operator.listen import listen  # noqa: PLC0415 - the same
        from watchbill.operator.signing import signing  # noqa: PLC0415 - the same
        from watchbill.operator.viewers import Viewers  # noqa: PLC0415 - the same

        read = self.control.parts.database.submit
        viewers = Viewers(read, lambda: self.recorder.written)
        app = create_app(read, self.control, self.outlook, viewers)
        app.include_router(signing(self.front))
        web = asyncio.create_task(self._web(app, viewers), name="web")
        try:
            await listen(Guard(app, of_socket), self.socket, ending=viewers.hang_up)
        finally:
            web.cancel()
            await asyncio.wait({web})

    async def _web(self, app: "FastAPI", viewers: "Viewers") -> None:
        """Where the orders say; new ones may say another place. Pages are made with the first."""
        has_pages = False
        while True:
            wanted = self.orders.standing.web
            if wanted is not None and not has_pages:
                self._add_pages(app)
                has_pages = True
            serving = asyncio.create_task(self._serve(app, viewers, wanted), name="web at one address")
            try:
                while self.orders.standing.web == wanted:
                    await self.orders.replaced.wait()
            finally:
                self.front.entrance = None  # no new way in while the answers under way have their time
                serving.cancel()
                await asyncio.wait({serving})

    def _add_pages(self, app: "FastAPI") -> None:
        from watchbill.operator.web.site import add_pages  # noqa: PLC0415 - memory for those only who ask for it

        add_pages(app, self.control.parts.database.submit, self.control, self.outlook)

    async def _serve(self, app: "ASGIApp", viewers: "Viewers", wanted: Address | None) -> None:
        """Until cancelled; a port that is taken is tried again and again, and told of once."""
        self.front.fault = ""
        while wanted is not None:
            try:
                await self._serve_once(app, viewers, wanted)
            except (StateError, OSError) as fault:
                self._tell(wanted, getattr(fault, "strerror", None) or str(fault))
            await self.control.parts.clock.sleep(TRY_AGAIN)

    def _tell(self, wanted: Address, why: str) -> None:
        if why != self.front.fault:
            self.front.fault = why
            self.recorder.emit("web.unavailable", address=_shown(wanted), why=why)

    async def _serve_once(self, app: "ASGIApp", viewers: "Viewers", wanted: Address) -> None:
        from watchbill.operator.guard import Guard, of_web  # noqa: PLC0415 - see above
        from watchbill.operator.listen import listen_on, loopback  # noqa: PLC0415 - see above

        token = webtoken.kept(self.token)
        with loopback(*wanted) as bound:
            entrance = Entrance(
                host=wanted[0],
                port=bound.getsockname()[1],
                token=token,
                monotonic=self.control.parts.clock.monotonic,
            )
            self.secrets.update({token, entrance.cookie})
            self.front.entrance, self.front.fault = entrance, ""
            self.recorder.emit("web.listening", address=entrance.address)
            try:
                await listen_on(bound, Guard(app, of_web(entrance)), ending=viewers.hang_up)
            finally:
                self.front.entrance = None


def _shown(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
