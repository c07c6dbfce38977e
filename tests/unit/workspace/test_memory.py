"""Memory: what was answered is not asked again, as long as it is among the newest."""

import pytest

from watchbill.workspace.memory import BlobMemory, Memory

pytestmark = pytest.mark.anyio


class Asked:
    def __init__(self) -> None:
        self.about: list[str] = []

    async def __call__(self, memory: Memory[bool], about: str, *, answer: bool = True) -> bool:
        async def question() -> bool:
            self.about.append(about)
            return answer

        return await memory.ask(about, question, keep=bool)


async def test_an_answer_is_asked_for_once() -> None:
    memory, asked = Memory[bool](2), Asked()

    assert [await asked(memory, "a"), await asked(memory, "a")] == [True, True]
    assert asked.about == ["a"]


async def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    memory, asked = Memory[bool](2), Asked()

    for about in ("a", "b", "a", "c", "a", "b"):
        await asked(memory, about)

    assert asked.about == ["a", "b", "c", "b"]


async def test_what_is_not_to_be_kept_is_asked_again() -> None:
    memory, asked = Memory[bool](2), Asked()

    assert [await asked(memory, "a", answer=False), await asked(memory, "a")] == [False, True]
    assert asked.about == ["a", "a"]


def test_blobs_are_kept_as_far_as_there_is_room_the_oldest_go_first() -> None:
    memory = BlobMemory(10, each=6)

    for name, content in (("a", b"aaaa"), ("b", b"bbbb"), ("a", b"aaaa"), ("large", b"ccccccc"), ("c", b"cccc")):
        memory.put(name, content)

    assert memory.known(["a", "b", "c", "large"]) == {"b": b"bbbb", "c": b"cccc"}
