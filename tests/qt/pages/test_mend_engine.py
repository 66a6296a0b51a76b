"""Remedies in the window against a real engine: its settings file, and what nothing uses on its disk."""

import json
import os

import msgspec
import pytest
from tests.qt.pages.test_mend_dialog import apply, buttons, press, words
from tests.support.engine.daemon import SYSTEM_PATH
from tests.support.second_engine import second_engine

from drydock.core.facts import Known
from drydock.core.launch import labels
from drydock.jobs.context import Context
from drydock.jobs.diagnose import DiagnoseJob
from drydock.jobs.mend_asked import FindRemedyJob
from drydock.jobs.mend_plan import offers
from drydock.qt.app import App
from drydock.qt.pages.mend_dialog import open_remedy
from drydock.qt.window import MainWindow
from drydock.store import Store
from drydock.world import Stop
from drydock.world.live import LiveWorld

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this"),
    pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True),
]
WAIT = 90_000


@pytest.fixture
def own(engine, tiny_image):
    """A second engine with the tiny image, that may be restarted."""
    with second_engine() as made:
        client = made.client()
        client.images.load(b"".join(engine.client.images.get(tiny_image.reference).save(named=tiny_image.reference)))
        client.close()
        yield made


@pytest.fixture
def window(own, tmp_path, fake_nvml, monkeypatch, qtbot):
    fake_nvml("two-gpus")
    # what runs as root and what the engine starts are the stand-ins of the second engine
    monkeypatch.setenv("PATH", f"{own.root}/usr/bin:{SYSTEM_PATH}")
    monkeypatch.setenv("DRYDOCK_TEST_GPU_DIRECTORY", str(own.folder))
    context = Context(world=LiveWorld(), store=Store(tmp_path), engine=own.docker_host, root=str(own.root))
    made = MainWindow(App(context))
    made.app = made._app
    made.show()
    yield made
    made.app.bridge.close(20.0)
    made.close_now()
    made.deleteLater()


def run(job):
    return job.run(lambda _: None, Stop())


def as_system_engine(snapshot):
    """Return the snapshot of a computer of its own whose system starts the engine: others are offered no remedy."""
    engine = msgspec.structs.replace(snapshot.engine, endpoint="unix:///var/run/docker.sock")
    host = msgspec.structs.replace(snapshot.host, in_container=Known(False))
    return msgspec.structs.replace(snapshot, engine=engine, host=host)


def shown(qtbot, window, offer):
    dialog = open_remedy(window.app, offer.finding, offer.remedy, window)
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    return dialog


def test_the_runtime_is_registered_and_taken_back(own, window, qtbot):
    before = own.config.read_bytes()
    found = run(DiagnoseJob(window.app.context, only=("toolkit-installed", "toolkit-path")))
    found = msgspec.structs.replace(found, snapshot=as_system_engine(found.snapshot))
    (offer,) = [one for one in offers(found) if one.remedy.id == "register-runtime"]
    dialog = shown(qtbot, window, offer)
    assert dialog.deed.text() == "Register the NVIDIA runtime with the engine"
    assert '+    "nvidia": {' in words(dialog)
    assert own.config.read_bytes() == before
    apply(qtbot, dialog)
    assert dialog.verdict.startswith("It helped\nThe GPU's way into containers: ")
    client = own.client()
    assert "nvidia" in client.info()["Runtimes"]
    client.close()
    qtbot.waitUntil(lambda: not window.app.busy, timeout=WAIT)
    press(qtbot, dialog, "Undo…")
    qtbot.waitUntil(lambda: dialog.stage == "ready", timeout=WAIT)
    apply(qtbot, dialog)
    assert dialog.verdict.startswith("Taken back")
    assert own.config.read_bytes() == before
    client = own.client()
    assert "nvidia" not in client.info()["Runtimes"]
    client.close()
    assert "runtimes" not in json.loads(before)


def test_what_goes_from_the_disk_is_listed_with_its_size(own, window, tiny_image, qtbot):
    client = own.client()
    image, mark = tiny_image.reference, {labels.SESSION: "1"}
    write = ["sh", "-c", "head -c 5000000 /dev/zero > /big"]
    ended = client.containers.run(image, write, name="ended", detach=True, labels=mark, network_mode="none")
    ended.wait(timeout=30)
    kept = client.containers.create(image, ["true"], name="kept", network_mode="none")
    dialog = shown(qtbot, window, run(FindRemedyJob(window.app.context, "clean-disk")))
    seen = words(dialog)
    for text in ("It cannot be taken back.", "Remove the ended session ended", "5 MB", "All of it together"):
        assert text in seen
    assert dialog.deed.text() == "Remove what nothing uses from the engine's disk"
    assert {one.name for one in client.containers.list(all=True)} == {"ended", "kept"}
    with qtbot.waitSignal(window.app.sessions_changed, timeout=WAIT):
        apply(qtbot, dialog)
    assert {one.id for one in client.containers.list(all=True)} == {kept.id}
    assert "Undo…" not in buttons(dialog)
    client.close()
