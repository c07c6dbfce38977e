"""The table of checks, and the way through it: everything is looked at, whatever one of them meets."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchbill.domain.errors import ConfigError, WatchbillError
from watchbill.operator.doctor import accounts, golive, machine, parsing, rights, state, use, wellness, work
from watchbill.operator.doctor.findings import Found, Verdict, fail, ok, unchecked
from watchbill.operator.doctor.patient import Machine, Patient

Looks = Awaitable[Iterator[Found]]

# What needs no configuration comes first: it is looked at even where there is none.
MACHINE_CHECKS: Mapping[str, Callable[[Machine], Looks]] = {
    "interpreter": machine.interpreter,
    "sqlite": machine.sqlite,
    "git": machine.git,
}
CHECKS: Mapping[str, Callable[[Patient], Looks]] = {
    "sandbox": machine.sandbox,
    "clock": machine.clocks,
    "disk": machine.disk,
    "use": use.used,
    "state folder": state.folder,
    "holder": state.lock,
    "stop file": state.halted,
    "database": state.database,
    "worktrees": state.leftovers,
    "clones": work.clones,
    "repositories": work.repositories,
    "queues": work.queues,
    "gates": parsing.parsers,
    "keys": accounts.keys,
    "providers": accounts.providers,
    "notifications": accounts.notifying,
    "first calls": accounts.first_calls,
    "health": wellness.health,
}
CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A finding with the name of its check."""

    check: str
    found: Found


# Before the watch is left alone: what fails here is open.
GO_LIVE: Mapping[str, Callable[[Patient], Looks]] = {
    "keys": golive.keys,
    "first run": golive.first_run,
    "cost tracking": golive.cost_tracking,
    "conflicts": golive.conflicts,
}


async def go_live(patient: Patient) -> list[Entry]:
    return [entry for name, look in GO_LIVE.items() for entry in await _look(name, look(patient))]


async def try_rights(patient: Patient) -> list[Entry]:
    return await _look("rights", rights.rights(patient))


async def examine(patient: Patient, at: Callable[[str], object] = str) -> list[Entry]:
    """`at` is told which check it comes to."""
    valid = Entry(check=CONFIGURATION, found=ok(f"{patient.loaded.path} is valid"))
    entries = [valid, *await _machine(patient)]
    for name, look in CHECKS.items():
        at(name)
        entries += await _look(name, look(patient))
    return entries


async def examine_without(machine: Machine, error: ConfigError) -> list[Entry]:
    """What can be looked at without a configuration that holds."""
    invalid = Entry(check=CONFIGURATION, found=fail(str(error), "watchbill config check; or begin with watchbill init"))
    rest = [Entry(check=name, found=unchecked("there is no valid configuration")) for name in CHECKS]
    return [invalid, *await _machine(machine), *rest]


async def _machine(machine: Machine) -> list[Entry]:
    return [entry for name, look in MACHINE_CHECKS.items() for entry in await _look(name, look(machine))]


async def _look(name: str, looks: Looks) -> list[Entry]:
    try:
        found = list(await looks)
    except (OSError, WatchbillError) as error:
        found = [fail(f"could not be looked at: {error}", "Mend that, and ask again")]
    return [Entry(check=name, found=one) for one in found]


def worst(entries: Sequence[Entry]) -> Verdict:
    """What the whole comes to; what was not checked is no trouble."""
    found = {entry.found.verdict for entry in entries}
    return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in found), Verdict.OK)
