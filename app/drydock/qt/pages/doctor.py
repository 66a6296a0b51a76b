"""Doctor: every check in reading order, the root cause first, each with evidence, consequence and remedy."""

from itertools import groupby

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from drydock.core.findings import Diagnosis, Finding
from drydock.core.remedies import remedies_for
from drydock.core.trouble import Trouble
from drydock.data.knowledge import finding_article, trouble_article
from drydock.qt.app import App
from drydock.qt.widgets.command_box import CommandBox
from drydock.qt.widgets.fold_row import FoldRow
from drydock.qt.widgets.key_value_list import KeyValueList, Row
from drydock.qt.widgets.labels import button, label
from drydock.qt.widgets.page import Page
from drydock.qt.widgets.page_header import PageHeader


class DoctorPage(Page):
    """The ladder of checks. Rows that are fine stay folded; the root cause is open."""

    def __init__(self, app: App, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._app = app
        self._rows: dict[str, FoldRow] = {}
        self._list: QWidget | None = None
        self.header = PageHeader(self.tr("Doctor"), action=self.tr("Check again"), icon="refresh")
        self.header.chosen.connect(app.diagnose)
        self._report = button(self.tr("Save report…"), "plain", "file")
        self._report.setToolTip(
            self.tr("A file that another computer's Drydock can open; personal things are taken out")
        )
        self._report.clicked.connect(self._save_report)
        self.header.add_beside(self._report)
        self.body.addWidget(self.header)
        self.body.addStretch(1)
        app.diagnosing.connect(self._wait)
        app.diagnosed.connect(self._show)
        app.diagnosis_failed.connect(self._fail)
        if app.diagnosis:
            self._show(app.diagnosis)
        else:
            self._wait()

    def row(self, check: str) -> FoldRow:
        """Return the row of a check.

        Raises:
            KeyError: the check has no row.
        """
        return self._rows[check]

    def show_argument(self, argument: object) -> None:
        """Open and reveal the row of a check, named by its id."""
        if isinstance(argument, str) and argument in self._rows:
            self._rows[argument].set_open(True)
            self.reveal(self._rows[argument])

    def _wait(self) -> None:
        self.header.say(self.tr("Doctor"), self.tr("Looking at this machine…"))
        self.header.main_button.setEnabled(False)
        self._report.setEnabled(False)

    def _show(self, diagnosis: Diagnosis) -> None:
        self.header.main_button.setEnabled(True)
        self._report.setEnabled(not self._app.recorded)
        self.header.say(self.tr("Doctor"), self._sentence(diagnosis))
        opened = [check for check, row in self._rows.items() if row.open]
        self._rows.clear()
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        root = diagnosis.root_cause
        if root:
            column.addWidget(label(self.tr("Mend this first"), "heading"))
            self._rows[root.id] = self._make_row(root, diagnosis)
            column.addWidget(self._rows[root.id])
        titles = self._rung_titles()
        others = [finding for finding in diagnosis.findings if finding is not root]
        for rung, findings in groupby(others, key=lambda finding: finding.rung):
            column.addSpacing(8)
            column.addWidget(label(titles[rung], "heading"))
            for row in self._make_rows(tuple(findings), diagnosis):
                column.addWidget(row)
        if self._list is not None:
            self.body.removeWidget(self._list)
            self._list.hide()
            self._list.deleteLater()
        self._list = fresh
        self.body.insertWidget(1, fresh)
        for check in [*opened, *([root.id] if root else [])]:
            if check in self._rows:
                self._rows[check].set_open(True)

    def _fail(self, trouble: Trouble) -> None:
        article = trouble_article(trouble)
        self.header.main_button.setEnabled(True)
        self.header.say(article.title, f"{article.text} {article.remedy}")

    def _sentence(self, diagnosis: Diagnosis) -> str:
        root = diagnosis.root_cause
        if root:
            return finding_article(root).text
        attention = sum(finding.state == "attention" for finding in diagnosis.findings)
        if attention == 1:
            return self.tr("Nothing is broken; one thing deserves a look.")
        if attention:
            return self.tr("Nothing is broken; {count} things deserve a look.").format(count=attention)
        return self.tr("Nothing is broken.")

    def _rung_titles(self) -> dict[str, str]:
        return {
            "host": self.tr("This computer"),
            "gpu": self.tr("GPU"),
            "driver": self.tr("Driver"),
            "engine": self.tr("Container engine"),
            "toolkit": self.tr("NVIDIA Container Toolkit"),
            "image": self.tr("Image"),
            "container": self.tr("Inside the container"),
            "torch": self.tr("PyTorch"),
            "load": self.tr("Under load"),
            "work": self.tr("Your work"),
        }

    def _make_rows(self, findings: tuple[Finding, ...], diagnosis: Diagnosis) -> list[FoldRow]:
        """Return a row for each finding; several that were not tested share one, as they mostly share their reason."""
        untested = [finding for finding in findings if finding.state == "not_tested"]
        together = untested if len(untested) > 1 else []
        made: list[FoldRow] = []
        for finding in findings:
            if finding not in together:
                self._rows[finding.id] = self._make_row(finding, diagnosis)
                made.append(self._rows[finding.id])
        if together:
            made.append(self._make_untested(together))
            self._rows.update((finding.id, made[-1]) for finding in together)
        return made

    def _make_untested(self, findings: list[Finding]) -> FoldRow:
        articles = [finding_article(finding) for finding in findings]
        title = self.tr("{count} checks not tested").format(count=len(findings))
        row = FoldRow("not_tested", title, ", ".join(article.title for article in articles))
        reasons = tuple(Row(label=article.title, value=article.text) for article in articles)
        row.body.addWidget(KeyValueList(reasons))
        return row

    def _make_row(self, finding: Finding, diagnosis: Diagnosis) -> FoldRow:
        article = finding_article(finding)
        row = FoldRow(finding.state, article.title, article.text)
        for text in (article.consequence, article.remedy):
            if text:
                row.body.addWidget(label(text, "body", selectable=True))
        if article.commands:
            row.body.addWidget(CommandBox("\n".join(article.commands)))
        for remedy in remedies_for(finding, diagnosis.snapshot):
            row.body.addWidget(label(remedy.title, "strong"))
            row.body.addWidget(CommandBox("\n".join(remedy.commands)))
        if finding.evidence:
            row.body.addWidget(label(self.tr("Evidence"), "muted"))
            rows = tuple(Row(label=piece.source, value=piece.text or "-", mono=True) for piece in finding.evidence)
            row.body.addWidget(KeyValueList(rows))
        for link in article.links:
            row.body.addWidget(self._link(link))
        row.body.addWidget(label(self.tr("Check: {id}").format(id=finding.id), "small", selectable=True))
        return row

    def _link(self, address: str) -> QWidget:
        go = button(address.removeprefix("https://"), "quiet", "external")
        go.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(address)))
        return go

    def _save_report(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save report"), "drydock-report.zip", "Drydock (*.zip)")
        if chosen:
            self.save_report(chosen)

    def save_report(self, path: str) -> None:
        """Write a bundle to a path, and say how it went."""
        from pathlib import Path

        from drydock.jobs.report import Report, ReportJob

        def done(report: Report) -> None:
            count = sum(item.times for item in report.removed)
            words = self.tr("Saved {path}; {count} personal things were taken out.")
            self._app.noted.emit(words.format(path=report.path, count=count), "ok")
            self._report.setEnabled(True)

        def failed(trouble: Trouble) -> None:
            article = trouble_article(trouble)
            self._app.noted.emit(f"{article.title}. {article.text}", "broken")
            self._report.setEnabled(True)

        self._report.setEnabled(False)
        self._app.bridge.start(ReportJob(self._app.context, Path(path)), done=done, failed=failed)
