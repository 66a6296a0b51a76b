"""Images from a file and into a file: for computers without a network."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from drydock.qt.app import App
from drydock.qt.models.image_files import file_name, load_words, loaded_words, save_words


class ImageFiles(QObject):
    """Asks for the file and starts the activity."""

    def __init__(self, app: App, parent: QWidget) -> None:
        super().__init__(parent)
        self._app = app
        self._window = parent

    def choose_import(self) -> None:
        """Let the person choose a file, and import it."""
        kinds = self.tr("Image archives (*.tar *.tar.gz *.tgz *.tar.bz2 *.tar.xz *.tar.zst);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Import images from a file"), "", kinds)
        if chosen:
            self.import_file(chosen)

    def import_file(self, path: str) -> None:
        """Import the images of a file."""
        from drydock.jobs.images import ImportImageJob

        self._app.activities.start(
            "import",
            self.tr("Importing {file}").format(file=Path(path).name),
            partial(ImportImageJob, self._app.context, path),
            words=load_words,
            done_words=loaded_words,
            changes_images=True,
        )

    def choose_export(self, reference: str) -> None:
        """Let the person choose where an image is written to, and write it."""
        chosen, _ = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export {image}").format(image=reference),
            file_name(reference),
            self.tr("Image archives (*.tar)"),
        )
        if chosen:
            # the dialog has asked before it named a file that is there
            self.export_file(reference, chosen, overwrite=True)

    def export_file(self, reference: str, path: str, *, overwrite: bool = False) -> None:
        """Write an image to a file."""
        from drydock.jobs.images import ExportImageJob

        def told(_result: object) -> str:
            return self.tr("{image} was written to {file}.").format(image=reference, file=path)

        self._app.activities.start(
            "export",
            self.tr("Exporting {image}").format(image=reference),
            partial(ExportImageJob, self._app.context, reference, path, overwrite=overwrite),
            reference=reference,
            words=save_words,
            done_words=told,
        )
