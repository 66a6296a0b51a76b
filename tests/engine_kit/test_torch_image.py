"""The image that plays the PyTorch image behaves like one."""

from __future__ import annotations

import io
import tarfile

from tests.support.engine.handle import Engine
from tests.support.engine.images import TestImage
from tests.support.engine.network import build_network_settings

MATMUL = """
import os, numpy, torch
a = torch.arange(6.0).reshape(2, 3)
assert torch.equal(a @ a.T, torch.tensor([[5.0, 14.0], [14.0, 50.0]]))
assert numpy.allclose((a @ a.T).numpy(), a.numpy() @ a.numpy().T)
layer = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
layer(torch.zeros(1, 4, 16)).sum().backward()
assert torch.__version__.startswith(os.environ["PYTORCH_VERSION"])
print(torch.__version__, torch.cuda.is_available())
"""


def run(engine: Engine, image: str, *command: str) -> str:
    return engine.client.containers.run(image, list(command), remove=True).decode()


def test_torch_computes_with_the_default_python(engine: Engine, torch_image: TestImage) -> None:
    for python in ("python", "python3"):
        assert run(engine, torch_image.reference, python, "-c", MATMUL).split() == ["2.13.0+cpu", "False"]


def test_it_shows_what_the_official_image_shows(engine: Engine, torch_image: TestImage) -> None:
    settings = engine.client.images.get(torch_image.reference).attrs["Config"]
    assert {"PYTORCH_VERSION=2.13.0", "NVIDIA_VISIBLE_DEVICES=all"} <= set(settings["Env"])
    assert settings["WorkingDir"] == "/workspace"
    found = run(engine, torch_image.reference, "sh", "-c", "for p in jupyter sshd gcc; do command -v $p; done; true")
    assert found == ""


def test_pip_and_apt_work_in_a_build(engine: Engine, torch_image: TestImage) -> None:
    network = build_network_settings()
    dockerfile = [
        f"FROM {torch_image.reference}",
        *network.dockerfile_lines,
        "RUN pip install --break-system-packages --no-cache-dir --no-deps humanize",
        "RUN python -c 'import humanize, torch'",
        "RUN apt-get update && apt-get install -y --no-install-recommends bc && echo 6*7 | bc",
    ]
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, content in {"Dockerfile": "\n".join(dockerfile).encode(), **network.files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    context.seek(0)
    tag = "drydock-test/kit-build:latest"
    try:
        _, log = engine.client.images.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            nocache=True,
            buildargs=network.build_args,
            timeout=300,
        )
        said = "".join(str(line.get("stream", "")) for line in log if isinstance(line, dict))
        assert "\n42\n" in said
    finally:
        engine.forget_image(tag)
