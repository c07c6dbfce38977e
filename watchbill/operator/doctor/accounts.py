"""Accounts: keys and who can read them, and whether anybody can work at all."""

import asyncio
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from watchbill.config import local_model
from watchbill.config.checks import LOCAL
from watchbill.config.keys import CREDENTIALS_DIRECTORY, KeyMissing, KeyRef, KeySource
from watchbill.config.notifying import NotifySetup, setup_of
from watchbill.config.provider_values import ProviderSetup
from watchbill.domain import homes
from watchbill.operator import first_calls as first_calls_of
from watchbill.operator import room
from watchbill.operator.doctor.findings import Fix, Found, fail, ok, unchecked, warn
from watchbill.operator.doctor.patient import Patient

_OTHERS = 0o077


async def keys(patient: Patient) -> Iterator[Found]:
    return _keys(patient)


def _keys(patient: Patient) -> Iterator[Found]:
    named = {
        name: provider.api_key
        for name, provider in patient.loaded.settings.provider.items()
        if provider.api_key and provider.enabled
    }
    for name, key in named.items():
        yield _key(name, key, patient)
    if not named:
        yield ok("no key is needed")


def _key(name: str, key: KeyRef, patient: Patient) -> Found:
    read = key.read(patient.environ)
    place = _place(key, patient)
    if isinstance(read, KeyMissing):
        if place is not None and place.exists():
            return fail(read.why, "Put the key there, alone, and let watchbill's user read it", subject=name)
        return warn(f"{read.why}; its hours go to the others", "Put the key there", subject=name)
    if key.source is KeySource.ENV:
        mend = 'Put it into a file that only you can read: api_key = "file:/path"'
        return warn(f"{key}: other programs of this user can read it", mend, subject=name)
    assert place is not None, "only the environment has no file"
    return _permissions(name, key, place)


def _place(key: KeyRef, patient: Patient) -> Path | None:
    match key.source:
        case KeySource.FILE:
            return homes.expanded(Path(key.name))
        case KeySource.CREDENTIAL:
            return Path(patient.environ.get(CREDENTIALS_DIRECTORY, "/nonexistent")) / key.name
        case KeySource.ENV:
            return None


def _permissions(name: str, key: KeyRef, place: Path) -> Found:
    found = place.stat()
    if not stat.S_IMODE(found.st_mode) & _OTHERS:
        return ok(f"{key}: only its owner can read it", subject=name)
    mend = f"chmod 600 {place}"
    if found.st_uid not in (0, os.geteuid()):
        return warn(f"{key}: other users can read it, and it is not yours", mend, subject=name)
    fix = Fix(words=mend, mend=partial(place.chmod, 0o600), needs_rest=False)
    return warn(f"{key}: other users can read it", mend, subject=name, fix=fix)


async def first_calls(patient: Patient) -> Iterator[Found]:
    """Whether what a run may cost has room for the calls that the first open tasks begin with."""
    return await asyncio.to_thread(lambda: iter(_first_calls(patient)))


def _first_calls(patient: Patient) -> list[Found]:
    loaded, setups, now = patient.loaded, patient.setups, patient.clock.now()
    none = first_calls_of.nothing_fits(loaded, setups, now)
    if none is not None:
        return [fail(none.wrong, none.mend)]
    dear = [warn(one.wrong, one.mend, subject=str(one.at[1])) for one in first_calls_of.too_dear(loaded, setups, now)]
    small = [warn(line, "As it says") for line in room.too_small(loaded, setups, now)]
    return [*dear, *small] or [ok("each fits into what a run may cost")]


async def notifying(patient: Patient) -> Iterator[Found]:
    return _notifying(setup_of(patient.loaded.settings, patient.environ))


def _notifying(setup: NotifySetup) -> Iterator[Found]:
    for name, why in setup.missing.items():
        yield warn(f"{why}; nobody is told there", "Put the address there, one Apprise URL a line", subject=name)
    for target in setup.targets:
        yield ok("has an address; watchbill notify test tries it", subject=target.name)
    if not setup.targets and not setup.missing:
        yield ok("nobody is told anything: no target is configured")


async def providers(patient: Patient) -> Iterator[Found]:
    usable = [setup for setup in patient.setups if not setup.missing]
    left_out = [_left_out(setup, patient) for setup in patient.setups if setup.missing]
    if not usable:
        return iter([*left_out, fail("nobody can work", "Give at least one provider its key")])
    if patient.prober is None:
        return iter([*left_out, *map(_unasked, usable)])
    return iter([*left_out, *await _probed(patient)])


def _left_out(setup: ProviderSetup, patient: Patient) -> Found:
    provider = patient.loaded.settings.provider[setup.name]
    if provider.enabled:
        mend = (
            "See its key above"
            if provider.api_key
            else "Do what that says; then, where a daemon runs: watchbill reload"
        )
        return warn(f"left out: {setup.missing}", mend, subject=setup.name)
    return ok(setup.missing, subject=setup.name)


def _unasked(setup: ProviderSetup) -> Found:
    if setup.kind in (LOCAL, local_model.KIND):
        return ok("works on this machine", subject=setup.name)
    return unchecked("not asked", "watchbill doctor --online", subject=setup.name)


async def _probed(patient: Patient) -> list[Found]:
    assert patient.prober is not None, "asked before"
    found = []
    for name, result in (await patient.prober()).items():
        mend = "Look at the message; its hours go to the others meanwhile"
        found.append(ok(result.message, subject=name) if result.well else fail(result.message, mend, subject=name))
    return found
