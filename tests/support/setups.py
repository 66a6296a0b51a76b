"""How an engine and the network are set up, for tests: a plain healthy set-up, of which parts may be replaced."""

from typing import Any

from tests.support.snapshots import engine

from drydock.core.facts import Engine, EngineContents, EngineSetup, Known, Network
from drydock.core.facts.engine_setup import DaemonConfig, EngineLimits, EngineSocket, Mount
from drydock.core.facts.network import Route

PATH = "/etc/docker/daemon.json"


def config(**changes: Any) -> DaemonConfig:
    """A daemon.json that registers the NVIDIA runtime."""
    fields: dict[str, Any] = {
        "path": PATH,
        "reader": "rootful",
        "keys": ("runtimes",),
        "runtimes": {"nvidia": "nvidia-container-runtime"},
    }
    return DaemonConfig(**{**fields, **changes})


def sockets(*kinds: Any) -> Any:
    """The sockets of these kinds of engines."""
    paths = {
        "system": "/var/run/docker.sock",
        "rootless": "/run/user/1000/docker.sock",
        "desktop": "/home/ada/.docker/desktop/docker.sock",
        "podman": "/run/user/1000/podman/podman.sock",
    }
    return Known(tuple(EngineSocket(path=paths[kind], kind=kind, mode=Known(0o660)) for kind in kinds))


def setup(*configs: DaemonConfig, **changes: Any) -> EngineSetup:
    """Docker Engine from a package, started by the system."""
    fields: dict[str, Any] = {
        "configs": Known(configs),
        "sockets": sockets("system"),
        "snap": Known(value=False),
        "daemon": Known("/usr/bin/dockerd"),
        "docker_is_podman": Known(value=False),
        "context": Known(""),
        "started": Known(1000.0),
        "unit_hosts": Known(value=True),
        "limits": Known(EngineLimits(open_files=1_048_576, locked_memory=None)),
        "docker_group": Known(value=True),
        "subordinate_ids": Known(65_536),
        "selinux": Known("off"),
        "mounts": Known((Mount(path="/", kind="ext4"),)),
    }
    return EngineSetup(**{**fields, **changes})


def contents(**changes: Any) -> EngineContents:
    """An engine without containers."""
    fields: dict[str, Any] = {"published": (), "running": 0, "ended": (), "ended_sessions": (), "build_cache": Known(0)}
    return EngineContents(**{**fields, **changes})


def told(**changes: Any) -> Engine:
    """An engine that tells all that newer fields hold."""
    fields: dict[str, Any] = {
        "cdi_directories": Known(("/etc/cdi", "/var/run/cdi")),
        "proxies": Known({}),
        "security": Known(("seccomp", "cgroupns")),
        "warnings": Known(()),
        "backing_filesystem": Known("extfs"),
        "file_types": Known(value=True),
        "log_driver": Known("json-file"),
        "live_restore": Known(value=False),
        "clock_ahead": Known(0.2),
        "data_root_inodes": Known((60_000_000, 50_000_000)),
    }
    return engine(**{**fields, **changes})


def network(**changes: Any) -> Network:
    """A computer at home."""
    fields: dict[str, Any] = {
        "nameservers": Known(("127.0.0.53",)),
        "upstream_nameservers": Known(("192.168.1.1",)),
        "forwarding": Known(value=True),
        "devices": Known(("docker0", "enp5s0", "lo")),
        "routes": Known(
            (
                Route(device="docker0", network="172.17.0.0/16"),
                Route(device="enp5s0", network="192.168.1.0/24"),
            )
        ),
        "firewalls": Known(()),
        "container_proxies": Known({}),
        "added_certificates": Known(()),
        "certificates_modified": Known(500.0),
        "registry_certificates": Known({}),
    }
    return Network(**{**fields, **changes})
