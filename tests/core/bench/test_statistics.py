import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drydock.core.bench import statistics
from drydock_probes import bench_statistics

values = st.lists(st.floats(min_value=1e-3, max_value=1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(("count", "ranks"), [(5, (0, 4)), (6, (0, 5)), (9, (1, 7)), (20, (5, 14)), (100, (39, 60))])
def test_ranks_are_those_of_the_sign_test_tables(count, ranks):
    assert statistics.interval_ranks(count) == ranks


def test_large_counts_go_on_where_the_exact_ranks_end():
    exact, approximate = statistics.interval_ranks(400), statistics.interval_ranks(401)
    assert abs(exact[0] - approximate[0]) <= 1


def test_interval_covers_the_median_as_often_as_it_says():
    source = random.Random(7)
    covered = 0
    for _ in range(800):
        spread = statistics.summarise([source.lognormvariate(0, 0.5) for _ in range(21)])
        covered += spread.low <= 1.0 <= spread.high
    assert 0.94 <= covered / 800 <= 0.995


def test_summary_of_known_values():
    spread = statistics.summarise([10, 11, 12, 13, 14, 15, 100])
    assert (spread.median, spread.iqr, spread.count) == (13, 3, 7)
    assert (spread.low, spread.high) == (10, 100)
    assert spread.cv == pytest.approx(1.4826 * 2 / 13)


def test_no_values_is_an_error():
    with pytest.raises(ValueError, match="no values"):
        statistics.summarise([])


@given(values)
def test_median_lies_in_its_interval_and_the_probe_agrees(found):
    spread = statistics.summarise(found)
    assert min(found) <= spread.low <= spread.median <= spread.high <= max(found)
    theirs = bench_statistics.summarise(found)
    assert theirs["ci"] == [spread.low, spread.high]
    assert (theirs["median"], theirs["iqr"], theirs["cv"], theirs["n"]) == (
        spread.median,
        spread.iqr,
        spread.cv,
        spread.count,
    )


@given(values, values)
def test_ratio_is_inverse_the_other_way_round(one, other):
    above, below = statistics.summarise(one), statistics.summarise(other)
    forth, back = statistics.ratio(above, below), statistics.ratio(below, above)
    assert math.isclose(forth.value * back.value, 1, rel_tol=1e-9)
    assert math.isclose(forth.low * back.high, 1, rel_tol=1e-9)
    assert forth.low <= forth.value <= forth.high
    theirs = bench_statistics.ratio_interval(
        (above.median, [above.low, above.high]), (below.median, [below.low, below.high])
    )
    assert theirs == pytest.approx((forth.value, forth.low, forth.high))


def test_ratio_of_clearly_different_runs_differs():
    slow = statistics.summarise([100 + step / 10 for step in range(20)])
    fast = statistics.summarise([200 + step / 10 for step in range(20)])
    assert statistics.ratio(fast, slow).differs
    assert not statistics.ratio(slow, slow).differs
    with pytest.raises(ValueError, match="positive"):
        statistics.ratio(slow, statistics.summarise([0.0]))
