"""Outside: what stands beside the API's own paths: whether the process answers, whether it can work, and its metrics."""

import asyncio
from collections.abc import Callable, Iterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from watchbill import __version__
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotReady
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import counters, status
from watchbill.operator.reading import Read

_READY_WITHIN = 5.0  # seconds


def outside(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Plain:
        return {"ok": True, "version": __version__}

    @router.get("/readyz")
    async def readyz() -> Plain:
        """Whether the store answers, the configuration is good, and there is somebody to work. Raises NotReady."""
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await read(lambda conn: conn.execute("SELECT 1").fetchone())
        except TimeoutError as error:
            raise NotReady(f"the database does not answer within {_READY_WITHIN:g} s") from error
        wrong = "; ".join(_not_ready(outlook()))
        if wrong:
            raise NotReady(wrong)
        return {"ready": True, "version": __version__}

    @router.get("/metrics", response_class=PlainTextResponse)
    async def scraped() -> Response:
        from watchbill.operator import metrics  # noqa: PLC0415 - memory for those only who scrape

        seen = await read(lambda conn: (status.status(conn, outlook()), counters.counters(conn, outlook())))
        return Response(metrics.exposition(*seen), media_type=metrics.MEDIA_TYPE)

    return router


def _not_ready(seen: Outlook) -> Iterator[str]:
    if seen.configuration and seen.configuration.problems:
        yield f"the configuration was rejected, the last good one is in force: {seen.configuration.problems[0]}"
    if not any(terms.configured for terms in seen.bill.providers):
        yield "no provider is configured that could work"
