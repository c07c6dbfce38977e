"""Validating: the line that work builds on is checked whole whenever one of its two sides moved, and stays green.

The line is our branch joined with the owner's target. What is new and red in it is looked at twice; if it stays, bisection
over what landed finds the change without which it is gone. That one is reverted, its task told. A person's commit never is.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from watchbill.daemon.bisecting import boundary
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.terms import Parts
from watchbill.daemon.undoing import Undoer, evidence
from watchbill.domain.findings import FOR_A_HUMAN, Finding, Severity, split_debt
from watchbill.domain.ids import Commit, RepoName
from watchbill.domain.ports import Merge
from watchbill.domain.tasks import Delivery
from watchbill.domain.undoings import FAILED, GATES, Undoing, Wish
from watchbill.domain.validations import Blame, Validation
from watchbill.state import intents, validations, verdicts
from watchbill.state.intents import Intent

FIRST_SUSPECTS = 32  # landings that are taken back before the line is looked at; while it is red, twice as many
MOST_SUSPECTS = 1_024  # a landing costs a merge in memory, and a look only each time that their number doubles
MOST_SQUASHES = 32  # of their commits that are looked through for the one that took in all of ours
MOST_SEARCHES = 8  # findings that are looked into one by one, where nothing explains them all
ROUNDS = 3  # of looks before somebody's work is reverted: of flakes, however often they are red, fewer than 1 in 200 get there
MOST_COMMITS = 256  # of other people's that are looked through for the one to name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    ours: Commit | None
    theirs: Commit
    ref: str | None  # our branch's name; None where nothing of ours is on the line
    head: Commit  # both joined


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """Some findings, and the gates that have to look to see whether a commit has them."""

    findings: tuple[Finding, ...]
    gates: frozenset[str]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> "_Search":
        return cls(findings=tuple(findings), gates=frozenset(finding.gate for finding in findings))

    def among(self, found: Sequence[Finding]) -> tuple[Finding, ...]:
        """Those of them that are among what was found."""
        seen = {finding.identity for finding in found}
        return tuple(finding for finding in self.findings if finding.identity in seen)


class LineWatch:
    """Local automation's watch over what landed. Free: no provider is asked."""

    def __init__(self, parts: Parts, undoer: Undoer) -> None:
        self._parts = parts
        self._undoer = undoer
        self._searched: dict[RepoName, tuple[Commit, Commit]] = {}  # pairs of branches that do not merge

    async def look(self, repo: ManagedRepo) -> bool:
        """Check the line if it moved, and take back what broke it. Whether there was anything to do."""
        was_wanted = await self._undoer.look(repo)
        last = await self._parts.database.submit(lambda conn: validations.last(conn, repo.name))
        theirs = await repo.vcs.resolve(repo.target_ref)
        if theirs is None:
            return was_wanted
        ref = repo.line_ref
        ours = None if ref is None else await repo.vcs.resolve(ref)
        gates = _gates(repo)
        if last is None and ours is not None:
            ours = None  # at first the owner's side alone: what landed before anybody looked is compared with it
        if last is not None and (last.ours, last.theirs, last.gates) == (ours, theirs, gates):
            return was_wanted
        joined = await repo.kept_up(ours)
        if isinstance(joined, Merge):
            # else its owner has to solve that first: the needs-you list says so
            return await self._take_in_squash(repo, ref, ours, last, theirs) or was_wanted
        line = _Line(ours=ours, theirs=theirs, ref=ref, head=joined)
        await self._validate(repo, line, last, gates)
        return True

    async def _validate(self, repo: ManagedRepo, line: _Line, last: Validation | None, gates: tuple[str, ...]) -> None:
        found = await self._examine(repo, line, last)
        settled = _settled(gates, last)
        fresh = [one for one in split_debt(last.findings if last else (), found)[0] if one.gate in settled]
        broken = [one for one in fresh if one.severity is Severity.ERROR and one.rule not in FOR_A_HUMAN]
        flakes: tuple[Finding, ...] = ()
        blame: Blame | None = None
        if broken:
            still = await self._again(repo, line.head, broken)
            undone = await self._take_back(repo, line, still) if still else None
            if undone is not None and undone.state not in FAILED:
                return  # the line moved: the next look compares it with the same last one
            left = await self._again(repo, line.head, still) if still else ()  # whoever is blamed was seen three times
            flakes = tuple(one for one in broken if one not in left)
            blame = await self._blame(repo, line, last, left, undone) if left else None
            if flakes:
                self._tell_flakes(repo, line.head, flakes)
        elif last is not None and last.blame is not None:
            blame = _left(last.blame, found)
        seen = Validation(
            repo=repo.name,
            ours=line.ours,
            theirs=line.theirs,
            gates=gates,
            findings=tuple(one for one in found if one not in flakes),
            flakes=flakes,
            blame=blame,
        )
        await self._parts.database.submit(lambda conn: validations.record(conn, seen, self._parts.clock.now()))
        if blame is None or blame.who:  # what its owner's own commits brought is on the target already
            await self._keep_up(repo, line, last)

    async def _keep_up(self, repo: ManagedRepo, line: _Line, last: Validation | None) -> None:
        """Where work lands on the target itself, what its owner pushed meanwhile is joined with what waits to be shown; and
        anywhere, once they took in all of ours squashed: else what they do to it next would conflict with it."""
        if line.ref is None or line.ours is None or line.head in (line.ours, line.theirs):
            return
        ours, theirs, head = [await repo.vcs.tree_of(side) for side in (line.ours, line.theirs, line.head)]
        had_more = last is None or ours != await repo.vcs.tree_of(last.theirs)
        if repo.terms.delivery is Delivery.LAND or (had_more and head == theirs):
            await repo.vcs.move_ref(line.ref, line.head, line.ours)

    async def _take_in_squash(
        self, repo: ManagedRepo, ref: str | None, ours: Commit | None, last: Validation | None, theirs: Commit
    ) -> bool:
        """Join our branch with the first of its owner's commits that has all of it, where later ones conflict with it.
        Whether there is one."""
        if ref is None or ours is None or last is None or self._searched.get(repo.name) == (ours, theirs):
            return False
        self._searched[repo.name] = (ours, theirs)
        for commit in (await repo.vcs.first_parents(last.theirs, theirs, most=MOST_COMMITS))[:MOST_SQUASHES]:
            joined = await repo.vcs.keep_up(ours, commit)
            if joined.commit is not None and joined.tree == await repo.vcs.tree_of(commit):
                return await repo.vcs.move_ref(ref, joined.commit, ours)
        return False

    # --- looking

    async def _examine(self, repo: ManagedRepo, line: _Line, last: Validation | None) -> list[Finding]:
        """Every finding on the line. A command runs where something changed that calls for it, and no gate record of this
        exact tree has it; else what it said last still holds."""
        before = None if last is None else await self._joined_then(repo, last)
        changed = None if before is None else await repo.vcs.changed_paths(before, line.head)
        settled = _settled(_gates(repo), last)
        wanted = {
            gate.name
            for gate in repo.commands
            if changed is None or gate.name not in settled or gate.is_wanted(changed)
        }
        tree = await repo.vcs.tree_of(line.head)
        known: dict[str, list[Finding]] = {}
        if last is not None:
            idle = {gate.name for gate in repo.commands} - wanted
            known = {name: [one for one in last.findings if one.gate == name] for name in idle}
        for verdict in await self._parts.database.submit(lambda conn: verdicts.passing(conn, tree)):
            for name in wanted & set(verdict.gates) - known.keys():
                known[name] = [one for one in (*verdict.new, *verdict.debt) if one.gate == name]
        found = await self._parts.gatekeeper.inspect(
            repo,
            line.head,
            name=_worktree(line.head),
            commands=wanted - known.keys(),
            gates=[gate.name for gate in repo.gates],
        )
        return [*found, *(one for each in known.values() for one in each)]

    async def _joined_then(self, repo: ManagedRepo, last: Validation) -> Commit | None:
        """The line as it was validated last: its two sides, joined anew. None where they cannot be."""
        if last.ours is None or last.ours == last.theirs:
            return last.theirs
        merged = await repo.vcs.keep_up(last.ours, last.theirs)
        return merged.commit

    async def _again(self, repo: ManagedRepo, head: Commit, broken: Sequence[Finding]) -> tuple[Finding, ...]:
        """Those that a second look finds too."""
        search = _Search.of(broken)
        return search.among(await self._inspect(repo, head, search.gates))

    async def _inspect(self, repo: ManagedRepo, commit: Commit, gates: Collection[str]) -> list[Finding]:
        return await self._parts.gatekeeper.inspect(repo, commit, name=_worktree(commit), commands=gates, gates=gates)

    async def _has(self, repo: ManagedRepo, commit: Commit, search: _Search) -> bool:
        """At one look."""
        return bool(search.among(await self._inspect(repo, commit, search.gates)))

    async def _still_has(self, repo: ManagedRepo, commit: Commit, search: _Search) -> bool:
        """At two looks: a flake of a gate that is red elsewhere for good sends nobody the wrong way."""
        return await self._has(repo, commit, search) and await self._has(repo, commit, search)

    def _tell_flakes(self, repo: ManagedRepo, head: Commit, flakes: Sequence[Finding]) -> None:
        names = sorted({one.gate for one in flakes})
        said = "\n\n".join(f"{one.place}{one.message}" for one in flakes)
        self._parts.events.emit("gate.flaky", repo=repo.name, commit=head, gates=names, said=said)

    # --- finding out

    async def _take_back(self, repo: ManagedRepo, line: _Line, still: tuple[Finding, ...]) -> Undoing | None:
        """Revert what broke the line, if something of ours did, and it is certain. What came of it.

        Where no single landing explains all findings, each is looked into by itself: several may have broken several things.
        """
        refs = {f"refs/heads/{repo.terms.target}", *([line.ref] if line.ref else [])}  # a task may land there by itself
        suspects = await self._parts.database.submit(
            lambda conn: intents.landed_on(conn, repo.name, refs, most=MOST_SUSPECTS)
        )
        failed: Undoing | None = None
        for search in _searches(still):
            culprit = await self._bisect(repo, line.head, suspects, search)
            if culprit is None or not await self._is_certain(repo, line.head, culprit, search):
                continue
            undone = await self._undo(repo, culprit, search.findings)
            if undone.state not in FAILED:
                return undone
            failed = undone
            if search.findings == still:
                break
        return failed

    async def _undo(self, repo: ManagedRepo, culprit: Intent, found: tuple[Finding, ...]) -> Undoing:
        wish = Wish(
            run=culprit.run,
            task=culprit.task,
            repo=repo.name,
            commit=culprit.commit,
            target_ref=culprit.target_ref,
            delivery=culprit.delivery,
            who=GATES,
            why=evidence(found),
            findings=found,
            retry=True,
        )
        return await self._undoer.carry_out(repo, await self._undoer.want(wish))

    async def _bisect(
        self, repo: ManagedRepo, head: Commit, suspects: Sequence[Intent], search: _Search
    ) -> Intent | None:
        """The landing without which the findings are gone. Suspects are taken back one after the other, the newest first; by
        how many of them the line turns green is found in a few looks."""
        without = [head]
        taken: list[Intent] = []
        red, look_at = 0, FIRST_SUSPECTS
        for number, suspect in enumerate(suspects, start=1):
            merge = await repo.vcs.revert(suspect.commit, without[-1], "What if it had not landed?\n")
            if merge.commit is not None:
                without.append(merge.commit)
                taken.append(suspect)
            if len(taken) > red and (number >= look_at or number == len(suspects)):
                if not await self._still_has(repo, without[-1], search):
                    break
                red, look_at = len(taken), 2 * look_at
        else:
            return None

        async def is_green(count: int) -> bool:
            return not await self._still_has(repo, without[count], search)

        return taken[await boundary(red, len(taken), is_green) - 1]

    async def _is_certain(self, repo: ManagedRepo, head: Commit, culprit: Intent, search: _Search) -> bool:
        """Whether the line is red with it, and green without it alone, each time anew: a flake is not, and neither are two
        landings that break the same together."""
        alone = await repo.vcs.revert(culprit.commit, head, "What if it had not landed?\n")
        for _ in range(ROUNDS):
            if alone.commit is not None and await self._has(repo, alone.commit, search):
                return False
            if not await self._has(repo, head, search):
                return False
        return True

    async def _blame(
        self,
        repo: ManagedRepo,
        line: _Line,
        last: Validation | None,
        still: tuple[Finding, ...],
        undone: Undoing | None,
    ) -> Blame:
        """What is told: the landing that cannot be taken back by itself, the first commit of the owner's side that has the
        findings, or that no single change explains them."""
        if undone is not None:
            wish = undone.wish
            why = (
                f"{evidence(still)}; since {wish.run} landed {wish.task} as {wish.commit[:10]}, "
                f"which cannot be taken back by itself: {undone.said}"
            )
            return self._told(repo, Blame(commit=wish.commit, who="", why=why, findings=still))
        commit = None if last is None else await self._first_bad(repo, last.theirs, line.theirs, _Search.of(still))
        if commit is not None:
            author = await repo.vcs.author_of(commit)
            why = f"{evidence(still)}; since {commit[:10]} by {author.name} ({author.subject})"
            return self._told(repo, Blame(commit=commit, who=author.name, why=why, findings=still))
        why = f"{evidence(still)}; no single change that landed explains it"
        return self._told(repo, Blame(commit=None, who="", why=why, findings=still))

    def _told(self, repo: ManagedRepo, blame: Blame) -> Blame:
        self._parts.events.emit("head.broken", repo=repo.name, commit=blame.commit, who=blame.who, why=blame.why)
        return blame

    async def _first_bad(self, repo: ManagedRepo, since: Commit, until: Commit, search: _Search) -> Commit | None:
        """The first commit between that has the findings; None where until has them not, or since had them before."""
        chain = await repo.vcs.first_parents(since, until, most=MOST_COMMITS)
        if not chain or not await self._has(repo, until, search) or await self._has(repo, since, search):
            return None

        async def is_bad(count: int) -> bool:
            return await self._has(repo, chain[count - 1], search)

        return chain[await boundary(0, len(chain), is_bad) - 1]


def _searches(still: tuple[Finding, ...]) -> Iterator[_Search]:
    yield _Search.of(still)
    if len(still) > 1:
        yield from (_Search.of([one]) for one in still[:MOST_SEARCHES])


def _gates(repo: ManagedRepo) -> tuple[str, ...]:
    """The gates, each with what would make it another one."""
    return (*(gate.name for gate in repo.gates), *(f"{gate.name}\t{' '.join(gate.argv)}" for gate in repo.commands))


def _settled(gates: Sequence[str], last: Validation | None) -> frozenset[str]:
    """The names of those that looked last time just as they are now; the others see the line for the first time."""
    known = frozenset(last.gates if last else ())
    return frozenset(name.partition("\t")[0] for name in gates if name in known)


def _worktree(commit: Commit) -> str:
    return f"head-{commit[:12]}"


def _left(blame: Blame, found: Sequence[Finding]) -> Blame | None:
    """What of it is still there."""
    left = _Search.of(blame.findings).among(found)
    return replace(blame, findings=left) if left else None
