"""One GPU's panel on the Monitor page: meter, charts and figures, large or compact."""

from abc import abstractmethod

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from drydock.qt.models.monitor import Figure, GpuWords
from drydock.qt.theme import tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.labels import label
from drydock.qt.widgets.meter import Meter
from drydock.qt.widgets.rolling_chart import RollingChart
from drydock.qt.widgets.state_badge import StateBadge

_MEMORY, _LOAD = "memory", "utilisation"
_CHART_HEIGHT, _COMPACT_HEIGHT = 168, 106


class GpuPanel(Card):
    """Shows :class:`GpuWords` as they come."""

    def __init__(self, words: GpuWords, parent: QWidget | None = None) -> None:
        super().__init__(words.title, parent)
        self._newest = -1.0
        self.reason = label("", "muted", wrap=False)
        self.badge = StateBadge("attention")
        self.trouble = label("", "muted")
        self.meter = Meter(self.tr("Memory"), "series.0")
        self.charts = self._make_charts()
        self.body.addWidget(self.trouble)
        self._place()
        self._say(words)

    def rename(self, words: GpuWords) -> None:
        """Show another name, when the facts came after the first sample."""
        if self.accessibleName() != words.title:
            self.set_title(words.title)

    def take(self, time: float, words: GpuWords) -> None:
        """Show a sample taken at ``time`` (seconds since the watch began)."""
        if time < self._newest:
            return  # of a watch that has ended
        self._newest = time
        self._say(words)
        self._draw(time, words)

    def set_most_paints(self, per_second: float) -> None:
        """Paint the charts at most this often."""
        for chart in self.charts:
            chart.set_most_paints(per_second)

    @abstractmethod
    def _make_charts(self) -> tuple[RollingChart, ...]: ...

    @abstractmethod
    def _place(self) -> None: ...

    @abstractmethod
    def _draw(self, time: float, words: GpuWords) -> None: ...

    @abstractmethod
    def _say_figures(self, words: GpuWords) -> None: ...

    def _say(self, words: GpuWords) -> None:
        self.meter.set_value(words.memory_share, words.memory_figure.text)
        if self.meter.toolTip() != words.memory_figure.why:
            self.meter.setToolTip(words.memory_figure.why)
        _put(self.trouble, words.trouble)
        self.trouble.setVisible(bool(words.trouble))
        alarming = words.reasons.state == "attention" or bool(words.trouble)
        self.badge.setVisible(alarming)
        self.reason.setVisible(not alarming)
        _put(self.reason, words.reasons.short, words.reasons.full)
        if alarming:
            word = self.tr("No answer") if words.trouble else words.reasons.short
            if self.badge.word != word:
                self.badge.show_state("broken" if words.trouble else "attention", word)
            self.badge.setToolTip(words.trouble or words.reasons.full)
        self._say_figures(words)


class LargePanel(GpuPanel):
    """For one or two GPUs: figures with captions, and two charts beside each other."""

    def _make_charts(self) -> tuple[RollingChart, ...]:
        memory = RollingChart(self.tr("Memory"), "GiB", 1)
        memory.add_series(_MEMORY, self.tr("Memory"), "series.0")
        busy = RollingChart(self.tr("Utilisation"), "%")
        busy.add_series(_LOAD, self.tr("Utilisation"), "series.1")
        busy.set_range(0, 100)
        for chart in (memory, busy):
            chart.setFixedHeight(_CHART_HEIGHT)
        return memory, busy

    def _place(self) -> None:
        self.add_corner(self.reason)
        self.add_corner(self.badge)
        captions = (self.tr("Temperature"), self.tr("Power"), self.tr("SM clock"), self.tr("Memory clock"))
        self.cells = tuple(_Cell(caption) for caption in captions)
        self.mig = _Cell(self.tr("Cut into"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(tokens.S16)
        for column, cell in enumerate((*self.cells, self.mig)):
            grid.addWidget(cell, 0, column)
            grid.setColumnStretch(column, 1)
        charts = QHBoxLayout()
        charts.setSpacing(tokens.S24)
        for chart in self.charts:
            charts.addWidget(chart, 1)
        self.body.setSpacing(tokens.S16)
        self.body.addLayout(grid)
        self.body.addWidget(self.meter)
        self.body.addLayout(charts)

    def _draw(self, time: float, words: GpuWords) -> None:
        memory, busy = self.charts
        if words.memory_total is not None and memory.y_range() != (0.0, words.memory_total):
            memory.set_range(0.0, words.memory_total)
        memory.append(_MEMORY, time, words.memory)
        busy.append(_LOAD, time, words.utilisation)

    def _say_figures(self, words: GpuWords) -> None:
        figures = (words.temperature, words.power, words.sm_clock, words.memory_clock)
        for cell, figure in zip(self.cells, figures, strict=True):
            cell.say(figure)
        self.mig.say(Figure(text=words.mig))
        self.mig.setVisible(bool(words.mig))


class CompactPanel(GpuPanel):
    """For machines with many GPUs: one chart of shares, and the figures in two lines."""

    def _make_charts(self) -> tuple[RollingChart, ...]:
        both = RollingChart("", "%")
        both.add_series(_MEMORY, self.tr("Memory"), "series.0")
        both.add_series(_LOAD, self.tr("Busy"), "series.1")
        both.setAccessibleName(self.tr("Memory and utilisation, per cent"))
        both.set_range(0, 100)
        both.setFixedHeight(_COMPACT_HEIGHT)
        return (both,)

    def _place(self) -> None:
        self._shown: tuple[Figure | str, ...] = ()
        self.line = label("", "muted", wrap=False)
        self.clock = label("", "muted", wrap=False)
        foot = QHBoxLayout()
        # as high as with a badge, so that panels beside each other stay in line
        self.clock.setMinimumHeight(self.badge.sizeHint().height())
        foot.addWidget(self.clock, 1)
        foot.addWidget(self.reason)
        foot.addWidget(self.badge)
        self.body.setSpacing(tokens.S8)
        self.body.addWidget(self.meter)
        self.body.addWidget(self.charts[0])
        self.body.addWidget(self.line)
        self.body.addLayout(foot)
        self.body.addStretch(1)

    def _draw(self, time: float, words: GpuWords) -> None:
        share = None if words.memory_share is None else words.memory_share * 100
        self.charts[0].append(_MEMORY, time, share)
        self.charts[0].append(_LOAD, time, words.utilisation)

    def _say_figures(self, words: GpuWords) -> None:
        shown = (words.temperature, words.power, words.sm_clock, words.memory_clock, words.mig, words.trouble)
        if shown == self._shown:
            return
        self._shown = shown
        self.line.setVisible(not words.trouble)
        _put(self.line, f"{words.temperature.text}  ·  {words.power.text}", self._in_full(words))
        clock = f"{words.sm_clock.text}  ·  {words.mig}" if words.mig else words.sm_clock.text
        _put(self.clock, clock, self._in_full(words))

    def _in_full(self, words: GpuWords) -> str:
        named = (
            (self.tr("Temperature"), words.temperature),
            (self.tr("Power"), words.power),
            (self.tr("SM clock"), words.sm_clock),
            (self.tr("Memory clock"), words.memory_clock),
        )
        return "\n".join(f"{name}: {figure.text}{f' ({figure.why})' if figure.why else ''}" for name, figure in named)


class _Cell(QWidget):
    """A caption above its value."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        self._caption = caption
        self._value = label("—", "strong", wrap=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label(caption, "small", wrap=False))
        column.addWidget(self._value)

    def say(self, figure: Figure) -> None:
        """Show a reading."""
        _put(self._value, figure.text, figure.why)
        self._value.setAccessibleName(f"{self._caption}: {figure.why or figure.text}")


def _put(target: QLabel, text: str, tip: str = "") -> None:
    # most readings stay as they are from sample to sample, and a label that is set is laid out again
    if target.text() != text:
        target.setText(text)
    if target.toolTip() != tip:
        target.setToolTip(tip)
