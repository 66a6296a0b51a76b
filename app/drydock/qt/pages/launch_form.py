"""The launch form: what to start, on which GPUs, with which files, services and limits."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from drydock.core.launch import Problem
from drydock.qt.models.launch import FormTexts, GpuLine, LaunchWish, problem_text
from drydock.qt.pages.launch_fields import DirectoryField, GpuBox, ImageBox, ServiceField
from drydock.qt.pages.launch_pin import PinField
from drydock.qt.theme import State, theme, tokens
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import button

_LINES_HEIGHT = 72


class LaunchForm(QWidget):
    """Everything a person decides about a session.

    Signals:
        edited: something was changed.
    """

    edited = Signal()

    def __init__(self, workspace: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image_note: tuple[State | None, str] = (None, "")
        self._compiler_note = ""
        self._make_controls()
        self._make_fields()
        self._place()
        self.workspace.edit.setText(workspace)
        self.jupyter.switch.setChecked(True)
        self._connect()

    # what is in it

    @property
    def texts(self) -> FormTexts:
        """The form as it is typed now."""
        return FormTexts(
            image=self.image.currentText(),
            gpus=self.gpus.wish,
            workspace=self.workspace.edit.text(),
            checkpoints=self.checkpoints.edit.text(),
            jupyter=self.jupyter.wish,
            ssh=self.ssh.wish,
            tensorboard=self.tensorboard.wish,
            compiler=self.compiler.isChecked(),
            pin=self.pin.wanted,
            digest=self.pin.digest,
            memory=self.memory.text(),
            shm_size=self.shm_size.text(),
            name=self.name.text(),
            mounts=self.mounts.toPlainText(),
            environment=self.environment.toPlainText(),
            caches=self.caches.isChecked(),
        )

    def note(self, field: str) -> str:
        """Return the line below a field, by the name of its attribute."""
        return self._fields[field].note

    def take_wish(self, wish: LaunchWish) -> None:
        """Fill in what another page sent along."""
        if wish.image:
            self.image.setEditText(f"{wish.image}@{wish.digest}" if wish.digest else wish.image)
        if wish.gpus:
            self.gpus.choose(wish.gpus)

    def offer(self, references: tuple[str, ...], gpus: tuple[GpuLine, ...]) -> None:
        """Offer images and GPUs to choose from."""
        self.image.offer(references)
        self.gpus.offer(gpus)

    # what is said of it

    def show_image_note(self, state: State | None, text: str) -> None:
        """Say what is known of the image, or why none is recommended; other problems of the field go before it."""
        self._image_note = (state, text)

    def show_compiler_note(self, text: str) -> None:
        """Say what a compiler is good for with this image and these GPUs."""
        self._compiler_note = text

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Say at each field what is wrong with it; a blocker before a warning."""
        for name, field in self._fields.items():
            if name == "pin":
                # it says by itself what it knows
                continue
            mine = sorted((one for one in problems if one.field == name), key=lambda one: one.state != "blocker")
            if mine:
                field.say(problem_text(mine[0]), "broken" if mine[0].state == "blocker" else "attention")
            else:
                field.say()
        state, text = self._image_note
        if text and not any(one.field == "image" and one.id != "launch-image-empty" for one in problems):
            self._fields["image"].say(text, state)
        self._fields["compiler"].say(self._compiler_note)
        if any(one.field in ("mounts", "environment") for one in problems):
            self.more.setChecked(True)

    # building

    def _make_controls(self) -> None:
        self.image = ImageBox()
        self.gpus = GpuBox()
        self.memory = QLineEdit(placeholderText=self.tr("no limit"))
        self.shm_size = QLineEdit(placeholderText=self.tr("computed from the memory"))
        self.name = QLineEdit(placeholderText=self.tr("made from the image"))
        self.mounts = _lines("/data/images:/data:ro")
        self.environment = _lines("HF_HOME=/workspace/.hf")
        self.compiler = QCheckBox(self.tr("C compiler"))
        self.compiler.setMinimumHeight(tokens.CONTROL_HEIGHT + 2)
        self.caches = QCheckBox(self.tr("Keep downloads and compiled kernels in volumes of their own"))

    def _make_fields(self) -> None:
        self.pin = PinField()
        self.workspace = DirectoryField(self.tr("Workspace"), self.tr("Shown at /workspace in the container."))
        self.checkpoints = DirectoryField(self.tr("Checkpoints"), self.tr("Shown at /checkpoints."))
        self.jupyter = ServiceField(self.tr("Jupyter"), self.tr("A notebook in the browser, behind a random token."))
        self.ssh = ServiceField(self.tr("SSH"), self.tr("With your public key; there is no password."))
        self.tensorboard = ServiceField(
            self.tr("TensorBoard"), self.tr("Shows the curves that training writes below /workspace.")
        )
        self._fields: dict[str, Field] = {
            "image": Field(self.tr("Image"), self.image),
            "pin": self.pin,
            "gpus": Field(self.tr("GPUs"), self.gpus),
            "workspace": self.workspace,
            "checkpoints": self.checkpoints,
            "jupyter": self.jupyter,
            "ssh": self.ssh,
            "tensorboard": self.tensorboard,
            "compiler": Field("", self.compiler),
            "memory": Field(self.tr("Memory limit"), self.memory, self.tr("Such as 32g.")),
            "shm_size": Field(self.tr("Shared memory"), self.shm_size, self.tr("For DataLoader workers, such as 8g.")),
            "name": Field(self.tr("Name"), self.name, self.tr("By which the session is found again.")),
            "mounts": Field(
                self.tr("Other mounts"), self.mounts, self.tr("One SOURCE:TARGET or SOURCE:TARGET:ro a line.")
            ),
            "environment": Field(self.tr("Variables"), self.environment, self.tr("One NAME=VALUE a line.")),
        }

    def _place(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(tokens.S16)
        cards = QWidget()
        flow = FlowLayout(cards, least=330, most=2)
        groups = (
            (self.tr("What runs, and where"), ("image", "pin", "gpus")),
            (self.tr("Services and tools"), ("jupyter", "ssh", "tensorboard", "compiler")),
            (self.tr("Your files"), ("workspace", "checkpoints")),
            (self.tr("Limits and name"), ("memory", "shm_size", "name")),
        )
        for title, names in groups:
            card = Card(title)
            card.body.setSpacing(tokens.S12)
            for name in names:
                card.body.addWidget(self._fields[name])
            card.body.addStretch(1)
            flow.addWidget(card)
        column.addWidget(cards)
        self.more = button(self.tr("More: other mounts, variables, caches"), "quiet", "chevron_right")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._unfold)
        self._rest = Card()
        self._rest.body.setSpacing(tokens.S12)
        for name in ("mounts", "environment"):
            self._rest.body.addWidget(self._fields[name])
        self._rest.body.addWidget(self.caches)
        self._rest.hide()
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._rest)

    def _connect(self) -> None:
        self.image.currentTextChanged.connect(self._say_edited)
        for box in (self.gpus, self.pin, self.jupyter, self.ssh, self.tensorboard):
            box.edited.connect(self._say_edited)
        edits = (self.workspace.edit, self.checkpoints.edit, self.memory, self.shm_size, self.name)
        for edit in edits:
            edit.textChanged.connect(self._say_edited)
        for text in (self.mounts, self.environment):
            text.textChanged.connect(self._say_edited)
        self.compiler.toggled.connect(self._say_edited)
        self.caches.toggled.connect(self._say_edited)

    def _unfold(self, open_: bool) -> None:
        theme().bind_icon(self.more, "chevron_down" if open_ else "chevron_right", "accent")
        self._rest.setVisible(open_)

    def _say_edited(self) -> None:
        self.edited.emit()


def _lines(example: str) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setPlaceholderText(example)
    made.setTabChangesFocus(True)
    made.setFixedHeight(_LINES_HEIGHT)
    return made
