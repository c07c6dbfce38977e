"""Tidying our clone: refs of work that is over are dropped, and what lies about as single files is put into packs.

No object is ever deleted. The store names commits that no ref holds any more, and asks for them as long as it lives.
"""

import asyncio
from collections.abc import Collection

from watchbill.domain.ids import TaskId
from watchbill.workspace import refs
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import TRANSFER

_OF_TASKS = ("refs/watchbill/checkpoints/", "refs/watchbill/conflicts/")


async def kept(git: Git) -> frozenset[TaskId]:
    """The tasks of which refs are kept beside the branches: checkpoints, and both sides of a conflict."""
    return frozenset((await _task_by_ref(git)).values())


async def forget(git: Git, tasks: Collection[TaskId]) -> int:
    """Drop those of these tasks, which are over; how many refs that were. Raises GitError."""
    gone = [ref for ref, task in (await _task_by_ref(git)).items() if task in tasks]
    if gone:
        await git.run("update-ref", "-z", "--stdin", stdin="".join(f"delete {ref}\0\0" for ref in gone).encode())
    return len(gone)


async def pack(git: Git) -> None:
    """Put loose objects, whoever still holds them, into a pack, and small packs into larger ones. Raises GitError."""
    await git.run("repack", "-d", "--geometric=2", "--no-write-bitmap-index", "--quiet", patience=TRANSFER)


async def _task_by_ref(git: Git) -> dict[str, TaskId]:
    found = await asyncio.to_thread(lambda: [ref for of in _OF_TASKS for ref in refs.read_all(git.folder, of)])
    return {ref: TaskId(ref.split("/")[3]) for ref in found}
