"""Money: integer micro-dollars, so that sums are exact."""

from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation
from typing import NewType

MicroUsd = NewType("MicroUsd", int)  # 1_000_000 = one dollar

ZERO = MicroUsd(0)
MICROS = 1_000_000
MOST = 2**63 - 1  # what a row can hold

_UP = Context(prec=28, rounding=ROUND_CEILING, traps=[])  # each step rounds up: the whole is never too low


def usd(amount: str | float | Decimal) -> MicroUsd:
    """Dollars to micro-dollars, rounded up: a price is never booked too low.

    >>> usd("5.00"), usd(0.08), usd("0.0000001")
    (5000000, 80000, 1)

    Raises ValueError for what is no amount that can be booked.
    """
    try:
        dollars = Decimal(str(amount))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount of dollars") from error
    if not dollars.is_finite() or dollars.copy_abs() > MOST // MICROS:
        raise ValueError(f"{amount!r} is not an amount of dollars")
    return MicroUsd(int(_UP.multiply(dollars, Decimal(MICROS)).to_integral_value(context=_UP)))


def show(amount: MicroUsd) -> str:
    """Micro-dollars for people: cents where that is exact enough, else up to six places.

    >>> show(MicroUsd(2_410_000)), show(MicroUsd(83)), show(MicroUsd(-1_500_000))
    ('$2.41', '$0.000083', '-$1.50')
    """
    sign = "-" if amount < 0 else ""
    dollars, rest = divmod(abs(amount), MICROS)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${dollars}.{places}"
