"""The settings of money: caps in dollars, tokens and runs, what is paid for already, and what happens at a cap."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Dollars, Share, Zone
from watchbill.config.section import Section
from watchbill.domain.billing import OnCap, Overage, Period

Count = Annotated[int, Field(ge=0, le=10**15)]


class Budget(Section):
    """Money. Dollars bind what is really paid; a cap that is reached lets paid work wait and never stops free work."""

    daily_usd: Dollars = Decimal("5.00")
    """US dollars a day, over everything. Five: a bad night costs a coffee."""

    monthly_usd: Dollars = Decimal("100.00")
    """US dollars a calendar month, over everything."""

    per_run_usd: Dollars = Decimal("0.50")
    """US dollars one run may cost: a tenth of the day, so that no single run can eat it."""

    per_task_usd: Dollars = Decimal("2.00")
    """US dollars one task may cost over all its runs. Its queue entry may ask for less, never for more."""

    per_provider_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a day by provider, for instance { claude = 3.00 }. None by default: the day's cap binds."""

    per_repo_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a day by repository."""

    per_type_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a day by task type."""

    per_provider_monthly_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a calendar month by provider, beside those of its day."""

    per_repo_monthly_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a calendar month by repository."""

    per_type_monthly_usd: Mapping[str, Dollars] = Field(default_factory=dict)
    """US dollars a calendar month by task type."""

    daily_tokens: Count | None = None
    """Tokens a day, in and out, of every provider that is not free; a new cap counts what its day has used already.
    Default: no limit."""

    monthly_tokens: Count | None = None
    """Tokens a calendar month, likewise."""

    per_run_tokens: Count | None = None
    """Tokens one run may use, likewise."""

    per_task_tokens: Count | None = None
    """Tokens one task may use over all its runs, likewise."""

    per_provider_tokens: Mapping[str, Count] = Field(default_factory=dict)
    """Tokens a day by provider, for instance { claude = 2000000 }."""

    daily_runs: Count | None = None
    """Runs a day of every provider that is not free; one counts with its first call. Default: no limit."""

    monthly_runs: Count | None = None
    """Runs a calendar month, likewise."""

    per_task_runs: Count | None = None
    """Runs of one task, likewise."""

    per_provider_runs: Mapping[str, Count] = Field(default_factory=dict)
    """Runs a day by provider, for instance { claude = 20 }."""

    on_cap: OnCap = OnCap.PAID
    """What waits once a call did not fit into a budget, until that turns or has room again. `paid`: providers that cost
    money by the call. `everything`: subscriptions and credits too. `alert`: only the tasks whose calls do not fit. Free
    work goes on in any case, and no cap is overspent in any case."""

    zone: Zone | None = None
    """IANA time zone of the budget's midnight. Default: the daemon's zone."""

    alert_at: tuple[Share, ...] = (0.5, 0.8, 0.95)
    """Shares of a cap, 0 to 1, at which an alert is raised, once per window. Tasks' and runs' own caps raise none."""


class Allowance(Section):
    """What is paid for already, for providers that are billed by `credits` or as a `subscription`."""

    credits: Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)] | None = None
    """Credits a calendar month."""

    usd_per_credit: Dollars = Decimal("0.01")
    """US dollars of the price list that one credit pays for. GitHub's are worth one cent."""

    reserve: Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)] = Decimal(0)
    """Credits of these that are kept back, for your own use of the account."""

    overage: Overage = Overage.NEVER
    """What happens when the credits do not suffice. `never`: the provider waits for its next month. `ask`: it waits until you
    let it go on for money (`watchbill budget overage`). `allow`: the rest costs money, under the dollar caps."""

    tokens: Count | None = None
    """Of a subscription: tokens, in and out, that it may use in each `period`. Default: until the vendor says stop."""

    runs: Count | None = None
    """Of a subscription: runs in each `period`."""

    period: Period = Period.MONTH
    """`day`, `week` (from Monday) or `month`, in the budget's zone."""
