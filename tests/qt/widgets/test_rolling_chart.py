import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from drydock.qt.widgets.chart_series import Series, nice_step
from drydock.qt.widgets.rolling_chart import RollingChart


def test_a_missing_sample_breaks_the_line():
    series = Series("a", "A", "series.0")
    for time, value in enumerate([1.0, 2.0, None, None, 3.0, math.nan, 4.0]):
        series.append(time, value)
    assert [part.size() for part in series.parts] == [2, 1, 1]
    assert series.last_value == 4.0
    assert series.at(2.2) == (2, None)


def test_time_may_not_go_back():
    series = Series("a", "A", "series.0")
    series.append(5, 1)
    with pytest.raises(ValueError, match="back in time"):
        series.append(4, 1)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=300), st.integers(5, 60))
def test_what_is_inside_the_window_is_never_dropped(values, window):
    series = Series("a", "A", "series.0")
    for time, value in enumerate(values):
        series.append(time, value)
        series.drop_before(time - window)
    start = len(values) - 1 - window
    expected = [(time, value) for time, value in enumerate(values) if time >= start]
    assert series.since(start) == expected
    drawn = {part.at(index).x(): part.at(index).y() for part in series.parts for index in range(part.size())}
    assert {time: value for time, value in drawn.items() if time >= start} == {
        time: value for time, value in expected if value is not None
    }


def test_old_samples_do_not_pile_up():
    series = Series("a", "A", "series.0")
    for time in range(10_000):
        series.append(time, 1.0)
        series.drop_before(time - 60)
    assert len(series) < 120
    assert sum(part.size() for part in series.parts) < 120


@given(st.floats(1e-6, 1e12), st.integers(1, 8))
def test_steps_are_round_and_enough(span, parts):
    step = nice_step(span, parts)
    assert step * parts >= span * 0.999
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert any(mantissa == pytest.approx(good) for good in (1, 2, 2.5, 5, 10))


@pytest.fixture
def chart(qtbot):
    made = RollingChart("Memory", "GiB", digits=1)
    qtbot.addWidget(made)
    made.resize(400, 180)
    made.add_series("used", "Used")
    return made


def test_the_range_follows_the_data_or_stays_fixed(chart):
    assert chart.y_range() == (0, 1)
    chart.append("used", 0, 37)
    low, high = chart.y_range()
    assert low == 0
    assert 37 <= high <= 50
    chart.append("used", 1, -3)
    assert chart.y_range()[0] <= -3
    chart.set_range(0, 100)
    assert chart.y_range() == (0, 100)
    chart.set_range()
    assert chart.y_range()[0] <= -3


def test_no_painting_is_planned_while_hidden(chart, qtbot):
    chart.append("used", 0, 1)
    assert not chart.painting_due
    chart.show()
    qtbot.waitExposed(chart)
    chart.append("used", 1, 2)
    assert chart.painting_due
    qtbot.waitUntil(lambda: not chart.painting_due)
    chart.hide()
    chart.append("used", 2, 3)
    assert not chart.painting_due


def test_many_samples_make_few_paintings(qtbot):
    painted = []

    class Counting(RollingChart):
        def paintEvent(self, event):
            painted.append(1)
            super().paintEvent(event)

    chart = Counting("A")
    qtbot.addWidget(chart)
    chart.add_series("a", "A")
    chart.show()
    qtbot.waitExposed(chart)
    chart.set_most_paints(1)
    chart.repaint()
    painted.clear()
    for time in range(1000):
        chart.append("a", time, 1.0)
    qtbot.wait(20)
    assert len(painted) <= 1


def test_values_can_be_read_with_mouse_and_keys(chart, qtbot):
    chart.add_series("free", "Free", "series.1")
    for time in range(61):
        chart.append("used", time, float(time))
        chart.append("free", time, None if time == 60 else 9.0)
    chart.show()
    qtbot.waitExposed(chart)
    assert chart.read_out() == "Used 60.0\u202fGiB, Free —"
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.read_out() == "Used 59.0\u202fGiB, Free 9.0\u202fGiB"
    assert chart.accessibleDescription() == chart.read_out()
    plot = chart._plot()
    qtbot.mouseMove(chart, QPoint(round(plot.center().x()), round(plot.center().y())))
    assert not chart.grab().isNull()


def test_the_table_says_what_the_lines_show(chart):
    chart.append("used", 0, 1.0)
    chart.append("used", 2, None)
    assert chart.table().splitlines() == ["seconds ago\tUsed", "2.0\t1.0\u202fGiB", "0.0\t—"]
    chart.clear()
    assert chart.table() == "no samples yet"


def test_wrong_use_is_told(chart):
    with pytest.raises(KeyError):
        chart.append("nonesuch", 0, 1)
    with pytest.raises(ValueError, match="above zero"):
        chart.set_window(0)


def test_the_line_is_drawn_in_its_colour_and_leaves_a_gap(chart, qtbot):
    chart.set_range(0, 10)
    for time in range(61):
        chart.append("used", time, None if 25 < time < 35 else 6.3)
    image = chart.grab().toImage()
    plot = chart._plot()
    y = round(plot.bottom() - 0.63 * plot.height())
    surface = image.pixelColor(round(plot.center().x()), y)

    def seen(x):
        pixels = [image.pixelColor(round(x), y + near) for near in (-1, 0, 1)]
        return max(abs(pixel.red() - surface.red()) for pixel in pixels)

    assert seen(plot.left() + plot.width() * 0.2) > 100
    assert seen(plot.left() + plot.width() * 0.8) > 100
    assert seen(plot.center().x()) < 5
