"""Every answer of the checks inside a container, from made facts."""

import errno

import pytest
from tests.support.check_cases import ask, diagnose, unreached
from tests.support.containers import (
    cuda,
    gpu_load,
    inner_gpu,
    libraries,
    limits,
    loaded,
    nodes,
    nvml,
    samples,
    torch,
    volume,
    walked,
)
from tests.support.snapshots import (
    driver,
    engine,
    gpu,
    healthy_snapshot,
    host,
    replaced,
    server_snapshot,
    toolkit,
    wsl_snapshot,
)

from drydock.core.checks.container_table import CONTAINER, LOAD, TORCH
from drydock.core.facts import DeviceNode, DriverSetup, EngineSetup, Known, Missing
from drydock.core.facts.container import InnerTools, KernelRun, LibrarySearch, Reached, StartAttempt
from drydock.core.facts.load import CopySpeed, DiskSpeed, LoadFacts, MemoryTest, Soak

# what the words of a refusal mean: variant, words
HOOK = [
    ("hook_requirement", "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0, please update"),
    ("hook_no_adapter", "initialization error: WSL environment detected but no adapters were found: unknown"),
    ("hook_library", "initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object file"),
    ("hook_old", "nvidia-container-cli: container error: cgroup subsystem devices not found: unknown"),
    ("hook_rules", "mount error: failed to add device rules: bpf_prog_query(BPF_CGROUP_DEVICE) failed"),
    ("hook_ldcache", "ldcache error: open failed: /sbin/ldconfig.real: no such file or directory"),
    ("hook_mode", "invoking the NVIDIA Container Runtime Hook directly (e.g. --gpus) is not supported"),
    ("hook_image_driver", "mount error: file creation failed: /merged/usr/lib/libnvidia-ml.so.1: file exists"),
    ("hook_slow", "nvidia-container-cli: initialization error: driver rpc error: timed out: unknown"),
    ("hook_slow", "nvidia-container-cli.real: initialization error: driver error: failed to process request"),
    ("hook_capability", "unsupported capabilities found in 'compute,utilty' (allowed 'compute,utility')"),
    ("hook_root", "nvidia-container-cli: initialization error: change root failed: no such file or directory"),
    ("hook_rules", "mount error: open failed: /sys/fs/cgroup/devices/user.slice/devices.allow: permission denied"),
    ("hook_privilege", "nvidia-container-cli: permission error: capability change failed: operation not permitted"),
    ("hook_versions", "error running hook: exit status 3, stderr: No help topic for 'prestart'"),
    ("hook_unknown_device", "nvidia-container-cli: device error: 4: unknown device: unknown"),
    ("hook_node_gone", "mount error: stat failed: /dev/nvidia-modeset: no such file or directory"),
]
START = [
    ("other_processor", "exec /usr/bin/python3: exec format error"),
    ("nested", "open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied"),
    ("firewall", "iptables failed: iptables --wait -t nat -A DOCKER: iptables: No chain/target/match by that name."),
    ("delegation", 'unable to apply cgroup configuration: unable to start unit "docker-1.scope": Permission denied'),
    ("few_ids", 'exec: "newuidmap": executable file not found in $PATH'),
    ("few_ids", "potentially insufficient UIDs or GIDs available in user namespace"),
    ("no_space", "write /var/lib/docker/overlay2/link: no space left on device"),
    ("overlay", "error creating overlay mount to /var/lib/docker/overlay2/abc/merged: invalid argument"),
    ("no_runtime", 'exec: "runc": executable file not found in $PATH'),
]
BY_GROUP = healthy_snapshot(
    engine=engine(rootless=Known(value=True)),
    driver=driver(
        node_access=Known((DeviceNode(name="nvidia0", mode="660", owner="root", group="video", usable=True),))
    ),
)
FAULTY = healthy_snapshot(toolkit=toolkit(version=Known("1.19.1")))
BLOCKED = Known(nvml(code=17, name="NVML_ERROR_OPERATING_SYSTEM"))
SLEPT = healthy_snapshot(setup=DriverSetup(suspends=Known(2), keeps_memory=Known(value=False)))
ENFORCING = healthy_snapshot(
    engine=engine(security=Known(("seccomp", "selinux"))), engine_setup=EngineSetup(selinux=Known("enforcing"))
)
IDS = [check.id for check in (*CONTAINER, *TORCH, *LOAD)]
FAILED = Missing("failed", "the probe ended")
HANGS = Missing("timeout", "no answer within 15 s")
JETSON = healthy_snapshot(host=host(kernel=Known("5.15.148-tegra")))
REMOTE = healthy_snapshot(engine=engine(remote=True))
COMPAT = "/usr/local/cuda-13.0/compat/libcuda.so.580.65.06"


def refused(trouble, way="hook"):
    first = StartAttempt(gpus=way, started=False, trouble=trouble, text="what the engine said")
    return walked(starts=(first, StartAttempt(gpus="none", started=True)))


def refused_with(text):
    first = StartAttempt(gpus="hook", started=False, trouble="gpu-runtime-failed", text=text)
    return walked(starts=(first, StartAttempt(gpus="none", started=True)))


def no_start_with(text):
    return walked(starts=(StartAttempt(gpus="none", started=False, trouble="engine-error", text=text),))


def no_start(trouble="engine-error"):
    return walked(starts=(StartAttempt(gpus="none", started=False, trouble=trouble, text="no such bridge"),))


def missing(why, detail=""):
    return replaced(healthy_snapshot(), container=Missing(why, detail))


def no_gpu():
    return {"starts": (StartAttempt(gpus="none", started=True),)}


def with_nvml(**changes):
    return walked(nvml=Known(nvml(**changes)))


def with_cuda(code, name="NAME"):
    return walked(cuda=Known(cuda(code=code, name=name, count=Missing("not_asked"))))


def with_limits(**changes):
    return walked(limits=Known(limits(**changes)))


def with_volume(number, step="open"):
    return walked(volume=Known(volume(step=step, number=number, error="what the system said")))


def with_torch(**changes):
    return walked(torch=Known(torch(**changes)))


def with_tools(**changes):
    fields = {"compiler": "/usr/bin/cc", "headers": True, "triton": "3.5.0", **changes}
    return walked(tools=Known(InnerTools(**fields)))


def call(step, error="what came back"):
    return walked(network=Known((Reached(purpose="registry", host="r.example", port=443, step=step, error=error),)))


def soak(**changes):
    return loaded(gpu_load(soak=Known(Soak(format="float16", text="what happened", **changes))))


CASES = [
    ("container-image", walked(), "ok", "ok"),
    ("container-image", missing("absent", "a/b:1"), "not_tested", "not_here"),
    ("container-image", missing("not_applicable"), "not_tested", "none_fits"),
    ("container-image", missing("failed", "engine-lost"), "not_tested", "unknown"),
    ("container-start", walked(), "ok", "ok"),
    ("container-start", refused("gpu-runtime-failed"), "ok", "ok"),
    ("container-start", no_start(), "broken", "failed"),
    ("container-start", no_start("mount-source-missing"), "broken", "mount"),
    ("container-gpu", walked(), "ok", "ok"),
    ("container-gpu", walked(starts=(StartAttempt(gpus="cdi", started=True),)), "ok", "ok"),
    ("container-gpu", refused("gpu-request-ignored"), "broken", "ignored"),
    ("container-gpu", refused("gpu-runtime-missing"), "broken", "no_runtime"),
    ("container-gpu", refused("gpu-runtime-failed"), "broken", "hook_failed"),
    *(("container-gpu", refused_with(words), "broken", variant) for variant, words in HOOK),
    *(("container-start", no_start_with(words), "broken", variant) for variant, words in START),
    ("container-gpu", refused("cdi-device-missing", "cdi"), "broken", "cdi_none"),
    (
        "container-gpu",
        replaced(refused("cdi-device-missing", "cdi"), toolkit=toolkit(cdi_specs=Missing("no_permission"))),
        "broken",
        "cdi_missing",
    ),
    (
        "container-gpu",
        refused_with('conflicting device "nvidia.com/gpu=all" (specs "/a", "/b")'),
        "broken",
        "cdi_conflict",
    ),
    ("container-gpu", refused("engine-error"), "broken", "failed"),
    ("container-python", walked(), "ok", "ok"),
    ("container-python", walked(python=Missing("absent", "no python3")), "broken", "absent"),
    ("container-python", walked(python=HANGS), "broken", "silent"),
    ("container-nodes", walked(), "ok", "ok"),
    ("container-nodes", walked(nodes=nodes()), "broken", "none"),
    ("container-nodes", walked(nodes=nodes("/dev/nvidiactl")), "broken", "none"),
    ("container-nodes", walked(nodes=nodes("/dev/nvidia0", "/dev/nvidiactl")), "broken", "no_uvm"),
    ("container-nodes", walked(nodes=nodes("/dev/nvidia0", error="Operation not permitted")), "broken", "denied"),
    (
        "container-nodes",
        walked(ENFORCING, nodes=nodes("/dev/nvidia0", error="Permission denied")),
        "broken",
        "denied_selinux",
    ),
    (
        "container-nodes",
        walked(BY_GROUP, nodes=nodes("/dev/nvidia0", error="Permission denied")),
        "broken",
        "denied_group",
    ),
    # a control group says it in other words
    (
        "container-nodes",
        walked(ENFORCING, nodes=nodes("/dev/nvidia0", error="Operation not permitted")),
        "broken",
        "denied",
    ),
    ("container-nodes", walked(nodes=nodes("/dev/dxg")), "ok", "ok"),
    ("container-nodes", walked(wsl_snapshot(), nodes=nodes()), "broken", "none_wsl"),
    ("container-nodes", walked(JETSON, nodes=nodes()), "not_tested", "jetson"),
    ("container-library", walked(), "ok", "ok"),
    (
        "container-library",
        walked(libraries=libraries(error="libcuda.so.1: cannot open shared object file: No such file")),
        "broken",
        "absent",
    ),
    ("container-library", walked(libraries=libraries(error="libcuda.so.1: file too short")), "broken", "unloadable"),
    ("container-nvml", walked(wsl_snapshot(), nodes=nodes("/dev/dxg"), nvml=BLOCKED), "broken", "wsl_blocked"),
    ("container-nvml", walked(), "ok", "ok"),
    ("container-nvml", with_nvml(code=999, name="NVML_ERROR_UNKNOWN"), "broken", "lost_access"),
    ("container-nvml", with_nvml(code=4), "broken", "no_permission"),
    ("container-nvml", with_nvml(code=9), "broken", "not_loaded"),
    ("container-nvml", with_nvml(code=15), "broken", "lost"),
    ("container-nvml", with_nvml(code=18), "broken", "mismatch"),
    ("container-nvml", with_nvml(code=77), "broken", "failed"),
    ("container-nvml", with_nvml(code=None, text="file too short"), "broken", "failed"),
    ("container-nvml", with_nvml(version=Known("575.51.03")), "broken", "other_version"),
    ("container-nvml", with_nvml(count=Known(0)), "broken", "none"),
    ("container-nvml", walked(healthy_snapshot(gpus=(gpu(0), gpu(1)))), "attention", "fewer"),
    ("container-nvml", walked(nvml=HANGS), "broken", "silent"),
    ("container-nvml", walked(JETSON), "not_tested", "jetson"),
    ("container-compat", walked(), "ok", "ok"),
    ("container-compat", walked(libraries=libraries(COMPAT)), "ok", "used"),
    (
        "container-compat",
        walked(
            libraries=libraries(COMPAT),
            cuda=Known(cuda(code=804)),
            search=Known(LibrarySearch(variable="/usr/local/cuda/compat")),
        ),
        "broken",
        "refused",
    ),
    (
        "container-compat",
        walked(libraries=libraries(COMPAT), cuda=Known(cuda(code=804)), search=Known(LibrarySearch())),
        "broken",
        "refused_by_loader",
    ),
    ("container-compat", walked(libraries=libraries(COMPAT), cuda=Known(cuda(code=803))), "broken", "mismatch"),
    ("container-compat", walked(libraries=libraries(COMPAT), cuda=HANGS), "attention", "in_front"),
    ("container-cuda", walked(), "ok", "ok"),
    ("container-cuda", with_cuda(803), "broken", "mismatch"),
    ("container-cuda", with_cuda(804), "broken", "compat"),
    ("container-cuda", with_cuda(100), "broken", "no_device"),
    ("container-cuda", with_cuda(999), "broken", "unknown_error"),
    ("container-cuda", walked(SLEPT, cuda=Known(cuda(code=999, name="CUDA_ERROR_UNKNOWN"))), "broken", "after_suspend"),
    (
        "container-cuda",
        walked(FAULTY, cuda=Known(cuda(code=999, name="CUDA_ERROR_UNKNOWN"))),
        "broken",
        "toolkit_fault",
    ),
    ("container-cuda", walked(SLEPT, cuda=Known(cuda(code=804, name="COMPAT"))), "broken", "compat"),
    ("container-cuda", with_cuda(304), "broken", "lost_access"),
    ("container-cuda", with_cuda(802), "broken", "not_ready"),
    ("container-cuda", with_cuda(36), "broken", "too_old"),
    ("container-cuda", with_cuda(34), "broken", "stub"),
    ("container-cuda", with_cuda(46), "broken", "busy"),
    ("container-cuda", with_cuda(7), "broken", "failed"),
    ("container-cuda", walked(cuda=HANGS), "broken", "silent"),
    ("container-devices", walked(), "ok", "ok"),
    ("container-devices", walked(cuda=Known(cuda(count=Known(0)))), "broken", "none"),
    ("container-devices", walked(nvml=Known(nvml(count=Known(2)))), "attention", "fewer"),
    ("container-devices", with_cuda(0), "not_tested", "unknown"),
    ("container-exec", walked(), "ok", "ok"),
    ("container-exec", walked(nvml_again=Known(nvml(code=999, name="NVML_ERROR_UNKNOWN"))), "broken", "lost"),
    ("container-exec", walked(nvml_again=Known(nvml(count=Known(0)))), "broken", "lost"),
    ("container-shm", walked(), "ok", "ok"),
    ("container-shm", walked(shm_asked=64 << 20, limits=Known(limits(shm=64 << 20))), "attention", "small"),
    ("container-shm", with_limits(shm=4 << 30), "attention", "less"),
    ("container-shm", with_limits(shm=None), "attention", "absent"),
    ("container-memlock", with_limits(memlock=64 << 10), "ok", "ok"),
    (
        "container-memlock",
        walked(server_snapshot(2), limits=Known(limits(memlock=64 << 10))),
        "attention",
        "small",
    ),
    ("container-memlock", walked(server_snapshot(2), limits=Known(limits(memlock=None))), "ok", "ok"),
    ("container-stack", walked(), "ok", "ok"),
    ("container-stack", with_limits(stack=1 << 20), "attention", "small"),
    ("container-files", with_limits(nofile=1024), "ok", "ok"),
    ("container-files", with_limits(nofile=256), "attention", "small"),
    ("container-memory", walked(), "ok", "ok"),
    ("container-memory", with_limits(memory=32 << 30), "ok", "limited"),
    ("container-memory", with_limits(memory=2 << 30), "attention", "small"),
    ("container-cpus", walked(), "ok", "ok"),
    ("container-cpus", with_limits(cpus=4.0), "attention", "quota"),
    ("container-cpus", with_limits(threads=8), "attention", "fewer"),
    (
        "container-cpus",
        walked(healthy_snapshot(engine=engine(remote=True)), limits=Known(limits(threads=8))),
        "ok",
        "ok",
    ),
    ("container-volume", walked(), "ok", "ok"),
    ("container-volume", walked(volume=Known(volume(owner=Known(0)))), "ok", "other_owner"),
    ("container-volume", walked(volume=Known(volume(owner=Missing("absent")))), "attention", "unseen"),
    ("container-volume", with_volume(errno.EACCES), "broken", "denied"),
    ("container-volume", with_volume(errno.ENOSPC, "write"), "broken", "full"),
    ("container-volume", with_volume(errno.EROFS), "broken", "read_only"),
    ("container-volume", with_volume(errno.EIO, "read"), "broken", "failed"),
    ("container-clock", walked(), "ok", "ok"),
    ("container-clock", walked(clock_ahead=Known(-3600.0)), "attention", "skewed"),
    ("container-network", walked(), "ok", "ok"),
    ("container-network", call("name"), "attention", "no_names"),
    ("container-network", call("connect"), "attention", "unreachable"),
    ("container-network", call("tls"), "attention", "certificate"),
    ("container-network", walked(network=Known(())), "not_tested", "no_target"),
    ("torch-import", walked(), "ok", "ok"),
    ("torch-import", walked(torch=Missing("absent", "No module named 'torch'")), "broken", "absent"),
    ("torch-import", walked(torch=Missing("failed", "libcublas.so.12: not found")), "broken", "fails"),
    *(
        ("torch-import", walked(torch=Missing("failed", text)), "broken", variant)
        for text, variant in (
            ("/lib64/libc.so.6: version `GLIBC_2.28' not found (required by libtorch_cpu.so)", "glibc"),
            ("libstdc++.so.6: version `GLIBCXX_3.4.30' not found", "cxx"),
            ("Illegal instruction (core dumped)", "instruction"),
            ("libcusparse.so.12: undefined symbol: __nvJitLinkAddData_12_1", "symbol"),
            ("libnccl.so.2: cannot open shared object file: No such file or directory", "library"),
        )
    ),
    ("torch-import", walked(torch=HANGS), "broken", "silent"),
    ("torch-import", walked(torch=Missing("not_applicable", "the time was over")), "not_tested", "unknown"),
    ("torch-build", walked(), "ok", "ok"),
    ("torch-build", with_torch(cuda=""), "broken", "cpu"),
    (
        "torch-build",
        replaced(with_torch(cuda=""), host=host(kernel=Known("5.15.148-tegra"))),
        "broken",
        "cpu_jetson",
    ),
    ("torch-build", walked(torch=Known(torch(cuda="")), **no_gpu()), "ok", "cpu_no_gpu"),
    ("torch-build", with_torch(cuda="", hip="6.2"), "broken", "rocm"),
    ("torch-cuda", walked(), "ok", "ok"),
    ("torch-cuda", with_torch(gpus=(), problem="driver-too-old", problem_text="x"), "broken", "driver_too_old"),
    ("torch-cuda", with_torch(gpus=(), problem="driver-library-mismatch", problem_text="x"), "broken", "mismatch"),
    ("torch-cuda", with_torch(gpus=(), problem="forward-compatibility-refused", problem_text="x"), "broken", "compat"),
    ("torch-cuda", with_torch(gpus=(), problem="no-device", problem_text="x"), "broken", "no_device"),
    ("torch-cuda", with_torch(gpus=()), "broken", "no_device"),
    ("torch-cuda", with_torch(gpus=(), problem="fabric-not-ready", problem_text="x"), "broken", "not_ready"),
    ("torch-cuda", with_torch(gpus=(), problem="unknown-cuda-error", problem_text="x"), "broken", "unknown_error"),
    ("torch-cuda", with_torch(gpus=(), problem="other", problem_text="x"), "broken", "failed"),
    ("torch-arch", walked(), "ok", "ok"),
    ("torch-arch", with_torch(gpus=(inner_gpu(), inner_gpu(index=1, coverage="ptx"))), "attention", "ptx"),
    ("torch-arch", with_torch(gpus=(inner_gpu(coverage="ptx"), inner_gpu(index=1, coverage="none"))), "broken", "none"),
    ("torch-arch", with_torch(gpus=(inner_gpu(coverage="unknown", capability=None),)), "not_tested", "unknown"),
    ("torch-kernels", walked(), "ok", "ok"),
    ("torch-kernels", walked(kernels=Known((KernelRun(device="cpu", format="float32"),))), "ok", "cpu"),
    *(
        ("torch-kernels", walked(kernels=Known((KernelRun(device="cuda:0", kind=kind, text="x"),))), "broken", variant)
        for kind, variant in (("uncorrectable-ecc", "memory_error"), ("oom", "no_memory"), ("device-busy", "busy"))
    ),
    ("torch-cuda", with_torch(gpus=(), problem="device-busy", problem_text="x"), "broken", "busy"),
    (
        "torch-kernels",
        walked(kernels=Known((KernelRun(device="cuda:0", format="float16", kind="not-finite"),))),
        "broken",
        "wrong",
    ),
    (
        "torch-kernels",
        walked(kernels=Known((KernelRun(device="cuda:0", kind="no-kernel-image", text="no kernel image"),))),
        "broken",
        "failed",
    ),
    ("torch-compiler", walked(), "ok", "ok"),
    ("torch-compiler", with_tools(compiler=""), "attention", "absent"),
    ("torch-compiler", with_tools(compiler_error="stdlib.h: No such file"), "attention", "fails"),
    ("torch-triton", walked(), "ok", "ok"),
    ("torch-triton", with_tools(triton=""), "attention", "absent"),
    ("torch-triton", with_tools(headers=False), "attention", "no_headers"),
    ("torch-triton", with_torch(gpus=(inner_gpu(capability=(6, 1)),)), "attention", "old_gpu"),
    (
        "torch-triton",
        with_torch(gpus=(inner_gpu(capability=(6, 1)), inner_gpu(index=1, capability=(8, 9)))),
        "ok",
        "ok",
    ),
    ("torch-triton", with_torch(cuda=""), "not_tested", "cpu_build"),
    ("torch-cudnn", walked(), "ok", "ok"),
    ("torch-cudnn", with_torch(cudnn=""), "attention", "absent"),
    ("torch-nccl", walked(), "ok", "ok"),
    ("torch-nccl", with_torch(nccl=""), "attention", "absent"),
    ("load-products", loaded(), "ok", "ok"),
    ("load-products", soak(kind="wrong-result", wrong=3), "broken", "wrong"),
    ("load-products", soak(kind="too-hot"), "broken", "too_hot"),
    ("load-products", soak(kind="launch-failed"), "broken", "failed"),
    ("load-products", soak(first=100.0, last=80.0), "attention", "faded"),
    ("load-products", loaded(gpu_load(soak=HANGS)), "not_tested", "unknown"),
    ("load-heat", loaded(), "ok", "ok"),
    ("load-heat", loaded(gpu_load(samples=Known(samples(reasons={"hw_thermal_slowdown": 30})))), "attention", "hot"),
    ("load-heat", loaded(gpu_load(samples=Known(samples(reasons={"hw_thermal_slowdown": 3})))), "ok", "ok"),
    (
        "load-heat",
        loaded(gpu_load(samples=Known(samples(reasons={"hw_power_brake_slowdown": 30})))),
        "attention",
        "braked",
    ),
    ("load-heat", soak(paused=12.0), "attention", "paused"),
    ("load-heat", loaded(gpu_load(samples=Missing("failed", "x"))), "not_tested", "unknown"),
    ("load-link", loaded(), "ok", "ok"),
    ("load-link", loaded(gpu_load(samples=Known(samples(width=Known(4))))), "attention", "narrow"),
    ("load-link", loaded(gpu_load(samples=Known(samples(generation=Known(1))))), "attention", "slow"),
    ("load-link", loaded(gpu_load(samples=Missing("failed", "x"))), "not_tested", "unknown"),
    ("load-memory", loaded(), "ok", "ok"),
    (
        "load-memory",
        loaded(gpu_load(memory=Known(MemoryTest(tested=1 << 30, wrong=2, kind="wrong-result", text="2 words differ")))),
        "broken",
        "wrong",
    ),
    ("load-memory", loaded(gpu_load(memory=Known(MemoryTest(kind="oom", text="no memory")))), "broken", "failed"),
    ("load-memory", loaded(gpu_load(memory=HANGS)), "not_tested", "unknown"),
    ("load-copy", loaded(), "ok", "ok"),
    ("load-copy", loaded(gpu_load(copy=Known(CopySpeed(to_gpu=3e9, from_gpu=25e9, within=9e11)))), "attention", "slow"),
    ("load-copy", loaded(gpu_load(copy=Known(CopySpeed(kind="oom", text="no memory")))), "broken", "failed"),
    ("load-copy", loaded(gpu_load(copy=HANGS)), "not_tested", "unknown"),
    ("load-disk", loaded(), "ok", "ok"),
    (
        "load-disk",
        loaded(disk=Known(DiskSpeed(path="/w", size=1 << 30, write=5e7, read=6e7))),
        "attention",
        "slow",
    ),
    ("load-disk", loaded(disk=FAILED), "not_tested", "unknown"),
    *[(name, healthy_snapshot(), "not_tested", "not_asked") for name in IDS],
    *[(name, missing("failed", "it was lost"), "not_tested", "unknown") for name in IDS if not name.startswith("load")],
    *[
        (check.id, walked(**no_gpu()), "not_tested", "no_gpu")
        for check in (*CONTAINER, *TORCH)
        if "no_gpu" in check.variants
    ],
    *[
        (check.id, replaced(walked(), load=Known(LoadFacts())), "not_tested", "no_gpu")
        for check in LOAD
        if "no_gpu" in check.variants
    ],
]


@pytest.mark.parametrize(
    ("check_id", "snapshot", "state", "variant"),
    CASES,
    ids=[f"{check}-{variant}-{place}" for place, (check, _, _, variant) in enumerate(CASES)],
)
def test_an_answer(check_id, snapshot, state, variant):
    answer = ask(snapshot, check_id)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    assert unreached(IDS, ((check, variant) for check, _, _, variant in CASES)) == set()


def test_a_healthy_machine_walked_and_loaded_is_all_well():
    diagnosis = diagnose(loaded())
    inner = [finding for finding in diagnosis.findings if finding.id in IDS]
    assert {finding.state for finding in inner} == {"ok"}
    assert diagnosis.root_cause is None


@pytest.mark.parametrize(
    ("snapshot", "cause"),
    [
        (walked(nodes=nodes(), libraries=libraries(error="cannot open shared object file")), "container-nodes"),
        (
            walked(
                libraries=libraries(COMPAT),
                cuda=Known(cuda(code=804)),
                torch=Known(torch(gpus=(), problem="forward-compatibility-refused", problem_text="804")),
            ),
            "container-compat",
        ),
        (
            walked(
                nvml=Known(nvml(code=999)),
                nvml_again=Known(nvml(code=999)),
                cuda=Known(cuda(code=999)),
                torch=Known(torch(gpus=(), problem="unknown-cuda-error", problem_text="999")),
                kernels=Known((KernelRun(device="cpu", format="float32"),)),
            ),
            "container-nvml",
        ),
        (
            walked(
                torch=Known(torch(gpus=(inner_gpu(coverage="none"),))),
                kernels=Known((KernelRun(device="cuda:0", kind="no-kernel-image", text="x"),)),
            ),
            "torch-arch",
        ),
        (
            walked(
                torch=Known(torch(cuda="", gpus=(), problem="cpu-build", problem_text="x")),
                kernels=Known((KernelRun(device="cpu", format="float32"),)),
            ),
            "torch-build",
        ),
    ],
)
def test_a_consequence_does_not_look_like_a_cause(snapshot, cause):
    diagnosis = diagnose(snapshot)
    assert [finding.id for finding in diagnosis.findings if finding.state == "broken"] == [cause]


def test_a_broken_driver_blocks_the_gpu_in_the_container_and_not_the_rest():
    broken = healthy_snapshot(driver=driver(module_version=Known("575.51.03")))
    start = StartAttempt(gpus="hook", started=False, trouble="gpu-runtime-failed", text="driver/library mismatch")
    diagnosis = diagnose(walked(broken, starts=(start, StartAttempt(gpus="none", started=True))))
    answers = {finding.id: finding for finding in diagnosis.findings}
    assert diagnosis.root_cause.id == "driver-versions"
    assert answers["container-gpu"].variant == "blocked"
    assert answers["container-shm"].state == "ok"
