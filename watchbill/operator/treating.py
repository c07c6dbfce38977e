"""Treating: the part of the API by which people look at providers and their health, probe them and say that they are well."""

from collections.abc import Callable

from fastapi import APIRouter

from watchbill.operator import plain
from watchbill.operator.actors import Actor
from watchbill.operator.budgeting import SignedSaid
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import providers
from watchbill.operator.reading import Read


def treating(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/providers")
    async def provider_list() -> Plain:
        return await read(lambda conn: providers.listing(conn, outlook()))

    @router.get("/models")
    async def model_list(provider: str | None = None) -> Plain:
        return await read(lambda conn: providers.models(conn, outlook(), provider))

    @router.get("/providers/{provider}")
    async def one(provider: str) -> Plain:
        return await read(lambda conn: providers.one(conn, outlook(), provider))

    @router.post("/providers/{provider}/probe")
    async def probe(provider: str) -> Plain:
        name = providers.terms_of(outlook(), provider).name
        found = await commands.probe(name)
        retires = {model: plain.stamp(at) for model, at in found.retires.items()}
        return {
            "provider": name,
            "well": found.well,
            "message": found.message,
            "models": list(found.models),
            "retires": retires,
        }

    @router.post("/providers/{provider}/reset")
    async def reset(provider: str, said: SignedSaid, actor: Actor) -> Plain:
        name = providers.terms_of(outlook(), provider).name
        return plain.facts(await commands.reset(name, who=said.who or actor, why=said.why))

    return router
