"""The check-up: watchbill doctor, with the providers that only bootstrap can build."""

import os
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from watchbill.config.load import Loaded, load
from watchbill.daemon.bootstrap import providers_for_probes
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.probing import probe_all
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import ProbeResult
from watchbill.operator.cli import doctor as words
from watchbill.operator.cli.root import Options
from watchbill.operator.doctor import checks, mending
from watchbill.operator.doctor.patient import Machine, Patient
from watchbill.workspace.proc import OsProc


async def doctor(options: Options, *, fix: bool, online: bool, as_json: bool) -> int:
    """Look at everything, mend what is safe where that was asked for, and look again."""
    machine = Machine(clock=SystemClock(), proc=OsProc(), suspended=_suspended())
    try:
        loaded = load(options.config, os.environ, cwd=Path.cwd())
    except ConfigError as error:
        return words.tell(options, await checks.examine_without(machine, error), [], as_json=as_json)
    patient = _patient(machine, loaded, os.environ, online=online)
    entries = await checks.examine(patient)
    mended = mending.mend(entries, patient.folder, partial(_say, as_json=as_json)) if fix else []
    if mended:
        entries = await checks.examine(patient)
    return words.tell(options, entries, mended, as_json=as_json)


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
