"""Any image by its name: typed or chosen, checked while it is typed, inspected before anything is pulled."""

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from drydock.qt.models.image_names import plain_name, read_name
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.labels import button


class NameField(Field):
    """A field for a reference that says at once when it cannot be one.

    Signals:
        inspect_wanted: carries the reference as it is listed.
    """

    inspect_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.edit = QLineEdit(placeholderText="ghcr.io/me/mine:1.0", clearButtonEnabled=True)
        self.inspect = button("", "plain", "search")
        super().__init__("", self.edit, "", self.inspect, parent)
        self.edit.setAccessibleName(self.tr("Name of any image"))
        self.inspect.setText(self.tr("Inspect"))
        self.inspect.setAccessibleName(self.inspect.text())
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(10)
        self.edit.setCompleter(completer)
        self.edit.textChanged.connect(self._check)
        self.edit.returnPressed.connect(self._ask)
        self.inspect.clicked.connect(self._ask)
        self._check()

    def set_names(self, names: list[str]) -> None:
        """Offer these names while something is typed."""
        if names != self._names.stringList():
            self._names.setStringList(names)

    def _check(self) -> None:
        reference, wrong = read_name(self.edit.text())
        self.inspect.setEnabled(reference is not None)
        if wrong:
            self.say(wrong, "broken")
            return
        name = plain_name(reference) if reference else ""
        if reference and name != self.edit.text().strip():
            self.say(self.tr("Inspects {name}").format(name=name))
            return
        self.say(self.tr("As docker pull takes it, of any registry, with a tag or a digest. Nothing is pulled yet."))

    def _ask(self) -> None:
        reference, _ = read_name(self.edit.text())
        if reference is not None:
            self.inspect_wanted.emit(plain_name(reference))
