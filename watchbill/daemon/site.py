"""What outlasts every configuration: the places and tools that standing orders are built on, and what the caller wishes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from watchbill.daemon.gatehouse import Gatehouse
from watchbill.daemon.notify import Manager
from watchbill.daemon.pacing import Line
from watchbill.daemon.terms import RunTerms
from watchbill.daemon.timers import RateClock
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Events, Meter, Notifier, Provider
from watchbill.state.folder import StateFolder
from watchbill.workspace.proc import OsProc

MakeProvider = Callable[[ProviderName, Meter], Provider]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller asks beyond the configuration."""

    clock: RateClock
    log_level: str = "info"
    log_json: bool | None = None  # None: JSON where the log is no terminal
    doubles: Mapping[ProviderName, MakeProvider] = field(default_factory=dict)  # in the places of real providers
    only_provider: ProviderName | None = None
    only_free: str = ""  # why no provider that costs anything may work
    any_hour: bool = False  # a manual trigger does not wait for its slot
    terms: RunTerms = field(default_factory=RunTerms)
    with_api: bool = False
    manager: Manager = field(default_factory=Manager)
    notifier: Notifier | None = None  # a double in the place of the real one


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What outlasts every configuration: the places and tools that standing orders are built on."""

    environ: Mapping[str, str]
    wishes: Wishes
    folder: StateFolder
    proc: OsProc
    meter: Meter
    events: Events
    gatehouse: Gatehouse
    lines: dict[tuple[str, str], Line] = field(default_factory=dict, repr=False)  # by account
