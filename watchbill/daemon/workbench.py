"""The workbench: a run's hands. Carries out the model's tools on the run's worktree, one after another."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from watchbill.daemon import sandboxed
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import sound
from watchbill.domain.errors import ToolRefused
from watchbill.domain.findings import Finding, Severity, Verdict
from watchbill.domain.ports import Proc, ProcResult
from watchbill.domain.questions import Asked
from watchbill.domain.tools import ASK, FINISH, TOOL_BY_NAME
from watchbill.domain.transcript import ToolCall, ToolResult
from watchbill.workspace.files import Files

LISTED = 500  # lines that a listing or a search answers at the most
ANSWER_CHARS = 60_000  # what one tool answers at the most


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What the model said with finish()."""

    done: bool
    summary: str
    next_steps: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()  # titles
    decisions: tuple[str, ...] = ()


class Bench:
    """Implements the Workbench port over one worktree."""

    def __init__(
        self,
        *,
        files: Files,
        root: Path,
        verdict: Callable[[], Awaitable[Verdict]],
        survey: Callable[[], Awaitable[Sequence[Finding]]],
        proc: Proc,
        repo: ManagedRepo,
        widen: Callable[[str, str], Awaitable[tuple[str, Sequence[str]]]],
    ) -> None:
        self._files = files
        self.root = root
        self._verdict = verdict
        self._survey = survey
        self._proc = proc
        self._repo = repo
        self._widen = widen

    async def list_files(self, glob: str = "**") -> Sequence[str]:
        return await asyncio.to_thread(self._files.list, glob)

    async def read_file(self, path: str) -> str:
        return await asyncio.to_thread(self._files.read, path)

    async def search(self, pattern: str, glob: str = "**") -> Sequence[str]:
        return await asyncio.to_thread(self._files.search, pattern, glob)

    async def write_file(self, path: str, content: str) -> None:
        await asyncio.to_thread(self._files.write, path, content)

    async def edit_file(self, path: str, old_text: str, new_text: str) -> None:
        await asyncio.to_thread(self._files.edit, path, old_text, new_text)

    async def check(self) -> Sequence[Finding]:
        return await self._survey()

    async def claim(self, path: str, why: str) -> str:
        """Ask for one more file; what is granted may be written from now on."""
        answer, writable = await self._widen(path, why)
        self._files.allow(writable)
        return answer

    async def verdict(self) -> Verdict:
        """What the gates would say if the work were finished now."""
        return await self._verdict()

    async def run_command(self, argv: Sequence[str], timeout: timedelta) -> ProcResult:
        return await sandboxed.run(self._proc, self._repo, argv, worktree=self.root, timeout=timeout)


async def carry_out(call: ToolCall, bench: Bench) -> ToolResult:
    """Run one tool call; what it may not have or got wrong is a refusal that the model reads, never a fault of ours."""
    try:
        _check_args(call)
        content = await _TOOLS[call.name](bench, call.args)
    except ToolRefused as refusal:
        return ToolResult(id=call.id, name=call.name, content=str(refusal), refused=True)
    return ToolResult(id=call.id, name=call.name, content=_clip(sound.text(content)))


def spoken(call: ToolCall) -> Asked | Finished | ToolResult | None:
    """What the model says to us with this call; the refusal that it reads when that says nothing; None for a bench's tool."""
    read = _SPOKEN.get(call.name)
    if read is None:
        return None
    try:
        _check_args(call)
        return read(call.args)
    except ToolRefused as refusal:
        return ToolResult(id=call.id, name=call.name, content=str(refusal), refused=True)


def _finished(args: Mapping[str, Any]) -> Finished:
    steps = tuple(str(step) for step in args.get("next_steps") or ())
    undone = tuple(str(title).strip() for title in args.get("undone") or ())
    decisions = tuple(str(one) for one in args.get("decisions") or ())
    return Finished(done=args["done"], summary=args["summary"], next_steps=steps, decisions=decisions, undone=undone)


def _asked(args: Mapping[str, Any]) -> Asked:
    if not args["title"].strip():
        raise ToolRefused("ask: the title says nothing; write the question in one line")
    options = tuple(str(option) for option in args["options"])
    return Asked(title=args["title"], issue=args["issue"], options=options, recommendation=args["recommendation"])


_SPOKEN: Mapping[str, Callable[[Mapping[str, Any]], Asked | Finished]] = {ASK: _asked, FINISH: _finished}


def show_findings(findings: Sequence[Finding]) -> str:
    """Findings as the model reads them, one a line."""
    if not findings:
        return "All checks pass."
    return "\n".join(f"{f.place}{f.message} [{f.gate}/{f.rule}, {f.severity}]" for f in findings)


_JSON_TYPES: Mapping[str, type | tuple[type, ...]] = {"string": str, "boolean": bool, "array": (list, tuple)}


def _check_args(call: ToolCall) -> None:
    spec = TOOL_BY_NAME.get(call.name)
    if spec is None:
        raise ToolRefused(f"there is no tool {call.name!r}; there are {', '.join(TOOL_BY_NAME)}")
    properties = spec.schema["properties"]
    missing = [name for name in spec.schema["required"] if name not in call.args]
    unknown = [name for name in call.args if name not in properties]
    if missing or unknown:
        raise ToolRefused(f"{call.name} takes {json.dumps(properties)}; missing: {missing}, unknown: {unknown}")
    for name, value in call.args.items():
        wanted = properties[name]["type"]
        if not isinstance(value, _JSON_TYPES[wanted]):
            raise ToolRefused(f"{call.name}: {name} must be a {wanted}, not {type(value).__name__}")


async def _list_files(bench: Bench, args: Mapping[str, Any]) -> str:
    return _lines(await bench.list_files(args.get("glob", "**")))


async def _read_file(bench: Bench, args: Mapping[str, Any]) -> str:
    return await bench.read_file(args["path"])


async def _search(bench: Bench, args: Mapping[str, Any]) -> str:
    return _lines(await bench.search(args["pattern"], args.get("glob", "**")))


async def _write_file(bench: Bench, args: Mapping[str, Any]) -> str:
    await bench.write_file(args["path"], args["content"])
    return f"wrote {args['path']}"


async def _edit_file(bench: Bench, args: Mapping[str, Any]) -> str:
    await bench.edit_file(args["path"], args["old_text"], args["new_text"])
    return f"edited {args['path']}"


async def _claim(bench: Bench, args: Mapping[str, Any]) -> str:
    return await bench.claim(args["path"], args["why"])


async def _check(bench: Bench, _args: Mapping[str, Any]) -> str:
    verdict = await bench.verdict()
    return show_findings([finding for finding in verdict.new if finding.severity is Severity.ERROR])


_TOOLS: Mapping[str, Callable[[Bench, Mapping[str, Any]], Awaitable[str]]] = {
    "list_files": _list_files,
    "read_file": _read_file,
    "search": _search,
    "write_file": _write_file,
    "edit_file": _edit_file,
    "claim": _claim,
    "check": _check,
}


def _lines(lines: Sequence[str]) -> str:
    shown = list(lines[:LISTED])
    more = len(lines) - len(shown)
    return "\n".join([*shown, *([f"… and {more} more: narrow it down"] if more else [])]) or "nothing"


def _clip(content: str) -> str:
    if len(content) <= ANSWER_CHARS:
        return content
    return f"{content[:ANSWER_CHARS]}\n… cut: {len(content) - ANSWER_CHARS} characters more"
