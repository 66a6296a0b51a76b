"""Summary of repeated timings that needs no distribution: median, quartiles, spread, interval by order statistics."""

from __future__ import annotations

import math
from typing import Dict, List, Sequence, Tuple, Union

_MAD_TO_DEVIATION = 1.4826  # of a normal distribution
LEAST_FOR_INTERVAL = 6  # 2 x (1/2)^6 = 3 %: the extremes of six values enclose the median with 97 %
_MANY = 400  # from here the normal approximation of the binomial is exact to a rank


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ascending values, linear between neighbours."""
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return quantile(sorted(values), 0.5)


def interval_ranks(count: int) -> Tuple[int, int]:
    """Return the ranks (from 0) of the ordered values that enclose the median with at least 95 %.

    With fewer than six values no such pair exists; the extremes are returned.
    """
    if count > _MANY:
        reach = 1.959964 * math.sqrt(count) / 2
        low = max(0, math.floor((count - 1) / 2 - reach))
        return low, count - 1 - low
    low, tail = 0, 0.5**count
    # P(median below the value of rank r) = sum of binomial(count, k) / 2^count for k <= r
    while low + 1 <= (count - 1) // 2:
        tail += math.comb(count, low + 1) * 0.5**count
        if tail > 0.025:
            break
        low += 1
    return low, count - 1 - low


def summarise(values: Sequence[float]) -> Dict[str, Union[float, int, List[float]]]:
    """Return median, iqr, cv (from the median absolute deviation), p95, ci and n of one or more values."""
    ordered = sorted(values)
    middle = quantile(ordered, 0.5)
    deviation = median([abs(value - middle) for value in ordered])
    low, high = interval_ranks(len(ordered))
    return {
        "median": middle,
        "iqr": quantile(ordered, 0.75) - quantile(ordered, 0.25),
        "cv": _MAD_TO_DEVIATION * deviation / middle if middle else 0.0,
        "p95": quantile(ordered, 0.95),
        "ci": [ordered[low], ordered[high]],
        "n": len(ordered),
    }


def relative_width(values: Sequence[float]) -> float:
    """Return the width of the median's interval as a share of the median."""
    ordered = sorted(values)
    low, high = interval_ranks(len(ordered))
    middle = quantile(ordered, 0.5)
    return (ordered[high] - ordered[low]) / middle if middle else math.inf


def ratio_interval(
    above: Tuple[float, Sequence[float]], below: Tuple[float, Sequence[float]]
) -> Tuple[float, float, float]:
    """Return above/below and its 95 % interval, from two medians with their own intervals (all positive).

    The widths of the logarithms are added as independent errors.
    """
    ratio = above[0] / below[0]
    widths = [(math.log(ci[1]) - math.log(ci[0])) / 2 for _, ci in (above, below)]
    reach = math.exp(math.hypot(*widths))
    return ratio, ratio / reach, ratio * reach
