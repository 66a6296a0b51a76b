"""What images say of themselves: those of pytorch and NVIDIA, and the ones people make of them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drydock.core.facts.published import ImageConfig
from drydock.core.images import Described, Gpu, Judgement, Machine, describe, judge
from drydock.core.images.history import cuda_version, read_history
from drydock.core.images.version import Version
from drydock.data.catalogue import load_catalogue
from drydock.data.reasons import text

CATALOGUE = load_catalogue()
IMAGES = {image.reference: image for image in CATALOGUE.images}

RTX_4090 = Gpu("NVIDIA GeForce RTX 4090", (8, 9))
RTX_5090 = Gpu("NVIDIA GeForce RTX 5090", (12, 0))
GTX_1080 = Gpu("NVIDIA GeForce GTX 1080", (6, 1))
A100 = Gpu("NVIDIA A100-SXM4-40GB", (8, 0))
GB10 = Gpu("NVIDIA GB10", (12, 1))

OFFICIAL_LABELS = {"com.nvidia.volumes.needed": "nvidia_driver", "org.opencontainers.image.ref.name": "ubuntu"}
# the variables and commands of pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUNTIME = {
    "PATH": "/opt/conda/bin:/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/bin:/bin",
    "NVIDIA_VISIBLE_DEVICES": "all",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    "LD_LIBRARY_PATH": "/usr/local/nvidia/lib:/usr/local/nvidia/lib64",
    "PYTORCH_VERSION": "2.5.1",
}
RUNTIME_HISTORY = (
    "/bin/sh -c #(nop)  ARG RELEASE",
    "ARG PYTORCH_VERSION=2.5.1",
    "ARG TRITON_VERSION=",
    "ARG TARGETPLATFORM=linux/amd64",
    "ARG CUDA_VERSION=12.4.1",
    "COPY /opt/conda /opt/conda # buildkit",
    'RUN |2 PYTORCH_VERSION=2.5.1 CUDA_VERSION=12.4.1 /bin/sh -c if test -n ""; then apt install gcc; fi # buildkit',
    "ENV PATH=/opt/conda/bin:/usr/bin:/bin",
    "ENV PYTORCH_VERSION=2.5.1",
    "WORKDIR /workspace",
)
REQUIRE_12_8 = (
    "cuda>=12.8 brand=unknown,driver>=470,driver<471 brand=tesla,driver>=535,driver<536 "
    "brand=nvidia,driver>=535,driver<536"
)
CUDA_DEVEL = {
    "PATH": "/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/bin:/bin",
    "NVARCH": "x86_64",
    "NVIDIA_REQUIRE_CUDA": REQUIRE_12_8,
    "NV_CUDA_CUDART_VERSION": "12.8.90-1",
    "CUDA_VERSION": "12.8.1",
    "NV_CUDNN_VERSION": "9.7.0.66-1",
    "NV_LIBNCCL_PACKAGE_VERSION": "2.25.1-1",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
    "LIBRARY_PATH": "/usr/local/cuda/lib64/stubs",
}
NVIDIA_25_10 = {
    "CUDA_VERSION": "13.0.2.006",
    "CUDA_DRIVER_VERSION": "580.95.05",
    "NVIDIA_REQUIRE_CUDA": "cuda>=9.0",
    "NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS": "",
    "NVIDIA_PRODUCT_NAME": "PyTorch",
    "PYTORCH_VERSION": "2.9.0a0+145a3a7",
    "PYTORCH_BUILD_VERSION": "2.9.0a0+145a3a7",
    "NVIDIA_PYTORCH_VERSION": "25.10",
    "TORCH_CUDA_ARCH_LIST": "7.5 8.0 8.6 9.0 10.0 12.0+PTX",
    "CUDNN_VERSION": "9.14.0.64",
    "NCCL_VERSION": "2.27.7",
    "NVIDIA_DRIVER_CAPABILITIES": "compute,utility,video",
    "LD_LIBRARY_PATH": "/usr/local/lib/torch/lib:/usr/local/cuda/compat/lib:/usr/local/nvidia/lib",
    "LIBRARY_PATH": "/usr/local/cuda/lib64/stubs:",
}


def described(
    reference: str = "registry.example.org/team/torch:latest",
    environment: dict[str, str] | None = None,
    *history: str,
    labels: dict[str, str] | None = None,
    platform: str = "linux/amd64",
    platforms: tuple[str, ...] = (),
    **more: Any,
) -> Described:
    config = ImageConfig(platform=platform, environment=environment or {}, labels=labels or {}, history=history, **more)
    return describe(reference, config, platforms, CATALOGUE)


def official(*more: str, environment: dict[str, str] | None = None, platform: str = "linux/amd64") -> Described:
    history = (*RUNTIME_HISTORY, *more)
    return described("team/torch:1", environment or RUNTIME, *history, labels=OFFICIAL_LABELS, platform=platform)


def on(what: Described, *gpus: Gpu, driver: str = "580.95.05", **machine: Any) -> Judgement:
    return judge(what, Machine(gpus=gpus or (RTX_4090,), driver=driver, **machine), CATALOGUE)


def against(judgement: Judgement) -> set[str]:
    return {reason.code for reason in judgement.against}


def notes(judgement: Judgement) -> set[str]:
    return {note.code for note in judgement.notes}


def test_an_official_image_under_another_name_is_known_by_its_variables_and_history() -> None:
    found = official()
    assert found.catalogue_reference == "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime"
    assert (found.torch, found.cuda, found.cuda_from) == (Version((2, 5, 1)), Version((12, 4)), "history")
    assert found.cubins == IMAGES[found.catalogue_reference].cubins
    assert found.cubins_from == "catalogue"
    assert found.compiler is False
    assert found.made_from == found.catalogue_reference
    assert found.conda
    judgement = on(found)
    assert judgement.verdict == "runs"
    assert "HOLDS_CUBIN" in notes(judgement)


def test_without_its_history_an_official_image_says_its_cuda_by_its_tag_alone() -> None:
    reference = "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime"
    tagged = described(reference, RUNTIME, labels=OFFICIAL_LABELS)
    assert (tagged.cuda, tagged.cuda_from, tagged.catalogue_reference) == (Version((12, 4)), "tag", reference)
    assert on(tagged).verdict == "runs"
    flat = described("team/torch:1", RUNTIME, labels=OFFICIAL_LABELS)
    assert flat.cuda is None
    assert flat.compiler is None


def test_of_an_unknown_cuda_every_build_is_asked() -> None:
    flat = described("team/torch:1", RUNTIME, labels=OFFICIAL_LABELS)
    all_run = on(flat, RTX_4090)
    assert all_run.verdict == "may_run"
    assert "EVERY_BUILD_RUNS" in notes(all_run)
    none_runs = on(flat, RTX_5090)
    assert none_runs.verdict == "cannot_run"
    assert against(none_runs) == {"NO_CODE_FOR_GPU"}
    some_run = on(flat, A100, driver="470.256.02")
    assert some_run.verdict == "cannot_tell"
    assert against(some_run) == {"CUDA_NOT_TOLD"}


def test_a_torch_that_was_installed_later_is_the_one_that_counts() -> None:
    found = official("RUN /bin/sh -c pip install -U torch==2.7.1 --index-url https://wheels.example.org/whl/cu128")
    assert (found.torch_text, found.cuda, found.cuda_from) == ("2.7.1", Version((12, 8)), "torch")
    assert found.cubins == IMAGES["pytorch/pytorch:2.7.1-cuda12.8-cudnn9-runtime"].cubins
    assert found.catalogue_reference == ""
    assert on(found, RTX_5090).verdict == "runs"


def test_naming_a_torch_that_is_there_changes_nothing() -> None:
    assert official("RUN /bin/sh -c pip install torch torchmetrics").torch_text == "2.5.1"
    assert official("RUN /bin/sh -c pip install --upgrade torch").torch is None


@pytest.mark.parametrize(
    "command", ["pip install -r requirements.txt", "pip install vllm==0.9.0", "pip install 'torch>=2.1'"]
)
def test_packages_that_may_bring_another_torch_leave_a_doubt(command: str) -> None:
    found = official(f"RUN /bin/sh -c {command} # buildkit")
    assert found.torch_doubtful
    judgement = on(found)
    assert judgement.verdict == "may_run"
    assert "TORCH_MAY_BE_REPLACED" in notes(judgement)


def test_a_cuda_image_without_torch_says_nothing_of_torch() -> None:
    found = described("nvidia/cuda:12.8.1-devel-ubuntu24.04", CUDA_DEVEL)
    assert (found.torch, found.cuda, found.framework) == (None, Version((12, 8)), "")
    assert (found.cudnn, found.nccl, found.compiler) == ("9.7.0.66", "2.25.1", True)
    judgement = on(found)
    assert judgement.verdict == "cannot_tell"
    assert against(judgement) == {"NO_TORCH_NAMED"}
    assert "REQUIREMENT_MET" in notes(judgement)
    assert on(found, driver="470.256.02").verdict == "cannot_run"


PIP_128 = "RUN /bin/sh -c pip install torch==2.7.1 --index-url https://wheels.example.org/whl/cu128"


def test_a_requirement_that_is_not_met_is_turned_off_and_said() -> None:
    found = described("team/torch:1", CUDA_DEVEL, PIP_128)
    consumer = on(found, RTX_4090, driver="535.104.05")
    assert consumer.verdict == "may_run"
    assert consumer.environment == {"NVIDIA_DISABLE_REQUIRE": "1"}
    assert "REQUIREMENT_NOT_MET" in notes(consumer)
    data_centre = on(found, A100, driver="535.104.05")
    assert data_centre.verdict == "runs"
    assert data_centre.environment == {}
    assert on(found, driver="610.43.02").environment == {}


def test_a_requirement_that_is_turned_off_is_not_asked() -> None:
    found = described("team/torch:1", CUDA_DEVEL | {"NVIDIA_DISABLE_REQUIRE": "true"}, PIP_128)
    judgement = on(found, RTX_4090, driver="535.104.05")
    assert judgement.verdict == "runs"
    assert judgement.environment == {}
    assert "REQUIREMENT_TURNED_OFF" in notes(judgement)


def test_a_requirement_for_another_gpu_stands() -> None:
    found = described("team/torch:1", CUDA_DEVEL | {"NVIDIA_REQUIRE_ARCH": "arch>=9.0"}, PIP_128)
    judgement = on(found)
    assert judgement.verdict == "cannot_run"
    assert against(judgement) == {"REQUIREMENT_NOT_MET"}
    assert judgement.environment == {}


def test_an_unreadable_requirement_leaves_a_doubt() -> None:
    found = described("team/torch:1", CUDA_DEVEL | {"NVIDIA_REQUIRE_CUDA": "cuda=>12"}, PIP_128)
    judgement = on(found)
    assert judgement.verdict == "may_run"
    assert "REQUIREMENT_UNREADABLE" in notes(judgement)


def test_an_image_that_names_its_cuda_and_asks_nothing_is_asked_for_that_cuda() -> None:
    found = described("team/torch:1", {"CUDA_VERSION": "12.8.1"}, PIP_128)
    assert str(found.demand) == "cuda>=12.8"
    assert described("team/torch:1", {}, PIP_128).demand is None
    jetpack = described("team/torch:1", {"NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS": "x"}, PIP_128)
    assert jetpack.demand is None


def test_nvidias_image_names_the_code_inside() -> None:
    found = described("nvcr.io/nvidia/pytorch:25.10-py3", NVIDIA_25_10, platform="linux/arm64")
    assert (found.torch, found.alpha, found.cuda) == (Version((2, 9, 0)), True, Version((13, 0)))
    assert found.cubins_from == "image"
    assert found.cubins[-1] == (12, 0)
    assert not found.compat_first
    assert on(found, GB10, arch="arm64").verdict == "runs"
    amd64 = described("mirror/pytorch:x", NVIDIA_25_10)
    assert amd64.catalogue_reference == "nvcr.io/nvidia/pytorch:25.10-py3"
    assert against(on(amd64, GTX_1080)) == {"NO_CODE_FOR_GPU"}


def test_nvidias_image_without_the_list_has_the_published_range() -> None:
    silent = {name: value for name, value in NVIDIA_25_10.items() if name != "TORCH_CUDA_ARCH_LIST"}
    found = described("mirror/pytorch:x", silent)
    assert found.cubins == ()
    assert found.range == IMAGES["nvcr.io/nvidia/pytorch:25.10-py3"].range
    judgement = on(found)
    assert judgement.verdict == "may_run"
    assert "IN_PUBLISHED_RANGE" in notes(judgement)


@pytest.mark.parametrize(
    ("environment", "history", "code"),
    [
        ({}, ("RUN pip install torch --index-url https://wheels.example.org/whl/cpu",), "TORCH_WITHOUT_CUDA"),
        ({"PYTORCH_VERSION": "2.7.1+cpu"}, (), "TORCH_WITHOUT_CUDA"),
        ({}, ("RUN conda install -y pytorch cpuonly -c pytorch",), "TORCH_WITHOUT_CUDA"),
        ({"ROCM_PATH": "/opt/rocm", "PYTORCH_VERSION": "2.6.0"}, (), "TORCH_FOR_AMD"),
        ({}, ("RUN pip install torch==2.6.0+rocm6.2",), "TORCH_FOR_AMD"),
    ],
)
def test_a_torch_without_cuda_never_uses_the_gpu(
    environment: dict[str, str], history: tuple[str, ...], code: str
) -> None:
    judgement = on(described("team/torch:1", environment, *history))
    assert judgement.verdict == "cannot_run"
    assert against(judgement) == {code}


def test_of_a_torch_for_amd_nothing_is_promised_by_builds_for_cuda() -> None:
    judgement = on(described("a/b:1", environment={"PYTORCH_VERSION": "2.9.1+rocm6.4"}), RTX_4090)
    assert judgement.verdict == "cannot_run"
    assert "EVERY_BUILD_RUNS" not in notes(judgement)


def test_the_official_images_for_arm_have_no_cuda() -> None:
    judgement = on(official(platform="linux/arm64"), GB10, arch="arm64")
    assert judgement.verdict == "cannot_run"
    assert against(judgement) == {"TORCH_WITHOUT_CUDA"}


def test_an_image_for_another_platform_does_not_run() -> None:
    for platform in ("linux/arm64", "windows/amd64", "linux/arm/v7"):
        found = described("team/torch:1", {}, PIP_128, platform=platform)
        assert against(on(found)) == {"OTHER_PLATFORM"}
    both = described("team/torch:1", {}, PIP_128, platforms=("linux/amd64", "linux/arm64/v8"))
    assert on(both).verdict == "runs"


def test_a_newer_torch_is_judged_by_the_nearest_build_and_never_for_certain() -> None:
    found = described("team/torch:1", {}, "RUN pip install torch==9.1.0+cu132")
    assert found.cubins_from == "assumed"
    judgement = on(found, driver="610.43.02")
    assert judgement.verdict == "may_run"
    assert "CODE_OF_NEAREST_BUILD" in notes(judgement)
    old = on(found, GTX_1080, driver="580.95.05")
    assert old.verdict == "cannot_tell"
    assert against(old) == {"NO_CODE_FOR_GPU"}


def test_an_older_torch_than_the_catalogue_knows_is_left_open() -> None:
    judgement = on(described("team/torch:1", {}, "RUN pip install torch==1.8.0+cu111"))
    assert judgement.verdict == "cannot_tell"
    assert against(judgement) == {"CODE_NOT_KNOWN"}


def test_a_torch_built_at_home_is_believed_what_it_was_built_for() -> None:
    environment = {"TORCH_VERSION": "2.7.1", "CUDA_VERSION": "12.8.1", "TORCH_CUDA_ARCH_LIST": "8.9;9.0a 10.0a"}
    found = described("team/torch:1", environment)
    assert (found.cubins, found.cubins_from) == ((Version((8, 9)), Version((9, 0))), "image")
    assert on(found).verdict == "runs"
    assert on(found, A100).verdict == "cannot_run"


def test_the_list_for_extensions_is_not_taken_for_the_code_of_a_package() -> None:
    found = described("team/torch:1", {"TORCH_CUDA_ARCH_LIST": "12.0"}, PIP_128)
    assert found.cubins_from == "catalogue"


def test_another_framework_is_named() -> None:
    judgement = on(described("tensorflow/tensorflow:latest-gpu", {"TENSORFLOW_VERSION": "2.17.0"}))
    assert judgement.verdict == "cannot_tell"
    assert [reason.values for reason in judgement.against] == [{"framework": "tensorflow"}]


def test_a_driver_library_of_the_image_is_a_trap() -> None:
    path = "/usr/local/cuda-12.8/compat:/usr/local/nvidia/lib"
    found = described("team/torch:1", {"LD_LIBRARY_PATH": path}, PIP_128)
    assert found.compat_first
    consumer = on(found)
    assert consumer.environment == {"LD_LIBRARY_PATH": "/usr/local/nvidia/lib"}
    note = next(note for note in consumer.notes if note.code == "COMPAT_LIBRARY_FIRST")
    assert "804" in text(note.code, note.values)
    assert on(found, A100).environment == {}


def test_an_image_that_asks_for_graphics_alone_gets_compute_too() -> None:
    found = described("team/torch:1", {"NVIDIA_DRIVER_CAPABILITIES": "graphics,utility"}, PIP_128)
    judgement = on(found)
    assert judgement.environment == {"NVIDIA_DRIVER_CAPABILITIES": "compute,utility,graphics"}
    assert "NO_COMPUTE_CAPABILITY" in notes(judgement)


def test_the_driver_of_the_machine_still_counts() -> None:
    assert against(on(official(), GTX_1080, driver="590.48.01")) == {"DRIVER_DROPPED_GPU"}
    assert against(judge(official(), Machine(gpus=(), driver=None), CATALOGUE)) == {"NO_NVIDIA_GPU"}
    assert on(official(), Gpu("NVIDIA X", (42, 0))).verdict == "cannot_tell"


def test_the_image_is_believed_and_not_its_tag() -> None:
    found = described("team/torch:2.9.1-cuda12.8-cudnn9-runtime", RUNTIME, *RUNTIME_HISTORY, labels=OFFICIAL_LABELS)
    assert found.torch_text == "2.5.1"
    assert "TAG_SAYS_OTHERWISE" in notes(on(found))


def test_tools_and_user_are_told() -> None:
    found = described(
        "team/torch:1",
        {"PYTHON_VERSION": "3.12.4", "VIRTUAL_ENV": "/opt/venv"},
        "RUN apt-get update && apt-get install -y --no-install-recommends build-essential=12.9 openssh-server",
        PIP_128,
        user="researcher",
        labels={"maintainer": "Somebody"},
    )
    assert found.compiler is True
    assert found.ssh_server
    assert (found.python, found.virtual_environment, found.made_by) == ("3.12.4", "/opt/venv", "Somebody")
    assert "RUNS_AS_USER" in notes(on(found))


@pytest.mark.parametrize(
    ("command", "version", "cuda"),
    [
        ("pip3 install torch==2.6.0+cu124", "2.6.0+cu124", "12.4"),
        ("uv pip install --torch-backend=cu128 'torch==2.8.0'", "2.8.0", "12.8"),
        (
            "python -m pip install https://a.example/torch-2.7.1%2Bcu118-cp312-cp312-linux_x86_64.whl",
            "2.7.1+cu118",
            "11.8",
        ),
        ("conda install -y pytorch==2.1.2 torchvision pytorch-cuda=12.1 -c pytorch -c nvidia", "2.1.2", "12.1"),
        ("mamba install pytorch=2.0.1=py3.10_cuda11.8_cudnn8.7.0_0 pytorch-cuda=11.8", "2.0.1", "11.8"),
        ("pip install torch==2.8.*", "", None),
        ("pip install torch", "", None),
        ("pip install torchmetrics pytorch-lightning", None, None),
        ("echo torch==2.6.0", None, None),
    ],
)
def test_installations_are_read(command: str, version: str | None, cuda: str | None) -> None:
    torch = read_history((f"RUN /bin/sh -c {command} # buildkit",)).torch
    assert (torch.text if torch else None) == version
    assert (str(torch.cuda) if torch and torch.cuda else None) == cuda


def test_variables_are_filled_in() -> None:
    history = read_history(
        (
            "/bin/sh -c #(nop)  ENV PYTORCH_VERSION=2.3.1",
            "RUN |1 CU=cu118 /bin/sh -c pip install torch==${PYTORCH_VERSION} -f https://example.org/whl/$CU",
        )
    )
    assert history.torch is not None
    assert (history.torch.text, history.torch.cuda) == ("2.3.1", Version((11, 8)))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12.8.1", "12.8"),
        ("12.2.2.009", "12.2"),
        ("12.8.90-1", "12.8"),
        ("cu128", "12.8"),
        ("cuda118", "11.8"),
        ("13", None),
    ],
)
def test_cuda_versions_are_read_as_images_write_them(written: str, read: str | None) -> None:
    assert cuda_version(written) == (Version.parse(read) if read else None)


_NAMES = st.sampled_from(
    sorted({*CUDA_DEVEL, *NVIDIA_25_10, *RUNTIME, "TORCH_VERSION", "NVIDIA_DISABLE_REQUIRE", "ROCM_PATH"})
)
_VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ("2.7.1", "2.7.1+cpu", "2.9.0a0+1", "12.8.1", "cu128", "cuda>=12.8", "8.0 9.0", "25.10", "1", ":", "/")
    ),
)
_COMMANDS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        (*RUNTIME_HISTORY, PIP_128, "RUN pip install torch", "ENV A", "ARG", "RUN |2 A=1 B= /bin/sh -c $A$B")
    ),
)


@settings(deadline=None, max_examples=300)
@given(
    st.text(max_size=60),
    st.dictionaries(_NAMES, _VALUES, max_size=8),
    st.lists(_COMMANDS, max_size=8),
    st.sampled_from(("linux/amd64", "linux/arm64", "", "x", "windows/amd64", "/")),
    st.sampled_from((RTX_4090, GTX_1080, GB10, A100)),
    st.sampled_from((None, "580.95.05", "470.256.02", "nonsense")),
)
def test_no_image_is_ever_an_error_and_every_word_has_its_text(
    reference: str,
    environment: dict[str, str],
    history: list[str],
    platform: str,
    gpu: Gpu,
    driver: str | None,
) -> None:
    config = ImageConfig(platform=platform, environment=environment, history=tuple(history), labels=OFFICIAL_LABELS)
    what = describe(reference, config, (), CATALOGUE)
    judgement = judge(what, Machine(gpus=(gpu,), driver=driver), CATALOGUE)
    for reason in (*judgement.against, *judgement.notes):
        assert "{" not in text(reason.code, reason.values) or "{" in str(reason.values)
    assert bool(judgement.against) == (judgement.verdict in ("cannot_run", "cannot_tell"))
    if judgement.verdict == "runs":
        assert what.cubins_from in ("catalogue", "image")
        assert any(cubin[0] == gpu.compute_capability[0] for cubin in what.cubins)
