from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.meters import MemoryMeter, StillClock, purpose
from watchbill.domain.errors import ToolRefused, Unsafe
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.outcomes import Setback, SetbackKind, StintDone
from watchbill.domain.ports import AgentProvider, ProcResult, StintRequest
from watchbill.domain.tasks import Task
from watchbill.providers.local import OUTPUT_CHARS
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup

pytestmark = pytest.mark.anyio

OK = ProcResult(code=0, stdout="fine", stderr="")


class Bench:
    """A workbench over a dictionary."""

    def __init__(
        self,
        files: Mapping[str, str],
        findings: Sequence[Finding] = (),
        result: ProcResult | None = OK,
    ) -> None:
        self.files = dict(files)
        self.findings = findings
        self.result = result
        self.ran: list[tuple[str, ...]] = []

    async def list_files(self, glob: str = "**") -> Sequence[str]:
        assert glob == "**"
        return sorted(self.files)

    async def read_file(self, path: str) -> str:
        if path.endswith(".png"):
            raise ToolRefused(f"{path} is not text")
        return self.files[path]

    async def search(self, pattern: str, glob: str = "**") -> Sequence[str]:
        raise AssertionError(pattern, glob)

    async def write_file(self, path: str, content: str) -> None:
        self.files[path] = content

    async def edit_file(self, path: str, old_text: str, new_text: str) -> None:
        raise AssertionError(path, old_text, new_text)

    async def check(self) -> Sequence[Finding]:
        return self.findings

    async def run_command(self, argv: Sequence[str], timeout: timedelta) -> ProcResult:
        assert timeout == timedelta(minutes=5)
        self.ran.append(tuple(argv))
        if self.result is None:
            raise Unsafe('no sandbox here; set sandbox = "none"')
        return self.result


def asked(type_: str, *claims: str) -> StintRequest:
    """It asks nothing but the task."""

    def never(*_: object) -> Any:
        raise AssertionError("local automation needs neither a program nor a brief")

    wanted = task(type_, *claims)
    return StintRequest(
        task=wanted, purpose=purpose(), worktree=Path("nowhere"), confine=never, brief=never, tree=never
    )


def local(**commands: Sequence[Sequence[str]]) -> AgentProvider:
    setup = ProviderSetup(
        name=ProviderName("local"),
        kind="local",
        clock=StillClock(),
        meter=MemoryMeter(),
        formatters={"*.json": lambda path, text: text.strip() + "\n", "**": lambda path, text: text.rstrip() + "\n"},
        commands={TaskType(name): tuple(argv) for name, argv in commands.items()},
    )
    provider = load_factory("local")(setup)
    assert isinstance(provider, AgentProvider)
    return provider


def task(type_: str, *claims: str) -> Task:
    return Task(id=TaskId("t"), repo=RepoName("novel"), title="T", type=TaskType(type_), claims=claims or ("**",))


def finding(path: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(gate="json", rule="syntax", path=path, line=3, message="a comma is missing", severity=severity)


@pytest.mark.parametrize("type_", ["validate", "lint"])
async def test_a_check_that_finds_nothing_is_verified(type_: str) -> None:
    bench = Bench({"a.json": "{}", "b.md": ""}, [finding("a.json", Severity.WARNING)])

    end = await local().stint(asked(type_), bench)

    assert end == StintDone(summary="checked 2 files: nothing to mend", verified=True)


async def test_what_a_check_finds_becomes_next_steps() -> None:
    end = await local().stint(asked("validate"), Bench({"a.json": "{"}, [finding("a.json")]))

    assert end == StintDone(
        summary="checked 1 file: 1 finding", next_steps=("a.json:3: a comma is missing [json/syntax]",)
    )


async def test_a_check_looks_at_its_claims_only() -> None:
    bench = Bench({"a.json": "{", "docs/b.json": "{}"}, [finding("a.json")])

    end = await local().stint(asked("validate", "docs"), bench)

    assert isinstance(end, StintDone)
    assert end.verified


async def test_formatting_writes_what_changes_and_nothing_else() -> None:
    bench = Bench({"a.json": "  {} ", "b.txt": " b ", "c.txt": "c\n", "d.png": "binary"})

    end = await local().stint(asked("format", "a.json", "b.txt", "c.txt", "d.png"), bench)

    assert bench.files == {"a.json": "{}\n", "b.txt": " b\n", "c.txt": "c\n", "d.png": "binary"}
    assert end == StintDone(summary="formatted 2 of 4 files", verified=True)


async def test_formatting_stays_inside_its_claims() -> None:
    bench = Bench({"a.txt": "a  ", "docs/b.txt": "b  "})

    await local().stint(asked("format", "docs"), bench)

    assert bench.files == {"a.txt": "a  ", "docs/b.txt": "b\n"}


async def test_a_types_commands_are_run_in_their_order() -> None:
    bench = Bench({})

    end = await local(test=[["make", "deps"], ["pytest", "-q"]]).stint(asked("test"), bench)

    assert bench.ran == [("make", "deps"), ("pytest", "-q")]
    assert end == StintDone(summary="ran make deps; ran pytest -q", verified=True)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (ProcResult(code=1, stdout="x" * 9_000 + "E1", stderr="bad"), "pytest ended with 1:\n"),
        (ProcResult(code=124, stdout="", stderr="", timed_out=True), "pytest ran into its time-out:\n"),
        (None, "pytest was not run: no sandbox here"),
    ],
)
async def test_a_command_that_fails_says_how(result: ProcResult | None, words: str) -> None:
    end = await local(test=[["pytest"]]).stint(asked("test"), Bench({}, result=result))

    assert isinstance(end, StintDone)
    assert (end.verified, end.summary) == (False, "ran pytest, which failed")
    (step,) = end.next_steps
    assert step.startswith(words)
    assert len(step) <= len(words) + OUTPUT_CHARS + 40


async def test_a_type_that_it_cannot_do_is_a_wrong_request() -> None:
    end = await local().stint(asked("write"), Bench({}))

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.BAD_REQUEST


async def test_a_recipe_is_given_the_texts_and_what_it_finds_becomes_next_steps() -> None:
    given: list[object] = []

    def recipe(files: object, paths: object) -> tuple[str, list[str]]:
        given.append((files, paths))
        return "played", ["a.txt:1: a dead end"]

    setup = ProviderSetup(
        name=ProviderName("local"),
        kind="local",
        clock=StillClock(),
        meter=MemoryMeter(),
        recipes={TaskType("qa"): recipe},
    )
    provider = load_factory("local")(setup)
    assert isinstance(provider, AgentProvider)
    end = await provider.stint(asked("qa", "a.txt"), Bench({"a.txt": "x", "b.txt": "y", "c.png": ""}))

    assert given == [({"a.txt": "x", "b.txt": "y"}, ["a.txt"])]
    assert end == StintDone(summary="played", verified=False, next_steps=("a.txt:1: a dead end",))


async def test_it_is_always_well() -> None:
    provider = local()

    assert (await provider.probe()).well
    await provider.aclose()
