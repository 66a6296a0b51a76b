"""Controls of the launch form: the image, the GPUs, a directory, a service with its port."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from drydock.core.launch import GpuWish
from drydock.qt.models.launch import GpuLine, Port
from drydock.qt.theme import tokens
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.labels import number_field, tool_button

_LARGEST_PORT = 65535


class ImageBox(QComboBox):
    """The image's reference: free text, with the recommended and the local ones to choose from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(20)
        edit = self.lineEdit()
        assert edit is not None  # an editable box has one
        edit.setPlaceholderText("pytorch/pytorch:…")
        edit.textChanged.connect(self._show_start)

    def _show_start(self) -> None:
        """Show the beginning of a long reference that was filled in, where its end would be shown else."""
        edit = self.lineEdit()
        if edit is not None and not edit.hasFocus():
            edit.setCursorPosition(0)

    def offer(self, references: tuple[str, ...]) -> None:
        """Offer other references; what stands in the field stays."""
        if [self.itemText(number) for number in range(self.count())] == list(references):
            return
        text = self.currentText()
        blocked = self.blockSignals(True)
        self.clear()
        self.addItems(list(references))
        self.setEditText(text)
        self.blockSignals(blocked)


class DirectoryField(Field):
    """A directory of this computer, typed or chosen."""

    def __init__(self, title: str, hint: str, parent: QWidget | None = None) -> None:
        self.edit = QLineEdit()
        pick = tool_button("folder", "")
        super().__init__(title, self.edit, hint, pick, parent)
        self._title = title
        name = self.tr("Choose a directory: {title}").format(title=title)
        pick.setToolTip(name)
        pick.setAccessibleName(name)
        pick.clicked.connect(self._pick)
        self.edit.setPlaceholderText(self.tr("none"))

    def _pick(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._title, self.edit.text())
        if chosen:
            self.edit.setText(chosen)


class GpuBox(QWidget):
    """All GPUs, some by name, or none.

    Signals:
        edited: another choice.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all = QRadioButton(self.tr("All GPUs"))
        self.some = QRadioButton(self.tr("Only these"))
        self.none = QRadioButton(self.tr("None: work on the CPU"))
        group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(tokens.S4)
        for choice in (self.all, self.some, self.none):
            group.addButton(choice)
            self._column.addWidget(choice)
        self._list = QWidget()
        self._boxes: dict[str, QCheckBox] = {}
        self._lines = QVBoxLayout(self._list)
        self._lines.setContentsMargins(tokens.S24, 0, 0, 0)
        self._lines.setSpacing(0)
        self._column.insertWidget(2, self._list)
        self.all.setChecked(True)
        group.buttonToggled.connect(self._toggled)
        self._settle()

    @property
    def wish(self) -> GpuWish:
        """What is chosen."""
        if self.all.isChecked():
            return "all"
        if self.none.isChecked():
            return "none"
        return tuple(uuid for uuid, box in self._boxes.items() if box.isChecked())

    def offer(self, lines: tuple[GpuLine, ...]) -> None:
        """Offer these GPUs; those that were chosen stay chosen where they are still there."""
        if [line.uuid for line in lines] == list(self._boxes):
            return
        chosen = {uuid for uuid, box in self._boxes.items() if box.isChecked()}
        for box in self._boxes.values():
            self._lines.removeWidget(box)
            box.deleteLater()
        self._boxes = {}
        for line in lines:
            box = QCheckBox(line.title)
            box.setToolTip(line.uuid)
            box.setChecked(line.uuid in chosen)
            box.toggled.connect(self.edited)
            self._boxes[line.uuid] = box
            self._lines.addWidget(box)
        if self.some.isChecked() and not chosen.intersection(self._boxes):
            self.all.setChecked(True)
        self._settle()

    def choose(self, wish: GpuWish) -> None:
        """Choose from outside."""
        if isinstance(wish, tuple):
            for uuid, box in self._boxes.items():
                box.setChecked(uuid in wish)
        {"all": self.all, "none": self.none}.get(wish if isinstance(wish, str) else "", self.some).setChecked(True)

    def _toggled(self, _button: object, on: bool) -> None:
        if on:
            self._settle()
            self.edited.emit()

    def _settle(self) -> None:
        self.some.setVisible(bool(self._boxes))
        self._list.setVisible(bool(self._boxes) and self.some.isChecked())


class ServiceField(Field):
    """A switch for one service, and its port on 127.0.0.1.

    Signals:
        edited: switched, or another port.
    """

    edited = Signal()

    def __init__(self, title: str, what: str, parent: QWidget | None = None) -> None:
        self.switch = QCheckBox(title)
        self.port = number_field(0, _LARGEST_PORT)
        row = QWidget()
        super().__init__("", row, what, parent=parent)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(tokens.S8)
        line.addWidget(self.switch, 1)
        line.addWidget(self.port)
        row.setMinimumHeight(tokens.CONTROL_HEIGHT + 2)
        self.port.setAccessibleName(self.tr("Port of {service}").format(service=title))
        self.port.setSpecialValueText(self.tr("automatic port"))
        self.port.setFixedWidth(160)
        self.switch.toggled.connect(self._changed)
        self.port.valueChanged.connect(self.edited)
        self._changed()

    @property
    def wish(self) -> Port:
        """The port that is wanted: 0 for any, None when the service is not wanted."""
        return self.port.value() if self.switch.isChecked() else None

    def _changed(self) -> None:
        self.port.setVisible(self.switch.isChecked())
        self.edited.emit()
