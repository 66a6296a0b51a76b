"""Images: the one that fits, why, every other with why not, and what the engine holds."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit, QMessageBox, QTabBar, QVBoxLayout, QWidget

from drydock.core.facts import LocalImage, known_or
from drydock.core.findings import Diagnosis
from drydock.core.images import Choice, GpuPlan, Recommendation
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import trouble_article
from drydock.jobs.images import ListImagesJob, RemoveImageJob
from drydock.jobs.recommend import recommend_for
from drydock.qt.app import App
from drydock.qt.bridge import Running
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.images import LocalRow, catalogue_rows, is_here, local_rows, nearest_wish
from drydock.qt.models.launch import LaunchWish
from drydock.qt.pages.image_card import ImageCard, PlanCard
from drydock.qt.pages.image_lists import CatalogueList, LocalList
from drydock.qt.pages.image_pull import ImagePull
from drydock.qt.pages.image_wish import WishRow
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.field import Field
from drydock.qt.widgets.flow import FlowLayout
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader


class ImagesPage(Page):
    """Choosing, pulling and removing images."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self.answer: Recommendation | None = None
        self._local: tuple[LocalImage, ...] | None = None
        self._listing: Running | None = None
        self._make_widgets()
        self._place()
        self._connect()
        self._begin()

    # what other parts of the window ask

    def show_argument(self, argument: object) -> None:
        """Select an image of the catalogue, named by its reference."""
        if isinstance(argument, str):
            self.tabs.setCurrentIndex(0)
            self.catalogue.search.clear()
            if self.catalogue.choose(argument):
                self.reveal(self.catalogue)

    def work_on_its_way(self) -> str:
        """Say what closing the window would stop."""
        if not self.pull.running:
            return ""
        return self.tr("{image} is still being pulled.").format(image=self.pull.reference)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_local()

    # building

    def _make_widgets(self) -> None:
        self.header = PageHeader(self.tr("Images"), icon="download")
        self._other = button(self.tr("Pull another image…"), "plain")
        self._other.setCheckable(True)
        self.header.add_beside(self._other)
        self.wish = WishRow()
        self.card = ImageCard()
        self.pull = ImagePull(self._app)
        self.failure = FailureCard()
        self.by_name = QLineEdit(placeholderText="ghcr.io/me/mine:1.0")
        self._pull_named = button(self.tr("Pull"), "plain", "download")
        self._name_field = Field(
            self.tr("Name of the image"), self.by_name, self.tr("As docker pull takes it."), self._pull_named
        )
        self._plans = QWidget()
        self._plan_row = FlowLayout(self._plans, least=300, most=3)
        self.tabs = QTabBar(drawBase=False)
        self.tabs.setExpanding(False)
        self.tabs.addTab(self.tr("Catalogue"))
        self.tabs.addTab(self.tr("On this engine"))
        self.catalogue = CatalogueList()
        self.local = LocalList()

    def _place(self) -> None:
        self.body.addWidget(self.header)
        for widget in (self._name_field, self.wish, self.pull, self.card):
            self.body.addWidget(widget)
        self._plans_title = label(self.tr("A container for each kind of GPU"), "heading")
        self.body.addWidget(self._plans_title)
        self.body.addWidget(self._plans)
        self.body.addWidget(self.failure)
        lists = QVBoxLayout()
        lists.setSpacing(tokens.S12)
        lists.addWidget(self.tabs)
        lists.addWidget(self.catalogue)
        lists.addWidget(self.local)
        self.body.addLayout(lists)
        self.body.addStretch(1)
        self._name_field.hide()
        self.local.hide()
        self._show_plans(())

    def _connect(self) -> None:
        app = self._app
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._begin)
        app.images_changed.connect(self._list_local)
        self.header.chosen.connect(self._act)
        self._other.toggled.connect(self._toggle_name)
        self.by_name.textChanged.connect(self._judge_name)
        self.by_name.returnPressed.connect(self._pull_by_name)
        self._pull_named.clicked.connect(self._pull_by_name)
        self.wish.wished.connect(self._choose)
        self.card.nearest_wanted.connect(self._take_nearest)
        self.pull.changed.connect(self._settle)
        self.failure.again_wanted.connect(self._list_local)
        self.tabs.currentChanged.connect(self._show_tab)
        self.catalogue.pull_wanted.connect(self.pull_image)
        self.catalogue.launch_wanted.connect(self._launch_with)
        self.local.launch_wanted.connect(self._launch_with)
        self.local.remove_wanted.connect(self._ask_remove)

    # the machine

    def _begin(self) -> None:
        self._local = None
        self.answer = None
        self.failure.hide()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
            return
        self.card.wait()
        self.header.say(self.tr("Images"), self.tr("Looking at this machine…"), "")
        self._refresh_lists()

    def _show(self, diagnosis: Diagnosis) -> None:
        engine = diagnosis.snapshot.engine
        known = known_or(engine.images, None)
        if known is not None and (self._local is None or self._app.recorded):
            self._local = known
        self._choose()
        self._list_local()

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.header.say(article.title, f"{article.text} {article.remedy}", "")

    # the choice

    def _choose(self) -> None:
        diagnosis = self._app.diagnosis
        if diagnosis is None:
            return
        try:
            self.answer = recommend_for(diagnosis.snapshot, self.wish.wish)
        except Trouble as trouble:
            # the last answer stays on show while a number is half typed
            self.wish.refuse(trouble)
            return
        self.wish.refuse(None)
        self._refresh()

    def _take_nearest(self, choice: Choice) -> None:
        if self._app.diagnosis:
            self.wish.set_wish(nearest_wish(self._app.diagnosis.snapshot, self.wish.wish, choice))

    def _refresh(self) -> None:
        if self.answer is None:
            return
        choice = self.answer.choice
        here = None if self._local is None or choice is None else is_here(choice.reference, self._local)
        self.card.show_answer(self.answer, here=here)
        self._show_plans(self.answer.per_gpu)
        self._refresh_lists()
        self._settle()

    def _refresh_lists(self) -> None:
        why = self._why_not()
        known = self._local or ()
        recommended = self.answer.choice.reference if self.answer and self.answer.choice else ""
        if self.answer:
            self.catalogue.show_rows(catalogue_rows(self.answer, load_catalogue(), known), why)
        rows = local_rows(known, load_catalogue(), recommended)
        empty = self.tr("The engine has no images yet.") if self._local is not None else self._unknown_local()
        self.local.show_rows(rows, why, empty)
        title = self.tr("On this engine ({count})").format(count=len(rows)) if rows else self.tr("On this engine")
        self.tabs.setTabText(1, title)

    def _unknown_local(self) -> str:
        return why_no_engine(self._app.diagnosis, recorded=False) or self.tr("What the engine has is not known.")

    def _show_plans(self, plans: tuple[GpuPlan, ...]) -> None:
        while (item := self._plan_row.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for plan in plans:
            here = plan.choice is not None and is_here(plan.choice.reference, self._local or ())
            card = PlanCard(plan, here=here, why_not=self._why_not())
            card.pull_wanted.connect(self.pull_image)
            card.launch_wanted.connect(self._launch_plan)
            self._plan_row.addWidget(card)
        self._plans.setVisible(bool(plans))
        self._plans_title.setVisible(bool(plans))

    # the one main button, and what may be done

    def _why_not(self) -> str:
        if why := why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return why
        return self.tr("Another image is being pulled.") if self.pull.running else ""

    def _settle(self) -> None:
        why = self._why_not()
        choice = self.answer.choice if self.answer else None
        main = self.header.main_button
        if choice is None:
            self.header.say(self.tr("Images"), self._sentence(), "")
        else:
            here = self._local is not None and is_here(choice.reference, self._local)
            action = self.tr("Launch") if here else self.tr("Pull")
            self.header.say(self.tr("Images"), self._sentence(), action)
            theme().bind_icon(main, "launch" if here else "download", "on_accent")
            main.setEnabled(here or not why)
            main.setToolTip("" if here else why)
        self._judge_name()
        if self.answer:
            known = self._local or ()
            self.catalogue.show_rows(catalogue_rows(self.answer, load_catalogue(), known), why)

    def _sentence(self) -> str:
        why = why_no_engine(self._app.diagnosis, recorded=self._app.recorded)
        if why:
            return why
        if self.answer and self.answer.choice:
            return self.tr("The newest proven image that runs on this driver and on every GPU of this machine.")
        return self.tr("Every image of the catalogue, judged for this machine.")

    def _act(self) -> None:
        choice = self.answer.choice if self.answer else None
        if choice is None:
            return
        if self._local is not None and is_here(choice.reference, self._local):
            self._launch_with(choice.reference)
        else:
            self.pull_image(choice.reference)

    def pull_image(self, reference: str) -> None:
        """Pull an image, and show how it goes."""
        if self._why_not():
            return
        self.pull.start(reference)
        self.reveal(self.pull)

    def _launch_with(self, reference: str) -> None:
        self._app.page_wanted.emit("launch", LaunchWish(image=reference))

    def _launch_plan(self, plan: GpuPlan) -> None:
        uuids = tuple(gpu.uuid for gpu in plan.gpus if gpu.uuid)
        if plan.choice:
            self._app.page_wanted.emit("launch", LaunchWish(image=plan.choice.reference, gpus=uuids))

    # by name

    def _toggle_name(self, wanted: bool) -> None:
        self._name_field.setVisible(wanted)
        if wanted:
            self.by_name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _judge_name(self) -> None:
        name = self.by_name.text().strip()
        why = self._why_not()
        self._pull_named.setEnabled(bool(name) and not why)
        self._pull_named.setToolTip(why)
        row = next((row for row in self.catalogue.model.rows if row.reference == name), None)
        if row is not None and row.verdict == "cannot_run":
            self._name_field.say(" ".join(row.why), "attention")
        else:
            self._name_field.say()

    def _pull_by_name(self) -> None:
        name = self.by_name.text().strip()
        if name and self._pull_named.isEnabled():
            self.pull_image(name)

    # what the engine has

    def _show_tab(self, tab: int) -> None:
        self.catalogue.setVisible(tab == 0)
        self.local.setVisible(tab == 1)

    def _list_local(self) -> None:
        if self._listing or why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return
        self._listing = self._app.bridge.start(
            ListImagesJob(self._app.context), done=self._keep_local, failed=self._fail_local
        )

    def _keep_local(self, images: tuple[LocalImage, ...]) -> None:
        self._listing = None
        if self._app.recorded:
            return
        self.failure.hide()
        if images != self._local:
            self._local = images
            self._refresh()

    def _fail_local(self, trouble: Trouble) -> None:
        self._listing = None
        self._tell(trouble)

    def _ask_remove(self, row: LocalRow) -> None:
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(self.tr("Remove {image}?").format(image=row.name))
        box.setInformativeText(
            self.tr("Up to {size} become free. To use it again it must be pulled again.").format(size=row.size_text)
        )
        yes = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        yes.clicked.connect(lambda: self.remove_image(row.key))
        box.open()

    def remove_image(self, key: str) -> None:
        """Remove a name of an image from the engine, and say how it went."""

        def done(_nothing: None) -> None:
            self._app.noted.emit(self.tr("{image} was removed.").format(image=key), "ok")
            self._app.images_changed.emit()

        self._app.bridge.start(RemoveImageJob(self._app.context, key), done=done, failed=self._tell)

    def _tell(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.failure.show_failure(article.title, article.text, article.remedy, links=article.links)
        self.reveal(self.failure)
