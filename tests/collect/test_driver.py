"""What the kernel shows of the driver."""

import pytest
from tests.support.world import TestWorld

from drydock.collect.driver import collect_driver
from drydock.core.facts import Known, Missing
from drydock.world import FileStatus

PCI = "/sys/bus/pci/devices"


def device(address, vendor="0x10de", kind="0x030000", number="0x2684"):
    return {
        f"{PCI}/{address}/vendor": vendor + "\n",
        f"{PCI}/{address}/class": kind + "\n",
        f"{PCI}/{address}/device": number + "\n",
    }


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n", "535.183.01"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.16  Release Build  (b)\n", "570.86.16"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.82.07  Release Build\n", "580.82.07"),
    ],
)
def test_both_kinds_of_module_tell_their_version(text, version):
    world = TestWorld(files={"/proc/driver/nvidia/version": text})
    assert collect_driver(world).module_version == Known(version)


def test_the_other_place_of_the_version_and_none_at_all():
    world = TestWorld(files={"/sys/module/nvidia/version": "580.95.05\n"})
    assert collect_driver(world).module_version == Known("580.95.05")
    assert collect_driver(TestWorld()).module_version.why == "absent"
    odd = TestWorld(files={"/proc/driver/nvidia/version": "something else"})
    assert collect_driver(odd).module_version.why == "failed"


def test_only_nvidia_display_controllers_count():
    world = TestWorld(
        files={
            **device("0000:01:00.0"),
            **device("0000:01:00.1", kind="0x040300"),
            **device("0000:02:00.0", kind="0x030200", number="0x2330"),
            **device("0000:00:02.0", vendor="0x8086"),
        },
        links={f"{PCI}/0000:01:00.0/driver": "nouveau", f"{PCI}/0000:00:02.0/driver": "i915"},
    )
    first, second = collect_driver(world).pci_gpus.value
    assert (first.address, first.device_id, first.driver) == ("0000:01:00.0", "2684", Known("nouveau"))
    assert (second.device_id, second.driver.why) == ("2330", "absent")


def test_virtual_functions_are_not_gpus_of_their_own():
    world = TestWorld(
        files={**device("0000:01:00.0"), **device("0000:01:00.4")}, links={f"{PCI}/0000:01:00.4/physfn": "0000:01:00.0"}
    )
    assert [gpu.address for gpu in collect_driver(world).pci_gpus.value] == ["0000:01:00.0"]


def test_a_bus_that_cannot_be_seen_is_missing_and_not_empty():
    assert isinstance(collect_driver(TestWorld()).pci_gpus, Missing)


def test_nodes_of_the_driver_are_picked():
    world = TestWorld(files={"/dev/nvidia0": "", "/dev/nvidiactl": "", "/dev/dxg": "", "/dev/sda": ""})
    assert collect_driver(world).device_nodes == Known(("dxg", "nvidia0", "nvidiactl"))


def test_library_files_are_named_by_what_they_lead_to():
    world = TestWorld(
        links={
            "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1": "libnvidia-ml.so.580.95.05",
            "/usr/lib/wsl/lib/libnvidia-ml.so.1": Missing("failed", "not a symbolic link"),
        }
    )
    assert collect_driver(world).library_files == Known(
        ("/usr/lib/wsl/lib/libnvidia-ml.so.1", "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.580.95.05")
    )


def test_the_kind_of_module_is_read():
    path = "/proc/driver/nvidia/version"
    opened = TestWorld(files={path: "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.16  Release\n"})
    assert collect_driver(opened).flavour == Known("open")
    closed = TestWorld(files={path: "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\n"})
    assert collect_driver(closed).flavour == Known("proprietary")
    assert collect_driver(TestWorld()).flavour.why == "absent"


def test_owner_and_mode_of_the_nodes():
    status = FileStatus(mode=0o660, owner="root", group="video", modified=0.0, readable=True, writable=False)
    world = TestWorld(files={"/dev/nvidia0": "", "/dev/nvidiactl": ""}, statuses={"/dev/nvidia0": status})
    (node,) = collect_driver(world).node_access.value
    assert (node.name, node.mode, node.group, node.usable) == ("nvidia0", "660", "video", False)


def test_the_cuda_library_is_found_beside_the_other():
    world = TestWorld(links={"/usr/lib64/libcuda.so.1": "libcuda.so.580.95.05"})
    assert collect_driver(world).cuda_files == Known(("/usr/lib64/libcuda.so.580.95.05",))


def test_other_systems_have_none_of_it():
    assert collect_driver(TestWorld(system="windows")).pci_gpus.why == "not_applicable"
