"""The Doctor page: ladder, list, depths, history, and what happens while a look goes on."""

import time

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QMessageBox, QPushButton, QTextEdit
from tests.support.snapshots import healthy_snapshot, replaced
from tests.support.window import opened_window

from drydock.core.changes import kept_of
from drydock.core.facts import Known
from drydock.core.facts.gpu import GpuProcess
from drydock.data.machine import open_machine
from drydock.jobs.diagnose import diagnose_snapshot
from drydock.qt.pages.mend_box import MendBox
from drydock.store import Store

WAIT = 30_000


def words(widget):
    """Everything that can be read in a widget."""
    labels = [one.text() for one in widget.findChildren(QLabel) if one.isVisible()]
    return "\n".join([*labels, *(one.toPlainText() for one in widget.findChildren(QTextEdit) if one.isVisible())])


def press(qtbot, widget, text):
    def found():
        return [one for one in widget.findChildren(QPushButton) if one.text() == text and one.isVisible()]

    # a row that came just now is shown with the next event
    qtbot.waitUntil(lambda: bool(found()))
    qtbot.mouseClick(found()[0], Qt.MouseButton.LeftButton)


def steps(page):
    return {step.id: step for step in page.findings.ladder.steps}


def listed(page):
    return [item.key for item in page.findings.list.items]


def built(qtbot, page):
    """Wait until every line that is to be on show has its widget."""
    widgets = page.findings.list._widgets
    qtbot.waitUntil(lambda: all(item.key in widgets for item in page.findings.list.items), timeout=WAIT)


def opened(qtbot, tmp_path, machine=""):
    return opened_window(qtbot, tmp_path, machine=machine)


def activate(qtbot, window):
    """Make sure that the window has the keyboard, which another test's window may have had."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


@pytest.fixture
def laptop(qtbot, tmp_path):
    with opened(qtbot, tmp_path, "broken-laptop") as window:
        window.show_page("doctor")
        built(qtbot, window.page("doctor"))
        yield window.page("doctor")


@pytest.fixture
def here(qtbot, tmp_path):
    """This computer, of which two earlier states are kept."""
    states = (
        (1, healthy_snapshot()),
        (2, open_machine("broken-laptop").snapshot),
    )
    kept = [
        kept_of(diagnose_snapshot(replaced(snapshot, taken_at=f"2026-11-{day:02d}T08:00:00Z", label="")))
        for day, snapshot in states
    ]
    Store(tmp_path).save_machines(tuple(kept))
    with opened(qtbot, tmp_path) as window:
        window.show_page("doctor")
        built(qtbot, window.page("doctor"))
        yield window


# ladder and list


def test_the_ladder_marks_the_first_broken_rung_and_says_what_waits(laptop):
    ladder = steps(laptop)
    assert next(iter(ladder)) == "host"
    assert len(ladder) == 10
    assert [name for name, step in ladder.items() if step.marked] == ["driver"]
    assert ladder["driver"].state == "broken"
    assert ladder["toolkit"].words == "Waits for Driver"
    assert ladder["host"].state == "ok"


def test_the_root_cause_is_on_top_and_open_with_everything_about_it(laptop):
    assert listed(laptop)[:2] == ["heading-root", "driver-versions"]
    row = laptop.row("driver-versions")
    assert row.open
    assert row.state == "broken"
    told = words(row)
    for part in ("570.172.08", "What to do", "sudo reboot", "version_mismatch", "Check: driver-versions"):
        assert part in told
    assert row.findChild(MendBox) is not None


def test_what_is_fine_is_one_line_a_rung_until_it_is_opened(laptop, qtbot):
    group = laptop.row("host-disk")
    assert group.state == "ok"
    assert not group.open
    group.set_open(True)
    built(qtbot, laptop)
    row = laptop.row("host-disk")
    assert row is not group
    row.set_open(True)
    assert "Check: host-disk" in words(row)
    group.set_open(False)
    assert "host-disk" not in listed(laptop)


def test_a_body_is_made_only_when_it_is_wanted(laptop):
    row = laptop.row("engine-permission")
    assert row.body.count() == 0
    row.set_open(True)
    assert row.body.count() > 0


def test_a_finding_can_be_copied_as_text(laptop, qtbot):
    press(qtbot, laptop.row("driver-versions"), "Copy as text")
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Driver module and library [broken]")
    assert "sudo reboot" in text
    assert "version_mismatch" in text


def test_upstream_links_open_in_the_browser(laptop, qtbot, browser):
    press(qtbot, laptop.row("driver-versions"), "docs.nvidia.com/datacenter/tesla/driver-installation-guide/")
    assert browser.addresses == ["https://docs.nvidia.com/datacenter/tesla/driver-installation-guide/"]


def test_filters_by_state_and_by_words_and_back(laptop, qtbot):
    everything = listed(laptop)
    laptop.findings.filter.states.setCurrentIndex(1)
    assert [key for key in listed(laptop) if not key.startswith("heading")] == ["driver-versions", "engine-permission"]
    laptop.findings.filter.states.setCurrentIndex(2)
    built(qtbot, laptop)
    assert "container-nodes" in listed(laptop)
    assert "driver-versions" not in listed(laptop)
    laptop.findings.filter.clear()
    laptop.findings.filter.field.setText("disk")
    built(qtbot, laptop)
    assert "host-disk" in listed(laptop)
    laptop.findings.filter.field.setText("nothing says this")
    assert laptop.findings.nothing.isVisible()
    press(qtbot, laptop.findings.nothing, "Show all checks")
    assert listed(laptop) == everything


def test_what_was_looked_for_is_shown_from_its_beginning(laptop, qtbot):
    built(qtbot, laptop)
    bar = laptop.findings.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    laptop.findings.filter.field.setText("engine")
    built(qtbot, laptop)
    assert bar.value() == 0


def test_a_rung_leads_to_its_findings_even_where_a_filter_hides_them(laptop, qtbot):
    laptop.findings.filter.states.setCurrentIndex(1)
    laptop.findings.ladder.choose("torch")
    built(qtbot, laptop)
    assert laptop.findings.filter.show_states == "all"
    heading = laptop.findings.list._widgets["heading-torch"]
    bar = laptop.findings.list.verticalScrollBar()
    assert heading.y() >= bar.value()
    assert heading.y() < bar.value() + laptop.findings.list.viewport().height()


def test_a_check_that_another_page_names_is_unfolded_and_opened(laptop, qtbot):
    laptop.findings.filter.states.setCurrentIndex(1)
    laptop.show_argument("host-memory")
    built(qtbot, laptop)
    assert laptop.row("host-memory").open
    assert "Check: host-memory" in words(laptop.row("host-memory"))


def test_everything_fits_into_the_smallest_usual_window(laptop, qtbot):
    window = laptop.window()
    window.resize(1000, 640)
    qtbot.waitUntil(lambda: window.width() == 1000)
    assert laptop.findings.ladder.verticalScrollBar().maximum() == 0
    assert laptop.findings.list.horizontalScrollBar().maximum() == 0
    widget = laptop.findings.list.widget()
    assert widget.width() <= laptop.findings.list.viewport().width()


# looking again


def test_looking_again_keeps_rows_what_is_open_the_focus_and_the_place(laptop, qtbot):
    app = laptop._app
    activate(qtbot, laptop.window())
    laptop.row("engine-permission").set_open(True)
    laptop.row("host-disk").set_open(True)
    built(qtbot, laptop)
    laptop.row("driver-versions").set_open(False)
    row = laptop.row("engine-permission")
    row.setFocus(Qt.FocusReason.TabFocusReason)
    bar = laptop.findings.list.verticalScrollBar()
    laptop.findings.list._lay_out()
    bar.setValue(row.y())
    place = row.y() - bar.value()
    assert row.focusProxy().hasFocus()
    before = app.diagnosis
    laptop.check_again()
    qtbot.waitUntil(lambda: app.diagnosis is not before and not app.busy, timeout=WAIT)
    built(qtbot, laptop)
    assert laptop.row("engine-permission") is row
    assert row.open
    assert row.focusProxy().hasFocus()
    assert row.y() - bar.value() == place
    assert "host-disk" in listed(laptop)
    assert not laptop.row("driver-versions").open


def test_f5_looks_again_as_far_as_is_chosen(here, qtbot):
    page, app = here.page("doctor"), here.app
    activate(qtbot, here)
    page.head.depths.choose("standard")
    page.findings.filter.field.setFocus()
    begun = []
    app.diagnosing.connect(lambda: begun.append(app.depth))
    qtbot.keyClick(page.findings.filter.field, Qt.Key.Key_F5)
    assert begun == ["standard"]
    qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)
    here.show_page("home")
    qtbot.keyClick(here, Qt.Key.Key_F5)
    assert begun == ["standard", "quick"]
    qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)


def test_findings_appear_before_the_look_ends(qtbot, tmp_path):
    with opened(qtbot, tmp_path) as window:
        window.show_page("doctor")
        page, app = window.page("doctor"), window.app
        window.app.diagnosis = None
        app.machine_changed.emit()  # as after another machine: nothing is known
        assert page.findings.nothing.isVisible()
        app.diagnose()
        counted = []
        app.step_reached.connect(lambda _step: counted.append(len(page._found)))
        qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)
        assert len(page._found) == len(app.diagnosis.findings)
        assert 0 < counted[len(counted) // 2] < len(app.diagnosis.findings)


def test_a_long_look_leaves_home_and_the_count_as_they_are(here, qtbot):
    home, app = here.page("home"), here.app
    badge = here.rail._find("doctor").badge
    seen = []
    app.diagnosing.connect(lambda: seen.append((words(home.header), here.rail._find("doctor").badge)))
    here.show_page("home")
    title = words(home.header)
    app.diagnose(depth="standard")
    assert seen == [(title, badge)]
    told = []
    app.noted.connect(lambda text, _tone: told.append(text))
    app.diagnose()
    assert len(told) == 1
    qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)


# depths


def test_of_a_recorded_machine_there_is_only_what_was_recorded(laptop):
    assert not laptop.head.depths.isEnabled()
    assert laptop.head.depths.wanted == "quick"
    assert "recorded" in laptop.head.depths.toolTip()
    assert not laptop.head.history.isEnabled()
    assert laptop.head.history.toolTip()


def test_a_look_into_a_container_says_which_image_or_why_not(here, qtbot):
    page = here.page("doctor")
    assert not page.head.container_row.isVisible()
    page.head.depths.choose("standard")
    assert page.head.container_row.isVisible()
    assert page.head.container_row.words
    asked = []
    here.app.page_wanted.connect(lambda name, _argument: asked.append(name))
    page.head.container_row.images_wanted.emit("")
    assert asked == ["images"]


def test_the_recommended_image_comes_first_where_it_is_here(laptop):
    inside = diagnose_snapshot(open_machine("tests/machines/container-healthy").snapshot)
    row = laptop.head.container_row
    row.follow(inside, "standard")
    assert row.images.itemText(0).endswith("(recommended)")
    assert row.image == row.images.itemData(0)


def test_a_load_on_gpus_in_use_needs_a_yes(here, qtbot):
    page, app = here.page("doctor"), here.app
    gpu = healthy_snapshot().gpus[0]
    used = Known((GpuProcess(pid=7, kind="compute", memory_used=Known(1), name=Known("train"), container=Known("")),))
    busy = msgspec.structs.replace(app.diagnosis.snapshot, gpus=(msgspec.structs.replace(gpu, processes=used),))
    app.diagnosis = msgspec.structs.replace(app.diagnosis, snapshot=busy)
    page.head.depths.choose("deep")
    page.check_again()
    assert not app.busy
    box = page.head.findChild(QMessageBox)
    assert "train" in box.informativeText()
    press(qtbot, box, "Not now")
    assert not app.busy


# stopping


def test_stopping_in_the_container_keeps_and_shows_what_is_there(qtbot, tmp_path, engine, python_image):
    with opened_window(qtbot, tmp_path, engine=engine.docker_host) as window:
        window.show_page("doctor")
        page, app = window.page("doctor"), window.app
        app.diagnose(depth="standard", image=python_image.reference)
        qtbot.waitUntil(lambda: page._step != "", timeout=WAIT)
        assert "0:" in words(page.header)
        qtbot.waitUntil(lambda: page.header.main_button.text() == "Stop" or not app.busy, timeout=WAIT)
        before = app.diagnosis
        app.stop_diagnosis()
        qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)
        assert app.stopped_early
        assert app.diagnosis is not before
        assert steps(page)["host"].state != "not_tested"
        assert "look,\u00a0stopped" in words(page.header)
        assert page.header.main_button.text() == "Check again"


def test_stopping_before_the_computer_is_known_keeps_what_was_known(here, qtbot):
    page, app = here.page("doctor"), here.app
    before = app.diagnosis
    app.diagnose()
    app.stop_diagnosis()
    qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)
    if app.stopped_early:  # it may have been quicker than the wish
        assert app.diagnosis is before
        assert "stopped" in words(page.header)
    assert page.header.main_button.isEnabled()


# history


def test_the_history_lists_what_was_found_and_what_changed(here, qtbot):
    page = here.page("doctor")
    press(qtbot, page.head, "History")
    qtbot.waitUntil(lambda: len(page.history.rows) == 3, timeout=WAIT)
    middle = list(page.history.rows.values())[1]
    assert middle.state == "broken"
    middle.set_open(True)
    qtbot.waitUntil(lambda: "What changed since the one before" in words(middle))
    assert "570.172.08" in words(middle)
    press(qtbot, page.head, "Back to now")
    assert page.findings.isVisible()


def test_an_earlier_diagnosis_can_only_be_read(here, qtbot):
    page = here.page("doctor")
    page.show_history()
    qtbot.waitUntil(lambda: len(page.history.rows) == 3, timeout=WAIT)
    middle = list(page.history.rows.values())[1]
    middle.set_open(True)
    press(qtbot, middle, "Show this diagnosis")
    built(qtbot, page)
    assert page.banner.isVisible()
    assert "2026-11-02" in page.banner.text
    assert steps(page)["driver"].marked
    row = page.row("driver-versions")
    assert row.open
    assert "sudo reboot" in words(row)
    assert row.findChild(MendBox) is None
    assert "It last worked on" in words(page.findings.list)
    press(qtbot, page.banner, "Back to now")
    assert not page.banner.isVisible()
    assert set(page._found) == {finding.id for finding in here.app.diagnosis.findings}


def test_escape_leads_back_step_by_step(here, qtbot):
    page = here.page("doctor")
    page.show_history()
    qtbot.waitUntil(lambda: len(page.history.rows) == 3, timeout=WAIT)
    middle = list(page.history.rows.values())[1]
    middle.set_open(True)
    press(qtbot, middle, "Show this diagnosis")
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.history.isVisible()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.findings.isVisible()


def test_looking_again_from_the_history_shows_how_it_is_now(here, qtbot):
    page, app = here.page("doctor"), here.app
    page.show_history()
    page.check_again()
    assert page.findings.isVisible()
    qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)


# all of it


def test_every_control_has_a_name(laptop):
    controls = [*laptop.findChildren(QAbstractButton), *laptop.findChildren(QComboBox)]
    assert all(one.accessibleName() for one in controls if one.isVisible())


def test_the_page_can_be_made_while_a_look_goes_on(qtbot, tmp_path):
    with opened(qtbot, tmp_path) as window:
        app = window.app
        app.diagnose()
        time.sleep(0.05)
        window.show_page("doctor")
        page = window.page("doctor")
        qtbot.waitUntil(lambda: not app.busy, timeout=WAIT)
        assert set(page._found) == {finding.id for finding in app.diagnosis.findings}
        assert page.header.main_button.isEnabled()
