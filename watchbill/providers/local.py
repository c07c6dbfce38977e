"""Local automation: checks, formatters and the owner's commands, given whole stints; it asks no model and costs nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from watchbill.domain import claims
from watchbill.domain.counted import counted
from watchbill.domain.errors import ToolRefused, Unsafe
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.outcomes import Scope, Setback, SetbackKind, StintDone, StintEnd
from watchbill.domain.ports import AgentProvider, ProbeResult, ProcResult, StintRequest, Workbench
from watchbill.domain.tasks import Task
from watchbill.providers.setup import Command, Formatter, ProviderSetup, Recipe

CHECKED = frozenset({TaskType("validate"), TaskType("lint")})
FORMATTED = TaskType("format")
OUTPUT_CHARS = 2_000  # of a failed command, its end: that is where the errors stand


def build(setup: ProviderSetup) -> AgentProvider:
    return LocalProvider(
        name=setup.name,
        formatters=setup.formatters,
        commands=setup.commands,
        command_timeout=setup.command_timeout,
        recipes=setup.recipes,
    )


class LocalProvider:
    """Implements AgentProvider. Nothing to change and nothing wrong is `verified`; what is wrong becomes next steps."""

    def __init__(
        self,
        *,
        name: ProviderName,
        formatters: Mapping[str, Formatter],
        commands: Mapping[TaskType, Sequence[Command]],
        command_timeout: timedelta,
        recipes: Mapping[TaskType, Recipe],
    ) -> None:
        self.name = name
        self._formatters = formatters
        self._commands = commands
        self._command_timeout = command_timeout
        self._recipes = recipes

    async def stint(self, request: StintRequest, bench: Workbench) -> StintEnd:
        task = request.task
        commands = self._commands.get(task.type, ())
        recipe = self._recipes.get(task.type)
        if task.type not in CHECKED | {FORMATTED} and not commands and recipe is None:
            return Setback(
                kind=SetbackKind.BAD_REQUEST,
                message=f"local automation has neither a check nor a command for tasks of type {task.type}",
                scope=Scope.REQUEST,
            )
        done: list[str] = []
        wrong: list[str] = []
        if task.type == FORMATTED:
            done.append(await self._format(task, bench))
        for argv in commands:
            failed = await self._command(argv, bench)
            wrong += failed
            done.append(f"ran {' '.join(argv)}{', which failed' if failed else ''}")
        if recipe is not None:
            told, found = await asyncio.to_thread(recipe, await _texts(bench), await _claimed(task, bench))
            done.append(told)
            wrong += found
        if task.type in CHECKED:
            findings = _blocking(await bench.check(), task.reach)
            done.append(await _checked(findings, task, bench))
            wrong += [_shown(finding) for finding in findings]
        return StintDone(summary="; ".join(done), verified=not wrong, next_steps=tuple(wrong))

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="it needs nobody")

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _format(self, task: Task, bench: Workbench) -> str:
        """Write every claimed file as its formatter says; what cannot be read as text has no format."""
        paths = await _claimed(task, bench)
        changed = 0
        for path in paths:
            try:
                text = await bench.read_file(path)
            except ToolRefused:
                continue
            formatted = self._formatted(path, text)
            if formatted != text:
                await bench.write_file(path, formatted)
                changed += 1
        return f"formatted {changed} of {counted(len(paths), 'file')}"

    def _formatted(self, path: str, text: str) -> str:
        for glob, formatter in self._formatters.items():
            if claims.covers((glob,), path):
                text = formatter(path, text)
        return text

    async def _command(self, argv: Command, bench: Workbench) -> list[str]:
        """What a command found wrong."""
        try:
            result = await bench.run_command(argv, self._command_timeout)
        except Unsafe as error:
            return [f"{' '.join(argv)} was not run: {error}"]
        return [] if result.code == 0 else [_failure(argv, result)]


async def _texts(bench: Workbench) -> Mapping[str, str]:
    """Every file that can be read as text."""
    texts = {}
    for path in await bench.list_files():
        with suppress(ToolRefused):
            texts[path] = await bench.read_file(path)
    return texts


async def _claimed(task: Task, bench: Workbench) -> list[str]:
    return [path for path in await bench.list_files() if claims.covers(task.reach, path)]


def _blocking(findings: Sequence[Finding], claimed: Sequence[str]) -> list[Finding]:
    errors = (finding for finding in findings if finding.severity is Severity.ERROR)
    return [finding for finding in errors if claims.covers(claimed, finding.path)]


async def _checked(findings: Sequence[Finding], task: Task, bench: Workbench) -> str:
    files = counted(len(await _claimed(task, bench)), "file")
    return f"checked {files}: {counted(len(findings), 'finding') if findings else 'nothing to mend'}"


def _shown(finding: Finding) -> str:
    return f"{finding.place}{finding.message} [{finding.gate}/{finding.rule}]"


def _failure(argv: Command, result: ProcResult) -> str:
    how = "ran into its time-out" if result.timed_out else f"ended with {result.code}"
    output = "\n".join(part.strip() for part in (result.stdout, result.stderr) if part.strip())
    return f"{' '.join(argv)} {how}:\n{output[-OUTPUT_CHARS:]}"
