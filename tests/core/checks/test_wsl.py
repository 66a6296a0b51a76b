"""A Linux inside WSL."""

import pytest
from tests.support.check_cases import ask, diagnose, unreached
from tests.support.snapshots import ABSENT, driver, engine, healthy_snapshot, host, replaced, wsl_snapshot

from drydock.core.facts import Known, Memory, Missing, NvmlState, Wsl

TRUE, FALSE = Known(value=True), Known(value=False)
UNREAD = Missing("no_permission", "denied")
KERNEL = Known("6.6.87.2-microsoft-standard-WSL2")
LENT = Known(("libcuda.so.1", "libdxcore.so", "libnvidia-ml.so.1"))
WSL_FILE = "/usr/lib/wsl/lib/libcuda.so.1"


def with_wsl(**changes):
    return wsl_snapshot(wsl=Wsl(**changes))


def with_host(**changes):
    return wsl_snapshot(host=host(**{"kernel": KERNEL, "wsl": TRUE, **changes}))


def with_driver(cuda, **changes):
    nothing_linux = {"module_version": ABSENT, "device_nodes": Known(("dxg",)), "pci_gpus": Known(())}
    return wsl_snapshot(
        driver=driver(**nothing_linux, cuda_files=cuda, version=Known("581.42"), library_files=Known(())),
        wsl=Wsl(**changes),
    )


def with_memory(gigabytes, **changes):
    total = gigabytes * 10**9
    memory = Known(Memory(total=total, available=total // 2, swap_total=0))
    return wsl_snapshot(host=host(kernel=KERNEL, wsl=TRUE, memory=memory), wsl=Wsl(**changes))


def with_windows_driver(version):
    return wsl_snapshot(driver=driver(version=version, module_version=ABSENT, device_nodes=Known(("dxg",))))


BLIND = replaced(
    with_driver(Known((WSL_FILE,)), libraries=LENT, on_loader_path=FALSE),
    driver=driver(
        nvml=NvmlState(kind="library_not_found"), cuda_files=Known((WSL_FILE,)), device_nodes=Known(("dxg",))
    ),
    engine=engine(),
)
CASES = [
    ("wsl-settings", with_wsl(gpu_enabled=ABSENT, gpu_support=ABSENT), "ok", "ok"),
    ("wsl-settings", with_wsl(gpu_enabled=TRUE, gpu_support=TRUE), "ok", "ok"),
    ("wsl-settings", with_wsl(gpu_enabled=FALSE), "broken", "off_here"),
    (
        "wsl-settings",
        with_wsl(gpu_support=FALSE, settings_file=Known("/mnt/c/Users/ada/.wslconfig")),
        "broken",
        "off_windows",
    ),
    ("wsl-settings", with_wsl(gpu_enabled=UNREAD), "not_tested", "unknown"),
    ("wsl-kernel", with_host(), "ok", "ok"),
    ("wsl-kernel", with_host(kernel=Known("5.4.72-microsoft-standard-WSL2")), "attention", "old"),
    (
        "wsl-kernel",
        replaced(
            with_host(kernel=Known("4.19.128-microsoft-standard")), driver=driver(device_nodes=Known(("nvidia0",)))
        ),
        "broken",
        "old",
    ),
    ("wsl-kernel", with_host(kernel=Known("microsoft")), "not_tested", "unknown"),
    ("wsl-windows-driver", with_windows_driver(Known("581.42")), "ok", "ok"),
    ("wsl-windows-driver", with_windows_driver(Known("472.12")), "attention", "old"),
    ("wsl-windows-driver", with_windows_driver(UNREAD), "not_tested", "unknown"),
    ("wsl-windows-driver", with_windows_driver(Known("new")), "not_tested", "unknown"),
    ("wsl-memory", with_memory(32), "ok", "ok"),
    ("wsl-memory", with_memory(8, memory=Known("8GB")), "attention", "capped"),
    ("wsl-memory", with_memory(8, memory=ABSENT), "attention", "half"),
    ("wsl-memory", with_host(memory=UNREAD), "not_tested", "unknown"),
    ("wsl-libraries", with_driver(Known((WSL_FILE,)), libraries=LENT, on_loader_path=TRUE), "ok", "ok"),
    ("wsl-libraries", with_driver(Known(()), libraries=Known(("libnvidia-ml.so.1",))), "broken", "absent"),
    (
        "wsl-libraries",
        with_driver(Known((WSL_FILE, "/usr/lib/x86_64-linux-gnu/libcuda.so.550.120")), libraries=LENT),
        "attention",
        "shadowed",
    ),
    (
        "wsl-libraries",
        with_driver(Known((WSL_FILE,)), libraries=LENT, on_loader_path=FALSE),
        "attention",
        "not_searched",
    ),
    ("wsl-libraries", BLIND, "broken", "not_searched"),
    # Docker Desktop finds them by a way of its own
    (
        "wsl-libraries",
        replaced(BLIND, engine=engine(product=Known("Docker Desktop 4.47.0"))),
        "attention",
        "not_searched",
    ),
    ("wsl-libraries", with_driver(Known(()), libraries=Known(("libd3d12.so",))), "not_tested", "no_driver"),
    ("wsl-libraries", with_driver(Known(()), libraries=UNREAD), "not_tested", "unknown"),
    *(
        (check, healthy_snapshot(), "not_tested", "not_wsl")
        for check in ("wsl-settings", "wsl-kernel", "wsl-windows-driver", "wsl-memory", "wsl-libraries")
    ),
]


@pytest.mark.parametrize(("check", "snapshot", "state", "variant"), CASES)
def test_state_and_variant(check, snapshot, state, variant):
    answer = ask(snapshot, check)
    assert (answer.state, answer.variant) == (state, variant)


def test_every_answer_is_reached():
    ids = {check for check, *_ in CASES}
    assert unreached(ids, ((check, variant) for check, _, _, variant in CASES)) == set()


def test_a_gpu_that_is_turned_off_is_the_root_cause():
    no_device = driver(
        module_version=ABSENT,
        device_nodes=Known(()),
        pci_gpus=Known(()),
        library_files=Known(("/usr/lib/wsl/lib/libnvidia-ml.so.1",)),
    )
    diagnosis = diagnose(wsl_snapshot(driver=no_device, gpus=(), wsl=Wsl(gpu_enabled=FALSE)))
    assert diagnosis.root_cause.id == "wsl-settings"
    assert next(item for item in diagnosis.findings if item.id == "wsl-device").variant == "blocked"
