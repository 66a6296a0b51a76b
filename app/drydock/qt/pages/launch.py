"""Launch: a form for a new session, and the sessions there are."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabBar, QWidget

from drydock.core.facts import LocalImage, known_or
from drydock.core.findings import Diagnosis
from drydock.core.images import Recommendation, Wish
from drydock.core.launch import Choice, Problem, blockers
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.jobs.images import ListImagesJob
from drydock.jobs.launch import LaunchPreview, PreviewLaunchJob
from drydock.jobs.recommend import recommend_for
from drydock.jobs.sessions import Session
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.images import refusal_text
from drydock.qt.models.launch import (
    LaunchWish,
    all_problems,
    command_line,
    gpu_lines,
    image_environment,
    image_note,
    read_form,
    steps,
)
from drydock.qt.pages.launch_form import LaunchForm
from drydock.qt.pages.launch_run import LaunchRun
from drydock.qt.pages.session_list import SessionList
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.card import Card
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.labels import label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader

_PREVIEW_MS = 400


class LaunchPage(Page):
    """From a choice to a running session."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._answer: Recommendation | None = None
        self._local: tuple[LocalImage, ...] = ()
        self._prefilled = ""
        self._previewing: Running | None = None
        self._preview: tuple[Choice, LaunchPreview] | None = None
        self._problems: tuple[Problem, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._timer.timeout.connect(self._ask_preview)
        self._make_widgets()
        self._place()
        self._connect()
        self._begin()

    # what other parts of the window ask

    def show_argument(self, argument: object) -> None:
        """Take an image (and GPUs) that another page sends along, or show the sessions."""
        if argument == "sessions":
            self.tabs.setCurrentIndex(1)
            return
        wish = LaunchWish(image=argument) if isinstance(argument, str) else argument
        if isinstance(wish, LaunchWish):
            self.tabs.setCurrentIndex(0)
            self.form.take_wish(wish)

    def work_on_its_way(self) -> str:
        """Say what closing the window would stop."""
        if self.run.running:
            return self.tr("A session is being launched.")
        busy = self.sessions.busy
        return self.tr("Something is being done with {names}.").format(names=", ".join(busy)) if busy else ""

    def set_minimised(self, minimised: bool) -> None:
        """Ask the engine less while nobody can see."""
        self.sessions.set_minimised(minimised)

    # building

    def _make_widgets(self) -> None:
        self.header = PageHeader(self.tr("Launch"), action=self.tr("Launch"), icon="launch")
        self.why = Banner(permanent=True)
        self.tabs = QTabBar(drawBase=False)
        self.tabs.setExpanding(False)
        self.tabs.addTab(self.tr("New session"))
        self.tabs.addTab(self.tr("Sessions"))
        self.form = LaunchForm(self._app.context.store.settings.workspace)
        self.run = LaunchRun(self._app)
        self.sessions = SessionList(self._app)
        self.plan = Card(self.tr("What will be done"))
        self._steps = label("", "body")
        self._exact = label("", "small")
        self.command = CommandBox()
        for widget in (self._steps, label(self.tr("The same by hand:"), "muted"), self.command, self._exact):
            self.plan.body.addWidget(widget)

    def _place(self) -> None:
        self.body.addWidget(self.header)
        self.body.addWidget(self.why)
        self.body.addWidget(self.run)
        self.body.addWidget(self.tabs)
        self.body.addWidget(self.form)
        self.body.addWidget(self.plan)
        self.body.addWidget(self.sessions, 1)
        self.body.addStretch(1)
        self.sessions.hide()

    def _connect(self) -> None:
        app = self._app
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._begin)
        app.images_changed.connect(self._list_local)
        self.header.chosen.connect(self.launch)
        self.why.chosen.connect(lambda: app.page_wanted.emit("doctor", None))
        self.tabs.currentChanged.connect(self._show_tab)
        self.form.edited.connect(self._judge)
        self.run.changed.connect(self._settle)
        self.run.ready.connect(self._show_ready)
        self.sessions.counted.connect(self._count)
        self.sessions.new_wanted.connect(lambda: self.tabs.setCurrentIndex(0))

    # the machine

    def _begin(self) -> None:
        self._answer = None
        self._preview = None
        self._local = ()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
        else:
            self._settle()

    def _show(self, diagnosis: Diagnosis) -> None:
        snapshot = diagnosis.snapshot
        self._answer = recommend_for(snapshot, Wish())
        self._local = known_or(snapshot.engine.images, ())
        self._prefill(diagnosis)
        self._judge()
        self._list_local()

    def _fail(self, _trouble: Trouble) -> None:
        self._settle()

    def _prefill(self, diagnosis: Diagnosis) -> None:
        """Fill in what fits this machine, unless the person chose something."""
        choice = self._answer.choice if self._answer else None
        self.form.offer(self._references(), gpu_lines(diagnosis.snapshot))
        reference = choice.reference if choice else ""
        if self.form.image.currentText() == self._prefilled:
            self.form.image.setEditText(reference)
        self._prefilled = reference
        if not diagnosis.snapshot.gpus and self.form.gpus.wish == "all":
            self.form.gpus.choose("none")

    def _references(self) -> tuple[str, ...]:
        choice = self._answer.choice if self._answer else None
        local = [reference for image in self._local for reference in image.references]
        mine = [reference for reference in local if not reference.startswith("drydock/service:")]
        return tuple(dict.fromkeys(([choice.reference] if choice else []) + mine))

    def _list_local(self) -> None:
        if not why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            self._app.bridge.start(
                ListImagesJob(self._app.context), done=self._keep_local, failed=lambda _trouble: None
            )

    def _keep_local(self, images: tuple[LocalImage, ...]) -> None:
        diagnosis = self._app.diagnosis
        if self._app.recorded or diagnosis is None:
            return
        self._local = images
        self.form.offer(self._references(), gpu_lines(diagnosis.snapshot))
        self._judge()

    # while typing

    def _judge(self) -> None:
        """Work out problems and command from what is known, and ask for the rest a moment later."""
        diagnosis, answer = self._app.diagnosis, self._answer
        if diagnosis is None or answer is None:
            return
        texts = self.form.texts
        choice, unread = read_form(texts, image_environment(texts.image.strip(), answer))
        self._problems = all_problems(choice, unread, diagnosis.snapshot, self.sessions.names, self._preview)
        if choice.image:
            self.form.show_image_note(*image_note(choice.image, answer, load_catalogue(), self._local))
        elif answer.choice is None:
            self.form.show_image_note("broken", f"{refusal_text(answer.refusal)} {self.tr('Name an image yourself.')}")
        else:
            self.form.show_image_note(None, "")
        self.form.show_problems(self._problems)
        exact = self._preview[1] if self._preview and self._preview[0] == choice else None
        self._show_plan(choice, diagnosis, exact)
        self._settle()
        if exact is None and choice.image and not unread and not self._why_not():
            self._timer.start()

    def _show_plan(self, choice: Choice, diagnosis: Diagnosis, exact: LaunchPreview | None) -> None:
        self.plan.setVisible(bool(choice.image) and self.tabs.currentIndex() == 0)
        line = exact.line if exact else command_line(choice, diagnosis.snapshot, self.sessions.names, self._local)
        self.command.set_text(line)
        self._steps.setText("\n".join(steps(choice, exact, self._local)))
        secret = self.tr("Jupyter's token and SSH keys go in by a file, so that no command line holds them.")
        self._exact.setText(secret)
        self._exact.setVisible(bool(choice.services))

    def _ask_preview(self) -> None:
        diagnosis = self._app.diagnosis
        if diagnosis is None or self._why_not() or self._answer is None:
            return
        if self._previewing:
            self._timer.start()
            return
        texts = self.form.texts
        choice, unread = read_form(texts, image_environment(texts.image.strip(), self._answer))
        if unread or not choice.image:
            return

        def keep(preview: LaunchPreview) -> None:
            self._previewing = None
            self._preview = (choice, preview)
            self._judge()

        self._previewing = self._app.bridge.start(
            PreviewLaunchJob(self._app.context, choice, diagnosis.snapshot), done=keep, failed=self._no_preview
        )

    def _no_preview(self, _trouble: Trouble) -> None:
        # the launch itself will say what is wrong; the line worked out without the engine stays
        self._previewing = None

    # acts

    def _why_not(self) -> str:
        return why_no_engine(self._app.diagnosis, recorded=self._app.recorded)

    def _settle(self) -> None:
        why = self._why_not()
        main = self.header.main_button
        forbidding = blockers(self._problems)
        main.setEnabled(not why and not self.run.running and not forbidding and self._answer is not None)
        main.setText(self.tr("Launching…") if self.run.running else self.tr("Launch"))
        main.setToolTip(why or (self.tr("Something in the form must be put right first.") if forbidding else ""))
        self.header.say(self.tr("Launch"), self._sentence(why, bool(forbidding)))
        main.setVisible(self.tabs.currentIndex() == 0)
        self.form.setEnabled(not self.run.running)
        show_banner = bool(why) and self._app.diagnosis is not None and not self._app.recorded
        if show_banner:
            self.why.say(why, "broken", action=self.tr("Show what to do"))
        self.why.setVisible(show_banner)

    def _sentence(self, why: str, forbidden: bool) -> str:
        if why:
            return why
        if self.tabs.currentIndex() == 1:
            return self.tr("Containers that Drydock launched; they are found again at every start.")
        if self.run.running:
            return self.tr("You can go to other pages meanwhile.")
        if forbidden:
            return self.tr("Something in the form must be put right first.")
        return self.tr("A container with your GPUs, your files, and ports on this computer only.")

    def launch(self) -> None:
        """Start what the form says."""
        diagnosis = self._app.diagnosis
        if diagnosis is None or self._answer is None or not self.header.main_button.isEnabled():
            return
        texts = self.form.texts
        choice, unread = read_form(texts, image_environment(texts.image.strip(), self._answer))
        if unread:
            return
        self.run.start(choice, diagnosis.snapshot)
        self.reveal(self.run)

    def _show_ready(self, session: Session) -> None:
        self._preview = None
        if self.form.name.text().strip() == session.name:
            self.form.name.clear()
        self.tabs.setCurrentIndex(1)
        self.sessions.refresh()
        self._judge()

    def _count(self, sessions: int) -> None:
        title = self.tr("Sessions ({count})").format(count=sessions) if sessions else self.tr("Sessions")
        if self.tabs.tabText(1) != title:
            self.tabs.setTabText(1, title)
            self._judge()

    def _show_tab(self, tab: int) -> None:
        self.form.setVisible(tab == 0)
        self.plan.setVisible(tab == 0 and bool(self.command.text))
        self.sessions.setVisible(tab == 1)
        self._settle()
        self.verticalScrollBar().setValue(0)
