"""From a finding on the Doctor page to its end: the remedy is applied there, and the page shows that it helped."""

import pytest
from PySide6.QtCore import Qt
from tests.qt.pages.test_mend_dialog import WAIT, apply, words
from tests.support.mend_place import LOCAL, REACHED, opened_place

from drydock.qt.pages.mend_box import MendBox
from drydock.qt.pages.mend_dialog import MendDialog


@pytest.fixture
def place(tmp_path, monkeypatch, qtbot):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", REACHED)
    with opened_place(tmp_path, monkeypatch) as opened:
        opened.config.write_text("{}\n")
        opened.window.show()
        opened.window.show_page("doctor")
        opened.app.diagnose()
        qtbot.waitUntil(lambda: opened.app.diagnosis is not None and not opened.app.busy, timeout=WAIT)
        yield opened


def state(place, check):
    return next(finding.state for finding in place.app.diagnosis.findings if finding.id == check)


def test_a_finding_is_mended_on_its_page(place, qtbot):
    page = place.window.page("doctor")
    assert state(place, "engine-container-proxy") == "attention"
    page.show_argument("engine-container-proxy")

    def box():
        found = [one for one in page.findChildren(MendBox) if one.isVisible() and not one.apply.isHidden()]
        return next((one for one in found if "proxy" in words(one)), None)

    qtbot.waitUntil(lambda: box() is not None, timeout=WAIT)
    qtbot.mouseClick(box().apply, Qt.MouseButton.LeftButton)
    dialog = next(one for one in place.window.findChildren(MendDialog))
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    assert f'"httpProxy": "{REACHED}"' in words(dialog)
    assert place.config.read_text() == "{}\n"
    with qtbot.waitSignal(place.app.diagnosed, timeout=WAIT):
        apply(qtbot, dialog)
    assert dialog.verdict.startswith("It helped")
    assert place.address() == REACHED != LOCAL
    assert state(place, "engine-container-proxy") == "ok"
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
