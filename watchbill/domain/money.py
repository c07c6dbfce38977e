"""Money: integer micro-dollars, so that sums are exact."""

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import NewType

MicroUsd = NewType("MicroUsd", int)  # 1_000_000 = one dollar

ZERO = MicroUsd(0)
MICROS = 1_000_000


def usd(amount: str | float | Decimal) -> MicroUsd:
    """Dollars to micro-dollars, rounded up: a price is never booked too low.

    >>> usd("5.00"), usd(0.08), usd("0.0000001")
    (5000000, 80000, 1)

    Raises ValueError for what is no finite amount.
    """
    try:
        dollars = Decimal(str(amount))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount of dollars") from error
    if not dollars.is_finite():
        raise ValueError(f"{amount!r} is not an amount of dollars")
    return MicroUsd(int((dollars * MICROS).to_integral_value(rounding=ROUND_CEILING)))


def show(amount: MicroUsd) -> str:
    """Micro-dollars for people: cents where that is exact enough, else up to six places.

    >>> show(MicroUsd(2_410_000)), show(MicroUsd(83)), show(MicroUsd(-1_500_000))
    ('$2.41', '$0.000083', '-$1.50')
    """
    sign = "-" if amount < 0 else ""
    dollars, rest = divmod(abs(amount), MICROS)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${dollars}.{places}"
