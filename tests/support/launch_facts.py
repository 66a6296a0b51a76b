"""An engine and a machine as facts, for the pure parts of a launch."""

import msgspec

from drydock.core.facts import Engine, Known, Missing, Reach

GIB = 1 << 30


def engine_facts(**changes: object) -> Engine:
    """A reachable local engine with 64 GiB and an NVIDIA runtime; keywords replace fields."""
    facts = Engine(
        endpoint="unix:///var/run/docker.sock",
        chosen_by="default",
        reach=Reach(kind="ready"),
        product=Known("Docker Engine"),
        version=Known("28.5.1"),
        api_version=Known("1.51"),
        operating_system=Known("Debian GNU/Linux 13"),
        architecture=Known("amd64"),
        remote=False,
        rootless=Known(value=False),
        cgroup_version=Known("2"),
        cgroup_driver=Known("systemd"),
        storage_driver=Known("overlay2"),
        data_root=Known("/var/lib/docker"),
        data_root_free=Known(100_000_000_000),
        memory=Known(64 * GIB),
        cpus=Known(16),
        runtimes=Known(("runc", "nvidia")),
        default_runtime=Known("runc"),
        cdi_devices=Missing("not_supported"),
    )
    return msgspec.structs.replace(facts, **changes)
