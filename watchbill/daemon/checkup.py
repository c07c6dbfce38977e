"""The check-up: watchbill doctor, with the providers that only bootstrap can build."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from watchbill.config.load import Loaded, load
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.hiring import providers_for_probes
from watchbill.daemon.probing import probe_all
from watchbill.domain.errors import ConfigError, StateError
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import ProbeResult
from watchbill.operator.cli import doctor as words
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options
from watchbill.operator.doctor import bundle, checks, mending
from watchbill.operator.doctor.patient import Machine, Patient
from watchbill.workspace.proc import OsProc


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asks of the doctor."""

    fix: bool = False
    online: bool = False
    repos: bool = False  # try the rights
    go_live: bool = False  # the checklist, and nothing else
    bundle: Path | None = None
    as_json: bool = False


async def doctor(options: Options, wanted: Wanted) -> int:
    """Look at everything, mend what is safe where that was asked for, and look again."""
    as_json = wanted.as_json
    machine = Machine(clock=SystemClock(), proc=OsProc(), suspended=_suspended())
    try:
        loaded = load(options.config, os.environ, cwd=Path.cwd())
    except ConfigError as error:
        entries = await checks.examine_without(machine, error)
        if wanted.bundle is not None:
            made = bundle.members_without(os.environ, words.plain(entries, []))
            _pack(made, wanted.bundle, machine, as_json=as_json)
        return words.tell(options, entries, [], as_json=as_json)
    patient = _patient(machine, loaded, os.environ, online=wanted.online)
    if wanted.go_live:
        with progress(options, "going through the checklist"):
            points = await checks.go_live(patient)
        return words.tell(options, points, [], as_json=as_json)
    with progress(options, "looking at the machine") as going:
        entries = await checks.examine(patient, lambda check: going.at(f"looking at: {check}"))
    mended = mending.mend(entries, patient.folder, partial(_say, as_json=as_json)) if wanted.fix else []
    if mended:
        entries = await checks.examine(patient)
    if wanted.repos:
        with progress(options, "trying the rights of the repositories and their remotes"):
            entries += await checks.try_rights(patient)
    if wanted.bundle is not None:
        made = await bundle.members(patient, words.plain(entries, mended))
        _pack(made, wanted.bundle, machine, as_json=as_json)
    return words.tell(options, entries, mended, as_json=as_json)


def _pack(made: Mapping[str, bytes], place: Path, machine: Machine, *, as_json: bool) -> None:
    """Raises StateError."""
    try:
        bundle.write(made, place, machine.clock.now())
    except OSError as error:
        raise StateError(f"cannot write {place}: {error.strerror}") from error
    click.echo(f"{place}: {', '.join(made)}; look through it before you send it", err=as_json)


def _patient(machine: Machine, loaded: Loaded, environ: Mapping[str, str], *, online: bool) -> Patient:
    return Patient(
        clock=machine.clock,
        proc=machine.proc,
        suspended=machine.suspended,
        loaded=loaded,
        environ=environ,
        prober=partial(_probe, machine, loaded, environ) if online else None,
    )


async def _probe(machine: Machine, loaded: Loaded, environ: Mapping[str, str]) -> Mapping[ProviderName, ProbeResult]:
    return await probe_all(providers_for_probes(loaded, environ, machine.clock))


def _suspended() -> timedelta:
    """What the clock that counts sleep has more than the one that does not."""
    return timedelta(
        seconds=max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC))
    )


def _say(step: str, *, as_json: bool) -> None:
    click.echo(f"mending: {step}", err=as_json)
