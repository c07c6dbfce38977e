"""Going live: the checklist before the watch is left alone. Each point checks itself, and says what closes it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from watchbill.config.keys import KeyMissing
from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit
from watchbill.operator import client
from watchbill.operator.doctor.findings import Found, fail, ok, warn
from watchbill.operator.doctor.patient import Patient
from watchbill.operator.doors import Client
from watchbill.workspace import merging
from watchbill.workspace.gitcmd import Git

_BASE = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
_ENDED_WELL = ("landed", "verified", "review")


async def keys(patient: Patient) -> Iterator[Found]:
    return _keys(patient)


def _keys(patient: Patient) -> Iterator[Found]:
    """Every provider that is switched on has its key."""
    settings = patient.loaded.settings.provider
    named = {name: each.api_key for name, each in settings.items() if each.enabled and each.api_key is not None}
    missing = {
        name: read.why for name, key in named.items() if isinstance(read := key.read(patient.environ), KeyMissing)
    }
    for name, why in missing.items():
        yield fail(why, "Put the key there, or set enabled = false", subject=name)
    if not missing:
        yield ok(f"{len(named)} of {len(named)} are there" if named else "no key is needed")


async def first_run(patient: Patient) -> Iterator[Found]:
    """Something was done from end to end."""
    return await asyncio.to_thread(lambda: iter([_first_run(_client(patient))]))


def _first_run(asked: Client) -> Found:
    well = sum(len(asked.get("/runs", state=state, limit=1)["runs"]) for state in _ENDED_WELL)
    if well:
        return ok("a task was done from end to end")
    return fail("no task was done yet", "watchbill once --task ID, and look at it: watchbill run show ID --diff")


async def cost_tracking(patient: Patient) -> Iterator[Found]:
    """What is billed has a price, and a call of it was booked at what it cost."""
    return await asyncio.to_thread(lambda: iter(list(_costs(_client(patient)))))


def _costs(asked: Client) -> Iterator[Found]:
    rows = asked.get("/prices")["rows"]
    unpriced = [row for row in rows if not row["priced"]]
    for row in unpriced:
        subject = f"{row['provider']} {row['model']}"
        yield fail(f"has no price: {row['why']}", "Add price = { input = …, output = … } to the model", subject=subject)
    if not rows:
        yield ok("nobody is billed by the call")
        return
    total = asked.get("/costs")["total"]
    if not total["cost_micro_usd"]:
        yield fail("no call was booked yet", "Let one billed task run: watchbill once --task ID --provider NAME")
    elif total["unknown_micro_usd"]:
        yield warn(
            f"${total['unknown_usd']:.4f} of ${total['cost_usd']:.4f} is charged at its bound, for nobody knows what it cost",
            "watchbill cost reconcile EXPORT",
        )
    elif not unpriced:
        yield ok(f"{total['calls']} calls are booked at ${total['cost_usd']:.4f}; watchbill cost reconcile compares it")


async def conflicts(patient: Patient) -> Iterator[Found]:
    """Two changes that fit are merged and two that do not are seen, tried in a repository that is thrown away."""
    try:
        with TemporaryDirectory(prefix="watchbill-") as nowhere:
            fits, collides = await _tried(patient, Path(nowhere))
    except (GitError, OSError) as error:
        return iter([fail(f"could not be tried: {error}", "watchbill doctor says what is wrong with git")])
    if fits and collides:
        return iter([ok("two changes that fit were merged, and two that do not were seen as a conflict")])
    return iter([fail("git does not merge as it should", "Install git 2.38 or later")])


async def _tried(patient: Patient, folder: Path) -> tuple[bool, bool]:
    git = Git(patient.proc, folder, patient.clock)
    await git.run("init", "--bare", "--quiet")
    base = await _commit(git, _BASE)
    mine = await _commit(git, _BASE.replace(b"one", b"ONE"), base)
    fitting = await _commit(git, _BASE.replace(b"seven", b"SEVEN"), base)
    colliding = await _commit(git, _BASE.replace(b"one", b"1"), base)
    merged = await merging.merge_onto(git, mine, fitting, base, "fits")
    collided = await merging.merge_onto(git, mine, colliding, base, "collides")
    return merged.commit is not None, collided.conflicts == ("file",)


async def _commit(git: Git, content: bytes, *parents: Commit) -> Commit:
    blob = await git.text("hash-object", "-w", "--stdin", stdin=content)
    tree = await git.text("mktree", stdin=f"100644 blob {blob}\tfile\n".encode())
    return await merging.commit_tree(git, tree, parents, "tried")


def _client(patient: Patient) -> Client:
    return client.connect(patient.loaded, patient.environ)
