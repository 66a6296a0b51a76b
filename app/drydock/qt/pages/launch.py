"""Launch: a form for a new session, and the sessions there are."""

from PySide6.QtWidgets import QTabBar, QWidget

from drydock.core.facts import LocalImage
from drydock.core.findings import Diagnosis
from drydock.core.images import Recommendation, Wish
from drydock.core.launch import Choice, Problem, blockers
from drydock.core.trouble import Trouble
from drydock.jobs.recommend import recommend_for
from drydock.jobs.sessions import Session
from drydock.qt.app import App
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.images import refusal_text
from drydock.qt.models.launch import (
    LaunchWish,
    all_problems,
    compiler_note,
    gpu_lines,
    image_environment,
    image_note,
    read_form,
    wants_compiler,
)
from drydock.qt.pages.launch_form import LaunchForm
from drydock.qt.pages.launch_pin import PinFinder
from drydock.qt.pages.launch_preview import LaunchPreviewCard
from drydock.qt.pages.launch_run import LaunchRun
from drydock.qt.pages.local_images import LocalImages
from drydock.qt.pages.session_list import SessionList
from drydock.qt.widgets.banner import Banner
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader


class LaunchPage(Page):
    """From a choice to a running session."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._answer: Recommendation | None = None
        self._engine_images = LocalImages(app, self)
        self._prefilled = ""
        self._problems: tuple[Problem, ...] = ()
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
            diagnosis = self._app.diagnosis
            if diagnosis and wants_compiler(wish, diagnosis.snapshot, self._app.context.catalogue()):
                self.form.compiler.setChecked(True)

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
        self.tabs.setAccessibleName(self.tr("New session, or the sessions there are"))
        self.tabs.addTab(self.tr("New session"))
        self.tabs.addTab(self.tr("Sessions"))
        self.form = LaunchForm(self._app.context.store.settings.workspace)
        self.run = LaunchRun(self._app)
        self.sessions = SessionList(self._app)
        self.plan = LaunchPreviewCard(self._app)
        self.pin = PinFinder(self._app, self.form.pin, self)

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
        self._engine_images.changed.connect(self._show_local)
        self.header.chosen.connect(self.launch)
        self.why.chosen.connect(lambda: app.page_wanted.emit("doctor", None))
        self.tabs.currentChanged.connect(self._turn_to)
        self.plan.changed.connect(self._judge)
        self.form.edited.connect(self._judge)
        self.pin.changed.connect(self._judge)
        self.run.changed.connect(self._settle)
        self.run.ready.connect(self._show_ready)
        self.sessions.counted.connect(self._count)
        self.sessions.new_wanted.connect(lambda: self.tabs.setCurrentIndex(0))

    # the machine

    def _begin(self) -> None:
        self._answer = None
        self.plan.forget()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
            return
        # what was said of another machine must not be read as said of this one
        self._problems = ()
        if self.form.image.currentText() == self._prefilled:
            self.form.image.setEditText("")
            self._prefilled = ""
        self.form.offer((), ())
        self.form.show_image_note(None, "")
        self.form.show_problems(())
        self.plan.command.set_text("")
        self._show_tab()

    def _show(self, diagnosis: Diagnosis) -> None:
        snapshot = diagnosis.snapshot
        self._answer = recommend_for(snapshot, Wish(), self._app.context.catalogue())
        self._prefill(diagnosis)
        self._judge()

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

    @property
    def _local(self) -> tuple[LocalImage, ...]:
        return self._engine_images.images or ()

    def _references(self) -> tuple[str, ...]:
        choice = self._answer.choice if self._answer else None
        local = [reference for image in self._local for reference in image.references]
        mine = [reference for reference in local if not reference.startswith("drydock/service:")]
        return tuple(dict.fromkeys(([choice.reference] if choice else []) + mine))

    def _show_local(self) -> None:
        if self._app.diagnosis:
            # a pull or a removal may have changed what the image's name stands for
            self.pin.forget()
            self.form.offer(self._references(), gpu_lines(self._app.diagnosis.snapshot))
            self._judge()

    # while typing

    def _read(self) -> tuple[Choice, tuple[Problem, ...]]:
        texts = self.form.texts
        reference = texts.image.strip().partition("@")[0]
        needed = image_environment(reference, self._answer) if self._answer else {}
        return read_form(texts, needed)

    def _judge(self) -> None:
        """Work out problems and command from what is known; the rest is asked a moment later."""
        diagnosis, answer = self._app.diagnosis, self._answer
        if diagnosis is None or answer is None:
            return
        self.pin.follow(self.form.image.currentText().strip(), self._why_not())
        choice, unread = self._read()
        taken = self.sessions.names
        self._problems = all_problems(choice, unread, diagnosis.snapshot, taken, self.plan.previewed)
        self.form.show_compiler_note(compiler_note(choice.image, diagnosis.snapshot, self._app.context.catalogue()))
        if choice.image:
            self.form.show_image_note(*image_note(choice.image, answer, self._app.context.catalogue(), self._local))
        elif answer.choice is None:
            self.form.show_image_note("broken", f"{refusal_text(answer.refusal)} {self.tr('Name an image yourself.')}")
        else:
            self.form.show_image_note(None, "")
        self.form.show_problems(self._problems)
        self.plan.show_choice(choice, diagnosis.snapshot, taken, self._local)
        if not unread and not self._why_not():
            self.plan.ask_soon()
        self._show_tab()

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
        choice, unread = self._read()
        if unread:
            return
        self.run.start(choice, diagnosis.snapshot)
        self.reveal(self.run)

    def _show_ready(self, session: Session) -> None:
        self.plan.forget()
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

    def _turn_to(self, _tab: int) -> None:
        self._show_tab()
        self.verticalScrollBar().setValue(0)

    def _show_tab(self) -> None:
        fresh = self.tabs.currentIndex() == 0
        self.form.setVisible(fresh)
        self.plan.setVisible(fresh and bool(self.plan.command.text))
        self.sessions.setVisible(not fresh)
        self._settle()
