"""Room: agents' models whose smallest call does not fit into what one run may cost. They would stop before anything is sent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from watchbill.config.checks import VENDOR_BY_KIND
from watchbill.config.load import Loaded
from watchbill.config.provider_values import ProviderSetup
from watchbill.domain.billing import Billing
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MICROS
from watchbill.operator import catalog

# The first request of a bare task, in bytes, of which each is held as a token: measured on the programs of `make real`.
LEAST_BYTES_BY_KIND: Mapping[str, int] = {"claude-code": 23_000, "codex": 56_000, "copilot": 46_000}
CALLS = 4  # that a run should have room for: fewer are no run


def too_small(loaded: Loaded, setups: Iterable[ProviderSetup], now: datetime) -> Iterator[str]:
    """A line on each such model, with its place and the mend."""
    cap = loaded.settings.budget.per_run_usd
    for setup in setups:
        billing = loaded.settings.provider[setup.name].billing
        if setup.kind not in LEAST_BYTES_BY_KIND or billing not in (None, Billing.METERED):
            continue
        for index, model in enumerate(setup.models):
            least = _least(setup, model, now)
            if least is not None and least > cap:
                wrong = (
                    f"a call of {model} is held at ${least:.2f} at least, and a run may cost ${cap}: it never begins"
                )
                path = ("provider", setup.name, "models", index)
                yield str(loaded.source.problem(path, wrong, _mend(least, loaded.settings.budget.per_task_usd)))


def _mend(least: Decimal, per_task: Decimal) -> str:
    wanted = (least * CALLS).to_integral_value(ROUND_CEILING)
    too = " (and per_task_usd with it)" if per_task < wanted else ""
    return f"Set budget.per_run_usd to {wanted}.00{too}, room for a few calls."


def _least(setup: ProviderSetup, model: str, now: datetime) -> Decimal | None:
    """Dollars; None where no price is known, which is told elsewhere."""
    from watchbill.providers.gateway.wires import OUTPUT_TOKENS  # noqa: PLC0415 - with the price list, half a second
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 - the same

    pricing = Pricing(
        overrides={model: catalog.rates(price) for model, price in setup.price_by_model.items()},
        vendor=VENDOR_BY_KIND.get(setup.kind) or (setup.agent.speaks if setup.agent else ""),
        base_url=setup.base_url,
    )
    tokens_in = LEAST_BYTES_BY_KIND[setup.kind]
    try:
        bound = pricing.bound(model, tokens_in=tokens_in, tokens_out=OUTPUT_TOKENS, terms={}, at=now)
    except Unpriced:
        return None
    return Decimal(bound.cost) / MICROS
