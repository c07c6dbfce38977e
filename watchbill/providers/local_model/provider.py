"""A local model as a provider: the same adapter that asks any compatible server, with a worker of ours at the other end."""

from dataclasses import replace

import httpx2

from watchbill.domain.outcomes import Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.providers import openai
from watchbill.providers.local_model.keeper import CannotStart, Keeper, Running
from watchbill.providers.setbacks import setback
from watchbill.providers.setup import ProviderSetup

ADDRESS = "http://model/v1"  # of nobody: the transport goes to the socket whatever the name


def build(setup: ProviderSetup) -> ModelProvider:
    """A provider that runs the model of setup.worker itself. Nothing is started before its first turn."""
    assert setup.worker is not None, "the composition root gives this kind its worker"
    keeper = Keeper(setup.name, setup.worker)
    way = _Way()
    asked = replace(setup, base_url=ADDRESS, api_key=keeper.token, transport=way, trust_env=False)
    return LocalModel(setup, keeper=keeper, way=way, adapter=openai.build_chat(asked))


class LocalModel:
    """Implements ModelProvider by the adapter, each turn with a worker that is started for it where there is none."""

    def __init__(self, setup: ProviderSetup, *, keeper: Keeper, way: "_Way", adapter: ModelProvider) -> None:
        assert setup.worker is not None
        self.name = setup.name
        self._worker = setup.worker
        self._keeper = keeper
        self._way = way
        self._adapter = adapter

    async def turn(self, request: TurnRequest) -> TurnEnd:
        if wrong := self._worker.wrong_file():
            return setback(SetbackKind.MODEL_GONE, wrong)
        try:
            async with self._keeper.lent() as running:
                await self._way.lead_to(running)
                end = await self._adapter.turn(request)
                return await self._told(end, running)
        except CannotStart as fault:
            return setback(fault.kind, str(fault))

    async def probe(self) -> ProbeResult:
        """Whether its file is sound, and whether its worker answers if there is one. None is started for it."""
        if wrong := self._worker.wrong_file():
            return ProbeResult(well=False, message=wrong)
        running = self._keeper.running
        if running is None:
            return ProbeResult(
                well=True,
                message="its weights are here; its worker starts when it is needed",
                models=(self._worker.model,),
            )
        await self._way.lead_to(running)
        return await self._adapter.probe()

    async def _told(self, end: TurnEnd, running: Running) -> TurnEnd:
        """Between us and a worker lies nothing that could break but the worker. One that lives hangs, and is replaced."""
        if not isinstance(end, Setback) or end.kind is not SetbackKind.NETWORK:
            return end
        why = await running.ended()
        if not why:
            why = f"its worker broke an answer off ({end.message})"
            self._keeper.discard(running, why)
        return replace(end, message=f"{why}; its next call starts it anew")

    async def aclose(self) -> None:
        await self._adapter.aclose()
        await self._way.aclose()
        await self._keeper.aclose()


class _Way(httpx2.AsyncBaseTransport):
    """Leads every request to the worker that runs now."""

    def __init__(self) -> None:
        self._to: Running | None = None
        self._inner = httpx2.AsyncHTTPTransport()

    async def lead_to(self, running: Running) -> None:
        """Connections to an earlier worker ended with it."""
        if running is not self._to:
            before, self._inner, self._to = self._inner, httpx2.AsyncHTTPTransport(uds=running.socket), running
            await before.aclose()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
