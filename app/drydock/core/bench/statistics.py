"""Summary of repeated measurements that needs no distribution, and comparison of two of them."""

import math
from collections.abc import Sequence

import msgspec

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
_EXACT_UP_TO = 400
_TAIL = 0.025
LEAST_FOR_INTERVAL = 6  # 2 x (1/2)^6 = 3 %: only from six values on does an interval of 95 % exist


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """A median and how sure it is.

    Attributes:
        iqr: distance of the quartiles, in the values' unit.
        cv: spread relative to the median, 1.4826 MAD / median.
        low: lower end of the median's 95 % interval (order statistics); ``high`` the upper one. With fewer than
            :data:`LEAST_FOR_INTERVAL` values these are just the extremes.
        count: number of values.
    """

    median: float
    iqr: float
    cv: float
    p95: float
    low: float
    high: float
    count: int


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How many times larger one measurement is than another, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 1."""
        return self.low > 1 or self.high < 1


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ascending values, linear between neighbours.

    Raises:
        ValueError: there are no values.
    """
    if not ordered:
        raise ValueError("no values")
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median(values: Sequence[float]) -> float:
    """Return the median.

    Raises:
        ValueError: there are no values.
    """
    return quantile(sorted(values), 0.5)


def interval_ranks(count: int) -> tuple[int, int]:
    """Return the ranks (from 0) of the ordered values that enclose the median with at least 95 %.

    Whatever the distribution, a value lies below the median with probability 1/2, so the ranks follow from the
    binomial distribution alone.
    """
    if count > _EXACT_UP_TO:
        low = max(0, math.floor((count - 1) / 2 - 1.959964 * math.sqrt(count) / 2))
        return low, count - 1 - low
    low, tail = 0, 0.5**count
    while low + 1 <= (count - 1) // 2:
        tail += math.comb(count, low + 1) * 0.5**count
        if tail > _TAIL:
            break
        low += 1
    return low, count - 1 - low


def summarise(values: Sequence[float]) -> Spread:
    """Return the summary of one or more values.

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    middle = quantile(ordered, 0.5)
    deviation = median([abs(value - middle) for value in ordered])
    low, high = interval_ranks(len(ordered))
    return Spread(
        median=middle,
        iqr=quantile(ordered, 0.75) - quantile(ordered, 0.25),
        cv=_MAD_TO_DEVIATION * deviation / middle if middle else 0.0,
        p95=quantile(ordered, 0.95),
        low=ordered[low],
        high=ordered[high],
        count=len(ordered),
    )


def ratio(above: Spread, below: Spread) -> Ratio:
    """Return above/below with its interval: the widths of the logarithms are added as independent errors.

    Raises:
        ValueError: a value is not positive.
        OverflowError: the intervals are wider than numbers reach.
    """
    if min(above.low, above.median, above.high, below.low, below.median, below.high) <= 0:
        raise ValueError("only positive values have a ratio")
    value = above.median / below.median
    widths = [(math.log(spread.high) - math.log(spread.low)) / 2 for spread in (above, below)]
    reach = math.exp(math.hypot(*widths))
    return Ratio(value=value, low=value / reach, high=value * reach)
