"""Heads: every new head of a target branch is checked, human commits included; what is new becomes proposed tasks."""

from watchbill.daemon import proposals
from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.findings import split_debt
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Clock, Events
from watchbill.state import heads
from watchbill.state.database import Database


class HeadWatch:
    """Local automation's continuous validation. Free: no provider is asked."""

    def __init__(self, *, database: Database, clock: Clock, events: Events, gatekeeper: Gatekeeper) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._gatekeeper = gatekeeper

    async def look(self, repo: ManagedRepo) -> Commit | None:
        """Check the target's head if it is a new one; returns it then."""
        head = await repo.vcs.resolve(repo.target_ref)
        last = await self._database.submit(lambda conn: heads.last(conn, repo.name))
        if head is None or (last is not None and last.commit == head):
            return None
        found = await self._gatekeeper.survey(repo, head)
        new, _ = split_debt(last.findings if last else (), found)
        await self._database.submit(lambda conn: heads.record(conn, repo.name, head, found, now=self._clock.now()))
        self._events.emit("head.validated", repo=repo.name, commit=head, findings=len(found), new=len(new))
        await proposals.propose(
            repo, new, "the checks", database=self._database, clock=self._clock, events=self._events
        )
        return head
