"""The Launch page on sample machines, and a session's whole life against the real engine."""

import secrets
import socket
import urllib.request

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton
from tests.support.window import opened_window

from drydock.data.machine import open_machine
from drydock.qt.models.launch import LaunchWish


@pytest.fixture
def window(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as opened:
        opened.show_page("launch")
        yield opened


@pytest.fixture
def live(qtbot, tmp_path, engine):
    """The page of this computer with the tests' engine; sessions it launched are gone afterwards."""
    with opened_window(qtbot, tmp_path, engine=engine.docker_host) as opened:
        opened.show_page("launch")
        page = opened.page("launch")
        qtbot.waitUntil(lambda: page.sessions.sessions is not None, timeout=20_000)
        yield opened
    for container in engine.client.containers.list(all=True):
        if container.name.startswith(PREFIX):
            container.remove(force=True)


PREFIX = f"window-{secrets.token_hex(3)}-"


def press(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown_texts(widget):
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def launched(page, qtbot, image, name, timeout=60_000):
    """Launch without a GPU and wait until the session has its card."""
    page.form.image.setEditText(image)
    page.form.gpus.choose("none")
    page.form.name.setText(name)
    press(qtbot, page.header.main_button)
    qtbot.waitUntil(lambda: not page.run.running, timeout=timeout)
    assert page.run.failure.isHidden(), page.run.failure.words
    qtbot.waitUntil(lambda: name in page.sessions.names, timeout=20_000)
    return page.sessions.card(name)


def test_the_recommended_image_stands_in_the_form(window):
    page = window.page("launch")
    assert page.form.image.currentText().startswith("pytorch/pytorch:")
    assert "Recommended" in page.form.note("image")
    assert page.form.texts.gpus == "all"
    assert page.plan.command.text.startswith("docker run ")
    assert "--gpus all" in page.plan.command.text


def test_nothing_is_launched_on_a_recorded_machine(window):
    page = window.page("launch")
    assert not page.header.main_button.isEnabled()
    assert "recorded machine" in page.header.main_button.toolTip()
    page.launch()
    assert not page.run.running
    page.tabs.setCurrentIndex(1)
    assert page.sessions.empty.isVisible()
    assert "recorded machine" in shown_texts(page.sessions.empty)


@pytest.mark.parametrize(
    ("edit", "text", "field", "says"),
    [
        ("memory", "much", "memory", "much"),
        ("shm_size", "x", "shm_size", "32g"),
        ("name", "-", "name", "Use letters"),
        ("workspace", "/etc", "workspace", "/etc"),
        ("workspace", "./here", "workspace", "absolute"),
    ],
)
def test_a_problem_is_said_at_its_field_while_typing(window, qtbot, edit, text, field, says):
    page = window.page("launch")
    control = getattr(page.form, edit)
    qtbot.keyClicks(getattr(control, "edit", control), text)
    assert says in page.form.note(field)


def test_mounts_and_variables_are_behind_more(window):
    page = window.page("launch")
    assert not page.form.mounts.isVisible()
    page.form.more.setChecked(True)
    page.form.mounts.setPlainText("/data:/data:ro\ncache:/cache")
    page.form.environment.setPlainText("HF_TOKEN=hush\nEPOCHS=3")
    assert "source=/data,target=/data,readonly" in page.plan.command.text
    assert "EPOCHS=3" in page.plan.command.text
    assert "hush" not in page.plan.command.text
    page.form.mounts.setPlainText("nonsense")
    assert "nonsense" in page.form.note("mounts")


def test_some_gpus_by_name(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="h100x8-server") as window:
        window.show_page("launch")
        form = window.page("launch").form
        form.gpus.some.click()
        assert "empty" in form.note("gpus")
        boxes = list(form.gpus._boxes.values())
        assert [box.text() for box in boxes][:2] == ["GPU 0: H100 80GB HBM3, 80 GiB", "GPU 1: H100 80GB HBM3, 80 GiB"]
        boxes[2].click()
        boxes[5].click()
        assert form.texts.gpus == (boxes[2].toolTip(), boxes[5].toolTip())
        assert form.note("gpus") == ""
        assert boxes[5].toolTip() in window.page("launch").plan.command.text


def test_another_page_sends_an_image_and_gpus(window):
    uuid = window.app.diagnosis.snapshot.gpus[0].uuid.value
    window.app.page_wanted.emit("launch", LaunchWish(image="me/mine:1", gpus=(uuid,)))
    texts = window.page("launch").form.texts
    assert (texts.image, texts.gpus) == ("me/mine:1", (uuid,))
    assert "Not in the catalogue" in window.page("launch").form.note("image")


def test_another_machine_takes_its_image_away_and_leaves_the_persons(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="rtx4090-desktop") as window:
        window.show_page("launch")
        form = window.page("launch").form
        form.gpus.choose((window.app.diagnosis.snapshot.gpus[0].uuid.value,))
        window.app.show_machine(open_machine("broken-laptop"))
        assert form.image.currentText() == ""
        assert "Recommended" not in form.note("image")
        qtbot.waitUntil(lambda: window.app.diagnosis is not None, timeout=20_000)
        assert form.gpus.wish == "none"
        form.image.setEditText("me/mine:1")
        window.app.show_machine(open_machine("h100x8-server"))
        qtbot.waitUntil(lambda: window.app.diagnosis is not None, timeout=20_000)
        assert form.image.currentText() == "me/mine:1"


def test_a_long_reference_is_shown_from_its_beginning(window):
    image = window.page("launch").form.image
    assert image.currentText().startswith("pytorch/pytorch:")
    assert image.lineEdit().cursorPosition() == 0


def test_without_a_recommendation_the_form_says_why(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, machine="broken-laptop") as window:
        window.show_page("launch")
        assert "driver must answer first" in window.page("launch").form.note("image")


def test_without_an_engine_the_way_to_help_is_shown(qtbot, tmp_path):
    with opened_window(qtbot, tmp_path, engine="unix:///nowhere/docker.sock") as window:
        window.show_page("launch")
        page = window.page("launch")
        assert page.why.isVisible()
        assert not page.header.main_button.isEnabled()
        page.why.chosen.emit()
        assert window.rail.current == "doctor"


def test_what_only_the_disk_and_the_ports_tell(live, qtbot, tiny_image, tmp_path):
    page = live.page("launch")
    page.form.image.setEditText(tiny_image.reference)
    page.form.gpus.choose("none")
    page.form.workspace.edit.setText(str(tmp_path / "missing"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        page.form.jupyter.port.setValue(taken.getsockname()[1])
        qtbot.waitUntil(lambda: "does not exist" in page.form.note("workspace"), timeout=20_000)
        assert str(taken.getsockname()[1]) in page.form.note("jupyter")
    assert not page.header.main_button.isEnabled()
    page.form.workspace.edit.setText(str(tmp_path))
    page.form.jupyter.port.setValue(0)
    qtbot.waitUntil(page.header.main_button.isEnabled, timeout=20_000)
    qtbot.waitUntil(lambda: page.plan.exact is not None, timeout=20_000)
    assert f"source={tmp_path}" in page.plan.command.text
    assert "here already" in page.plan.steps.text()


def test_a_session_lives_and_ends(live, qtbot, tiny_image):
    page, name = live.page("launch"), f"{PREFIX}plain"
    page.form.jupyter.switch.setChecked(False)
    card = launched(page, qtbot, tiny_image.reference, name)
    assert page.tabs.currentIndex() == 1
    assert page.form.name.text() == ""
    qtbot.waitUntil(card.isVisible, timeout=5_000)
    assert card.state_badge.word == "Running"
    assert card.button("jupyter").isHidden()
    press(qtbot, card.button("stop"))
    qtbot.waitUntil(lambda: card.session.state == "exited", timeout=30_000)
    assert card.button("prove").isHidden()
    press(qtbot, card.button("start"))
    qtbot.waitUntil(lambda: card.session.running, timeout=30_000)
    qtbot.waitUntil(card.button("remove").isEnabled, timeout=20_000)
    press(qtbot, card.button("remove"))
    question = card.findChild(QMessageBox)
    assert "the work inside ends" in question.informativeText()
    press(qtbot, next(one for one in question.buttons() if one.text() == "Remove"))
    qtbot.waitUntil(lambda: name not in page.sessions.names, timeout=30_000)


def test_sessions_are_found_again(live, qtbot, tmp_path, engine, tiny_image):
    name = f"{PREFIX}again"
    live.page("launch").form.jupyter.switch.setChecked(False)
    launched(live.page("launch"), qtbot, tiny_image.reference, name)
    with opened_window(qtbot, tmp_path / "other", engine=engine.docker_host) as window:
        sessions = window.page("launch").sessions
        qtbot.waitUntil(lambda: name in sessions.names, timeout=20_000)
        assert sessions.card(name).session.image == tiny_image.reference


def test_a_failed_launch_says_why_and_leaves_nothing(live, qtbot, engine):
    page, name = live.page("launch"), f"{PREFIX}fails"
    page.form.image.setEditText(f"{engine.registry}/not/there:1")
    page.form.gpus.choose("none")
    page.form.name.setText(name)
    press(qtbot, page.header.main_button)
    qtbot.waitUntil(lambda: not page.run.running, timeout=60_000)
    assert "not/there:1" in page.run.failure.words
    assert page.header.main_button.isEnabled()
    assert all(container.name != name for container in engine.client.containers.list(all=True))


def test_jupyter_opens_and_kernels_prove_the_cpu(live, qtbot, torch_image, browser):
    page, name = live.page("launch"), f"{PREFIX}torch"
    card = launched(page, qtbot, torch_image.reference, name, timeout=300_000)
    press(qtbot, card.button("jupyter"))
    qtbot.waitUntil(lambda: len(browser.addresses) == 2, timeout=30_000)
    address = browser.addresses[1]
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.status == 200
    token = address.partition("token=")[2]
    assert len(token) > 20
    press(qtbot, card.button("logs"))
    log = page.sessions.acts(name)._log.view
    qtbot.waitUntil(lambda: len(log.ring) > 3, timeout=20_000)
    assert token not in shown_texts(live)
    assert token not in "\n".join(log.ring.slice(log.ring.first, log.ring.end))
    press(qtbot, card.button("logs"))
    assert card.button("prove").text() == "Prove CPU"
    press(qtbot, card.button("prove"))
    assert "something is being done" in page.work_on_its_way().lower()
    qtbot.waitUntil(lambda: not page.sessions.acts(name).proving, timeout=120_000)
    assert card.proof_badge.word == "CPU works"
    assert "ran right on the CPU" in card.proof
    asked = []
    live.app.page_wanted.connect(lambda where, argument: asked.append((where, argument)))
    press(qtbot, card.button("benchmark"))
    assert asked == [("benchmark", name)]
    page.sessions.acts(name).remove()
    qtbot.waitUntil(lambda: name not in page.sessions.names, timeout=30_000)


def test_a_launch_stops_when_asked(live, qtbot, engine, tiny_image, faulty_registry):
    page, name = live.page("launch"), f"{PREFIX}stopped"
    proxy = faulty_registry(bytes_per_second=200_000)
    pushed = engine.registry.push_layers(
        f"window/{secrets.token_hex(4)}", "1.0", (4_000_000,), seed=secrets.randbits(30)
    )
    image = pushed.reference.replace(str(engine.registry), str(proxy))
    page.form.image.setEditText(image)
    page.form.gpus.choose("none")
    page.form.name.setText(name)
    press(qtbot, page.header.main_button)
    qtbot.waitUntil(lambda: (page.run.panel.line.share or 0) > 0, timeout=30_000)
    assert "launched" in page.work_on_its_way()
    press(qtbot, next(one for one in page.run.panel.findChildren(QPushButton) if one.text() == "Cancel"))
    qtbot.waitUntil(lambda: not page.run.running, timeout=30_000)
    assert page.run.isHidden()
    assert not engine.client.images.list(name=image)


def test_a_pinned_image_of_another_page(window):
    page, digest = window.page("launch"), "sha256:" + "a" * 64
    window.app.page_wanted.emit("launch", LaunchWish(image="me/mine:1", digest=digest))
    assert f"drydock.image-digest={digest}" in page.plan.command.text
    page.form.jupyter.switch.click()
    assert f"me/mine@{digest}" in page.plan.command.text
    assert "pinned to sha256:aaaaaaaaaaaa" in page.plan.steps.text()
    assert "sha256:aaaaaaaaaaaa" in page.form.note("pin")
    assert page.form.pin.copy.isVisible()
    page.form.pin.copy.click()
    assert QGuiApplication.clipboard().text() == digest
    page.form.image.setEditText("me/mine:1@sha256:12")
    assert "64 hexadecimal digits" in page.form.note("image")


def test_a_compiler_is_offered_for_compiling(window):
    page = window.page("launch")
    assert not page.form.compiler.isChecked()
    image = "pytorch/pytorch:2.9.1-cuda12.8-cudnn9-devel"
    window.app.page_wanted.emit("launch", LaunchWish(image=image, compiles=True))
    assert not page.form.compiler.isChecked()
    assert "one already" in page.form.note("compiler")
    window.app.page_wanted.emit("launch", LaunchWish(image="me/mine:1", compiles=True))
    assert page.form.compiler.isChecked()
    assert "a C compiler" in page.plan.steps.text()


def test_an_image_is_pinned_to_the_copy_here(live, qtbot, engine, tiny_image):
    page, reference = live.page("launch"), f"{engine.registry}/launch/pinned:1"
    engine.push(tiny_image, "launch/pinned", "1")
    engine.client.images.pull(reference)
    page.form.image.setEditText(reference)
    page.form.pin.switch.click()
    qtbot.waitUntil(lambda: page.form.pin.digest != "", timeout=20_000)
    assert "the copy that is here" in page.form.note("pin")
    assert page.form.pin.digest in page.plan.command.text
    page.form.pin.switch.click()
    assert page.form.pin.digest == ""
    engine.forget_image(reference)
