"""Advice: what is valid and works, but deserves a word to the owner."""

from collections.abc import Collection, Iterator, Mapping

from watchbill.config import bill_values, repo_values
from watchbill.config.keys import KeySource
from watchbill.config.load import Loaded
from watchbill.config.places import Places
from watchbill.config.provider_values import ProviderSetup
from watchbill.config.settings import Sandbox
from watchbill.domain.ids import ProviderName, RepoName, TaskType
from watchbill.scheduling.bill import ProviderTerms
from watchbill.scheduling.fitting import model_for

_LONGEST_SOCKET = 107  # bytes of sun_path, less its closing zero


def advice_of(loaded: Loaded, setups: Collection[ProviderSetup], places: Places) -> tuple[str, ...]:
    """Everything, what cannot be used first."""
    from_env = [
        f"provider.{name}.api_key: comes from the environment, which other programs of this user can read; "
        "prefer file: or credential:"
        for name, provider in loaded.settings.provider.items()
        if provider.api_key and provider.api_key.source is KeySource.ENV
    ]
    bare = [
        f"repo {repo.name}: its programs run without a sandbox"
        for repo in loaded.settings.repo
        if repo.sandbox is Sandbox.NONE
    ]
    long = len(str(places.socket).encode()) > _LONGEST_SOCKET
    far = [f"{places.socket}: too long for curl and the like, if not for us: set $WATCHBILL_SOCKET"] if long else []
    missing = {setup.name: setup.missing for setup in setups if setup.missing}
    return (*unusable(loaded, missing), *from_env, *bare, *far)


def unusable(loaded: Loaded, missing: Mapping[ProviderName, str]) -> tuple[str, ...]:
    """Repositories and providers of it that nothing can be done with; `missing` is why, by provider."""
    lost = [f"repo {name}: it cannot be worked on: {why}" for name, why in absent_repos(loaded).items()]
    out = (f"provider.{name}: not in use: {why}" for name, why in missing.items())
    return (*lost, *out, *idle_entries(loaded, missing))


def idle_entries(loaded: Loaded, missing: Mapping[ProviderName, str]) -> Iterator[str]:
    """Recurring entries whose tasks would wait for ever: none of those that they name can do them."""
    bill = bill_values.bill_of(loaded.settings, loaded.settings.provider.keys() - missing.keys(), missing)
    terms_by_name = {terms.name: terms for terms in bill.providers}
    for entry in bill_values.recurring_of(loaded.settings):
        named = [name for name in (entry.provider, *entry.fallback) if name is not None]
        against = [_against(terms_by_name[name], entry.type) for name in named]
        if named and all(against):
            yield f"recurring {entry.name}: none that it names can do its tasks: {'; '.join(against)}"


def _against(terms: ProviderTerms, type_: TaskType) -> str:
    """What keeps a provider from ever doing that; "" when nothing does."""
    if not terms.configured:
        return f"{terms.name}: {terms.missing}"
    only = terms.only_types is not None and type_ not in terms.only_types
    return f"{terms.name} does no {type_}" if only or model_for(terms, type_) is None else ""


def absent_repos(loaded: Loaded) -> Mapping[RepoName, str]:
    """Why a repository cannot be worked on, as far as a look at its folder tells."""
    faults = {}
    for repo in repo_values.repos_of(loaded):
        if not repo.path.is_dir():
            faults[repo.terms.name] = f"there is no folder {repo.path}"
        elif not any((repo.path / mark).exists() for mark in (".git", "HEAD")):
            faults[repo.terms.name] = f"{repo.path} is no git repository"
    return faults
