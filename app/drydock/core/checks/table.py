"""All checks, in reading order: up the ladder, and on each rung the causes before their consequences."""

from drydock.core.checks import driver, engine, gpu, host, image, toolkit, work
from drydock.core.checks.check import Check

_HOST = (
    Check(
        id="host-system",
        rung="host",
        ask=host.ask_system,
        reads=("host",),
        variants=("ok", "wsl2", "no_cuda", "wsl1", "architecture", "unknown"),
    ),
    Check(
        id="host-memory", rung="host", ask=host.ask_memory, reads=("host",), variants=("ok", "small", "full", "unknown")
    ),
    Check(id="host-disk", rung="host", ask=host.ask_disk, reads=("disks",), variants=("ok", "small", "unknown")),
    Check(
        id="host-shm", rung="host", ask=host.ask_shm, reads=("host",), variants=("ok", "small", "not_linux", "unknown")
    ),
    Check(
        id="host-libraries",
        rung="host",
        ask=host.ask_libraries,
        reads=("host",),
        variants=("ok", "harmless", "stubs", "compat", "cuda"),
    ),
)

_GPU = (
    Check(
        id="gpu-present",
        rung="gpu",
        ask=gpu.ask_present,
        reads=("host", "driver", "nvml"),
        variants=("ok", "on_bus", "kept", "none", "unknown"),
    ),
    Check(
        id="gpu-lost",
        rung="gpu",
        ask=gpu.ask_lost,
        reads=("host", "driver", "nvml"),
        needs=("driver-ready",),
        variants=("ok", "lost", "error", "missing", "no_gpu"),
    ),
    Check(
        id="gpu-mig",
        rung="gpu",
        ask=gpu.ask_mig,
        reads=("nvml",),
        needs=("driver-ready", "gpu-lost"),
        variants=("ok", "on", "some_empty", "no_slices", "no_gpu", "unknown"),
    ),
    Check(
        id="gpu-persistence",
        rung="gpu",
        ask=gpu.ask_persistence,
        reads=("host", "nvml"),
        needs=("driver-ready",),
        variants=("ok", "off", "no_server", "not_linux", "unknown"),
    ),
    Check(
        id="gpu-slowed",
        rung="gpu",
        ask=gpu.ask_slowed,
        reads=("nvml",),
        needs=("driver-ready", "gpu-lost"),
        variants=("ok", "hot", "braked", "capped", "no_gpu", "unknown"),
    ),
    Check(
        id="gpu-visible",
        rung="gpu",
        ask=gpu.ask_visible,
        reads=("host", "nvml"),
        needs=("driver-ready",),
        variants=("ok", "all_hidden", "some_hidden", "no_gpu"),
    ),
)

_DRIVER = (
    Check(
        id="wsl-device",
        rung="driver",
        ask=driver.ask_wsl_device,
        reads=("host", "driver"),
        variants=("ok", "absent", "none", "not_wsl", "unknown"),
    ),
    Check(
        id="wsl-driver",
        rung="driver",
        ask=driver.ask_wsl_driver,
        reads=("host", "driver", "nvml"),
        variants=("ok", "installed", "hides", "in_container", "not_wsl", "unknown"),
    ),
    Check(
        id="driver-installed",
        rung="driver",
        ask=driver.ask_installed,
        reads=("host", "driver", "nvml"),
        needs=("wsl-device",),
        variants=("ok", "absent", "no_library", "wsl", "no_gpu", "unknown"),
    ),
    Check(
        id="driver-bound",
        rung="driver",
        ask=driver.ask_bound,
        reads=("driver",),
        needs=("driver-installed",),
        variants=("ok", "nouveau", "nova", "other", "unbound", "none", "no_gpu"),
    ),
    Check(
        id="driver-versions",
        rung="driver",
        ask=driver.ask_versions,
        reads=("host", "driver", "nvml"),
        needs=("driver-installed", "driver-bound"),
        variants=("ok", "mismatch", "mixed", "two_libraries", "wsl", "no_gpu", "unknown"),
    ),
    Check(
        id="driver-nodes",
        rung="driver",
        ask=driver.ask_nodes,
        reads=("host", "driver", "nvml"),
        needs=("driver-installed", "driver-bound", "driver-versions"),
        variants=("ok", "absent", "no_uvm", "no_module", "wsl", "not_linux", "unknown"),
    ),
    Check(
        id="driver-ready",
        rung="driver",
        ask=driver.ask_ready,
        reads=("host", "driver", "nvml"),
        needs=("wsl-device", "wsl-driver", "driver-installed", "driver-bound", "driver-versions", "driver-nodes"),
        variants=(
            "ok",
            "gpu_lost",
            "not_loaded",
            "not_loaded_wsl",
            "no_permission",
            "wsl_blocked",
            "silent",
            "mismatch",
            "failed",
            "no_gpu",
            "unknown",
        ),
    ),
)

_ENGINE = (
    Check(
        id="engine-installed",
        rung="engine",
        ask=engine.ask_installed,
        reads=("host", "engine"),
        variants=("ok", "absent", "absent_wsl", "absent_desktop", "unknown"),
    ),
    Check(
        id="engine-permission",
        rung="engine",
        ask=engine.ask_permission,
        reads=("host", "engine"),
        needs=("engine-installed",),
        variants=("ok", "not_member", "login_again", "denied", "not_reached"),
    ),
    Check(
        id="engine-running",
        rung="engine",
        ask=engine.ask_running,
        reads=("host", "engine"),
        needs=("engine-installed", "engine-permission"),
        variants=(
            "ok",
            "not_running",
            "not_running_wsl",
            "not_running_desktop",
            "not_running_chosen",
            "silent",
            "not_an_engine",
            "unreachable",
            "failed",
        ),
    ),
    Check(
        id="engine-version",
        rung="engine",
        ask=engine.ask_version,
        reads=("engine",),
        needs=("engine-running",),
        variants=("ok", "too_old", "unknown"),
    ),
    Check(
        id="engine-place",
        rung="engine",
        ask=engine.ask_place,
        reads=("engine",),
        needs=("engine-running",),
        variants=("ok", "remote"),
    ),
    Check(
        id="engine-kind",
        rung="engine",
        ask=engine.ask_kind,
        reads=("host", "driver", "nvml", "engine"),
        needs=("engine-version",),
        variants=("ok", "snap", "desktop_linux", "no_gpu"),
    ),
    Check(
        id="engine-limits",
        rung="engine",
        ask=engine.ask_limits,
        reads=("engine",),
        needs=("engine-version",),
        variants=("ok", "rootless_v1", "small_machine"),
    ),
    Check(
        id="engine-storage",
        rung="engine",
        ask=engine.ask_storage,
        reads=("engine",),
        needs=("engine-version",),
        variants=("ok", "vfs", "unknown"),
    ),
    Check(
        id="engine-disk",
        rung="engine",
        ask=engine.ask_disk,
        reads=("host", "disks", "engine"),
        needs=("engine-version",),
        variants=("ok", "small", "small_image_here", "tight", "unknown"),
    ),
)

_TOOLKIT = (
    Check(
        id="toolkit-installed",
        rung="toolkit",
        ask=toolkit.ask_installed,
        reads=("host", "driver", "nvml", "engine", "toolkit"),
        needs=("engine-version",),
        variants=("ok", "old", "elsewhere", "absent", "desktop", "remote", "no_gpu", "other_engine", "unknown"),
    ),
    Check(
        id="toolkit-path",
        rung="toolkit",
        ask=toolkit.ask_gpu_path,
        reads=("host", "driver", "nvml", "engine", "toolkit"),
        needs=("engine-version", "toolkit-installed"),
        variants=(
            "both",
            "cdi",
            "runtime",
            "desktop",
            "hook",
            "cdi_unlisted",
            "none",
            "podman",
            "remote",
            "no_gpu",
            "other_engine",
            "unknown",
        ),
    ),
    Check(
        id="toolkit-cdi",
        rung="toolkit",
        ask=toolkit.ask_cdi,
        reads=("host", "driver", "nvml", "engine", "toolkit"),
        needs=("driver-ready", "engine-version"),
        variants=("ok", "stale", "double", "no_specs", "remote", "no_gpu", "other_engine", "unknown"),
    ),
)

_IMAGE = (
    Check(
        id="image-driver",
        rung="image",
        ask_images=image.ask_driver,
        reads=("host", "driver", "nvml"),
        needs=("driver-ready", "gpu-lost"),
        variants=("ok", "too_old", "too_old_for_gpu", "dropped", "no_gpu", "unknown"),
    ),
    Check(
        id="image-gpu",
        rung="image",
        ask_images=image.ask_gpu,
        reads=("host", "driver", "nvml"),
        needs=("driver-ready", "gpu-lost", "image-driver"),
        variants=("ok", "no_build", "mixed", "jetson", "unknown_gpu", "no_gpu", "unknown"),
    ),
)

_WORK = (
    Check(
        id="work-ports",
        rung="work",
        ask=work.ask_ports,
        reads=("engine", "ports"),
        variants=("ok", "taken", "remote", "unknown"),
    ),
    Check(
        id="work-host-torch",
        rung="work",
        ask=work.ask_host_torch,
        reads=("host", "driver", "nvml", "host_torch"),
        variants=("ok", "cpu_build", "absent", "unknown"),
    ),
)

CHECKS: tuple[Check, ...] = (*_HOST, *_GPU, *_DRIVER, *_ENGINE, *_TOOLKIT, *_IMAGE, *_WORK)
