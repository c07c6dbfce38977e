"""A repository of words: each task writes its own word into a file of its own."""

from collections.abc import Mapping

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES
from watchbill.domain.ids import RepoName
from watchbill.providers.scripted import Say, Scene, finish, say, use

REPO = RepoName("repo")


def queue(*names: str, more: str = "") -> Mapping[str, str]:
    entries = "\n".join(f"- [ ] Write {name} [id:: {name}] [files:: words/{name}.txt]{more}" for name in names)
    return {**FILES, "words/seed.txt": "seed\n", "docs/AI_TASK_QUEUE.md": f"# Queue\n\n## PRIORITY 1\n\n{entries}\n"}


def writes(scene: Scene) -> Say:
    """The task's word; anew, once it was told that it was reverted, another one."""
    task = scene.purpose.task
    word = f"better{task}" if "reverted" in scene.brief else task
    step = steps(say("", use("write_file", path=f"words/{task}.txt", content=f"{word}\n")), finish("written"))(scene)
    assert isinstance(step, Say)
    return step
