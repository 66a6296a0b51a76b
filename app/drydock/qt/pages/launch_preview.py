"""What a launch would do, in sentences and as the equivalent command, kept exact while the form is edited."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from drydock.core.facts import LocalImage, Snapshot
from drydock.core.launch import Choice
from drydock.core.trouble import Trouble
from drydock.jobs.launch import LaunchPreview, PreviewLaunchJob
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.launch import command_line, steps
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import label

_PAUSE_MS = 400


class LaunchPreviewCard(Card):
    """Shows at once what is known, and asks the engine when the typing pauses.

    Signals:
        changed: the engine answered; :attr:`previewed` is newer.
    """

    changed = Signal()

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("What will be done"), parent)
        self._app = app
        self._running: Running | None = None
        self._asking: Choice | None = None
        self._choice: Choice | None = None
        self._snapshot: Snapshot | None = None
        self.previewed: tuple[Choice, LaunchPreview] | None = None
        self.steps = label("", "body", selectable=True)
        self.command = CommandBox()
        words = self.tr("Jupyter's token and SSH keys go in by a file, so that no command line holds them.")
        self._secrets = label(words, "small")
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        for widget in (self.steps, label(self.tr("The same by hand:"), "muted"), self.command, self._secrets):
            self.body.addWidget(widget)

    @property
    def exact(self) -> LaunchPreview | None:
        """The engine's answer for just the choice that is shown."""
        return self.previewed[1] if self.previewed and self.previewed[0] == self._choice else None

    def forget(self) -> None:
        """Forget what the engine said: the machine is another one, or something was started."""
        self._timer.stop()
        self.previewed = None
        if self._running:
            self._app.bridge.drop(self._running)
            self._running = None

    def show_choice(
        self, choice: Choice, snapshot: Snapshot, taken: frozenset[str], local: tuple[LocalImage, ...]
    ) -> None:
        """Show what a choice would do, by the engine's word where that is known, else by what was read before."""
        self._choice, self._snapshot = choice, snapshot
        exact = self.exact
        self.command.set_text(exact.line if exact else command_line(choice, snapshot, taken, local))
        self.steps.setText("\n".join(steps(choice, exact, local)))
        self._secrets.setVisible("jupyter" in choice.services or "ssh" in choice.services)

    def ask_soon(self) -> None:
        """Ask the engine once the typing pauses."""
        if self.exact is None:
            self._timer.start()

    def _ask(self) -> None:
        choice = self._choice
        if choice is None or not choice.image or self.exact is not None:
            return
        if self._running:
            self._timer.start()
            return
        self._asking = choice
        self._running = self._app.bridge.start(
            PreviewLaunchJob(self._app.context, choice, self._snapshot), done=self._keep, failed=self._give_up
        )

    def _keep(self, preview: LaunchPreview) -> None:
        self._running = None
        if self._asking is not None:
            self.previewed = (self._asking, preview)
        self.changed.emit()

    def _give_up(self, _trouble: Trouble) -> None:
        # the launch itself will say what is wrong; the line that was worked out without the engine stays
        self._running = None
