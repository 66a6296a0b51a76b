"""A row of a form: what it is at the left, the fields at the right."""

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from drydock.qt.theme import tokens
from drydock.qt.widgets.labels import label

_CAPTION_WIDTH = 190
_CHOICE_WIDTH = 240


def form_row(caption: str, field: QWidget, *beside: QWidget) -> QHBoxLayout:
    """Return a row; choices keep to a width that suits them, other fields take the room there is."""
    row = QHBoxLayout()
    row.setSpacing(tokens.S8)
    name = label(caption, "body", wrap=False)
    name.setMinimumWidth(_CAPTION_WIDTH)
    name.setBuddy(field)
    row.addWidget(name)
    if isinstance(field, QComboBox):
        field.setMinimumWidth(_CHOICE_WIDTH)
        field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(field)
        row.addStretch(1)
    else:
        row.addWidget(field, 1)
    for widget in beside:
        row.addWidget(widget)
    return row
