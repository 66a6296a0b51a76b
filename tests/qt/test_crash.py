import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from drydock.core.redact import Redactor
from drydock.qt.crash import CrashCatcher, crash_report
from drydock.qt.crash_dialog import CrashDialog


def test_the_report_names_versions_and_no_person():
    report = crash_report("File /home/mlin/x.py\nValueError: hf_abcdefghijklmnop", Redactor(homes=["/home/mlin"]))
    assert report.startswith("Drydock 0.")
    assert "ValueError" in report
    assert "mlin" not in report
    assert "hf_abc" not in report


def test_the_dialog_copies_the_report(qtbot):
    dialog = CrashDialog("the report")
    qtbot.addWidget(dialog)
    dialog.show()
    copy = next(button for button in dialog.findChildren(QPushButton) if "Copy" in button.text())
    copy.click()
    assert QGuiApplication.clipboard().text() == "the report"
    assert dialog.text.toPlainText() == "the report"


def test_an_uncaught_exception_is_printed_and_told(qtbot, capsys):
    catcher = CrashCatcher()
    heard = []
    catcher.caught.connect(heard.append)
    catcher.install()
    try:
        try:
            raise KeyError("lost")
        except KeyError:
            sys.excepthook(*sys.exc_info())
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    finally:
        catcher.remove()
    assert len(heard) == 1
    assert "KeyError: 'lost'" in heard[0]
    assert "KeyError: 'lost'" in capsys.readouterr().err
    assert sys.excepthook is sys.__excepthook__
