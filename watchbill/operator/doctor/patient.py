"""The patient: what the doctor looks at, and with what."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.config import provider_values, repo_values
from watchbill.config.load import Loaded
from watchbill.config.places import Places
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Clock, ProbeResult
from watchbill.state.folder import StateFolder
from watchbill.workspace.proc import OsProc

Prober = Callable[[], Awaitable[Mapping[ProviderName, ProbeResult]]]  # asks every usable provider something free


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is there without any configuration."""

    clock: Clock
    proc: OsProc
    suspended: timedelta  # how long it slept since it started


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient(Machine):
    """One configuration with its state folder, repositories and keys."""

    loaded: Loaded
    environ: Mapping[str, str]
    prober: Prober | None = None  # None: not asked to go online

    @property
    def places(self) -> Places:
        return self.loaded.places(self.environ)

    @property
    def folder(self) -> StateFolder:
        return StateFolder(self.places.state_dir)

    @property
    def repos(self) -> tuple[repo_values.RepoSettings, ...]:
        return repo_values.repos_of(self.loaded)

    @property
    def setups(self) -> tuple[provider_values.ProviderSetup, ...]:
        return provider_values.providers_of(self.loaded.settings, self.environ)

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody holds the state folder."""
        return self.folder.holder() is None


def nearest(path: Path) -> Path:
    """The path, or the closest folder above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists())
