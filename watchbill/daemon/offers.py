"""Offers: branches of their own, one a task. Their files stay claimed until the owner merged the branch or dropped it."""

from watchbill.daemon.delivery import shown
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.ids import RepoName
from watchbill.domain.ports import Events
from watchbill.state import claims, intents
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.state.intents import Intent


async def free_taken(repo: ManagedRepo, *, database: Database, events: Events) -> None:
    """Give back the files of every offer that its owner has decided about, as of the last fetch."""
    for offer in await database.submit(lambda conn: _open_offers(conn, repo.name)):
        if await _is_taken(repo, offer):
            await _free(database, offer)
            events.emit("landing.taken", repo=repo.name, ref=shown(offer.target_ref), task=offer.task)


def _open_offers(conn: Connection, repo: RepoName) -> list[Intent]:
    kept = {claim.task for claim in claims.live(conn) if claim.run is None and claim.repo == repo}
    return [offer for task in sorted(kept) if (offer := intents.landed(conn, task)) is not None]


async def _is_taken(repo: ManagedRepo, offer: Intent) -> bool:
    target = await repo.vcs.resolve(repo.target_ref)
    merged = target is not None and await repo.vcs.has(target, offer.commit)
    return merged or await repo.vcs.is_dropped(offer.target_ref)


async def _free(database: Database, offer: Intent) -> None:
    await database.submit(lambda conn: claims.drop_kept(conn, offer.task))
