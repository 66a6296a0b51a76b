"""GPU requests reach the hook stand-in through the real engine."""

from __future__ import annotations

from pathlib import Path

import docker.errors
import pytest
from docker.types import DeviceRequest
from tests.support.engine.handle import Engine
from tests.support.engine.images import TestImage

UUID = "GPU-5090aaaa-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("request_", "visible"),
    [
        (DeviceRequest(count=-1, capabilities=[["gpu"]]), "all"),
        (DeviceRequest(device_ids=[UUID], capabilities=[["gpu"]]), UUID),
        (DeviceRequest(device_ids=["0", "2"], capabilities=[["gpu"]]), "0,2"),
    ],
    ids=["all", "uuid", "indices"],
)
def test_device_request_is_recorded(
    engine: Engine, tiny_image: TestImage, request_: DeviceRequest, visible: str
) -> None:
    container = engine.client.containers.run(tiny_image.reference, ["true"], detach=True, device_requests=[request_])
    assert container.wait(timeout=30)["StatusCode"] == 0

    (seen,) = engine.gpu_requests(str(container.id))
    assert seen.visible_devices == visible
    assert seen.through == "hook"


def test_capabilities_are_recorded(engine: Engine, tiny_image: TestImage) -> None:
    wish = DeviceRequest(count=-1, capabilities=[["gpu", "compute", "utility"]])
    container = engine.client.containers.run(tiny_image.reference, ["true"], detach=True, device_requests=[wish])
    (seen,) = engine.gpu_requests(str(container.id))
    assert seen.capabilities is not None
    assert set(seen.capabilities.split(",")) == {"compute", "utility"}


def test_without_a_request_the_hook_is_not_asked(engine: Engine, tiny_image: TestImage) -> None:
    container = engine.client.containers.run(tiny_image.reference, ["true"], detach=True)
    assert engine.gpu_requests(str(container.id)) == []


def test_nvidia_runtime_is_recorded(engine: Engine, tiny_image: TestImage) -> None:
    container = engine.client.containers.run(
        tiny_image.reference, ["true"], detach=True, runtime="nvidia", environment={"NVIDIA_VISIBLE_DEVICES": "1"}
    )
    assert container.wait(timeout=30)["StatusCode"] == 0
    (seen,) = engine.gpu_requests(str(container.id))
    assert (seen.through, seen.visible_devices) == ("runtime", "1")


def test_failing_hook_tells_its_text(engine: Engine, tiny_image: TestImage) -> None:
    text = "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch"
    wish = DeviceRequest(count=-1, capabilities=[["gpu"]])
    with engine.fail_gpu_hook(text), pytest.raises(docker.errors.APIError) as caught:
        engine.client.containers.run(tiny_image.reference, ["true"], detach=True, device_requests=[wish])
    assert text in str(caught.value.explanation)

    # and it works again afterwards
    output = engine.client.containers.run(tiny_image.reference, ["echo", "fine"], remove=True, device_requests=[wish])
    assert output == b"fine\n"


def test_files_are_injected_only_with_a_gpu_request(engine: Engine, tiny_image: TestImage, tmp_path: Path) -> None:
    inside = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
    stand_in = tmp_path / "a library.so"
    stand_in.write_text("stand-in\n")
    wish = DeviceRequest(count=-1, capabilities=[["gpu"]])
    # dockerd may lose an unfinished last line of a container that ends at once, hence the line end
    read = ["sh", "-c", f"cat {inside} || echo absent"]
    with engine.inject_gpu_files({inside: stand_in}):
        with_gpu = engine.client.containers.run(tiny_image.reference, read, remove=True, device_requests=[wish])
        without = engine.client.containers.run(tiny_image.reference, read, remove=True)
    assert with_gpu == b"stand-in\n"
    assert without == b"absent\n"
