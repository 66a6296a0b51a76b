"""The processes on the GPUs as a table."""

import pytest
from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtTest import QAbstractItemModelTester

from drydock.core.facts import GpuProcess, GpuProcesses, Known, Missing
from drydock.qt.models.processes import CONTAINER, MEMORY, NAME, PID, SORT_ROLE, ProcessModel, process_rows, why_none

TITLES = {"GPU-1": (0, "0  RTX 4090"), "GPU-2": (1, "1  RTX 3090")}


def process(pid, memory, container="", name="python3", kind="compute"):
    return GpuProcess(
        pid=pid,
        kind=kind,
        memory_used=Known(memory) if memory is not None else Missing("not_supported"),
        name=Known(name) if name else Missing("absent"),
        container=Known(container) if container else Missing("absent"),
    )


def groups(*first, second=()):
    return (
        GpuProcesses(key="GPU-1", processes=Known(first)),
        GpuProcesses(key="GPU-2", processes=Known(second)),
    )


@pytest.fixture
def model(qtbot):
    made = ProcessModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def column(model, which, role=Qt.ItemDataRole.DisplayRole):
    return [model.index(row, which).data(role) for row in range(model.rowCount())]


def test_rows_of_all_gpus(model):
    rows = process_rows(groups(process(7, 3 << 30, "training"), second=(process(9, None),)), TITLES, frozenset())
    model.set_rows(rows)
    assert column(model, PID) == ["7", "9"]
    assert column(model, MEMORY) == ["3.0\u202fGiB", "—"]
    assert column(model, CONTAINER) == ["training", ""]
    assert [row.gpu for row in model.rows] == ["0  RTX 4090", "1  RTX 3090"]


def test_sessions_are_highlighted(model):
    model.set_rows(process_rows(groups(process(7, 1, "mine"), process(8, 1, "other")), TITLES, frozenset({"mine"})))
    assert [row.session for row in model.rows] == [True, False]
    fonts = column(model, NAME, Qt.ItemDataRole.FontRole)
    assert fonts[0].bold() or fonts[0].weight() > 400
    assert fonts[1] is None
    assert "session" in column(model, CONTAINER, Qt.ItemDataRole.ToolTipRole)[0]


def test_an_unknown_container_is_not_none(model):
    unknown = GpuProcess(
        pid=1,
        kind="compute",
        memory_used=Known(1),
        name=Known("python3"),
        container=Missing("not_asked", "no container engine answers"),
    )
    model.set_rows(process_rows(groups(unknown), TITLES, frozenset()))
    assert column(model, CONTAINER) == ["—"]
    assert column(model, CONTAINER, Qt.ItemDataRole.ToolTipRole) == ["no container engine answers"]


@pytest.mark.parametrize(
    ("which", "order"), [(PID, ["9", "80", "700"]), (MEMORY, ["700", "9", "80"]), (NAME, ["80", "700", "9"])]
)
def test_sorting_is_by_value(model, which, order):
    many = (process(700, None, name="Blender"), process(9, 9 << 30, name="zsh"), process(80, 100 << 30, name="bash"))
    model.set_rows(process_rows(groups(*many), TITLES, frozenset()))
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(model)
    proxy.setSortRole(SORT_ROLE)
    proxy.sort(which, Qt.SortOrder.AscendingOrder)
    assert [proxy.index(row, PID).data() for row in range(3)] == order


def test_the_same_processes_with_other_readings_keep_the_selection(model, qtbot):
    model.set_rows(process_rows(groups(process(7, 1 << 30)), TITLES, frozenset()))
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.set_rows(process_rows(groups(process(7, 2 << 30)), TITLES, frozenset()))
    assert column(model, MEMORY) == ["2.0\u202fGiB"]
    with qtbot.waitSignal(model.modelReset):
        model.set_rows(())
    assert model.rowCount(QModelIndex()) == 0


def test_no_process_and_no_list_are_told_apart():
    assert why_none(groups()) == "No process uses a GPU."
    hidden = (GpuProcesses(key="GPU-1", processes=Missing("not_supported", "WSL2 lists none")),)
    assert why_none(hidden) == "The processes cannot be listed: WSL2 lists none."
    assert "1 of 3 GPUs" in why_none((*groups(), *hidden))
