"""How the driver was installed, out of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import TestWorld

from drydock.collect.packages import (
    automatic_updates,
    driver_packages,
    is_driver_package,
    parse_dpkg,
    parse_history,
)
from drydock.collect.setup import collect_setup
from drydock.core.facts import DriverPackage, Known, Missing
from drydock.world import Outcome

PCI = "/sys/bus/pci/devices"
EFI = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
DEPENDENCIES = """kernel/drivers/video/fbdev/nvidia/nvidiafb.ko.zst: kernel/x.ko
updates/dkms/nvidia-drm.ko.zst: updates/dkms/nvidia-modeset.ko.zst updates/dkms/nvidia.ko.zst
updates/dkms/nvidia.ko.zst:
updates/dkms/nvidia-uvm.ko.zst: updates/dkms/nvidia.ko.zst
"""
WITHOUT = "kernel/drivers/video/fbdev/nvidia/nvidiafb.ko.zst: kernel/x.ko\nupdates/dkms/nvidia-uvm.ko: x\n"
MODINFO = """filename:       /lib/modules/6.14.0-29-generic/updates/dkms/nvidia.ko.zst
version:        580.95.05
license:        Dual MIT/GPL
signer:         box Secure Boot Module Signature key
sig_key:        0A:1B
"""
STATUS = """Package: nvidia-driver-580
Status: hold ok installed
Version: 580.95.05-0ubuntu0.24.04.2

Package: libnvidia-compute-535
Status: deinstall ok config-files
Version: 535.274.02-0ubuntu1

Package: nvidia-container-toolkit
Status: install ok installed
Version: 1.18.0-1

Package: libnvidia-compute-580
Status: install ok installed
Architecture: amd64
Version: 1:580.95.05-0ubuntu0.24.04.2
"""
HISTORY = """
Start-Date: 2026-11-18  06:40:01
Commandline: /usr/bin/unattended-upgrade
Upgrade: libc6:amd64 (1, 2), libnvidia-compute-580:amd64 (580.82.07-0ubuntu1, 580.95.05-0ubuntu1)
End-Date: 2026-11-18  06:41:00

Start-Date: 2026-11-19  10:00:00
Commandline: apt install htop
Install: htop:amd64 (3.3)
End-Date: 2026-11-19  10:00:01
"""


def modules(**kernels):
    return {f"/lib/modules/{name}/modules.dep": text for name, text in kernels.items()}


def test_kernels_come_in_their_order_with_the_module_of_each():
    files = {
        "/lib/modules/6.14.0-9-generic/modules.dep": WITHOUT,
        "/lib/modules/6.14.0-29-generic/modules.dep": DEPENDENCIES,
        "/lib/modules/6.8.0-1-generic/updates/left.ko": "",
    }
    found = collect_setup(TestWorld(files=files)).kernels.value
    assert [item.kernel for item in found] == ["6.14.0-9-generic", "6.14.0-29-generic"]
    assert (found[0].module.why, found[1].module) == ("absent", Known("updates/dkms/nvidia.ko.zst"))


def test_the_running_kernel_is_kept_among_many():
    files = {f"/lib/modules/6.14.0-{number}-generic/modules.dep": DEPENDENCIES for number in range(20, 50)}
    names = [item.kernel for item in collect_setup(TestWorld(files=files)).kernels.value]
    assert names[0] == "6.14.0-29-generic"
    assert names[-1] == "6.14.0-49-generic"
    assert len(names) == 9


@pytest.mark.parametrize(
    "name", ["extra/nvidia/nvidia.ko.xz", "updates/dkms/nvidia-current.ko", "kernel/nvidia-580-open/nvidia.ko"]
)
def test_names_that_distributions_give_the_module(name):
    world = TestWorld(files={"/lib/modules/6.1.0-1/modules.dep": f"{name}: x\n"})
    assert collect_setup(world).kernels.value[0].module == Known(name)


def test_the_module_on_the_disk_tells_version_and_signer():
    files = {"/lib/modules/6.14.0-29-generic/modules.dep": DEPENDENCIES}
    setup = collect_setup(TestWorld(files=files, outputs={"modinfo": MODINFO}))
    assert setup.module_on_disk == Known("580.95.05")
    assert setup.module_signer == Known("box Secure Boot Module Signature key")
    unsigned = collect_setup(TestWorld(files=files, outputs={"modinfo": "version: 580.95.05\n"}))
    assert unsigned.module_signer.why == "absent"


def test_modinfo_is_not_run_where_no_module_is_there():
    world = TestWorld(files={"/lib/modules/6.14.0-29-generic/modules.dep": WITHOUT}, outputs={"modinfo": MODINFO})
    assert isinstance(collect_setup(world).module_on_disk, Missing)
    assert ("modinfo", "nvidia") not in world.ran


def test_a_modinfo_that_hangs_is_a_reason():
    files = {"/lib/modules/6.14.0-29-generic/modules.dep": DEPENDENCIES}
    hanging = Outcome(argv=("modinfo", "nvidia"), code=None, problem="timeout")
    assert collect_setup(TestWorld(files=files, outputs={"modinfo": hanging})).module_on_disk.why == "timeout"


def test_dkms_tells_for_which_kernels_it_built():
    files = {
        "/var/lib/dkms/nvidia/580.95.05/6.14.0-29-generic/x86_64/module/nvidia.ko": "",
        "/var/lib/dkms/nvidia/580.95.05/build/make.log": "",
        "/var/lib/dkms/virtualbox/7.1/6.14.0-29-generic/x": "",
    }
    (module,) = collect_setup(TestWorld(files=files)).dkms.value
    assert (module.name, module.version, module.kernels) == ("nvidia", "580.95.05", ("6.14.0-29-generic",))
    assert collect_setup(TestWorld()).dkms == Known(())


@pytest.mark.parametrize(("content", "on"), [("\x06\x00\x00\x00\x01", True), ("\x06\x00\x00\x00\x00", False)])
def test_secure_boot_is_the_fifth_byte(content, on):
    assert collect_setup(TestWorld(files={EFI: content})).secure_boot == Known(on)


def test_secure_boot_without_uefi_and_cut_short():
    assert collect_setup(TestWorld()).secure_boot.why == "absent"
    assert collect_setup(TestWorld(files={EFI: "\x06"})).secure_boot.why == "failed"


def test_services_run_when_they_have_a_control_group():
    files = {
        "/sys/fs/cgroup/system.slice/nvidia-fabricmanager.service/cgroup.procs": "12",
        "/sys/fs/cgroup/system.slice/docker.service/cgroup.procs": "13",
        "/sys/fs/cgroup/system.slice/k3s-agent.service/cgroup.procs": "14",
        "/usr/lib/systemd/system/nvidia-persistenced.service": "",
    }
    setup = collect_setup(TestWorld(files=files))
    assert setup.services == Known(("k3s-agent", "nvidia-fabricmanager"))
    assert setup.service_files == Known(("nvidia-persistenced",))


def test_switches_of_nvidia_are_counted():
    files = {
        f"{PCI}/0000:05:00.0/class": "0x068000\n",
        f"{PCI}/0000:05:00.0/vendor": "0x10de\n",
        f"{PCI}/0000:06:00.0/class": "0x068000\n",
        f"{PCI}/0000:06:00.0/vendor": "0x8086\n",
    }
    assert collect_setup(TestWorld(files=files)).switches == Known(1)


def test_loaded_modules_memory_and_suspends():
    files = {
        "/proc/modules": "nvidia_uvm 1 0 - Live 0x0\nsnd 1 0 - Live 0x0\nnouveau 1 0 - Live 0x0\n",
        "/proc/driver/nvidia/params": "EnableMSI: 1\nPreserveVideoMemoryAllocations: 0\n",
        "/sys/power/suspend_stats/success": "4\n",
    }
    setup = collect_setup(TestWorld(files=files))
    assert setup.loaded_modules == Known(("nouveau", "nvidia_uvm"))
    assert (setup.keeps_memory, setup.suspends) == (Known(value=False), Known(4))


def test_other_systems_have_none_of_it():
    assert collect_setup(TestWorld(system="windows")).packages.why == "not_applicable"


def test_installed_packages_of_the_driver_are_read_and_those_that_are_gone_are_not():
    assert parse_dpkg(STATUS) == [
        DriverPackage(name="nvidia-driver-580", version="580.95.05", held=True),
        DriverPackage(name="libnvidia-compute-580", version="580.95.05"),
    ]


def test_packages_of_pacman_and_rpm():
    pacman = TestWorld(files={"/var/lib/pacman/local/nvidia-open-580.95.05-3/desc": ""})
    assert driver_packages(pacman) == Known((DriverPackage(name="nvidia-open", version="580.95.05"),))
    listing = "akmod-nvidia 580.95.05\nnvidia-container-toolkit 1.18.0\nxorg-x11-drv-nvidia-cuda 580.95.05\n"
    rpm = TestWorld(programs={"rpm": "/usr/bin/rpm"}, outputs={"/usr/bin/rpm": listing})
    assert [item.name for item in driver_packages(rpm).value] == ["akmod-nvidia", "xorg-x11-drv-nvidia-cuda"]
    assert driver_packages(TestWorld()).why == "absent"


@pytest.mark.parametrize(
    "name", ["nvidia-container-toolkit", "libnvidia-container1", "nvidia-settings", "nvidia-modprobe"]
)
def test_what_is_not_the_driver(name):
    assert not is_driver_package(name)


def test_the_last_change_of_the_driver_is_found():
    change = parse_history(HISTORY).value
    assert (change.when, change.by) == ("2026-11-18 06:40:01", "/usr/bin/unattended-upgrade")
    assert "580.95.05" in change.text
    assert isinstance(parse_history("Start-Date: x\nInstall: htop (1)\n"), Missing)


def test_automatic_updates():
    path = "/etc/apt/apt.conf.d/20auto-upgrades"
    assert automatic_updates(TestWorld(files={path: 'APT::Periodic::Unattended-Upgrade "1";\n'})) == Known(value=True)
    assert automatic_updates(TestWorld(files={path: 'APT::Periodic::Unattended-Upgrade "0";\n'})) == Known(value=False)
    dnf = TestWorld(files={"/etc/dnf/automatic.conf": "[commands]\napply_updates = yes\n"})
    assert automatic_updates(dnf) == Known(value=True)
    assert automatic_updates(TestWorld()) == Known(value=False)


@given(st.text(alphabet="Package: nvidiaStusholdkVrn\n0.5-", max_size=300))
def test_any_status_is_read(text):
    assert isinstance(parse_dpkg(text), list)


@given(st.text(max_size=300))
def test_any_history_is_read(text):
    parse_history(text)
