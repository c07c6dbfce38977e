"""Commissioning: from a configuration to the standing orders, beside hiring and housing a part of bootstrap. Settings stop here."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from watchbill.config import batching, bill_values, notifying, provider_values, repo_values, reports
from watchbill.config.load import Loaded
from watchbill.config.saving import Saving
from watchbill.config.web import parse_listen
from watchbill.daemon.hiring import hired
from watchbill.daemon.housing import housed
from watchbill.daemon.oneshot import OneShots
from watchbill.daemon.site import Site, Wishes
from watchbill.daemon.standing import Standing
from watchbill.domain.ids import RepoName
from watchbill.intake import claims
from watchbill.intake import tasks as queue_tasks
from watchbill.operator import catalog
from watchbill.scheduling.bill import SlotPolicy, WatchBill
from watchbill.state.answers import Keeping


def stand(loaded: Loaded, site: Site, before: Standing | None = None) -> Standing:
    """Standing orders from settings, built aside: nothing is in force yet. Providers that `before` has alike are kept."""
    setups = {setup.name: setup for setup in _setups(loaded, site)}
    bill = _bill(loaded, setups.values(), site.wishes)
    notify = notifying.setup_of(loaded.settings, site.environ)
    return Standing(
        loaded=loaded,
        bill=bill,
        repos={repo.name: repo for repo in (housed(each, site) for each in repo_values.repos_of(loaded))},
        queue_terms=_queue_terms(loaded, bill),
        providers=hired(setups.values(), site, before),
        setups=setups,
        one_shots=_one_shots(setups.values()),
        recurring=bill_values.recurring_of(loaded.settings),
        terms=replace(
            site.wishes.terms,
            lease_ttl=loaded.settings.daemon.lease_ttl,
            dead_after=bill.session_dead,
            collaboration=bill.collaboration,
            session_tokens=loaded.settings.daemon.session_tokens,
            keeping=_keeping(loaded.settings.saving),
            zone=bill.caps.zone,
            plan_waits=bill.plan_waits,
        ),
        batches=batching.terms_of(loaded.settings),
        alert_at=loaded.settings.budget.alert_at,
        drain_timeout=loaded.settings.daemon.drain_timeout,
        probe_every=loaded.settings.health.probe_every,
        reports=reports.terms_of(loaded.settings.reports, bill.zone),
        keeping=reports.limits_of(loaded.settings.retention),
        web=None if loaded.settings.web.listen is None else parse_listen(loaded.settings.web.listen),
        notify=notify,
        secrets=notify.secrets
        | {setup.api_key.get_secret_value() for setup in setups.values() if setup.api_key is not None},
    )


def _setups(loaded: Loaded, site: Site) -> list[provider_values.ProviderSetup]:
    """Who costs something counts as missing where only free work may be done, so that nothing could even be sent."""
    found = provider_values.providers_of(loaded.settings, site.environ)
    why, free = site.wishes.only_free, bill_values.free_of(loaded.settings)
    return [replace(setup, missing=setup.missing or why) if setup.name not in free else setup for setup in found]


def _keeping(saving: Saving) -> Keeping | None:
    return Keeping(age=saving.answers_kept, size=saving.answers_mb * 1_000_000) if saving.answers else None


def _bill(loaded: Loaded, setups: Collection[provider_values.ProviderSetup], wishes: Wishes) -> WatchBill:
    usable = {setup.name for setup in setups if not setup.missing or setup.name in wishes.doubles}
    if wishes.only_provider is not None:
        usable &= {wishes.only_provider}
    missing = {setup.name: setup.missing for setup in setups if setup.missing}
    bill = bill_values.bill_of(loaded.settings, usable, missing)
    bought = catalog.offers_of(setup for setup in setups if setup.name not in wishes.doubles)
    bill = catalog.priced(bill, bought, wishes.clock.now())
    return replace(bill, policy=SlotPolicy.OFF) if wishes.any_hour else bill


def _one_shots(setups: Collection[provider_values.ProviderSetup]) -> OneShots:
    return {(setup.name, model): examples for setup in setups for model, examples in setup.examples_by_model.items()}


def _queue_terms(loaded: Loaded, bill: WatchBill) -> Mapping[RepoName, queue_tasks.Terms]:
    providers = frozenset(terms.name for terms in bill.providers)
    return {
        repo.terms.name: queue_tasks.Terms(names=claims.names(repo.aliases), zone=bill.zone, providers=providers)
        for repo in repo_values.repos_of(loaded)
    }
