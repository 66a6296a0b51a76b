"""The main path in the window, against the real engine: diagnose, recommend, pull, launch, prove, stop, remove."""

import urllib.request
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from tests.support.window import opened_window

pytestmark = [pytest.mark.timeout(600)]
MIB = 1 << 20


@pytest.fixture
def window(qtbot, tmp_path, engine, fake_nvml):
    """The window on this computer: the real engine, and one GPU played by the NVML stand-in."""
    fake_nvml("rtx4090")
    with opened_window(qtbot, tmp_path / "home", engine=engine.docker_host) as opened:
        yield opened


def press(qtbot, button):
    assert button.isVisible(), button.text()
    assert button.isEnabled(), button.toolTip() or button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def confirm_soon(qapp, answer):
    """Press a button of the next message box, as a person would."""
    from PySide6.QtCore import QTimer

    def look():
        boxes = [widget for widget in qapp.topLevelWidgets() if isinstance(widget, QMessageBox) and widget.isVisible()]
        if not boxes:
            QTimer.singleShot(50, look)
            return
        buttons = {button.text().replace("&", ""): button for button in boxes[0].findChildren(QPushButton)}
        name = next(text for text in buttons if answer in text)
        QTest.mouseClick(buttons[name], Qt.MouseButton.LeftButton)

    QTimer.singleShot(50, look)


def status(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status


def test_the_main_path(window, qtbot, qapp, engine, torch_image, browser):
    # diagnose: the stack stands on the GPU
    window.show_page("home")
    home = window.page("home")
    layers = {layer.id: layer for layer in home.stack.layers}
    assert layers["gpu"].state == "ok"
    assert "RTX 4090" in layers["gpu"].line
    assert layers["work"].state == "not_tested"

    # recommend
    window.show_page("images")
    images = window.page("images")
    qtbot.waitUntil(lambda: images.answer is not None)
    assert images.answer.choice.reference.startswith("pytorch/pytorch:2.")

    # inspect and pull, by name from the local registry, with layers that are not here
    reference = f"{engine.registry}/pytorch/end-to-end:1"
    engine.forget_image(reference)
    engine.push(torch_image, "pytorch/end-to-end", "1", new_layers=(3 * MIB, 5 * MIB), seed=77)
    images.show_argument(reference)
    card = images.inspector.card
    qtbot.waitUntil(lambda: "Confirmed by" in card.standing.text, timeout=60_000)
    press(qtbot, next(one for one in card.findChildren(QPushButton) if one.text() == "Pull"))
    qtbot.waitUntil(
        lambda: engine.client.images.list(name=f"{engine.registry}/pytorch/end-to-end") != [], timeout=120_000
    )
    qtbot.waitUntil(lambda: not window.app.activities.on_their_way, timeout=20_000)

    # launch it with all GPUs and Jupyter
    window.show_page("launch", reference)
    launch = window.page("launch")
    launch.form.image.setEditText(reference)
    launch.form.name.setText("end-to-end")
    qtbot.waitUntil(launch.header.main_button.isEnabled, timeout=10_000)
    assert "--gpus" in launch.plan.command.text
    press(qtbot, launch.header.main_button)
    qtbot.waitUntil(lambda: "end-to-end" in launch.sessions.names, timeout=400_000)
    qtbot.waitUntil(lambda: launch.sessions.card("end-to-end").session.running, timeout=60_000)
    container = engine.client.containers.get("end-to-end")
    assert [request.visible_devices for request in engine.gpu_requests(container.id)] == ["all"]

    # connect: the address that the browser is given answers
    qtbot.waitUntil(lambda: not launch.work_on_its_way(), timeout=120_000)
    assert len(browser.addresses) == 1  # opened as soon as it answered
    launch.tabs.setCurrentIndex(1)
    card = launch.sessions.card("end-to-end")
    qtbot.waitUntil(lambda: card.button("jupyter").isVisible() and card.button("jupyter").isEnabled(), timeout=120_000)
    press(qtbot, card.button("jupyter"))
    qtbot.waitUntil(lambda: len(browser.addresses) == 2, timeout=30_000)
    assert browser.addresses[0] == browser.addresses[1]
    assert QUrl(browser.addresses[0]).host() == "127.0.0.1"
    assert status(browser.addresses[0]) == 200
    token = urlsplit(browser.addresses[0]).query.removeprefix("token=")
    assert token not in str(container.attrs)

    # prove: torch in this image is built for the CPU, so no badge may claim a GPU
    qtbot.waitUntil(card.button("prove").isEnabled)
    press(qtbot, card.button("prove"))
    qtbot.waitUntil(card.proof_badge.isVisible, timeout=120_000)
    assert card.proof_badge.state != "ok" or "CPU" in card.proof_badge.word
    assert window.app.context.store.records("probe")

    # stop and remove
    qtbot.waitUntil(card.button("stop").isEnabled, timeout=30_000)
    press(qtbot, card.button("stop"))
    qtbot.waitUntil(lambda: launch.sessions.card("end-to-end").session.state == "exited", timeout=60_000)
    qtbot.waitUntil(launch.sessions.card("end-to-end").button("remove").isEnabled, timeout=30_000)
    confirm_soon(qapp, "Remove")
    press(qtbot, launch.sessions.card("end-to-end").button("remove"))
    qtbot.waitUntil(lambda: "end-to-end" not in launch.sessions.names, timeout=60_000)
    assert [one.name for one in engine.client.containers.list(all=True) if one.name == "end-to-end"] == []
