"""Images: the one that fits, why, every other with why not, and what the engine holds."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabBar, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis
from drydock.core.images import Choice, GpuPlan, Recommendation
from drydock.core.trouble import Trouble
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import trouble_article
from drydock.jobs.recommend import recommend_for
from drydock.qt.app import App
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.images import LocalRow, catalogue_rows, is_here, local_rows, nearest_wish
from drydock.qt.models.launch import LaunchWish
from drydock.qt.pages.catalogue_list import CatalogueList
from drydock.qt.pages.image_by_name import PullByName
from drydock.qt.pages.image_card import ImageCard
from drydock.qt.pages.image_plans import PlanRow
from drydock.qt.pages.image_pull import ImagePull
from drydock.qt.pages.image_wish import WishRow
from drydock.qt.pages.local_images import LocalImages
from drydock.qt.pages.local_list import LocalList
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.confirm import confirm
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.labels import button
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader


class ImagesPage(Page):
    """Choosing, pulling and removing images."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self.answer: Recommendation | None = None
        self.engine_images = LocalImages(app, self)
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
        self.engine_images.refresh()

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
        self.by_name = PullByName()
        self.plans = PlanRow()
        self.tabs = QTabBar(drawBase=False)
        self.tabs.setExpanding(False)
        self.tabs.addTab(self.tr("Catalogue"))
        self.tabs.addTab(self.tr("On this engine"))
        self.catalogue = CatalogueList()
        self.local = LocalList()

    def _place(self) -> None:
        self.body.addWidget(self.header)
        for widget in (self.by_name, self.wish, self.pull, self.card, self.plans, self.failure):
            self.body.addWidget(widget)
        lists = QVBoxLayout()
        lists.setSpacing(tokens.S12)
        lists.addWidget(self.tabs)
        lists.addWidget(self.catalogue)
        lists.addWidget(self.local)
        self.body.addLayout(lists)
        self.body.addStretch(1)
        self.by_name.hide()
        self.local.hide()

    def _connect(self) -> None:
        app = self._app
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._begin)
        self.engine_images.changed.connect(self._show_local)
        self.engine_images.troubled.connect(self._tell)
        self.header.chosen.connect(self._act)
        self._other.toggled.connect(self._toggle_name)
        self.by_name.pull_wanted.connect(self.pull_image)
        self.plans.pull_wanted.connect(self.pull_image)
        self.plans.launch_wanted.connect(self._launch_plan)
        self.wish.wished.connect(self._choose)
        self.card.nearest_wanted.connect(self._take_nearest)
        self.pull.changed.connect(self._settle)
        self.failure.again_wanted.connect(self.engine_images.refresh)
        self.tabs.currentChanged.connect(self._show_tab)
        self.catalogue.pull_wanted.connect(self.pull_image)
        self.catalogue.launch_wanted.connect(self._launch_with)
        self.local.launch_wanted.connect(self._launch_with)
        self.local.remove_wanted.connect(self._ask_remove)

    # the machine

    def _begin(self) -> None:
        self.answer = None
        self.failure.hide()
        if self._app.diagnosis:
            self._show(self._app.diagnosis)
            return
        self.card.say(self.tr("The image that fits this machine"), self.tr("Looking at driver and GPUs…"))
        self._refresh_lists()
        self._settle()

    def _show(self, _diagnosis: Diagnosis) -> None:
        self._choose()
        if self.isVisible():
            self.engine_images.refresh()

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.header.say(self.tr("Images"), "", "")
        self.card.say(article.title, f"{article.text} {article.remedy}".strip())

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
        known = self.engine_images.images
        here = None if known is None or choice is None else is_here(choice.reference, known)
        self.card.show_answer(self.answer, here=here)
        self._refresh_lists()
        self._settle()

    def _refresh_lists(self) -> None:
        known = self.engine_images.images or ()
        recommended = self.answer.choice.reference if self.answer and self.answer.choice else ""
        rows = catalogue_rows(self.answer, load_catalogue(), known) if self.answer else ()
        self.catalogue.show_rows(rows)
        self.by_name.set_rows(rows)
        mine = local_rows(known, load_catalogue(), recommended)
        unknown = self.engine_images.images is None
        empty = self._unknown_local() if unknown else self.tr("The engine has no images yet.")
        self.local.show_rows(mine, empty)
        title = self.tr("On this engine ({count})").format(count=len(mine)) if mine else self.tr("On this engine")
        self.tabs.setTabText(1, title)

    def _unknown_local(self) -> str:
        return why_no_engine(self._app.diagnosis, recorded=False) or self.tr("What the engine has is not known.")

    # the one main button, and what may be done

    def _why_not(self) -> str:
        if why := why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return why
        return self.tr("Another image is being pulled.") if self.pull.running else ""

    def _settle(self) -> None:
        why = self._why_not()
        choice = self.answer.choice if self.answer else None
        main = self.header.main_button
        here = choice is not None and is_here(choice.reference, self.engine_images.images or ())
        action = "" if choice is None else self.tr("Launch") if here else self.tr("Pull")
        self.header.say(self.tr("Images"), self._sentence(), action)
        if choice is not None:
            theme().bind_icon(main, "launch" if here else "download", "on_accent")
            main.setEnabled(here or not why)
            main.setToolTip("" if here else why)
        self.catalogue.set_why_not(why)
        self.local.set_why_not(why)
        self.by_name.set_why_not(why)
        self.plans.show_plans(self.answer.per_gpu if self.answer else (), self.engine_images.images or (), why)

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
        if is_here(choice.reference, self.engine_images.images or ()):
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

    def _toggle_name(self, wanted: bool) -> None:
        self.by_name.setVisible(wanted)
        if wanted:
            self.by_name.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # what the engine has

    def _show_tab(self, tab: int) -> None:
        self.catalogue.setVisible(tab == 0)
        self.local.setVisible(tab == 1)

    def _show_local(self) -> None:
        self.failure.hide()
        self._refresh()

    def _ask_remove(self, row: LocalRow) -> None:
        detail = self.tr("Up to {size} become free. To use it again it must be pulled again.")
        confirm(
            self,
            self.tr("Remove {image}?").format(image=row.name),
            detail.format(size=row.size_text),
            self.tr("Remove"),
            partial(self.engine_images.remove, row.key),
        )

    def _tell(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        # trying again asks the engine for its images once more
        again = trouble.id.startswith("engine-")
        self.failure.show_failure(article.title, article.text, article.remedy, links=article.links, again=again)
        self.reveal(self.failure)
