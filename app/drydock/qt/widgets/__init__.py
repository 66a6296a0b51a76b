"""The window's own widgets; pages are built from these."""

from drydock.qt.widgets.banner import Banner, Tone
from drydock.qt.widgets.bar_chart import Bar, BarChart
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.empty_state import EmptyState
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import Glyph, button, label, number_field, rule, tool_button
from drydock.qt.widgets.log_panel import LogPanel
from drydock.qt.widgets.log_view import LogView
from drydock.qt.widgets.meter import Meter
from drydock.qt.widgets.nav_rail import NavItem, NavRail
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader
from drydock.qt.widgets.progress_panel import ProgressLine, ProgressPanel
from drydock.qt.widgets.rolling_chart import RollingChart
from drydock.qt.widgets.stack_view import Layer, LayerPlate, StackView
from drydock.qt.widgets.state_badge import StateBadge

__all__ = [
    "Banner",
    "Bar",
    "BarChart",
    "Card",
    "CommandBox",
    "EmptyState",
    "FlowLayout",
    "FoldRow",
    "Glyph",
    "KeyValueList",
    "Layer",
    "LayerPlate",
    "LogPanel",
    "LogView",
    "Meter",
    "NavItem",
    "NavRail",
    "Page",
    "PageHeader",
    "ProgressLine",
    "ProgressPanel",
    "RollingChart",
    "Row",
    "StackView",
    "StateBadge",
    "Tone",
    "button",
    "label",
    "number_field",
    "rule",
    "tool_button",
]
