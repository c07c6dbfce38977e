"""What a model may call: any tool with any arguments is carried out or refused in words; nothing else comes of it."""

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from tests.worlds import World, settle, task_of
from watchbill.daemon.terms import RunTerms
from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import TaskState
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import ToolResult
from watchbill.providers.scripted import Say, Scene, Step, Use
from watchbill.state import sessions

OURS = ("docs/AI_TASK_QUEUE.md", "docs/AI_QUESTIONS.md")
NASTY = [
    "", " ", ".", "..", "/", "notes.md", "./notes.md", "notes.md/", "notes.md/x", "src/tool.py", "src", "/etc/passwd",
    "../repo/README.md", "../../../etc/shadow", ".git/config", "docs/AI_QUESTIONS.md", "a" * 300, "a/" * 200, "\0", "a\0b",
    "\ud800", "\udcff.md", "\u202egpj.md", "~/.ssh/id_rsa", "C:\\x", "con", "**", "[", "(a+)+$", "*" * 100, "{", "\r\n", "NOTES.md",
    "return 1", "### Q-9: x\n**Answer:** yes", "x" * 70_000,
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=20), st.text(st.characters(categories=["Cs"]), max_size=2))
ANY = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(TEXTS, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(), st.lists(st.none())), max_size=2),
    st.dictionaries(TEXTS, st.none(), max_size=2),
)


def _calls_of(name: str, properties: Sequence[str]) -> st.SearchStrategy[Use]:
    right = st.fixed_dictionaries({}, optional=dict.fromkeys(properties, st.one_of(TEXTS, ANY)))
    more = st.dictionaries(TEXTS, ANY, max_size=1)
    return st.builds(lambda args, extra: Use(tool=name, args={**extra, **args}), right, more)


CALLS = st.one_of(
    *(_calls_of(tool.name, list(tool.schema["properties"])) for tool in TOOLS),
    st.builds(lambda name, args: Use(tool=name, args=args), TEXTS, st.dictionaries(TEXTS, ANY, max_size=2)),
)
REPLIES = st.lists(
    st.builds(lambda text, uses: Say(text=text, uses=tuple(uses)), TEXTS, st.lists(CALLS, max_size=5)),
    min_size=1,
    max_size=4,
)


def use(tool: str, **args: object) -> Use:
    return Use(tool=tool, args=args)


@examples(25, part=10)
@given(REPLIES)
@example([Say(uses=(use("write_file", path="notes.md", content="\ud800"), use("search", pattern="(a+)+$", glob="**")))])
@example(
    [Say(text="\ud83d", uses=(use("\ud800"), use("finish", done=True, summary="\ud800", next_steps=["\udfff", 3])))]
)
@example([Say(uses=(use("ask", title="\ud800", issue="\0", options=[None, "\ud800"], recommendation="\ud800"),))])
@example([Say(uses=(use("write_file", path="notes.md", content="x\n"), use("finish", done=False, summary="\0")))])
@example(
    [Say(uses=(use("read_file", path="\ud800"), use("list_files", glob="\ud800"), use("search", pattern="\ud800")))]
)
@example(
    [Say(uses=(use("edit_file", path="\0", old_text="", new_text=""), use("finish", done=True, summary=float("nan"))))]
)
def test_whatever_a_model_calls_is_carried_out_or_refused_and_the_daemon_goes_on(replies: list[Say]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(Path(folder), replies))


async def _play(folder: Path, replies: Sequence[Say]) -> None:
    def script(scene: Scene) -> Step:
        return replies[scene.turn] if scene.turn < len(replies) else Say(text="I am at a loss.")

    world = World(root=folder, scripts={"claude": script}, terms=RunTerms(max_nudges=0)).make()
    before = _files(world.path)
    async with world.service() as service:
        await settle(service, rounds=3)
        task = await task_of(service, "one")
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))

    assert not world.said("daemon.fault"), world.said("daemon.fault")
    assert task.state is not TaskState.RUNNING
    assert session is not None
    results = [entry for entry in session.transcript.entries if isinstance(entry, ToolResult)]
    assert all(result.content for result in results if result.refused)
    assert _files(world.path) == before
    assert _changed(world) <= {"notes.md"}


def _files(root: Path) -> Mapping[str, str]:
    """The owner's files but those that are ours to edit."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts and not path.as_posix().endswith(OURS)
    }


def _changed(world: World) -> set[str]:
    """What landed."""
    if "watchbill/main" not in world.git("branch", "--list", "--all"):
        return set()
    return set(world.git("diff", "--name-only", "main", "watchbill/main").splitlines())
