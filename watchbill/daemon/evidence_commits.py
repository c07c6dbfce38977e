"""Evidence from git: what stands on our branches, what was intended, and whether accepted edits are in it."""

from collections.abc import Mapping, Sequence

from watchbill.domain.ids import Commit, RepoName, RunId, TaskId, Token
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Delivery
from watchbill.domain.transcript import ToolCall, ToolResult, Transcript
from watchbill.state import conflicts, runs, sessions, tasks
from watchbill.state.engine import Connection
from watchbill.workspace import merging, names
from watchbill.workspace.gitcmd import EMAIL, Git

_OURS = "refs/heads/"  # in our clone; the owner's branches are elsewhere
_FIELD, _RECORD = "\x01", "\x02"  # of git's listing; no message of ours holds them
_BOM = "\ufeff"

_INTENTS = "SELECT * FROM intents WHERE repo = :repo ORDER BY number"


async def intents(conn: Connection, name: RepoName, git: Git) -> list[facts.Intent]:
    return [
        facts.Intent(
            run=RunId(row["run"]),
            task=TaskId(row["task"]),
            commit=Commit(row["commit_id"]),
            tree=row["tree"],
            target_ref=row["target_ref"],
            delivery=Delivery(row["delivery"]),
            finished=row["state"] != "pending",
            landed=row["state"] == "landed",
            on_target=await _is_on(git, Commit(row["commit_id"]), row["target_ref"]),
        )
        for row in conn.execute(_INTENTS, {"repo": name}).fetchall()
    ]


_TAKEN_BACK = "SELECT * FROM undoings WHERE repo = :repo ORDER BY number"


async def taken_back(conn: Connection, name: RepoName, git: Git) -> list[facts.TakenBack]:
    return [
        facts.TakenBack(
            run=RunId(row["run"]),
            task=TaskId(row["task"]),
            revert=Commit(row["revert_id"]) if row["revert_id"] else None,
            finished=row["ended_ms"] is not None,
            done=row["state"] == "done",
            on_target=row["revert_id"] is None or await _is_on(git, Commit(row["revert_id"]), row["target_ref"]),
        )
        for row in conn.execute(_TAKEN_BACK, {"repo": name}).fetchall()
    ]


async def _is_on(git: Git, commit: Commit, ref: str) -> bool:
    tip = await git.run("rev-parse", "--verify", "--quiet", ref, allowed=(0, 1))
    return tip.code == 0 and await merging.is_ancestor(git, commit, Commit(tip.stdout.decode().strip()))


async def delivered(git: Git) -> list[facts.Delivered]:
    """Every commit of ours on a branch of ours. A merge that only takes in the owner's news delivers nothing."""
    refs = (await git.text("for-each-ref", "--format=%(refname)", _OURS)).splitlines()
    return [commit for ref in refs for commit in await _on_ref(git, ref)]


async def _on_ref(git: Git, ref: str) -> list[facts.Delivered]:
    shape = _FIELD.join(
        ("%H", "%T", "%P", "%ce", "%(trailers:key=Run-Id,valueonly)", "%(trailers:key=Token,valueonly)")
    )
    # what cannot be read is fsck's to say
    listing = await git.run("log", f"--format={shape}{_RECORD}", ref, allowed=(0, 128))
    records = listing.stdout.decode(errors="replace").split(_RECORD)
    found = [record.strip().split(_FIELD) for record in records if record.strip()]
    ours = [(record, record[2].split()) for record in found if record[3] == EMAIL]
    return [
        facts.Delivered(
            commit=Commit(commit),
            tree=tree,
            base_tree=await merging.tree_of(git, parents[0]),
            target_ref=ref,
            run=RunId(run.strip()) if run.strip() else None,
            token=Token(int(token)) if token.strip() else None,
        )
        for (commit, tree, _, _, run, token), parents in ours
        if len(parents) == 1
    ]


async def edits(conn: Connection, name: RepoName, git: Git, intended: Sequence[facts.Intent]) -> list[facts.Edit]:
    """The files of every session that was worked on, against its landed commit, or its checkpoint while it is open."""
    landed = {intent.run: intent.commit for intent in intended if intent.landed}
    found: list[facts.Edit] = []
    for task in tasks.all_tasks(conn, name):
        session, past = sessions.get(conn, task.id), runs.of_task(conn, task.id)
        base = next((run.base for run in reversed(past) if run.base is not None), None)
        if session is None or base is None:
            continue
        if conflicts.handed(conn, task.id):
            continue  # it was put anew onto what landed, and began there with both sides
        last = past[-1]
        commit = landed.get(last.id) or session.checkpoint or base
        if last.state is RunState.LANDED and await _parent(git, commit) != base:
            continue  # it was merged with what landed meanwhile: the gates judged the merge
        found += [
            facts.Edit(
                run=last.id,
                path=path,
                accepted=_replayed(await _content(git, base, path), steps),
                found=await _content(git, commit, path),
            )
            for path, steps in _accepted(session.transcript).items()
        ]
    return found


async def _parent(git: Git, commit: Commit) -> str:
    return await git.text("rev-parse", f"{commit}^1")


async def _content(git: Git, commit: Commit, path: str) -> bytes | None:
    """A file's text without what a write may keep of its own accord: byte order mark and carriage returns."""
    shown = await git.run("cat-file", "blob", f"{commit}:{path}", allowed=(0, 128))
    if shown.code != 0:
        return None
    return shown.stdout.removeprefix(_BOM.encode()).replace(b"\r\n", b"\n")


def _accepted(transcript: Transcript) -> Mapping[str, Sequence[ToolCall]]:
    """The writing calls that were carried out, by path, in their order."""
    call_by_id: dict[str, ToolCall] = {}
    found: dict[str, list[ToolCall]] = {}
    for entry in transcript.entries:
        if isinstance(entry, ToolResult):
            call = call_by_id.get(entry.id)
            if call is not None and call.name in ("write_file", "edit_file") and not entry.refused:
                found.setdefault("/".join(names.parts_of(call.args["path"])), []).append(call)
        else:
            call_by_id.update({call.id: call for call in getattr(entry, "tool_calls", ())})
    return found


def _replayed(before: bytes | None, steps: Sequence[ToolCall]) -> bytes | None:
    content = before
    for step in steps:
        if step.name == "write_file":
            content = _plain(step.args["content"])
        elif content is not None:
            content = content.replace(_plain(step.args["old_text"]), _plain(step.args["new_text"]))
    return content


def _plain(text: str) -> bytes:
    return text.removeprefix(_BOM).replace("\r\n", "\n").encode()
