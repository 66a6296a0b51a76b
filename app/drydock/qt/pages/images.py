"""Images: the one that fits, why, every other with why not, any by its name, and what the engine holds."""

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabBar, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis
from drydock.core.images import Choice, GpuPlan, Recommendation
from drydock.core.trouble import Trouble
from drydock.data.knowledge import trouble_article
from drydock.qt.app import App
from drydock.qt.models.acts import why_no_engine
from drydock.qt.models.image_confirm import why_not_pull
from drydock.qt.models.images import find_local, is_here, nearest_wish
from drydock.qt.models.launch import LaunchWish
from drydock.qt.models.local_rows import LocalRow, local_rows, removal_question
from drydock.qt.pages.catalogue_list import CatalogueList
from drydock.qt.pages.image_activities import ImageActivities
from drydock.qt.pages.image_card import ImageCard
from drydock.qt.pages.image_chooser import Chooser
from drydock.qt.pages.image_files import ImageFiles
from drydock.qt.pages.image_inspector import Inspector
from drydock.qt.pages.image_known import known_of
from drydock.qt.pages.image_plans import PlanRow
from drydock.qt.pages.image_questions import ImageQuestions
from drydock.qt.pages.image_tags import TagLists
from drydock.qt.pages.image_wish import WishRow
from drydock.qt.pages.local_images import LocalImages
from drydock.qt.pages.local_list import LocalList
from drydock.qt.theme import theme, tokens
from drydock.qt.widgets.confirm import confirm
from drydock.qt.widgets.failure_card import FailureCard
from drydock.qt.widgets.labels import button
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader

_ASK_AFTER_MS = 500
"""A wish that is still being typed asks no registry."""


class ImagesPage(Page):
    """Choosing, confirming, pulling, inspecting and removing images."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self.engine_images = LocalImages(app, self)
        self.chooser = Chooser(app, self)
        self.questions = ImageQuestions(app, self)
        self.tag_lists = TagLists(app, self)
        self.files = ImageFiles(app, self)
        # the card follows every key; the lists follow when nothing else is to be done
        self._lists = QTimer(self, singleShot=True, interval=0)
        self._lists.timeout.connect(self._refresh_lists)
        self._ask = QTimer(self, singleShot=True, interval=_ASK_AFTER_MS)
        self._ask.timeout.connect(self._ask_registry)
        self._make_widgets()
        self._place()
        self._connect()
        self._begin()

    # what other parts of the window ask

    def show_argument(self, argument: object) -> None:
        """Select an image of the catalogue, named by its reference; inspect it where the catalogue has it not."""
        if not isinstance(argument, str):
            return
        self._refresh_lists()
        self.catalogue.filters.clear()
        if self.catalogue.choose(argument):
            self.tabs.setCurrentIndex(0)
            self.reveal(self.catalogue)
        else:
            self._inspect(argument)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.engine_images.refresh()
        self._ask.start()

    # building

    def _make_widgets(self) -> None:
        self.header = PageHeader(self.tr("Images"), icon="download")
        self._other = button(self.tr("Another image…"), "plain")
        self._other.setCheckable(True)
        self.header.add_beside(self._other)
        self.wish = WishRow()
        self.card = ImageCard()
        self.activities = ImageActivities(self._app)
        self.failure = FailureCard()
        self.inspector = Inspector(self._app, self.questions)
        self.plans = PlanRow()
        self.tabs = QTabBar(drawBase=False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Lists of images"))
        self.tabs.addTab(self.tr("Catalogue"))
        self.tabs.addTab(self.tr("On this engine"))
        self.catalogue = CatalogueList()
        self.local = LocalList(self._app)

    def _place(self) -> None:
        self.body.addWidget(self.header)
        for widget in (self.activities, self.inspector, self.wish, self.card, self.plans, self.failure):
            self.body.addWidget(widget)
        lists = QVBoxLayout()
        lists.setSpacing(tokens.S12)
        lists.addWidget(self.tabs)
        lists.addWidget(self.catalogue)
        lists.addWidget(self.local)
        self.body.addLayout(lists)
        self.body.addStretch(1)
        self.inspector.hide()
        self.local.hide()

    def _connect(self) -> None:
        app = self._app
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        app.machine_changed.connect(self._begin)
        app.activities.changed.connect(self._settle)
        self.chooser.answered.connect(self._refresh)
        self.chooser.refused.connect(self._refuse)
        self.engine_images.changed.connect(self._show_local)
        self.engine_images.troubled.connect(self._tell)
        self.questions.changed.connect(self._settle)
        self.tag_lists.changed.connect(self._say_tags)
        self.tag_lists.refreshed.connect(self.chooser.use_lists)
        self.tag_lists.refreshed.connect(self._choose)
        self.header.chosen.connect(self._act)
        self._other.toggled.connect(self._toggle_inspector)
        self.inspector.inspected.connect(self._reveal_inspection)
        self.inspector.card.pull_wanted.connect(self.pull_image)
        self.inspector.card.launch_wanted.connect(self._launch_with)
        self.inspector.card.pinned_wanted.connect(self._launch_with)
        self.plans.pull_wanted.connect(self.pull_image)
        self.plans.launch_wanted.connect(self._launch_plan)
        self.wish.wished.connect(self._choose)
        self.card.nearest_wanted.connect(self._take_nearest)
        self.card.again_wanted.connect(self._ask_again)
        self.card.renew_wanted.connect(self._renew)
        self.failure.again_wanted.connect(self.engine_images.refresh)
        self.tabs.currentChanged.connect(self._show_tab)
        self.catalogue.pull_wanted.connect(self.pull_image)
        self.catalogue.launch_wanted.connect(self._launch_with)
        self.catalogue.inspect_wanted.connect(self._inspect)
        self.catalogue.tags_wanted.connect(self.tag_lists.refresh)
        self.local.launch_wanted.connect(self._launch_with)
        self.local.inspect_wanted.connect(self._inspect)
        self.local.export_wanted.connect(self.files.choose_export)
        self.local.import_wanted.connect(self.files.choose_import)
        self.local.remove_wanted.connect(self._ask_remove)

    # the machine

    def _begin(self) -> None:
        self.chooser.forget()
        self.failure.hide()
        self._say_tags()
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

    @property
    def answer(self) -> Recommendation | None:
        """The last answer; None before the first."""
        return self.chooser.answer

    @property
    def choice(self) -> Choice | None:
        """The recommended image; None while there is none."""
        return self.chooser.choice

    def _choose(self) -> None:
        self.chooser.choose(self.wish.wish, self.engine_images.images or ())

    def _refuse(self, trouble: Trouble) -> None:
        # the last answer stays on show while a number is half typed
        self.wish.refuse(trouble)

    def _take_nearest(self, choice: Choice) -> None:
        if self._app.diagnosis:
            snapshot, catalogue = self._app.diagnosis.snapshot, self.chooser.catalogue
            self.wish.set_wish(nearest_wish(snapshot, self.wish.wish, choice, catalogue))

    def _refresh(self) -> None:
        if self.answer is None:
            return
        self.wish.refuse(None)
        self.card.show_answer(self.answer)
        self._lists.start()
        self._ask.start()
        self._settle()

    def _refresh_lists(self) -> None:
        self._lists.stop()
        catalogue = self.chooser.catalogue
        known = self.engine_images.images
        rows = self.chooser.rows(known or ())
        self.catalogue.show_rows(rows)
        self.inspector.set_ground(catalogue, rows, known)
        recommended = self.choice.reference if self.choice else ""
        mine = local_rows(known or (), catalogue, recommended, self.engine_images.sessions)
        empty = self._unknown_local() if known is None else self.tr("The engine has no images yet. Pull or import one.")
        self.local.show_rows(mine, empty)
        title = self.tr("On this engine ({count})").format(count=len(mine)) if mine else self.tr("On this engine")
        self.tabs.setTabText(1, title)

    def _unknown_local(self) -> str:
        return why_no_engine(self._app.diagnosis, recorded=False) or self.tr("What the engine has is not known.")

    # what the registry says

    def _ask_registry(self) -> None:
        if not self.isVisible():
            return
        if self.choice:
            self.questions.ask(self.choice.reference)
        if self.inspector.isVisible():
            # a new diagnosis has forgotten what was told of it
            self.questions.ask(self.inspector.reference)

    def _ask_again(self) -> None:
        if self.choice:
            self.questions.ask(self.choice.reference, again=True)

    def _say_tags(self) -> None:
        lists = self.tag_lists
        self.catalogue.say_tags(lists.note, reading=lists.reading, why_not=lists.why_not)

    # the one main button, and what may be done

    def _settle(self, _changed: object = None) -> None:
        why = why_no_engine(self._app.diagnosis, recorded=self._app.recorded)
        self._settle_main(why)
        self.catalogue.set_why_not(why)
        self.local.set_why_not(why)
        self.inspector.set_why_not(why)
        self.plans.show_plans(self.answer.per_gpu if self.answer else (), self.engine_images.images or (), why)

    def _settle_main(self, why: str) -> None:
        choice = self.choice
        if choice is None:
            self.header.say(self.tr("Images"), self._sentence(why), "")
            return
        known = self.engine_images.images
        here = find_local(choice.reference, known or ())
        pull = self._app.activities.pull_of(choice.reference)
        pulling = here is None and pull is not None and pull.on_its_way
        action = self.tr("Launch") if here else self.tr("Pulling…") if pulling else self.tr("Pull")
        self.header.say(self.tr("Images"), self._sentence(why), action)
        self.card.show_known(known_of(self._app, self.questions, choice, known, self.chooser.catalogue))
        self.card.set_why_not(why)
        main = self.header.main_button
        theme().bind_icon(main, "launch" if here else "download", "on_accent")
        reason = "" if here else why or why_not_pull(self.questions.answer(choice.reference), None)
        main.setEnabled(not reason and not pulling)
        main.setToolTip(reason)

    def _sentence(self, why: str) -> str:
        if why:
            return why
        if self.choice:
            return self.tr("The newest proven image that runs on this driver and on every GPU of this machine.")
        return self.tr("Every image of the catalogue, judged for this machine.")

    def _act(self) -> None:
        choice = self.choice
        if choice is None:
            return
        if is_here(choice.reference, self.engine_images.images or ()):
            self._launch_with(choice.reference)
        else:
            self.pull_image(choice.reference)

    def _renew(self) -> None:
        if self.choice:
            self.pull_image(self.choice.reference)

    def pull_image(self, reference: str) -> None:
        """Pull an image; the activities carry it out and show how it goes."""
        if why_no_engine(self._app.diagnosis, recorded=self._app.recorded):
            return
        confirmed = self.questions.confirmed(reference)
        move = confirmed.transfer if confirmed else None
        self._app.activities.pull(
            reference, expected=move.to_fetch if move else None, keeps=confirmed.keeps_layers if confirmed else None
        )

    def _launch_with(self, reference: str, digest: str = "") -> None:
        compiles = self.wish.wish.task == "compile"
        self._app.page_wanted.emit("launch", LaunchWish(image=reference, digest=digest, compiles=compiles))

    def _launch_plan(self, plan: GpuPlan) -> None:
        uuids = tuple(gpu.uuid for gpu in plan.gpus if gpu.uuid)
        if plan.choice:
            compiles = self.wish.wish.task == "compile"
            wish = LaunchWish(image=plan.choice.reference, gpus=uuids, compiles=compiles)
            self._app.page_wanted.emit("launch", wish)

    # any image

    def _toggle_inspector(self, wanted: bool) -> None:
        self.inspector.setVisible(wanted)
        if wanted:
            self.inspector.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _inspect(self, reference: str) -> None:
        self._other.setChecked(True)
        self.inspector.inspect(reference)

    def _reveal_inspection(self) -> None:
        self.reveal(self.inspector)

    # what the engine has

    def _show_tab(self, tab: int) -> None:
        self.catalogue.setVisible(tab == 0)
        self.local.setVisible(tab == 1)

    def _show_local(self) -> None:
        self.failure.hide()
        self._lists.start()
        self._settle()

    def _ask_remove(self, rows: tuple[LocalRow, ...]) -> None:
        question, detail = removal_question(rows)
        keys = tuple(row.key for row in rows)
        confirm(self, question, detail, self.tr("Remove"), partial(self.engine_images.remove, keys))

    def _tell(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        # trying again asks the engine for its images once more
        again = trouble.id.startswith("engine-")
        self.failure.show_failure(article.title, article.text, article.remedy, links=article.links, again=again)
        self.reveal(self.failure)
