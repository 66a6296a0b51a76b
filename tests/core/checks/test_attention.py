"""What works but deserves a look, and what is not tested and why."""

import pytest
from tests.support.snapshots import (
    ABSENT,
    bare_snapshot,
    driver,
    engine,
    gpu,
    healthy_snapshot,
    host,
    no_toolkit,
    replaced,
    server_gpu,
    server_snapshot,
    toolkit,
    unreached_engine,
    wsl_snapshot,
)

from drydock.core.checks.run import conclude
from drydock.core.facts import (
    CdiSpec,
    Disk,
    DriverSetup,
    EngineContents,
    EngineSetup,
    HostTorch,
    KernelModules,
    Known,
    LocalImage,
    Memory,
    Missing,
    NvmlState,
    PciGpu,
    Port,
    User,
)
from drydock.core.remedies import remedies_for
from drydock.data.catalogue import load_catalogue
from drydock.data.knowledge import finding_article

GB = 10**9
DESKTOP = {"operating_system": Known("Docker Desktop"), "product": Known("Docker Desktop 4.47")}
SPEC = CdiSpec(path="/etc/cdi/nvidia.yaml", devices=("nvidia.com/gpu=0",), driver_version=Known("570.86.10"))
FRESH = CdiSpec(path="/var/run/cdi/nvidia.yaml", devices=("nvidia.com/gpu=0",), driver_version=Known("580.95.05"))
TORCH_IMAGE = LocalImage(
    id="sha256:1",
    references=("pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime",),
    digests=(),
    size=8 * GB,
    created="",
    labels={},
)


INSTALLED = bare_snapshot(
    driver=driver(
        nvml=NvmlState(kind="driver_not_loaded"),
        version=ABSENT,
        cuda=ABSENT,
        module_version=ABSENT,
        device_nodes=Known(()),
        pci_gpus=Known(()),
    ),
    setup=DriverSetup(
        kernels=Known((KernelModules(kernel="6.14.0-29-generic", module=Known("updates/dkms/nvidia.ko")),))
    ),
)


def variable(name, value):
    return healthy_snapshot(host=host(environment={name: value}))


def memory(total, available):
    return healthy_snapshot(host=host(memory=Known(Memory(total=total, available=available, swap_total=0))))


CASES = {
    "macOS": (healthy_snapshot(host=host(system="macos")), "host-system", "attention", "no_cuda"),
    "riscv": (healthy_snapshot(host=host(architecture="riscv64")), "host-system", "attention", "architecture"),
    "little memory": (memory(4 * GB, 3 * GB), "host-memory", "attention", "small"),
    "memory in use": (memory(64 * GB, GB), "host-memory", "attention", "full"),
    "memory unknown": (
        healthy_snapshot(host=host(memory=Missing("failed"))),
        "host-memory",
        "not_tested",
        "unknown",
    ),
    "full home": (
        healthy_snapshot(host=host(disks=(Disk(purpose="home", path="/home/ada", total=Known(GB), free=Known(1000)),))),
        "host-disk",
        "attention",
        "small",
    ),
    "no disk measured": (healthy_snapshot(host=host(disks=())), "host-disk", "not_tested", "unknown"),
    "small shm": (healthy_snapshot(host=host(shm_total=Known(64 << 20))), "host-shm", "attention", "small"),
    "stubs": (variable("LD_LIBRARY_PATH", "/a:/usr/local/cuda/lib64/stubs"), "host-libraries", "attention", "stubs"),
    "compat": (variable("LD_LIBRARY_PATH", "/usr/local/cuda-12/compat"), "host-libraries", "attention", "compat"),
    "cuda libraries": (variable("LD_LIBRARY_PATH", "/usr/local/cuda/lib64"), "host-libraries", "attention", "cuda"),
    "other libraries": (variable("LD_LIBRARY_PATH", "/opt/x/lib"), "host-libraries", "ok", "harmless"),
    "kept for a virtual machine": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="library_not_found"),
                version=ABSENT,
                cuda=ABSENT,
                module_version=ABSENT,
                pci_gpus=Known((PciGpu(address="0000:01:00.0", device_id="2684", driver=Known("vfio-pci")),)),
            ),
            gpus=(),
        ),
        "gpu-present",
        "attention",
        "kept",
    ),
    "installed, and gone from the bus": (INSTALLED, "gpu-present", "broken", "vanished"),
    "installed, on a computer that uses another's engine": (
        replaced(INSTALLED, engine=engine(remote=True)),
        "gpu-present",
        "attention",
        "none",
    ),
    "installed, on a rented machine without a GPU": (
        replaced(
            INSTALLED,
            host=host(kernel=Known("6.8.0-1021-aws")),
            setup=DriverSetup(kernels=Known((KernelModules(kernel="6.8.0-1021-aws", module=Known("nvidia.ko")),))),
        ),
        "gpu-present",
        "attention",
        "none",
    ),
    "libraries only, which other programs bring along": (
        replaced(INSTALLED, setup=DriverSetup()),
        "gpu-present",
        "attention",
        "none",
    ),
    "no engine inside a container": (
        bare_snapshot(host=host(in_container=Known(value=True))),
        "engine-installed",
        "broken",
        "absent_inside",
    ),
    "no group for the socket": (
        healthy_snapshot(
            engine=unreached_engine("no_permission"),
            host=host(user=Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))),
            engine_setup=EngineSetup(docker_group=Known(value=False)),
        ),
        "engine-permission",
        "broken",
        "no_group",
    ),
    "only some GPUs in a container": (
        server_snapshot(gpus=(server_gpu(0),), host=host(in_container=Known(value=True))),
        "gpu-lost",
        "ok",
        "ok",
    ),
    "a GPU in error": (healthy_snapshot(gpus=(gpu(state="error", text="x"),)), "gpu-lost", "broken", "error"),
    "slices": (
        server_snapshot(1, gpus=(server_gpu(0, mig=Known(value=True), mig_devices=("MIG-1", "MIG-2")),)),
        "gpu-mig",
        "attention",
        "on",
    ),
    "one cut GPU without slices": (
        server_snapshot(2, gpus=(server_gpu(0, mig=Known(value=True)), server_gpu(1))),
        "gpu-mig",
        "attention",
        "some_empty",
    ),
    "persistence off on a server": (
        server_snapshot(1, gpus=(server_gpu(0, persistence=Known(value=False)),)),
        "gpu-persistence",
        "attention",
        "off",
    ),
    "persistence off on a desktop": (healthy_snapshot(), "gpu-persistence", "not_tested", "no_server"),
    "too hot": (healthy_snapshot(gpus=(gpu(event_reasons=Known(0x40)),)), "gpu-slowed", "attention", "hot"),
    "power brake": (healthy_snapshot(gpus=(gpu(event_reasons=Known(0x80)),)), "gpu-slowed", "attention", "braked"),
    "idle is no slowdown": (healthy_snapshot(gpus=(gpu(event_reasons=Known(1)),)), "gpu-slowed", "ok", "ok"),
    "power capped": (healthy_snapshot(gpus=(gpu(power_limit=Known(250.0)),)), "gpu-slowed", "attention", "capped"),
    "no reasons told": (
        healthy_snapshot(gpus=(gpu(event_reasons=Missing("not_supported")),)),
        "gpu-slowed",
        "not_tested",
        "unknown",
    ),
    "a mismatch without a visible bus": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="version_mismatch", code=18),
                version=ABSENT,
                module_version=ABSENT,
                pci_gpus=Known(()),
            ),
            gpus=(),
        ),
        "driver-versions",
        "broken",
        "mismatch",
    ),
    "a driver that hangs without a visible bus": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="timeout"),
                version=ABSENT,
                module_version=ABSENT,
                pci_gpus=Known(()),
                library_files=Known(()),
            ),
            gpus=(),
        ),
        "driver-ready",
        "broken",
        "silent",
    ),
    "all hidden": (variable("CUDA_VISIBLE_DEVICES", ""), "gpu-visible", "attention", "all_hidden"),
    "hidden by -1": (variable("CUDA_VISIBLE_DEVICES", "-1"), "gpu-visible", "attention", "all_hidden"),
    "shown by number": (variable("CUDA_VISIBLE_DEVICES", "0"), "gpu-visible", "ok", "ok"),
    "shown by UUID": (variable("CUDA_VISIBLE_DEVICES", "GPU-0000"), "gpu-visible", "ok", "ok"),
    "some hidden": (
        server_snapshot(2, host=host(environment={"CUDA_VISIBLE_DEVICES": "1"})),
        "gpu-visible",
        "attention",
        "some_hidden",
    ),
    "a number too high ends the list": (
        server_snapshot(2, host=host(environment={"CUDA_VISIBLE_DEVICES": "7,0,1"})),
        "gpu-visible",
        "attention",
        "all_hidden",
    ),
    "Linux driver in WSL that does not hurt": (
        wsl_snapshot(
            driver=driver(
                module_version=ABSENT,
                device_nodes=Known(("dxg",)),
                pci_gpus=Known(()),
                library_files=Known(("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.120",)),
            )
        ),
        "wsl-driver",
        "attention",
        "installed",
    ),
    "two libraries": (
        healthy_snapshot(
            driver=driver(library_files=Known(("/usr/lib/libnvidia-ml.so.580.95.05", "/x/libnvidia-ml.so.535.1.1")))
        ),
        "driver-versions",
        "attention",
        "two_libraries",
    ),
    "mixed installation": (
        healthy_snapshot(
            driver=driver(
                nvml=NvmlState(kind="version_mismatch"),
                version=ABSENT,
                library_files=Known(("/usr/lib/libnvidia-ml.so.535.1.1", "/x/libnvidia-ml.so.580.95.05")),
            )
        ),
        "driver-versions",
        "broken",
        "mixed",
    ),
    "no uvm": (
        healthy_snapshot(driver=driver(device_nodes=Known(("nvidia0", "nvidiactl")))),
        "driver-nodes",
        "attention",
        "no_uvm",
    ),
    "bound to something else": (
        healthy_snapshot(driver=driver(pci_gpus=Known((PciGpu(address="a", device_id="1", driver=Known("simple")),)))),
        "driver-bound",
        "attention",
        "other",
    ),
    "remote engine": (healthy_snapshot(engine=engine(remote=True)), "engine-place", "attention", "remote"),
    "ports of a remote engine": (healthy_snapshot(engine=engine(remote=True)), "work-ports", "not_tested", "remote"),
    "snap": (
        healthy_snapshot(
            engine=engine(data_root=Known("/var/snap/docker/common/var-lib-docker"), runtimes=Known(("runc",)))
        ),
        "engine-kind",
        "broken",
        "snap",
    ),
    "snap with its own runtime": (
        healthy_snapshot(engine=engine(data_root=Known("/var/snap/docker/common/var-lib-docker"))),
        "engine-kind",
        "ok",
        "ok",
    ),
    "Docker Desktop on Linux": (
        healthy_snapshot(engine=engine(**DESKTOP)),
        "engine-kind",
        "broken",
        "desktop_linux",
    ),
    "the toolkit does not help Docker Desktop on Linux": (
        healthy_snapshot(engine=engine(**DESKTOP), toolkit=no_toolkit()),
        "toolkit-installed",
        "not_tested",
        "other_engine",
    ),
    "rootless on cgroup 1": (
        healthy_snapshot(engine=engine(rootless=Known(value=True), cgroup_version=Known("1"))),
        "engine-limits",
        "attention",
        "rootless_v1",
    ),
    "small virtual machine": (
        wsl_snapshot(engine=engine(**DESKTOP, memory=Known(2 * GB))),
        "engine-limits",
        "attention",
        "small_machine",
    ),
    "vfs": (healthy_snapshot(engine=engine(storage_driver=Known("vfs"))), "engine-storage", "attention", "vfs"),
    "room for a small image": (
        healthy_snapshot(engine=engine(data_root_free=Known(20 * GB))),
        "engine-disk",
        "attention",
        "tight",
    ),
    "no room, but an image is here": (
        healthy_snapshot(engine=engine(data_root_free=Known(3 * GB), images=Known((TORCH_IMAGE,)))),
        "engine-disk",
        "attention",
        "small_image_here",
    ),
    "no room, and a cache": (
        healthy_snapshot(
            engine=engine(data_root_free=Known(3 * GB)),
            engine_contents=Known(
                EngineContents(published=(), running=0, ended=(), ended_sessions=(), build_cache=Known(80 * GB))
            ),
        ),
        "engine-disk",
        "broken",
        "small_cache",
    ),
    "room measured from outside": (
        healthy_snapshot(engine=engine(data_root_free=Missing("no_permission"))),
        "engine-disk",
        "ok",
        "ok",
    ),
    "room of a remote engine": (
        healthy_snapshot(engine=engine(remote=True, data_root_free=Missing("not_applicable", "another computer"))),
        "engine-disk",
        "not_tested",
        "unknown",
    ),
    "CDI only": (
        healthy_snapshot(engine=engine(runtimes=Known(("runc",)), cdi_devices=Known(("nvidia.com/gpu=all",)))),
        "toolkit-path",
        "ok",
        "cdi",
    ),
    "runtime and CDI": (
        healthy_snapshot(engine=engine(cdi_devices=Known(("nvidia.com/gpu=all",)))),
        "toolkit-path",
        "ok",
        "both",
    ),
    "CDI devices of somebody else": (
        healthy_snapshot(
            engine=engine(runtimes=Known(("runc",)), cdi_devices=Known(("docker.com/gpu=webgpu",))),
            toolkit=toolkit(hook_path=ABSENT),
        ),
        "toolkit-path",
        "broken",
        "none",
    ),
    "hook only": (
        healthy_snapshot(engine=engine(runtimes=Known(("runc",)))),
        "toolkit-path",
        "attention",
        "hook",
    ),
    "specifications, and an engine that lists none": (
        healthy_snapshot(
            engine=engine(version=Known("27.5.1"), runtimes=Known(("runc",)), cdi_devices=Missing("not_supported")),
            toolkit=toolkit(hook_path=ABSENT, cdi_specs=Known((FRESH,))),
        ),
        "toolkit-path",
        "attention",
        "cdi_unlisted",
    ),
    "specifications, and an engine without CDI": (
        healthy_snapshot(
            engine=engine(version=Known("20.10.24"), runtimes=Known(("runc",)), cdi_devices=Missing("not_supported")),
            toolkit=toolkit(hook_path=ABSENT, cdi_specs=Known((FRESH,))),
        ),
        "toolkit-path",
        "broken",
        "none",
    ),
    "Podman with a specification": (
        healthy_snapshot(
            engine=engine(
                product=Known("Podman Engine"), runtimes=Known(("crun",)), cdi_devices=Missing("not_supported")
            ),
            toolkit=toolkit(cdi_specs=Known((FRESH,))),
        ),
        "toolkit-path",
        "ok",
        "cdi",
    ),
    "Podman before CDI": (
        healthy_snapshot(
            engine=engine(product=Known("Podman Engine"), version=Known("3.4.4"), runtimes=Known(("crun",))),
            toolkit=toolkit(cdi_specs=Known((FRESH,))),
        ),
        "toolkit-path",
        "broken",
        "podman_old",
    ),
    "CDI is the only way, and off": (
        healthy_snapshot(
            engine=engine(runtimes=Known(("runc",)), cdi_directories=Known(())),
            toolkit=toolkit(hook_path=ABSENT, cdi_specs=Known((FRESH,))),
        ),
        "toolkit-path",
        "broken",
        "cdi_off",
    ),
    "Podman that may not read the specification": (
        healthy_snapshot(
            engine=engine(product=Known("Podman Engine"), runtimes=Known(("crun",))),
            toolkit=toolkit(cdi_specs=Known((replaced(FRESH, devices=(), driver_version=Missing("no_permission")),))),
        ),
        "toolkit-path",
        "broken",
        "podman_unreadable",
    ),
    "Podman that may not look into the directory": (
        healthy_snapshot(
            engine=engine(product=Known("Podman Engine"), runtimes=Known(("crun",))),
            toolkit=toolkit(cdi_specs=Missing("no_permission")),
        ),
        "toolkit-path",
        "broken",
        "podman_unreadable",
    ),
    "Podman whose specifications were not seen": (
        healthy_snapshot(
            engine=engine(product=Known("Podman Engine"), runtimes=Known(("crun",))),
            toolkit=toolkit(cdi_specs=Missing("timeout")),
        ),
        "toolkit-path",
        "not_tested",
        "unknown",
    ),
    "Podman without": (
        healthy_snapshot(engine=engine(product=Known("Podman Engine"), runtimes=Known(("crun",)))),
        "toolkit-path",
        "broken",
        "podman",
    ),
    "Docker Desktop in WSL": (
        wsl_snapshot(engine=engine(**DESKTOP, runtimes=Known(("runc",)))),
        "toolkit-path",
        "ok",
        "desktop",
    ),
    "stale specification beside the runtime": (
        healthy_snapshot(toolkit=toolkit(cdi_specs=Known((SPEC,)))),
        "toolkit-cdi",
        "attention",
        "stale",
    ),
    "stale specification and no runtime": (
        healthy_snapshot(
            toolkit=toolkit(cdi_specs=Known((SPEC,))),
            engine=engine(runtimes=Known(("runc",)), cdi_devices=Known(("nvidia.com/gpu=0",))),
        ),
        "toolkit-cdi",
        "broken",
        "stale",
    ),
    "two specifications of one device": (
        healthy_snapshot(
            toolkit=toolkit(
                cdi_specs=Known((FRESH, CdiSpec(path="/etc/cdi/a.yaml", devices=FRESH.devices, driver_version=ABSENT)))
            )
        ),
        "toolkit-cdi",
        "attention",
        "double",
    ),
    "fresh specification": (
        healthy_snapshot(toolkit=toolkit(cdi_specs=Known((FRESH,)))),
        "toolkit-cdi",
        "ok",
        "ok",
    ),
    "driver too old for the GPU": (
        healthy_snapshot(
            driver=driver(
                version=Known("560.35.03"),
                module_version=Known("560.35.03"),
                cuda=Known((12, 6)),
                library_files=Known(()),
            ),
            gpus=(gpu(name=Known("NVIDIA GeForce RTX 5090"), compute_capability=Known((12, 0))),),
        ),
        "image-driver",
        "broken",
        "too_old_for_gpu",
    ),
    "generations too far apart": (
        healthy_snapshot(
            gpus=(
                gpu(0, name=Known("NVIDIA GeForce GTX 1080"), compute_capability=Known((6, 1))),
                gpu(1, name=Known("NVIDIA GeForce RTX 5090"), compute_capability=Known((12, 0))),
            )
        ),
        "image-gpu",
        "attention",
        "mixed",
    ),
    "a GPU of the future": (
        healthy_snapshot(gpus=(gpu(name=Known("NVIDIA X"), compute_capability=Known((99, 0))),)),
        "image-gpu",
        "attention",
        "unknown_gpu",
    ),
    "capability unknown": (
        healthy_snapshot(gpus=(gpu(compute_capability=Missing("failed")),)),
        "image-gpu",
        "not_tested",
        "unknown",
    ),
    "port taken": (
        healthy_snapshot(ports=(Port(number=8888, taken=Known(value=True), owner=Known("jupyter-lab")),)),
        "work-ports",
        "attention",
        "taken",
    ),
    "CPU build on the host": (
        healthy_snapshot(host_torch=(HostTorch(python="/usr/bin/python3", version=Known("2.9.1+cpu")),)),
        "work-host-torch",
        "attention",
        "cpu_build",
    ),
    "CUDA build on the host": (
        healthy_snapshot(host_torch=(HostTorch(python="/usr/bin/python3", version=Known("2.9.1+cu128")),)),
        "work-host-torch",
        "ok",
        "ok",
    ),
    "the system was not read": (
        healthy_snapshot(host=host(system="other", architecture="", kernel=Missing("timeout", "no answer within 6 s"))),
        "host-system",
        "not_tested",
        "unknown",
    ),
    "another system": (
        healthy_snapshot(host=host(system="other", kernel=Known("14.1-RELEASE"))),
        "host-system",
        "attention",
        "no_cuda",
    ),
    "an architecture without images": (
        healthy_snapshot(host=host(architecture="riscv64")),
        "image-gpu",
        "not_tested",
        "unknown",
    ),
    "slices that could not be read": (
        server_snapshot(1, gpus=(server_gpu(0, mig=Missing("no_permission", "no")),)),
        "gpu-mig",
        "not_tested",
        "unknown",
    ),
    "a GPU that keeps its capability to itself": (
        server_snapshot(2, gpus=(server_gpu(0), server_gpu(1, compute_capability=Missing("failed", "x")))),
        "image-gpu",
        "not_tested",
        "unknown",
    ),
    "looking at the driver crashed": (
        healthy_snapshot(
            driver=driver(nvml=NvmlState(kind="unknown", text="the collector crashed: x"), version=ABSENT), gpus=()
        ),
        "driver-ready",
        "not_tested",
        "unknown",
    ),
    "an address that nobody answers": (
        healthy_snapshot(engine=unreached_engine("unreachable")),
        "engine-installed",
        "not_tested",
        "unknown",
    ),
    "Podman's socket refuses": (
        healthy_snapshot(
            engine=unreached_engine(
                "no_permission", endpoint="unix:///run/podman/podman.sock", chosen_by="Podman socket"
            ),
            host=host(user=Known(User(uid=1000, groups=("ada",), database_groups=("ada",)))),
        ),
        "engine-permission",
        "broken",
        "denied_podman",
    ),
    "Podman's socket is dead": (
        healthy_snapshot(
            engine=unreached_engine("not_running", endpoint="unix:///run/podman/podman.sock", chosen_by="Podman socket")
        ),
        "engine-running",
        "broken",
        "not_running_chosen",
    ),
    "specifications that name no driver": (
        healthy_snapshot(
            toolkit=toolkit(cdi_specs=Known((CdiSpec(path="/etc/cdi/a", devices=(), driver_version=ABSENT),)))
        ),
        "toolkit-cdi",
        "not_tested",
        "unknown",
    ),
    "host Python hangs": (
        healthy_snapshot(host_torch=(HostTorch(python="/usr/bin/python3", version=Missing("timeout")),)),
        "work-host-torch",
        "not_tested",
        "unknown",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_state_and_variant(name):
    snapshot, check, state, variant = CASES[name]
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == check)
    assert (finding.state, finding.variant) == (state, variant)
    article = finding_article(finding)
    if state in ("attention", "broken"):
        assert article.consequence
        assert article.remedy
        assert finding.evidence
    for key in finding.values:
        assert f"({key})" not in article.text


def test_a_command_that_changes_gpus_names_only_those_it_is_about():
    cut = server_snapshot(3, gpus=(server_gpu(0), *(server_gpu(n, mig=Known(value=True)) for n in (1, 2))))
    finding = next(item for item in conclude(cut, load_catalogue()) if item.id == "gpu-mig")
    assert "sudo nvidia-smi -i 1,2 -mig 0" in finding_article(finding).commands
    capped = healthy_snapshot(gpus=(gpu(index=0, power_limit=Known(250.0)), gpu(index=1)))
    finding = next(item for item in conclude(capped, load_catalogue()) if item.id == "gpu-slowed")
    (remedy,) = remedies_for(finding, capped)
    assert remedy.commands == ("sudo nvidia-smi -i 0 -pl 450",)


def test_an_endless_visible_devices_is_read():
    finding = next(
        item
        for item in conclude(variable("CUDA_VISIBLE_DEVICES", "1" * 9000), load_catalogue())
        if item.id == "gpu-visible"
    )
    assert finding.variant == "all_hidden"


def test_the_owner_of_a_taken_port_is_named():
    snapshot, _check, _state, _variant = CASES["port taken"]
    finding = next(item for item in conclude(snapshot, load_catalogue()) if item.id == "work-ports")
    assert finding.values["ports"] == "8888 (jupyter-lab)"
    assert "jupyter-lab" in finding_article(finding).text


def test_attention_is_no_root_cause_and_blocks_nothing():
    snapshot = wsl_snapshot(engine=engine(**DESKTOP, data_root_free=Known(600 * GB), memory=Known(2 * GB)))
    findings = {item.id: item for item in conclude(snapshot, load_catalogue())}
    assert findings["engine-limits"].state == "attention"
    assert not [item for item in findings.values() if item.state == "broken"]
    assert findings["engine-disk"].state == "ok"
